/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "store/store.h"

/*
 * What is in a seal directory, as far as it can be known without keys, for people who have to decide what to do
 * with it. Only reads: it takes no lock, writes nothing and creates nothing, so that a Coordinator may be running on
 * the directory; then files may change while they are read, which can look like damage.
 */
struct store_inspection {
    /* FRESH, FOREIGN, STOPPED; LOCKED: a state that is complete as far as that can be seen, which a key slot of
     * this machine may open. */
    enum store_verdict verdict;
    struct err damage; /* STOPPED: what and where */

    /* Of a state of ours, when its header could be read (generation above 0). Nothing is authenticated. */
    uint64_t generation, seq;
    uint8_t deployment[STORE_DEPLOYMENT_LEN];
    struct buf metadata;                      /* one line for each recovery set */
    uint64_t journal_bytes, journal_segments; /* that count */
    uint64_t torn_bytes;       /* at the end: a crash, or a commit that is being written */
    uint64_t covered_segments; /* files that the snapshot has made superfluous */

    uint64_t snapshot_bytes;       /* of sealed_data */
    struct buf foreign;            /* FOREIGN: sealed_data as it is */
    bool has_key_file, unfinished; /* sealed_key, sealed_data.new */
    uint64_t key_slots, own_slots; /* in sealed_key: that parse, and that are of this generation */
};
void store_inspection_clear(struct store_inspection *inspection);
#define auto_store_inspection struct store_inspection CLEANUP(store_inspection_clear)

/* Into one that is all zero. Of env only files and log are used. FAIL_NOT_FOUND: a file went away meanwhile;
 * FAIL_UNAVAILABLE: the directory or a file cannot be read. */
bool store_inspect(const struct env *env, const char *directory,
                   struct store_inspection *inspection, struct err *err) MUST_CHECK;
