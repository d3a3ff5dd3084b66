#include <string.h>

#include <pcap/pcap.h>

#include "base/mem.h"
#include "capture/priv.h"

enum { LINKTYPE_ATM_RFC1483 = 100, LINKTYPE_RAW = 101 };

/* libpcap wants to know the link type of a program; a file may hold several. */
struct filter {
    char *text;
    uint32_t links;
    struct {
        uint16_t type;
        struct bpf_program program;
    } link[FILTER_LINKS];
};

int dlt_of_link(uint16_t link_type)
{
    return link_type == LINKTYPE_RAW ? DLT_RAW : link_type == LINKTYPE_ATM_RFC1483 ? DLT_ATM_RFC1483 : link_type;
}

uint16_t link_of_dlt(int dlt)
{
    return dlt == DLT_RAW ? LINKTYPE_RAW : dlt == DLT_ATM_RFC1483 ? LINKTYPE_ATM_RFC1483 : (uint16_t)dlt;
}

struct filter *filter_new(const char *text)
{
    struct filter *f = mem_calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->text = mem_alloc(strlen(text) + 1);
    if (!f->text) {
        mem_free(f);
        return NULL;
    }
    strcpy(f->text, text);
    return f;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; i < f->links; i++)
        pcap_freecode(&f->link[i].program);
    mem_free(f->text);
    mem_free(f);
}

static int find(const struct filter *f, uint16_t link_type)
{
    for (uint32_t i = 0; i < f->links; i++)
        if (f->link[i].type == link_type)
            return (int)i;
    return -1;
}

bool filter_add(struct filter *f, uint16_t link_type, struct err *e)
{
    if (find(f, link_type) >= 0)
        return true;
    if (f->links == FILTER_LINKS)
        return err_set(e, EXIT_IO, "a filter works on at most %d different link types", FILTER_LINKS);
    pcap_t *dead = pcap_open_dead(dlt_of_link(link_type), CAPTURE_PACKET_MAX);
    if (!dead)
        return out_of_memory(e);
    bool ok = pcap_compile(dead, &f->link[f->links].program, f->text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (ok)
        f->link[f->links++].type = link_type;
    else
        err_set(e, EXIT_USAGE, "filter \"%s\": %s", f->text, pcap_geterr(dead));
    pcap_close(dead);
    return ok;
}

bool filter_run(struct filter *f, struct packet *packet, uint32_t *n, struct err *e)
{
    uint32_t kept = 0;
    int at = -1;
    for (uint32_t i = 0; i < *n; i++) {
        struct packet *p = &packet[i];
        if (at < 0 || f->link[at].type != p->link_type) {
            if (!filter_add(f, p->link_type, e))
                return false;
            at = find(f, p->link_type);
        }
        struct pcap_pkthdr h = {.caplen = p->caplen, .len = p->len};
        if (!pcap_offline_filter(&f->link[at].program, &h, p->data))
            continue;
        if (kept != i)
            packet[kept] = *p;
        kept++;
    }
    *n = kept;
    return true;
}
