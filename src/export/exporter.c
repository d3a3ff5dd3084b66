#include "export/exporter.h"

#include "export/priv.h"

const struct export_format export_formats[] = {
    {"table", "aligned columns for a person", export_table_begin, export_table_row, export_table_end, export_table_release},
    {"json", "one array of objects", export_json_begin, export_json_row, export_json_end, export_ndjson_release},
    {"ndjson", "one object on each line", export_ndjson_begin, export_ndjson_row, export_ndjson_end, export_ndjson_release},
    {"csv", "comma-separated values (RFC 4180) with a header line", export_csv_begin, export_csv_row, export_csv_end, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct export_format *export_format(const char *name)
{
    for (const struct export_format *f = export_formats; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

bool exporter_init(struct exporter *x, const struct export_format *f, const struct column *column, size_t ncolumn,
                   struct output *out, struct err *e)
{
    *x = (struct exporter){.format = f, .column = column, .ncolumn = ncolumn, .out = out};
    cell_style_init(&x->style, 6);
    if (f->begin(x))
        return true;
    if (f->release)
        f->release(x);
    return err_set(e, EXIT_IO, "out of memory");
}

void exporter_row(struct exporter *x, const struct cell *cell)
{
    x->format->row(x, cell);
    x->rows++;
    output_flow(x->out);
}

void exporter_finish(struct exporter *x)
{
    x->format->end(x);
    if (x->format->release)
        x->format->release(x);
    x->own = NULL;
    output_flow(x->out);
}
