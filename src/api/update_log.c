/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "state/names.h"

/* v2: a list of lines; v1: one string in which each line ends with a line feed (client-api.md, 8.9, 9). */
void update_log_get(struct call *call)
{
    const struct bytes prefix = BYTES_LITERAL(PREFIX_UPDATE_LOG);

    struct buf *const body = reply_begin(call);
    if (call->version == API_V1) {
        auto_buf text = { 0 };
        for (struct omap_entry e = { 0 }; omap_next_with_prefix(call->now->values, prefix, &e);) {
            buf_add(&text, e.value);
            buf_add_u8(&text, '\n');
        }
        json_put_string(body, buf_bytes(&text));
    } else {
        buf_add_string(body, "{\"updateLog\":");
        update_log_put_lines(call->now->values, body);
        buf_add_u8(body, '}');
    }
    reply_end(call);
}
