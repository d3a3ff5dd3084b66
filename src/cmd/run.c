#include "cmd/run.h"

#include "cmd/progress.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool check_source(const struct invocation *v, struct err *e)
{
    const struct traffic *t = &v->traffic;
    if (t->interfaces && t->file.n)
        return err_set(e, EXIT_USAGE, "either files or -i, not both");
    if (!t->interfaces && !t->file.n)
        return err_set(e, EXIT_USAGE, "no FILE to read; - is standard input, -i reads live");
    if (t->duration_s > 0 && !t->interfaces)
        return err_set(e, EXIT_USAGE, "--duration goes with -i");
    size_t stdins = 0;
    for (size_t i = 0; i < t->file.n; i++)
        stdins += strcmp(t->file.v[i], "-") == 0;
    if (stdins > 1)
        return err_set(e, EXIT_USAGE, "standard input can be read only once");
    return true;
}

struct analysis *run_analysis(const struct invocation *v, struct analysis_options *o, int *code)
{
    const struct traffic *t = &v->traffic;
    struct err e = {.code = EXIT_IO};
    struct progress bar;
    progress_init(&bar, t->quiet);
    o->path = t->file.v;
    o->npath = t->file.n;
    o->interfaces = t->interfaces;
    o->duration_s = t->duration_s;
    o->bpf = t->bpf;
    o->port = t->port.v;
    o->nport = t->port.n;
    o->jobs = t->jobs > 1024 ? 1024 : (unsigned)t->jobs;
    o->memory = t->memory;
    o->on_progress = progress_show;
    o->progress_ctx = &bar;
    o->stop = stop_flag();
    struct analysis *a = check_source(v, &e) ? analysis_run(o, &e) : NULL;
    o->progress_ctx = NULL;
    progress_clear(&bar);
    if (!a)
        *code = complain(v->command, &e);
    return a;
}

int run_finish(const struct invocation *v, const struct analysis *a, const struct output *out, int code)
{
    if (out && !output_open_still(out))
        return code;
    const char *missing = analysis_partial(a);
    if (!missing[0])
        return code;
    fprintf(stderr, "siptap %s: %s\n", v->command->name, missing);
    return code == EXIT_DONE ? EXIT_PARTIAL : code;
}

/* An unlinked file that /dev/fd gives a name to: nothing is left behind, however the program ends. */
static int spool(struct err *e)
{
    const char *dir = getenv("TMPDIR");
    char path[4096], chunk[65536];
    snprintf(path, sizeof path, "%s/siptap-XXXXXX", dir && *dir ? dir : "/var/tmp");
    int fd = mkstemp(path);
    if (fd < 0) {
        err_set(e, EXIT_IO, "cannot create a temporary file in %s: %m", dir && *dir ? dir : "/var/tmp");
        return -1;
    }
    unlink(path);
    for (ssize_t n; (n = read(STDIN_FILENO, chunk, sizeof chunk)) != 0 && !*stop_flag();) {
        for (ssize_t done = 0; n > 0 && done < n;) {
            ssize_t w = write(fd, chunk + done, (size_t)(n - done));
            if (w < 0) {
                err_set(e, EXIT_IO, "cannot keep standard input in a temporary file: %m");
                close(fd);
                return -1;
            }
            done += w;
        }
    }
    return fd;
}

bool run_make_rereadable(struct invocation *v)
{
    static char name[32]; /* a process has one standard input */
    struct texts *file = &v->traffic.file;
    struct err e;
    if (v->traffic.interfaces) {
        err_set(&e, EXIT_USAGE, "this command reads the traffic twice, so it needs files");
        complain(v->command, &e);
        return false;
    }
    for (size_t i = 0; i < file->n; i++) {
        if (strcmp(file->v[i], "-") != 0)
            continue;
        int fd = spool(&e);
        if (fd < 0) {
            complain(v->command, &e);
            return false;
        }
        snprintf(name, sizeof name, "/dev/fd/%d", fd);
        file->v[i] = name;
        return true;
    }
    return true;
}

unsigned terminal_width(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col >= 20 ? size.ws_col : 80;
}

bool terminal_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool terminal_has_color(const struct invocation *v)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !v->general.no_color && !(no && *no) && isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

const struct export_format *run_format(const struct invocation *v, const char *name)
{
    const struct export_format *f = export_format(name ? name : "table");
    struct err e;
    if (!f) {
        err_set(&e, EXIT_USAGE, "--format: there is no format '%s'; there are table, json, ndjson and csv", name);
        complain(v->command, &e);
    }
    return f;
}

bool run_is_being_read(const struct invocation *v, const char *path)
{
    struct stat to, from;
    if (stat(path, &to) != 0 || !S_ISREG(to.st_mode))
        return false;
    for (size_t i = 0; i < v->traffic.file.n; i++)
        if (stat(v->traffic.file.v[i], &from) == 0 && from.st_dev == to.st_dev && from.st_ino == to.st_ino)
            return true;
    return false;
}

bool run_open_output(const struct invocation *v, const char *path, struct output *out, int *code)
{
    struct err e;
    if (path && strcmp(path, "-") != 0 && run_is_being_read(v, path)) {
        err_set(&e, EXIT_USAGE, "%s is being read; it cannot be written as well", path);
    } else if (output_open(out, path, &e)) {
        return true;
    }
    *code = complain(v->command, &e);
    return false;
}

int run_close_output(const struct invocation *v, struct output *out, int code)
{
    struct err e;
    return output_finish(out, &e) ? code : complain(v->command, &e);
}
