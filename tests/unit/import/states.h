/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The worked states of state-and-recovery.md, section 10, and states made from JSON text. The program
 * defines TEST_DATA, the folder of the files.
 */
#include "base/files.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "import/marblerun.h"

/* 10.5 */
#define SINGLE_KEY "238b7c70d9fb5805da53fbbaff6c36848359f33683ad1fd14a3db00b8a4d09f6"
/* 10.2 */
#define XOR_KEY "ac25bfd2de3d8953a58563d445480c0f0dbab651eb18253adebb6e710f22f3b7"
/* 10.6 */
#define KEY_OF_2020 "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"

static inline struct buf state_file(const char *name)
{
    auto_string *path = mem_printf("%s/%s", TEST_DATA, name);
    struct buf data = { 0 };
    struct err err = { 0 };

    assert_ok(file_read(&files_posix, path, 1 << 20, &data, &err), &err);
    return data;
}

static inline int64_t import_now(void *ctx)
{
    (void)ctx;
    return 1768478400000; /* 2026-01-15T12:00:00Z */
}

static const struct env import_env = { .now_ms = import_now };

/* LE32 length, metadata, blob; no frame for metadata NULL. */
static inline struct buf sealed_state(const char *metadata, struct bytes plaintext,
                                      struct bytes key)
{
    static const uint8_t nonce[AEAD_NONCE_LEN] = { 1, 2, 3 };
    struct buf out = { 0 };
    struct err err = { 0 };

    if (metadata != NULL) {
        buf_add_u32le(&out, (uint32_t)strlen(metadata));
        buf_add_string(&out, metadata);
    }
    buf_add(&out, bytes_of(nonce, sizeof nonce));
    assert_ok(aead_seal(key, nonce, BYTES_NONE, plaintext, &out, &err), &err);
    return out;
}

/* The plaintext of 10.7. */
static inline struct buf plain_state(void)
{
    auto_buf file = state_file("single-recovery-key.sealed_data");
    auto_buf key = test_unhex(SINGLE_KEY);
    struct buf plain = { 0 };
    struct err err = { 0 };

    assert_ok(aead_open(buf_bytes(&key), file.at + 8, BYTES_NONE,
                        bytes_of(file.at + 20, file.len - 20), &plain, &err),
              &err);
    return plain;
}

static inline bool state_value(const struct omap *values, const char *name, struct bytes *value)
{
    return omap_get(values, bytes_of_string(name), value);
}
