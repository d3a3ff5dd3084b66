/* cputime [-t SECONDS] COMMAND [ARGUMENT...]: runs a command with its output thrown away and prints one line:
 *     CPU seconds (user and system, with children), wall seconds, largest resident set in KiB, exit status.
 * A command that runs longer than the limit is ended, and its status is 124. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(char **argv)
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
    }
    setpgid(0, 0);
    execvp(argv[0], argv);
    _exit(127);
}

/* Waits for the child without burning processor time of the machine that is measured. */
static int wait_for(pid_t pid, double limit_s, struct rusage *usage)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    double end = now() + limit_s;
    for (;;) {
        int status;
        pid_t done = wait4(pid, &status, WNOHANG, usage);
        if (done == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        double left = end - now();
        if (done < 0 && errno != EINTR)
            return 126;
        if (left <= 0) {
            kill(-pid, SIGKILL);
            wait4(pid, &status, 0, usage);
            return 124;
        }
        struct timespec t = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
        sigtimedwait(&child, NULL, &t);
    }
}

int main(int argc, char **argv)
{
    double limit_s = 3600;
    argv++;
    if (argc > 2 && strcmp(argv[0], "-t") == 0) {
        limit_s = strtod(argv[1], NULL);
        argv += 2;
    }
    if (!argv[0]) {
        fprintf(stderr, "usage: cputime [-t SECONDS] COMMAND [ARGUMENT...]\n");
        return 2;
    }
    sigset_t child, before;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    double start = now();
    pid_t pid = fork();
    if (pid < 0) {
        perror("cputime: fork");
        return 3;
    }
    if (pid == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        run(argv);
    }
    struct rusage usage = {0};
    int status = wait_for(pid, limit_s, &usage);
    printf("%.6f %.6f %ld %d\n", seconds(usage.ru_utime) + seconds(usage.ru_stime), now() - start, usage.ru_maxrss,
           status);
    return 0;
}
