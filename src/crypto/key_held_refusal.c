/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_held_internal.h"

#include <openssl/core_names.h>

/* In a file of its own: every program asks, and those that have no held keys need not have the provider. */

bool key_held_refusal(const struct key *key, struct err *err)
{
    struct err refusal = { 0 };
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(PARAM_REFUSAL, &refusal,
                                                              sizeof refusal),
                            OSSL_PARAM_construct_end() };
    const bool answered = EVP_PKEY_get_params(key_pkey(key), params) == 1;

    ERR_clear_error();
    if (!answered || refusal.kind == FAIL_NONE)
        return false;
    *err = refusal;
    return true;
}
