/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/evaluation_numbers.h"

#include <string.h>

#include "base/buf.h"
#include "base/reader.h"

enum { FORM = 1, RECORD_LEN = 1 + NUMBER_FMSPC_LEN + 8 };

static struct evaluation_number *number_of(const struct evaluation_numbers *numbers, enum tee tee,
                                           struct bytes fmspc)
{
    for (size_t i = 0; i < numbers->count; i++) {
        const struct evaluation_number *const one = &numbers->at[i];
        if (one->tee == tee && bytes_equal(bytes_of(one->fmspc, sizeof one->fmspc), fmspc))
            return (struct evaluation_number *)(uintptr_t)one;
    }
    return NULL;
}

void evaluation_numbers_note(struct evaluation_numbers *numbers, enum tee tee, struct bytes fmspc,
                             uint64_t number)
{
    struct evaluation_number *one = number_of(numbers, tee, fmspc);

    if (one == NULL && numbers->count < EVALUATION_NUMBERS_MAX && fmspc.len == NUMBER_FMSPC_LEN) {
        one = &numbers->at[numbers->count++];
        *one = (struct evaluation_number){ .tee = tee };
        memcpy(one->fmspc, fmspc.at, sizeof one->fmspc);
        numbers->risen = true;
    }
    if (one == NULL || one->number >= number)
        return;
    one->number = number;
    numbers->risen = true;
}

uint64_t evaluation_numbers_least(const struct evaluation_numbers *numbers, enum tee tee,
                                  struct bytes fmspc)
{
    const struct evaluation_number *const one = number_of(numbers, tee, fmspc);

    return one == NULL ? UINT64_MAX : one->number;
}

void evaluation_numbers_put(struct evaluation_numbers *numbers, struct buf *out)
{
    buf_add_u8(out, FORM);
    for (size_t i = 0; i < numbers->count; i++) {
        const struct evaluation_number *const one = &numbers->at[i];
        buf_add_u8(out, (uint8_t)one->tee);
        buf_add(out, bytes_of(one->fmspc, sizeof one->fmspc));
        buf_add_u64le(out, one->number);
    }
    numbers->risen = false;
}

/* Reads all records; notes them into *numbers unless that is NULL. */
static bool read_records(struct bytes records, struct evaluation_numbers *numbers)
{
    struct reader r = reader_over(records);

    for (size_t left = records.len / RECORD_LEN; left > 0; left--) {
        const unsigned tee = reader_u8(&r, "TEE");
        const struct bytes fmspc = reader_bytes(&r, NUMBER_FMSPC_LEN, "FMSPC");
        const uint64_t number = reader_u64le(&r, "number");
        if (tee != TEE_SGX && tee != TEE_TDX)
            return false;
        if (numbers != NULL)
            evaluation_numbers_note(numbers, (enum tee)tee, fmspc, number);
    }
    return reader_ok(&r);
}

bool evaluation_numbers_read(struct evaluation_numbers *numbers, struct bytes text, struct err *err)
{
    struct reader r = reader_over(text);
    const unsigned form = reader_u8(&r, "form");
    const struct bytes records = reader_rest(&r);

    return (reader_ok(&r) && form == FORM && records.len % RECORD_LEN == 0 &&
            read_records(records, NULL) && read_records(records, numbers)) ||
           err_set(err, FAIL_MALFORMED,
                   "evaluation numbers: not in the form that they are written in");
}
