/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/world.h"

#include "crypto/hash.h"

static bool no_quote(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                     struct err *err)
{
    (void)ctx;
    (void)report_data;
    (void)quote;
    (void)err;
    return true;
}

static bool issue_quote(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                        struct err *err)
{
    return issuer_issue(ctx, report_data, quote, err);
}

struct env world_simulated(const struct log *log)
{
    return (struct env){
        .now_ms = env_now_ms,
        .random = env_random,
        .issue_quote = no_quote,
        .files = &files_posix,
        .log = log,
    };
}

struct env world_in_tee(const struct log *log, struct quote_issuer *issuer)
{
    struct env env = world_simulated(log);

    env.ctx = issuer;
    env.issue_quote = issue_quote;
    return env;
}
