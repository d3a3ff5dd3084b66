/* A table for a person: the first rows are held back to find the widths, the rest follows in the same columns. */
#include "base/mem.h"
#include "export/printable.h"
#include "export/priv.h"

enum {
    HELD_ROWS = 2000,
    HELD_BYTES = 1 << 20,
    GAP = 2,
    NARROWEST = 10, /* a text column is not cut below this */
};

struct table {
    struct buf text;   /* cells of the held rows, one after the other */
    struct buf end;    /* size_t for each cell: where it ends in text */
    size_t rows;
    bool widths_fixed;
    size_t width[];
};

bool export_table_begin(struct exporter *x)
{
    struct table *t = mem_calloc(1, sizeof *t + x->ncolumn * sizeof *t->width);
    if (!t)
        return false;
    x->own = t;
    buf_init(&t->text, 0);
    buf_init(&t->end, 0);
    for (size_t i = 0; i < x->ncolumn; i++)
        t->width[i] = printable_columns(view_str(x->column[i].name));
    return true;
}

static void hold(struct exporter *x, struct table *t, const struct cell *c)
{
    if (!c->type) {
        buf_char(&t->text, '-');
    } else if (c->type == FIELD_TEXT) {
        printable_add(&t->text, c->as.text, x->utf8);
    } else if (c->type == FIELD_LIST) {
        for (uint32_t i = 0; i < c->as.list.n; i++) {
            if (i)
                buf_char(&t->text, ';');
            printable_add(&t->text, c->as.list.v[i], x->utf8);
        }
    } else {
        cell_print(c, &x->style, &t->text);
    }
    buf_add(&t->end, &t->text.n, sizeof t->text.n);
}

static struct view held(const struct table *t, size_t i)
{
    size_t from = 0, to;
    if (i)
        memcpy(&from, t->end.p + (i - 1) * sizeof from, sizeof from);
    memcpy(&to, t->end.p + i * sizeof to, sizeof to);
    return view_of(t->text.p + from, to - from);
}

static void spaces(struct buf *out, size_t n)
{
    static const char blank[] = "                                ";
    for (; n > sizeof blank - 1; n -= sizeof blank - 1)
        buf_add(out, blank, sizeof blank - 1);
    buf_add(out, blank, n);
}

static void add_cell(struct exporter *x, const struct table *t, size_t column, struct view v)
{
    struct buf *out = &x->out->text;
    size_t room = t->width[column], columns = printable_columns(v);
    bool last = column + 1 == x->ncolumn, cut = x->width && columns > room && room > 1;
    if (cut) {
        v = printable_cut(v, room - (x->utf8 ? 1 : 2));
        columns = printable_columns(v) + (x->utf8 ? 1 : 2);
    }
    size_t pad = columns < room ? room - columns : 0;
    if (x->column[column].number)
        spaces(out, pad);
    buf_view(out, v);
    if (cut)
        buf_str(out, x->utf8 ? "\xe2\x80\xa6" : "..");
    if (!last)
        spaces(out, (x->column[column].number ? 0 : pad) + GAP);
}

/* Takes columns from the widest text column until the table fits. */
static void fit(struct exporter *x, struct table *t)
{
    size_t total = x->ncolumn ? (x->ncolumn - 1) * GAP : 0;
    for (size_t i = 0; i < x->ncolumn; i++)
        total += t->width[i];
    while (x->width && total > x->width) {
        size_t widest = x->ncolumn;
        for (size_t i = 0; i < x->ncolumn; i++)
            if (!x->column[i].number && !x->column[i].whole && t->width[i] > NARROWEST && (widest == x->ncolumn || t->width[i] > t->width[widest]))
                widest = i;
        if (widest == x->ncolumn)
            return;
        t->width[widest]--;
        total--;
    }
}

static void fix_widths(struct exporter *x, struct table *t)
{
    for (size_t i = 0; i < t->rows * x->ncolumn; i++) {
        size_t columns = printable_columns(held(t, i)), *width = &t->width[i % x->ncolumn];
        *width = columns > *width ? columns : *width;
    }
    fit(x, t);
    t->widths_fixed = true;
    for (size_t i = 0; i < x->ncolumn; i++)
        add_cell(x, t, i, view_str(x->column[i].name));
    buf_char(&x->out->text, '\n');
}

static void write_held(struct exporter *x, struct table *t)
{
    if (!t->widths_fixed)
        fix_widths(x, t);
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t i = 0; i < x->ncolumn; i++)
            add_cell(x, t, i, held(t, row * x->ncolumn + i));
        buf_char(&x->out->text, '\n');
        output_flow(x->out);
    }
    buf_reset(&t->text);
    buf_reset(&t->end);
    t->rows = 0;
}

void export_table_row(struct exporter *x, const struct cell *cell)
{
    struct table *t = x->own;
    for (size_t i = 0; i < x->ncolumn; i++)
        hold(x, t, &cell[i]);
    if (t->text.failed || t->end.failed) {
        x->out->text.failed = true;
        buf_reset(&t->text);
        buf_reset(&t->end);
        t->rows = 0;
        return;
    }
    t->rows++;
    if (t->widths_fixed || x->out->live || t->rows == HELD_ROWS || t->text.n >= HELD_BYTES)
        write_held(x, t);
}

void export_table_end(struct exporter *x)
{
    write_held(x, x->own);
}

void export_table_release(struct exporter *x)
{
    struct table *t = x->own;
    if (!t)
        return;
    buf_release(&t->text);
    buf_release(&t->end);
    mem_free(t);
}
