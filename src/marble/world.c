/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/world.h"

#include <unistd.h>

#include "crypto/hash.h"

static int real_link(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return link(from, to);
}

int64_t monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

struct marble_world marble_world_real(struct marble_log log)
{
    static const struct env env = {
        .now_ms = env_now_ms,
        .random = env_random,
        .files = &files_posix,
    };

    return (struct marble_world){ &env, real_link, issuer_system_real(), log };
}
