/* siptap: reads SIP captures and tells what is in them. */
#include "cmd/command.h"
#include "cmd/run.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run_command(const struct command *c, int argc, char **argv)
{
    struct invocation v;
    struct err e = {0};
    int code;
    if (!invocation_parse(&v, c, argc, argv, &e)) {
        code = complain(c, &e);
        if (e.code == EXIT_USAGE)
            fprintf(stderr, "Try 'siptap %s --help'.\n", c->name);
    } else if (v.general.help) {
        help_print_command(c);
        code = EXIT_DONE;
    } else {
        code = c->run(&v);
    }
    invocation_release(&v);
    return code;
}

static int unknown(const char *word)
{
    const struct command *near = command_nearest(word);
    if (near)
        fprintf(stderr, "siptap: no command or file '%s' (did you mean %s?)\n", word, near->name);
    else
        fprintf(stderr, "siptap: no command or file '%s'; 'siptap help' lists the commands\n", word);
    return EXIT_USAGE;
}

static bool is_word(const char *a, const char *long_name, const char *short_name)
{
    return strcmp(a, long_name) == 0 || strcmp(a, short_name) == 0;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    signals_install();
    if (argc < 2) {
        fprintf(stderr, "usage: siptap COMMAND [OPTIONS] [FILE...]\n'siptap help' lists the commands.\n");
        return EXIT_USAGE;
    }
    if (is_word(argv[1], "--version", "-V")) {
        printf("siptap %s\n", SIPTAP_VERSION);
        return EXIT_DONE;
    }
    if (is_word(argv[1], "--help", "-h")) {
        help_print();
        return EXIT_DONE;
    }
    const struct command *c = command_find(argv[1]);
    if (c)
        return run_command(c, argc - 2, argv + 2);
    /* "siptap FILE" and "siptap -r FILE" mean the report. */
    if (argv[1][0] == '-' || access(argv[1], F_OK) == 0)
        return run_command(command_find("report"), argc - 1, argv + 1);
    return unknown(argv[1]);
}
