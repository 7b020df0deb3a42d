/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verify.h"
#include "codec/json.h"

/*
 * Real and made-up evidence with its collateral and with what a verifier has to find: a directory for each of them in
 * ../shared/vectors, which lies outside of the project.
 */
struct vector {
    const char *name;
    const struct json *expected; /* expected.json */
    struct buf evidence, bundle, text;
    struct arena arena;
    struct trust_anchors anchors; /* those of the vector, or the real ones */
    int64_t now;
    struct collateral *collateral;
};
/* Reads the directory of that name and parses the bundle; a test fails that cannot. */
void vector_read(struct vector *v, const char *name);
void vector_clear(struct vector *v);
/* The text of a member, empty when it is none. */
struct bytes vector_text(const struct json *object, const char *member);

/* A test fails with one that is no whole number. */
int64_t vector_number(const struct json *value);

/* Runs a test for each of them, by name, whose *state is that name. For main; skips when they are not there. */
int vectors_run(const char *group, void (*test)(void **state));
