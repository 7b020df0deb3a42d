/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lines.h"

#include "base/log.h"

#include <inttypes.h>

void line_put_text(struct buf *members, const char *name, struct bytes text)
{
    buf_add_format(members, ",\"%s\":\"", name);
    log_escape(members, text);
    buf_add_u8(members, '"');
}

void line_put_missing(struct buf *members, const struct quorum *quorum)
{
    auto_arena arena = { 0 };
    const struct text_list missing = quorum_missing(quorum, &arena);

    buf_add_format(members, ",\"missingAcknowledgments\":%" PRIu64 ",\"missingUsers\":[",
                   quorum->missing);
    for (size_t i = 0; i < missing.count; i++) {
        buf_add_string(members, i > 0 ? ",\"" : "\"");
        log_escape(members, missing.at[i]);
        buf_add_u8(members, '"');
    }
    buf_add_u8(members, ']');
}
