#include "cmd/messageset.h"

#include "base/mem.h"
#include "cmd/run.h"
#include "store/where.h"

#include <stdio.h>

uint32_t messagecount_next(struct messagecount *c, uint64_t packet)
{
    if (packet != c->packet)
        *c = (struct messagecount){.packet = packet};
    return c->next++;
}

struct choosing {
    struct messageset *set;
    struct where *where;
    struct messagecount count;
};

static bool add(struct messageset *s, struct message_place place)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 256;
        struct message_place *p = mem_realloc(s->place, cap * sizeof *p);
        if (!p)
            return false;
        s->place = p;
        s->cap = cap;
    }
    s->place[s->n++] = place;
    return true;
}

static void on_record(void *ctx, const struct record_message *r)
{
    struct choosing *c = ctx;
    struct message_place place = {r->packet, messagecount_next(&c->count, r->packet)};
    if (where_matches_record(c->where, r) && !add(c->set, place)) {
        c->set->failed = true;
        stop_raise();
    }
}

bool messageset_choose(struct messageset *s, struct invocation *v, const char *where, int *code)
{
    struct choosing c = {.set = s};
    struct where_place place;
    struct err e;
    *s = (struct messageset){0};
    c.where = where_new_record(&record_message_type, where, &place, &e);
    if (!c.where) {
        *code = complain_at(v->command, &e, where, place.at);
        if (e.code == EXIT_USAGE)
            fprintf(stderr, "'siptap help --fields messages' tells the fields.\n");
        return false;
    }
    *code = EXIT_IO;
    struct record_sink sink = {.ctx = &c, .message = on_record};
    struct analysis_options o = {.sink = &sink};
    struct analysis *a = run_make_rereadable(v) ? run_analysis(v, &o, code) : NULL;
    if (a && s->failed) {
        err_set(&e, EXIT_IO, "out of memory");
        *code = complain(v->command, &e);
    }
    const char *failed = where_failed(c.where);
    if (a && failed)
        fprintf(stderr, "siptap %s: --where: %s\n", v->command->name, failed);
    where_free(c.where);
    bool ok = a && !s->failed;
    analysis_free(a);
    return ok;
}

bool messageset_has(struct messageset *s, uint64_t packet, uint32_t ordinal)
{
    while (s->at < s->n && (s->place[s->at].packet < packet ||
                            (s->place[s->at].packet == packet && s->place[s->at].ordinal < ordinal)))
        s->at++;
    return s->at < s->n && s->place[s->at].packet == packet && s->place[s->at].ordinal == ordinal;
}

void messageset_release(struct messageset *s)
{
    mem_free(s->place);
    *s = (struct messageset){0};
}
