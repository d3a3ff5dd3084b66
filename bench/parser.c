/* Our SIP parser beside others, on the same messages, in the same run: thread CPU time per message, the median of
 * rounds in which all of them take turns, so that a machine that slows down slows down everybody. bench_parser
 * [MESSAGES [ROUNDS [FILE.pcap]]] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "messages.h"
#include "peers.h"
#include "sip/priv.h"

enum { HEADERS = 256, ROUNDS_MAX = 101, CONTENDERS_MAX = 16 };

static struct sip_header store[HEADERS];
static struct sip_message message;
static volatile uint64_t sink;

static bool newline_count(const char *p, size_t n)
{
    uint64_t count = 0;
    for (const char *end = p + n; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        count++;
    sink = count;
    return true;
}

static bool index_run(const struct sip_variant *f, const char *p, size_t n)
{
    struct sip_index x;
    f->index(&x, store, HEADERS, p, (uint32_t)n);
    return x.complete;
}

static bool parse_run(const struct sip_variant *f, const char *p, size_t n)
{
    return sip_message_parse_with(f, &message, store, HEADERS, p, n, SIP_DATAGRAM) == SIP_OK;
}

struct contender {
    char name[64];
    bool (*run)(const char *p, size_t n);
    bool (*run_variant)(const struct sip_variant *f, const char *p, size_t n); /* with the variant */
    const struct sip_variant *variant;
    double ns[ROUNDS_MAX];
    size_t refused;
};

static struct contender contenders[CONTENDERS_MAX];
static size_t ncontender;

static void contender_add(const char *name, bool (*run)(const char *p, size_t n))
{
    struct contender *c = &contenders[ncontender++];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->run = run;
}

static void contenders_fill(void)
{
    contender_add("newlines with memchr", newline_count);
    for (int parse = 0; parse < 2; parse++)
        for (const struct sip_variant *v = sip_variants(); v->name; v++) {
            struct contender *c = &contenders[ncontender++];
            snprintf(c->name, sizeof c->name, "siptap, %s, %s", parse ? "full parse" : "header index", v->name);
            c->run_variant = parse ? parse_run : index_run;
            c->variant = v;
        }
#ifdef HAVE_SOFIA
    contender_add("sofia-sip, msg_make", peer_sofia);
#endif
#ifdef HAVE_OSIP
    contender_add("libosip2, osip_message_parse", peer_osip);
#endif
#ifdef HAVE_RE
    contender_add("libre, sip_msg_decode", peer_re);
#endif
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds per message over all of them. */
static double round_run(struct contender *c, const struct messages *m)
{
    size_t accepted = 0;
    double begin = now_ns();
    if (c->run_variant)
        for (size_t i = 0; i < m->n; i++)
            accepted += c->run_variant(c->variant, m->v[i].p, m->v[i].n);
    else
        for (size_t i = 0; i < m->n; i++)
            accepted += c->run(m->v[i].p, m->v[i].n);
    double ns = (now_ns() - begin) / (double)m->n;
    c->refused = m->n - accepted;
    return ns;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void describe(const struct messages *m)
{
    size_t headers = 0, odd = 0, digest = 0;
    for (size_t i = 0; i < m->n; i++) {
        sip_message_parse(&message, store, HEADERS, m->v[i].p, m->v[i].n, SIP_DATAGRAM);
        headers += message.nheader;
        odd += message.oddities != 0;
        digest += sip_header_find(&message, SIP_H_AUTHORIZATION, 0) >= 0 ||
                  sip_header_find(&message, SIP_H_WWW_AUTHENTICATE, 0) >= 0 ||
                  sip_header_find(&message, SIP_H_PROXY_AUTHORIZATION, 0) >= 0 ||
                  sip_header_find(&message, SIP_H_PROXY_AUTHENTICATE, 0) >= 0;
    }
    printf("%zu messages, %.0f bytes and %.1f headers each, %.0f %% with Digest, %.1f %% with oddities\n", m->n,
           (double)m->bytes / (double)m->n, (double)headers / (double)m->n, 100.0 * (double)digest / (double)m->n,
           100.0 * (double)odd / (double)m->n);
}

static void table_print(const struct messages *m, unsigned rounds)
{
    double reference = 0;
    for (size_t i = 0; i < ncontender; i++) {
        qsort(contenders[i].ns, rounds, sizeof(double), by_value);
        if (!reference && contenders[i].run_variant == parse_run)
            reference = contenders[i].ns[rounds / 2];
    }
    printf("%-34s %10s %10s %8s %8s %8s\n", "", "ns/message", "best", "MB/s", "ratio", "refused");
    for (size_t i = 0; i < ncontender; i++) {
        const struct contender *c = &contenders[i];
        double median = c->ns[rounds / 2];
        printf("%-34s %10.0f %10.0f %8.0f %8.2f %8zu\n", c->name, median, c->ns[0],
               (double)m->bytes / (double)m->n * 1e3 / median, median / reference, c->refused);
    }
}

int main(int argc, char **argv)
{
    struct messages m = {.n = 0};
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 15;
    if (!n || !rounds || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_parser [MESSAGES [ROUNDS (1..%d) [FILE.pcap]]]\n", ROUNDS_MAX);
        return 2;
    }
    if (argc > 3) {
        if (!messages_read(&m, argv[3], n) || !m.n) {
            fprintf(stderr, "bench: no SIP over UDP over IPv4 over Ethernet in %s\n", argv[3]);
            return 3;
        }
    } else
        messages_generate(&m, n, 20070827);
    contenders_fill();
    describe(&m);
    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < ncontender; i++)
            contenders[i].ns[r] = round_run(&contenders[i], &m);
    table_print(&m, rounds);
    return 0;
}
