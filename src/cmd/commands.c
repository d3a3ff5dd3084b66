/* The table of commands and the options that many of them share. */
#include "cmd/command.h"

#include "base/mem.h"
#include "cmd/own.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LISTS TAKES_TRAFFIC | TAKES_LISTING | IN_MANUAL_1

const struct command commands[] = {
    {"report", "what is in a capture, on one page", "[OPTIONS] FILE...", TAKES_TRAFFIC | IN_MANUAL_1, report_options,
     sizeof(struct report_own), command_report,
     "  siptap report trace.pcap\n"
     "  siptap report --json trace.pcap.gz | jq .calls\n"
     "  siptap report --fail-on 'asr < 95 OR calls_failed > 10' trace.pcap\n"},
    {"messages", "list SIP messages", "[OPTIONS] FILE...", LISTS, NULL, 0, command_list,
     "  siptap messages --where \"method = 'REGISTER' AND status >= 400\" trace.pcap\n"
     "  siptap messages --ndjson trace.pcap | jq -r .call_id\n"},
    {"calls", "list calls", "[OPTIONS] FILE...", LISTS, NULL, 0, command_list,
     "  siptap calls trace.pcap\n"
     "  siptap calls --where \"state = 'failed'\" --columns start_ts,from_uri,to_uri,status,reason trace.pcap\n"},
    {"registrations", "list bindings of users to contacts", "[OPTIONS] FILE...", LISTS, NULL, 0, command_list,
     "  siptap registrations --where \"failures > 0\" trace.pcap\n"},
    {"streams", "list RTP streams with their quality", "[OPTIONS] FILE...", LISTS, NULL, 0, command_list,
     "  siptap streams --where \"mos < 3.6\" trace.pcap\n"},
    {"users", "list addresses of record", "[OPTIONS] FILE...", LISTS, NULL, 0, command_list,
     "  siptap users --csv trace.pcap > users.csv\n"},
    {"servers", "list servers and their roles", "[OPTIONS] FILE...", LISTS, NULL, 0, command_list,
     "  siptap servers trace.pcap\n"},
    {"show", "print messages as they were on the wire", "[OPTIONS] (--call-id ID | --where EXPR) FILE...",
     TAKES_TRAFFIC | IN_MANUAL_1, show_options, sizeof(struct show_own), command_show,
     "  siptap show --call-id 1f2e@192.0.2.7 trace.pcap\n"
     "  siptap show --where \"status = 488\" trace.pcap\n"},
    {"ladder", "draw the message ladder of calls", "[OPTIONS] [--call-id ID | --where EXPR | --user U] FILE...",
     TAKES_TRAFFIC | IN_MANUAL_1, ladder_options, sizeof(struct ladder_own), command_ladder,
     "  siptap ladder --call-id 1f2e@192.0.2.7 trace.pcap\n"
     "  siptap ladder --where \"state = 'failed'\" trace.pcap\n"},
    {"query", "ask the records in SQL", "[OPTIONS] FILE... 'SELECT ...'", TAKES_TRAFFIC | LAST_IS_OWN | IN_MANUAL_1,
     query_options, sizeof(struct query_own), command_query,
     "  siptap query trace.pcap 'SELECT state, count(*) FROM calls GROUP BY state'\n"
     "  siptap query --schema\n"},
    {"extract", "write the packets of chosen calls, media included", "[OPTIONS] (--where EXPR | --call-id ID) -w OUT FILE...",
     TAKES_TRAFFIC | IN_MANUAL_1, extract_options, sizeof(struct extract_own), command_extract,
     "  siptap extract --where \"state = 'failed'\" -w failed.pcapng trace.pcap\n"},
    {"synth", "make up traffic with a known truth", "[OPTIONS] WORKLOAD -w OUT", IN_MANUAL_1, synth_options,
     sizeof(struct synth_own), command_synth,
     "  siptap synth --list\n"
     "  siptap synth sample -w sample.pcapng --truth truth.json\n"},
    {"help", "tell how a command is used", "[COMMAND]", 0, help_options, sizeof(struct help_own), command_help,
     "  siptap help calls\n"
     "  siptap help --fields calls\n"},
    {NULL, NULL, NULL, 0, NULL, 0, NULL, NULL},
};

const struct option general_options[] = {
    {"help", 'h', 0, OPTION_FLAG, offsetof(struct general, help), NULL, "show this help", NULL},
    {"no-color", 0, 0, OPTION_FLAG, offsetof(struct general, no_color), NULL, "no colours (also when NO_COLOR is set)", NULL},
    {0},
};

#define T(member) offsetof(struct traffic, member)
const struct option traffic_options[] = {
    {"read", 'r', 0, OPTION_LIST, T(file), "FILE", "read this file, like a FILE without option; - is standard input", NULL},
    {"interface", 'i', 'd', OPTION_TEXT, T(interfaces), "IFACE[,IFACE]", "read live from these interfaces", NULL},
    {"duration", 0, 0, OPTION_SECONDS, T(duration_s), "TIME", "read live for this long (90, 10m, 1h)", NULL},
    {"filter", 'f', 0, OPTION_TEXT, T(bpf), "BPF", "only packets that match this capture filter, see pcap-filter(7)", NULL},
    {"port", 0, 0, OPTION_PORTS, T(port), "LIST", "look for SIP on these ports only, e.g. 5060,5080-5090", NULL},
    {"jobs", 'j', 0, OPTION_COUNT, T(jobs), "N", "worker threads; default: all cores, at most 8", NULL},
    {"memory", 0, 0, OPTION_SIZE, T(memory), "SIZE", "ceiling for all tables, e.g. 512M; default: 1G", NULL},
    {"quiet", 'q', 0, OPTION_FLAG, T(quiet), NULL, "no progress bar", NULL},
    {0},
};

#define L(member) offsetof(struct listing, member)
const struct option listing_options[] = {
    {"where", 0, 0, OPTION_TEXT, L(where), "EXPR", "only rows for which this SQL expression holds", NULL},
    {"columns", 'c', 0, OPTION_TEXT, L(columns), "A,B,C", "these columns in this order; 'all' for all of them", NULL},
    {"format", 0, 0, OPTION_TEXT, L(format), "FORMAT", "table, json, ndjson or csv; default: table", NULL},
    {"json", 0, 0, OPTION_FIXED, L(format), NULL, "same as --format json", "json"},
    {"ndjson", 0, 0, OPTION_FIXED, L(format), NULL, "same as --format ndjson", "ndjson"},
    {"csv", 0, 0, OPTION_FIXED, L(format), NULL, "same as --format csv", "csv"},
    {"output", 'o', 0, OPTION_TEXT, L(output), "FILE", "write to FILE instead of standard output", NULL},
    {0},
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

const struct command *command_nearest(const char *name)
{
    const struct command *best = NULL;
    unsigned least = (unsigned)strlen(name) / 3 + 2;
    for (const struct command *c = commands; c->name; c++) {
        unsigned d = word_distance(c->name, name);
        if (d < least) {
            least = d;
            best = c;
        }
    }
    return best;
}

/* The groups that the command's row asks for, ended by an empty one. */
static void choose_groups(struct invocation *v)
{
    size_t n = 0;
    const struct command *c = v->command;
    if (c->own)
        v->group[n++] = (struct option_group){"Options of this command", c->own, v->own};
    if (c->takes & TAKES_LISTING)
        v->group[n++] = (struct option_group){"What is listed", listing_options, &v->listing};
    if (c->takes & TAKES_TRAFFIC)
        v->group[n++] = (struct option_group){"What is read", traffic_options, &v->traffic};
    v->group[n] = (struct option_group){"General", general_options, &v->general};
}

/* Positional arguments become files, all or all but the last. */
static bool sort_positional(struct invocation *v, struct err *e)
{
    const struct texts all = v->rest;
    if (!(v->command->takes & TAKES_TRAFFIC))
        return true;
    size_t files = all.n && v->command->takes & LAST_IS_OWN ? all.n - 1 : all.n;
    for (size_t i = 0; i < files; i++)
        if (!texts_add(&v->traffic.file, all.v[i]))
            return err_set(e, EXIT_IO, "out of memory");
    if (files)
        memmove(v->rest.v, v->rest.v + files, (all.n - files) * sizeof *all.v);
    v->rest.n -= files;
    return true;
}

bool invocation_parse(struct invocation *v, const struct command *c, int argc, char **argv, struct err *e)
{
    *v = (struct invocation){.command = c};
    if (c->own_size && !(v->own = mem_calloc(1, c->own_size)))
        return err_set(e, EXIT_IO, "out of memory");
    choose_groups(v);
    return options_parse(v->group, argc, argv, &v->rest, e) && sort_positional(v, e);
}

void invocation_release(struct invocation *v)
{
    options_release(v->group);
    texts_release(&v->rest);
    mem_free(v->own);
    v->own = NULL;
}

int complain(const struct command *c, const struct err *e)
{
    fprintf(stderr, "siptap%s%s: %s\n", c ? " " : "", c ? c->name : "", e->text);
    return e->code;
}

int complain_at(const struct command *c, const struct err *e, const char *text, int at)
{
    complain(c, e);
    if (at < 0 || strchr(text, '\n') || strlen(text) > 1000)
        return e->code;
    fprintf(stderr, "  %s\n  ", text);
    for (int i = 0; i < at; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            fputc(text[i] == '\t' ? '\t' : ' ', stderr);
    fputs("^\n", stderr);
    return e->code;
}
