/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A world for the state: a clock that stands still, real dice, no TEE. */
#include "crypto/hash.h"
#include "state/names.h"
#include "state/snapshot.h"

enum { FIXED_MS = 1768478400 };

static inline int64_t fixed_now(void *ctx)
{
    (void)ctx;
    return (int64_t)FIXED_MS * 1000 + 7; /* 2026-01-15T12:00:00.007Z */
}

static inline bool real_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    (void)ctx;
    return random_bytes(out, len, err);
}

/* The quote is the report data. */
static inline bool echo_quote(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                              struct err *err)
{
    (void)ctx;
    (void)err;
    buf_add(quote, bytes_of(report_data, 64));
    return true;
}

static const struct env state_env = { .now_ms = fixed_now,
                                      .random = real_random,
                                      .issue_quote = echo_quote };

static const struct bytes state_names[] = { { (const uint8_t *)"localhost", 9 } };

static inline struct authority *new_authority(void)
{
    struct err err = { 0 };
    struct authority *const a = authority_generate(&state_env, state_names, 1, &err);

    if (a == NULL)
        fail_msg("%s", err.text);
    return a;
}

static inline void put_into_change(void *change, const char *name, struct bytes value)
{
    change_put(change, name, value);
}

#define STATE_MANIFEST                                                                             \
    "{\"Packages\":{\"p\":{\"Debug\":true}},\"Marbles\":{\"m\":{\"Package\":\"p\"}}}"

/* All values that a snapshot needs. */
static inline const struct omap *state_values(const struct authority *a)
{
    auto_change change = { 0 };
    struct err err = { 0 };

    assert_ok(authority_values(a, put_into_change, &change, &err), &err);
    change_put(&change, NAME_STATE, BYTES_LITERAL("3"));
    change_put(&change, NAME_MANIFEST, BYTES_LITERAL(STATE_MANIFEST));
    change_put(&change, NAME_MANIFEST_SIGNATURE, BYTES_LITERAL("signature"));
    return change_apply(NULL, &change);
}

static inline const struct omap *with_value(const struct omap *values, const char *name,
                                            struct bytes value)
{
    return omap_with(values, bytes_of_string(name), value);
}
