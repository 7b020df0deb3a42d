/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/bundle.h"
#include "attestation/collateral.h"

/*
 * Verification of reports of SEV-SNP by the procedure of attestation.md, 8.4.
 *
 *   snp_collateral_parse   once for each bundle: what holds at any time is verified here and remembered
 *   snp_verify             once for each report: what depends on the report and on the time
 */

/* Immutable; may be used from several threads. */
struct snp_collateral;
/*
 * Copies what it needs of the bundle. Never fails: an item that is absent or wrong is remembered with its reason and
 * refuses every report. The anchors are borrowed during the call.
 */
struct snp_collateral *snp_collateral_parse(const struct bundle *bundle,
                                            const struct trust_anchors *anchors) MUST_CHECK;
void snp_collateral_free(struct snp_collateral *collateral);
/* Sets all but tee; the views live as long as the collateral. */
void snp_collateral_summary(const struct snp_collateral *collateral,
                            struct collateral_summary *summary);

/*
 * Fill a verdict that is all zero. False: the verdict has the reason. Its views live in the arena, in the report, and in
 * the collateral.
 */

/* Reads fields and shape; nothing is trusted. REASON_FORMAT. */
bool snp_inspect(struct bytes report, struct arena *arena, struct verdict *verdict) MUST_CHECK;
/* collateral NULL: collateral_missing, after the shape was found to be good. */
bool snp_verify(struct bytes report, const struct snp_collateral *collateral,
                const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                struct verdict *verdict) MUST_CHECK;

DEFINE_CLEANUP(struct snp_collateral, snp_collateral_cleanup, snp_collateral_free)
#define auto_snp_collateral struct snp_collateral CLEANUP(snp_collateral_cleanup)
