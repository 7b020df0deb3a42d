/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/material.h"
#include "state/snapshot.h"

/*
 * The secrets that one activation sees (manifest.md, 7.4 and 7.9). Each is made when it is asked for the first
 * time, so a Marble costs what its own parameters refer to and nothing for the rest of the manifest.
 */
struct marble_secrets {
    const struct env *env;
    const struct snapshot *now;
    struct bytes uuid;    /* canonical text */
    struct bytes binding; /* name of the Marble; empty without secret binding */
    struct arena *arena;  /* where the values live */
    struct made_secret *made;
    size_t count, room;
    struct err failure; /* of the first secret that could not be made; FAIL_NONE: none */
};
void marble_secrets_clear(struct marble_secrets *secrets);

/* False when there is no such secret, or it could not be made: see failure. */
bool marble_secret(struct marble_secrets *secrets, bool previous, struct bytes name,
                   struct stored_secret *out) MUST_CHECK;
