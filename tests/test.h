/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What every unit test includes first: cmocka with the headers that it wants before it, and a few
 * words for tables of cases. Output is TAP (cmocka's own), which Meson reads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

/* Fails with the text of the error when `call` is false. */
#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s: %s", #call, (err)->text);                                                \
    } while (0)

/* Bytes from hex digits; blanks are skipped. Freed by the caller through buf_clear. */
static inline struct buf test_unhex(const char *hex)
{
    struct buf out = { 0 };
    unsigned value = 0, digits = 0;

    for (const char *p = hex; *p != '\0'; p++) {
        const char *const all = "0123456789abcdef";
        const char *const at = strchr(all, *p | 0x20);
        if (*p == ' ' || *p == '\n' || at == NULL)
            continue;
        value = value << 4 | (unsigned)(at - all);
        if (++digits % 2 == 0)
            buf_add_u8(&out, (uint8_t)value);
    }
    return out;
}

#define assert_bytes_equal(is, want)                                                               \
    do {                                                                                           \
        const struct bytes is_ = (is), want_ = (want);                                             \
        assert_int_equal(is_.len, want_.len);                                                      \
        if (is_.len > 0)                                                                           \
            assert_memory_equal(is_.at, want_.at, is_.len);                                        \
    } while (0)

/* The main function of a test program. */
#define TEST_MAIN(tests)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        cmocka_set_message_output(CM_OUTPUT_TAP);                                                  \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }
