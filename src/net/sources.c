/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

#include <stdlib.h>
#include <string.h>

/* Open addressing with linear probing, at most half full; a slot with count 0 is free. */
struct slot {
    struct source source;
    size_t count;
};
struct sources {
    pthread_mutex_t lock;
    size_t limit;
    uint64_t key[2];
    size_t used, mask; /* slots: mask + 1, a power of two */
    struct slot *slots;
};

enum { FIRST_SLOTS = 64 };

/* Half of the address times half of the address, each with its part of the key; both halves of the
 * product count, so that no bit of either is lost. */
static size_t home(const struct sources *sources, const struct source *source)
{
    uint64_t half[2];

    memcpy(half, source->at, sizeof half);
    const unsigned __int128 product =
        (unsigned __int128)(half[0] ^ sources->key[0]) * (half[1] ^ sources->key[1]);
    const uint64_t folded = (uint64_t)product ^ (uint64_t)(product >> 64);
    return (size_t)(folded ^ folded >> 32) & sources->mask;
}

/* Where the source is, or the free slot where it would be. */
static size_t find(const struct sources *sources, const struct source *source)
{
    size_t i = home(sources, source);

    while (sources->slots[i].count > 0 &&
           memcmp(sources->slots[i].source.at, source->at, sizeof source->at) != 0)
        i = (i + 1) & sources->mask;
    return i;
}

static void grow(struct sources *sources)
{
    struct slot *const old = sources->slots;
    const size_t count = sources->mask + 1;

    sources->mask = 2 * count - 1;
    sources->slots = mem_zero_alloc(2 * count, sizeof *sources->slots);
    for (size_t i = 0; i < count; i++) {
        if (old[i].count > 0)
            sources->slots[find(sources, &old[i].source)] = old[i];
    }
    free(old);
}

/* Frees a slot and moves those behind it up, so that no search ends too early. */
static void vacate(struct sources *sources, size_t hole)
{
    size_t i = hole;

    sources->slots[hole].count = 0;
    sources->used--;
    for (;;) {
        i = (i + 1) & sources->mask;
        if (sources->slots[i].count == 0)
            return;
        const size_t from_home = (i - home(sources, &sources->slots[i].source)) & sources->mask;
        if (from_home < ((i - hole) & sources->mask))
            continue; /* its home is behind the hole */
        sources->slots[hole] = sources->slots[i];
        sources->slots[i].count = 0;
        hole = i;
    }
}

struct sources *sources_new(size_t limit, const uint64_t key[static 2])
{
    struct sources *const sources = mem_zero_alloc(1, sizeof *sources);

    (void)pthread_mutex_init(&sources->lock, NULL);
    sources->limit = limit;
    memcpy(sources->key, key, sizeof sources->key);
    sources->mask = FIRST_SLOTS - 1;
    sources->slots = mem_zero_alloc(FIRST_SLOTS, sizeof *sources->slots);
    return sources;
}

bool sources_enter(struct sources *sources, const struct source *source)
{
    (void)pthread_mutex_lock(&sources->lock);
    struct slot *slot = &sources->slots[find(sources, source)];
    if (slot->count == 0 && 2 * (sources->used + 1) > sources->mask) {
        grow(sources);
        slot = &sources->slots[find(sources, source)];
    }
    const bool room = slot->count < sources->limit;
    if (room && slot->count == 0) {
        slot->source = *source;
        sources->used++;
    }
    if (room)
        slot->count++;
    (void)pthread_mutex_unlock(&sources->lock);
    return room;
}

void sources_leave(struct sources *sources, const struct source *source)
{
    (void)pthread_mutex_lock(&sources->lock);
    const size_t i = find(sources, source);
    if (sources->slots[i].count > 1)
        sources->slots[i].count--;
    else if (sources->slots[i].count == 1)
        vacate(sources, i);
    (void)pthread_mutex_unlock(&sources->lock);
}

size_t sources_count(struct sources *sources)
{
    (void)pthread_mutex_lock(&sources->lock);
    const size_t used = sources->used;
    (void)pthread_mutex_unlock(&sources->lock);
    return used;
}

void sources_free(struct sources *sources)
{
    if (sources == NULL)
        return;
    (void)pthread_mutex_destroy(&sources->lock);
    free(sources->slots);
    free(sources);
}
