#include "report/priv.h"

#include <stdarg.h>
#include <stdio.h>

void page_style(struct page *p, enum page_style style)
{
    static const char *const code[] = {"\033[0m", "\033[1m", "\033[1;32m", "\033[1;33m", "\033[1;31m", "\033[2m"};
    if (p->color)
        buf_str(p->out, code[style]);
}

/* buf_printf takes no va_list; items are lines of a terminal, so a fixed buffer holds them. */
static void format_scratch(struct page *p, const char *fmt, va_list ap)
{
    char text[1024];
    int n = vsnprintf(text, sizeof text, fmt, ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    buf_reset(&p->scratch);
    buf_add(&p->scratch, text, len);
    if (p->scratch.failed)
        p->out->failed = true;
}

static void spaces(struct page *p, unsigned n)
{
    while (n--)
        buf_char(p->out, ' ');
}

void page_heading(struct page *p, const char *heading, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    format_scratch(p, fmt, ap);
    va_end(ap);
    buf_char(p->out, '\n');
    page_style(p, STYLE_HEAD);
    buf_str(p->out, heading);
    page_style(p, STYLE_PLAIN);
    if (p->scratch.n) {
        unsigned used = (unsigned)strlen(heading), label = PAGE_MARGIN + PAGE_LABEL;
        spaces(p, used + 2 <= label ? label - used : 2);
        buf_add(p->out, p->scratch.p, p->scratch.n);
    }
    buf_char(p->out, '\n');
}

void page_heading_row(struct page *p, const char *heading)
{
    unsigned used = (unsigned)strlen(heading);
    buf_char(p->out, '\n');
    page_style(p, STYLE_HEAD);
    buf_str(p->out, heading);
    page_style(p, STYLE_PLAIN);
    p->indent = p->column = PAGE_MARGIN + PAGE_LABEL;
    spaces(p, used < p->indent ? p->indent - used : 1);
}

void page_row(struct page *p, const char *label)
{
    spaces(p, PAGE_MARGIN);
    page_style(p, STYLE_DIM);
    buf_str(p->out, label);
    page_style(p, STYLE_PLAIN);
    unsigned used = (unsigned)strlen(label);
    spaces(p, used < PAGE_LABEL ? PAGE_LABEL - used : 1);
    p->indent = PAGE_MARGIN + PAGE_LABEL;
    p->column = p->indent;
}

void page_item(struct page *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    format_scratch(p, fmt, ap);
    va_end(ap);
    unsigned columns = text_columns(view_of(p->scratch.p, p->scratch.n)), gap = p->column > p->indent ? 3 : 0;
    if (gap && p->column + gap + columns > p->width) {
        buf_char(p->out, '\n');
        spaces(p, p->indent);
        p->column = p->indent;
        gap = 0;
    }
    spaces(p, gap);
    buf_add(p->out, p->scratch.p, p->scratch.n);
    p->column += gap + columns;
}

void page_words(struct page *p, const char *text)
{
    while (*text) {
        unsigned n = (unsigned)strcspn(text, " "), gap = p->column > p->indent;
        if (gap && p->column + 1 + n > p->width) {
            buf_char(p->out, '\n');
            spaces(p, p->indent);
            p->column = p->indent;
            gap = 0;
        }
        spaces(p, gap);
        buf_add(p->out, text, n);
        p->column += gap + n;
        text += n + (text[n] == ' ');
    }
}

void page_end(struct page *p)
{
    buf_char(p->out, '\n');
}

void page_some(struct page *p, uint64_t n, const char *what)
{
    if (n)
        page_item(p, "%s %s", text_count(n).s, what);
}

void page_cell(struct page *p, struct view v, unsigned columns)
{
    unsigned used = text_clean(p->out, v, columns, p->utf8);
    spaces(p, columns - used);
}

void page_bar(struct page *p, uint64_t part, uint64_t whole, unsigned columns)
{
    static const char *const eighth[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (!whole || !part)
        return;
    double share = (double)(part < whole ? part : whole) / (double)whole;
    unsigned steps = (unsigned)(share * columns * 8 + 0.5);
    if (!p->utf8) {
        for (unsigned i = 0; i < (steps + 4) / 8; i++)
            buf_str(p->out, i ? "#" : "  #");
        return;
    }
    buf_str(p->out, "  ");
    if (!steps)
        steps = 1;
    for (unsigned i = 0; i < steps / 8; i++)
        buf_str(p->out, "█");
    buf_str(p->out, eighth[steps % 8]);
}
