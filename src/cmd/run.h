/* What commands do alike: signals, the progress bar, the run over the traffic, the terminal, the exit code. */
#pragma once
#include "cmd/command.h"
#include "export/exporter.h"
#include "pipeline/analysis.h"

/* SIGINT and SIGTERM raise the stop flag; the second one ends the program at once. SIGPIPE is ignored: writers see EPIPE. */
void signals_install(void);
const volatile bool *stop_flag(void);
void stop_raise(void);

/* Reads the traffic that the options name. o holds sink, callbacks and wants; the rest is filled in here. NULL after
 * complaining, *code is the exit code then. */
struct analysis *run_analysis(const struct invocation *v, struct analysis_options *o, int *code);

/* Tells on stderr what is missing from the result and answers the exit code: `code` unless it is EXIT_DONE and something
 * is missing (EXIT_PARTIAL). When nothing more could be written to out (NULL: none) the
 * result is partial for that reason alone, and `code` says it. */
int run_finish(const struct invocation *v, const struct analysis *a, const struct output *out, int code);

/* Standard input among the files is copied to a temporary file, so that they can be read more than once. False after
 * complaining. */
bool run_make_rereadable(struct invocation *v);

/* Columns of the terminal on standard output; 0 when it is none. */
unsigned terminal_width(void);
bool terminal_is_utf8(void);
bool terminal_has_color(const struct invocation *v);

/* The format of this name, the default for NULL. NULL after complaining. */
const struct export_format *run_format(const struct invocation *v, const char *name);

/* True when path is one of the files that are read. */
bool run_is_being_read(const struct invocation *v, const char *path);

/* Opens where the rows go: refuses a file that is being read. False after complaining, *code is the exit code then. */
bool run_open_output(const struct invocation *v, const char *path, struct output *out, int *code);

/* Closes it; answers `code`, or EXIT_IO after complaining when something did not arrive. */
int run_close_output(const struct invocation *v, struct output *out, int code);
