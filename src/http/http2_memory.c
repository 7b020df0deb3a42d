/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http2_memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* In front of each piece: how much is to be wiped. */
struct piece {
    size_t len;
    alignas(max_align_t) uint8_t at[];
};

static struct piece *piece_of(void *at)
{
    return (struct piece *)((uint8_t *)at - offsetof(struct piece, at));
}

/* nghttp2 reports missing memory itself, so this does not end the process. */
static void *wiped_malloc(size_t size, void *user)
{
    size_t whole;

    (void)user;
    if (__builtin_add_overflow(size, sizeof(struct piece), &whole))
        return NULL;
    struct piece *const piece = malloc(whole);
    if (piece == NULL)
        return NULL;
    piece->len = size;
    return piece->at;
}

static void wiped_free(void *at, void *user)
{
    (void)user;
    if (at != NULL)
        mem_wipe_free(piece_of(at), sizeof(struct piece) + piece_of(at)->len);
}

static void *wiped_calloc(size_t count, size_t size, void *user)
{
    size_t all;

    if (__builtin_mul_overflow(count, size, &all))
        return NULL;
    void *const at = wiped_malloc(all, user);
    if (at != NULL)
        memset(at, 0, all);
    return at;
}

static void *wiped_realloc(void *old, size_t size, void *user)
{
    void *const at = wiped_malloc(size, user);

    if (at == NULL || old == NULL)
        return at;
    const size_t old_len = piece_of(old)->len;
    memcpy(at, old, old_len < size ? old_len : size);
    wiped_free(old, user);
    return at;
}

const nghttp2_mem http2_memory = { NULL, wiped_malloc, wiped_free, wiped_calloc, wiped_realloc };
