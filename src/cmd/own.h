/* What the options of single commands are read into. */
#pragma once
#include "cmd/options.h"

struct report_own {
    const char *format, *output;
    struct texts fail_on;
    bool numbers;
};

struct show_own {
    struct texts call_id;
    const char *where, *format, *output;
};

struct ladder_own {
    struct texts call_id;
    const char *where, *user, *output;
    uint64_t width;
    bool ascii;
};

struct query_own {
    const char *format, *output;
    bool schema;
};

struct extract_own {
    struct texts call_id;
    const char *where, *output;
};

struct synth_own {
    const char *output, *truth, *transport;
    uint64_t seed, count;
    double scale;
    bool list, quiet;
};

struct help_own {
    bool fields, manual;
};
