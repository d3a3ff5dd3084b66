/* Where text goes to: a buffered file descriptor that remembers the first failure. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct output {
    struct buf text;  /* writers add here and call output_flow now and then */
    int fd;
    bool owned;       /* close fd at the end */
    bool live;        /* hand every row over at once */
    bool closed;      /* the reader went away (EPIPE): nobody wants more; not a failure */
    int error;        /* errno of the first failed write, 0 none */
    const char *name; /* for messages; borrowed */
};

/* Standard output for NULL and "-", else the file, created or emptied. False and e (EXIT_IO) when it cannot be. */
bool output_open(struct output *o, const char *path, struct err *e);

/* An output that only collects in o->text (for tests and for callers that look at the text themselves). */
void output_init_memory(struct output *o);

/* Writes what is held once it is worth a system call (always when live). */
void output_flow(struct output *o);

/* Writes all that is held. */
void output_flush(struct output *o);

/* True while more output makes sense. */
static inline bool output_open_still(const struct output *o)
{
    return !o->closed && !o->error && !o->text.failed;
}

/* Flushes, closes and gives memory back. False and e (EXIT_IO) if something did not arrive: disk full, no memory. */
bool output_finish(struct output *o, struct err *e);
