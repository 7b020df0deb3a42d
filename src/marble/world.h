/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/issuer.h"
#include "base/env.h"
#include "marble/say.h"

/*
 * What an activation takes from its machine, so that a test holds it. The monotonic clock and
 * sockets are not in it: connection.h and activate.h use the real ones.
 */
struct marble_world {
    const struct env *env; /* clock, randomness, files; nothing else of it is used */
    /* link(2); ctx: that of env->files */
    int (*link)(void *ctx, const char *from, const char *to);
    const struct issuer_system *system; /* where quotes come from, and which libOS this is */
    struct marble_log log;
};

/* The real one. */
struct marble_world marble_world_real(struct marble_log log) MUST_CHECK;

/* Milliseconds of the monotonic clock: what deadlines are measured with. */
int64_t monotonic_ms(void) MUST_CHECK;
#define NO_DEADLINE INT64_MAX
