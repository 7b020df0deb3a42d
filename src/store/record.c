/* SPDX-License-Identifier: Apache-2.0 */
#include "store/record.h"

#include <assert.h>
#include <string.h>

#include "base/reader.h"

/* Offsets in a record, docs/state-format.md, section 3. */
enum {
    AT_LENGTH = 4,
    AT_CIPHERTEXT = 64,
    AFTER_TAG_LEN = SHA256_LEN + 4 + 4, /* origin, CRC, length */
};

static const uint8_t record_magic[4] = { 'M', 'R', 'J', 'R' };

void log_header_write(const struct log_header *header, const char *magic,
                      uint8_t out[static LOG_HEADER_LEN])
{
    memcpy(out, magic, 8);
    le_put(out + 8, LOG_HEADER_LEN, 4);
    le_put(out + 12, header->flags, 4);
    memcpy(out + 16, header->deployment, STORE_DEPLOYMENT_LEN);
    le_put(out + 32, header->generation, 8);
    le_put(out + 40, header->number, 8);
    le_put(out + 48, header->seq, 8);
    le_put(out + 56, header->fencing, 8);
    memcpy(out + 64, header->salt, sizeof header->salt);
    memcpy(out + 96, header->chain, CHAIN_LEN);
}

/* A view of exactly len bytes, copied; nothing when the reader has failed. */
static void copy_field(struct reader *r, uint8_t *to, size_t len, const char *field)
{
    const struct bytes from = reader_bytes(r, len, field);

    if (from.len == len)
        memcpy(to, from.at, len);
}

bool log_header_parse(struct bytes raw, const char *magic, struct log_header *header,
                      struct err *err)
{
    struct reader r = reader_over(raw);
    const struct bytes start = reader_bytes(&r, 8, "magic");
    const uint32_t len = reader_u32le(&r, "header length");

    header->flags = reader_u32le(&r, "flags");
    copy_field(&r, header->deployment, STORE_DEPLOYMENT_LEN, "deployment id");
    header->generation = reader_u64le(&r, "generation");
    header->number = reader_u64le(&r, "segment number");
    header->seq = reader_u64le(&r, "sequence number");
    header->fencing = reader_u64le(&r, "fencing value");
    copy_field(&r, header->salt, sizeof header->salt, "salt");
    copy_field(&r, header->chain, CHAIN_LEN, "chain value");

    if (!reader_ok(&r))
        return err_set(err, FAIL_DAMAGED, "header: ends inside %s", r.failed);
    if (!bytes_equal(start, bytes_of(magic, 8)) || len != LOG_HEADER_LEN)
        return err_set(err, FAIL_DAMAGED, "header: does not start with %s", magic);
    return true;
}

bool log_header_key(const struct log_header *header, const char *label, struct bytes dek,
                    uint8_t key[static LOG_KEY_LEN], struct err *err)
{
    auto_buf info = { 0 };

    buf_add_string(&info, label);
    buf_add(&info, bytes_of(header->deployment, STORE_DEPLOYMENT_LEN));
    buf_add_u64le(&info, header->generation);
    buf_add_u64le(&info, header->number);
    return hkdf_sha256(dek, bytes_of(header->salt, sizeof header->salt), buf_bytes(&info), key,
                       LOG_KEY_LEN, err);
}

static uint32_t le32_at(struct bytes in, size_t offset)
{
    struct reader r = reader_over(bytes_of(in.at + offset, in.len - offset));

    return reader_u32le(&r, "number");
}

size_t record_frame(struct bytes in)
{
    if (in.len < RECORD_OVERHEAD || memcmp(in.at, record_magic, sizeof record_magic) != 0)
        return 0;
    const size_t len = le32_at(in, AT_LENGTH);
    if (len < RECORD_OVERHEAD || len > RECORD_MAX || len > in.len || le32_at(in, len - 4) != len ||
        le32_at(in, len - 8) != crc32c(bytes_of(in.at, len - 8)))
        return 0;
    return len;
}

static enum store_record_type type_from_byte(uint8_t byte)
{
    switch (byte) {
    case STORE_RECORD_DELTA:
        return STORE_RECORD_DELTA;
    case STORE_RECORD_AUDIT:
        return STORE_RECORD_AUDIT;
    }
    return STORE_RECORD_NONE;
}

bool record_parse(struct bytes raw, struct record *record, struct err *err)
{
    struct reader r = reader_over(raw);

    record->raw = raw;
    reader_bytes(&r, AT_LENGTH + 4, "magic and length");
    record->seq = reader_u64le(&r, "sequence");
    record->type = type_from_byte(reader_u8(&r, "type"));
    const uint8_t version = reader_u8(&r, "version");
    record->attempt = reader_u16le(&r, "attempt");
    const uint32_t plain_len = reader_u32le(&r, "plaintext length");
    record->unix_ms = reader_u64le(&r, "time");
    record->previous = reader_bytes(&r, CHAIN_LEN, "previous chain value");
    if (!reader_ok(&r) || raw.len < RECORD_OVERHEAD || plain_len != raw.len - RECORD_OVERHEAD)
        return err_set(err, FAIL_DAMAGED, "the lengths of the record contradict each other");
    record->sealed = reader_bytes(&r, plain_len + AEAD_TAG_LEN, "ciphertext");
    record->origin = reader_bytes(&r, SHA256_LEN, "origin");
    if (version != 1 || record->type == STORE_RECORD_NONE)
        return err_set(err, FAIL_DAMAGED, "type %u or version %u of the record is not known",
                       raw.at[16], version);
    return true;
}

static bool chain_over(struct bytes until_tag, uint8_t chain[static CHAIN_LEN], struct err *err)
{
    const struct bytes parts[] = { BYTES_LITERAL("mrj1 chain"), until_tag };

    return sha256_parts(parts, COUNT_OF(parts), chain, err);
}

bool record_chain(const struct record *record, uint8_t chain[static CHAIN_LEN], struct err *err)
{
    return chain_over(bytes_of(record->raw.at, record->raw.len - AFTER_TAG_LEN), chain, err);
}

static bool origin_of(struct bytes oak, const uint8_t chain[static CHAIN_LEN],
                      uint8_t origin[static SHA256_LEN], struct err *err)
{
    const struct bytes parts[] = { BYTES_LITERAL("mrj1 origin"), bytes_of(chain, CHAIN_LEN) };

    return hmac_sha256(oak, parts, COUNT_OF(parts), origin, err);
}

static void nonce_of(uint16_t attempt, uint64_t seq, uint8_t nonce[static AEAD_NONCE_LEN])
{
    le_put(nonce, attempt, 4);
    le_put(nonce + 4, seq, 8);
}

/* The associated data of a record: header of the segment, then the start of the record. */
static struct buf aad_of(const struct record_keys *keys, const uint8_t *record)
{
    struct buf aad = { 0 };

    buf_add(&aad, bytes_of(keys->header, LOG_HEADER_LEN));
    buf_add(&aad, bytes_of(record, AT_CIPHERTEXT));
    return aad;
}

/* Everything of a record before its ciphertext; attempt is 0 because a segment ends with the first
 * failed write, so that no nonce serves twice. */
static void write_start(enum store_record_type type, uint64_t unix_ms, size_t plain_len,
                        const struct log_position *position, struct buf *out)
{
    buf_add(out, bytes_of(record_magic, sizeof record_magic));
    buf_add_u32le(out, (uint32_t)(plain_len + RECORD_OVERHEAD));
    buf_add_u64le(out, position->seq + 1);
    buf_add_u8(out, (uint8_t)type);
    buf_add_u8(out, 1);
    buf_add_u16le(out, 0);
    buf_add_u32le(out, (uint32_t)plain_len);
    buf_add_u64le(out, unix_ms);
    buf_add(out, bytes_of(position->chain, CHAIN_LEN));
}

/* Origin, CRC and the second length, after the tag. */
static bool write_end(struct bytes oak, size_t start, struct log_position *position,
                      struct buf *out, struct err *err)
{
    uint8_t origin[SHA256_LEN];

    if (!chain_over(bytes_of(out->at + start, out->len - start), position->chain, err) ||
        !origin_of(oak, position->chain, origin, err))
        return false;
    position->seq++;
    buf_add(out, bytes_of(origin, sizeof origin));
    buf_add_u32le(out, crc32c(bytes_of(out->at + start, out->len - start)));
    buf_add_u32le(out, (uint32_t)(out->len - start + 4));
    return true;
}

bool record_seal(const struct record_keys *keys, enum store_record_type type, uint64_t unix_ms,
                 struct bytes plaintext, struct log_position *position, struct buf *out,
                 struct err *err)
{
    const size_t start = out->len;
    struct log_position after = *position;
    uint8_t nonce[AEAD_NONCE_LEN];

    if (plaintext.len > RECORD_MAX - RECORD_OVERHEAD)
        return err_set(err, FAIL_TOO_LARGE, "a record of %zu bytes is longer than %d",
                       plaintext.len + RECORD_OVERHEAD, RECORD_MAX);
    write_start(type, unix_ms, plaintext.len, position, out);
    nonce_of(0, position->seq + 1, nonce);
    auto_buf aad = aad_of(keys, out->at + start);
    if (!aead_seal(keys->key, nonce, buf_bytes(&aad), plaintext, out, err) ||
        !write_end(keys->oak, start, &after, out, err)) {
        buf_truncate(out, start);
        return false;
    }
    *position = after;
    return true;
}

bool record_open(const struct record_keys *keys, const struct record *record,
                 const uint8_t chain[static CHAIN_LEN], struct buf *out, struct err *err)
{
    uint8_t nonce[AEAD_NONCE_LEN], origin[SHA256_LEN];

    if (keys->oak.len > 0) {
        if (!origin_of(keys->oak, chain, origin, err))
            return false;
        if (!bytes_equal_secretly(record->origin, bytes_of(origin, sizeof origin)))
            return err_set(err, FAIL_DAMAGED, "it was not written by an admitted instance");
    }
    nonce_of(record->attempt, record->seq, nonce);
    auto_buf aad = aad_of(keys, record->raw.at);
    return aead_open(keys->key, nonce, buf_bytes(&aad), record->sealed, out, err);
}

bool op_write(const struct store_op *op, struct buf *out, struct err *err)
{
    assert(op->type == STORE_PUT || (op->type == STORE_DELETE && op->value.len == 0));
    if (op->key.len > UINT16_MAX || op->value.len > UINT32_MAX)
        return err_set(err, FAIL_TOO_LARGE, "a key of %zu or a value of %zu bytes is too long",
                       op->key.len, op->value.len);
    buf_add_u8(out, (uint8_t)op->type);
    buf_add_u16le(out, (uint16_t)op->key.len);
    buf_add_u32le(out, (uint32_t)op->value.len);
    buf_add(out, op->key);
    buf_add(out, op->value);
    return true;
}

bool ops_write(const struct store_delta *delta, struct buf *out, struct err *err)
{
    if (delta->count > UINT32_MAX)
        return err_set(err, FAIL_TOO_LARGE, "%zu operations in one record", delta->count);
    buf_add_u32le(out, (uint32_t)delta->count);
    for (size_t i = 0; i < delta->count; i++) {
        if (!op_write(&delta->ops[i], out, err))
            return false;
    }
    return true;
}

void op_apply(const struct store_op *op, const struct omap **map)
{
    const struct omap *const before = *map;

    *map = op->type == STORE_PUT ? omap_with(before, op->key, op->value)
                                 : omap_without(before, op->key);
    omap_free(before);
}

static struct store_op op_read(struct reader *r)
{
    struct store_op op = { 0 };
    const uint8_t type = reader_u8(r, "operation");
    const size_t key_len = reader_u16le(r, "key length");
    const size_t value_len = reader_u32le(r, "value length");

    op.key = reader_bytes(r, key_len, "key");
    op.value = reader_bytes(r, value_len, "value");
    if (type == STORE_PUT)
        op.type = STORE_PUT;
    else if (type == STORE_DELETE && value_len == 0)
        op.type = STORE_DELETE;
    return op;
}

bool ops_apply(struct bytes plaintext, const struct omap **map, struct err *err)
{
    struct reader r = reader_over(plaintext);
    const uint32_t count = reader_u32le(&r, "count");
    auto_omap *after = omap_ref(*map);

    for (uint32_t i = 0; i < count && reader_ok(&r); i++) {
        const struct store_op op = op_read(&r);
        if (reader_ok(&r) && op.type == STORE_OP_NONE)
            return err_set(err, FAIL_DAMAGED, "operation %u is not known", i);
        if (reader_ok(&r))
            op_apply(&op, &after);
    }
    if (!reader_ok(&r) || reader_left(&r) > 0)
        return err_set(err, FAIL_DAMAGED, "the operations do not fill the record");
    omap_free(*map);
    *map = TAKE(after);
    return true;
}
