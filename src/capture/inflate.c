#include <stdio.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "capture/priv.h"

/* Packed bytes come in through `in`; the two formats differ in one step function each. */
struct inflater {
    bool gzip;
    bool between; /* at the border of two members or frames: the input may end here */
    uint64_t members;
    bool input_ended, ended;
    z_stream z;
    ZSTD_DCtx *zstd;
    uint8_t in[CHUNK];
    size_t in_pos, in_n;
};

static voidpf z_alloc(voidpf opaque, uInt count, uInt size)
{
    return mem_alloc((size_t)count * size);
}

static void z_free(voidpf opaque, voidpf p)
{
    mem_free(p);
}

static bool start(struct inflater *f)
{
    if (!f->gzip)
        return (f->zstd = ZSTD_createDCtx()) != NULL;
    f->z.zalloc = z_alloc;
    f->z.zfree = z_free;
    return inflateInit2(&f->z, 15 + 16) == Z_OK; /* the largest window, gzip wrapping only */
}

struct inflater *inflater_new(const uint8_t *head, size_t n, bool *packed)
{
    bool gzip = n >= 3 && memcmp(head, "\x1f\x8b\x08", 3) == 0;
    /* a zstd frame, or one of the skippable frames that may stand before it */
    bool zstd = n >= 4 && (memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0 ||
                           ((head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0));
    *packed = gzip || zstd;
    if (!*packed)
        return NULL;
    struct inflater *f = mem_alloc(sizeof *f);
    if (!f)
        return NULL;
    memset(f, 0, offsetof(struct inflater, in));
    f->in_pos = f->in_n = 0;
    f->gzip = gzip;
    f->between = true;
    if (start(f))
        return f;
    mem_free(f);
    return NULL;
}

void inflater_free(struct inflater *f)
{
    if (!f)
        return;
    if (f->gzip)
        inflateEnd(&f->z);
    ZSTD_freeDCtx(f->zstd);
    mem_free(f);
}

const char *inflater_name(const struct inflater *f)
{
    return f->gzip ? "gzip" : "zstd";
}

/* Each step uses input from in_pos on, gives output to dst and answers how much; between and ended are kept. */
static size_t gzip_step(struct inflater *f, uint8_t *dst, size_t n, char *reason)
{
    /* zeros after the last member are padding of tapes and blocks */
    if (f->between && f->members && f->in[f->in_pos] == 0) {
        f->ended = true;
        return 0;
    }
    f->z.next_in = f->in + f->in_pos;
    f->z.avail_in = (uInt)(f->in_n - f->in_pos);
    f->z.next_out = dst;
    f->z.avail_out = (uInt)n;
    int answer = inflate(&f->z, Z_NO_FLUSH);
    f->in_pos = f->in_n - f->z.avail_in;
    if (answer == Z_STREAM_END) {
        f->members++;
        inflateReset(&f->z);
    } else if (answer != Z_OK && answer != Z_BUF_ERROR) {
        const char *what = f->between && f->members ? "what follows the gzip data is no gzip" : "damaged gzip data";
        snprintf(reason, CAPTURE_REASON_MAX, "%s (%s)", what, f->z.msg ? f->z.msg : "cannot be unpacked");
        f->ended = true;
    }
    f->between = answer == Z_STREAM_END;
    return n - f->z.avail_out;
}

static size_t zstd_step(struct inflater *f, uint8_t *dst, size_t n, char *reason)
{
    ZSTD_inBuffer in = {f->in + f->in_pos, f->in_n - f->in_pos, 0};
    ZSTD_outBuffer out = {dst, n, 0};
    size_t answer = ZSTD_decompressStream(f->zstd, &out, &in);
    f->in_pos += in.pos;
    f->between = answer == 0;
    if (ZSTD_isError(answer)) {
        snprintf(reason, CAPTURE_REASON_MAX, "damaged zstd data (%s)", ZSTD_getErrorName(answer));
        f->ended = true;
    }
    return out.pos;
}

static void refill(struct inflater *f, inflater_input *input, void *from)
{
    if (f->in_pos < f->in_n || f->input_ended)
        return;
    f->in_pos = 0;
    f->in_n = input(from, f->in, sizeof f->in);
    f->input_ended = f->in_n == 0;
}

size_t inflater_read(struct inflater *f, inflater_input *input, void *from, uint8_t *dst, size_t n,
                     char reason[CAPTURE_REASON_MAX])
{
    size_t got = 0;
    while (got < n && !f->ended) {
        size_t step;
        refill(f, input, from);
        if (f->input_ended && f->between) {
            f->ended = true;
            break;
        }
        step = f->gzip ? gzip_step(f, dst + got, n - got, reason) : zstd_step(f, dst + got, n - got, reason);
        got += step;
        if (f->input_ended && step == 0 && !f->ended) {
            snprintf(reason, CAPTURE_REASON_MAX, "the %s data ends early", inflater_name(f));
            f->ended = true;
        }
        if (got > 0 && f->in_pos == f->in_n)
            break; /* give what there is before waiting for more input */
    }
    return got;
}
