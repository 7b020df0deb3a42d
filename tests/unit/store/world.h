/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include "fake_files.h"
#include "store/store.h"

/* One machine with a fake disk, a clock, a platform key, and a store in /seal. */
struct world {
    struct fake_disk *disk; /* borrowed */
    struct env env;
    struct log log;
    struct sealing sealing;
    uint64_t random_calls;
    uint8_t machine; /* which platform key it has */
    enum fail_kind sealing_fails;
};

void world_init(struct world *world, struct fake_disk *disk);
/* FAIL_UNAVAILABLE and so on come out of err. */
struct store *world_open(struct world *world, enum store_verdict *verdict, struct err *err);
/* Opens and expects this verdict; NULL for STOPPED. */
struct store *world_expect(struct world *world, enum store_verdict verdict);

#define WORLD_RWK BYTES_LITERAL("0123456789abcdef0123456789abcdef")
#define WORLD_METADATA BYTES_LITERAL("{\"v\":2}")
#define WORLD_SIGNATURE BYTES_LITERAL("signed")
/* Another recovery set. */
#define WORLD_RWK_2 BYTES_LITERAL("fedcba9876543210fedcba9876543210")
#define WORLD_METADATA_2 BYTES_LITERAL("{\"v\":2,\"set\":2}")
#define WORLD_SIGNATURE_2 BYTES_LITERAL("signed again")

/* A map of "key" -> "value" pairs, NULL at the end; a new reference. */
const struct omap *world_map(const char *first_key, ...) __attribute__((sentinel));
bool world_maps_equal(const struct omap *a, const struct omap *b);
bool world_begin(struct store *store, const struct omap *values, const char *set_aside,
                 struct err *err);
/* Sets one recovery set or two; a key that is empty: the set is to stay. */
bool world_set_recovery(struct store *store, const struct store_recovery_set *sets, size_t count,
                        const struct omap *values, struct err *err);
/* Does this key unlock what is on the disk, on a machine that was never there? */
bool world_unlocks(const struct fake_disk *disk, struct bytes rwk);
/* One delta with one put (value NULL: delete). */
bool world_put(struct store *store, const char *key, const char *value, struct err *err);
bool world_put_bytes(struct store *store, const char *key, struct bytes value, struct err *err);
/* A new disk with a state of three values, a: 1, b: 2, c: 3, and two segments of the journal. */
struct fake_disk *world_two_segments(struct world *world);
/* Checks the values of an open store and gives the map back. */
void world_assert_values(const struct store *store, const struct omap *want);
/* The value of a key as a string; "" when there is none. Freed by the caller. */
char *world_get(const struct store *store, const char *key);
