/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * Manifests in YAML: the JSON into which the original turns them (cli.md, 10), byte for byte, because its
 * hash names the manifest. YAML 1.1; duplicate keys are refused, and so is what could be turned into
 * different JSON: a key that is merged with << and also written, two keys that become the same text.
 */
enum {
    YAML_DEPTH_MAX = 1000,
    YAML_VALUES_MAX = 1 << 20,      /* after aliases are expanded */
    YAML_JSON_MAX = 64 * (1 << 20), /* bytes */
};

/* What happened that its author may not have meant. */
struct yaml_surprises {
    bool more_documents; /* only the first one counts */
    bool odd_keys;       /* a key was turned from a boolean or a number into text */
    bool not_a_mapping;  /* the document is empty, text, a list */
};
/* Appends compact JSON. FAIL_MALFORMED with the line, FAIL_TOO_LARGE. */
bool yaml_to_json(struct bytes yaml, struct buf *json, struct yaml_surprises *surprises,
                  struct err *err) MUST_CHECK;

/* Where the values of the JSON stand in the YAML, and what YAML has made of them. */
enum yaml_trap {
    YAML_TRAP_NONE = 0,
    YAML_TRAP_KEY,     /* its key was no text: `on: 1` */
    YAML_TRAP_BOOLEAN, /* a word: `yes` */
    YAML_TRAP_NUMBER,  /* it reads differently: 0777 */
};
struct yaml_place {
    size_t offset;       /* in the JSON; ascending */
    size_t line, column; /* in the YAML, from 1; columns in characters */
    enum yaml_trap trap;
};
struct yaml_map {
    size_t count, room;
    struct yaml_place *at;
};
void yaml_map_clear(struct yaml_map *map);
#define auto_yaml_map struct yaml_map CLEANUP(yaml_map_clear)
/* The place of the value that begins at this offset or last before it; NULL: none. */
const struct yaml_place *yaml_map_find(const struct yaml_map *map, size_t offset) MUST_CHECK;
/* As yaml_to_json; replaces *map. */
bool yaml_to_json_mapped(struct bytes yaml, struct buf *json, struct yaml_map *map,
                         struct yaml_surprises *surprises, struct err *err) MUST_CHECK;

/* What a scalar means (yaml_scalar.c). */
enum yaml_kind {
    YAML_NONE = 0,
    YAML_NULL,
    YAML_BOOL,
    YAML_INTEGER,
    YAML_FLOAT,
    YAML_TEXT,
    YAML_MERGE
};
struct yaml_scalar {
    enum yaml_kind kind;
    bool boolean, negative;
    uint64_t magnitude; /* INTEGER */
    double number;      /* FLOAT */
};
/* A plain scalar without a tag. */
struct yaml_scalar yaml_resolve(struct bytes text) MUST_CHECK;
/* As encoding/json of Go writes it; for FLOAT only finite numbers. */
void yaml_put_number(struct buf *out, const struct yaml_scalar *scalar);
/* The same as the text of a key: floats in single precision. */
void yaml_put_key_number(struct buf *out, const struct yaml_scalar *scalar);
