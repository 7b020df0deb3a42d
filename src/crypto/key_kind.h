/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"

/*
 * What kind of key an encoding holds, seen in its DER before libcrypto decodes it: with the parameters of a
 * curve that somebody made up it computes for a third of a second, for a few hundred bytes.
 *
 * All is false for what is no DER of that form.
 */

/* RSA, Ed25519, or a curve by its name; the one kind of key that requests of Marbles may have. */
bool csr_key_is_known(struct bytes der) MUST_CHECK;
/* No elliptic curve, or one by its name. Certificate, SubjectPublicKeyInfo, PrivateKeyInfo. */
bool cert_curve_is_named(struct bytes der) MUST_CHECK;
bool spki_curve_is_named(struct bytes der) MUST_CHECK;
bool pkcs8_curve_is_named(struct bytes der) MUST_CHECK;
