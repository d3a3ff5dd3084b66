/* Shared inside report/: numbers and hostile text in the form a person reads, and the page they are set on. */
#pragma once
#include "report/report.h"

/* A short text by value, so that several can stand in one printf. */
struct text {
    char s[48];
};

struct text text_count(uint64_t n);                       /* "1,234,567" */
struct text text_bytes(uint64_t n);                       /* "12.3 MB" (powers of 1000) */
struct text text_share(uint64_t part, uint64_t whole);    /* "33.3 %", "-" of nothing */
struct text text_percent(double percent);                 /* "33.3 %", "-" for NaN */
struct text text_ms(double ms);                           /* "0.42 ms", "120 ms", "1.25 s", "3 min 5 s"; "-" for NaN */
struct text text_real(double x, unsigned digits);         /* "-" for NaN */

/* Adds v in at most `columns` columns of a terminal: what could harm or confuse is escaped, what does not fit is cut
 * and ends in an ellipsis. With utf8 false everything beyond ASCII is escaped. Answers the columns taken. */
unsigned text_clean(struct buf *out, struct view v, unsigned columns, bool utf8);

/* Columns that text written by text_clean or by us takes. */
unsigned text_columns(struct view v);

/* Adds v as one word of a POSIX shell, quoted only where needed. False, and nothing added, when it holds bytes that
 * cannot be pasted into a terminal safely (controls, bytes beyond ASCII that are not UTF-8, direction marks). */
bool text_shell(struct buf *out, struct view v);

enum page_style { STYLE_PLAIN, STYLE_HEAD, STYLE_GOOD, STYLE_WARN, STYLE_BAD, STYLE_DIM };

struct page {
    const struct summary *s;
    struct buf *out;
    struct buf scratch; /* one item or cell at a time */
    unsigned width, column, indent;
    bool color, utf8;
    const char *file;
};

enum { PAGE_LABEL = 15, PAGE_MARGIN = 2 }; /* columns of a row's label and before it */

void page_style(struct page *p, enum page_style style);

/* "HEADING  text": the text may be empty. An empty line stands before. */
void page_heading(struct page *p, const char *heading, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* A heading that begins a row of items: all there is to its section. An empty line stands before. */
void page_heading_row(struct page *p, const char *heading);

/* Begins a row with its label; items follow, wrapped below each other, and page_end ends it. */
void page_row(struct page *p, const char *label);
void page_item(struct page *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void page_end(struct page *p);

/* A sentence among items: wrapped between its words. */
void page_words(struct page *p, const char *text);

/* A count among items, left out when it is 0: "3 packets cut short". */
void page_some(struct page *p, uint64_t n, const char *what);

/* Adds v cleaned, padded with spaces to exactly `columns`. */
void page_cell(struct page *p, struct view v, unsigned columns);

/* Adds two spaces and a bar for part of whole, at most `columns` wide; nothing where there is nothing to show. */
void page_bar(struct page *p, uint64_t part, uint64_t whole, unsigned columns);

/* The verdict: what report_json calls level. */
enum verdict { VERDICT_EMPTY, VERDICT_NO_SIP, VERDICT_HEALTHY, VERDICT_DEGRADED, VERDICT_BROKEN };
enum verdict verdict_of(const struct summary *s);
const char *verdict_name(enum verdict v);

/* The command of a problem with its placeholders {FILE}, {CALL_ID} and {EXAMPLE} (the first example, whatever it is)
 * filled in and every word quoted anew for the shell; the template's own quotes only say where its words end, and
 * inside double quotes an example is a string of an expression. Nothing is added when no example can be pasted. */
void problem_command(const struct summary_problem *problem, const char *file, struct buf *out);

/* True if that command names the first example. */
bool problem_named(const struct summary_problem *problem);
