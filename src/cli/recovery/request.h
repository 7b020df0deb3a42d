/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/io/carried_file.h"
#include "crypto/cert.h"

/*
 * What `recover request` writes and `recover answer` reads: a Coordinator in recovery mode, and the key to which a
 * recovery secret can be encrypted for it.
 *
 *     {"note":…, "format":"taw recovery request", "version":1, "made":time, "endpoint":text, "session":hex,
 *      "needed":number, "received":number, "missing":[names], "verified":bool, "nonce":octets, "quote":octets,
 *      "certificates":PEM, "publicKey":PEM, "signature":octets, "collateral":bundle}
 *
 * The quote is over root certificate and nonce, and the signature is that of the root's key over publicKey (recovery/signed_key.h): together
 * they vouch for it. The original signs nothing, and in simulation nothing vouches for the root. Then a file that
 * somebody else has touched can hold a key of his; it is not answered before its fingerprint (fingerprint.h) was compared with
 * what the one who made the request saw. `verified` is what he says and decides nothing.
 */
struct recovery_request {
    struct bytes made, endpoint, session; /* session empty: the Coordinator tells none */
    uint64_t needed, received;
    const struct json *missing; /* list of names; NULL: not told */
    bool verified;              /* not with --insecure */
    struct bytes nonce, quote;  /* quote empty: simulation */
    struct cert *intermediate, *root;
    struct key *key;         /* RSA, public */
    struct bytes signature;  /* empty: there is none; not checked here */
    struct bytes collateral; /* JSON; empty: none */

    struct arena arena; /* of what was read */
    struct buf nonce_bytes, quote_bytes, signature_bytes;
};
void recovery_request_clear(struct recovery_request *r);
#define auto_recovery_request struct recovery_request CLEANUP(recovery_request_clear)

/* Appends. The collateral has to be JSON. */
bool recovery_request_write(const struct recovery_request *r, struct buf *out,
                            struct err *err) MUST_CHECK;
/*
 * Views borrow from the text. *r is zero before, and to be cleared also after a failure. FAIL_MALFORMED with the place,
 * FAIL_TOO_LARGE.
 */
bool recovery_request_read(struct bytes text, struct recovery_request *r,
                           struct err *err) MUST_CHECK;
