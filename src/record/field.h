/* The vocabulary's grammar: each kind of record is a C struct with one table of fields, and that table drives JSON, CSV,
 * tables, SQL and the manual. A field without a privacy class does not compile. */
#pragma once
#include "base/addr.h"
#include "base/clock.h"
#include "base/view.h"

enum field_type {           /* C type of the member; how "undefined" is held */
    FIELD_TS = 1,           /* int64_t, ns since 1970; TS_NONE */
    FIELD_TEXT,             /* struct view; NULL pointer */
    FIELD_COUNT,            /* uint64_t; always defined */
    FIELD_INT,              /* int64_t; INT64_MIN */
    FIELD_REAL,             /* double; NaN */
    FIELD_BOOL,             /* bool */
    FIELD_IP,               /* struct ip_addr; all zero */
    FIELD_ENDPOINT,         /* struct endpoint as address:port; all zero */
    FIELD_LIST,             /* struct view_list */
};

/* What a field can tell about people; decides what an anonymizer or a shared report does with it. */
enum field_privacy {
    PRIVACY_NONE = 1, /* counts, times, codes */
    PRIVACY_ID,       /* protocol identifiers: Call-ID, tags, branches */
    PRIVACY_ADDRESS,  /* network addresses */
    PRIVACY_PERSON,   /* names, numbers, users */
    PRIVACY_DEVICE,   /* software and hardware */
};

struct view_list {
    const struct view *v;
    uint32_t n;
};

struct field {
    const char *name, *unit, *meaning; /* unit "" when it has none */
    uint16_t offset;
    uint8_t type, privacy;
    uint8_t digits; /* of FIELD_REAL: digits after the point */
};

struct record_type {
    const char *name; /* plural, the SQL table and the command: "calls" */
    const char *row;  /* what a row is */
    const struct field *field;
    uint16_t nfield;
    uint16_t size; /* bytes of the struct */
};

/* The field of this name, or NULL. */
const struct field *record_field(const struct record_type *t, struct view name);

/* The kinds of records there are; NULL-terminated. */
extern const struct record_type *const record_types[];
