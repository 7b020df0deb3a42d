/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed states of the original. The first byte says what the rest is: a whole file (0), or the plaintext of
 * one (anything else), which is sealed here, so that its reader is reached. What is wrong with a plaintext
 * is damage, never a wrong key; what opens has a manifest and a signature.
 */
#include "import/marblerun.h"

#include "base/reader.h"
#include "crypto/hash.h"
#include "state/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[32] = { 1, 2, 3, 4 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static int64_t fixed_now(void *ctx)
{
    (void)ctx;
    return 1768478400000;
}

static const struct env env = { .now_ms = fixed_now };

static void seal(struct bytes plain, struct buf *file)
{
    static const uint8_t nonce[AEAD_NONCE_LEN] = { 9 };
    struct err err = { 0 };

    buf_add_u32le(file, 4);
    buf_add_string(file, "null");
    buf_add(file, bytes_of(nonce, sizeof nonce));
    require(aead_seal(bytes_of(key, sizeof key), nonce, BYTES_NONE, plain, file, &err));
}

static bool has(const struct omap *values, const char *name)
{
    return omap_get(values, bytes_of_string(name), NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_over(bytes_of(data, size));
    const bool whole = reader_u8(&r, "mode") == 0;
    uint8_t hashes[MARBLERUN_MAX_SHARES][SHA256_LEN];
    auto_omap *values = NULL;
    bool no_manifest = false;
    size_t count = 0;
    struct err err = { 0 };
    auto_buf file = { 0 };

    if (whole)
        buf_add(&file, reader_rest(&r));
    else
        seal(reader_rest(&r), &file);
    if (!marblerun_check_frame(buf_bytes(&file), &err) ||
        !marblerun_share_hashes(buf_bytes(&file), hashes, &count, &err))
        require(whole && err.kind == FAIL_DAMAGED);
    err = (struct err){ 0 };
    if (!marblerun_open(&env, buf_bytes(&file), bytes_of(key, sizeof key), &values, &no_manifest,
                        &err)) {
        require(err.kind == (whole ? FAIL_DENIED : FAIL_DAMAGED));
        require(values == NULL);
        return 0;
    }
    require(no_manifest ? values == NULL
                        : has(values, NAME_MANIFEST) && has(values, NAME_MANIFEST_SIGNATURE) &&
                              has(values, NAME_ROOT_SECRET));
    return 0;
}
