/* JSON: an object for each row, keys in the order of the columns; one on each line (NDJSON) or all in one array. */
#include "base/mem.h"
#include "export/priv.h"

/* Keys are the same in every row: `"name":` for each column, made once. */
struct keys {
    struct buf text;
    size_t end[];
};

bool export_ndjson_begin(struct exporter *x)
{
    struct keys *k = mem_calloc(1, sizeof *k + x->ncolumn * sizeof *k->end);
    if (!k)
        return false;
    x->own = k;
    buf_init(&k->text, 0);
    for (size_t i = 0; i < x->ncolumn; i++) {
        buf_char(&k->text, i ? ',' : '{');
        cell_json_text(view_str(x->column[i].name), &k->text);
        buf_char(&k->text, ':');
        k->end[i] = k->text.n;
    }
    return !k->text.failed;
}

static void add_object(struct exporter *x, const struct cell *cell)
{
    const struct keys *k = x->own;
    struct buf *out = &x->out->text;
    size_t from = 0;
    for (size_t i = 0; i < x->ncolumn; from = k->end[i++]) {
        buf_add(out, k->text.p + from, k->end[i] - from);
        cell_print_json(&cell[i], &x->style, out);
    }
    buf_str(out, x->ncolumn ? "}" : "{}");
}

void export_ndjson_row(struct exporter *x, const struct cell *cell)
{
    add_object(x, cell);
    buf_char(&x->out->text, '\n');
}

void export_ndjson_end(struct exporter *x)
{
}

void export_ndjson_release(struct exporter *x)
{
    struct keys *k = x->own;
    if (!k)
        return;
    buf_release(&k->text);
    mem_free(k);
}

bool export_json_begin(struct exporter *x)
{
    buf_char(&x->out->text, '[');
    return export_ndjson_begin(x);
}

void export_json_row(struct exporter *x, const struct cell *cell)
{
    buf_str(&x->out->text, x->rows ? ",\n" : "\n");
    add_object(x, cell);
}

void export_json_end(struct exporter *x)
{
    buf_str(&x->out->text, x->rows ? "\n]\n" : "]\n");
}
