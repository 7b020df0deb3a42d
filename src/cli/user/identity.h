/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "crypto/cert.h"

/*
 * Keys and certificates of people: PEM files, of which an encrypted key asks for its passphrase at the terminal; or objects on
 * tokens, by pkcs11: URIs in the place of paths (RFC 7512), or by the flags --pkcs11-* of the original.
 */

/* Is one named? For commands that do without. */
bool identity_has_recovery_key(const struct cli *cli) MUST_CHECK;
/* The private half of a recovery key (--key, --pkcs11-*); sets the status. */
struct key *identity_recovery_key(struct cli *cli, struct err *err) MUST_CHECK;
/* A private key of any type in a file, or on a token by its URI; sets the status. */
struct key *identity_key(struct cli *cli, const char *path, struct err *err) MUST_CHECK;
/* Is a user named? For commands that do without. */
bool identity_has_user(const struct cli *cli) MUST_CHECK;
/* Certificate and key of a user, which have to belong together; both are the caller's. Sets the status. */
bool identity_user(struct cli *cli, struct cert **cert, struct key **key,
                   struct err *err) MUST_CHECK;
