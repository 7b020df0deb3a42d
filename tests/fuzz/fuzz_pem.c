/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PEM: a block that was found, written again, is found again as the only one; and every block
 * takes at least its two lines off the text, so a loop over blocks ends.
 */
#include "codec/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A label with NUL cannot be given to pem_encode. */
static void check_again(const struct pem_block *block)
{
    auto_string *label = bytes_to_string(block->label);
    auto_pem_block again = { 0 };
    auto_buf text = { 0 };

    if (memchr(label, 0, block->label.len) != NULL)
        return;
    pem_encode(&text, label, buf_bytes(&block->der));
    struct bytes rest = buf_bytes(&text);
    if (!pem_next(&rest, &again) || rest.len != 0 || !bytes_equal(again.label, block->label) ||
        !bytes_equal(buf_bytes(&again.der), buf_bytes(&block->der)))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes text = bytes_of(data, size);
    auto_pem_block block = { 0 };
    size_t left = text.len;

    while (pem_next(&text, &block)) {
        const size_t least = strlen("-----BEGIN -----\n-----END -----") + 2 * block.label.len;
        if (left - text.len < least || block.der.len > left)
            __builtin_trap();
        left = text.len;
        check_again(&block);
    }
    if (text.len != left || block.der.len != 0)
        __builtin_trap();
    return 0;
}
