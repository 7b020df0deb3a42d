/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/*
 * TCG DICE tagged evidence, as RA-TLS puts it into certificates (Interoperable RA-TLS: SGX / TDX Evidence Formats; RFC 8949):
 *
 *   60000([ quote, claims ])                       both byte strings; the report data of the quote is SHA-256 of claims
 *   claims   { "pubkey-hash": entry, "nonce": x }  the nonce may be absent
 *   entry    [ algorithm, hash ]                   of the SubjectPublicKeyInfo, in a byte string
 */
enum { NAMED_HASH_SHA256 = 1 }; /* IANA, Named Information Hash Algorithm Registry */

/* Views into what was parsed. */
struct tagged_evidence {
    struct bytes quote, claims;
    uint64_t hash_algorithm; /* number of that registry */
    struct bytes key_hash;
    struct bytes nonce; /* empty: none */
};
/* FAIL_MALFORMED with the field that does not fit; bytes behind any part are refused. */
bool tagged_evidence_parse(struct bytes cbor, struct tagged_evidence *evidence,
                           struct err *err) MUST_CHECK;
