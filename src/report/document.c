#include "report/priv.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>

static void quantity(struct json *j, const char *key, const struct summary_quantity *q)
{
    json_key(j, key);
    json_open(j, '{');
    json_kv_u64(j, "n", q->n);
    json_kv_double(j, "mean", q->n ? q->mean : NAN, 3);
    json_kv_double(j, "min", q->n ? q->min : NAN, 3);
    json_kv_double(j, "p50", q->n ? q->p50 : NAN, 3);
    json_kv_double(j, "p95", q->n ? q->p95 : NAN, 3);
    json_kv_double(j, "max", q->n ? q->max : NAN, 3);
    json_close(j, '}');
}

static void time_stamp(struct json *j, const char *key, int64_t ts, unsigned digits)
{
    char text[TS_TEXT];
    json_kv_str(j, key, ts_print(ts, digits, text) ? text : NULL);
}

static void strings(struct json *j, const char *key, const char *const *v, uint32_t n)
{
    json_key(j, key);
    json_open(j, '[');
    for (uint32_t i = 0; i < n; i++)
        json_str(j, v[i]);
    json_close(j, ']');
}

static void views(struct json *j, const char *key, const struct view *v, uint32_t n)
{
    json_key(j, key);
    json_open(j, '[');
    for (uint32_t i = 0; i < n; i++)
        json_view(j, v[i]);
    json_close(j, ']');
}

/* {"200":n,..}: only statuses that occurred; "other" for those that are no number from 100 to 699. */
static void statuses(struct json *j, const char *key, const uint64_t count[700])
{
    char name[12];
    json_key(j, key);
    json_open(j, '{');
    for (unsigned i = 100; i < 700; i++) {
        if (!count[i])
            continue;
        snprintf(name, sizeof name, "%u", i);
        json_kv_u64(j, name, count[i]);
    }
    if (count[0])
        json_kv_u64(j, "other", count[0]);
    json_close(j, '}');
}

static void verdict(struct json *j, const struct summary *s)
{
    enum verdict v = verdict_of(s);
    json_key(j, "verdict");
    json_open(j, '{');
    json_kv_str(j, "level", verdict_name(v));
    json_key(j, "reasons");
    json_open(j, '[');
    for (uint32_t i = 0; i < s->nproblem; i++)
        if (s->problem[i].severity >= 2)
            json_str(j, s->problem[i].id);
    json_close(j, ']');
    json_close(j, '}');
}

static void input(struct json *j, const struct summary *s)
{
    json_key(j, "input");
    json_open(j, '{');
    strings(j, "files", s->input.file, s->input.nfile);
    json_kv_u64(j, "packets", s->input.packets);
    json_kv_u64(j, "bytes", s->input.bytes);
    time_stamp(j, "first_ts", s->input.first_ts, s->input.ts_digits);
    time_stamp(j, "last_ts", s->input.last_ts, s->input.ts_digits);
    json_kv_double(j, "duration_s", s->input.packets ? ts_seconds_between(s->input.first_ts, s->input.last_ts) : NAN, 9);
    strings(j, "link_types", s->input.link_type, s->input.nlink_type);
    json_kv_u64(j, "truncated_packets", s->input.truncated_packets);
    json_kv_u64(j, "ip_fragments", s->input.ip_fragments);
    json_kv_u64(j, "reassembly_gaps", s->input.reassembly_gaps);
    json_kv_u64(j, "dropped", s->input.dropped);
    json_kv_u64(j, "evicted", s->input.evicted);
    json_kv_u64(j, "not_sip_packets", s->input.not_sip_packets);
    json_kv_u64(j, "undecoded_packets", s->input.undecoded_packets);
    json_kv_u64(j, "clock_jumps", s->input.clock_jumps);
    json_key(j, "live");
    json_bool(j, s->input.live);
    json_key(j, "interrupted");
    json_bool(j, s->input.interrupted);
    json_key(j, "damage");
    json_open(j, '[');
    for (uint32_t i = 0; i < s->input.ndamage; i++) {
        json_open(j, '{');
        json_kv_str(j, "file", s->input.damage[i].file);
        json_kv_u64(j, "offset", s->input.damage[i].offset);
        json_kv_str(j, "reason", s->input.damage[i].reason);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

static void message_kinds(struct json *j, const struct summary *s)
{
    json_key(j, "requests");
    json_open(j, '{');
    json_kv_u64(j, "total", s->messages.requests);
    json_key(j, "by_method");
    json_open(j, '{');
    for (uint32_t i = 0; i < s->messages.nby_method; i++) {
        json_key_view(j, s->messages.by_method[i].name);
        json_u64(j, s->messages.by_method[i].n);
    }
    json_close(j, '}');
    json_close(j, '}');
    json_key(j, "responses");
    json_open(j, '{');
    json_kv_u64(j, "total", s->messages.responses);
    statuses(j, "by_status", s->messages.by_status);
    json_close(j, '}');
}

static void messages(struct json *j, const struct summary *s)
{
    json_key(j, "messages");
    json_open(j, '{');
    json_kv_u64(j, "total", s->messages.total);
    message_kinds(j, s);
    json_key(j, "by_transport");
    json_open(j, '{');
    json_kv_u64(j, "udp", s->messages.udp);
    json_kv_u64(j, "tcp", s->messages.tcp);
    json_kv_u64(j, "ws", s->messages.ws);
    json_kv_u64(j, "sctp", s->messages.sctp);
    json_kv_u64(j, "tls", s->messages.tls);
    json_close(j, '}');
    json_key(j, "by_ip_version");
    json_open(j, '{');
    json_kv_u64(j, "4", s->messages.ip4);
    json_kv_u64(j, "6", s->messages.ip6);
    json_close(j, '}');
    json_kv_u64(j, "retransmissions", s->messages.retransmissions);
    json_kv_u64(j, "malformed", s->messages.malformed);
    json_key(j, "oddities");
    json_open(j, '{');
    for (unsigned i = 0; i < ODDITY_COUNT; i++)
        if (s->messages.oddity[i])
            json_kv_u64(j, oddity_info(i)->name, s->messages.oddity[i]);
    json_close(j, '}');
    json_close(j, '}');
}

static void transactions(struct json *j, const struct summary *s)
{
    json_key(j, "transactions");
    json_open(j, '{');
    json_kv_u64(j, "total", s->transactions.total);
    json_kv_u64(j, "answered", s->transactions.answered);
    json_kv_u64(j, "unanswered", s->transactions.unanswered);
    json_kv_u64(j, "orphan_responses", s->transactions.orphan_responses);
    json_kv_u64(j, "end_to_end_requests", s->transactions.end_to_end_requests);
    json_close(j, '}');
}

static void calls(struct json *j, const struct summary *s)
{
    json_key(j, "calls");
    json_open(j, '{');
    json_kv_u64(j, "attempts", s->calls.attempts);
    json_kv_u64(j, "answered", s->calls.answered);
    json_kv_u64(j, "completed", s->calls.completed);
    json_kv_u64(j, "cancelled", s->calls.cancelled);
    json_kv_u64(j, "redirected", s->calls.redirected);
    json_kv_u64(j, "failed", s->calls.failed);
    json_kv_u64(j, "rejected", s->calls.rejected);
    json_kv_u64(j, "unanswered", s->calls.unanswered);
    json_kv_u64(j, "ongoing", s->calls.ongoing);
    json_kv_u64(j, "ringing", s->calls.ringing);
    json_kv_u64(j, "expired", s->calls.expired);
    json_kv_u64(j, "unknown", s->calls.unknown);
    json_kv_u64(j, "challenged", s->calls.challenged);
    json_kv_double(j, "asr", s->calls.asr, 3);
    json_kv_double(j, "ner", s->calls.ner, 3);
    json_kv_double(j, "ser", s->calls.ser, 3);
    json_kv_double(j, "seer", s->calls.seer, 3);
    json_kv_double(j, "isa", s->calls.isa, 3);
    json_kv_double(j, "scr", s->calls.scr, 3);
    quantity(j, "duration_s", &s->calls.duration_s);
    quantity(j, "pdd_ms", &s->calls.pdd_ms);
    quantity(j, "setup_ms", &s->calls.setup_ms);
    quantity(j, "session_request_delay_ms", &s->calls.session_request_delay_ms);
    quantity(j, "disconnect_delay_ms", &s->calls.disconnect_delay_ms);
    statuses(j, "by_failure_status", s->calls.by_failure_status);
    json_close(j, '}');
}

static void registrations(struct json *j, const struct summary *s)
{
    json_key(j, "registrations");
    json_open(j, '{');
    json_kv_u64(j, "attempts", s->registrations.attempts);
    json_kv_u64(j, "users", s->registrations.users);
    json_kv_u64(j, "bindings_active", s->registrations.bindings_active);
    json_kv_u64(j, "registered", s->registrations.registered);
    json_kv_u64(j, "refreshed", s->registrations.refreshed);
    json_kv_u64(j, "removed", s->registrations.removed);
    json_kv_u64(j, "failed", s->registrations.failed);
    json_kv_u64(j, "challenged", s->registrations.challenged);
    json_kv_u64(j, "unanswered", s->registrations.unanswered);
    json_kv_u64(j, "queries", s->registrations.queries);
    quantity(j, "expires_s", &s->registrations.expires_s);
    quantity(j, "interval_s", &s->registrations.interval_s);
    quantity(j, "request_delay_ms", &s->registrations.request_delay_ms);
    json_close(j, '}');
}

static void streams(struct json *j, const struct summary *s)
{
    json_key(j, "streams");
    json_open(j, '{');
    json_kv_u64(j, "total", s->streams.total);
    json_kv_u64(j, "packets", s->streams.packets);
    json_key(j, "lost");
    json_i64(j, s->streams.lost);
    json_kv_u64(j, "with_call", s->streams.with_call);
    quantity(j, "jitter_ms", &s->streams.jitter_ms);
    quantity(j, "mos", &s->streams.mos);
    quantity(j, "lost_percent", &s->streams.lost_percent);
    json_kv_u64(j, "one_way_calls", s->streams.one_way_calls);
    json_close(j, '}');
}

static void keepalives(struct json *j, const struct summary *s)
{
    json_key(j, "keepalives");
    json_open(j, '{');
    json_kv_u64(j, "crlf", s->keepalives.crlf);
    json_kv_u64(j, "stun", s->keepalives.stun);
    json_kv_u64(j, "options", s->keepalives.options);
    json_kv_u64(j, "notify", s->keepalives.notify);
    json_kv_u64(j, "register_refresh", s->keepalives.register_refresh);
    json_kv_double(j, "share_of_sip_packets", s->keepalives.share_of_sip_packets, 6);
    json_close(j, '}');
}

static void servers(struct json *j, const struct summary *s)
{
    json_key(j, "servers");
    json_open(j, '[');
    for (uint32_t i = 0; i < s->nserver; i++) {
        const struct record_server *r = &s->server[i];
        char ip[IP_TEXT];
        ip_print(&r->ip, ip);
        json_open(j, '{');
        json_kv_str(j, "ip", ip);
        json_kv_u64(j, "port", r->port);
        views(j, "roles", r->roles.v, r->roles.n);
        json_kv_u64(j, "requests_in", r->requests_in);
        json_kv_u64(j, "requests_out", r->requests_out);
        json_kv_u64(j, "responses_in", r->responses_in);
        json_kv_u64(j, "responses_out", r->responses_out);
        json_kv_u64(j, "users", r->users);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void user_agents(struct json *j, const struct summary *s)
{
    json_key(j, "user_agents");
    json_open(j, '[');
    for (uint32_t i = 0; i < s->nuser_agent; i++) {
        json_open(j, '{');
        json_kv_view(j, "name", s->user_agent[i].name);
        json_kv_u64(j, "messages", s->user_agent[i].messages);
        json_kv_u64(j, "users", s->user_agent[i].users);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void problems(struct json *j, const struct summary *s)
{
    json_key(j, "problems");
    json_open(j, '[');
    for (uint32_t i = 0; i < s->nproblem; i++) {
        const struct summary_problem *p = &s->problem[i];
        json_open(j, '{');
        json_kv_str(j, "id", p->id);
        json_kv_str(j, "text", p->text);
        json_kv_u64(j, "severity", p->severity);
        json_kv_u64(j, "count", p->count);
        views(j, "examples", p->example, p->nexample);
        json_key(j, "examples_are_call_ids");
        json_bool(j, p->by_call_id);
        json_close(j, '}');
    }
    json_close(j, ']');
}

void report_json(const struct summary *s, struct buf *out)
{
    struct json j;
    json_init(&j, out, 2);
    json_open(&j, '{');
    json_kv_str(&j, "schema", "siptap/report/1");
    verdict(&j, s);
    input(&j, s);
    messages(&j, s);
    transactions(&j, s);
    calls(&j, s);
    registrations(&j, s);
    streams(&j, s);
    keepalives(&j, s);
    json_kv_u64(&j, "users", s->users);
    servers(&j, s);
    user_agents(&j, s);
    problems(&j, s);
    json_close(&j, '}');
    buf_char(out, '\n');
}
