/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "crypto/cert.h"

/* Keys and certificates of people, from PEM files. An encrypted key asks for its passphrase at the terminal. */

/* The private half of a recovery key; sets the status. */
struct key *identity_recovery_key(struct cli *cli, const char *path, struct err *err) MUST_CHECK;
/* A private key of any type; sets the status. */
struct key *identity_key(struct cli *cli, const char *path, struct err *err) MUST_CHECK;
/* --cert and --key of a user, which have to belong together; both are the caller's. Sets the status. */
bool identity_user(struct cli *cli, struct cert **cert, struct key **key,
                   struct err *err) MUST_CHECK;
