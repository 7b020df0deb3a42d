/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "store/slots.h"
#include "store/snapshot.h"

static const uint8_t dek[LOG_KEY_LEN] = { 0xd }, oak[LOG_KEY_LEN] = { 0xa };
#define DEK bytes_of(dek, sizeof dek)
#define OAK bytes_of(oak, sizeof oak)

static const struct log_header header = { .flags = LOG_FIRST,
                                          .deployment = { 1, 2, 3 },
                                          .generation = 4,
                                          .number = 5,
                                          .seq = 6,
                                          .salt = { 7 },
                                          .chain = { 8 } };

static void build(const struct omap *values, struct buf *out)
{
    const struct snapshot_content content = {
        .header = header,
        .slots = BYTES_LITERAL("slots"),
        .metadata = WORLD_METADATA,
        .signature = WORLD_SIGNATURE,
        .values = values,
        .audit_seq = 3,
    };
    struct err err = { 0 };

    assert_ok(snapshot_write(&content, DEK, OAK, out, &err), &err);
}

static void assert_round_trip(const struct omap *values)
{
    struct snapshot snapshot;
    struct err err = { 0 };
    auto_buf file = { 0 };
    auto_omap *back = NULL;
    uint64_t audit_seq = 0;

    build(values, &file);
    assert_ok(snapshot_parse(buf_bytes(&file), &snapshot, &err), &err);
    assert_int_equal(snapshot.header.flags, LOG_FIRST);
    assert_memory_equal(snapshot.header.deployment, header.deployment, 16);
    assert_int_equal(snapshot.header.generation, 4);
    assert_int_equal(snapshot.header.number, 5);
    assert_int_equal(snapshot.header.seq, 6);
    assert_bytes_equal(snapshot.slots, BYTES_LITERAL("slots"));
    assert_bytes_equal(snapshot.metadata, WORLD_METADATA);
    assert_bytes_equal(snapshot.signature, WORLD_SIGNATURE);
    assert_ok(snapshot_open(&snapshot, DEK, OAK, &back, &audit_seq, &err), &err);
    assert_true(world_maps_equal(values, back));
    assert_int_equal(audit_seq, 3);
}

static void a_snapshot_comes_back_whatever_its_size(void **state)
{
    /* Around the border of one and of two frames, of which 7 + 1 bytes and the trailer are not
     * value. */
    static const size_t sizes[] = { 0,     1,     65000, 65376,  65377,  65378,  65379, 65535,
                                    65536, 65537, 70000, 130912, 130913, 130914, 200000 };

    (void)state;
    assert_round_trip(NULL);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        auto_buf value = { 0 };
        memset(buf_grow(&value, sizes[i]), 'v', sizes[i]);
        auto_omap *values = omap_with(NULL, BYTES_LITERAL("k"), buf_bytes(&value));
        assert_round_trip(values);
    }
}

static void a_full_last_frame_is_read(void **state)
{
    enum { TRAILER_LEN = 1 + 8 + 8 + 32 + 3 * 32 + 8, VALUE_LEN = 65536 - TRAILER_LEN - 7 - 1 };
    auto_buf value = { 0 };
    auto_buf file = { 0 };

    (void)state;
    memset(buf_grow(&value, VALUE_LEN), 'v', VALUE_LEN);
    auto_omap *values = omap_with(NULL, BYTES_LITERAL("k"), buf_bytes(&value));
    build(values, &file);
    const size_t clear = 128 + 12 + 5 + WORLD_METADATA.len + WORLD_SIGNATURE.len + 32;
    assert_int_equal(file.len, clear + 65536 + 16 + 32);
    assert_round_trip(values);
}

static void frames_cannot_be_dropped_or_exchanged(void **state)
{
    enum { FRAME = 65536 + 16 };
    auto_buf value = { 0 }, file = { 0 };

    (void)state;
    memset(buf_grow(&value, 200000), 'v', 200000);
    auto_omap *values = omap_with(NULL, BYTES_LITERAL("k"), buf_bytes(&value));
    build(values, &file);
    const size_t frames = 128 + 12 + 5 + WORLD_METADATA.len + WORLD_SIGNATURE.len + 32;
    for (int cut = 0; cut < 2; cut++) {
        struct snapshot snapshot;
        struct err err = { 0 };
        auto_buf altered = { 0 };
        auto_omap *back = NULL;
        uint64_t audit_seq;
        buf_add(&altered, bytes_of(file.at, frames));
        buf_add(&altered, bytes_of(file.at + frames + FRAME, FRAME));
        buf_add(&altered, bytes_of(file.at + frames, FRAME));
        if (cut == 0)
            buf_add(&altered, bytes_of(file.at + frames + 2 * FRAME,
                                       file.len - frames - (size_t)2 * FRAME - 32));
        buf_add(&altered, bytes_of(file.at, 32));
        assert_ok(snapshot_parse(buf_bytes(&altered), &snapshot, &err), &err);
        assert_false(snapshot_open(&snapshot, DEK, BYTES_NONE, &back, &audit_seq, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
    }
}

static void snapshot_parse_refuses_every_prefix_of_the_clear_part(void **state)
{
    auto_buf file = { 0 };
    struct snapshot snapshot;

    (void)state;
    build(NULL, &file);
    const size_t least = 128 + 12 + 5 + WORLD_METADATA.len + WORLD_SIGNATURE.len + 32 + 32;
    for (size_t len = 0; len < least; len++) {
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(file.at, len));
        assert_false(snapshot_parse(bytes_of(exact, len), &snapshot, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        free(exact);
    }
}

static void snapshot_parse_refuses_lengths_near_the_limit(void **state)
{
    static const uint32_t lengths[] = { 6, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        auto_buf file = { 0 };
        struct snapshot snapshot;
        struct err err = { 0 };
        build(NULL, &file);
        le_put(file.at + 128, lengths[i], 4);
        assert_false(snapshot_parse(buf_bytes(&file), &snapshot, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
    }
}

static void the_wrong_keys_open_nothing(void **state)
{
    auto_buf file = { 0 };
    struct snapshot snapshot;
    struct err err = { 0 };
    auto_omap *values = NULL;
    uint64_t audit_seq;

    (void)state;
    build(NULL, &file);
    assert_ok(snapshot_parse(buf_bytes(&file), &snapshot, &err), &err);
    assert_false(snapshot_open(&snapshot, OAK, OAK, &values, &audit_seq, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    assert_false(snapshot_open(&snapshot, DEK, DEK, &values, &audit_seq, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    assert_ok(snapshot_open(&snapshot, DEK, BYTES_NONE, &values, &audit_seq, &err), &err);
}

static const struct slot_owner owner = { .deployment = { 1 }, .generation = 2 };
static const struct slot_owner other = { .deployment = { 1 }, .generation = 3 };
static const uint8_t random_28[28] = { 5 };

#define TWO_LINES BYTES_LITERAL("{\"v\":2,\"set\":2}\n{\"v\":2}")

/* A slot of another generation in the first line, ours in the second. */
static void two_slots(struct buf *slots)
{
    struct err err = { 0 };

    assert_ok(recovery_slot_write(&other, BYTES_LITERAL("another key....."), WORLD_METADATA_2, OAK,
                                  random_28, slots, &err),
              &err);
    assert_ok(recovery_slot_write(&owner, WORLD_RWK, WORLD_METADATA, DEK, random_28, slots, &err),
              &err);
    assert_int_equal(slots->len, 2 * RECOVERY_SLOT_LEN);
}

static void recovery_slot_opens_with_its_key_its_line_and_its_owner_only(void **state)
{
    const struct slot_owner nobody = { .generation = 9 };
    struct err err = { 0 };
    auto_buf slots = { 0 };
    auto_secret *opened = NULL, *none = NULL;

    (void)state;
    two_slots(&slots);
    assert_ok(recovery_slot_open(buf_bytes(&slots), &owner, WORLD_RWK, TWO_LINES, &opened, &err),
              &err);
    assert_bytes_equal(secret_bytes(opened), DEK);
    assert_false(recovery_slot_open(buf_bytes(&slots), &owner, WORLD_RWK,
                                    BYTES_LITERAL("{\"v\":2,\"set\":2}\n{\"v\":3}"), &none, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_false(recovery_slot_open(buf_bytes(&slots), &owner, WORLD_RWK,
                                    BYTES_LITERAL("{\"v\":2}\n{\"v\":2,\"set\":2}"), &none, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_false(recovery_slot_open(buf_bytes(&slots), &other, WORLD_RWK, TWO_LINES, &none, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_false(recovery_slot_open(buf_bytes(&slots), &nobody, WORLD_RWK, TWO_LINES, &none, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    assert_null(none);
}

static void recovery_slots_that_are_not_one_for_each_line_are_damaged(void **state)
{
    static const char *const lines[] = { "{\"v\":2,\"set\":2}", "{\"v\":2}",
                                         "{\"v\":2,\"set\":2}\n{\"v\":2}\n", "" };
    auto_buf slots = { 0 };

    (void)state;
    two_slots(&slots);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct err err = { 0 };
        auto_secret *none = NULL;
        assert_false(recovery_slot_open(buf_bytes(&slots), &owner, WORLD_RWK,
                                        bytes_of_string(lines[i]), &none, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
    }
    for (size_t len = 1; len < slots.len; len++) {
        struct err err = { 0 };
        auto_secret *none = NULL;
        uint8_t *const cut = bytes_copy(bytes_of(slots.at, len));
        assert_false(
            recovery_slot_open(bytes_of(cut, len), &owner, WORLD_RWK, TWO_LINES, &none, &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        free(cut);
    }
}

static void recovery_slot_find_gives_the_slot_of_the_line(void **state)
{
    struct err err = { 0 };
    auto_buf slots = { 0 };
    struct bytes slot = BYTES_NONE;

    (void)state;
    two_slots(&slots);
    assert_ok(recovery_slot_find(buf_bytes(&slots), TWO_LINES, WORLD_METADATA, &slot, &err), &err);
    assert_ptr_equal(slot.at, slots.at + RECOVERY_SLOT_LEN);
    assert_int_equal(slot.len, RECOVERY_SLOT_LEN);
    assert_ok(recovery_slot_find(buf_bytes(&slots), TWO_LINES, WORLD_METADATA_2, &slot, &err),
              &err);
    assert_ptr_equal(slot.at, slots.at);
    assert_false(recovery_slot_find(buf_bytes(&slots), TWO_LINES, TWO_LINES, &slot, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    assert_false(recovery_slot_find(BYTES_NONE, TWO_LINES, WORLD_METADATA, &slot, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
}

static void a_flipped_byte_of_a_recovery_slot_opens_nothing(void **state)
{
    struct err err = { 0 };
    auto_buf slots = { 0 };

    (void)state;
    assert_ok(recovery_slot_write(&owner, WORLD_RWK, WORLD_METADATA, DEK, random_28, &slots, &err),
              &err);
    for (size_t i = 0; i < slots.len; i++) {
        auto_secret *none = NULL;
        slots.at[i] ^= 1;
        assert_false(
            recovery_slot_open(buf_bytes(&slots), &owner, WORLD_RWK, WORLD_METADATA, &none, &err));
        slots.at[i] ^= 1;
    }
}

static void key_slots_parse_takes_what_is_whole_and_skips_the_rest(void **state)
{
    uint8_t head[SLOT_HEADER_LEN];
    struct key_slot slots[KEY_SLOTS_MAX];
    size_t at[KEY_SLOTS_MAX];
    struct err err = { 0 };
    auto_buf file = { 0 };

    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        const struct slot_owner each = { .generation = i };
        slot_header_write(SLOT_PLATFORM, &each, random_28, head);
        assert_ok(key_slot_write(head, bytes_of("blob", i), BYTES_NONE, &file, &err), &err);
    }
    assert_int_equal(key_slots_parse(buf_bytes(&file), slots, at), 3);
    assert_bytes_equal(slots[2].blob, BYTES_LITERAL("bl"));
    file.at[KEY_SLOT_LEN + 10] ^= 1; /* the version of the second */
    assert_int_equal(key_slots_parse(buf_bytes(&file), slots, at), 2);
    assert_int_equal(slots[1].owner.generation, 2);
    assert_int_equal(at[1], 2 * KEY_SLOT_LEN);
    le_put(file.at + 64, KEY_SLOT_BLOB_MAX + 1, 4);
    assert_int_equal(key_slots_parse(buf_bytes(&file), slots, at), 1);
    for (size_t len = 0; len < KEY_SLOT_LEN; len += 61) {
        uint8_t *const exact = bytes_copy(bytes_of(file.at + (size_t)2 * KEY_SLOT_LEN, len));
        assert_int_equal(key_slots_parse(bytes_of(exact, len), slots, at), len >= 64 + 4 + 2);
        free(exact);
    }
    assert_false(
        key_slot_write(head, bytes_of(file.at, KEY_SLOT_BLOB_MAX + 1), BYTES_NONE, &file, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
}

static void an_anchor_reads_only_with_its_key_and_for_its_owner(void **state)
{
    const struct log_position position = { .seq = 77, .chain = { 9 } };
    struct log_position back = { 0 };
    uint8_t cell[ANCHOR_CELL_LEN];
    struct err err = { 0 };

    (void)state;
    assert_ok(anchor_write(&owner, &position, OAK, cell, &err), &err);
    assert_ok(anchor_read(bytes_of(cell, sizeof cell), &owner, OAK, &back, &err), &err);
    assert_int_equal(back.seq, 77);
    assert_memory_equal(back.chain, position.chain, CHAIN_LEN);
    assert_false(anchor_read(bytes_of(cell, sizeof cell), &owner, DEK, &back, &err));
    assert_false(anchor_read(bytes_of(cell, sizeof cell), &other, OAK, &back, &err));
    for (size_t i = 0; i < sizeof cell; i++) {
        cell[i] ^= 1;
        assert_false(anchor_read(bytes_of(cell, sizeof cell), &owner, OAK, &back, &err));
        assert_false(anchor_read(bytes_of(cell, i), &owner, OAK, &back, &err));
        cell[i] ^= 1;
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_snapshot_comes_back_whatever_its_size),
    cmocka_unit_test(a_full_last_frame_is_read),
    cmocka_unit_test(frames_cannot_be_dropped_or_exchanged),
    cmocka_unit_test(snapshot_parse_refuses_every_prefix_of_the_clear_part),
    cmocka_unit_test(snapshot_parse_refuses_lengths_near_the_limit),
    cmocka_unit_test(the_wrong_keys_open_nothing),
    cmocka_unit_test(recovery_slot_opens_with_its_key_its_line_and_its_owner_only),
    cmocka_unit_test(recovery_slots_that_are_not_one_for_each_line_are_damaged),
    cmocka_unit_test(recovery_slot_find_gives_the_slot_of_the_line),
    cmocka_unit_test(a_flipped_byte_of_a_recovery_slot_opens_nothing),
    cmocka_unit_test(key_slots_parse_takes_what_is_whole_and_skips_the_rest),
    cmocka_unit_test(an_anchor_reads_only_with_its_key_and_for_its_owner),
};
TEST_MAIN(tests)
