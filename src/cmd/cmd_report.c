/* report: what is in a capture, on one page. */
#include "cmd/fail_on.h"
#include "cmd/own.h"
#include "cmd/run.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

#define R(member) offsetof(struct report_own, member)
const struct option report_options[] = {
    {"json", 0, 0, OPTION_FIXED, R(format), NULL, "the document siptap/report/1 instead of the page", "json"},
    {"format", 0, 0, OPTION_TEXT, R(format), "FORMAT", "text or json; default: text", NULL},
    {"output", 'o', 0, OPTION_TEXT, R(output), "FILE", "write to FILE instead of standard output", NULL},
    {"fail-on", 0, 0, OPTION_LIST, R(fail_on), "EXPR", "exit with 1 when this expression over the numbers holds, e.g. 'asr < 95'", NULL},
    {"numbers", 0, 0, OPTION_FLAG, R(numbers), NULL, "list the numbers that --fail-on knows", NULL},
    {0},
};

enum { EXPRESSIONS_MAX = 64 };

struct report_run {
    struct invocation *v;
    struct report_own *own;
    struct fail_on fail_on[EXPRESSIONS_MAX];
    size_t nfail_on;
};

static int print_numbers(void)
{
    const char *name, *meaning;
    for (size_t i = 0; (name = fail_on_name(i, &meaning)); i++)
        printf("  %-26s %s\n", name, meaning);
    printf("  %-26s %s\n", "problem('ID')", "how often the report found this problem");
    printf("  %-26s %s\n", "failed_with(486)", "calls that failed with this status");
    return EXIT_DONE;
}

static int prepare(struct report_run *r)
{
    struct err e;
    struct where_place place;
    const char *format = r->own->format;
    if (format && strcmp(format, "json") != 0 && strcmp(format, "text") != 0 && strcmp(format, "table") != 0) {
        err_set(&e, EXIT_USAGE, "--format: a report is text or json, not '%s'", format);
        return complain(r->v->command, &e);
    }
    for (size_t i = 0; i < r->own->fail_on.n && i < EXPRESSIONS_MAX; i++) {
        if (!fail_on_init(&r->fail_on[i], r->own->fail_on.v[i], &place, &e)) {
            complain_at(r->v->command, &e, r->own->fail_on.v[i], place.at);
            if (e.code == EXIT_USAGE)
                fprintf(stderr, "'siptap report --numbers' tells the names.\n");
            return e.code;
        }
        r->nfail_on++;
    }
    return EXIT_DONE;
}

static int judge(struct report_run *r, const struct summary *s)
{
    int code = EXIT_DONE;
    for (size_t i = 0; i < r->nfail_on; i++) {
        if (!fail_on_holds(&r->fail_on[i], s))
            continue;
        fprintf(stderr, "siptap report: --fail-on holds: %s\n", r->own->fail_on.v[i]);
        code = EXIT_FOUND;
    }
    return code;
}

static void print_report(const struct report_run *r, const struct summary *s, struct output *out)
{
    if (r->own->format && strcmp(r->own->format, "json") == 0) {
        report_json(s, &out->text);
        return;
    }
    const struct texts *file = &r->v->traffic.file;
    unsigned width = terminal_width();
    struct report_options o = {.color = terminal_has_color(r->v) && !r->own->output, .width = width ? width : 100,
                               .file_for_commands = file->n == 1 ? file->v[0] : NULL, .utf8 = terminal_is_utf8()};
    report_print(s, &o, &out->text);
}

static int report_run(struct report_run *r)
{
    struct output out;
    struct analysis_options o = {0};
    int code = EXIT_IO;
    struct analysis *a = run_analysis(r->v, &o, &code);
    if (!a)
        return code;
    if (run_open_output(r->v, r->own->output, &out, &code)) {
        print_report(r, analysis_summary(a), &out);
        code = run_close_output(r->v, &out, EXIT_DONE);
        if (code == EXIT_DONE)
            code = judge(r, analysis_summary(a));
        code = run_finish(r->v, a, &out, code);
    }
    analysis_free(a);
    return code;
}

int command_report(struct invocation *v)
{
    struct report_run r = {.v = v, .own = v->own};
    if (r.own->numbers)
        return print_numbers();
    int code = prepare(&r);
    if (code == EXIT_DONE)
        code = report_run(&r);
    for (size_t i = 0; i < r.nfail_on; i++)
        fail_on_release(&r.fail_on[i]);
    return code;
}
