/* SPDX-License-Identifier: Apache-2.0 */
#include "import/marblerun.h"

#include "base/reader.h"
#include "codec/json.h"
#include "codec/text.h"
#include "import/internal.h"

#include <string.h>

/*
 * Metadata and blob of a file: LE32 length, metadata, blob. The blobs of 2020 have no such frame, and their
 * first bytes are random, so a length that does not fit means one of these.
 */
static void split_frame(struct bytes data, struct bytes *metadata, struct bytes *blob)
{
    struct reader r = reader_over(data);
    const uint32_t len = reader_u32le(&r, "metadata length");

    *metadata = reader_bytes(&r, len, "metadata");
    *blob = reader_rest(&r);
    if (!reader_ok(&r)) {
        *metadata = BYTES_NONE;
        *blob = data;
    }
}

bool marblerun_check_frame(struct bytes data, struct err *err)
{
    if (data.len < AEAD_NONCE_LEN + AEAD_TAG_LEN)
        return err_set(err, FAIL_DAMAGED, "sealed_data: sealed state is missing data: %zu bytes",
                       data.len);
    return true;
}

static bool read_hash(const struct json *member, uint8_t out[static SHA256_LEN], struct err *err)
{
    auto_buf raw = { 0 };

    if (member->name.len != 2 * SHA256_LEN || !hex_decode(&raw, member->name, err))
        return err_set(err, FAIL_DAMAGED,
                       "sealed_data: recovery data names something that is no SHA-256");
    memcpy(out, raw.at, SHA256_LEN);
    return true;
}

bool marblerun_share_hashes(struct bytes data,
                            uint8_t hashes[static MARBLERUN_MAX_SHARES][SHA256_LEN], size_t *count,
                            struct err *err)
{
    struct bytes metadata, blob;
    auto_arena arena = { 0 };

    *count = 0;
    split_frame(data, &metadata, &blob);
    if (metadata.len == 0 || bytes_equal_string(metadata, "null"))
        return true;
    const struct json *const root = json_parse(metadata, JSON_TRAILING_REFUSED, &arena, err);
    if (root == NULL || root->type != JSON_OBJECT)
        return err_set(err, FAIL_DAMAGED,
                       "sealed_data: the recovery data in front of the state is no JSON object");
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        if (*count == MARBLERUN_MAX_SHARES)
            return err_set(err, FAIL_DAMAGED, "sealed_data: more than %d recovery shares",
                           MARBLERUN_MAX_SHARES);
        if (!read_hash(v, hashes[(*count)++], err))
            return false;
    }
    return true;
}

/* nonce | ciphertext | tag, no additional data. */
static bool open_blob(struct bytes blob, struct bytes key, struct buf *plain, struct err *err)
{
    if (blob.len < AEAD_NONCE_LEN + AEAD_TAG_LEN)
        return err_set(err, FAIL_DENIED, "sealed state: ciphertext is too short");
    const struct bytes sealed = bytes_of(blob.at + AEAD_NONCE_LEN, blob.len - AEAD_NONCE_LEN);
    return aead_open(key, blob.at, BYTES_NONE, sealed, plain, err) ||
           err_set(err, FAIL_DENIED, "the secret does not open the sealed state");
}

static bool open_data(struct bytes data, struct bytes key, struct buf *plain, struct err *err)
{
    struct bytes metadata, blob;

    split_frame(data, &metadata, &blob);
    return open_blob(blob, key, plain, err) ||
           (blob.len != data.len && open_blob(data, key, plain, err));
}

bool marblerun_open(const struct env *env, struct bytes data, struct bytes key,
                    const struct omap **values, bool *no_manifest, struct err *err)
{
    auto_buf plain = { 0 };
    auto_arena arena = { 0 };
    auto_change change = { 0 };

    *no_manifest = false;
    if (!open_data(data, key, &plain, err))
        return false;
    if (plain.len == 0) {
        *no_manifest = true;
        return true;
    }
    const struct json *const root =
        json_parse(buf_bytes(&plain), JSON_TRAILING_REFUSED, &arena, err);
    if (root == NULL || root->type != JSON_OBJECT)
        return err_set(err, FAIL_DAMAGED, "sealed state: what was opened is no JSON object");
    const bool good = json_member(root, "Privk") != NULL || json_member(root, "RootPrivK") != NULL
                          ? marblerun_read_struct(env, root, &change, no_manifest, err)
                          : marblerun_read_map(root, &change, no_manifest, err);
    if (!good) {
        err->kind = FAIL_DAMAGED;
        return err_in(err, "sealed state");
    }
    if (!*no_manifest)
        *values = change_apply(NULL, &change);
    return true;
}
