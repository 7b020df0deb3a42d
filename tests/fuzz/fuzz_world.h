/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A Coordinator that keeps nothing on a disk, and one caller who waits for his answer: for fuzz targets. */
#include "core/core.h"
#include "http/message.h"

#include <pthread.h>

/* Stops the process, as the fuzzer wants it. */
void require(bool holds);

/* Over a disk that forgets and a clock that stands still; waits for its manifest. Freed by the caller. */
struct core *world_core(void);
/* The same over another disk, borrowed like the sealing. */
struct env world_env(const struct files *disk);
struct core *world_core_on(const struct env *env, struct sealing *sealing);
/* Sets a manifest that is good; the caller clears the reply. */
void world_set_manifest(struct core *core, struct bytes manifest, struct manifest_reply *reply);
/* Appends the certificate of an instance of Marble "m", as its activation would give it. */
void world_marble_leaf(struct core *core, struct buf *leaf);

/* One answer, waited for. */
struct answer {
    pthread_mutex_t lock;
    pthread_cond_t there;
    unsigned times;
    struct http_response response;
};
#define ANSWER_NONE                                                                                \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .there = PTHREAD_COND_INITIALIZER                       \
    }
/* An api_respond; token: a struct answer. */
void take_answer(void *token, struct http_response *response);
void wait_for_answer(struct answer *answer);
