/* Parsing with every variant of the SIP parser, which must give the same; shared by unit tests and fuzz targets. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/priv.h"

static inline void sip_print_oddities(const char *what, uint64_t bits)
{
    for (unsigned i = 0; i < 64; i++)
        if (bits >> i & 1)
            printf("  %s %s\n", what, oddity_info(ODDITY_SIP_FIRST + i)->name);
}

static inline void sip_must(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "the variants of the parser differ, or a view leaves the buffer: %s\n", what);
        abort();
    }
}

/* Same bytes, not only equal ones. Empty views need not point at the same place. */
static inline void sip_view_same(struct view a, struct view b, const char *what)
{
    sip_must(a.n == b.n && (a.n == 0 || a.p == b.p) && !a.p == !b.p, what);
}

static inline void sip_message_same(const struct sip_message *a, const struct sip_message *b)
{
    if (a->oddities != b->oddities) {
        sip_print_oddities("only the first:", a->oddities & ~b->oddities);
        sip_print_oddities("only the second:", b->oddities & ~a->oddities);
    }
    sip_must(a->oddities == b->oddities && a->nheader == b->nheader && a->header_overflow == b->header_overflow,
             "oddities, headers");
    sip_must(a->len == b->len && a->headers_end == b->headers_end && a->buf == b->buf, "lengths");
    sip_must(a->kind == b->kind && a->method == b->method && a->status == b->status && a->cseq == b->cseq &&
                 a->cseq_method == b->cseq_method && a->via_count == b->via_count,
             "numbers");
    sip_must(a->content_length == b->content_length && a->expires == b->expires && a->max_forwards == b->max_forwards,
             "header numbers");
    for (uint32_t i = 0; i < a->nheader; i++) {
        const struct sip_header *x = &a->header[i], *y = &b->header[i];
        sip_must(x->name_off == y->name_off && x->value_off == y->value_off && x->value_len == y->value_len &&
                     x->name_len == y->name_len && x->id == y->id && x->folded == y->folded,
                 "a header");
    }
    sip_view_same(a->from.display, b->from.display, "from display");
    sip_view_same(a->from.uri, b->from.uri, "from uri");
    sip_view_same(a->from.tag, b->from.tag, "from tag");
    sip_view_same(a->to.display, b->to.display, "to display");
    sip_view_same(a->to.uri, b->to.uri, "to uri");
    sip_view_same(a->to.tag, b->to.tag, "to tag");
    sip_view_same(a->via.transport, b->via.transport, "via transport");
    sip_view_same(a->via.sent_by, b->via.sent_by, "via sent-by");
    sip_view_same(a->via.branch, b->via.branch, "via branch");
    sip_view_same(a->via.received, b->via.received, "via received");
    sip_view_same(a->via.rport, b->via.rport, "via rport");
}

/* sip_message_parse; every other variant is run too and compared. Aborts at a difference. */
static inline enum sip_result sip_parse_same(struct sip_message *m, struct sip_header *store, size_t nstore,
                                             const char *p, size_t n, enum sip_framing framing)
{
    enum sip_result r = sip_message_parse(m, store, nstore, p, n, framing);
    struct sip_header *other = malloc(nstore * sizeof *other + 1);
    struct sip_message o;
    sip_must(other != NULL, "memory");
    for (const struct sip_variant *v = sip_variants(); v->name; v++) {
        memset(other, 0xa5, nstore * sizeof *other);
        sip_must(sip_message_parse_with(v, &o, other, nstore, p, n, framing) == r, v->name);
        sip_message_same(m, &o);
    }
    free(other);
    return r;
}
