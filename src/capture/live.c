#include "capture/live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <pcap/pcap.h>

#include "base/mem.h"
#include "capture/priv.h"

enum {
    WAIT_MS = 100,  /* how long a read waits for a first packet */
    RETIRE_MS = 50, /* how long the kernel may hold packets back to hand them over together */
    BUFFER_MB = 16,
    LIVE_MAX = 32,     /* interfaces at once */
    DRAIN_READS = 256, /* after a stop: batches taken at most from what the kernel holds */
};

struct live_iface {
    pcap_t *p;
    int fd; /* -1: cannot be waited for */
    uint32_t global;
    uint16_t link_type;
    bool nano;
    char name[32];
};

struct live {
    struct live_iface iface[LIVE_MAX];
    uint32_t n, next; /* next: whose turn it is, so that a busy interface does not starve the others */
    uint32_t snaplen, drained;
    uint64_t dropped; /* as last told by all interfaces together */
};

void live_free(struct live *l)
{
    if (!l)
        return;
    for (uint32_t i = 0; i < l->n; i++)
        if (l->iface[i].p)
            pcap_close(l->iface[i].p);
    mem_free(l);
}

/* The names there are, for an error text. */
static void list_names(char *out, size_t n)
{
    char words[PCAP_ERRBUF_SIZE];
    pcap_if_t *all = NULL;
    size_t at = 0;
    out[0] = '\0';
    if (pcap_findalldevs(&all, words) != 0)
        return;
    for (pcap_if_t *i = all; i && at < n; i = i->next)
        at += (size_t)snprintf(out + at, n - at, "%s%s", at ? ", " : "", i->name);
    pcap_freealldevs(all);
}

static bool cannot(const struct live_iface *i, int status, struct err *e)
{
    char names[320];
    const char *words = pcap_geterr(i->p);
    if (status == PCAP_ERROR_NO_SUCH_DEVICE) {
        list_names(names, sizeof names);
        return err_set(e, EXIT_IO, "interface %s: there is no such interface; there are: %s", i->name, names);
    }
    if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED)
        return err_set(e, EXIT_IO,
                       "interface %s: no permission to capture; run with sudo, or allow this program once with: "
                       "sudo setcap cap_net_raw,cap_net_admin+ep $(command -v siptap)",
                       i->name);
    if (status == PCAP_ERROR_IFACE_NOT_UP)
        return err_set(e, EXIT_IO, "interface %s: is not up", i->name);
    return err_set(e, EXIT_IO, "interface %s: %s", i->name, words[0] ? words : pcap_statustostr(status));
}

static bool set_filter(struct live_iface *i, const char *text, struct err *e)
{
    struct bpf_program program;
    if (!text || !text[0])
        return true;
    if (pcap_compile(i->p, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return err_set(e, EXIT_USAGE, "filter \"%s\": %s", text, pcap_geterr(i->p));
    bool ok =
        pcap_setfilter(i->p, &program) == 0 || err_set(e, EXIT_IO, "interface %s: %s", i->name, pcap_geterr(i->p));
    pcap_freecode(&program);
    return ok;
}

static bool open_iface(struct live *l, struct live_iface *i, const struct capture_live *o, struct err *e)
{
    char words[PCAP_ERRBUF_SIZE] = "";
    i->p = pcap_create(i->name, words);
    if (!i->p)
        return err_set(e, EXIT_IO, "interface %s: %s", i->name, words);
    pcap_set_snaplen(i->p, (int)l->snaplen);
    pcap_set_promisc(i->p, o->promiscuous);
    pcap_set_timeout(i->p, RETIRE_MS);
    pcap_set_buffer_size(i->p, (int)(o->buffer_mb ? (o->buffer_mb < 2047 ? o->buffer_mb : 2047) : BUFFER_MB) << 20);
    pcap_set_tstamp_precision(i->p, PCAP_TSTAMP_PRECISION_NANO);
    int status = pcap_activate(i->p);
    if (status < 0) /* above 0: a warning, for example no promiscuous mode on "any" */
        return cannot(i, status, e);
    if (pcap_setnonblock(i->p, 1, words) != 0)
        return err_set(e, EXIT_IO, "interface %s: %s", i->name, words);
    i->fd = pcap_get_selectable_fd(i->p);
    i->nano = pcap_get_tstamp_precision(i->p) == PCAP_TSTAMP_PRECISION_NANO;
    i->link_type = link_of_dlt(pcap_datalink(i->p));
    return set_filter(i, o->filter, e);
}

/* The names between the commas, each once. */
static bool split_names(struct live *l, const char *text, struct err *e)
{
    while (*text) {
        size_t n = strcspn(text, ",");
        if (n >= sizeof l->iface[0].name)
            return err_set(e, EXIT_USAGE, "interface %.*s: the name is too long", (int)(n < 200 ? n : 200), text);
        if (n && l->n == LIVE_MAX)
            return err_set(e, EXIT_USAGE, "more than %d interfaces", LIVE_MAX);
        if (n) {
            struct live_iface *i = &l->iface[l->n];
            memcpy(i->name, text, n);
            i->name[n] = '\0';
            uint32_t same = 0;
            while (strcmp(l->iface[same].name, i->name) != 0)
                same++;
            l->n += same == l->n;
        }
        text += n + (text[n] == ',');
    }
    return l->n > 0 || err_set(e, EXIT_USAGE, "no interface is named");
}

static bool open_all(struct capture_reader *r, const struct capture_live *o, struct err *e)
{
    struct live *l = r->live;
    l->snaplen = o->snaplen && o->snaplen < CAPTURE_PACKET_MAX ? o->snaplen : CAPTURE_PACKET_MAX;
    if (!split_names(l, o->ifaces ? o->ifaces : "", e))
        return false;
    for (uint32_t k = 0; k < l->n; k++) {
        struct live_iface *i = &l->iface[k];
        if (!open_iface(l, i, o, e))
            return false;
        struct capture_iface g = {.link_type = i->link_type, .ts_digits = i->nano ? 9 : 6, .snaplen = l->snaplen};
        memcpy(g.name, i->name, sizeof g.name);
        i->global = reader_add_iface(r, &g);
        if (i->global == UINT32_MAX)
            return out_of_memory(e);
    }
    return true;
}

struct capture_reader *capture_open_live(const struct capture_live *live, struct err *e)
{
    struct capture_reader *r = mem_calloc(1, sizeof *r);
    if (r)
        r->live = mem_calloc(1, sizeof *r->live);
    if (!r || !r->live) {
        out_of_memory(e);
        mem_free(r);
        return NULL;
    }
    r->stats.first_ts = r->stats.last_ts = TS_NONE;
    if (open_all(r, live, e))
        return r;
    capture_close(r);
    return NULL;
}

static void add_packet(struct batch *b, const struct live_iface *i, const struct pcap_pkthdr *h, const uint8_t *data)
{
    uint8_t *copy = (uint8_t *)b->bytes + b->bytes_n;
    uint32_t caplen = h->caplen < CAPTURE_PACKET_MAX ? h->caplen : CAPTURE_PACKET_MAX;
    memcpy(copy, data, caplen);
    b->bytes_n += caplen;
    b->packet[b->n++] = (struct packet){
        .ts_ns = time_clamp((__int128)h->ts.tv_sec * 1000000000 + (int64_t)h->ts.tv_usec * (i->nano ? 1 : 1000)),
        .data = copy,
        .caplen = caplen,
        .len = h->len,
        .iface = i->global,
        .link_type = i->link_type,
        .ts_digits = i->nano ? 9 : 6,
        .flags = caplen < h->len ? PACKET_TRUNCATED : 0};
}

/* What one interface has now, at most `most` packets. */
static bool take(struct live *l, struct live_iface *i, struct batch *b, uint32_t most, struct err *e)
{
    struct pcap_pkthdr *h;
    const uint8_t *data;
    for (uint32_t k = 0; k < most && b->n < b->cap && b->bytes_n + l->snaplen <= b->bytes_cap; k++) {
        int answer = pcap_next_ex(i->p, &h, &data);
        if (answer == 0)
            return true;
        if (answer < 0)
            return err_set(e, EXIT_IO, "interface %s: %s", i->name, pcap_geterr(i->p));
        add_packet(b, i, h, data);
    }
    return true;
}

static bool take_all(struct live *l, struct batch *b, struct err *e)
{
    uint32_t share = b->cap / l->n + 1;
    for (uint32_t k = 0; k < l->n; k++)
        if (!take(l, &l->iface[(l->next + k) % l->n], b, share, e))
            return false;
    l->next = (l->next + 1) % l->n;
    return true;
}

static void wait_for_packets(struct live *l)
{
    struct pollfd p[LIVE_MAX];
    for (uint32_t k = 0; k < l->n; k++)
        p[k] = (struct pollfd){.fd = l->iface[k].fd, .events = POLLIN};
    poll(p, l->n, WAIT_MS); /* a signal ends it early, which is as good */
}

static void count_drops(struct capture_reader *r)
{
    uint64_t sum = 0;
    struct pcap_stat s;
    for (uint32_t k = 0; k < r->live->n; k++)
        if (pcap_stats(r->live->iface[k].p, &s) == 0)
            sum += (uint64_t)s.ps_drop + s.ps_ifdrop;
    if (sum > r->stats.dropped)
        r->stats.dropped = sum;
}

bool live_read(struct capture_reader *r, struct batch *b, struct err *e)
{
    struct live *l = r->live;
    if (!reader_room(b, e) || !take_all(l, b, e))
        return false;
    bool stop = atomic_load(&r->stop.set);
    if (b->n == 0 && !stop) {
        wait_for_packets(l);
        if (!take_all(l, b, e))
            return false;
    }
    count_drops(r);
    if (stop && (b->n == 0 || ++l->drained > DRAIN_READS))
        return err_set(e, EXIT_DONE, "stopped");
    reader_account(r, b, 0, true);
    return true;
}
