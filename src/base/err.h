/* What went wrong with the world, in words for a person, written where the reason is known. */
#pragma once
#include <stdbool.h>

/* The exit codes of the program; an error carries the one it leads to. */
enum exit_code {
    EXIT_DONE = 0,    /* done */
    EXIT_FOUND = 1,   /* ran, and found what you asked to be told of */
    EXIT_USAGE = 2,   /* the command line is wrong */
    EXIT_IO = 3,      /* cannot read or write */
    EXIT_PARTIAL = 4, /* a partial result: truncated, dropped, limit reached */
};

struct err {
    enum exit_code code;
    char text[512]; /* one line, no newline; names the file, the place and the reason */
};

/* Sets code and text; always answers false, so that a function can `return err_set(...)`. */
bool err_set(struct err *e, enum exit_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
