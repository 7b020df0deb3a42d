/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/tee_devices.h"

#include <unistd.h>

static const struct tee_device DEVICES[] = {
    { "SGX", "/dev/sgx_enclave" },
    { "SGX", "/dev/sgx/enclave" },
    { "TDX", "/dev/tdx_guest" },
    { "SEV-SNP", "/dev/sev-guest" },
};

const struct tee_device *tee_device_next(const struct tee_device *before)
{
    const struct tee_device *device = before == NULL ? DEVICES : before + 1;

    while (device < DEVICES + COUNT_OF(DEVICES) && access(device->path, F_OK) != 0)
        device++;
    return device < DEVICES + COUNT_OF(DEVICES) ? device : NULL;
}
