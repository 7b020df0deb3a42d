/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <errno.h>

#include "store/snapshot.h"

#define DATA "/seal/sealed_data"
#define BOTH_LINES "{\"v\":2}\n{\"v\":2,\"set\":2}"

static const struct store_recovery_set keep_first_add_second[] = {
    { BYTES_LITERAL("{\"v\":2}"), { NULL, 0 } },
    { BYTES_LITERAL("{\"v\":2,\"set\":2}"), BYTES_LITERAL("fedcba9876543210fedcba9876543210") },
};
static const struct store_recovery_set keep_second = { BYTES_LITERAL("{\"v\":2,\"set\":2}"),
                                                       { NULL, 0 } };

/* A world with a first generation {a: 1} and one record {b: 2}. */
static struct store *begin_first(struct world *world, struct fake_disk *disk)
{
    struct err err = { 0 };

    world_init(world, disk);
    struct store *const store = world_expect(world, STORE_FRESH);
    auto_omap *values = world_map("a", "1", NULL);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_ok(world_put(store, "b", "2", &err), &err);
    return store;
}

static struct store *begin_with_both(struct world *world, struct fake_disk *disk)
{
    struct err err = { 0 };
    struct store *const store = begin_first(world, disk);
    auto_omap *values = world_map("a", "1", "sets", "both", NULL);

    assert_ok(world_set_recovery(store, keep_first_add_second, 2, values, &err), &err);
    return store;
}

static void a_second_set_is_one_commit_with_its_values_under_the_same_keys(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };

    (void)state;
    struct store *store = begin_with_both(&world, disk);
    assert_int_equal(store_seq(store), 3);
    assert_int_equal(store_generation(store), 1);
    assert_bytes_equal(store_recovery_metadata(store), BYTES_LITERAL(BOTH_LINES));
    assert_bytes_equal(store_recovery_signature(store), WORLD_SIGNATURE_2);
    assert_null(fake_find(disk, "/seal/sealed_log"));
    assert_ok(world_put(store, "c", "3", &err), &err);
    store_close(store);
    store = world_expect(&world, STORE_OPEN);
    world_assert_values(store, world_map("a", "1", "c", "3", "sets", "both", NULL));
    assert_int_equal(store_seq(store), 4);
    assert_int_equal(store_generation(store), 1);
    assert_bytes_equal(store_recovery_metadata(store), BYTES_LITERAL(BOTH_LINES));
    store_close(store);
    assert_true(world_unlocks(disk, WORLD_RWK));
    assert_true(world_unlocks(disk, WORLD_RWK_2));
}

static void a_set_that_is_kept_keeps_its_slot_byte_by_byte(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct snapshot before, between, after;
    struct err err = { 0 };
    auto_buf first = { 0 }, both = { 0 };

    (void)state;
    auto_store *store = begin_first(&world, disk);
    buf_add(&first, buf_bytes(fake_file(disk, DATA)));
    assert_ok(snapshot_parse(buf_bytes(&first), &before, &err), &err);
    assert_ok(world_set_recovery(store, keep_first_add_second, 2, NULL, &err), &err);
    buf_add(&both, buf_bytes(fake_file(disk, DATA)));
    assert_ok(snapshot_parse(buf_bytes(&both), &between, &err), &err);
    assert_int_equal(between.slots.len, 2 * before.slots.len);
    assert_true(bytes_start_with(between.slots, before.slots));
    assert_ok(world_set_recovery(store, &keep_second, 1, NULL, &err), &err);
    assert_ok(snapshot_parse(buf_bytes(fake_file(disk, DATA)), &after, &err), &err);
    assert_bytes_equal(after.slots, bytes_of(between.slots.at + before.slots.len,
                                             between.slots.len - before.slots.len));
}

static void a_set_that_is_not_listed_opens_nothing_any_more(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };

    (void)state;
    auto_store *store = begin_with_both(&world, disk);
    assert_ok(world_set_recovery(store, &keep_second, 1, NULL, &err), &err);
    assert_bytes_equal(store_recovery_metadata(store), WORLD_METADATA_2);
    assert_false(world_unlocks(disk, WORLD_RWK));
    assert_true(world_unlocks(disk, WORLD_RWK_2));
    /* And it is not there to be kept later. */
    assert_false(world_set_recovery(store, keep_first_add_second, 2, NULL, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
}

static void both_sets_live_through_a_compaction_and_a_record_that_is_too_large(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_buf large = { 0 };

    (void)state;
    memset(buf_grow(&large, (1 << 20) + 1), 'l', (1 << 20) + 1);
    auto_store *store = begin_with_both(&world, disk);
    assert_ok(world_put_bytes(store, "large", buf_bytes(&large), &err), &err);
    assert_bytes_equal(store_recovery_metadata(store), BYTES_LITERAL(BOTH_LINES));
    assert_true(world_unlocks(disk, WORLD_RWK));
    assert_true(world_unlocks(disk, WORLD_RWK_2));
}

static void a_new_generation_has_the_set_that_it_is_given_and_no_other(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };

    (void)state;
    auto_store *store = begin_with_both(&world, disk);
    assert_ok(world_begin(store, NULL, NULL, &err), &err);
    assert_bytes_equal(store_recovery_metadata(store), WORLD_METADATA);
    assert_true(world_unlocks(disk, WORLD_RWK));
    assert_false(world_unlocks(disk, WORLD_RWK_2));
}

/* ---- refusals ---- */

struct refusal {
    const char *name;
    struct store_recovery_set sets[3];
    size_t count, signature_len;
    enum fail_kind kind;
};

#define KEY BYTES_LITERAL("0123456789abcdef")
#define NO_KEY                                                                                     \
    {                                                                                              \
        NULL, 0                                                                                    \
    }
#define LINE(text) BYTES_LITERAL(text)

static const struct refusal refusals[] = {
    { "no set", { { NO_KEY, NO_KEY } }, 0, 0, FAIL_MALFORMED },
    { "three sets",
      { { LINE("a"), KEY }, { LINE("b"), KEY }, { LINE("c"), KEY } },
      3,
      0,
      FAIL_MALFORMED },
    { "a line break", { { LINE("a\nb"), KEY } }, 1, 0, FAIL_MALFORMED },
    { "a line break at the end", { { LINE("a\n"), KEY } }, 1, 0, FAIL_MALFORMED },
    { "one set twice", { { LINE("a"), KEY }, { LINE("a"), KEY } }, 2, 0, FAIL_MALFORMED },
    { "a kept set again as a new one",
      { { LINE("{\"v\":2}"), NO_KEY }, { LINE("{\"v\":2}"), KEY } },
      2,
      0,
      FAIL_MALFORMED },
    { "a key of 15 bytes", { { LINE("a"), LINE("0123456789abcde") } }, 1, 0, FAIL_MALFORMED },
    { "a set that is not there", { { LINE("{\"v\":3}"), NO_KEY } }, 1, 0, FAIL_NOT_FOUND },
    { "a signature that is too long", { { LINE("a"), KEY } }, 1, (1 << 16) + 1, FAIL_TOO_LARGE },
};

static void what_is_no_row_of_sets_is_refused_and_nothing_changes(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    auto_buf long_signature = { 0 };

    (void)state;
    memset(buf_grow(&long_signature, (1 << 16) + 1), 's', (1 << 16) + 1);
    auto_store *store = begin_first(&world, disk);
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        const struct refusal *const r = &refusals[i];
        const struct store_recovery recovery = { r->sets, r->count,
                                                 bytes_of(long_signature.at, r->signature_len) };
        struct err err = { 0 };
        if (store_set_recovery(store, &recovery, NULL, &err) || err.kind != r->kind)
            fail_msg("%s: %s", r->name, err.text);
        assert_bytes_equal(store_recovery_metadata(store), WORLD_METADATA);
        assert_int_equal(store_seq(store), 2);
        world_assert_values(store, world_map("a", "1", "b", "2", NULL));
    }
}

static void metadata_of_two_sets_that_are_too_long_together_are_refused(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_buf half = { 0 }, other_half = { 0 };

    (void)state;
    memset(buf_grow(&half, 1 << 19), 'a', 1 << 19);
    memset(buf_grow(&other_half, 1 << 19), 'b', 1 << 19);
    auto_store *store = begin_first(&world, disk);
    struct store_recovery_set sets[] = { { buf_bytes(&half), WORLD_RWK },
                                         { buf_bytes(&other_half), WORLD_RWK_2 } };
    assert_false(world_set_recovery(store, sets, 2, NULL, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
    sets[1].metadata.len--; /* the line break */
    assert_ok(world_set_recovery(store, sets, 2, NULL, &err), &err);
}

static void sets_are_set_in_an_open_state_only(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_omap *values = NULL;

    (void)state;
    world_init(&world, disk);
    struct store *store = world_expect(&world, STORE_FRESH);
    assert_false(world_set_recovery(store, keep_first_add_second, 2, NULL, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    store_close(store);
    store_close(begin_with_both(&world, disk));
    world.machine = 2;
    store = world_expect(&world, STORE_LOCKED);
    assert_ok(store_unlock(store, WORLD_RWK_2, &values, &err), &err);
    assert_false(world_set_recovery(store, &keep_second, 1, NULL, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    store_close(store);
}

static void a_generation_takes_one_line_only(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    const struct store_generation generation = { .rwk = WORLD_RWK,
                                                 .metadata = BYTES_LITERAL(BOTH_LINES),
                                                 .policy = SEAL_PRODUCT_KEY };

    (void)state;
    auto_store *store = begin_first(&world, disk);
    assert_false(store_begin_generation(store, &generation, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

/* What the clear part says about the sets is repeated where only the data key reaches. */
static void a_set_that_was_cut_out_of_the_clear_part_is_noticed(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct snapshot snapshot;
    struct err err = { 0 };
    auto_buf cut = { 0 };
    auto_omap *values = NULL;
    uint8_t sum[32];

    (void)state;
    store_close(begin_with_both(&world, disk));
    const struct bytes file = buf_bytes(fake_file(disk, DATA));
    assert_ok(snapshot_parse(file, &snapshot, &err), &err);
    buf_add(&cut, snapshot.raw_header);
    buf_add_u32le(&cut, (uint32_t)snapshot.slots.len / 2);
    buf_add(&cut, bytes_of(snapshot.slots.at, snapshot.slots.len / 2));
    buf_add_u32le(&cut, (uint32_t)WORLD_METADATA.len);
    buf_add(&cut, WORLD_METADATA);
    buf_add_u32le(&cut, (uint32_t)snapshot.signature.len);
    buf_add(&cut, snapshot.signature);
    assert_ok(sha256(buf_bytes(&cut), sum, &err), &err);
    buf_add(&cut, bytes_of(sum, sizeof sum));
    buf_add(&cut, snapshot.frames);
    buf_add(&cut, snapshot.origin);
    fake_put(disk, DATA, buf_bytes(&cut));
    world.machine = 2;
    auto_store *store = world_expect(&world, STORE_LOCKED);
    assert_false(store_unlock(store, WORLD_RWK, &values, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
}

static void after_a_failure_the_old_sets_are_there_and_it_can_be_tried_again(void **state)
{
    static const struct fake_fault faults[] = {
        { FAKE_WRITE, 1, 1000, ENOSPC, true },
        { FAKE_RENAME, 1, 1, EIO, false },
        { FAKE_FSYNC, 1, 1, EIO, false },
        { FAKE_FSYNC, 2, 1, EIO, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        auto_disk *disk = fake_disk_new();
        struct world world;
        struct err err = { 0 };
        auto_store *store = begin_first(&world, disk);
        auto_omap *values = world_map("sets", "both", NULL);
        struct fake_fault fault = faults[i];
        fault.n += fake_count(disk, fault.call);
        fake_set_fault(disk, &fault);
        const bool done = world_set_recovery(store, keep_first_add_second, 2, values, &err);
        fake_clear_fault(disk);
        if (done)
            fail_msg("fault %zu was not met", i);
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
        assert_bytes_equal(store_recovery_metadata(store), WORLD_METADATA);
        assert_bytes_equal(store_recovery_signature(store), WORLD_SIGNATURE);
        world_assert_values(store, world_map("a", "1", "b", "2", NULL));
        assert_ok(world_put(store, "c", "3", &err), &err);
        assert_true(world_unlocks(disk, WORLD_RWK));
        assert_false(world_unlocks(disk, WORLD_RWK_2));
        assert_ok(world_set_recovery(store, keep_first_add_second, 2, values, &err), &err);
        assert_true(world_unlocks(disk, WORLD_RWK_2));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_second_set_is_one_commit_with_its_values_under_the_same_keys),
    cmocka_unit_test(a_set_that_is_kept_keeps_its_slot_byte_by_byte),
    cmocka_unit_test(a_set_that_is_not_listed_opens_nothing_any_more),
    cmocka_unit_test(both_sets_live_through_a_compaction_and_a_record_that_is_too_large),
    cmocka_unit_test(a_new_generation_has_the_set_that_it_is_given_and_no_other),
    cmocka_unit_test(what_is_no_row_of_sets_is_refused_and_nothing_changes),
    cmocka_unit_test(metadata_of_two_sets_that_are_too_long_together_are_refused),
    cmocka_unit_test(sets_are_set_in_an_open_state_only),
    cmocka_unit_test(a_generation_takes_one_line_only),
    cmocka_unit_test(a_set_that_was_cut_out_of_the_clear_part_is_noticed),
    cmocka_unit_test(after_a_failure_the_old_sets_are_there_and_it_can_be_tried_again),
};
TEST_MAIN(tests)
