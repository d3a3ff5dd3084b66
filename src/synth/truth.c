#include "synth/truth.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

void synth_truth_plant(struct synth_truth *t, const char *id, const char *text, const char *key)
{
    uint32_t i = 0;
    while (i < t->nplanted && strcmp(t->planted[i].id, id) != 0)
        i++;
    if (i == SYNTH_PLANTED_MAX)
        return;
    struct synth_planted *p = &t->planted[i];
    if (i == t->nplanted) {
        t->nplanted++;
        p->id = id;
        p->text = text;
    }
    p->count++;
    if (key && p->nexample < SYNTH_EXAMPLES_MAX)
        snprintf(p->example[p->nexample++], SYNTH_KEY_MAX, "%s", key);
}

const char *synth_call_state_text(enum synth_call_state s)
{
    static const char *const text[SYNTH_CALL_STATES] = {"none",      "unanswered", "ringing",    "ongoing", "completed",
                                                        "cancelled", "redirected", "challenged", "failed"};
    return s < SYNTH_CALL_STATES ? text[s] : "";
}

static void by_number(struct json *j, const char *key, const uint64_t count[700])
{
    json_key(j, key);
    json_open(j, '{');
    for (unsigned i = 0; i < 700; i++) {
        if (!count[i])
            continue;
        char name[8];
        snprintf(name, sizeof name, "%u", i);
        json_kv_u64(j, name, count[i]);
    }
    json_close(j, '}');
}

static void messages_print(const struct synth_truth *t, struct json *j)
{
    json_key(j, "messages");
    json_open(j, '{');
    json_kv_u64(j, "total", t->messages);
    json_key(j, "requests");
    json_open(j, '{');
    json_kv_u64(j, "total", t->requests);
    json_key(j, "by_method");
    json_open(j, '{');
    for (unsigned i = 0; i < SIP_M_COUNT; i++)
        if (t->by_method[i])
            json_kv_u64(j, i ? sip_method_text((enum sip_method)i) : "other", t->by_method[i]);
    json_close(j, '}');
    json_close(j, '}');
    json_key(j, "responses");
    json_open(j, '{');
    json_kv_u64(j, "total", t->responses);
    by_number(j, "by_status", t->by_status);
    json_close(j, '}');
    json_key(j, "by_transport");
    json_open(j, '{');
    json_kv_u64(j, "udp", t->udp);
    json_kv_u64(j, "tcp", t->tcp);
    json_close(j, '}');
    json_key(j, "by_ip_version");
    json_open(j, '{');
    json_kv_u64(j, "4", t->ip4);
    json_kv_u64(j, "6", t->ip6);
    json_close(j, '}');
    json_kv_u64(j, "retransmissions", t->retransmissions);
    json_kv_u64(j, "malformed", t->malformed);
    json_kv_u64(j, "credentials", t->credentials);
    json_kv_u64(j, "challenges", t->challenges);
    json_kv_u64(j, "call_ids", t->call_ids);
    json_close(j, '}');
}

static void calls_print(const struct synth_truth *t, struct json *j)
{
    json_key(j, "calls");
    json_open(j, '{');
    json_kv_u64(j, "attempts", t->call_attempts);
    json_kv_u64(j, "answered", t->calls_answered);
    for (unsigned i = SYNTH_CALL_UNANSWERED; i < SYNTH_CALL_STATES; i++)
        json_kv_u64(j, synth_call_state_text((enum synth_call_state)i), t->calls[i]);
    by_number(j, "by_failure_status", t->calls_by_failure);
    json_close(j, '}');
}

static void registrations_print(const struct synth_truth *t, struct json *j)
{
    json_key(j, "registrations");
    json_open(j, '{');
    json_kv_u64(j, "bindings_active", t->users_registered);
    json_kv_u64(j, "registered", t->registered);
    json_kv_u64(j, "refreshed", t->refreshed);
    json_kv_u64(j, "removed", t->removed);
    json_kv_u64(j, "failed", t->register_refused);
    json_kv_u64(j, "unanswered", t->register_unanswered);
    json_close(j, '}');
    json_kv_u64(j, "users", t->users);
}

static void packets_print(const struct synth_truth *t, struct json *j)
{
    json_key(j, "streams");
    json_open(j, '{');
    json_kv_u64(j, "total", t->streams);
    json_kv_u64(j, "packets", t->stream_packets);
    json_kv_u64(j, "lost", t->stream_lost);
    json_kv_u64(j, "rtcp_packets", t->rtcp_packets);
    json_close(j, '}');
    json_key(j, "keepalives");
    json_open(j, '{');
    json_kv_u64(j, "crlf", t->crlf);
    json_close(j, '}');
    json_key(j, "tcp");
    json_open(j, '{');
    json_kv_u64(j, "connections", t->tcp_connections);
    json_kv_u64(j, "split_messages", t->tcp_segments_split);
    json_kv_u64(j, "coalesced_messages", t->tcp_coalesced);
    json_kv_u64(j, "reordered_segments", t->tcp_reordered);
    json_kv_u64(j, "retransmitted_segments", t->tcp_retransmitted);
    json_kv_u64(j, "pure_acks", t->tcp_pure_acks);
    json_close(j, '}');
}

static void planted_print(const struct synth_truth *t, struct json *j)
{
    json_key(j, "planted");
    json_open(j, '[');
    for (uint32_t i = 0; i < t->nplanted; i++) {
        const struct synth_planted *p = &t->planted[i];
        json_open(j, '{');
        json_kv_str(j, "id", p->id);
        json_kv_str(j, "text", p->text);
        json_kv_u64(j, "count", p->count);
        json_key(j, "examples");
        json_open(j, '[');
        for (uint32_t k = 0; k < p->nexample; k++)
            json_str(j, p->example[k]);
        json_close(j, ']');
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void time_print(struct json *j, const char *key, int64_t ts_ns)
{
    char text[TS_TEXT];
    ts_print(ts_ns, 6, text);
    json_kv_str(j, key, text);
}

void synth_truth_print(const struct synth_truth *t, struct buf *out)
{
    struct json j;
    json_init(&j, out, 2);
    json_open(&j, '{');
    json_kv_str(&j, "schema", "siptap/truth/1");
    json_kv_str(&j, "workload", t->workload);
    json_kv_u64(&j, "seed", t->seed);
    json_kv_u64(&j, "packets", t->packets);
    json_kv_u64(&j, "bytes", t->bytes);
    time_print(&j, "first_ts", t->first_ts_ns);
    time_print(&j, "last_ts", t->last_ts_ns);
    messages_print(t, &j);
    calls_print(t, &j);
    registrations_print(t, &j);
    packets_print(t, &j);
    planted_print(t, &j);
    json_close(&j, '}');
    buf_char(out, '\n');
}
