/* The one variable that changes from outside: set by a signal, looked at by the run. */
#include "cmd/run.h"

#include <signal.h>
#include <string.h>

static volatile bool stop;

static void on_signal(int signal_number)
{
    stop = true;
    /* The next one ends the program the hard way. */
    signal(signal_number, SIG_DFL);
}

void signals_install(void)
{
    struct sigaction act;
    memset(&act, 0, sizeof act);
    act.sa_handler = on_signal;
    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    act.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &act, NULL);
}

const volatile bool *stop_flag(void)
{
    return &stop;
}

void stop_raise(void)
{
    stop = true;
}
