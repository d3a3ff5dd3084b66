/* One value of a record, whatever its type: what exporters print, SQL binds and expressions look at. */
#pragma once
#include "base/buf.h"
#include "record/field.h"

struct cell {
    uint8_t type;   /* enum field_type; 0: undefined */
    uint8_t digits; /* FIELD_REAL: most digits after the point; CELL_DIGITS_ALL: as many as it has */
    union {
        int64_t i;  /* FIELD_TS, FIELD_INT */
        uint64_t u; /* FIELD_COUNT */
        double d;
        bool b;
        struct view text;
        struct ip_addr ip;
        struct endpoint endpoint;
        struct view_list list;
    } as;
};

enum { CELL_DIGITS_ALL = 255 };

/* The value of a field; views in it are those of the record. */
struct cell record_cell(const struct field *f, const void *record);

/* How times are printed; remembers the last second, because neighbours share it. */
struct cell_style {
    unsigned ts_digits; /* digits of the second, 0 to 9 */
    int64_t second;
    bool known;
    char text[TS_TEXT];
    size_t n;
};

/* ts_digits digits; nothing remembered yet. */
void cell_style_init(struct cell_style *s, unsigned ts_digits);

/* Adds the value as text: nothing when it is undefined, lists joined with ';', booleans as true and false. Bytes of the
 * traffic are added as they are. */
void cell_print(const struct cell *c, struct cell_style *s, struct buf *out);

/* Adds the value as JSON: null when it is undefined, lists as arrays. Bytes that are not UTF-8 become U+FFFD, and
 * everything that could steer a terminal is escaped. */
void cell_print_json(const struct cell *c, struct cell_style *s, struct buf *out);

/* Adds text as a JSON string with the same care. */
void cell_json_text(struct view v, struct buf *out);

/* True for values that are numbers (aligned right in a table). */
bool cell_type_is_number(unsigned type);
