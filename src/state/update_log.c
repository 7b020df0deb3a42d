/* SPDX-License-Identifier: Apache-2.0 */
#include "state/update_log.h"

#include "base/log.h"
#include "codec/json.h"
#include "state/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define CHAIN_BEGIN "taw update log 1"

bool update_log_begin(struct update_log_end *end, struct err *err)
{
    end->lines = 0;
    return sha256(BYTES_LITERAL(CHAIN_BEGIN), end->chain, err);
}

bool update_log_extend(struct update_log_end *end, struct bytes line, struct err *err)
{
    const struct bytes parts[] = { bytes_of(end->chain, sizeof end->chain), line };
    uint8_t next[SHA256_LEN];

    if (!sha256_parts(parts, COUNT_OF(parts), next, err))
        return false;
    memcpy(end->chain, next, sizeof next);
    end->lines++;
    return true;
}

bool update_log_end_of(const struct omap *values, struct update_log_end *end, struct err *err)
{
    const struct bytes prefix = BYTES_LITERAL(PREFIX_UPDATE_LOG);

    if (!update_log_begin(end, err))
        return false;
    for (struct omap_entry e = { 0 }; omap_next_with_prefix(values, prefix, &e);) {
        if (!update_log_extend(end, e.value, err))
            return false;
    }
    return true;
}

/* Local time with milliseconds, `Z` for UTC, else a numeric offset (client-api.md, 13). */
static void put_time(struct buf *out, int64_t now_ms)
{
    const time_t seconds = (time_t)(now_ms / 1000);
    struct tm local = { 0 };
    char text[32] = "", zone[8] = "";

    (void)localtime_r(&seconds, &local);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local);
    (void)strftime(zone, sizeof zone, "%z", &local);
    buf_add_format(out, "%s.%03d%s", text, (int)(now_ms % 1000), local.tm_gmtoff == 0 ? "Z" : zone);
}

void change_put_log_line(struct change *change, const struct env *env, uint64_t line_number,
                         const char *event, struct bytes members)
{
    auto_buf line = { 0 };
    char number[24];

    buf_add_string(&line, "{\"time\":\"");
    put_time(&line, env->now_ms(env->ctx));
    buf_add_string(&line, "\",\"update\":\"");
    log_escape(&line, bytes_of_string(event));
    buf_add_u8(&line, '"');
    buf_add(&line, members);
    buf_add_u8(&line, '}');
    (void)snprintf(number, sizeof number, "%020" PRIu64, line_number);
    change_put_named(change, PREFIX_UPDATE_LOG, bytes_of_string(number), buf_bytes(&line));
}

void update_log_put_lines(const struct omap *values, struct buf *out)
{
    const struct bytes prefix = BYTES_LITERAL(PREFIX_UPDATE_LOG);

    buf_add_u8(out, '[');
    for (struct omap_entry e = { 0 }; omap_next_with_prefix(values, prefix, &e);) {
        json_put_comma(out);
        json_put_string(out, e.value);
    }
    buf_add_u8(out, ']');
}
