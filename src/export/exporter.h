/* Rows of values written as a table, JSON, NDJSON or CSV. One file and one row of the format table each. */
#pragma once
#include "export/output.h"
#include "record/cell.h"

struct exporter;

struct export_format {
    const char *name, *meaning;
    bool (*begin)(struct exporter *x);                            /* false when there is no memory */
    void (*row)(struct exporter *x, const struct cell *cell);     /* as many cells as columns */
    void (*end)(struct exporter *x);                              /* writes what is held and the closing */
    void (*release)(struct exporter *x);                          /* gives x->own back; may be NULL */
};

struct column {
    const char *name;
    bool number; /* aligned right in a table */
    bool whole;  /* never cut in a table (numbers never are) */
};

struct exporter {
    const struct export_format *format;
    const struct column *column; /* ncolumn; borrowed */
    size_t ncolumn;
    struct output *out; /* borrowed */
    struct cell_style style;
    unsigned width; /* columns of the terminal that a table has to fit; 0: as wide as it needs */
    bool utf8;      /* the terminal shows UTF-8 */
    uint64_t rows;
    void *own;      /* of the format */
};

/* The formats there are; ends with a row whose name is NULL. */
extern const struct export_format export_formats[];

/* The format of this name, or NULL. */
const struct export_format *export_format(const char *name);

/* Starts writing: columns in this order, 6 digits of the second, no width limit (set x->width, x->utf8 and
 * x->style.ts_digits before the first row). The columns and out stay the caller's and must outlive x. False and e when
 * there is no memory. */
bool exporter_init(struct exporter *x, const struct export_format *f, const struct column *column, size_t ncolumn,
                   struct output *out, struct err *e);

/* One row; cell has as many values as there are columns. */
void exporter_row(struct exporter *x, const struct cell *cell);

/* Writes what is still held and the end of the document, and gives memory back. The output stays open. */
void exporter_finish(struct exporter *x);
