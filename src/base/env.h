/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/files.h"
#include "base/log.h"

#include <time.h>

/*
 * The world, as functions: everything that a decision may depend on besides the request and the
 * state comes in through here, so that a test holds the clock, the dice and the disk.
 */
struct env {
    void *ctx;
    /* Milliseconds since 1970-01-01 UTC. */
    int64_t (*now_ms)(void *ctx);
    /* Cryptographic randomness. FAIL_INTERNAL. */
    bool (*random)(void *ctx, uint8_t *out, size_t len, struct err *err);
    /*
     * A quote over the 64 bytes of report data; an empty *quote means that there is no TEE
     * (simulation). FAIL_UNAVAILABLE.
     */
    bool (*issue_quote)(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                        struct err *err);
    const struct files *files;
    const struct log *log;
};

/* Milliseconds of a clock; env_now_ms is the one for env.now_ms. */
int64_t clock_ms(clockid_t clock) MUST_CHECK;
int64_t env_now_ms(void *ctx);
