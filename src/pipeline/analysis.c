/* The order of the stages, and the threads that run them. A round is a few batches:
 *   read      any worker takes the next batch (under a lock), decodes it and parses its datagrams
 *   defrag    one thread, only when there are fragments
 *   streams   each worker: the TCP connections of its own, over the whole round
 *   track     each worker: the calls and users of its own, over the whole round, in packet order
 *   media     each worker: the RTP streams of its own, when the SDP of the round is known
 *   hand over one thread, after track and after media
 * Whoever is done with the last of them goes on to read the next round. */
#include "pipeline/priv.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

static int64_t wall_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

const char *analysis_transport(const struct sip_message *m)
{
    static const char *const name[] = {"udp", "tcp", "ws", "sctp", "tls"};
    return m->transport < sizeof name / sizeof *name ? name[m->transport] : "?";
}

/* ---- stages ---- */

static struct lane *take_batch(struct analysis *a, unsigned worker)
{
    struct round *r = a->next;
    struct lane *l = NULL;
    struct err e = {0};
    pthread_mutex_lock(&a->lock);
    if (!a->end && r->filled < a->lanes && r->taken[worker] < a->own_lanes) {
        struct lane *fill = &r->lane[worker * a->own_lanes + r->taken[worker]];
        if (a->options.stop && *a->options.stop) {
            a->end = true;
        } else if (capture_read(a->reader, &fill->batch, &e)) {
            l = fill;
            r->taken[worker]++;
            r->order[r->filled++] = l;
        } else {
            a->end = true;
        }
        if (e.code) {
            a->failed = true;
            a->error = e;
        }
    }
    pthread_mutex_unlock(&a->lock);
    return l;
}

static void read_stage(struct worker *w)
{
    struct lane *l;
    while ((l = take_batch(w->run, w->index)))
        classify_batch(w->run, w, l);
}

/* Each worker looks at the times of all packets, so that the clocks of all trackers are one. */
static void track_packet(struct worker *w, struct packet *p)
{
    unsigned jobs = w->run->jobs;
    if (p->ts_ns > w->clock)
        w->clock = p->ts_ns;
    if (p->first_message)
        tracker_clock(w->tracker, w->clock);
    for (struct sip_message *m = p->first_message; m; m = m->next)
        if (jobs == 1 || m->route % jobs == w->index)
            tracker_message(w->tracker, p, m);
}

static void track_turns(struct worker *w, const struct turns *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        const struct turn *k = &t->turn[i];
        if (k->clock > w->clock)
            w->clock = k->clock;
        tracker_clock(w->tracker, w->clock);
        tracker_message(w->tracker, k->packet, k->message);
    }
}

static void track_batch(struct worker *w, struct lane *l)
{
    if (lane_is_plain(l)) {
        track_turns(w, &l->turns[w->index]);
        w->clock = l->counts.latest_ts > w->clock ? l->counts.latest_ts : w->clock;
        return;
    }
    for (uint32_t k = 0; k < l->batch.n; k++)
        track_packet(w, &l->batch.packet[k]);
}

static void track_stage(struct worker *w)
{
    struct analysis *a = w->run;
    for (unsigned i = 0; i < a->now->filled; i++)
        track_batch(w, a->now->order[i]);
    for (unsigned i = 0; i < a->jobs; i++)
        for (struct late *l = a->worker[i].late; l; l = l->next)
            track_packet(w, &l->packet);
    tracker_clock(w->tracker, w->clock);
}

/* RTP follows when the SDP of the whole round is known. */
static void media_stage(struct worker *w)
{
    struct analysis *a = w->run;
    for (unsigned i = 0; i < a->now->filled; i++) {
        struct batch *b = &a->now->order[i]->batch;
        for (uint32_t k = 0; a->now->order[i]->counts.rtp && k < b->n; k++) {
            const struct packet *p = &b->packet[k];
            if (p->class == PACKET_RTP && (a->jobs == 1 || p->flow_hash % a->jobs == w->index))
                tracker_rtp(w->tracker, a->media, p);
        }
    }
}

static void run_stages(struct worker *w, unsigned stages)
{
    if (stages & STAGE_STREAMS)
        streams_run(w);
    if (stages & STAGE_TRACK)
        track_stage(w);
    if (stages & STAGE_MEDIA)
        media_stage(w);
    if (stages & STAGE_READ)
        read_stage(w);
}

/* ---- threads ---- */

enum { SPINS = 4000 }; /* some 50 microseconds: about what falling asleep and waking up costs */

/* Waits until *value is no longer `old` (want_zero: until it is 0), awake first, then asleep. */
static void wait_for(struct analysis *a, atomic_uint *value, unsigned old, bool want_zero, pthread_cond_t *cond)
{
    for (int i = 0; a->spins && i < SPINS; i++) {
        unsigned v = atomic_load_explicit(value, memory_order_acquire);
        if (want_zero ? v == 0 : v != old)
            return;
#if defined __x86_64__
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&a->lock);
    while (want_zero ? atomic_load(value) != 0 : atomic_load(value) == old)
        pthread_cond_wait(cond, &a->lock);
    pthread_mutex_unlock(&a->lock);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct analysis *a = w->run;
    unsigned seen = 0;
    for (;;) {
        wait_for(a, &a->turn, seen, false, &a->go);
        seen++;
        if (a->stages & STAGE_QUIT)
            return NULL;
        run_stages(w, a->stages);
        if (atomic_fetch_sub_explicit(&a->working, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&a->lock);
            pthread_cond_signal(&a->done);
            pthread_mutex_unlock(&a->lock);
        }
    }
}

static void call_workers(struct analysis *a, unsigned stages)
{
    pthread_mutex_lock(&a->lock);
    a->stages = stages;
    atomic_store(&a->working, a->jobs - 1);
    atomic_fetch_add_explicit(&a->turn, 1, memory_order_release);
    pthread_cond_broadcast(&a->go);
    pthread_mutex_unlock(&a->lock);
}

/* All workers run the stages; the caller is worker 0. Returns when all are done. */
static void everybody(struct analysis *a, unsigned stages)
{
    if (a->jobs > 1)
        call_workers(a, stages);
    run_stages(&a->worker[0], stages);
    if (a->jobs > 1)
        wait_for(a, &a->working, 0, true, &a->done);
}

/* ---- a round ---- */

static void defrag_stage(struct analysis *a)
{
    for (unsigned i = 0; i < a->now->filled; i++) {
        struct lane *l = a->now->order[i];
        if (!l->counts.fragments)
            continue;
        for (uint32_t k = 0; k < l->batch.n; k++) {
            struct packet *p = &l->batch.packet[k];
            if (!(p->flags & PACKET_FRAGMENT) || !defrag_input(&a->defrag, p, &l->batch.arena))
                continue;
            if (p->l4 == L4_UDP)
                classify_udp(a, &a->worker[0], p, &l->batch.arena);
            l->counts.tcp += p->l4 == L4_TCP;
        }
    }
}

static void empty(struct analysis *a, struct round *r)
{
    for (unsigned i = 0; i < r->filled; i++)
        batch_reset(&r->order[i]->batch);
    memset(r->taken, 0, sizeof r->taken);
    r->filled = 0;
}

/* The round that was read last becomes the one that is followed. */
static void turn_round(struct analysis *a)
{
    struct round *r = a->now;
    a->now = a->next;
    a->next = r;
    empty(a, r);
    for (unsigned i = 0; i < a->jobs; i++) {
        arena_reset(&a->worker[i].arena);
        a->worker[i].spare = NULL;
    }
}

/* Follows the round and reads the next one behind the last stage, so that nobody waits for the slowest twice. */
static void one_round(struct analysis *a)
{
    bool fragments = false, tcp = false, rtp = false, messages = false;
    turn_round(a);
    for (unsigned i = 0; i < a->now->filled; i++)
        fragments |= a->now->order[i]->counts.fragments > 0;
    if (fragments)
        defrag_stage(a);
    for (unsigned i = 0; i < a->now->filled; i++) {
        tcp |= a->now->order[i]->counts.tcp > 0;
        rtp |= a->now->order[i]->counts.rtp > 0;
        messages |= !lane_is_plain(a->now->order[i]) || a->now->order[i]->counts.messages > 0;
    }
    a->any_tcp |= tcp;
    if (a->any_tcp)
        everybody(a, STAGE_STREAMS);
    bool two_steps = rtp && messages; /* the SDP in the messages must be known before the RTP is looked at */
    everybody(a, two_steps ? STAGE_TRACK : STAGE_TRACK | STAGE_MEDIA | STAGE_READ);
    handover_messages(a);
    if (two_steps) {
        handover_media(a, true);
        everybody(a, STAGE_MEDIA | STAGE_READ);
    }
    handover_media(a, false);
}

static void tell_progress(struct analysis *a, int64_t *next)
{
    int64_t now = wall_ns();
    if (!a->options.on_progress || now < *next)
        return;
    const struct capture_stats *s = capture_stats(a->reader);
    struct analysis_progress p = {s->bytes_done, s->bytes_total, s->packets, a->messages};
    a->options.on_progress(a->options.progress_ctx, &p);
    *next = now + 100 * NS_PER_MS;
}

static void read_all(struct analysis *a)
{
    int64_t began = wall_ns(), next = began + NS_PER_S;
    int64_t limit = a->options.interfaces && a->options.duration_s > 0 ? began + (int64_t)(a->options.duration_s * 1e9) : INT64_MAX;
    everybody(a, STAGE_READ);
    while (a->next->filled || !a->end) {
        one_round(a);
        tell_progress(a, &next);
        if (wall_ns() >= limit && !a->end) {
            a->end = true;
            limit = INT64_MAX;
        }
    }
    if (a->options.stop && *a->options.stop)
        a->summary.input.interrupted = !a->options.interfaces;
}

/* The streams that are still open give what they hold; then all tables are closed. */
static void finish_all(struct analysis *a)
{
    struct tracker *tracker[JOBS_MAX];
    turn_round(a);
    for (unsigned i = 0; i < a->jobs; i++)
        streams_finish(&a->worker[i]);
    for (unsigned i = 0; i < a->jobs; i++)
        track_stage(&a->worker[i]);
    for (unsigned i = 0; i < a->jobs; i++)
        handover_late(a, &a->worker[i]);
    for (unsigned i = 0; i < a->jobs; i++)
        tracker[i] = a->worker[i].tracker;
    media_exchange(a->media, tracker, a->jobs);
    for (unsigned i = 0; i < a->jobs; i++)
        tracker_finish(tracker[i], a->total.last_ts);
    media_exchange(a->media, tracker, a->jobs);
    for (unsigned i = 0; i < a->jobs; i++)
        tracker_settle_all(tracker[i], a->media);
    media_finish(a->media);
}

/* ---- set-up ---- */

static struct capture_reader *open_reader(const struct analysis_options *o, struct err *e)
{
    if (o->interfaces) {
        struct capture_live live = {.ifaces = o->interfaces, .filter = o->bpf, .promiscuous = true};
        return capture_open_live(&live, e);
    }
    struct capture_reader *r = o->bytes ? capture_open_memory(o->bytes, o->nbytes, e) : capture_open(o->path, o->npath, e);
    if (r && o->bpf && !capture_set_filter(r, o->bpf, e)) {
        capture_close(r);
        return NULL;
    }
    return r;
}

static bool open_worker(struct analysis *a, struct worker *w, uint64_t memory, struct err *e)
{
    const struct record_sink *s = a->options.sink;
    struct tracker_config c = {
        .seed = a->seed,
        .memory = memory / 4 * 3,
        .keep_calls = s && s->call,
        .keep_registrations = s && s->registration,
        .keep_streams = s && s->stream,
        .keep_users = a->options.want_users || (s && s->user),
    };
    w->run = a;
    w->index = (unsigned)(w - a->worker);
    w->late_end = &w->late;
    w->clock = TS_NONE;
    arena_init(&w->arena);
    w->tracker = tracker_new(&c, e);
    if (!w->tracker)
        return false;
    if (!tcp_table_init(&w->tcp, memory / 8, (uint32_t)(memory / 16 / 512), &a->seed))
        return err_set(e, EXIT_IO, "out of memory for the TCP streams");
    if (w->index && pthread_create(&w->thread, NULL, worker_main, w) != 0)
        return err_set(e, EXIT_IO, "cannot start a worker thread");
    a->jobs = w->index + 1;
    return true;
}

static bool open_lane(struct lane *l, unsigned jobs)
{
    l->turns = mem_calloc(jobs, sizeof *l->turns);
    return l->turns && batch_init(&l->batch, BATCH_PACKETS);
}

static void close_lane(struct lane *l, unsigned jobs)
{
    for (unsigned i = 0; l->turns && i < jobs; i++)
        mem_free(l->turns[i].turn);
    mem_free(l->turns);
    batch_release(&l->batch);
}

/* As many batches as are good for speed, unless they would take more than a quarter of the memory. */
static bool open_lanes(struct analysis *a, unsigned jobs, uint64_t memory, struct err *e)
{
    uint64_t fit = memory / 4 / (2ull * jobs * (CAPTURE_BATCH_BYTES + BATCH_PACKETS * 1024));
    a->own_lanes = jobs == 1 || fit < 1 ? 1 : fit < LANES_PER_JOB ? (unsigned)fit : LANES_PER_JOB;
    a->lanes = jobs * (a->own_lanes < BATCHES_PER_JOB ? a->own_lanes : BATCHES_PER_JOB);
    for (unsigned r = 0; r < 2; r++) {
        a->round[r].lane = mem_calloc(jobs * a->own_lanes, sizeof *a->round[r].lane);
        a->round[r].order = mem_calloc(a->lanes, sizeof *a->round[r].order);
        for (unsigned i = 0; i < jobs * a->own_lanes; i++)
            if (!a->round[r].lane || !a->round[r].order || !open_lane(&a->round[r].lane[i], jobs))
                return err_set(e, EXIT_IO, "out of memory for the packets");
    }
    a->now = &a->round[0];
    a->next = &a->round[1];
    return true;
}

static void choose_ports(struct analysis *a)
{
    a->port_wanted_all = a->options.nport == 0;
    for (size_t i = 0; i < a->options.nport; i++)
        a->port_wanted[a->options.port[i] >> 3] |= (uint8_t)(1u << (a->options.port[i] & 7));
}

static bool set_up(struct analysis *a, struct err *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = a->options.jobs ? a->options.jobs : cores < 1 ? 1 : cores < JOBS_DEFAULT ? (unsigned)cores : JOBS_DEFAULT;
    uint64_t memory = a->options.memory ? a->options.memory : 1ull << 30;
    if (a->options.interfaces && !a->options.jobs)
        jobs = 1;
    jobs = jobs > JOBS_MAX ? JOBS_MAX : jobs;
    a->spins = cores > 0 && jobs <= (unsigned)cores;
    choose_ports(a);
    a->reader = open_reader(&a->options, e);
    if (!a->reader)
        return false;
    a->worker = mem_calloc(jobs, sizeof *a->worker);
    a->workers = jobs;
    a->media = media_new(&a->seed, (uint32_t)(memory / 64 / 512));
    if (!a->worker || !a->media || !defrag_init(&a->defrag, memory / 64, &a->seed))
        return err_set(e, EXIT_IO, "out of memory");
    if (!open_lanes(a, jobs, memory, e))
        return false;
    for (unsigned i = 0; i < jobs; i++)
        if (!open_worker(a, &a->worker[i], memory / jobs, e))
            return false;
    return true;
}

struct analysis *analysis_run(const struct analysis_options *o, struct err *e)
{
    struct analysis *a = mem_calloc(1, sizeof *a);
    if (!a) {
        err_set(e, EXIT_IO, "out of memory");
        return NULL;
    }
    a->options = *o;
    a->seed = hash_seed_random();
    a->total.first_ts = a->total.last_ts = TS_NONE;
    arena_init(&a->keep);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->go, NULL);
    pthread_cond_init(&a->done, NULL);
    if (!set_up(a, e)) {
        analysis_free(a);
        return NULL;
    }
    read_all(a);
    finish_all(a);
    if (!outcome_fill(a)) {
        err_set(e, EXIT_IO, "out of memory at the end of the analysis");
        analysis_free(a);
        return NULL;
    }
    return a;
}

const struct summary *analysis_summary(const struct analysis *a)
{
    return &a->summary;
}

const char *analysis_partial(const struct analysis *a)
{
    return a->partial;
}

static void stop_threads(struct analysis *a)
{
    if (a->jobs < 2)
        return;
    call_workers(a, STAGE_QUIT);
    for (unsigned i = 1; i < a->jobs; i++)
        pthread_join(a->worker[i].thread, NULL);
}

void analysis_free(struct analysis *a)
{
    if (!a)
        return;
    stop_threads(a);
    for (unsigned i = 0; a->worker && i < a->workers; i++) {
        tracker_free(a->worker[i].tracker);
        tcp_table_release(&a->worker[i].tcp);
        arena_release(&a->worker[i].arena);
    }
    for (unsigned r = 0; r < 2; r++) {
        for (unsigned i = 0; a->round[r].lane && i < a->workers * a->own_lanes; i++)
            close_lane(&a->round[r].lane[i], a->workers);
        mem_free(a->round[r].lane);
        mem_free(a->round[r].order);
    }
    mem_free(a->worker);
    media_free(a->media);
    defrag_release(&a->defrag);
    capture_close(a->reader);
    arena_release(&a->keep);
    pthread_mutex_destroy(&a->lock);
    pthread_cond_destroy(&a->go);
    pthread_cond_destroy(&a->done);
    mem_free(a);
}
