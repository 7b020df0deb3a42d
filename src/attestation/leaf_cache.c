/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/leaf_cache.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
    struct cert *cert; /* owned; NULL: free */
    uint64_t used;     /* when, in uses of the cache */
};

struct leaf_cache {
    pthread_mutex_t lock; /* guards what follows */
    uint64_t uses;
    struct slot slots[LEAF_CACHE_MAX];
};

struct leaf_cache *leaf_cache_new(void)
{
    struct leaf_cache *const cache = mem_zero_alloc(1, sizeof *cache);

    (void)pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

void leaf_cache_free(struct leaf_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < LEAF_CACHE_MAX; i++)
        cert_free(cache->slots[i].cert);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

static struct slot *slot_of(struct leaf_cache *cache, struct bytes der)
{
    for (size_t i = 0; i < LEAF_CACHE_MAX; i++) {
        struct slot *const slot = &cache->slots[i];
        if (slot->cert != NULL && bytes_equal(cert_der(slot->cert), der))
            return slot;
    }
    return NULL;
}

struct cert *leaf_cache_find(struct leaf_cache *cache, struct bytes der)
{
    struct cert *found = NULL;

    (void)pthread_mutex_lock(&cache->lock);
    struct slot *const slot = slot_of(cache, der);
    if (slot != NULL) {
        slot->used = ++cache->uses;
        found = cert_ref(slot->cert);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return found;
}

bool leaf_cache_holds(struct leaf_cache *cache, const struct cert *cert)
{
    bool held = false;

    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < LEAF_CACHE_MAX && !held; i++)
        held = cache->slots[i].cert == cert;
    (void)pthread_mutex_unlock(&cache->lock);
    return held;
}

/* The place of the same certificate, else a free one, else the one that was not used for longest. */
static struct slot *slot_for(struct leaf_cache *cache, const struct cert *cert)
{
    struct slot *best = slot_of(cache, cert_der(cert));

    if (best != NULL)
        return best;
    best = &cache->slots[0];
    for (size_t i = 1; i < LEAF_CACHE_MAX; i++) {
        if (cache->slots[i].used < best->used)
            best = &cache->slots[i];
    }
    return best;
}

void leaf_cache_add(struct leaf_cache *cache, struct cert *cert)
{
    (void)pthread_mutex_lock(&cache->lock);
    struct slot *const slot = slot_for(cache, cert);
    struct cert *const old = slot->cert;
    *slot = (struct slot){ cert_ref(cert), ++cache->uses };
    (void)pthread_mutex_unlock(&cache->lock);
    cert_free(old);
}
