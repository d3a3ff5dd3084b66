/* JSON writer into a buf: commas and escapes are its business, nesting is the caller's. */
#pragma once
#include "base/buf.h"

struct json {
    struct buf *out;
    bool comma;      /* the next value needs a comma first */
    unsigned indent; /* spaces per level; 0 writes one line */
    unsigned depth;
};

void json_init(struct json *j, struct buf *out, unsigned indent);
void json_open(struct json *j, char bracket);  /* '{' or '[' */
void json_close(struct json *j, char bracket); /* '}' or ']' */
void json_key(struct json *j, const char *key);
void json_key_view(struct json *j, struct view key);

/* Bytes that are not valid UTF-8 are written as U+FFFD, one per byte; controls are escaped. */
void json_view(struct json *j, struct view v);
void json_str(struct json *j, const char *s); /* NULL writes null */
void json_u64(struct json *j, uint64_t x);
void json_i64(struct json *j, int64_t x);
void json_bool(struct json *j, bool x);
void json_null(struct json *j);

/* At most `digits` digits after the point, trailing zeros dropped; NaN and infinities write null. */
void json_double(struct json *j, double x, unsigned digits);

/* key and value in one call */
void json_kv_u64(struct json *j, const char *key, uint64_t x);
void json_kv_str(struct json *j, const char *key, const char *s);
void json_kv_view(struct json *j, const char *key, struct view v);
void json_kv_double(struct json *j, const char *key, double x, unsigned digits);
