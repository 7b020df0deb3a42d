/* SPDX-License-Identifier: Apache-2.0 */
/* The extension of PCK certificates: what was accepted ends where it says, and reads the same again. */
#include "attestation/intel_pck.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pck pck, again;
    struct err err = { 0 };

    if (!pck_parse(bytes_of(data, size), &pck, &err)) {
        require(err.kind == FAIL_MALFORMED && err.text[0] != '\0');
        return 0;
    }
    require(err.kind == FAIL_NONE && pck.sgx_type <= 2);
    require(pck_parse(bytes_of(data, size), &again, &err) && memcmp(&pck, &again, sizeof pck) == 0);
    require(!pck_parse(bytes_of(data, size - 1), &again, &err));
    return 0;
}
