/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of certificates as they are shown: a Name when the first byte is 0, else GeneralNames. No value can look like a
 * second attribute: outside of escapes there are as many separators as the encoding has.
 */
#include "cli/io/cert_text.h"
#include "codec/der.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* How many attributes a name that was accepted has. */
static size_t count_attributes(struct bytes der)
{
    struct bytes set, pair;
    size_t count = 0;

    while (der.len > 0) {
        require(der_take(&der, DER_SET, &set) && set.len > 0);
        for (; set.len > 0; count++)
            require(der_take(&set, DER_SEQUENCE, &pair));
    }
    return count;
}

static size_t count_separators(struct bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\\')
            i++;
        else
            count += text.at[i] == ',' || text.at[i] == '+' ? 1 : 0;
    }
    return count;
}

static void read_name(struct bytes der)
{
    auto_arena arena = { 0 };
    struct bytes text;

    if (!cert_name_text(der, &arena, &text))
        return;
    require((der.len == 0) == (text.len == 0));
    require(der.len == 0 || count_attributes(der) == count_separators(text) + 1);
}

static void read_general_names(struct bytes der)
{
    auto_arena arena = { 0 };
    struct text_list names;
    struct bytes list, value;
    uint8_t tag;

    if (!cert_general_names_text(der, &arena, &names))
        return;
    require(der_take(&der, DER_SEQUENCE, &list));
    for (size_t i = 0; i < names.count; i++) {
        require(der_next(&list, &tag, &value));
        require((tag == DER_CONTEXT + 2) == bytes_start_with(names.at[i], BYTES_LITERAL("DNS:")));
    }
    require(list.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct bytes der = bytes_of(data + 1, size - 1);
    if (data[0] == 0)
        read_name(der);
    else
        read_general_names(der);
    return 0;
}
