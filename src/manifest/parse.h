/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"

#include <stddef.h>

/*
 * Inside of the room: how objects, maps and lists of the manifest become structs.
 *
 * An object is decoded through a table of its fields. Its members are taken in the order of the
 * text and each is read into its field, so that duplicates behave as in the original: scalars,
 * last wins; objects and maps merge; lists are replaced. Members without a field are ignored.
 */
struct parse {
    struct arena *arena;
    struct err *err;
    struct rows *objections; /* of struct manifest_objection */
    struct manifest_program **programs;
    struct rows *oddities; /* of struct manifest_oddity; NULL: nobody wants to know */
};

/* *out has the type that the reader wants; null leaves it as it is unless the comment differs. */
typedef bool (*parse_read)(struct parse *p, const struct json *value, void *out);

struct field {
    const char *name;
    parse_read read;
    size_t offset; /* of the field in the struct */
};
#define FIELD(name, type, member, read)                                                            \
    {                                                                                              \
        (name), (read), offsetof(type, member)                                                     \
    }

/* null: nothing is read. Anything but an object fails. */
bool parse_fields(struct parse *p, const struct json *object, const struct field *fields,
                  size_t count, void *base) MUST_CHECK;

/* As parse_fields; a member without a field fails. */
bool parse_known_fields(struct parse *p, const struct json *object, const struct field *fields,
                        size_t count, void *base) MUST_CHECK;

bool read_bool(struct parse *p, const struct json *value, void *out);
bool read_text(struct parse *p, const struct json *value, void *out); /* struct bytes */
bool read_uint64(struct parse *p, const struct json *value, void *out);
bool read_int64(struct parse *p, const struct json *value, void *out);
/* struct optional_uint; null gives absent. */
bool read_optional_uint64(struct parse *p, const struct json *value, void *out);
bool read_optional_uint16(struct parse *p, const struct json *value, void *out);
/* struct octets; null gives absent. */
bool read_octets(struct parse *p, const struct json *value, void *out);
/* struct bytes; null gives none. */
bool read_octets_as_bytes(struct parse *p, const struct json *value, void *out);
/* struct text_list; null gives absent, a null element an empty text. */
bool read_texts(struct parse *p, const struct json *value, void *out);

/* A growing table in the arena. */
struct rows {
    bool present; /* a map that is there, be it empty */
    size_t size;  /* bytes of a row; set before the first one is added */
    size_t count, cap;
    uint8_t *at;
};
/* A zeroed row; it moves when rows are added. */
void *rows_add(struct arena *arena, struct rows *rows) MUST_CHECK;

/* What every struct that is read from an entry of a map begins with. */
struct entry {
    struct bytes name;
    const struct json *source;
};

/* Adds a row for every entry of a map and reads it; null forgets what was there. */
bool parse_map(struct parse *p, const struct json *value, struct rows *rows,
               parse_read read) MUST_CHECK;
/* Sorts by name; of several with one name the last in the text stays. */
void rows_sort(struct rows *rows);

/* Every element of an array becomes an element of `size` bytes; null gives absent. */
struct list {
    bool present;
    size_t count;
    void *at;
};
bool parse_list(struct parse *p, const struct json *value, size_t size, struct list *out,
                parse_read read) MUST_CHECK;

/* Remembers what manifest_check has to refuse. `text` must be a literal or live in the arena. */
void parse_objection(struct parse *p, const struct json *value, const char *text);

/* Names come from the document and may hold anything; an error is one line. */
void keep_one_line(char *text);

/* struct text_list: a text or a list of texts; null gives absent. */
bool read_references(struct parse *p, const struct json *value, void *out);
/* struct manifest_tdx, struct manifest_snp; they replace what was there, null gives absent. */
bool parse_tdx(struct parse *p, const struct json *value, void *out);
bool parse_snp(struct parse *p, const struct json *value, void *out);

/* One entry of a map each; out is the struct of the name. */
bool parse_package(struct parse *p, const struct json *value, void *out);
/* The same for one that is no part of a manifest: a member that is not known fails. */
bool parse_known_package(struct parse *p, const struct json *value, void *out);
bool parse_infrastructure(struct parse *p, const struct json *value, void *out);
bool parse_marble(struct parse *p, const struct json *value, void *out);
bool parse_secret(struct parse *p, const struct json *value, void *out);
bool parse_tls_tag(struct parse *p, const struct json *value, void *out);
bool parse_user(struct parse *p, const struct json *value, void *out);
bool parse_role(struct parse *p, const struct json *value, void *out);
bool parse_recovery_key(struct parse *p, const struct json *value, void *out);
/* struct manifest_config */
bool parse_config(struct parse *p, const struct json *value, void *out);

/* A FEATURE_ bit; 0 when it is not known. Letter case does not count. */
unsigned feature_gate_from_text(struct bytes text) MUST_CHECK;

/* What the member `Cert` of a secret gives. */
struct cert_draft {
    const struct json *source; /* the value of `Cert` */
    bool has_cert;
    struct cert_template template;
    struct octets der; /* `Cert` was a certificate */
    bool has_raw;      /* the object has a non-empty `Raw` */
    bool no_template;  /* the certificate cannot be a template */
};
/* struct cert_draft; replaces what was there, also with null. */
bool parse_cert(struct parse *p, const struct json *value, void *out);
/* RFC 3339 as the original reads it, seconds since 1970; *fraction tells whether there is one that
 * is not zero.
 */
bool parse_time(struct bytes text, int64_t *seconds, bool *fraction) MUST_CHECK;
/* Readers of single members that have forms of their own. */
bool read_cert_subject(struct parse *p, const struct json *value,
                       void *out);                                   /* struct cert_template */
bool read_ip(struct parse *p, const struct json *value, void *out);  /* struct bytes: 0, 4, 16 */
bool read_ips(struct parse *p, const struct json *value, void *out); /* struct text_list */
bool read_ip_range(struct parse *p, const struct json *value, void *out); /* struct cert_ip_range */
bool read_uris(struct parse *p, const struct json *value, void *out);     /* struct text_list */
/* Numbers as dotted text, struct bytes; what no OID can be becomes an objection. */
bool read_oid(struct parse *p, const struct json *value, void *out);
/* A list of numbers of which only the types count. */
bool read_ignored_ints(struct parse *p, const struct json *value, void *out);
