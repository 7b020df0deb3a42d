/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/*
 * Memory that lives as long as a request or a parsed document and is wiped and freed as one.
 * Zero-initialised is empty and valid.
 */
struct arena_block;
struct arena {
    struct arena_block *newest;
    size_t used; /* bytes handed out */
};

/* Zeroed memory, aligned for every type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
/* A copy in the arena. */
struct bytes arena_bytes(struct arena *arena, struct bytes from) MUST_CHECK;
/* A NUL-terminated copy in the arena. */
char *arena_string(struct arena *arena, struct bytes from) MUST_CHECK;
/* Wipes and frees everything; the arena is empty and valid afterwards. */
void arena_clear(struct arena *arena);

#define auto_arena struct arena CLEANUP(arena_clear)
