/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/world.h"

#include <time.h>
#include <unistd.h>

#include "crypto/hash.h"

static int64_t milliseconds_of(clockid_t clock)
{
    struct timespec now = { 0 };

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t real_now_ms(void *ctx)
{
    (void)ctx;
    return milliseconds_of(CLOCK_REALTIME);
}

static bool real_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    return random_bytes(out, len, err);
}

static int real_link(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return link(from, to);
}

int64_t monotonic_ms(void)
{
    return milliseconds_of(CLOCK_MONOTONIC);
}

struct marble_world marble_world_real(struct marble_log log)
{
    static const struct env env = {
        .now_ms = real_now_ms,
        .random = real_random,
        .files = &files_posix,
    };

    return (struct marble_world){ &env, real_link, issuer_system_real(), log };
}
