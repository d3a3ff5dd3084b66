/* Follows what belongs together over time: transactions, calls, registrations, users, servers and media streams. Messages
 * and RTP packets in, records and totals out. Each worker has a tracker of its own; at the end they are merged. */
#pragma once
#include "base/err.h"
#include "base/hash.h"
#include "base/packet.h"
#include "record/problem.h"
#include "record/records.h"
#include "sip/message.h"
#include "track/totals.h"

struct tracker;

enum track_transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_WS, TRANSPORT_SCTP, TRANSPORT_TLS };

struct tracker_config {
    struct hash_seed seed; /* the same for all trackers of a run */
    uint64_t memory;       /* ceiling of this tracker's tables, bytes */
    bool keep_calls, keep_registrations, keep_streams; /* finished records are kept for tracker_records */
    bool keep_users;       /* peers, sources and user agents of users */
};

/* NULL and *e when there is no memory. */
struct tracker *tracker_new(const struct tracker_config *c, struct err *e);
void tracker_free(struct tracker *t);

/* Sets m->shard_hash (of the Call-ID) and m->route: messages of one call, or REGISTERs of one address of record, get the
 * same route. To be called before tracker_message, by any thread. */
void tracker_route(const struct hash_seed *seed, struct sip_message *m);

/* Sets the clock to ts_ns if it is not there yet: what is due by then is closed. A tracker that only sees some of the
 * messages is told of the times of the others, so that its answer does not depend on who else works. */
void tracker_clock(struct tracker *t, int64_t ts_ns);

/* Takes one message; times must not run backwards by much (they are clamped). Sets m->retransmission. */
void tracker_message(struct tracker *t, const struct packet *p, struct sip_message *m);

/* Takes one packet that looks like RTP; m is only looked at. */
struct media;
void tracker_rtp(struct tracker *t, const struct media *m, const struct packet *p);

/* What a worker tells the others after each round; see track/media.h. */
struct media_event;
struct media_event *tracker_events(struct tracker *t, size_t *n);
void tracker_events_clear(struct tracker *t);

/* Binds the stream of a MEDIA_STREAM event to a call; call_id and codec are copied. */
void tracker_bind_stream(struct tracker *t, uint32_t stream, uint32_t uid, struct view call_id, struct view codec);

/* Between rounds: streams that ended (60 s of silence before now_ns) are told and leave. _all: every stream, at the end. */
void tracker_settle(struct tracker *t, struct media *m, int64_t now_ns);
void tracker_settle_all(struct tracker *t, struct media *m);

/* The end of the capture at last_ns: everything still open is closed as it stands and counted. */
void tracker_finish(struct tracker *t, int64_t last_ns);

/* Adds everything `from` counted and kept to `into`; from is empty afterwards and only good for tracker_free. Both are finished. */
bool tracker_merge(struct tracker *into, struct tracker *from);

const struct track_totals *tracker_totals(const struct tracker *t);

/* Hands the kept records over, sorted as pipeline/analysis.h says. */
void tracker_records(struct tracker *t, const struct record_sink *sink);

/* Adds n cases of a problem that is found outside of the tables. */
void tracker_problem(struct tracker *t, enum problem id, uint64_t n, struct view example);

/* Fills the parts of the summary that come from tracking; what it points at lives in `keep`. */
struct summary;
bool tracker_summary(struct tracker *t, struct summary *s, struct arena *keep);
