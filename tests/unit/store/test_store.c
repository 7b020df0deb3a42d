/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <errno.h>

#include "store/slots.h"

#define DATA "/seal/sealed_data"
#define KEY "/seal/sealed_key"

/* A world with a first generation {a: 1}. */
static struct store *begin_first(struct world *world, struct fake_disk *disk)
{
    struct err err = { 0 };

    world_init(world, disk);
    struct store *const store = world_expect(world, STORE_FRESH);
    auto_omap *values = world_map("a", "1", NULL);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    return store;
}

static void store_open_of_nothing_is_fresh_and_writes_only_the_lock(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;

    (void)state;
    world_init(&world, disk);
    auto_store *store = world_expect(&world, STORE_FRESH);
    assert_int_equal(store_seq(store), 0);
    assert_int_equal(store_generation(store), 0);
    assert_null(store_values(store));
    assert_int_equal(store_recovery_metadata(store).len, 0);
    assert_non_null(fake_file(disk, "/seal/lock"));
    assert_null(fake_find(disk, "/seal/sealed"));
}

static void a_second_process_is_refused_with_the_name_of_the_directory(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    enum store_verdict verdict;
    struct err err = { 0 };

    (void)state;
    struct store *const first = begin_first(&world, disk);
    assert_null(world_open(&world, &verdict, &err));
    assert_int_equal(verdict, STORE_UNKNOWN);
    assert_int_equal(err.kind, FAIL_STATE);
    assert_non_null(strstr(err.text, "/seal"));
    store_close(first);
    store_close(world_expect(&world, STORE_OPEN));
}

static void a_generation_and_its_commits_come_back(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    uint8_t chain[32], deployment[16];

    (void)state;
    struct store *store = begin_first(&world, disk);
    assert_int_equal(store_verdict_of(store), STORE_OPEN);
    assert_int_equal(store_seq(store), 1);
    assert_int_equal(store_generation(store), 1);
    assert_ok(world_put(store, "b", "2", &err), &err);
    assert_ok(world_put(store, "a", NULL, &err), &err);
    assert_int_equal(store_seq(store), 3);
    memcpy(chain, store_chain(store), sizeof chain);
    memcpy(deployment, store_deployment(store), sizeof deployment);
    store_close(store);

    store = world_expect(&world, STORE_OPEN);
    world_assert_values(store, world_map("b", "2", NULL));
    assert_int_equal(store_seq(store), 3);
    assert_memory_equal(store_chain(store), chain, sizeof chain);
    assert_memory_equal(store_deployment(store), deployment, sizeof deployment);
    assert_bytes_equal(store_recovery_metadata(store), WORLD_METADATA);
    assert_bytes_equal(store_recovery_signature(store), WORLD_SIGNATURE);
    store_close(store);
}

static void store_commit_needs_an_open_store(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_omap *values = NULL;

    (void)state;
    world_init(&world, disk);
    struct store *store = world_expect(&world, STORE_FRESH);
    assert_false(world_put(store, "a", "1", &err));
    assert_int_equal(err.kind, FAIL_STATE);
    store_close(store);
    store_close(begin_first(&world, disk));
    world.machine = 2;
    store = world_expect(&world, STORE_LOCKED);
    assert_ok(store_unlock(store, WORLD_RWK, &values, &err), &err);
    err = (struct err){ 0 };
    assert_false(world_put(store, "a", "1", &err));
    assert_int_equal(err.kind, FAIL_STATE);
    store_close(store);
}

static void store_commit_refuses_a_key_that_is_too_long(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    char *const key = mem_zero_alloc(65537, 1);

    (void)state;
    auto_store *store = begin_first(&world, disk);
    memset(key, 'k', 65536);
    assert_false(world_put(store, key, "v", &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
    world_assert_values(store, world_map("a", "1", NULL));
    free(key);
}

/* One key must not seal two different records of one number: the first may have been seen. */
static void after_a_failed_write_records_go_to_a_segment_with_a_new_key(void **state)
{
    static const struct fake_fault faults[] = {
        { FAKE_WRITE, 1, 1, EIO, false },
        { FAKE_WRITE, 1, 1000, ENOSPC, true },
        { FAKE_FDATASYNC, 1, 1, EIO, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        auto_disk *disk = fake_disk_new();
        struct world world;
        struct err err = { 0 };
        auto_store *store = begin_first(&world, disk);
        assert_ok(world_put(store, "b", "2", &err), &err);
        const size_t len = fake_file(disk, "/seal/sealed_log.1")->len;
        struct fake_fault fault = faults[i];
        fault.n += fake_count(disk, fault.call);
        fake_set_fault(disk, &fault);
        assert_false(world_put(store, "c", "3", &err));
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
        fake_clear_fault(disk);
        assert_int_equal(store_seq(store), 2);
        assert_int_equal(fake_file(disk, "/seal/sealed_log.1")->len, len);
        assert_ok(world_put(store, "c", "4", &err), &err);
        assert_int_equal(fake_file(disk, "/seal/sealed_log.1")->len, len);
        assert_non_null(fake_file(disk, "/seal/sealed_log.2"));
    }
}

static void while_the_disk_cannot_be_repaired_commits_fail(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };

    (void)state;
    struct store *store = begin_first(&world, disk);
    assert_ok(world_put(store, "b", "2", &err), &err);
    fake_set_fault(disk, &(struct fake_fault){ FAKE_FDATASYNC, 1, 1000000, EIO, false });
    for (int i = 0; i < 3; i++) {
        err = (struct err){ 0 };
        assert_false(world_put(store, "c", "3", &err));
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    }
    fake_clear_fault(disk);
    assert_ok(world_put(store, "d", "4", &err), &err);
    store_close(store);
    store = world_expect(&world, STORE_OPEN);
    world_assert_values(store, world_map("a", "1", "b", "2", "d", "4", NULL));
    store_close(store);
}

static void a_commit_costs_one_write_and_one_sync(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    const struct store_op ops[] = { { STORE_PUT, BYTES_LITERAL("x"), BYTES_LITERAL("1") },
                                    { STORE_PUT, BYTES_LITERAL("y"), BYTES_LITERAL("2") } };
    const struct store_delta group[] = { { STORE_RECORD_DELTA, &ops[0], 1 },
                                         { STORE_RECORD_AUDIT, &ops[1], 1 },
                                         { STORE_RECORD_DELTA, NULL, 0 } };

    (void)state;
    auto_store *store = begin_first(&world, disk);
    assert_ok(world_put(store, "b", "2", &err), &err);
    const unsigned writes = fake_count(disk, FAKE_WRITE), syncs = fake_count(disk, FAKE_FDATASYNC),
                   dir_syncs = fake_count(disk, FAKE_FSYNC),
                   anchors = fake_count(disk, FAKE_PWRITE);
    assert_ok(store_commit(store, group, COUNT_OF(group), &err), &err);
    assert_int_equal(fake_count(disk, FAKE_WRITE), writes + 1);
    assert_int_equal(fake_count(disk, FAKE_FDATASYNC), syncs + 1);
    assert_int_equal(fake_count(disk, FAKE_FSYNC), dir_syncs);
    assert_int_equal(fake_count(disk, FAKE_PWRITE), anchors + 1);
    assert_int_equal(store_seq(store), 5);
}

static void on_another_machine_it_is_locked_and_the_recovery_key_opens_it(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_omap *values = NULL, *none = NULL;

    (void)state;
    struct store *store = begin_first(&world, disk);
    assert_ok(world_put(store, "b", "2", &err), &err);
    store_close(store);
    auto_disk *before = fake_disk_clone(disk);

    world.machine = 2;
    store = world_expect(&world, STORE_LOCKED);
    assert_int_equal(store_seq(store), 2);
    assert_int_equal(store_generation(store), 1);
    assert_bytes_equal(store_recovery_metadata(store), WORLD_METADATA);
    assert_false(
        store_unlock(store, BYTES_LITERAL("fedcba9876543210fedcba9876543210"), &none, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    err = (struct err){ 0 };
    assert_false(world_begin(store, NULL, NULL, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_ok(store_unlock(store, WORLD_RWK, &values, &err), &err);
    world_assert_values(store, world_map("a", "1", "b", "2", NULL));
    assert_int_equal(omap_count(values), 2);
    assert_bytes_equal(buf_bytes(fake_file(disk, DATA)), buf_bytes(fake_file(before, DATA)));
    assert_bytes_equal(buf_bytes(fake_file(disk, KEY)), buf_bytes(fake_file(before, KEY)));

    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_int_equal(store_generation(store), 2);
    assert_int_equal(store_seq(store), 3);
    assert_ok(world_put(store, "c", "3", &err), &err);
    store_close(store);
    store = world_expect(&world, STORE_OPEN);
    world_assert_values(store, world_map("a", "1", "b", "2", "c", "3", NULL));
    store_close(store);
    world.machine = 1;
    store_close(world_expect(&world, STORE_LOCKED));
}

static void a_recovery_key_of_16_bytes_serves_and_other_lengths_do_not(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_omap *values = NULL;
    struct store_generation generation = { .rwk = BYTES_LITERAL("0123456789abcdef"),
                                           .policy = SEAL_PRODUCT_KEY };

    (void)state;
    struct store *store = begin_first(&world, disk);
    assert_ok(store_begin_generation(store, &generation, &err), &err);
    generation.rwk.len = 15;
    assert_false(store_begin_generation(store, &generation, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    store_close(store);
    world.machine = 2;
    store = world_expect(&world, STORE_LOCKED);
    generation.rwk.len = 16;
    assert_ok(store_unlock(store, generation.rwk, &values, &err), &err);
    store_close(store);
}

static void without_a_recovery_slot_nothing_unlocks(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_omap *values = NULL;

    (void)state;
    struct store *store = begin_first(&world, disk);
    assert_ok(store_begin_generation(
                  store, &(struct store_generation){ .policy = SEAL_PRODUCT_KEY }, &err),
              &err);
    store_close(store);
    world.machine = 2;
    store = world_expect(&world, STORE_LOCKED);
    assert_false(store_unlock(store, WORLD_RWK, &values, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    store_close(store);
}

static void a_platform_that_does_not_answer_is_no_reason_for_recovery(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    enum store_verdict verdict;
    struct err err = { 0 };

    (void)state;
    store_close(begin_first(&world, disk));
    world.sealing_fails = FAIL_UNAVAILABLE;
    assert_null(world_open(&world, &verdict, &err));
    assert_int_equal(verdict, STORE_UNKNOWN);
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
}

static void a_platform_that_does_not_seal_changes_nothing(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };

    (void)state;
    struct store *store = begin_first(&world, disk);
    world.sealing_fails = FAIL_UNAVAILABLE;
    assert_false(world_begin(store, NULL, NULL, &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    world.sealing_fails = FAIL_NONE;
    assert_int_equal(store_generation(store), 1);
    assert_ok(world_put(store, "b", "2", &err), &err);
    store_close(store);
    store_close(world_expect(&world, STORE_OPEN));
}

/* Copies a directory of the disk to /seal of a new one. */
static struct fake_disk *disk_of_copy(struct fake_disk *disk, const char *directory)
{
    static const char *const names[] = { "sealed_data", "sealed_key", "sealed_log.1",
                                         "sealed_log.2", "sealed_log.3" };
    struct fake_disk *const copy = fake_disk_new();

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_string *from = mem_printf("%s/%s", directory, names[i]);
        auto_string *to = mem_printf("/seal/%s", names[i]);
        if (fake_file(disk, from) != NULL)
            fake_put(copy, to, buf_bytes(fake_file(disk, from)));
    }
    return copy;
}

static void what_is_set_aside_opens_where_it_is_moved_back(void **state)
{
    static const char *const names[] = { "/seal/dismissed-20231114T221320Z",
                                         "/seal/dismissed-20231114T221320Z-2" };
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    uint8_t deployment[16];

    (void)state;
    struct store *store = begin_first(&world, disk);
    memcpy(deployment, store_deployment(store), sizeof deployment);
    assert_ok(world_put(store, "b", "2", &err), &err);
    auto_omap *second = world_map("second", "1", NULL);
    assert_ok(world_begin(store, second, "dismissed", &err), &err);
    assert_int_equal(store_seq(store), 1);
    assert_memory_not_equal(store_deployment(store), deployment, sizeof deployment);
    assert_ok(world_begin(store, NULL, "dismissed", &err), &err);
    store_close(store);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_disk *copy = disk_of_copy(disk, names[i]);
        struct world other;
        world_init(&other, copy);
        auto_store *old = world_expect(&other, STORE_OPEN);
        world_assert_values(old, i == 0 ? world_map("a", "1", "b", "2", NULL) : omap_ref(second));
    }
}

static const struct bytes foreign_data = { (const uint8_t *)"\x10\0\0\0a state of old", 18 };
static const struct bytes foreign_key = { (const uint8_t *)"sixteen bytes...", 16 };

static void assert_foreign_files(const struct store *store, struct bytes want_key)
{
    struct err err = { 0 };
    auto_buf data = { 0 }, key = { 0 };

    assert_ok(store_foreign_files(store, &data, &key, &err), &err);
    assert_bytes_equal(buf_bytes(&data), foreign_data);
    assert_bytes_equal(buf_bytes(&key), want_key);
}

static void a_state_of_the_original_is_foreign_until_it_is_imported(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_omap *values = world_map("imported", "1", NULL);

    (void)state;
    world_init(&world, disk);
    fake_put(disk, DATA, foreign_data);
    fake_put(disk, KEY, foreign_key);
    struct store *store = world_expect(&world, STORE_FOREIGN);
    assert_foreign_files(store, foreign_key);
    assert_false(world_begin(store, values, NULL, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_ok(world_begin(store, values, "imported", &err), &err);
    store_close(store);
    store_close(world_expect(&world, STORE_OPEN));
    assert_bytes_equal(buf_bytes(fake_file(disk, "/seal/imported-20231114T221320Z/sealed_data")),
                       foreign_data);
    assert_bytes_equal(buf_bytes(fake_file(disk, "/seal/imported-20231114T221320Z/sealed_key")),
                       foreign_key);
}

/* present_key: without one, the original waits for its recovery. */
static void interrupt_import(struct bytes present_key)
{
    auto_disk *disk = fake_disk_new();
    auto_omap *values = world_map("imported", "1", NULL);
    bool dead = true;

    fake_put(disk, DATA, foreign_data);
    if (present_key.len > 0)
        fake_put(disk, KEY, present_key);
    for (unsigned n = 1; dead; n++) {
        auto_disk *copy = fake_disk_clone(disk);
        struct world world;
        enum store_verdict verdict;
        struct err err = { 0 };
        world_init(&world, copy);
        struct store *store = world_expect(&world, STORE_FOREIGN);
        fake_kill_at(copy, n, true);
        (void)!world_begin(store, values, "imported", &err);
        dead = fake_is_dead(copy);
        store_close(store);
        fake_power_loss(copy, (enum fake_survival)(n % 3), FAKE_HALF);
        store = world_open(&world, &verdict, &err);
        if (verdict == STORE_FOREIGN) {
            assert_foreign_files(store, present_key);
            assert_ok(world_begin(store, values, "imported", &err), &err);
        }
        assert_int_equal(store_verdict_of(store), STORE_OPEN);
        world_assert_values(store, omap_ref(values));
        store_close(store);
    }
}

static void an_interrupted_import_leaves_the_original_readable(void **state)
{
    (void)state;
    interrupt_import(foreign_key);
}

static void an_interrupted_import_without_a_key_can_start_again(void **state)
{
    (void)state;
    interrupt_import(BYTES_NONE);
}

static void a_journal_is_compacted_when_it_outgrows_the_snapshot(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_buf value = { 0 };

    (void)state;
    struct store *store = begin_first(&world, disk);
    memset(buf_grow(&value, 300000), 'v', 300000);
    for (unsigned i = 0; i < 20; i++) {
        assert_ok(world_put_bytes(store, i % 2 ? "x" : "y", buf_bytes(&value), &err), &err);
        assert_true(fake_file(disk, DATA)->len < 700000);
    }
    assert_null(fake_file(disk, "/seal/sealed_log.1"));
    assert_int_equal(store_seq(store), 21);
    store_close(store);
    store = world_expect(&world, STORE_OPEN);
    assert_int_equal(store_seq(store), 21);
    store_close(store);
}

static void a_failed_compaction_is_no_failed_commit(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_buf value = { 0 };

    (void)state;
    struct store *store = begin_first(&world, disk);
    memset(buf_grow(&value, 600000), 'v', 600000);
    assert_ok(world_put_bytes(store, "x", buf_bytes(&value), &err), &err);
    fake_set_fault(disk, &(struct fake_fault){ FAKE_RENAME, fake_count(disk, FAKE_RENAME) + 1, 1,
                                               EIO, false });
    assert_ok(world_put_bytes(store, "y", buf_bytes(&value), &err), &err);
    assert_non_null(fake_file(disk, "/seal/sealed_log.1"));
    assert_ok(world_put_bytes(store, "z", buf_bytes(&value), &err), &err);
    assert_ok(world_put_bytes(store, "z", buf_bytes(&value), &err), &err);
    assert_null(fake_file(disk, "/seal/sealed_log.1"));
    auto_omap *want = store_values(store);
    store_close(store);
    store = world_expect(&world, STORE_OPEN);
    world_assert_values(store, omap_ref(want));
    store_close(store);
}

/* The third rename of a generation removes the slot of the old one. */
static void a_slot_that_stayed_behind_is_removed_at_the_next_start(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };
    auto_omap *values = world_map("b", "2", NULL);

    (void)state;
    struct store *store = begin_first(&world, disk);
    fake_set_fault(disk, &(struct fake_fault){ FAKE_RENAME, fake_count(disk, FAKE_RENAME) + 3, 1,
                                               EIO, false });
    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_int_equal(fake_file(disk, KEY)->len, 2 * KEY_SLOT_LEN);
    assert_ok(world_put(store, "c", "3", &err), &err);
    store_close(store);
    fake_restart(disk);
    store = world_expect(&world, STORE_OPEN);
    assert_int_equal(fake_file(disk, KEY)->len, KEY_SLOT_LEN);
    assert_ok(world_put(store, "d", "4", &err), &err);
    store_close(store);
    store = world_expect(&world, STORE_OPEN);
    world_assert_values(store, world_map("b", "2", "c", "3", "d", "4", NULL));
    store_close(store);
}

static void an_anchor_that_cannot_be_written_does_not_undo_a_commit(void **state)
{
    auto_disk *disk = fake_disk_new();
    struct world world;
    struct err err = { 0 };

    (void)state;
    struct store *store = begin_first(&world, disk);
    fake_set_fault(disk, &(struct fake_fault){ FAKE_PWRITE, 1, 1, EIO, false });
    assert_ok(world_put(store, "b", "2", &err), &err);
    store_close(store);
    fake_restart(disk);
    store = world_expect(&world, STORE_OPEN);
    world_assert_values(store, world_map("a", "1", "b", "2", NULL));
    store_close(store);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(store_open_of_nothing_is_fresh_and_writes_only_the_lock),
    cmocka_unit_test(a_second_process_is_refused_with_the_name_of_the_directory),
    cmocka_unit_test(a_generation_and_its_commits_come_back),
    cmocka_unit_test(store_commit_needs_an_open_store),
    cmocka_unit_test(store_commit_refuses_a_key_that_is_too_long),
    cmocka_unit_test(after_a_failed_write_records_go_to_a_segment_with_a_new_key),
    cmocka_unit_test(while_the_disk_cannot_be_repaired_commits_fail),
    cmocka_unit_test(a_commit_costs_one_write_and_one_sync),
    cmocka_unit_test(on_another_machine_it_is_locked_and_the_recovery_key_opens_it),
    cmocka_unit_test(a_recovery_key_of_16_bytes_serves_and_other_lengths_do_not),
    cmocka_unit_test(without_a_recovery_slot_nothing_unlocks),
    cmocka_unit_test(a_platform_that_does_not_answer_is_no_reason_for_recovery),
    cmocka_unit_test(a_platform_that_does_not_seal_changes_nothing),
    cmocka_unit_test(what_is_set_aside_opens_where_it_is_moved_back),
    cmocka_unit_test(a_state_of_the_original_is_foreign_until_it_is_imported),
    cmocka_unit_test(an_interrupted_import_leaves_the_original_readable),
    cmocka_unit_test(an_interrupted_import_without_a_key_can_start_again),
    cmocka_unit_test(a_journal_is_compacted_when_it_outgrows_the_snapshot),
    cmocka_unit_test(a_failed_compaction_is_no_failed_commit),
    cmocka_unit_test(a_slot_that_stayed_behind_is_removed_at_the_next_start),
    cmocka_unit_test(an_anchor_that_cannot_be_written_does_not_undo_a_commit),
};
TEST_MAIN(tests)
