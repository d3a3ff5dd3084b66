#include "capture/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"

enum {
    PACKED = 256 * 1024,
    GZIP_LEVEL = 1, /* captures are written as they come: speed before size */
    ZSTD_LEVEL = 1,
};

struct packer {
    bool gzip;
    z_stream z;
    ZSTD_CCtx *zstd;
    uint8_t out[PACKED];
};

static voidpf z_alloc(voidpf opaque, uInt count, uInt size)
{
    return mem_alloc((size_t)count * size);
}

static void z_free(voidpf opaque, voidpf p)
{
    mem_free(p);
}

static struct packer *packer_new(bool gzip)
{
    struct packer *k = mem_alloc(sizeof *k);
    if (!k)
        return NULL;
    memset(k, 0, offsetof(struct packer, out));
    k->gzip = gzip;
    bool ok;
    if (gzip) {
        k->z.zalloc = z_alloc;
        k->z.zfree = z_free;
        ok = deflateInit2(&k->z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    } else {
        k->zstd = ZSTD_createCCtx();
        ok = k->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(k->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
             !ZSTD_isError(ZSTD_CCtx_setParameter(k->zstd, ZSTD_c_checksumFlag, 1));
    }
    if (ok)
        return k;
    ZSTD_freeCCtx(k->zstd);
    mem_free(k);
    return NULL;
}

static void packer_free(struct packer *k)
{
    if (!k)
        return;
    if (k->gzip)
        deflateEnd(&k->z);
    ZSTD_freeCCtx(k->zstd);
    mem_free(k);
}

static bool write_all(struct sink *s, const uint8_t *p, size_t n, struct err *e)
{
    while (n) {
        ssize_t done = write(s->fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_set(e, EXIT_IO, "%s: cannot be written: %s", s->name, strerror(errno));
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool write_gzip(struct sink *s, const uint8_t *p, size_t n, enum sink_end end, struct err *e)
{
    struct packer *k = s->packer;
    int flush = end == SINK_END ? Z_FINISH : end == SINK_FLUSH ? Z_SYNC_FLUSH : Z_NO_FLUSH, answer;
    k->z.next_in = (Bytef *)p;
    k->z.avail_in = (uInt)n;
    do {
        k->z.next_out = k->out;
        k->z.avail_out = PACKED;
        answer = deflate(&k->z, flush);
        if (answer == Z_STREAM_ERROR)
            return err_set(e, EXIT_IO, "%s: cannot be compressed", s->name);
        if (!write_all(s, k->out, PACKED - k->z.avail_out, e))
            return false;
    } while (end == SINK_END ? answer != Z_STREAM_END : k->z.avail_out == 0);
    return true;
}

static bool write_zstd(struct sink *s, const uint8_t *p, size_t n, enum sink_end end, struct err *e)
{
    struct packer *k = s->packer;
    ZSTD_inBuffer in = {p, n, 0};
    ZSTD_EndDirective how = end == SINK_END ? ZSTD_e_end : end == SINK_FLUSH ? ZSTD_e_flush : ZSTD_e_continue;
    size_t left;
    do {
        ZSTD_outBuffer out = {k->out, PACKED, 0};
        left = ZSTD_compressStream2(k->zstd, &out, &in, how);
        if (ZSTD_isError(left))
            return err_set(e, EXIT_IO, "%s: cannot be compressed: %s", s->name, ZSTD_getErrorName(left));
        if (!write_all(s, k->out, out.pos, e))
            return false;
    } while (end == SINK_MORE ? in.pos < in.size : left > 0);
    return true;
}

bool sink_write(struct sink *s, const uint8_t *p, size_t n, enum sink_end end, struct err *e)
{
    if (!s->packer)
        return write_all(s, p, n, e);
    return s->packer->gzip ? write_gzip(s, p, n, end, e) : write_zstd(s, p, n, end, e);
}

bool sink_open(struct sink *s, const char *path, enum sink_packing packing, struct err *e)
{
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard output" : path;
    *s = (struct sink){.fd = -1};
    if (standard && isatty(STDOUT_FILENO))
        return err_set(e, EXIT_IO, "standard output is a terminal; packets are not written there");
    s->name = mem_alloc(strlen(name) + 1);
    if (packing != SINK_PLAIN)
        s->packer = packer_new(packing == SINK_GZIP);
    if (!s->name || (packing != SINK_PLAIN && !s->packer)) {
        err_set(e, EXIT_IO, "%s: not enough memory to write the capture", name);
        sink_close(s, false, e);
        return false;
    }
    strcpy(s->name, name);
    s->fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (s->fd >= 0)
        return true;
    err_set(e, EXIT_IO, "%s: cannot be created: %s", name, strerror(errno));
    sink_close(s, false, e);
    return false;
}

bool sink_close(struct sink *s, bool check, struct err *e)
{
    bool ok = s->fd <= STDOUT_FILENO || close(s->fd) == 0;
    if (!ok && check)
        err_set(e, EXIT_IO, "%s: cannot be written: %s", s->name, strerror(errno));
    packer_free(s->packer);
    mem_free(s->name);
    *s = (struct sink){.fd = -1};
    return ok || !check;
}
