/* SPDX-License-Identifier: Apache-2.0 */
#include "store/slots.h"
#include "store/snapshot.h"

#include <stdlib.h>
#include <string.h>

/*
 * The first byte says how the rest is read: 0 as `sealed_data`, whose checksum is made right if its
 * lengths allow it; 1 as the contents of its frames, which are then sealed; 2 as `sealed_key`.
 *
 * Properties: accepted parts account for the whole input; contents that are accepted give the
 * same contents when they are written again; slots lie inside the input; a slot that opens is that
 * of a line of the metadata.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t dek[LOG_KEY_LEN] = { 0xd }, oak[LOG_KEY_LEN] = { 0xa };
#define DEK bytes_of(dek, sizeof dek)
#define OAK bytes_of(oak, sizeof oak)

static void check(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static size_t le32(const uint8_t *at)
{
    return (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16 | (size_t)at[3] << 24;
}

/* Writes the checksum where the lengths say that it is. */
static void repair_checksum(uint8_t *at, size_t size)
{
    size_t pos = LOG_HEADER_LEN;
    struct err err = { 0 };

    for (int part = 0; part < 3; part++) {
        if (pos > size || size - pos < 4 || le32(at + pos) > size - pos - 4)
            return;
        pos += 4 + le32(at + pos);
    }
    if (size - pos >= SHA256_LEN)
        check(sha256(bytes_of(at, pos), at + pos, &err));
}

/* Does a line of the metadata have a slot? */
static bool has_slot(const struct snapshot *snapshot)
{
    struct bytes line, slot;
    struct err err = { 0 };
    bool found = false;

    for (size_t i = 0; bytes_line(snapshot->metadata, i, &line) && i < STORE_RECOVERY_SETS; i++) {
        if (!recovery_slot_find(snapshot->slots, snapshot->metadata, line, &slot, &err))
            continue;
        found = true;
        check(slot.len == RECOVERY_SLOT_LEN && slot.at >= snapshot->slots.at &&
              slot.at + slot.len <= snapshot->slots.at + snapshot->slots.len);
    }
    return found;
}

static void check_slots(const struct snapshot *snapshot)
{
    struct slot_owner owner = { .generation = snapshot->header.generation };
    struct secret *opened = NULL;
    struct err err = { 0 };

    memcpy(owner.deployment, snapshot->header.deployment, sizeof owner.deployment);
    check(recovery_slot_open(snapshot->slots, &owner,
                             BYTES_LITERAL("0123456789abcdef0123456789abcdef"), snapshot->metadata,
                             &opened, &err) == (opened != NULL));
    check(opened == NULL || has_slot(snapshot));
    secret_free(opened);
}

static void check_file(struct bytes file)
{
    struct snapshot snapshot;
    struct err err = { 0 };
    const struct omap *values = NULL;
    uint64_t audit_seq;

    if (!snapshot_parse(file, &snapshot, &err)) {
        check(err.kind == FAIL_DAMAGED);
        return;
    }
    check(LOG_HEADER_LEN + 12 + snapshot.slots.len + snapshot.metadata.len +
              snapshot.signature.len + SHA256_LEN + snapshot.frames.len + SHA256_LEN ==
          file.len);
    check_slots(&snapshot);
    check(snapshot_open(&snapshot, DEK, BYTES_NONE, &values, &audit_seq, &err) ||
          (err.kind == FAIL_DAMAGED && values == NULL));
    omap_free(values);
}

/* The snapshot whose contents are these bytes, in one frame. */
static bool seal_contents(struct bytes plain, const struct log_header *header, struct buf *out)
{
    uint8_t raw[LOG_HEADER_LEN + 5] = { 0 }, key[LOG_KEY_LEN], sum[SHA256_LEN];
    uint8_t nonce[AEAD_NONCE_LEN] = { 0 };
    struct err err = { 0 };

    log_header_write(header, SNAPSHOT_MAGIC, raw);
    buf_add(out, bytes_of(raw, LOG_HEADER_LEN));
    for (int part = 0; part < 3; part++)
        buf_add_u32le(out, 0);
    raw[LOG_HEADER_LEN + 4] = 1;
    le_put(nonce + 4, header->seq, 8);
    if (!sha256(buf_bytes(out), sum, &err) ||
        !log_header_key(header, SNAPSHOT_KEY_LABEL, DEK, key, &err))
        return false;
    buf_add(out, bytes_of(sum, sizeof sum));
    if (!aead_seal(bytes_of(key, sizeof key), nonce, bytes_of(raw, sizeof raw), plain, out, &err))
        return false;
    buf_add(out, bytes_of(sum, sizeof sum));
    return true;
}

static void check_contents(struct bytes plain)
{
    const struct log_header header = { .generation = 1, .number = 1, .seq = 1 };
    struct snapshot_content content = { .header = header };
    struct snapshot snapshot, again;
    struct err err = { 0 };
    struct buf file = { 0 }, written = { 0 };

    if (plain.len <= SNAPSHOT_FRAME_LEN) {
        check(seal_contents(plain, &header, &file) &&
              snapshot_parse(buf_bytes(&file), &snapshot, &err));
        if (snapshot_open(&snapshot, DEK, BYTES_NONE, &content.values, &content.audit_seq, &err)) {
            check(snapshot_write(&content, DEK, OAK, &written, &err) &&
                  snapshot_parse(buf_bytes(&written), &again, &err) &&
                  bytes_equal(snapshot.frames, again.frames));
        }
        check(err.kind == FAIL_NONE || err.kind == FAIL_DAMAGED);
    }
    omap_free(content.values);
    buf_clear(&file);
    buf_clear(&written);
}

static void check_key_file(struct bytes file)
{
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];
    const size_t count = key_slots_parse(file, slots, at);

    for (size_t i = 0; i < count; i++) {
        check(at[i] % KEY_SLOT_LEN == 0 && slots[i].whole.at == file.at + at[i] &&
              slots[i].whole.len <= file.len - at[i] &&
              SLOT_HEADER_LEN + 4 + slots[i].blob.len <= slots[i].whole.len);
        for (int cell = 0; cell < 2; cell++) {
            struct log_position position;
            struct err err = { 0 };
            check(!anchor_read(slots[i].cells[cell], &slots[i].owner, OAK, &position, &err) ||
                  err.kind == FAIL_NONE);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    uint8_t *const copy = bytes_copy(bytes_of(data + 1, size - 1));
    const struct bytes rest = bytes_of(copy, size - 1);
    if (data[0] == 1) {
        check_contents(rest);
    } else if (data[0] == 2) {
        check_key_file(rest);
    } else {
        check_file(rest);
        repair_checksum(copy, rest.len);
        check_file(rest);
    }
    free(copy);
    return 0;
}
