/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * JSON as Go's encoding/json reads and writes it (client-api.md, section 2), with the place of
 * every value, so that an error names path, line and column.
 *
 *   json_parse             text -> tree in an arena
 *   json_first, json_next  the members or elements, in the order of the text
 *   json_name_is           does this member feed that field? (Go's case folding)
 *   json_get_*             typed: the wrong type is an error that names the place
 *   json_put_*             writes text
 *
 * It is our own reader and not a library's because every value needs its line and column,
 * duplicate names must be seen in order, integers go to 2^64-1, NUL and broken UTF-8 in strings
 * are accepted as Go accepts them, and the depth is 10,000.
 *
 * Cost: time is linear in the length of the text. A value takes 96 bytes, whatever its type; a
 * string is a view of the text unless it has escapes or broken UTF-8, then its decoded form (at
 * most three times as long) is added. So a text of n bytes takes at most about 48 n bytes
 * (`[0,0,0...`), and never more than JSON_MAX_VALUES values. Nesting costs no stack.
 *
 * A struct is decoded by going through the members in order and feeding each to its field, so
 * that duplicates behave as in Go: scalars, last wins; structs and maps merge.
 */
enum { JSON_MAX_VALUES = 1 << 21 }; /* 192 MiB of memory */

enum json_type {
    JSON_NONE = 0,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json {
    enum json_type type;
    bool boolean;
    struct bytes text;         /* NUMBER: the literal; STRING: decoded UTF-8, may hold NUL */
    struct bytes name;         /* decoded name, when the parent is an object */
    size_t offset;             /* of the value's first byte in the document */
    size_t index;              /* position among its siblings */
    const struct json *parent; /* NULL at the top */
    const struct json *first;  /* ARRAY, OBJECT: first child */
    const struct json *next;   /* next sibling */
    const struct json_document *document;
};
struct json_document {
    struct bytes source; /* the text, for line and column; must outlive the tree */
};

enum json_trailing { JSON_TRAILING_REFUSED = 1, JSON_TRAILING_IGNORED };

/*
 * Parses one value. Strict RFC 8259 text, at most 10,000 nested arrays and objects; invalid UTF-8
 * and unpaired surrogates in strings become U+FFFD. The tree lives in the arena, `source` must
 * outlive it. FAIL_MALFORMED with "line L:C: " and no byte of the text; an empty document is
 * "unexpected end of JSON input" with JSON_TRAILING_REFUSED and "EOF" otherwise.
 */
const struct json *json_parse(struct bytes source, enum json_trailing trailing, struct arena *arena,
                              struct err *err) MUST_CHECK;

const struct json *json_first(const struct json *parent); /* NULL for anything but a container */
const struct json *json_next(const struct json *value);
/* Exact, or equal under simple case folding: ASCII letters, U+017F with s, U+212A with k. */
bool json_name_is(const struct json *member, const char *field) MUST_CHECK;
/* The last member whose name is exactly this (case-sensitive); NULL when there is none. */
const struct json *json_member(const struct json *object, const char *name) MUST_CHECK;

/* The exact bytes of the value in its document. Linear in its length. */
struct bytes json_source(const struct json *value) MUST_CHECK;
/*
 * What signed documents have to be beyond what json_parse asks: valid UTF-8 from end to end, no two members of one name in any
 * object, at most max_depth containers inside each other. FAIL_MALFORMED with the place.
 */
bool json_is_strict(const struct json *top, unsigned max_depth, struct err *err) MUST_CHECK;

/*
 * "line 3:14" and "Marbles.frontend.Parameters.Env.KEY" or "TLS.mesh.Incoming[2].Port"; names that
 * are no identifiers are quoted: Marbles."a b". Appended to out, at most 200 bytes each. The path
 * of the top value is empty; a path that is too long begins with "...". They take time in
 * proportion to the offset and to the depth: they are made for errors.
 */
void json_place(const struct json *value, struct buf *out);
void json_path(const struct json *value, struct buf *out);
/* A name as it stands in a path: an identifier, or quoted, escaped and cut. */
void json_put_path_name(struct buf *out, struct bytes name);
/* Sets FAIL_MALFORMED "<path> (line L:C): <text>", for the top value "line L:C: <text>", and
 * returns false. At most 200 bytes of the text are kept. */
bool json_fail(const struct json *value, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Typed getters. JSON null leaves *out untouched and succeeds, as in Go. Any other type than the
 * wanted one fails with the place.
 */
bool json_get_string(const struct json *value, struct bytes *out, struct err *err) MUST_CHECK;
bool json_get_bool(const struct json *value, bool *out, struct err *err) MUST_CHECK;
/* Plain decimal digits up to max. */
bool json_get_uint(const struct json *value, uint64_t max, uint64_t *out,
                   struct err *err) MUST_CHECK;
/* Plain decimal digits with an optional minus sign, 64 bits. */
bool json_get_int(const struct json *value, int64_t *out, struct err *err) MUST_CHECK;
/* Base64 text or an array of 0..255 (client-api.md, 2.1); null gives *present = false. Appends, and
 * nothing when it fails. */
bool json_get_octets(const struct json *value, struct buf *out, bool *present,
                     struct err *err) MUST_CHECK;
/* Text of exactly 2 * len hex digits; null is refused, too. json_get_hex_text keeps it as text, without NUL. */
bool json_get_hex(const struct json *value, uint8_t *out, size_t len, struct err *err) MUST_CHECK;
bool json_get_hex_text(const struct json *value, char *out, size_t len, struct err *err) MUST_CHECK;
/* Succeeds when the value has this type or is null; *null tells. */
bool json_expect(const struct json *value, enum json_type type, bool *null,
                 struct err *err) MUST_CHECK;

/* A quoted string, escaped as encoding/json does: also <, >, & and U+2028/U+2029; invalid UTF-8
 * becomes \ufffd. */
void json_put_string(struct buf *out, struct bytes text);
/* Quoted standard base64. */
void json_put_octets(struct buf *out, struct bytes octets);
/* `"name":` with a comma before it unless the last byte is '{' or '['. */
void json_put_name(struct buf *out, const char *name);
/* A comma unless the last byte is '{' or '['. */
void json_put_comma(struct buf *out);
/* A member with a time as RFC 3339 in UTC, to the second; ms: since 1970, null for 0. */
void json_put_time(struct buf *out, const char *name, int64_t ms);
