#include "synth/sdp.h"

#include <stdio.h>
#include <stdlib.h>

static const char *rtpmap(unsigned payload_type)
{
    static const struct {
        unsigned pt;
        const char *map;
    } maps[] = {
        {0, "PCMU/8000"},
        {2, "G726-32/8000"},
        {3, "GSM/8000"},
        {4, "G723/8000"},
        {8, "PCMA/8000"},
        {9, "G722/8000"},
        {18, "G729/8000"},
        {101, "telephone-event/8000"},
        {127, "telephone-event/8000"},
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (maps[i].pt == payload_type)
            return maps[i].map;
    return NULL;
}

struct text {
    char *p;
    size_t n, max;
};

static void add(struct text *t, const char *s)
{
    size_t n = strlen(s);
    if (t->max - t->n >= n) {
        memcpy(t->p + t->n, s, n);
        t->n += n;
    }
}

static void add_codecs(struct text *t, const char *codecs)
{
    for (const char *c = codecs; *c;) {
        char *end;
        unsigned pt = (unsigned)strtoul(c, &end, 10);
        char line[64];
        const char *map = rtpmap(pt);
        if (map) {
            snprintf(line, sizeof line, "a=rtpmap:%u %s\r\n", pt, map);
            add(t, line);
        }
        if (pt == 101 || pt == 127) {
            snprintf(line, sizeof line, "a=fmtp:%u 0-15\r\n", pt);
            add(t, line);
        }
        c = end + (*end == ' ');
    }
}

size_t sdp_write(char *out, size_t max, const struct sdp_offer *o)
{
    struct text t = {out, 0, max};
    char ip[IP_TEXT], line[256];
    ip_print(&o->media->ip, ip);
    const char *version = ip_is_v4(&o->media->ip) ? "IP4" : "IP6";
    const char *codecs = o->answer ? "0 101" : o->party->agent->codecs;
    snprintf(line, sizeof line, "v=0\r\no=%s %llu %u IN %s %s\r\ns=%s\r\nc=IN %s %s\r\nt=0 0\r\n",
             o->party->agent->id_style < 2 && o->party->user[0] ? o->party->user : "-", (unsigned long long)o->session,
             o->version + 1, version, ip, o->party->agent->id_style == 4 ? "Talk" : "-", version, ip);
    add(&t, line);
    snprintf(line, sizeof line, "m=audio %u RTP/AVP %s\r\n", o->media->port, codecs);
    add(&t, line);
    add_codecs(&t, codecs);
    if (o->party->agent->id_style != 3)
        add(&t, "a=ptime:20\r\n");
    add(&t, o->hold ? (o->answer ? "a=recvonly\r\n" : "a=sendonly\r\n") : "a=sendrecv\r\n");
    return t.n;
}
