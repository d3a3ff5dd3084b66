/* The end of a run: one tracker out of all, the summary, and the sentence about what is missing. */
#include "pipeline/priv.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

static const char *link_name(uint16_t type)
{
    static const struct {
        uint16_t type;
        const char *name;
    } row[] = {
        {0, "BSD loopback"}, {1, "Ethernet"}, {9, "PPP"}, {12, "raw IP"}, {14, "raw IP"}, {50, "PPP over HDLC"}, {101, "raw IP"},
        {105, "Wi-Fi"}, {108, "BSD loopback"}, {113, "Linux cooked v1"}, {127, "Wi-Fi radiotap"}, {228, "raw IPv4"}, {229, "raw IPv6"},
        {276, "Linux cooked v2"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (row[i].type == type)
            return row[i].name;
    return "other";
}

static bool fill_files(struct analysis *a, const struct capture_stats *c)
{
    struct summary *s = &a->summary;
    const char **file = arena_alloc(&a->keep, sizeof *file * (c->files + 1));
    const char **link = arena_alloc(&a->keep, sizeof *link * (c->links + 1));
    struct summary_damage *damage = arena_alloc(&a->keep, sizeof *damage * (c->damages + 1));
    if (!file || !link || !damage)
        return false;
    for (uint32_t i = 0; i < c->files && capture_file(a->reader, i); i++)
        file[s->input.nfile++] = capture_file(a->reader, i);
    if (a->options.interfaces && !s->input.nfile)
        file[s->input.nfile++] = a->options.interfaces;
    for (uint32_t i = 0; i < c->links; i++) {
        uint32_t k = 0;
        while (k < s->input.nlink_type && link[k] != link_name(c->link[i].type))
            k++;
        if (k == s->input.nlink_type)
            link[s->input.nlink_type++] = link_name(c->link[i].type);
    }
    for (uint32_t i = 0; i < c->damages; i++)
        damage[s->input.ndamage++] = (struct summary_damage){c->damage[i].file, c->damage[i].offset, c->damage[i].reason};
    s->input.file = file;
    s->input.link_type = link;
    s->input.damage = damage;
    return true;
}

/* STUN is a keep-alive of SIP where SIP itself uses the port (ranges of 64 ports). */
static uint64_t stun_on_sip_ports(const struct analysis *a)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < 65536 / 64; i++) {
        uint64_t sip = 0, stun = 0;
        for (unsigned w = 0; w < a->jobs; w++) {
            sip |= a->worker[w].sip_ports[i >> 6] >> (i & 63) & 1;
            stun += a->worker[w].stun[i];
        }
        n += sip ? stun : 0;
    }
    return n;
}

static void fill_input(struct analysis *a, const struct capture_stats *c)
{
    struct summary *s = &a->summary;
    s->input.packets = c->packets - c->filtered;
    s->input.bytes = c->bytes;
    s->input.first_ts = c->first_ts;
    s->input.last_ts = c->last_ts;
    s->input.ts_digits = a->total.ts_digits ? a->total.ts_digits : 6;
    s->input.truncated_packets = c->truncated_packets;
    s->input.ip_fragments = a->total.fragments;
    s->input.dropped = c->dropped;
    s->input.not_sip_packets = a->total.not_sip;
    s->input.undecoded_packets = a->total.undecoded;
    s->input.clock_jumps = a->total.clock_jumps;
    s->input.live = a->options.interfaces != NULL;
    for (unsigned i = 0; i < a->jobs; i++) {
        const struct tcp_counters *n = &a->worker[i].tcp.count;
        s->input.reassembly_gaps += n->gaps;
        s->input.evicted += n->evicted + n->dropped;
    }
    s->input.evicted += a->defrag.count.evicted + media_result(a->media)->evicted;
    memcpy(s->messages.oddity, a->total.oddity, sizeof a->total.oddity);
    s->messages.oddity[ODD_FRAGMENT_TIMEOUT] += a->defrag.count.timeouts;
    s->keepalives.crlf = a->total.keepalives;
    s->keepalives.stun = stun_on_sip_ports(a);
    s->streams.one_way_calls = media_result(a->media)->one_way;
}

static void add_problems(struct analysis *a, struct tracker *t)
{
    const struct summary *s = &a->summary;
    const struct media_result *m = media_result(a->media);
    for (uint32_t i = 0; i < m->nexample; i++)
        tracker_problem(t, PROBLEM_CALL_ONE_WAY_AUDIO, 1, m->example[i]);
    tracker_problem(t, PROBLEM_CALL_ONE_WAY_AUDIO, m->one_way - m->nexample, VIEW_NONE);
    tracker_problem(t, PROBLEM_CAPTURE_GAP, s->input.reassembly_gaps, VIEW_NONE);
    tracker_problem(t, PROBLEM_CAPTURE_DROP, s->input.dropped, VIEW_NONE);
    tracker_problem(t, PROBLEM_CLOCK_JUMP, s->input.clock_jumps, VIEW_NONE);
    tracker_problem(t, PROBLEM_CAPTURE_TRUNCATED, s->input.truncated_packets, VIEW_NONE);
}

static void add_sentence(struct analysis *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add_sentence(struct analysis *a, const char *fmt, ...)
{
    size_t n = strlen(a->partial);
    va_list ap;
    if (n + 3 >= sizeof a->partial)
        return;
    if (n) {
        strcpy(a->partial + n, "; ");
        n += 2;
    }
    va_start(ap, fmt);
    vsnprintf(a->partial + n, sizeof a->partial - n, fmt, ap);
    va_end(ap);
}

static void tell_partial(struct analysis *a)
{
    const struct summary *s = &a->summary;
    if (s->input.ndamage)
        add_sentence(a, "%s: damaged at byte %llu: %s; everything before it was used", s->input.damage[0].file,
                     (unsigned long long)s->input.damage[0].offset, s->input.damage[0].reason);
    if (s->input.ndamage > 1)
        add_sentence(a, "%u more damaged files", s->input.ndamage - 1);
    if (a->failed)
        add_sentence(a, "%s", a->error.text);
    if (s->input.interrupted)
        add_sentence(a, "interrupted before the end of the input");
    if (s->input.dropped)
        add_sentence(a, "%llu packets were dropped by the capture", (unsigned long long)s->input.dropped);
    if (s->input.evicted)
        add_sentence(a, "%llu entries were evicted for want of memory (--memory)", (unsigned long long)s->input.evicted);
}

static void give_servers(const struct summary *s, const struct record_sink *sink)
{
    for (uint32_t i = 0; i < s->nserver; i++)
        sink->server(sink->ctx, &s->server[i]);
}

bool outcome_fill(struct analysis *a)
{
    const struct capture_stats *c = capture_stats(a->reader);
    struct tracker *all = a->worker[0].tracker;
    for (unsigned i = 1; i < a->jobs; i++)
        if (!tracker_merge(all, a->worker[i].tracker))
            return false;
    fill_input(a, c);
    add_problems(a, all);
    if (!fill_files(a, c) || !tracker_summary(all, &a->summary, &a->keep))
        return false;
    tell_partial(a);
    if (a->options.sink) {
        tracker_records(all, a->options.sink);
        if (a->options.sink->server)
            give_servers(&a->summary, a->options.sink);
    }
    return true;
}
