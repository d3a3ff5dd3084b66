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
        struct bpf_program program; /* without instructions: does not compile for this link type */
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
    struct bpf_program program;
    bool ok = pcap_compile(dead, &program, f->text, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (ok) {
        f->link[f->links].program = program;
        f->link[f->links++].type = link_type;
    } else {
        err_set(e, EXIT_USAGE, "filter \"%s\": %s", f->text, pcap_geterr(dead));
    }
    pcap_close(dead);
    return ok;
}

/* The program for a link type; NULL if the filter makes no sense there, which is remembered. */
static const struct bpf_program *program_for(struct filter *f, uint16_t link_type)
{
    struct err ignored;
    int at = find(f, link_type);
    if (at < 0 && f->links < FILTER_LINKS && !filter_add(f, link_type, &ignored))
        f->link[f->links++].type = link_type;
    at = find(f, link_type);
    return at >= 0 && f->link[at].program.bf_insns ? &f->link[at].program : NULL;
}

uint32_t filter_run(struct filter *f, struct packet *packet, uint32_t n, uint64_t *unfit)
{
    const struct bpf_program *program = NULL;
    uint32_t kept = 0;
    uint16_t last = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct packet *p = &packet[i];
        if (i == 0 || p->link_type != last)
            program = program_for(f, p->link_type);
        last = p->link_type;
        struct pcap_pkthdr h = {.caplen = p->caplen, .len = p->len};
        *unfit += program == NULL;
        if (!program || !pcap_offline_filter(program, &h, p->data))
            continue;
        if (kept != i)
            packet[kept] = *p;
        kept++;
    }
    return kept;
}
