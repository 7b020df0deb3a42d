/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"
#include "attestation/pck_id.h"
#include "attestation/verdict.h"

/*
 * Verification of SGX and TDX quotes and of SEV-SNP reports by the procedure of attestation.md, 6 to 8. No I/O and no
 * clock: evidence, collateral, time and trust anchors go in, a verdict comes out.
 *
 *   collateral_parse   once for each bundle: its signatures are verified here, because they hold at any time
 *   evidence_verify    for each piece of evidence
 */

/*
 * evidence: a quote or a report, in the header of Open Enclave or bare; which of them is found out from the bytes.
 * collateral: NULL gives collateral_missing after everything that can be checked without. now: seconds since 1970. The
 * caller compares report data and measurements: true only says that a genuine platform made the evidence
 * and that its TCB is not revoked. From any thread.
 */
bool evidence_verify(struct bytes evidence, const struct collateral *collateral,
                     const struct trust_anchors *anchors, int64_t now, struct arena *arena,
                     struct verdict *verdict) MUST_CHECK;
/*
 * Chain, QE report, key binding and quote signature of a quote. Of the collateral, which may be NULL, only the PCK chain is
 * used, for a quote that does not bring its own. Never enough to trust the evidence: nothing is known of revocation and TCB.
 */
bool evidence_verify_signatures(struct bytes evidence, const struct collateral *collateral,
                                const struct trust_anchors *anchors, int64_t now,
                                struct arena *arena, struct verdict *verdict) MUST_CHECK;
/* Only parses: fields and shape, nothing is trusted. */
bool evidence_inspect(struct bytes evidence, struct arena *arena,
                      struct verdict *verdict) MUST_CHECK;
/*
 * As evidence_inspect, and for a quote what the PCK certificate in it says about its platform: FMSPC, PCE, CA. Nothing is
 * trusted: it is for finding the collateral. False for a quote without a PCK chain too.
 */
bool evidence_locate(struct bytes evidence, struct arena *arena,
                     struct verdict *verdict) MUST_CHECK;
/*
 * What a quote that names its PCK certificate says of it; the views live in the evidence. FAIL_MALFORMED; FAIL_NOT_FOUND: it
 * names none, or is a report.
 */
bool evidence_pck_id(struct bytes evidence, struct pck_id *id, struct err *err) MUST_CHECK;
/*
 * A report of SEV-SNP without the certificate table that a host puts behind it, which nothing signs and nothing here
 * needs; everything else as it is. A view.
 */
struct bytes evidence_without_certificates(struct bytes evidence) MUST_CHECK;
/*
 * Is it a report of SEV-SNP with such a table behind it, and not with something else? The table has one entry or more of GUID,
 * offset and length, which lies within it, up to a GUID of zeros (attestation.md, 10.2).
 */
bool evidence_has_certificates(struct bytes evidence) MUST_CHECK;
