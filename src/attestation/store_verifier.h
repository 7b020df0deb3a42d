/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral_store.h"
#include "attestation/verifier.h"
#include "attestation/verify.h"

/*
 * The quote_verifier of a Coordinator: finds the collateral for a piece of evidence in a store and verifies it. A
 * platform whose TCB is revoked is not refused when all else is right: the verdict has no reason then, but the status, which
 * whoever asks has to accept.
 *
 * Outcomes are kept, a bounded number of them, and used again for the same evidence. That is safe, because a verdict is a
 * function of four things, and each of them is compared before:
 *
 *   the evidence      by its SHA-256
 *   the collateral    by the number of the store's set, which changes with every byte of any file
 *   the anchors       are those of the store for ever
 *   the time          has to lie within the windows of everything that the verdict rests on: between them nothing
 *                     about it depends on the time
 *
 * Only what is valid is kept; a refusal is found out anew each time. What the evidence is used for (report data, the package of the
 * manifest, TCB status, advisories) is none of it: the caller compares that at every use.
 */
struct store_verifier;

/* The store outlives the verifier. metrics: NULL for none. */
struct store_verifier *store_verifier_new(struct collateral_store *store,
                                          struct metrics *metrics) MUST_CHECK;
/* Lives as long as the verifier. From any thread; never on an event loop: it takes milliseconds. */
const struct quote_verifier *store_verifier_interface(const struct store_verifier *verifier)
    MUST_CHECK;
/* NULL is fine. */
void store_verifier_free(struct store_verifier *verifier);
DEFINE_CLEANUP(struct store_verifier, store_verifier_cleanup, store_verifier_free)
#define auto_store_verifier struct store_verifier CLEANUP(store_verifier_cleanup)
