/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/*
 * A persistent ordered map from byte strings to byte strings: changing one gives another that
 * shares what did not change, so a snapshot costs O(log n) and can be read by every thread
 * while the next one is being built.
 *
 * NULL is the empty map. A map is owned through a reference: omap_ref adds one, omap_free gives
 * one back. Values may be secrets, so what nobody refers to any more is wiped. Reference counts
 * are atomic; everything else never changes after it was built.
 */
struct omap;

const struct omap *omap_ref(const struct omap *map) MUST_CHECK;
void omap_free(const struct omap *map);

/* The map with key set to value (copied), as a new reference; *map stays as it is. */
const struct omap *omap_with(const struct omap *map, struct bytes key,
                             struct bytes value) MUST_CHECK;
/* The map without key, as a new reference; *map itself when there is none. */
const struct omap *omap_without(const struct omap *map, struct bytes key) MUST_CHECK;

struct omap_entry {
    struct bytes key, value; /* views, valid as long as the map is */
};

/* False when there is no such key; *value is untouched then. NULL for value: only ask. */
bool omap_get(const struct omap *map, struct bytes key, struct bytes *value) MUST_CHECK;
/* The first entry whose key is >= from (strictly greater with `after`); false at the end. */
bool omap_seek(const struct omap *map, struct bytes from, bool after,
               struct omap_entry *entry) MUST_CHECK;
/*
 * For loops over all keys with a prefix: start with *entry all zero; false at the end.
 *     for (struct omap_entry e = { 0 }; omap_next_with_prefix(map, prefix, &e);)
 */
bool omap_next_with_prefix(const struct omap *map, struct bytes prefix,
                           struct omap_entry *entry) MUST_CHECK;
size_t omap_count(const struct omap *map) MUST_CHECK;
/* Bytes of all keys and values together. */
size_t omap_size(const struct omap *map) MUST_CHECK;

static inline void omap_cleanup(const struct omap **map)
{
    omap_free(*map);
}
#define auto_omap const struct omap CLEANUP(omap_cleanup)
