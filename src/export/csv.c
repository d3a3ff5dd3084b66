/* CSV as RFC 4180 has it, lines ended by LF as tools of this system expect. Lists are joined with ';', an undefined value
 * is an empty field, controls and bytes that are not UTF-8 are escaped as in a table, so a row is always one line. */
#include "export/printable.h"
#include "export/priv.h"

/* RFC 4180 2.6, 2.7: a field with a comma, a quote or (never here) a line end stands in quotes, quotes doubled. */
static void quote_from(struct buf *out, size_t from)
{
    if (out->n == from)
        return;
    struct view v = view_of(out->p + from, out->n - from);
    size_t quotes = 0;
    bool comma = false;
    for (size_t i = 0; i < v.n; i++) {
        quotes += v.p[i] == '"';
        comma |= v.p[i] == ',';
    }
    if ((!quotes && !comma) || !buf_reserve(out, quotes + 2))
        return;
    char *p = out->p + from;
    size_t to = v.n + quotes + 2;
    out->n = from + to;
    p[--to] = '"';
    for (size_t i = v.n; i-- > 0;) {
        p[--to] = p[i];
        if (p[to] == '"')
            p[--to] = '"';
    }
    p[0] = '"';
}

bool export_csv_begin(struct exporter *x)
{
    struct buf *out = &x->out->text;
    for (size_t i = 0; i < x->ncolumn; i++) {
        if (i)
            buf_char(out, ',');
        size_t from = out->n;
        printable_add(out, view_str(x->column[i].name), true);
        quote_from(out, from);
    }
    buf_char(out, '\n');
    return !out->failed;
}

static void add_field(struct exporter *x, const struct cell *c)
{
    struct buf *out = &x->out->text;
    size_t from = out->n;
    if (c->type == FIELD_TEXT) {
        printable_add(out, c->as.text, true);
    } else if (c->type == FIELD_LIST) {
        for (uint32_t i = 0; i < c->as.list.n; i++) {
            if (i)
                buf_char(out, ';');
            printable_add(out, c->as.list.v[i], true);
        }
    } else {
        cell_print(c, &x->style, out);
        return;
    }
    if (!out->failed)
        quote_from(out, from);
}

void export_csv_row(struct exporter *x, const struct cell *cell)
{
    for (size_t i = 0; i < x->ncolumn; i++) {
        if (i)
            buf_char(&x->out->text, ',');
        add_field(x, &cell[i]);
    }
    buf_char(&x->out->text, '\n');
}

void export_csv_end(struct exporter *x)
{
}
