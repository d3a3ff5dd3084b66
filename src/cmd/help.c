/* --help, made from the tables of commands, options and fields. */
#include "cmd/own.h"
#include "cmd/run.h"
#include "record/records.h"

#include <stdio.h>
#include <string.h>

void help_print(void)
{
    printf("siptap reads SIP captures and tells what is in them.\n\n"
           "Usage: siptap COMMAND [OPTIONS] [FILE...]\n"
           "       siptap FILE...                      the report\n\nCommands:\n");
    for (const struct command *c = commands; c->name; c++)
        printf("  %-14s %s\n", c->name, c->line);
    printf("\nFILE is pcap or pcapng, plain or compressed (gzip, zstd); - is standard input.\n"
           "'siptap COMMAND --help' tells the options of a command, --version the version.\n");
}

static void print_option(const struct option *o)
{
    char left[80], letters[16] = "    ";
    if (o->letter && o->letter2)
        snprintf(letters, sizeof letters, "-%c, -%c, ", o->letter, o->letter2);
    else if (o->letter)
        snprintf(letters, sizeof letters, "-%c, ", o->letter);
    snprintf(left, sizeof left, "%s--%s%s%s", letters, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    if (strlen(left) > 26)
        printf("  %s\n  %-26s  %s\n", left, "", o->help);
    else
        printf("  %-26s  %s\n", left, o->help);
}

static void print_group(const char *title, const struct option *option)
{
    printf("\n%s:\n", title);
    for (const struct option *o = option; o->kind; o++)
        print_option(o);
}

static const struct record_type *type_of(const char *name)
{
    for (const struct record_type *const *t = record_types; *t; t++)
        if (strcmp((*t)->name, name) == 0)
            return *t;
    return NULL;
}

void help_print_command(const struct command *c)
{
    printf("siptap %s - %s\n\nUsage: siptap %s %s\n", c->name, c->line, c->name, c->usage);
    if (c->own)
        print_group("Options", c->own);
    if (c->takes & TAKES_LISTING)
        print_group("What is listed", listing_options);
    if (c->takes & TAKES_TRAFFIC)
        print_group("What is read", traffic_options);
    print_group("General", general_options);
    const struct record_type *t = type_of(c->name);
    if (t) {
        printf("\nFields (for --columns and --where):\n ");
        size_t column = 1;
        for (uint16_t i = 0; i < t->nfield; i++) {
            size_t n = strlen(t->field[i].name) + 1;
            if (column + n > 78) {
                printf("\n ");
                column = 1;
            }
            printf(" %s", t->field[i].name);
            column += n;
        }
        printf("\n");
    }
    if (c->examples)
        printf("\nExamples:\n%s", c->examples);
}

static const char *type_name(const struct field *f)
{
    static const char *const name[] = {[FIELD_TS] = "time", [FIELD_TEXT] = "text", [FIELD_COUNT] = "count", [FIELD_INT] = "integer",
                                       [FIELD_REAL] = "number", [FIELD_BOOL] = "boolean", [FIELD_IP] = "address",
                                       [FIELD_ENDPOINT] = "address:port", [FIELD_LIST] = "list"};
    return name[f->type];
}

static void print_fields(const struct record_type *t)
{
    printf("%s: %s\n", t->name, t->row);
    for (uint16_t i = 0; i < t->nfield; i++) {
        const struct field *f = &t->field[i];
        printf("  %-20s %-13s %s%s%s%s\n", f->name, type_name(f), f->meaning, *f->unit ? " [" : "", f->unit, *f->unit ? "]" : "");
    }
}

const struct option help_options[] = {
    {"fields", 0, 0, OPTION_FLAG, offsetof(struct help_own, fields), NULL, "the fields of a record, or of all records", NULL},
    {"manual", 0, 0, OPTION_FLAG, offsetof(struct help_own, manual), NULL, "options and fields in scdoc(5), for the manual pages", NULL},
    {0},
};

/* Text with what scdoc takes for markup made plain. */
static void manual_text(const char *s)
{
    for (; *s; s++) {
        if (strchr("\\*_", *s))
            putchar('\\');
        putchar(*s);
    }
}

static void manual_option(const struct option *o)
{
    if (o->letter)
        printf("*-%c*, ", o->letter);
    if (o->letter2)
        printf("*-%c*, ", o->letter2);
    printf("*--%s*", o->name);
    if (o->arg) {
        printf(" ");
        manual_text(o->arg);
    }
    printf("\n\t");
    manual_text(o->help);
    printf(".\n\n");
}

static void manual_options(const struct option *option)
{
    for (const struct option *o = option; o->kind; o++)
        manual_option(o);
}

/* The part of a manual page that the tables know; doc/man/page puts it into the page. */
static void print_manual(const struct command *c)
{
    const struct record_type *t = type_of(c->name);
    printf("# OPTIONS\n\n");
    if (c->own)
        manual_options(c->own);
    if (c->takes & TAKES_LISTING)
        manual_options(listing_options);
    if (c->takes & TAKES_TRAFFIC)
        manual_options(traffic_options);
    manual_options(general_options);
    if (!t)
        return;
    printf("# FIELDS\n\n");
    for (uint16_t i = 0; i < t->nfield; i++) {
        const struct field *f = &t->field[i];
        printf("*");
        manual_text(f->name);
        printf("* (%s%s%s)\n\t", type_name(f), *f->unit ? ", " : "", f->unit);
        manual_text(f->meaning);
        printf(".\n\n");
    }
}

static int no_such(const struct invocation *v, const char *what, const char *name)
{
    struct err e;
    const struct command *near = command_nearest(name);
    if (near)
        err_set(&e, EXIT_USAGE, "there is no %s '%s' (did you mean %s?)", what, name, near->name);
    else
        err_set(&e, EXIT_USAGE, "there is no %s '%s'", what, name);
    return complain(v->command, &e);
}

int command_help(struct invocation *v)
{
    const struct help_own *own = v->own;
    if (!v->rest.n) {
        for (const struct record_type *const *t = record_types; own->fields && *t; t++)
            print_fields(*t);
        if (!own->fields)
            help_print();
        return EXIT_DONE;
    }
    for (size_t i = 0; i < v->rest.n; i++) {
        const struct record_type *t = type_of(v->rest.v[i]);
        const struct command *c = command_find(v->rest.v[i]);
        if (own->fields ? !t : !c)
            return no_such(v, own->fields ? "record" : "command", v->rest.v[i]);
        if (own->fields)
            print_fields(t);
        else if (own->manual)
            print_manual(c);
        else
            help_print_command(c);
    }
    return EXIT_DONE;
}
