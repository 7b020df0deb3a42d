/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/secret.h"
#include "crypto/key.h"

/*
 * A recovery secret as its holder keeps it in a file:
 *
 *   - plain: 16, 32 or 33 bytes
 *   - encrypted to his recovery key: as many bytes as the key has
 *   - either of them in base64, as one line
 *   - an answer of the Coordinator with the encrypted secrets of all holders, as a whole or only its `data`:
 *     {"RecoverySecrets":{"<name>":base64}}, {"recoverySecrets":{...}}, and {"EncryptionKey":base64} of 2020
 */

/*
 * The plain secret; freed by the caller. key: private; name: whose secret it is in an answer. FAIL_MALFORMED: nothing of the
 * above; FAIL_NOT_FOUND: the answer has no secret of that name; FAIL_DENIED: not encrypted to this key;
 * FAIL_UNAVAILABLE: whoever holds the key (crypto/key_held.h) does not decrypt. No text has any byte of the file.
 */
struct secret *share_from_file(struct bytes file, struct bytes name, const struct key *key,
                               struct err *err) MUST_CHECK;
