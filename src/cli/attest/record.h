/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "crypto/cert.h"

/*
 * What `attest save` keeps of a Coordinator that was verified, for who wants to see it again years later: a carried file
 * (carried_file.h; docs/attestation.md) with saved_at, endpoint, certificates (PEM: intermediate, root), nonce, evidence and
 * collateral (a bundle).
 *
 * Nothing signs it as a whole: evidence and collateral prove themselves, evidence proves root and nonce, and the time is what
 * the file says.
 */
enum { RECORD_NONCE_MAX = 4096 }; /* bytes */

struct saved_record {
    struct arena arena; /* of the views */
    int64_t saved_at;   /* seconds since 1970 */
    struct bytes coordinator, nonce;
    struct bytes collateral;          /* the bundle's text */
    struct bytes evidence;            /* as the Coordinator sent it */
    struct cert *root, *intermediate; /* owned */
};
void saved_record_clear(struct saved_record *record);

/* Does the text say that it is a record? */
bool saved_record_is_meant(struct bytes text) MUST_CHECK;
/* FAIL_MALFORMED names the member. Nothing is verified; saved_record_clear is for both outcomes. */
bool saved_record_parse(struct bytes text, struct saved_record *record, struct err *err) MUST_CHECK;
/* Appends the text of a record. collateral: a bundle that was parsed. The arena is not looked at. */
void saved_record_put(const struct saved_record *record, struct buf *json);
