/* SPDX-License-Identifier: Apache-2.0 */
#include "store/slots.h"

#include <string.h>

#include <openssl/crypto.h>

#include "base/reader.h"

enum { FIRST_CELL_AT = 8192, CELL_DISTANCE = 4096 };

#define ANCHOR_MAGIC "MRANCH01"

void slot_header_write(enum slot_type type, const struct slot_owner *owner,
                       const uint8_t id[static 16], uint8_t out[static SLOT_HEADER_LEN])
{
    memset(out, 0, SLOT_HEADER_LEN);
    memcpy(out, SLOT_MAGIC, 8);
    le_put(out + 8, type, 2);
    le_put(out + 10, 1, 2);
    memcpy(out + 16, owner->deployment, STORE_DEPLOYMENT_LEN);
    le_put(out + 32, owner->generation, 8);
    memcpy(out + 40, id, 16);
}

struct slot_header {
    enum slot_type type;
    struct slot_owner owner;
    struct bytes id;
};

static enum slot_type type_from_number(uint16_t number)
{
    switch (number) {
    case SLOT_PLATFORM:
        return SLOT_PLATFORM;
    case SLOT_RECOVERY:
        return SLOT_RECOVERY;
    case SLOT_FOREIGN:
        return SLOT_FOREIGN;
    }
    return SLOT_NONE;
}

static bool slot_header_parse(struct bytes raw, struct slot_header *header)
{
    struct reader r = reader_over(raw);
    const struct bytes magic = reader_bytes(&r, 8, "magic");

    header->type = type_from_number(reader_u16le(&r, "type"));
    const uint16_t version = reader_u16le(&r, "version");
    reader_u32le(&r, "flags");
    const struct bytes deployment = reader_bytes(&r, STORE_DEPLOYMENT_LEN, "deployment id");
    header->owner.generation = reader_u64le(&r, "generation");
    header->id = reader_bytes(&r, 16, "slot id");
    reader_u64le(&r, "epoch");
    if (!reader_ok(&r) || !bytes_equal_string(magic, SLOT_MAGIC) || version != 1 ||
        header->type == SLOT_NONE)
        return false;
    memcpy(header->owner.deployment, deployment.at, STORE_DEPLOYMENT_LEN);
    return true;
}

bool slot_owner_equal(const struct slot_owner *a, const struct slot_owner *b)
{
    return a->generation == b->generation &&
           memcmp(a->deployment, b->deployment, STORE_DEPLOYMENT_LEN) == 0;
}

struct wrapping_key {
    uint8_t at[32];
};

static void wrapping_key_clear(struct wrapping_key *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}

/* HKDF-SHA-256(RWK, slot id, "mrj1 recovery slot" | deployment | LE64 generation). */
static bool wrapping_key_derive(struct bytes rwk, struct bytes slot_id,
                                const struct slot_owner *owner, struct wrapping_key *key,
                                struct err *err)
{
    auto_buf info = { 0 };

    buf_add_string(&info, "mrj1 recovery slot");
    buf_add(&info, bytes_of(owner->deployment, STORE_DEPLOYMENT_LEN));
    buf_add_u64le(&info, owner->generation);
    return hkdf_sha256(rwk, slot_id, buf_bytes(&info), key->at, sizeof key->at, err);
}

/* Associated data: header | SHA-256(line), so that a set may come and go beside another. */
static bool recovery_aad(struct bytes header, struct bytes line,
                         uint8_t aad[static SLOT_HEADER_LEN + SHA256_LEN], struct err *err)
{
    memcpy(aad, header.at, SLOT_HEADER_LEN);
    return sha256(line, aad + SLOT_HEADER_LEN, err);
}

bool recovery_slot_write(const struct slot_owner *owner, struct bytes rwk, struct bytes line,
                         struct bytes dek, const uint8_t random[static 28], struct buf *out,
                         struct err *err)
{
    uint8_t header[SLOT_HEADER_LEN], aad[SLOT_HEADER_LEN + SHA256_LEN];
    struct wrapping_key key CLEANUP(wrapping_key_clear) = { 0 };
    const size_t start = out->len;

    slot_header_write(SLOT_RECOVERY, owner, random, header);
    buf_add(out, bytes_of(header, sizeof header));
    buf_add(out, bytes_of(random + 16, AEAD_NONCE_LEN));
    if (recovery_aad(bytes_of(header, sizeof header), line, aad, err) &&
        wrapping_key_derive(rwk, bytes_of(random, 16), owner, &key, err) &&
        aead_seal(bytes_of(key.at, sizeof key.at), random + 16, bytes_of(aad, sizeof aad), dek, out,
                  err))
        return true;
    buf_truncate(out, start);
    return false;
}

/* One slot: FAIL_DENIED when it does not open. */
static bool recovery_slot_try(struct bytes slot, const struct slot_header *header, struct bytes rwk,
                              struct bytes line, struct secret **dek, struct err *err)
{
    uint8_t aad[SLOT_HEADER_LEN + SHA256_LEN];
    struct wrapping_key key CLEANUP(wrapping_key_clear) = { 0 };
    auto_buf plain = { 0 };
    const struct bytes sealed = bytes_of(slot.at + SLOT_HEADER_LEN + AEAD_NONCE_LEN,
                                         slot.len - SLOT_HEADER_LEN - AEAD_NONCE_LEN);

    if (!recovery_aad(slot, line, aad, err) ||
        !wrapping_key_derive(rwk, header->id, &header->owner, &key, err))
        return false;
    if (!aead_open(bytes_of(key.at, sizeof key.at), slot.at + SLOT_HEADER_LEN,
                   bytes_of(aad, sizeof aad), sealed, &plain, err)) {
        if (err->kind != FAIL_DAMAGED)
            return false;
        return err_set(err, FAIL_DENIED, "the recovery secret does not open the sealed state");
    }
    *dek = secret_copy(buf_bytes(&plain), err);
    return *dek != NULL;
}

/* There is one slot for each line of the metadata, or none at all. */
static bool slots_fit(struct bytes slots, struct bytes metadata)
{
    const size_t count = slots.len / RECOVERY_SLOT_LEN;
    struct bytes line;

    return slots.len == 0 ||
           (slots.len % RECOVERY_SLOT_LEN == 0 && count <= STORE_RECOVERY_SETS &&
            bytes_line(metadata, count - 1, &line) && !bytes_line(metadata, count, &line));
}

bool recovery_slot_find(struct bytes slots, struct bytes metadata, struct bytes line,
                        struct bytes *slot, struct err *err)
{
    struct bytes each;

    for (size_t i = 0; i < slots.len / RECOVERY_SLOT_LEN && bytes_line(metadata, i, &each); i++) {
        if (!bytes_equal(each, line))
            continue;
        *slot = bytes_of(slots.at + i * RECOVERY_SLOT_LEN, RECOVERY_SLOT_LEN);
        return true;
    }
    return err_set(err, FAIL_NOT_FOUND, "the sealed state does not have this recovery set");
}

bool recovery_slot_open(struct bytes slots, const struct slot_owner *owner, struct bytes rwk,
                        struct bytes metadata, struct secret **dek, struct err *err)
{
    struct reader r = reader_over(slots);
    struct err why = { 0 };
    struct bytes line;

    if (!slots_fit(slots, metadata))
        return err_set(err, FAIL_DAMAGED, "the recovery slots do not go with the metadata");
    (void)err_set(&why, FAIL_NOT_FOUND, "the sealed state has no recovery slot");
    for (size_t i = 0; reader_left(&r) > 0 && bytes_line(metadata, i, &line); i++) {
        const struct bytes slot = reader_bytes(&r, RECOVERY_SLOT_LEN, "recovery slot");
        struct slot_header header;
        if (!slot_header_parse(slot, &header))
            return err_set(err, FAIL_DAMAGED, "the recovery slots do not parse");
        if (header.type != SLOT_RECOVERY || !slot_owner_equal(&header.owner, owner))
            continue;
        if (recovery_slot_try(slot, &header, rwk, line, dek, &why))
            return true;
        if (why.kind != FAIL_DENIED)
            break;
    }
    *err = why;
    return false;
}

size_t anchor_cell_offset(unsigned cell)
{
    return FIRST_CELL_AT + (size_t)cell * CELL_DISTANCE;
}

bool key_slot_write(const uint8_t header[static SLOT_HEADER_LEN], struct bytes blob,
                    struct bytes first_anchor, struct buf *out, struct err *err)
{
    if (blob.len > KEY_SLOT_BLOB_MAX)
        return err_set(err, FAIL_TOO_LARGE, "a key slot of %zu bytes is longer than %d", blob.len,
                       KEY_SLOT_BLOB_MAX);
    uint8_t *const at = buf_grow(out, KEY_SLOT_LEN);
    memset(at, 0, KEY_SLOT_LEN);
    memcpy(at, header, SLOT_HEADER_LEN);
    le_put(at + SLOT_HEADER_LEN, blob.len, 4);
    if (blob.len > 0)
        memcpy(at + SLOT_HEADER_LEN + 4, blob.at, blob.len);
    if (first_anchor.len > 0)
        memcpy(at + FIRST_CELL_AT, first_anchor.at, ANCHOR_CELL_LEN);
    return true;
}

static bool key_slot_parse(struct bytes whole, struct key_slot *slot)
{
    struct reader r = reader_over(whole);
    struct slot_header header;

    slot->whole = whole;
    slot->header = reader_bytes(&r, SLOT_HEADER_LEN, "slot header");
    slot->blob = reader_bytes(&r, reader_u32le(&r, "blob length"), "blob");
    if (!reader_ok(&r) || slot->blob.len > KEY_SLOT_BLOB_MAX ||
        !slot_header_parse(slot->header, &header))
        return false;
    slot->type = header.type;
    slot->owner = header.owner;
    for (unsigned i = 0; i < 2; i++) {
        const size_t at = anchor_cell_offset(i);
        slot->cells[i] = whole.len >= at + ANCHOR_CELL_LEN
                             ? bytes_of(whole.at + at, ANCHOR_CELL_LEN)
                             : BYTES_NONE;
    }
    return true;
}

size_t key_slots_parse(struct bytes file, struct key_slot slots[static KEY_SLOTS_MAX],
                       size_t at[static KEY_SLOTS_MAX])
{
    size_t count = 0;

    for (size_t pos = 0; pos < file.len && count < KEY_SLOTS_MAX; pos += KEY_SLOT_LEN) {
        const size_t left = file.len - pos;
        const size_t len = left < KEY_SLOT_LEN ? left : KEY_SLOT_LEN;
        if (!key_slot_parse(bytes_of(file.at + pos, len), &slots[count]))
            continue;
        at[count++] = pos;
    }
    return count;
}

/* HKDF-SHA-256(OAK, no salt, "mrj1 anchor"), then HMAC over deployment | cell up to the MAC. */
static bool anchor_mac(const struct slot_owner *owner, struct bytes cell, struct bytes oak,
                       uint8_t mac[static SHA256_LEN], struct err *err)
{
    struct wrapping_key key CLEANUP(wrapping_key_clear) = { 0 };
    const struct bytes parts[] = { bytes_of(owner->deployment, STORE_DEPLOYMENT_LEN),
                                   bytes_of(cell.at, ANCHOR_CELL_LEN - SHA256_LEN) };

    return hkdf_sha256(oak, BYTES_NONE, BYTES_LITERAL("mrj1 anchor"), key.at, sizeof key.at, err) &&
           hmac_sha256(bytes_of(key.at, sizeof key.at), parts, COUNT_OF(parts), mac, err);
}

bool anchor_write(const struct slot_owner *owner, const struct log_position *position,
                  struct bytes oak, uint8_t cell[static ANCHOR_CELL_LEN], struct err *err)
{
    memset(cell, 0, ANCHOR_CELL_LEN);
    memcpy(cell, ANCHOR_MAGIC, 8);
    le_put(cell + 8, owner->generation, 8);
    le_put(cell + 16, position->seq, 8);
    memcpy(cell + 24, position->chain, CHAIN_LEN);
    return anchor_mac(owner, bytes_of(cell, ANCHOR_CELL_LEN), oak,
                      cell + ANCHOR_CELL_LEN - SHA256_LEN, err);
}

bool anchor_read(struct bytes cell, const struct slot_owner *owner, struct bytes oak,
                 struct log_position *position, struct err *err)
{
    struct reader r = reader_over(cell);
    const struct bytes magic = reader_bytes(&r, 8, "magic");
    const uint64_t generation = reader_u64le(&r, "generation");
    const uint64_t seq = reader_u64le(&r, "sequence");
    const struct bytes chain = reader_bytes(&r, CHAIN_LEN, "chain value");
    reader_u64le(&r, "reserved");
    const struct bytes mac = reader_bytes(&r, SHA256_LEN, "MAC");
    uint8_t want[SHA256_LEN];

    if (!reader_ok(&r) || !bytes_equal_string(magic, ANCHOR_MAGIC) ||
        generation != owner->generation)
        return err_set(err, FAIL_DAMAGED, "the anchor is not readable");
    if (!anchor_mac(owner, cell, oak, want, err))
        return false;
    if (!bytes_equal_secretly(mac, bytes_of(want, sizeof want)))
        return err_set(err, FAIL_DAMAGED, "the anchor does not authenticate");
    position->seq = seq;
    memcpy(position->chain, chain.at, CHAIN_LEN);
    return true;
}
