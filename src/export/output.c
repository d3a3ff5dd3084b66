#include "export/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FLOW = 1 << 16 };

bool output_open(struct output *o, const char *path, struct err *e)
{
    *o = (struct output){.fd = STDOUT_FILENO, .name = "standard output"};
    buf_init(&o->text, 0);
    if (!path || strcmp(path, "-") == 0)
        return true;
    o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (o->fd < 0)
        return err_set(e, EXIT_IO, "cannot write %s: %s", path, strerror(errno));
    o->owned = true;
    o->name = path;
    return true;
}

void output_init_memory(struct output *o)
{
    *o = (struct output){.fd = -1, .name = "memory"};
    buf_init(&o->text, 0);
}

void output_flush(struct output *o)
{
    if (o->fd < 0)
        return;
    for (size_t done = 0; done < o->text.n && output_open_still(o);) {
        ssize_t n = write(o->fd, o->text.p + done, o->text.n - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno == EPIPE)
            o->closed = true;
        else if (errno != EINTR)
            o->error = errno;
    }
    o->text.n = 0;
}

void output_flow(struct output *o)
{
    if (o->text.n >= FLOW || (o->live && o->text.n))
        output_flush(o);
}

bool output_finish(struct output *o, struct err *e)
{
    output_flush(o);
    /* Some file systems say only here that the disk was full. */
    if (o->owned && close(o->fd) != 0 && !o->error && !o->closed)
        o->error = errno;
    bool memory = o->text.failed;
    buf_release(&o->text);
    if (o->error)
        return err_set(e, EXIT_IO, "cannot write %s: %s", o->name, strerror(o->error));
    if (memory)
        return err_set(e, EXIT_IO, "cannot write %s: out of memory", o->name);
    return true;
}
