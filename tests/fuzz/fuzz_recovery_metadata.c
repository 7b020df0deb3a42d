/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata that parses is written in a form that parses to the same. */
#include "recovery/metadata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    auto_buf once = { 0 }, twice = { 0 };
    auto_recovery_metadata *m = recovery_metadata_parse(bytes_of(data, size), &err);

    if (m == NULL) {
        require(err.kind == FAIL_DAMAGED);
        return 0;
    }
    require(recovery_metadata_write(m, &once, &err));
    auto_recovery_metadata *again = recovery_metadata_parse(buf_bytes(&once), &err);
    require(again != NULL && again->holder_count == m->holder_count);
    require(recovery_metadata_write(again, &twice, &err));
    require(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    return 0;
}
