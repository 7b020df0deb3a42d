/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/bundle.h"
#include "attestation/collateral.h"
#include "attestation/quote.h"

/*
 * Verification of quotes of SGX and TDX by the steps 0 to 14 of attestation.md, 6.
 *
 *   intel_collateral_parse   once for each bundle: what holds at any time is verified here and remembered
 *   intel_verify             once for each quote: what depends on the quote and on the time
 */

/* Immutable but for what it remembers; may be used from several threads. */
struct intel_collateral;
/*
 * Copies what it needs of the bundle. Never fails: an item that is absent or wrong is remembered with its reason and
 * refuses the quotes that need it. The anchors are borrowed during the call.
 */
struct intel_collateral *intel_collateral_parse(const struct bundle *bundle,
                                                const struct trust_anchors *anchors) MUST_CHECK;
void intel_collateral_free(struct intel_collateral *collateral);
/* Sets all but tee; the views live as long as the collateral. */
void intel_collateral_summary(const struct intel_collateral *collateral,
                              struct collateral_summary *summary);

/*
 * Fill a verdict that is all zero but for what is known of the wrapper. quote: from quote_parse. False: the verdict has
 * the reason. The views of the verdict live in the arena, in the quote, and in the collateral.
 */

/* Reads fields and shape of the signature data; nothing is trusted. REASON_FORMAT, REASON_UNSUPPORTED. */
bool intel_inspect(const struct quote *quote, struct arena *arena,
                   struct verdict *verdict) MUST_CHECK;
/* The same, and what the PCK certificate in the quote says about its platform. REASON_COLLATERAL_MISSING: it has none. */
bool intel_locate(const struct quote *quote, struct arena *arena,
                  struct verdict *verdict) MUST_CHECK;
/* collateral NULL: collateral_missing, after all that can be checked without. */
bool intel_verify(const struct quote *quote, const struct intel_collateral *collateral,
                  const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                  struct verdict *verdict) MUST_CHECK;
/* PCK chain with its validity, QE report, key binding and quote signature; see evidence_verify_signatures. */
bool intel_verify_signatures(const struct quote *quote, const struct intel_collateral *collateral,
                             const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                             struct verdict *verdict) MUST_CHECK;

DEFINE_CLEANUP(struct intel_collateral, intel_collateral_cleanup, intel_collateral_free)
#define auto_intel_collateral struct intel_collateral CLEANUP(intel_collateral_cleanup)
