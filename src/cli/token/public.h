/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/token/token.h"
#include "crypto/key.h"

/*
 * The public half of a private key on a token: from what the private key shows of itself, else from the public key or the certificate
 * with its id. FAIL_NOT_FOUND: there is none of them.
 */
struct key *token_public_half(struct token *token, CK_OBJECT_HANDLE private_key,
                              struct err *err) MUST_CHECK;
