/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "store/inspect.h"

static void look(struct world *world, struct store_inspection *in)
{
    struct err err = { 0 };

    assert_ok(store_inspect(&world->env, "/seal", in, &err), &err);
}

static void a_state_shows_all_that_is_in_clear(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    auto_store_inspection in = { 0 };

    (void)state;
    (void)disk;
    look(&world, &in);
    struct store *const store = world_expect(&world, STORE_OPEN);
    const struct store_sizes sizes = store_sizes(store);
    assert_int_equal(in.verdict, STORE_LOCKED);
    assert_int_equal(in.generation, store_generation(store));
    assert_int_equal(in.seq, store_seq(store));
    assert_memory_equal(in.deployment, store_deployment(store), sizeof in.deployment);
    assert_true(bytes_equal(buf_bytes(&in.metadata), WORLD_METADATA));
    assert_int_equal(in.snapshot_bytes, sizes.snapshot_bytes);
    assert_int_equal(in.journal_bytes, sizes.journal_bytes);
    assert_int_equal(in.journal_segments, 2);
    assert_int_equal(in.torn_bytes + in.covered_segments, 0);
    assert_true(in.has_key_file && !in.unfinished);
    assert_int_equal(in.key_slots, 1);
    assert_int_equal(in.own_slots, 1);
    store_close(store);
}

static void a_state_that_is_in_use_can_be_looked_at_and_stays_in_use(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    auto_store_inspection in = { 0 };
    struct err err = { 0 };

    (void)state;
    (void)disk;
    struct store *const store = world_expect(&world, STORE_OPEN);
    assert_ok(world_put(store, "d", "4", &err), &err);
    look(&world, &in);
    assert_int_equal(in.verdict, STORE_LOCKED);
    assert_int_equal(in.seq, store_seq(store));
    assert_ok(world_put(store, "e", "5", &err), &err);
    store_close(store);
}

static void a_torn_end_is_counted_and_left_as_it_is(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    auto_store_inspection in = { 0 };
    struct buf *const segment = fake_file(disk, "/seal/sealed_log.2");
    const size_t whole = segment->len;

    (void)state;
    buf_add(segment, BYTES_LITERAL("half"));
    look(&world, &in);
    assert_int_equal(in.verdict, STORE_LOCKED);
    assert_int_equal(in.torn_bytes, 4);
    assert_int_equal(fake_file(disk, "/seal/sealed_log.2")->len, whole + 4);
}

static void damage_is_named_beside_what_could_be_read(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    auto_store_inspection in = { 0 };

    (void)state;
    fake_file(disk, "/seal/sealed_log.1")->at[fake_file(disk, "/seal/sealed_log.1")->len / 2] ^= 1;
    look(&world, &in);
    assert_int_equal(in.verdict, STORE_STOPPED);
    assert_int_equal(in.damage.kind, FAIL_DAMAGED);
    assert_true(in.generation > 0 && in.snapshot_bytes > 0 && in.own_slots == 1);
    assert_true(bytes_equal(buf_bytes(&in.metadata), WORLD_METADATA));
}

static void a_slot_of_another_generation_does_not_count(void **state)
{
    struct world world, other;
    auto_disk *disk = world_two_segments(&world);
    auto_disk *elsewhere = world_two_segments(&other);
    auto_store_inspection in = { 0 };
    struct err err = { 0 };

    (void)state;
    struct store *const store = world_expect(&world, STORE_OPEN);
    auto_omap *values = world_map("a", "1", NULL);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    store_close(store);
    struct buf *const slots = fake_file(disk, "/seal/sealed_key");
    buf_truncate(slots, 0);
    buf_add(slots, buf_bytes(fake_file(elsewhere, "/seal/sealed_key")));
    look(&world, &in);
    assert_int_equal(in.key_slots, 1);
    assert_int_equal(in.own_slots, 0);
}

static void nothing_and_foreign_files_are_told_apart(void **state)
{
    auto_store_inspection empty = { 0 }, foreign = { 0 };

    (void)state;
    auto_disk *bare = fake_disk_new();
    struct world world;
    world_init(&world, bare);
    store_close(world_expect(&world, STORE_FRESH));
    look(&world, &empty);
    assert_int_equal(empty.verdict, STORE_FRESH);
    assert_int_equal(empty.generation, 0);

    auto_disk *theirs = fake_disk_new();
    world_init(&world, theirs);
    store_close(world_expect(&world, STORE_FRESH));
    fake_put(theirs, "/seal/sealed_data", BYTES_LITERAL("something else"));
    look(&world, &foreign);
    assert_int_equal(foreign.verdict, STORE_FOREIGN);
    assert_true(bytes_equal(buf_bytes(&foreign.foreign), BYTES_LITERAL("something else")));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_state_shows_all_that_is_in_clear),
    cmocka_unit_test(a_state_that_is_in_use_can_be_looked_at_and_stays_in_use),
    cmocka_unit_test(a_torn_end_is_counted_and_left_as_it_is),
    cmocka_unit_test(damage_is_named_beside_what_could_be_read),
    cmocka_unit_test(a_slot_of_another_generation_does_not_count),
    cmocka_unit_test(nothing_and_foreign_files_are_told_apart),
};
TEST_MAIN(tests)
