/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/world.h"

#include "crypto/hash.h"

#include <time.h>

static int64_t real_now_ms(void *ctx)
{
    struct timespec now = { 0 };

    (void)ctx;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool real_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    return random_bytes(out, len, err);
}

static bool no_quote(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                     struct err *err)
{
    (void)ctx;
    (void)report_data;
    (void)quote;
    (void)err;
    return true;
}

struct env world_simulated(const struct log *log)
{
    return (struct env){
        .now_ms = real_now_ms,
        .random = real_random,
        .issue_quote = no_quote,
        .files = &files_posix,
        .log = log,
    };
}
