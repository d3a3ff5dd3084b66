/* The formats, each in its own file. */
#pragma once
#include "export/exporter.h"

bool export_table_begin(struct exporter *x);
void export_table_row(struct exporter *x, const struct cell *cell);
void export_table_end(struct exporter *x);
void export_table_release(struct exporter *x);

bool export_json_begin(struct exporter *x);
void export_json_row(struct exporter *x, const struct cell *cell);
void export_json_end(struct exporter *x);

bool export_ndjson_begin(struct exporter *x);
void export_ndjson_row(struct exporter *x, const struct cell *cell);
void export_ndjson_end(struct exporter *x);
void export_ndjson_release(struct exporter *x);

bool export_csv_begin(struct exporter *x);
void export_csv_row(struct exporter *x, const struct cell *cell);
void export_csv_end(struct exporter *x);
