#include "report/priv.h"

enum { PASTE_LIMIT = 200 }; /* longer ones are no help in a command line */

enum verdict verdict_of(const struct summary *s)
{
    uint8_t worst = 0;
    if (!s->input.packets)
        return VERDICT_EMPTY;
    if (!s->messages.total)
        return VERDICT_NO_SIP;
    for (uint32_t i = 0; i < s->nproblem; i++)
        if (s->problem[i].severity > worst)
            worst = s->problem[i].severity;
    return worst >= 3 ? VERDICT_BROKEN : worst == 2 ? VERDICT_DEGRADED : VERDICT_HEALTHY;
}

const char *verdict_name(enum verdict v)
{
    static const char *const name[] = {"empty", "no_sip", "healthy", "degraded", "broken"};
    return name[v];
}

/* The first example that can be pasted: hostile or endless ones are passed over. */
static struct view paste_example(const struct summary_problem *problem)
{
    struct buf trial;
    struct view found = VIEW_NONE;
    buf_init(&trial, 4 * PASTE_LIMIT + 2);
    for (uint32_t i = 0; i < problem->nexample && !found.n; i++)
        if (problem->example[i].n && problem->example[i].n <= PASTE_LIMIT && text_shell(&trial, problem->example[i]))
            found = problem->example[i];
    buf_release(&trial);
    return found;
}

/* Inside double quotes of the template stands an expression, and a string in it doubles its apostrophes as SQL does. */
static void add_example(struct buf *word, struct view example, bool expression)
{
    for (size_t i = 0; i < example.n; i++) {
        if (expression && example.p[i] == '\'')
            buf_char(word, '\'');
        buf_char(word, example.p[i]);
    }
}

/* What stands at t if it is a placeholder: its length, and its text added to the word. */
static size_t fill(const char *t, const struct summary_problem *problem, const char *file, bool expression, struct buf *word)
{
    static const char file_mark[] = "{FILE}", call_mark[] = "{CALL_ID}", example_mark[] = "{EXAMPLE}";
    if (!strncmp(t, file_mark, sizeof file_mark - 1)) {
        if (file && file[0] == '-' && file[1])
            buf_str(word, "./"); /* a name with a dash in front would be read as an option */
        buf_str(word, file ? file : "FILE");
        return sizeof file_mark - 1;
    }
    size_t n = !strncmp(t, call_mark, sizeof call_mark - 1)         ? sizeof call_mark - 1
               : !strncmp(t, example_mark, sizeof example_mark - 1) ? sizeof example_mark - 1
                                                                    : 0;
    if (n)
        add_example(word, paste_example(problem), expression);
    return n;
}

/* One word of the template, which is written as for a shell; it ends at a space outside quotes. */
static const char *expand_word(const char *t, const struct summary_problem *problem, const char *file, struct buf *word)
{
    char quote = 0;
    for (; *t && (quote || *t != ' ');) {
        size_t n = fill(t, problem, file, quote == '"', word);
        if (n) {
            t += n;
            continue;
        }
        if (quote ? *t == quote : *t == '\'' || *t == '"')
            quote = quote ? 0 : *t;
        else
            buf_char(word, *t);
        t++;
    }
    return t;
}

bool problem_named(const struct summary_problem *problem)
{
    const char *t = problem->command ? problem->command : "";
    return problem->nexample && (strstr(t, "{CALL_ID}") || strstr(t, "{EXAMPLE}")) &&
           view_eq(paste_example(problem), problem->example[0]);
}

void problem_command(const struct summary_problem *problem, const char *file, struct buf *out)
{
    const char *t = problem->command ? problem->command : "";
    bool example = strstr(t, "{CALL_ID}") || strstr(t, "{EXAMPLE}");
    size_t start = out->n;
    struct buf word;
    if (example && !paste_example(problem).n)
        return;
    buf_init(&word, 0);
    for (bool fits = true; *t && fits;) {
        if (*t == ' ') {
            t++;
            continue;
        }
        buf_reset(&word);
        t = expand_word(t, problem, file, &word);
        if (out->n > start)
            buf_char(out, ' ');
        fits = text_shell(out, view_of(word.p, word.n)) && !word.failed;
        if (!fits)
            out->n = start;
    }
    buf_release(&word);
}
