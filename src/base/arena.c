/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
    struct arena_block *older;
    size_t size, used;
    _Alignas(max_align_t) uint8_t at[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->newest;
    size_t need;

    if (size > SIZE_MAX / 2 || __builtin_add_overflow(size, sizeof(max_align_t) - 1, &need))
        abort();
    need = need / sizeof(max_align_t) * sizeof(max_align_t);
    if (block == NULL || need > block->size - block->used) {
        size_t room = block == NULL ? FIRST_BLOCK : block->size * 2;
        room = room > LARGEST_BLOCK ? LARGEST_BLOCK : room;
        room = room < need ? need : room;
        block = mem_zero_alloc(1, sizeof *block + room);
        block->older = arena->newest;
        block->size = room;
        arena->newest = block;
    }
    void *const at = block->at + block->used;
    block->used += need;
    arena->used += need;
    return at;
}

struct bytes arena_bytes(struct arena *arena, struct bytes from)
{
    void *const copy = arena_alloc(arena, from.len);

    if (from.len > 0)
        memcpy(copy, from.at, from.len);
    return bytes_of(copy, from.len);
}

char *arena_string(struct arena *arena, struct bytes from)
{
    char *const copy = arena_alloc(arena, from.len + 1);

    if (from.len > 0)
        memcpy(copy, from.at, from.len);
    return copy;
}

void arena_clear(struct arena *arena)
{
    for (struct arena_block *block = arena->newest, *older; block != NULL; block = older) {
        older = block->older;
        mem_wipe_free(block, sizeof *block + block->used);
    }
    *arena = (struct arena){ 0 };
}
