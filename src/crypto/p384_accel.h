/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"

/*
 * Faster arithmetic for P-384, where the build has it (Meson option p384_accel): libcrypto 3.0 signs
 * on this curve at a sixth of the speed that nettle reaches.
 *
 * Nothing else changes: keys stay libcrypto's, and every signature, verification and key generation
 * on P-384 goes through it, those of EVP, X.509 and libssl too. Other curves, and key agreement on
 * this one, stay with libcrypto.
 */

/*
 * Makes all EC keys that libcrypto creates from now on use the accelerator, in the whole process: to
 * be called by a program, never by a library that lives in somebody else's. Keys that exist already,
 * those inside an SSL_CTX too, stay valid and as slow as they were. A second call does nothing.
 *
 * Before the first thread is started: libcrypto and GMP do not guard what is set here. From here on
 * GMP wipes whatever it gives back.
 *
 * Without an accelerator in the build it does nothing and succeeds. FAIL_INTERNAL: no memory.
 */
bool p384_accelerate(struct err *err) MUST_CHECK;
/* What was built in, called or not: "nettle 3.8", or "none". */
const char *p384_accelerator_name(void) MUST_CHECK;
