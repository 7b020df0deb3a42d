/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral_set.h"
#include "attestation/evaluation_numbers.h"
#include "base/env.h"
#include "metrics/metrics.h"

/*
 * A directory of collateral bundles, `*.json` in the format of attestation.md, 11, that may change while it is used.
 *
 *   collateral_store_open    reads it
 *   collateral_store_scan    reads it again; what changed is checked, and a new set takes the place of the old one
 *   collateral_store_set     what holds now
 *
 * Files are told apart by the hash of their bytes, so a change is never missed and nothing is parsed twice. A file that turns
 * bad or cannot be read keeps the bundle that it had; one that is gone is gone. For each TEE and FMSPC no bundle
 * is used whose evaluation number is lower than the highest that was seen; with a memory also by earlier stores. A memory
 * that is empty or damaged is a warning in the log. What changes is in the log. The directory is trusted with nothing but to be there: whoever writes it can
 * withhold collateral, but not make any.
 */
struct collateral_store;

/* env, directory, anchors and memory outlive the store. memory: where evaluation numbers are kept, NULL for nowhere; it is used while
 * the store reads the directory. FAIL_UNAVAILABLE: the directory cannot be listed. */
struct collateral_store *collateral_store_open(const struct env *env, const char *directory,
                                               const struct trust_anchors *anchors,
                                               const struct number_memory *memory,
                                               struct err *err) MUST_CHECK;
/* From any thread, takes as long as reading does. When the directory cannot be listed all stays as it is; the log says so. */
void collateral_store_scan(struct collateral_store *store);
/* A new reference. From any thread. */
struct collateral_set *collateral_store_set(struct collateral_store *store) MUST_CHECK;
const struct trust_anchors *collateral_store_anchors(const struct collateral_store *store)
    MUST_CHECK;
/* Adds what docs/monitoring.md says of collateral; the store outlives the registry's last text. NULL is fine. */
void collateral_store_observe(struct collateral_store *store, struct metrics *metrics);
/* NULL is fine. */
void collateral_store_free(struct collateral_store *store);
DEFINE_CLEANUP(struct collateral_store, collateral_store_cleanup, collateral_store_free)
#define auto_collateral_store struct collateral_store CLEANUP(collateral_store_cleanup)
