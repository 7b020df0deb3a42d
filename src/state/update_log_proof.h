/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "state/snapshot.h"

/*
 * What an auditor keeps of the update log: all lines, and a statement by the Coordinator about them, signed by its root
 * key. With the statement of an earlier day he proves that since then nothing was removed, changed or put in between.
 *
 *   update_log_prove          the Coordinator's side: statement and signature
 *   update_log_proof_parse    the auditor's: the answer of GET /api/v2/update/chain, or its data
 *   update_log_proof_check    do lines, statement and signature belong together?
 *   update_log_proof_extends  does the later log begin with all of the earlier one?
 *
 * The statement is JSON of one line, signed as it stands:
 *   {"format":"taw-update-log-1","lines":n,"chain":"<hex>","manifestFingerprint":"<hex>","time":"<RFC 3339, UTC>"}
 */
#define UPDATE_LOG_FORMAT "taw-update-log-1"

/* Appends both; the signature is ECDSA over SHA-256 of the statement, ASN.1 DER. FAIL_INTERNAL. Only with a manifest. */
bool update_log_prove(const struct snapshot *snapshot, int64_t now_ms, struct buf *statement,
                      struct buf *signature, struct err *err) MUST_CHECK;

/* Views live in the arena and in the text that it was read from. */
struct update_log_proof {
    size_t line_count;
    const struct bytes *lines;
    struct bytes statement, signature;
    struct update_log_end end; /* as the statement says */
    struct bytes time, manifest_fingerprint;
};
/* FAIL_MALFORMED with the place. */
bool update_log_proof_parse(struct bytes json, struct arena *arena, struct update_log_proof *proof,
                            struct err *err) MUST_CHECK;
/* FAIL_DENIED: what does not fit. root: the Coordinator's root certificate. */
bool update_log_proof_check(const struct update_log_proof *proof, const struct cert *root,
                            struct err *err) MUST_CHECK;
/* Both were checked. FAIL_DENIED: since the earlier one lines were removed or changed; names the first of them. */
bool update_log_proof_extends(const struct update_log_proof *later,
                              const struct update_log_proof *earlier, struct err *err) MUST_CHECK;
