/* The header index, written once and compiled per instruction set (index_*.c). The file that includes it defines
 *   INDEX_NAME      name of the function
 *   INDEX_TARGET    function attribute with the instruction set
 *   block_masks(p, &nul)   bit i of the answer: p[i] is LF, for 64 bytes; nul accumulates
 *   name_colon(p)          bit i: p[i] is ':', for 32 bytes
 *   name_equal(p, key)     bit i: p[i] is byte i of the key in any case, for 32 bytes
 *   lowest(mask)           the lowest bit of a mask; any number from 0 to 64 if there is none
 *   nul_seen(nul)          whether a NUL was among the bytes of the blocks
 * and type nul_acc. Newlines become positions first, without a branch per line; the lines are then taken one by one.
 * No byte outside buf[0..len) is read: whatever might reach beyond is read from a padded copy of the last block. */
#include "sip/header_hash.h"
#include "sip/priv.h"

/* What runs once per header line: a call costs more than the work. */
#define INDEX_INLINE INDEX_TARGET __attribute__((always_inline)) static inline

/* Hardly a block has more line feeds than LINES_AT_ONCE; so many are taken without asking. */
enum { LINES_PER_ROUND = 1024, BLOCKS_PER_ROUND = LINES_PER_ROUND / 64, LINES_AT_ONCE = 3 };

struct index_source {
    const char *buf;
    uint32_t len;
    uint32_t tail_off;  /* tail[0] is buf[tail_off] */
    uint32_t last_name; /* the last offset with 32 bytes behind it; 0, where no name begins, if there is none */
    char tail[64 + INDEX_PAD];
};

struct index_lines {
    uint32_t next_block; /* offset not looked at yet, a multiple of 64 */
    uint32_t n;
    uint32_t lf[LINES_PER_ROUND + LINES_AT_ONCE];
};

INDEX_INLINE const char *source_at(const struct index_source *s, uint32_t off, uint32_t want)
{
    return off + want <= s->len ? s->buf + off : s->tail + (off - s->tail_off);
}

/* Blanks are neither LF nor ':' nor NUL, so the padding adds nothing to any mask. */
INDEX_TARGET static inline void source_init(struct index_source *s, const char *buf, uint32_t len)
{
    s->buf = buf;
    s->len = len;
    s->last_name = len > 32 ? len - 32 : 0;
    memset(s->tail + 64, ' ', INDEX_PAD);
    if (len >= 64) {
        s->tail_off = len - 64;
        memcpy(s->tail, buf + s->tail_off, 64);
    } else {
        s->tail_off = 0;
        memset(s->tail, ' ', 64);
        memcpy(s->tail, buf, len);
    }
}

/* Positions of the next line feeds. Stops behind the first block that may hold the empty line: the body is not read. */
INDEX_TARGET static inline void lines_find(struct index_lines *l, const struct index_source *s, nul_acc *nul)
{
    uint32_t n = 0, off = l->next_block, blocks = 0;
    uint64_t last = 0; /* line feeds of the block before */
    while (off < s->len && blocks++ < BLOCKS_PER_ROUND) {
        uint64_t lf = block_masks(source_at(s, off, 64), nul), rest = lf;
        unsigned count = (unsigned)__builtin_popcountll(lf);
        for (unsigned i = 0; i < LINES_AT_ONCE; i++) {
            l->lf[n + i] = off + lowest(rest);
            rest &= rest - 1;
        }
        for (unsigned i = LINES_AT_ONCE; rest; i++) {
            l->lf[n + i] = off + (uint32_t)__builtin_ctzll(rest);
            rest &= rest - 1;
        }
        n += count;
        off += 64;
        if (lf & ((lf << 1 | last >> 63) | (lf << 2 | last >> 62)))
            break;
        last = lf;
    }
    l->n = n;
    l->next_block = off;
}

/* Id of the name at p (32 readable bytes) of n bytes, 0 < n < 32. */
INDEX_INLINE uint8_t name_id(const char *p, uint32_t n)
{
    uint32_t h = ((unsigned char)p[0] | 32u) * HEADER_MUL_FIRST + ((unsigned char)p[n - 1] | 32u) * HEADER_MUL_LAST +
                 ((unsigned char)p[n / 2] | 32u) * HEADER_MUL_MIDDLE + n * HEADER_MUL_LENGTH;
    const struct header_key *k = &header_key[header_slot[h >> (32 - HEADER_SLOT_BITS)]];
    uint32_t other = ~name_equal(p, k) << (32 - n);
    return k->len == n && !other ? k->id : SIP_H_UNKNOWN;
}

/* A name that does not end within 32 bytes, or none at all: answers the offset of the colon, or end. */
INDEX_TARGET static inline uint32_t far_colon(const struct index_source *s, uint32_t begin, uint32_t end)
{
    const char *c = memchr(s->buf + begin, ':', end - begin);
    return c ? (uint32_t)(c - s->buf) : end;
}

/* The header line buf[begin..end), its CR and LF left out. False if it is not one. */
INDEX_TARGET static bool header_read(struct sip_header *h, const struct index_source *s, uint32_t begin, uint32_t end)
{
    const char *p = source_at(s, begin, 32), *buf = s->buf;
    uint32_t mask = name_colon(p);
    uint32_t colon = mask ? begin + (uint32_t)__builtin_ctz(mask) : far_colon(s, begin, end);
    if (colon >= end || colon == begin)
        return false;
    uint32_t name = colon - begin;
    while (name && (buf[begin + name - 1] == ' ' || buf[begin + name - 1] == '\t'))
        name--;
    if (name == 0 || name > UINT16_MAX)
        return false;
    uint32_t value = colon + 1;
    value += value < end && buf[value] == ' ';
    while (value < end && (buf[value] == ' ' || buf[value] == '\t'))
        value++;
    while (end > value && (buf[end - 1] == ' ' || buf[end - 1] == '\t'))
        end--;
    h->name_off = begin;
    h->value_off = value;
    h->value_len = end - value;
    h->name_len = (uint16_t)name;
    h->id = name < 32 ? name_id(p, name) : SIP_H_UNKNOWN;
    h->folded = 0;
    return true;
}

/* The line as nearly everybody writes it: a known name, a colon, one blank, a value without blanks at its ends, CR and
 * LF. True if the line that ends at lf is such a one; then h has it. What it is not is left to header_read. */
INDEX_INLINE bool header_read_usual(struct sip_header *h, const struct index_source *s, const char *buf, uint32_t begin,
                                    uint32_t lf)
{
    const char *p = buf + begin;
    if (begin > s->last_name)
        p = s->tail + (begin - s->tail_off);
    uint32_t name = (uint32_t)__builtin_ctz(name_colon(p) | 1u << 31), value = begin + name + 2;
    if (value + 2 > lf || !name)
        return false;
    uint8_t id = name_id(p, name);
    if (id == SIP_H_UNKNOWN || buf[lf - 1] != '\r' || buf[value - 1] != ' ' || (unsigned char)buf[value] <= ' ' ||
        (unsigned char)buf[lf - 2] <= ' ')
        return false;
    h->name_off = begin;
    h->value_off = value;
    h->value_len = lf - 1 - value;
    h->name_len = (uint16_t)name;
    h->id = id;
    h->folded = 0;
    return true;
}

/* A continuation line: the value of h now reaches to the end of it; blanks alone add nothing. */
INDEX_TARGET static inline void header_fold(struct sip_header *h, const char *buf, uint32_t begin, uint32_t end)
{
    while (end > begin && (buf[end - 1] == ' ' || buf[end - 1] == '\t'))
        end--;
    if (end == begin)
        return;
    if (h->value_len == 0) { /* the value begins on this line */
        while (buf[begin] == ' ' || buf[begin] == '\t')
            begin++;
        h->value_off = begin;
    }
    h->value_len = end - h->value_off;
    h->folded = 1;
}

struct index_state {
    uint32_t begin;          /* of the line that is read */
    struct sip_header *last; /* what a continuation line continues; NULL: nothing that was kept */
    struct sip_header *store;
    size_t nstore;
};

/* One line behind the start line. */
INDEX_TARGET static void line_take(struct sip_index *x, struct index_state *t, const struct index_source *s, uint32_t end)
{
    char c = s->buf[t->begin];
    if (c == ' ' || c == '\t') {
        if (t->last)
            header_fold(t->last, s->buf, t->begin, end);
        else
            x->first_fold |= x->nheader == 0;
        return;
    }
    if (x->nheader == t->nstore) {
        x->overflow = true;
        t->last = NULL;
        return;
    }
    struct sip_header *h = &t->store[x->nheader];
    bool good = header_read(h, s, t->begin, end);
    x->nheader += good;
    x->bad_line |= !good;
    t->last = good ? h : NULL;
}

/* The line that ends at lf, whatever it is; false if it is the empty one. */
INDEX_TARGET static bool line_any(struct sip_index *x, struct index_state *t, const struct index_source *s, uint32_t lf)
{
    uint32_t end = lf - (lf > t->begin && s->buf[lf - 1] == '\r');
    x->bare_lf |= end == lf;
    if (end == t->begin)
        return false;
    line_take(x, t, s, end);
    t->begin = lf + 1;
    return true;
}

/* The header lines among l; x->complete tells whether they were all. */
INDEX_INLINE void lines_take(struct sip_index *x, struct index_state *t, const struct index_source *s,
                             const struct index_lines *l, uint32_t i)
{
    const char *buf = s->buf;
    uint32_t begin = t->begin, n = l->n;
    struct sip_header *h = t->store + x->nheader, *limit = t->store + t->nstore;
    for (; i < n; i++) {
        uint32_t lf = l->lf[i];
        if (h < limit && header_read_usual(h, s, buf, begin, lf)) {
            t->last = h++;
            begin = lf + 1;
            continue;
        }
        x->nheader = (uint32_t)(h - t->store);
        t->begin = begin;
        if (!line_any(x, t, s, lf)) {
            x->headers_end = lf + 1;
            x->complete = true;
            return;
        }
        begin = t->begin;
        h = t->store + x->nheader;
    }
    x->nheader = (uint32_t)(h - t->store);
    t->begin = begin;
}

INDEX_TARGET void INDEX_NAME(struct sip_index *x, struct sip_header *store, size_t nstore, const char *buf,
                             uint32_t len)
{
    struct index_source s;
    struct index_lines l;
    struct index_state t = {.store = store, .nstore = nstore};
    nul_acc nul = nul_none();
    bool start = true;
    *x = (struct sip_index){.start_end = len, .headers_end = len};
    source_init(&s, buf, len);
    l.next_block = 0;
    while (l.next_block < len && !x->complete) {
        lines_find(&l, &s, &nul);
        if (start && l.n) {
            uint32_t lf = l.lf[0];
            x->start_end = lf - (lf > 0 && buf[lf - 1] == '\r');
            x->bare_lf = x->start_end == lf;
            t.begin = lf + 1;
            lines_take(x, &t, &s, &l, 1);
            start = false;
        } else if (l.n)
            lines_take(x, &t, &s, &l, 0);
    }
    if (!x->complete && !start && t.begin < len) { /* the last line has no end: what is there of it */
        uint32_t end = len - (buf[len - 1] == '\r');
        if (end > t.begin)
            line_take(x, &t, &s, end);
    }
    x->nul = nul_seen(nul);
}
