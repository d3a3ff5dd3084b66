#include "cmd/options.h"

#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool texts_add(struct texts *t, const char *s)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 8;
        const char **v = mem_realloc(t->v, cap * sizeof *v);
        if (!v)
            return false;
        t->v = v;
        t->cap = cap;
    }
    t->v[t->n++] = s;
    return true;
}

void texts_release(struct texts *t)
{
    mem_free(t->v);
    *t = (struct texts){0};
}

enum { WORD_MAX = 31 };

/* Optimal string alignment distance over three rows. */
unsigned word_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned row[3][WORD_MAX + 1];
    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX + 1;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *before = row[(i - 1) % 3], *older = row[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned best = before[j - 1] + (a[i - 1] != b[j - 1]);
            best = before[j] + 1 < best ? before[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && older[j - 2] + 1 < best)
                best = older[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

/* Multiplies a number by its suffix; false when the suffix is none of them. */
static bool scaled(const char *text, const char *const *suffix, const double *factor, size_t n, double *out)
{
    char *end;
    if (!strchr("0123456789.", text[0]) || !text[0])
        return false;
    errno = 0;
    double x = strtod(text, &end);
    if (end == text || errno || !isfinite(x) || x < 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(end, suffix[i]) == 0) {
            *out = x * factor[i];
            return true;
        }
    }
    return false;
}

bool option_size(const char *text, uint64_t *out)
{
    static const char *const suffix[] = {"", "B", "K", "KB", "KiB", "M", "MB", "MiB", "G", "GB", "GiB", "T", "TB", "TiB"};
    static const double factor[] = {1, 1, 0x1p10, 0x1p10, 0x1p10, 0x1p20, 0x1p20, 0x1p20, 0x1p30, 0x1p30, 0x1p30, 0x1p40,
                                    0x1p40, 0x1p40};
    double x;
    if (!scaled(text, suffix, factor, sizeof factor / sizeof *factor, &x) || x >= 0x1p63)
        return false;
    *out = (uint64_t)x;
    return true;
}

bool option_seconds(const char *text, double *out)
{
    static const char *const suffix[] = {"", "s", "m", "min", "h", "d"};
    static const double factor[] = {1, 1, 60, 60, 3600, 86400};
    return scaled(text, suffix, factor, sizeof factor / sizeof *factor, out);
}

static bool parse_ports(const char *text, struct ports *out)
{
    bool *chosen = mem_calloc(65536, sizeof *chosen);
    bool ok = chosen != NULL;
    size_t n = 0;
    for (struct view rest = view_str(text); ok;) {
        size_t comma = view_find(rest, ','), dash = view_find(view_of(rest.p, comma), '-');
        uint64_t from, to;
        ok = view_u64(view_of(rest.p, dash), 65535, &from);
        to = from;
        if (ok && dash < comma)
            ok = view_u64(view_of(rest.p + dash + 1, comma - dash - 1), 65535, &to);
        ok = ok && from && from <= to;
        for (uint64_t port = from; ok && port <= to; port++) {
            n += !chosen[port];
            chosen[port] = true;
        }
        if (comma == rest.n)
            break;
        rest = view_of(rest.p + comma + 1, rest.n - comma - 1);
    }
    uint16_t *v = ok ? mem_alloc(n * sizeof *v) : NULL;
    if (v) {
        mem_free(out->v);
        *out = (struct ports){.v = v};
        for (unsigned port = 0; port < 65536; port++)
            if (chosen[port])
                out->v[out->n++] = (uint16_t)port;
    }
    mem_free(chosen);
    return v != NULL;
}

static const char *wanted(unsigned kind)
{
    switch (kind) {
    case OPTION_COUNT: return "a whole number";
    case OPTION_SIZE: return "a size such as 64M or 1G";
    case OPTION_SECONDS: return "seconds, or a time such as 10m or 1h";
    case OPTION_PORTS: return "ports such as 5060,5080-5090";
    default: return "a number";
    }
}

/* Stores the argument; false when it is not what the kind needs. */
static bool store(const struct option *o, void *into, const char *arg)
{
    void *at = (char *)into + o->offset;
    uint64_t count = 0;
    double number = 0;
    bool ok = true;
    switch (o->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return true;
    case OPTION_FIXED:
        *(const char **)at = o->value;
        return true;
    case OPTION_TEXT:
        *(const char **)at = arg;
        return true;
    case OPTION_LIST:
        return texts_add(at, arg);
    case OPTION_PORTS:
        return parse_ports(arg, at);
    case OPTION_COUNT:
    case OPTION_SIZE:
        ok = o->kind == OPTION_SIZE ? option_size(arg, &count) : view_u64(view_str(arg), UINT64_MAX, &count);
        if (ok)
            *(uint64_t *)at = count;
        return ok;
    default: {
        static const char *const suffix[] = {""};
        static const double factor[] = {1};
        ok = o->kind == OPTION_SECONDS ? option_seconds(arg, &number) : scaled(arg, suffix, factor, 1, &number);
        if (ok)
            *(double *)at = number;
        return ok;
    }
    }
}

static bool takes_argument(const struct option *o)
{
    return o->kind != OPTION_FLAG && o->kind != OPTION_FIXED;
}

struct found {
    const struct option *option;
    void *into;
};

static bool find_short(const struct option_group *group, char letter, struct found *f)
{
    for (const struct option_group *g = group; g->option; g++) {
        for (const struct option *o = g->option; o->kind; o++) {
            if (letter && (o->letter == letter || o->letter2 == letter)) {
                *f = (struct found){o, g->into};
                return true;
            }
        }
    }
    return false;
}

/* Options whose name begins with name; an exact one wins over all others. */
static size_t find_long(const struct option_group *group, struct view name, struct found *f)
{
    size_t n = 0;
    for (const struct option_group *g = group; g->option; g++) {
        for (const struct option *o = g->option; o->kind; o++) {
            if (!o->name || strncmp(o->name, name.p, name.n) != 0)
                continue;
            *f = (struct found){o, g->into};
            if (!o->name[name.n])
                return 1;
            n++;
        }
    }
    return n;
}

static bool unknown_long(const struct option_group *group, struct view name, struct err *e)
{
    char word[WORD_MAX + 2] = "";
    memcpy(word, name.p, name.n < sizeof word ? name.n : sizeof word - 1);
    const char *nearest = NULL;
    unsigned best = name.n / 3 + 2;
    for (const struct option_group *g = group; g->option; g++) {
        for (const struct option *o = g->option; o->kind; o++) {
            unsigned d = o->name ? word_distance(o->name, word) : best;
            if (d < best) {
                best = d;
                nearest = o->name;
            }
        }
    }
    if (nearest)
        return err_set(e, EXIT_USAGE, "unknown option --%.*s (did you mean --%s?)", (int)name.n, name.p, nearest);
    return err_set(e, EXIT_USAGE, "unknown option --%.*s", (int)name.n, name.p);
}

static bool ambiguous_long(const struct option_group *group, struct view name, struct err *e)
{
    char list[200] = "";
    size_t used = 0;
    for (const struct option_group *g = group; g->option; g++)
        for (const struct option *o = g->option; o->kind; o++)
            if (o->name && strncmp(o->name, name.p, name.n) == 0 && used + strlen(o->name) + 5 < sizeof list)
                used += (size_t)(stpcpy(stpcpy(list + used, " --"), o->name) - (list + used));
    return err_set(e, EXIT_USAGE, "option --%.*s can mean:%s", (int)name.n, name.p, list);
}

static bool bad_value(const struct option *o, const char *arg, struct err *e)
{
    return err_set(e, EXIT_USAGE, "--%s: '%s' is not %s", o->name, arg, wanted(o->kind));
}

/* One long option at argv[*i]; moves *i over its argument. */
static bool parse_long(const struct option_group *group, int argc, char **argv, int *i, struct err *e)
{
    struct view all = view_str(argv[*i] + 2);
    size_t equals = view_find(all, '=');
    struct view name = view_of(all.p, equals);
    struct found f;
    size_t n = name.n ? find_long(group, name, &f) : 0;
    if (n != 1)
        return n ? ambiguous_long(group, name, e) : unknown_long(group, name, e);
    const char *arg = equals < all.n ? all.p + equals + 1 : NULL;
    if (!takes_argument(f.option)) {
        if (arg)
            return err_set(e, EXIT_USAGE, "--%s takes no argument", f.option->name);
        return store(f.option, f.into, NULL);
    }
    if (!arg && *i + 1 >= argc)
        return err_set(e, EXIT_USAGE, "--%s needs %s", f.option->name, f.option->arg);
    if (!arg)
        arg = argv[++*i];
    return store(f.option, f.into, arg) || bad_value(f.option, arg, e);
}

/* A cluster of short options; the first that takes an argument takes the rest of the word or the next one. */
static bool parse_short(const struct option_group *group, int argc, char **argv, int *i, struct err *e)
{
    for (const char *p = argv[*i] + 1; *p; p++) {
        struct found f;
        if (!find_short(group, *p, &f))
            return err_set(e, EXIT_USAGE, "unknown option -%c", *p);
        if (!takes_argument(f.option)) {
            store(f.option, f.into, NULL);
            continue;
        }
        const char *arg = p[1] ? p + 1 : *i + 1 < argc ? argv[++*i] : NULL;
        if (!arg)
            return err_set(e, EXIT_USAGE, "-%c needs %s", *p, f.option->arg);
        return store(f.option, f.into, arg) || bad_value(f.option, arg, e);
    }
    return true;
}

bool options_parse(const struct option_group *group, int argc, char **argv, struct texts *rest, struct err *e)
{
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        bool ok;
        if (strcmp(word, "--") == 0) {
            for (i++; i < argc; i++)
                if (!texts_add(rest, argv[i]))
                    return err_set(e, EXIT_IO, "out of memory");
            return true;
        }
        if (word[0] != '-' || !word[1])
            ok = texts_add(rest, word) || err_set(e, EXIT_IO, "out of memory");
        else if (word[1] == '-')
            ok = parse_long(group, argc, argv, &i, e);
        else
            ok = parse_short(group, argc, argv, &i, e);
        if (!ok)
            return false;
    }
    return true;
}

void options_release(const struct option_group *group)
{
    for (const struct option_group *g = group; g->option; g++) {
        for (const struct option *o = g->option; o->kind; o++) {
            void *at = (char *)g->into + o->offset;
            if (o->kind == OPTION_LIST)
                texts_release(at);
            else if (o->kind == OPTION_PORTS) {
                struct ports *p = at;
                mem_free(p->v);
                *p = (struct ports){0};
            }
        }
    }
}
