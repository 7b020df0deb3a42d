/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/io/carried_file.h"
#include "cli/io/fingerprint.h"

/*
 * What `recover answer` writes and `recover submit` reads: a holder's secret, encrypted to the key of a request, and
 * signed.
 *
 *     {"note":…, "format":"taw recovery answer", "version":1, "made":time, "endpoint":text, "session":hex,
 *      "publicKey":fingerprint, "holder":fingerprint, "recoverySecret":octets, "recoverySecretSignature":octets}
 *
 * A plain secret is too short to be written or read here. The signature is over the plain secret.
 */
struct recovery_answer {
    struct bytes made, endpoint, session; /* the last two are those of the request */
    char key[FINGERPRINT_LEN + 1];        /* of the request */
    char holder[FINGERPRINT_LEN + 1];     /* of the recovery key */
    struct buf secret, signature;

    struct arena arena; /* of what was read */
};
void recovery_answer_clear(struct recovery_answer *a);
#define auto_recovery_answer struct recovery_answer CLEANUP(recovery_answer_clear)

/* Appends. */
void recovery_answer_write(const struct recovery_answer *a, struct buf *out);
/* As recovery_request_read. */
bool recovery_answer_read(struct bytes text, struct recovery_answer *a, struct err *err) MUST_CHECK;
