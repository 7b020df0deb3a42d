/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A Coordinator that keeps nothing on a disk, and one caller who waits for his answer: for fuzz targets. */
#include "api/api.h"

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

/* The client API over such a Coordinator, and one who calls it. All zero: not open. */
struct world_api {
    struct pool *pool;
    struct core *core;
    struct api *api;
    struct buf leaf; /* DER of the caller's certificate */
};
/* With a manifest that is good; the caller is its first user. */
void world_api_open(struct world_api *w, struct bytes manifest);
void world_api_close(struct world_api *w);
/* The answer to one POST; cleared by the caller. */
struct http_response world_post(const struct world_api *w, const char *path,
                                struct bytes body) MUST_CHECK;

/* A user's certificate in PEM, as it stands in a JSON string. */
#define WORLD_USER_CERTIFICATE                                                                     \
    "-----BEGIN CERTIFICATE-----\\n"                                                               \
    "MIIBdzCCAR2gAwIBAgIUeuWRe5DSqGlzf1eAWTm/7R7x+BswCgYIKoZIzj0EAwIw\\n"                          \
    "ETEPMA0GA1UEAwwGcmVhZGVyMB4XDTI2MTEyMzE0NDkxNVoXDTQ2MTExODE0NDkx\\n"                          \
    "NVowETEPMA0GA1UEAwwGcmVhZGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\\n"                          \
    "i1Ung0RtbMg0Lk5YXseCIxTqjy83pVk0Dp9RakgOekaXW2EWITnwJacKx8n9CBBa\\n"                          \
    "bzxSipcKw50IkWrzdWBS2aNTMFEwHQYDVR0OBBYEFKutjq3YdLfBLA0biFQHYLZb\\n"                          \
    "GeckMB8GA1UdIwQYMBaAFKutjq3YdLfBLA0biFQHYLZbGeckMA8GA1UdEwEB/wQF\\n"                          \
    "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgOCJh0e3FlehSOFvUohBriGWjeuabDCin\\n"                          \
    "XRRxcWK7BfgCIQD9n6DM0DwtNqIspDurWXhpmkdI4w+7lY9k6/4R8FPSTA==\\n"                              \
    "-----END CERTIFICATE-----\\n"
