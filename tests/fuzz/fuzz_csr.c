/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate requests of Marbles. What is accepted names nothing but what a Marble may ask for, and
 * all of it lives in the arena.
 */
#include "crypto/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void touch(struct buf *all, const struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        buf_add(all, list->at[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };
    auto_buf all = { 0 };

    if (!csr_read(bytes_of(data, size), &arena, &t, &err)) {
        if (err.kind != FAIL_MALFORMED && err.kind != FAIL_DENIED)
            __builtin_trap();
        return 0;
    }
    if (!t.dns_names.present || !t.ip_addresses.present || t.email_addresses.count != 0 ||
        t.uris.count != 0 || t.subject.common_name.len != 0 || t.subject.organization.count != 0 ||
        t.is_ca || t.key_usage != 0 || t.extension_count != 0)
        __builtin_trap();
    touch(&all, &t.subject.country);
    touch(&all, &t.subject.province);
    touch(&all, &t.subject.locality);
    touch(&all, &t.subject.street_address);
    touch(&all, &t.subject.postal_code);
    touch(&all, &t.subject.organizational_unit);
    touch(&all, &t.dns_names);
    touch(&all, &t.ip_addresses);
    buf_add(&all, t.subject.serial_number);
    return 0;
}
