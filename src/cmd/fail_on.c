#include "cmd/fail_on.h"

#include <math.h>
#include <stddef.h>

struct number {
    const char *name, *meaning;
    size_t offset;
    unsigned char type; /* FIELD_COUNT, FIELD_REAL, FIELD_INT */
};

#define COUNT(name, member, meaning) {name, meaning, offsetof(struct summary, member), FIELD_COUNT}
#define REAL(name, member, meaning) {name, meaning, offsetof(struct summary, member), FIELD_REAL}
#define INT(name, member, meaning) {name, meaning, offsetof(struct summary, member), FIELD_INT}

static const struct number numbers[] = {
    COUNT("packets", input.packets, "packets read"),
    COUNT("bytes", input.bytes, "bytes of the packets"),
    COUNT("truncated_packets", input.truncated_packets, "packets cut by the snap length"),
    COUNT("reassembly_gaps", input.reassembly_gaps, "holes in TCP streams"),
    COUNT("dropped", input.dropped, "packets the capture lost"),
    COUNT("evicted", input.evicted, "table entries given up for want of memory"),
    COUNT("clock_jumps", input.clock_jumps, "jumps of the capture's clock"),
    COUNT("messages", messages.total, "SIP messages"),
    COUNT("requests", messages.requests, "requests"),
    COUNT("responses", messages.responses, "responses"),
    COUNT("retransmissions", messages.retransmissions, "retransmitted messages"),
    COUNT("malformed", messages.malformed, "malformed messages"),
    COUNT("transactions", transactions.total, "transactions"),
    COUNT("transactions_unanswered", transactions.unanswered, "transactions without a final response"),
    COUNT("orphan_responses", transactions.orphan_responses, "responses without a request"),
    COUNT("calls", calls.attempts, "call attempts"),
    COUNT("calls_answered", calls.answered, "calls answered"),
    COUNT("calls_completed", calls.completed, "calls answered and ended"),
    COUNT("calls_cancelled", calls.cancelled, "calls cancelled"),
    COUNT("calls_redirected", calls.redirected, "calls redirected"),
    COUNT("calls_failed", calls.failed, "calls failed"),
    COUNT("calls_rejected", calls.rejected, "calls rejected by the callee"),
    COUNT("calls_unanswered", calls.unanswered, "calls without any response"),
    COUNT("calls_ongoing", calls.ongoing, "calls still up at the end"),
    REAL("asr", calls.asr, "answer-seizure ratio in percent (ITU-T E.425)"),
    REAL("ner", calls.ner, "network effectiveness ratio in percent (ITU-T E.425)"),
    REAL("ser", calls.ser, "session establishment ratio in percent (RFC 6076 4.6)"),
    REAL("seer", calls.seer, "session establishment effectiveness ratio in percent (RFC 6076 4.7)"),
    REAL("isa", calls.isa, "ineffective session attempts in percent (RFC 6076 4.8)"),
    REAL("scr", calls.scr, "session completion ratio in percent (RFC 6076 4.9)"),
    REAL("pdd_ms_p50", calls.pdd_ms.p50, "median post-dial delay"),
    REAL("pdd_ms_p95", calls.pdd_ms.p95, "post-dial delay that 95 % of the calls stay below"),
    REAL("setup_ms_p50", calls.setup_ms.p50, "median setup time"),
    REAL("setup_ms_p95", calls.setup_ms.p95, "setup time that 95 % of the calls stay below"),
    REAL("call_duration_s_mean", calls.duration_s.mean, "mean duration of answered calls"),
    COUNT("registered_users", registrations.users, "users that registered"),
    COUNT("registrations", registrations.registered, "new registrations"),
    COUNT("registrations_refreshed", registrations.refreshed, "refreshed registrations"),
    COUNT("registrations_failed", registrations.failed, "registrations refused"),
    COUNT("registrations_unanswered", registrations.unanswered, "registrations without an answer"),
    COUNT("streams", streams.total, "RTP streams"),
    COUNT("rtp_packets", streams.packets, "RTP packets"),
    INT("rtp_lost", streams.lost, "RTP packets lost"),
    COUNT("one_way_calls", streams.one_way_calls, "calls with media in one direction only"),
    REAL("jitter_ms_p95", streams.jitter_ms.p95, "jitter that 95 % of the streams stay below"),
    REAL("mos_p50", streams.mos.p50, "median MOS of the streams"),
    REAL("mos_min", streams.mos.min, "lowest MOS of the streams"),
    REAL("lost_percent_max", streams.lost_percent.max, "highest loss of a stream in percent"),
    COUNT("users", users, "addresses of record"),
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static struct cell value(void *ctx, size_t i)
{
    const struct fail_on *f = ctx;
    struct cell c = {.type = numbers[i].type, .digits = CELL_DIGITS_ALL};
    if (!f->summary)
        return (struct cell){0};
    const char *at = (const char *)f->summary + numbers[i].offset;
    if (c.type == FIELD_REAL)
        memcpy(&c.as.d, at, sizeof c.as.d);
    else
        memcpy(&c.as.u, at, sizeof c.as.u);
    if (c.type == FIELD_REAL && !isfinite(c.as.d))
        c.type = 0;
    return c;
}

/* problem('call.no_answer'): how often the report found it. */
static double problem(void *ctx, struct view id)
{
    const struct fail_on *f = ctx;
    for (uint32_t i = 0; f->summary && i < f->summary->nproblem; i++)
        if (view_eq(view_str(f->summary->problem[i].id), id))
            return (double)f->summary->problem[i].count;
    return 0;
}

/* failed_with(486): calls that failed with this status. */
static double failed_with(void *ctx, struct view text)
{
    const struct fail_on *f = ctx;
    uint64_t status;
    if (!f->summary || !view_u64(text, 699, &status))
        return 0;
    return (double)f->summary->calls.by_failure_status[status];
}

bool fail_on_init(struct fail_on *f, const char *expr, struct where_place *place, struct err *e)
{
    static const struct where_function function[] = {{"problem", problem}, {"failed_with", failed_with}, {NULL, NULL}};
    const char *name[NUMBERS];
    *f = (struct fail_on){0};
    for (size_t i = 0; i < NUMBERS; i++)
        name[i] = numbers[i].name;
    struct where_table t = {.what = "the report", .name = name, .n = NUMBERS, .value = value, .function = function, .ctx = f};
    f->where = where_new(&t, expr, place, e);
    return f->where != NULL;
}

bool fail_on_holds(struct fail_on *f, const struct summary *s)
{
    f->summary = s;
    bool yes = where_matches(f->where);
    f->summary = NULL;
    return yes;
}

void fail_on_release(struct fail_on *f)
{
    where_free(f->where);
    f->where = NULL;
}

const char *fail_on_name(size_t i, const char **meaning)
{
    if (i >= NUMBERS)
        return NULL;
    *meaning = numbers[i].meaning;
    return numbers[i].name;
}
