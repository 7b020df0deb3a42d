/* SPDX-License-Identifier: Apache-2.0 */
/* What the state keeps of a recovery set: what is taken comes out the same when it is written and read again. */
#include "state/recovery_set.h"

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_buf first = { 0 }, second = { 0 };
    struct err err = { 0 };
    auto_recovery_set *set = recovery_set_parse(bytes_of(data, size), &err);

    if (set == NULL) {
        if (err.kind != FAIL_DAMAGED)
            __builtin_trap();
        return 0;
    }
    if (set->needed > set->count || set->count > RECOVERY_SET_MAX ||
        !recovery_set_write(set, &first, &err))
        __builtin_trap();
    auto_recovery_set *again = recovery_set_parse(buf_bytes(&first), &err);
    if (again == NULL || !recovery_set_write(again, &second, &err) ||
        !bytes_equal(buf_bytes(&first), buf_bytes(&second)))
        __builtin_trap();
    return 0;
}
