/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/p384_accel.h"

/* The build without an accelerator: libcrypto does all of it. */

bool p384_accelerate(struct err *err)
{
    (void)err;
    return true;
}

const char *p384_accelerator_name(void)
{
    return "none";
}
