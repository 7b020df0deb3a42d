/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "crypto/cert_chain.h"
#include "crypto/cert_internal.h"

/* What a signature scheme means in libcrypto's terms; for the files about chains and CRLs. */

/* Is this the algorithm with exactly the parameters of the scheme? */
bool algorithm_is(const X509_ALGOR *algorithm, enum signature_scheme scheme) MUST_CHECK;
/* May this key sign by the scheme: its type, and its curve or size? */
bool key_suits(const EVP_PKEY *key, enum signature_scheme scheme) MUST_CHECK;
/*
 * Is `signature` one over the message by this key, which suits the scheme? A BIT STRING whose last byte is not whole is none.
 */
bool signature_verifies(const struct key *key, enum signature_scheme scheme, struct bytes message,
                        const ASN1_BIT_STRING *signature) MUST_CHECK;
/* Seconds since 1970 of a time in exactly the form of RFC 5280, 4.1.2.5: UTC to the second. */
bool time_is_strict(const ASN1_TIME *time, int64_t *seconds) MUST_CHECK;
