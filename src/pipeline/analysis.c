/* The order of the stages, and the threads that run them. A round is a few batches:
 *   read      any worker takes the next batch (under a lock), decodes it and parses its datagrams
 *   defrag    one thread, only when there are fragments
 *   streams   each worker: the TCP connections of its own, over the whole round
 *   track     each worker: the calls and users of its own, over the whole round, in packet order
 *   media     each worker: the RTP streams of its own, when the SDP of the round is known
 *   hand over one thread, after track and after media */
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

static struct lane *take_batch(struct analysis *a)
{
    struct lane *l = NULL;
    struct err e = {0};
    pthread_mutex_lock(&a->lock);
    if (!a->end && a->filled < a->lanes) {
        struct lane *next = &a->lane[a->filled];
        if (a->options.stop && *a->options.stop)
            a->end = true;
        else if (capture_read(a->reader, &next->batch, &e))
            l = next, a->filled++;
        else
            a->end = true;
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
    while ((l = take_batch(w->run)))
        classify_batch(w->run, w, l);
}

static void track_packet(struct worker *w, struct packet *p)
{
    unsigned jobs = w->run->jobs;
    for (struct sip_message *m = p->first_message; m; m = m->next)
        if (jobs == 1 || m->route % jobs == w->index)
            tracker_message(w->tracker, p, m);
}

static void track_stage(struct worker *w)
{
    struct analysis *a = w->run;
    for (unsigned i = 0; i < a->filled; i++) {
        struct batch *b = &a->lane[i].batch;
        for (uint32_t k = 0; k < b->n; k++)
            track_packet(w, &b->packet[k]);
    }
    for (unsigned i = 0; i < a->jobs; i++)
        for (struct late *l = a->worker[i].late; l; l = l->next)
            track_packet(w, &l->packet);
}

/* RTP follows when the SDP of the whole round is known. */
static void media_stage(struct worker *w)
{
    struct analysis *a = w->run;
    for (unsigned i = 0; i < a->filled; i++) {
        struct batch *b = &a->lane[i].batch;
        for (uint32_t k = 0; a->lane[i].counts.rtp && k < b->n; k++) {
            const struct packet *p = &b->packet[k];
            if (p->class == PACKET_RTP && (a->jobs == 1 || p->flow_hash % a->jobs == w->index))
                tracker_rtp(w->tracker, a->media, p);
        }
    }
}

static void run_stage(struct worker *w, enum stage s)
{
    if (s == STAGE_READ)
        read_stage(w);
    else if (s == STAGE_STREAMS)
        streams_run(w);
    else if (s == STAGE_TRACK)
        track_stage(w);
    else if (s == STAGE_MEDIA)
        media_stage(w);
}

/* ---- threads ---- */

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    struct analysis *a = w->run;
    uint64_t seen = 0;
    for (;;) {
        pthread_mutex_lock(&a->lock);
        while (a->turn == seen)
            pthread_cond_wait(&a->go, &a->lock);
        seen = a->turn;
        enum stage s = a->stage;
        pthread_mutex_unlock(&a->lock);
        if (s == STAGE_QUIT)
            return NULL;
        run_stage(w, s);
        pthread_mutex_lock(&a->lock);
        if (--a->working == 0)
            pthread_cond_signal(&a->done);
        pthread_mutex_unlock(&a->lock);
    }
}

/* All workers run the stage; the caller is worker 0. Returns when all are done. */
static void everybody(struct analysis *a, enum stage s)
{
    if (a->jobs == 1) {
        run_stage(&a->worker[0], s);
        return;
    }
    pthread_mutex_lock(&a->lock);
    a->stage = s;
    a->working = a->jobs - 1;
    a->turn++;
    pthread_cond_broadcast(&a->go);
    pthread_mutex_unlock(&a->lock);
    run_stage(&a->worker[0], s);
    pthread_mutex_lock(&a->lock);
    while (s != STAGE_QUIT && a->working)
        pthread_cond_wait(&a->done, &a->lock);
    pthread_mutex_unlock(&a->lock);
}

/* ---- a round ---- */

static void defrag_stage(struct analysis *a)
{
    for (unsigned i = 0; i < a->filled; i++) {
        struct lane *l = &a->lane[i];
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

static void begin_round(struct analysis *a)
{
    for (unsigned i = 0; i < a->lanes; i++)
        batch_reset(&a->lane[i].batch);
    for (unsigned i = 0; i < a->jobs; i++)
        arena_reset(&a->worker[i].arena);
    a->filled = 0;
}

static void one_round(struct analysis *a)
{
    bool fragments = false, tcp = false, rtp = false;
    begin_round(a);
    everybody(a, STAGE_READ);
    for (unsigned i = 0; i < a->filled; i++)
        fragments |= a->lane[i].counts.fragments > 0;
    if (fragments)
        defrag_stage(a);
    for (unsigned i = 0; i < a->filled; i++) {
        tcp |= a->lane[i].counts.tcp > 0;
        rtp |= a->lane[i].counts.rtp > 0;
    }
    a->any_tcp |= tcp;
    if (a->any_tcp)
        everybody(a, STAGE_STREAMS);
    everybody(a, STAGE_TRACK);
    handover_messages(a);
    if (rtp) {
        handover_media(a, true);
        everybody(a, STAGE_MEDIA);
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
    while (!a->end) {
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
    begin_round(a);
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

static bool open_lanes(struct analysis *a, unsigned n, struct err *e)
{
    a->lane = mem_calloc(n, sizeof *a->lane);
    for (unsigned i = 0; a->lane && i < n; i++) {
        if (!batch_init(&a->lane[i].batch, BATCH_PACKETS))
            return err_set(e, EXIT_IO, "out of memory for the packets");
        a->lanes = i + 1;
    }
    return a->lanes == n || err_set(e, EXIT_IO, "out of memory for the packets");
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
    unsigned jobs = a->options.jobs ? a->options.jobs : cores > 0 ? (unsigned)cores : 1;
    uint64_t memory = a->options.memory ? a->options.memory : 1ull << 30;
    if (a->options.interfaces && !a->options.jobs)
        jobs = 1;
    jobs = jobs > JOBS_MAX ? JOBS_MAX : jobs;
    choose_ports(a);
    a->reader = open_reader(&a->options, e);
    if (!a->reader)
        return false;
    a->worker = mem_calloc(jobs, sizeof *a->worker);
    a->media = media_new(&a->seed, (uint32_t)(memory / 64 / 512));
    if (!a->worker || !a->media || !defrag_init(&a->defrag, memory / 64, &a->seed))
        return err_set(e, EXIT_IO, "out of memory");
    if (!open_lanes(a, jobs == 1 ? 1 : jobs * BATCHES_PER_JOB, e))
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
    pthread_mutex_lock(&a->lock);
    a->stage = STAGE_QUIT;
    a->turn++;
    pthread_cond_broadcast(&a->go);
    pthread_mutex_unlock(&a->lock);
    for (unsigned i = 1; i < a->jobs; i++)
        pthread_join(a->worker[i].thread, NULL);
}

void analysis_free(struct analysis *a)
{
    if (!a)
        return;
    stop_threads(a);
    for (unsigned i = 0; a->worker && i < JOBS_MAX && i < (a->jobs ? a->jobs : 1); i++) {
        tracker_free(a->worker[i].tracker);
        tcp_table_release(&a->worker[i].tcp);
        arena_release(&a->worker[i].arena);
    }
    for (unsigned i = 0; i < a->lanes; i++)
        batch_release(&a->lane[i].batch);
    mem_free(a->lane);
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
