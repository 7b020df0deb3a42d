/* SPDX-License-Identifier: Apache-2.0 */
#include "core/vouched.h"

#include "crypto/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 512 };

struct vouched {
    pthread_mutex_t lock; /* of the slots */
    /* Each has its place by its first bytes; zeros are the hash of nothing that anybody will find. */
    uint8_t hashes[SLOTS][SHA256_LEN];
};

struct vouched *vouched_new(void)
{
    struct vouched *const v = mem_zero_alloc(1, sizeof *v);

    (void)pthread_mutex_init(&v->lock, NULL);
    return v;
}

void vouched_free(struct vouched *v)
{
    if (v == NULL)
        return;
    (void)pthread_mutex_destroy(&v->lock);
    free(v);
}

static uint8_t *slot_of(struct vouched *v, const uint8_t hash[static SHA256_LEN])
{
    return v->hashes[(hash[0] << 8 | hash[1]) % SLOTS];
}

static bool is_known(struct vouched *v, const uint8_t hash[static SHA256_LEN])
{
    (void)pthread_mutex_lock(&v->lock);
    const bool known = memcmp(slot_of(v, hash), hash, SHA256_LEN) == 0;
    (void)pthread_mutex_unlock(&v->lock);
    return known;
}

static void remember(struct vouched *v, const uint8_t hash[static SHA256_LEN])
{
    (void)pthread_mutex_lock(&v->lock);
    memcpy(slot_of(v, hash), hash, SHA256_LEN);
    (void)pthread_mutex_unlock(&v->lock);
}

bool vouched_issued_by(struct vouched *v, const struct cert *cert, const struct cert *issuer)
{
    /* DER says itself where it ends, so no two pairs are the same bytes. */
    const struct bytes parts[] = { cert_der(issuer), cert_der(cert) };
    uint8_t hash[SHA256_LEN];
    struct err err = { 0 };

    if (!sha256_parts(parts, COUNT_OF(parts), hash, &err))
        return cert_issued_by(cert, issuer);
    if (is_known(v, hash))
        return true;
    if (!cert_issued_by(cert, issuer))
        return false;
    remember(v, hash);
    return true;
}
