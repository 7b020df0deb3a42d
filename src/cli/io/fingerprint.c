/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/fingerprint.h"

#include <string.h>

enum { GROUP = 4 };

bool fingerprint_of(const struct key *key, char hex[static FINGERPRINT_LEN + 1], struct err *err)
{
    auto_buf der = { 0 };

    return key_public_der(key, &der, err) && sha256_hex(buf_bytes(&der), hex, err);
}

void fingerprint_put(const char hex[static FINGERPRINT_LEN + 1], struct buf *out)
{
    for (size_t i = 0; i < FINGERPRINT_LEN; i += GROUP)
        buf_add_format(out, "%s%.*s", i > 0 ? " " : "", GROUP, hex + i);
}

/* -1: no hex digit. */
static int lower_digit(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
        return c;
    return c >= 'A' && c <= 'F' ? c - 'A' + 'a' : -1;
}

bool fingerprint_check(const char hex[static FINGERPRINT_LEN + 1], const char *typed,
                       struct err *err)
{
    char digits[FINGERPRINT_LEN + 1] = "";
    size_t count = 0;

    for (const char *c = typed; *c != '\0'; c++) {
        if (strchr(" \t\r\n:", *c) != NULL)
            continue;
        if (lower_digit(*c) < 0 || count == FINGERPRINT_LEN)
            return err_set(err, FAIL_MALFORMED, "a fingerprint has %d hex digits", FINGERPRINT_LEN);
        digits[count++] = (char)lower_digit(*c);
    }
    if (count < FINGERPRINT_LEAST)
        return err_set(err, FAIL_MALFORMED,
                       "of a fingerprint at least the first %d digits are needed, not %zu",
                       FINGERPRINT_LEAST, count);
    return strncmp(hex, digits, count) == 0 ||
           err_set(err, FAIL_DENIED, "the fingerprint is another one");
}
