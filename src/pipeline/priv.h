/* Inside of the pipeline: a round of batches and the workers that carry it through the stages. For this folder alone. */
#pragma once
#include "capture/live.h"
#include "capture/reader.h"
#include "decode/defrag.h"
#include "decode/tcp.h"
#include "pipeline/analysis.h"
#include "track/media.h"
#include "track/tracker.h"

#include <pthread.h>
#include <stdatomic.h>

enum { JOBS_MAX = 64, JOBS_DEFAULT = 8 /* one reader feeds no more */, BATCH_PACKETS = 512, BATCHES_PER_JOB = 8, LANES_PER_JOB = 11 };

/* What one batch added up to, beside its messages. */
struct batch_counts {
    uint64_t fragments, tcp, rtp, undecoded, not_sip, keepalives, clock_jumps, messages;
    uint64_t oddity[ODDITY_PACKET_COUNT];
    int64_t first_ts, last_ts, latest_ts; /* of the first, of the last packet; the greatest */
    uint8_t ts_digits;
    bool unnoted; /* no memory for the turns */
};

/* A message and its place, for the worker that follows it. */
struct turn {
    struct packet *packet;
    struct sip_message *message;
    int64_t clock; /* latest time of the packets of the batch up to this one */
};

struct turns {
    struct turn *turn;
    uint32_t n, cap;
};

struct lane {
    struct batch batch;
    struct batch_counts counts;
    struct turns *turns; /* of each worker; complete when there are neither TCP segments nor fragments in the batch */
};

/* A message that came out of a TCP stream after its packet was gone (end of stream, time-out). */
struct late {
    struct packet packet;
    struct sip_message message;
    struct late *next;
};

struct worker {
    struct analysis *run;
    unsigned index;
    struct tracker *tracker;
    struct tcp_table tcp;
    struct arena arena; /* of the round: what its TCP streams give */
    struct sip_message *spare; /* in the arena: room for a message that the last try did not need */
    struct late *late, **late_end;
    uint32_t stun[65536 / 64];  /* STUN packets by lower port >> 6: only ranges that carry SIP count in the end */
    uint64_t sip_ports[65536 / 64 / 64 + 1];
    int64_t clock; /* the latest time of any packet so far */
    pthread_t thread;
};

/* What all workers do between two barriers; a set of bits, carried out in this order. */
enum stage {
    STAGE_STREAMS = 1 << 0,
    STAGE_TRACK = 1 << 1,
    STAGE_MEDIA = 1 << 2,
    STAGE_READ = 1 << 3, /* the batches of the next round */
    STAGE_QUIT = 1 << 4,
};

/* The batches of one round. Two of them take turns: while one is followed, the other is filled. Each worker fills batches of
 * its own, so that their memory stays near its processor. */
struct round {
    struct lane *lane;   /* own_lanes of each worker, one worker's behind the other's */
    struct lane **order; /* as they were read */
    unsigned filled;
    unsigned taken[JOBS_MAX];
};

struct analysis {
    struct analysis_options options;
    struct hash_seed seed;
    struct capture_reader *reader;
    unsigned workers, jobs; /* in worker[]; of them running */
    unsigned lanes, own_lanes; /* batches in a round; of each worker */
    bool spins;           /* every worker has a core: waiting a little awake is cheaper than sleeping */
    struct round round[2], *now, *next;
    struct worker *worker;
    struct defrag defrag;
    struct media *media;
    /* the round */
    pthread_mutex_t lock;
    pthread_cond_t go, done;
    unsigned stages;
    atomic_uint turn, working;
    bool end, failed;
    struct err error;
    /* the run */
    struct batch_counts total;
    uint64_t messages;
    bool any_fragment, any_tcp;
    struct summary summary;
    struct arena keep;
    char partial[512];
    bool port_wanted_all;
    uint8_t port_wanted[65536 / 8];
};

/* True when everything the batch holds was known once it was read. */
static inline bool lane_is_plain(const struct lane *l)
{
    return !l->counts.tcp && !l->counts.fragments && !l->counts.unnoted;
}

/* classify.c */
void classify_batch(struct analysis *a, struct worker *w, struct lane *l);
void classify_udp(struct analysis *a, struct worker *w, struct packet *p, struct arena *arena);
void count_packet(struct batch_counts *n, const struct packet *p);
bool port_is_wanted(const struct analysis *a, const struct packet *p);
void message_attach(struct packet *p, struct sip_message *m);

/* streams.c */
void streams_run(struct worker *w);
void streams_finish(struct worker *w);

/* handover.c */
void handover_messages(struct analysis *a);
void handover_media(struct analysis *a, bool before);
void handover_late(struct analysis *a, struct worker *w);

/* outcome.c */
bool outcome_fill(struct analysis *a);
