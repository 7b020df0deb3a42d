/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/uuid.h"
#include "grpc/grpc.h"
#include "marble/config.h"
#include "marble/parameters.h"
#include "marble/world.h"

/*
 * Everything between "a process starts" and "parameters are here": UUID, key, certificate, request,
 * quote, the call to the Coordinator with its retries, the check of what came (marble-api.md, 6.2).
 */

/*
 * How an activation ended. The numbers are exit statuses of taw-premain and results of the library.
 */
enum marble_outcome {
    MARBLE_ACTIVATED = 0,
    MARBLE_INTERNAL = 1,    /* ours: memory, libcrypto */
    MARBLE_USAGE = 2,       /* wrong arguments */
    MARBLE_SETUP = 3,       /* configuration, UUID file, quote, files that cannot be written */
    MARBLE_UNREACHABLE = 4, /* no answer of the Coordinator in the given time */
    MARBLE_REFUSED = 5,     /* the Coordinator says no, and why */
    MARBLE_ANSWER = 6,      /* an answer that is malformed or cannot be applied */
};

struct marble_failure {
    enum marble_outcome outcome;
    enum grpc_status status; /* REFUSED: of the Coordinator; GRPC_OK with all others */
    struct err err;
};

struct marble_activation {
    char uuid[UUID_TEXT_LEN + 1];
    struct marble_parameters parameters; /* views of body, arrays in the arena */
    struct buf body;
    struct arena arena;
};
/* Wipes and frees all of it. */
void marble_activation_clear(struct marble_activation *activation);
#define auto_marble_activation struct marble_activation CLEANUP(marble_activation_clear)

/*
 * Blocks until there is an answer or the configured time is over. Failures of the connection and
 * the status UNAVAILABLE are tried again, every time with the same request and the same
 * `taw-activation` number, by which a Coordinator of this project knows a repetition; everything
 * else is final. On failure *activation is empty. Thread-safe.
 */
bool marble_activate(const struct marble_config *config, const struct marble_world *world,
                     struct marble_activation *activation,
                     struct marble_failure *failure) MUST_CHECK;
