/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/lines.h"

#include <string.h>

bool line_next(struct bytes *rest, struct bytes *line)
{
    if (rest->len == 0)
        return false;
    const uint8_t *const end = memchr(rest->at, '\n', rest->len);
    const size_t len = end == NULL ? rest->len : (size_t)(end - rest->at);
    const size_t used = len + (end == NULL ? 0 : 1);
    *line = bytes_of(rest->at, len);
    *rest = bytes_of(rest->at + used, rest->len - used);
    return true;
}
