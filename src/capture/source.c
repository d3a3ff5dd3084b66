#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/priv.h"

static size_t raw_read(void *from, uint8_t *dst, size_t n)
{
    struct source *s = from;
    ssize_t got;
    if (s->head_pos < s->head_n) {
        size_t left = s->head_n - s->head_pos;
        n = n < left ? n : left;
        memcpy(dst, s->head + s->head_pos, n);
        s->head_pos += (uint8_t)n;
        return n;
    }
    if (s->fd < 0) {
        size_t left = (size_t)(s->size - s->raw_done);
        n = n < left ? n : left;
        if (n)
            memcpy(dst, s->mem + s->raw_done, n);
        s->raw_done += n;
        return n;
    }
    do {
        got = read(s->fd, dst, n);
    } while (got < 0 && errno == EINTR && !(s->stop && atomic_load(&s->stop->set)));
    if (got < 0 && errno != EINTR)
        snprintf(s->reason, sizeof s->reason, "cannot be read (%s)", strerror(errno));
    if (got <= 0)
        return 0;
    s->raw_done += (uint64_t)got;
    return (size_t)got;
}

/* Reads the first bytes and looks whether they are those of a compressed file. */
static bool begin(struct source *s, const char *name, struct err *e)
{
    bool packed;
    uint8_t head[sizeof s->head];
    size_t n = 0, got;
    while (n < sizeof head && (got = raw_read(s, head + n, sizeof head - n)))
        n += got;
    if (s->reason[0])
        return err_set(e, EXIT_IO, "%s: %s", name, s->reason);
    memcpy(s->head, head, n);
    s->head_n = (uint8_t)n;
    s->head_pos = 0;
    s->inflater = inflater_new(head, n, &packed);
    return !packed || s->inflater || out_of_memory(e);
}

bool source_open(struct source *s, const char *path, const char *name, const struct stop_flag *stop, struct err *e)
{
    struct stat st;
    *s = (struct source){.fd = STDIN_FILENO, .stop = stop};
    if (strcmp(path, "-") != 0)
        s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) != 0) {
        err_set(e, EXIT_IO, "%s: %s", name, strerror(errno));
        source_close(s);
        return false;
    }
    if (S_ISDIR(st.st_mode)) {
        err_set(e, EXIT_IO, "%s: is a folder, not a capture file", name);
        source_close(s);
        return false;
    }
    s->device = st.st_dev;
    s->inode = st.st_ino;
    s->regular = S_ISREG(st.st_mode) && s->fd != STDIN_FILENO;
    s->size = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    if (s->regular)
        posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    if (begin(s, name, e))
        return true;
    source_close(s);
    return false;
}

bool source_open_memory(struct source *s, const void *data, size_t n, struct err *e)
{
    *s = (struct source){.fd = -1, .regular = true, .mem = data, .size = n};
    return begin(s, "memory", e);
}

void source_close(struct source *s)
{
    inflater_free(s->inflater);
    s->inflater = NULL;
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    s->fd = -1;
    s->ended = true;
}

size_t source_read(struct source *s, uint8_t *dst, size_t n)
{
    if (s->ended || n == 0)
        return 0;
    size_t got = s->inflater ? inflater_read(s->inflater, raw_read, s, dst, n, s->reason) : raw_read(s, dst, n);
    s->ended = got == 0;
    return got;
}

uint64_t source_skip(struct source *s, uint64_t n, uint8_t *scratch, size_t scratch_n)
{
    uint64_t done = 0;
    bool plain = !s->inflater && s->regular && s->head_pos == s->head_n;
    if (plain && s->raw_done <= s->size) {
        done = n < s->size - s->raw_done ? n : s->size - s->raw_done;
        if (s->fd >= 0 && lseek(s->fd, (off_t)done, SEEK_CUR) < 0)
            done = 0;
        s->raw_done += done;
    }
    while (done < n) {
        size_t want = n - done < scratch_n ? (size_t)(n - done) : scratch_n;
        size_t got = source_read(s, scratch, want);
        if (got == 0)
            break;
        done += got;
    }
    return done;
}

bool source_ready(const struct source *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    return s->fd < 0 || s->regular || poll(&p, 1, 0) != 0;
}

const char *source_packing(const struct source *s)
{
    return s->inflater ? inflater_name(s->inflater) : "";
}
