/* SPDX-License-Identifier: Apache-2.0 */
#include "store/snapshot.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/reader.h"

enum { SEALED_FRAME_LEN = SNAPSHOT_FRAME_LEN + AEAD_TAG_LEN };

/* What the trailer starts with, where the type of an operation would be. */
enum { TRAILER_MARK = 0 };

bool snapshot_parse(struct bytes file, struct snapshot *snapshot, struct err *err)
{
    struct reader r = reader_over(file);
    uint8_t sum[SHA256_LEN];

    memset(snapshot, 0, sizeof *snapshot);
    snapshot->raw_header = reader_bytes(&r, LOG_HEADER_LEN, "header");
    snapshot->slots = reader_bytes(&r, reader_u32le(&r, "slots length"), "recovery slots");
    snapshot->metadata = reader_bytes(&r, reader_u32le(&r, "metadata length"), "metadata");
    snapshot->signature = reader_bytes(&r, reader_u32le(&r, "signature length"), "signature");
    const struct bytes clear = bytes_of(file.at, r.pos);
    const struct bytes stored_sum = reader_bytes(&r, SHA256_LEN, "checksum");
    if (!reader_ok(&r) || reader_left(&r) < SHA256_LEN)
        return err_set(err, FAIL_DAMAGED, "it is cut short at byte %zu", file.len);
    if (!sha256(clear, sum, err))
        return false;
    if (!bytes_equal(stored_sum, bytes_of(sum, sizeof sum)))
        return err_set(err, FAIL_DAMAGED, "the checksum of its first %zu bytes is wrong",
                       clear.len);
    snapshot->frames = reader_bytes(&r, reader_left(&r) - SHA256_LEN, "frames");
    snapshot->origin = reader_rest(&r);
    snapshot->signed_part = bytes_of(file.at, file.len - SHA256_LEN);
    return log_header_parse(snapshot->raw_header, SNAPSHOT_MAGIC, &snapshot->header, err);
}

/* HMAC(OAK, "mrj1 snapshot origin" | SHA-256 of the file before it): who knows only the DEK, as the
 * holders of shares may, cannot make a snapshot that loads by itself. */
static bool origin_of(struct bytes signed_part, struct bytes oak, uint8_t origin[static SHA256_LEN],
                      struct err *err)
{
    uint8_t sum[SHA256_LEN] = { 0 };
    const struct bytes parts[] = { BYTES_LITERAL("mrj1 snapshot origin"),
                                   bytes_of(sum, sizeof sum) };

    return sha256(signed_part, sum, err) && hmac_sha256(oak, parts, COUNT_OF(parts), origin, err);
}

struct frame_cipher {
    uint8_t key[LOG_KEY_LEN];
    uint8_t nonce[AEAD_NONCE_LEN];
    uint8_t aad[LOG_HEADER_LEN + 5]; /* header, LE32 frame, u8 last */
};

static void cipher_clear(struct frame_cipher *cipher)
{
    OPENSSL_cleanse(cipher, sizeof *cipher);
}

static bool cipher_init(struct frame_cipher *cipher, const struct log_header *header,
                        struct bytes dek, struct err *err)
{
    log_header_write(header, SNAPSHOT_MAGIC, cipher->aad);
    le_put(cipher->nonce + 4, header->seq, 8);
    return log_header_key(header, SNAPSHOT_KEY_LABEL, dek, cipher->key, err);
}

static void cipher_set_frame(struct frame_cipher *cipher, uint32_t frame, bool last)
{
    le_put(cipher->nonce, frame, 4);
    le_put(cipher->aad + LOG_HEADER_LEN, frame, 4);
    cipher->aad[LOG_HEADER_LEN + 4] = last;
}

/* Frame numbers fit: a file has at most STORE limits, far below 2^32 frames. */
static bool frames_open(const struct snapshot *snapshot, struct bytes dek, struct buf *plain,
                        struct err *err)
{
    struct frame_cipher cipher CLEANUP(cipher_clear) = { 0 };
    struct bytes rest = snapshot->frames;

    if (!cipher_init(&cipher, &snapshot->header, dek, err))
        return false;
    buf_reserve(plain, rest.len);
    for (uint32_t frame = 0; frame == 0 || rest.len > 0; frame++) {
        const size_t len = rest.len < SEALED_FRAME_LEN ? rest.len : SEALED_FRAME_LEN;
        cipher_set_frame(&cipher, frame, len == rest.len);
        if (!aead_open(bytes_of(cipher.key, sizeof cipher.key), cipher.nonce,
                       bytes_of(cipher.aad, sizeof cipher.aad), bytes_of(rest.at, len), plain, err))
            return err_in(err, "frame %u", frame);
        rest = bytes_of(rest.at + len, rest.len - len);
    }
    return true;
}

static bool frames_seal(const struct log_header *header, struct bytes dek, struct bytes plain,
                        struct buf *out, struct err *err)
{
    struct frame_cipher cipher CLEANUP(cipher_clear) = { 0 };

    if (!cipher_init(&cipher, header, dek, err))
        return false;
    buf_reserve(out, plain.len + (plain.len / SNAPSHOT_FRAME_LEN + 1) * AEAD_TAG_LEN + SHA256_LEN);
    for (uint32_t frame = 0; plain.len > 0; frame++) {
        const size_t len = plain.len < SNAPSHOT_FRAME_LEN ? plain.len : SNAPSHOT_FRAME_LEN;
        cipher_set_frame(&cipher, frame, len == plain.len);
        if (!aead_seal(bytes_of(cipher.key, sizeof cipher.key), cipher.nonce,
                       bytes_of(cipher.aad, sizeof cipher.aad), bytes_of(plain.at, len), out, err))
            return false;
        plain = bytes_of(plain.at + len, plain.len - len);
    }
    return true;
}

/* All pairs, sorted, as operations. */
static bool pairs_write(const struct omap *values, struct buf *out, struct err *err)
{
    for (struct omap_entry e = { 0 }; omap_next_with_prefix(values, BYTES_NONE, &e);) {
        const struct store_op op = { STORE_PUT, e.key, e.value };
        if (!op_write(&op, out, err))
            return false;
    }
    return true;
}

/* The trailer repeats what the clear part says, where nobody without the DEK can change it. */
static bool trailer_write(const struct log_header *header, const struct bytes clear[static 3],
                          size_t count, uint64_t audit_seq, struct buf *out, struct err *err)
{
    buf_add_u8(out, TRAILER_MARK);
    buf_add_u64le(out, count);
    buf_add_u64le(out, header->seq);
    buf_add(out, bytes_of(header->chain, CHAIN_LEN));
    for (size_t i = 0; i < 3; i++) {
        uint8_t sum[SHA256_LEN];
        if (!sha256(clear[i], sum, err))
            return false;
        buf_add(out, bytes_of(sum, sizeof sum));
    }
    buf_add_u64le(out, audit_seq);
    return true;
}

/* Reads puts in rising order of keys until the mark of the trailer. */
static bool pairs_read(struct reader *r, const struct omap **values, struct err *err)
{
    struct bytes before = BYTES_NONE;
    uint8_t type;

    while ((type = reader_u8(r, "operation")) == STORE_PUT && reader_ok(r)) {
        const size_t key_len = reader_u16le(r, "key length");
        const size_t value_len = reader_u32le(r, "value length");
        const struct bytes key = reader_bytes(r, key_len, "key");
        const struct bytes value = reader_bytes(r, value_len, "value");
        if (reader_ok(r) && omap_count(*values) > 0 && bytes_compare(before, key) >= 0)
            return err_set(err, FAIL_DAMAGED, "its keys are not in order");
        if (reader_ok(r))
            op_apply(&(struct store_op){ STORE_PUT, key, value }, values);
        before = key;
    }
    if (!reader_ok(r) || type != TRAILER_MARK)
        return err_set(err, FAIL_DAMAGED, "its contents end before the trailer");
    return true;
}

static bool content_read(struct bytes plain, const struct snapshot *snapshot,
                         const struct omap **values, uint64_t *audit_seq, struct err *err)
{
    const struct bytes clear[3] = { snapshot->metadata, snapshot->slots, snapshot->signature };
    struct reader r = reader_over(plain);
    auto_omap *map = NULL;
    auto_buf trailer = { 0 };

    if (!pairs_read(&r, &map, err))
        return false;
    const size_t trailer_at = r.pos - 1;
    reader_bytes(&r, 8 + 8 + CHAIN_LEN + 3 * SHA256_LEN, "trailer");
    *audit_seq = reader_u64le(&r, "audit position");
    if (!trailer_write(&snapshot->header, clear, omap_count(map), *audit_seq, &trailer, err))
        return false;
    if (!reader_ok(&r) ||
        !bytes_equal(buf_bytes(&trailer), bytes_of(plain.at + trailer_at, plain.len - trailer_at)))
        return err_set(err, FAIL_DAMAGED, "its clear part does not belong to its contents");
    *values = TAKE(map);
    return true;
}

bool snapshot_open(const struct snapshot *snapshot, struct bytes dek, struct bytes oak,
                   const struct omap **values, uint64_t *audit_seq, struct err *err)
{
    uint8_t origin[SHA256_LEN];
    auto_buf plain = { 0 };

    if (oak.len > 0) {
        if (!origin_of(snapshot->signed_part, oak, origin, err))
            return false;
        if (!bytes_equal_secretly(snapshot->origin, bytes_of(origin, sizeof origin)))
            return err_set(err, FAIL_DAMAGED,
                           "it was altered or not written by an admitted instance");
    }
    return frames_open(snapshot, dek, &plain, err) &&
           content_read(buf_bytes(&plain), snapshot, values, audit_seq, err);
}

static bool clear_write(const struct snapshot_content *content, struct buf *out, struct err *err)
{
    uint8_t header[LOG_HEADER_LEN], sum[SHA256_LEN];

    log_header_write(&content->header, SNAPSHOT_MAGIC, header);
    buf_add(out, bytes_of(header, sizeof header));
    buf_add_u32le(out, (uint32_t)content->slots.len);
    buf_add(out, content->slots);
    buf_add_u32le(out, (uint32_t)content->metadata.len);
    buf_add(out, content->metadata);
    buf_add_u32le(out, (uint32_t)content->signature.len);
    buf_add(out, content->signature);
    if (!sha256(buf_bytes(out), sum, err))
        return false;
    buf_add(out, bytes_of(sum, sizeof sum));
    return true;
}

bool snapshot_write(const struct snapshot_content *content, struct bytes dek, struct bytes oak,
                    struct buf *out, struct err *err)
{
    const struct bytes clear[3] = { content->metadata, content->slots, content->signature };
    uint8_t origin[SHA256_LEN];
    auto_buf plain = { 0 };

    assert(out->len == 0);
    buf_reserve(&plain,
                omap_size(content->values) + OP_OVERHEAD * omap_count(content->values) + 256);
    if (!pairs_write(content->values, &plain, err) ||
        !trailer_write(&content->header, clear, omap_count(content->values), content->audit_seq,
                       &plain, err) ||
        !clear_write(content, out, err) ||
        !frames_seal(&content->header, dek, buf_bytes(&plain), out, err) ||
        !origin_of(buf_bytes(out), oak, origin, err))
        return false;
    buf_add(out, bytes_of(origin, sizeof origin));
    return true;
}

bool snapshot_chain(const struct log_header *header, const uint8_t before[static CHAIN_LEN],
                    const struct omap *values, uint8_t chain[static CHAIN_LEN], struct err *err)
{
    auto_buf in = { 0 };

    buf_add_string(&in, "mrj1 state");
    buf_add(&in, bytes_of(header->deployment, STORE_DEPLOYMENT_LEN));
    buf_add_u64le(&in, header->generation);
    buf_add_u64le(&in, header->seq);
    buf_add(&in, bytes_of(before, CHAIN_LEN));
    return pairs_write(values, &in, err) && sha256(buf_bytes(&in), chain, err);
}
