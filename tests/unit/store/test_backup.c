/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "store/backup.h"

#include <errno.h>

static void make(struct world *world)
{
    auto_store_inspection copied = { 0 };
    struct err err = { 0 };

    assert_ok(store_backup_make(&world->env, "/seal", "/copy", &copied, &err), &err);
    assert_int_equal(copied.verdict, STORE_LOCKED);
}

static struct store_backup *read_copy(struct world *world, const char *directory, struct err *err)
{
    auto_store_inspection in = { 0 };
    bool has_sums = false;

    return store_backup_read(&world->env, directory, &in, &has_sums, err);
}

static void restore(struct world *world)
{
    struct err err = { 0 };
    auto_string *aside = NULL;
    auto_store_backup *backup = read_copy(world, "/copy", &err);

    assert_ok(backup != NULL, &err);
    assert_ok(store_backup_restore(&world->env, backup, "/seal", &aside, &err), &err);
}

/* Gives the map back. */
static void expect_values(struct world *world, const struct omap *values)
{
    struct store *const store = world_expect(world, STORE_OPEN);

    world_assert_values(store, values);
    store_close(store);
}

/* The copy holds a, b, c; the state has gone on to d, in another generation. */
static struct fake_disk *gone_on(struct world *world)
{
    struct fake_disk *const disk = world_two_segments(world);
    auto_omap *values = world_map("d", "4", NULL);
    struct err err = { 0 };

    make(world);
    struct store *const store = world_expect(world, STORE_OPEN);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_ok(world_put(store, "e", "5", &err), &err);
    store_close(store);
    return disk;
}

static void a_copy_of_a_state_in_use_has_all_that_was_acknowledged(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    const struct omap *const values = world_map("a", "1", "b", "2", "c", "3", "d", "4", NULL);
    struct err err = { 0 };

    (void)state;
    struct store *const store = world_expect(&world, STORE_OPEN);
    assert_ok(world_put(store, "d", "4", &err), &err);
    make(&world);
    assert_ok(world_put(store, "e", "5", &err), &err);
    store_close(store);
    restore(&world);
    expect_values(&world, values);
    assert_non_null(fake_find(disk, "/copy/SHA256SUMS"));
}

static void what_goes_away_while_it_is_read_is_read_again(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);

    (void)state;
    /* directory, sealed_key, sealed_log.1: the third file that is opened has just been removed */
    fake_restart(disk);
    fake_set_fault(disk,
                   &(struct fake_fault){ .call = FAKE_OPEN, .n = 3, .times = 1, .error = ENOENT });
    make(&world);
}

static void a_place_that_is_taken_and_a_state_that_is_none_are_refused(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    auto_store_inspection copied = { 0 };
    struct err err = { 0 };

    (void)state;
    assert_false(store_backup_make(&world.env, "/seal", "/seal", &copied, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    fake_remove(disk, "/seal/sealed_data");
    assert_false(store_backup_make(&world.env, "/seal", "/copy", &copied, &err));
    assert_int_equal(err.kind, FAIL_NOT_FOUND);
    assert_null(fake_find(disk, "/copy"));
}

static void a_damaged_state_gets_no_sums(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    auto_store_inspection copied = { 0 };
    struct err err = { 0 };

    (void)state;
    fake_file(disk, "/seal/sealed_data")->at[200] ^= 1;
    assert_false(store_backup_make(&world.env, "/seal", "/copy", &copied, &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
    assert_null(fake_find(disk, "/copy/SHA256SUMS"));
}

static void a_copy_that_was_changed_is_refused(void **state)
{
    static const char *const names[] = { "sealed_data", "sealed_key", "sealed_log.1",
                                         "sealed_log.2" };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct world world;
        auto_disk *disk = world_two_segments(&world);
        auto_string *path = mem_printf("/copy/%s", names[i]);

        make(&world);
        struct buf *const file = fake_file(disk, path);
        file->at[file->len - 1] ^= 1;
        assert_null(read_copy(&world, "/copy", &err));
        assert_int_equal(err.kind, FAIL_DAMAGED);
        fake_remove(disk, path);
        assert_null(read_copy(&world, "/copy", &err));
        assert_true(err.kind == FAIL_DAMAGED || err.kind == FAIL_NOT_FOUND);
    }
}

static void without_sums_the_state_speaks_for_itself(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);
    auto_store_inspection in = { 0 };
    bool has_sums = true;
    struct err err = { 0 };

    (void)state;
    make(&world);
    fake_remove(disk, "/copy/SHA256SUMS");
    auto_store_backup *backup = store_backup_read(&world.env, "/copy", &in, &has_sums, &err);
    assert_ok(backup != NULL, &err);
    assert_false(has_sums);
    fake_file(disk, "/copy/sealed_data")->at[200] ^= 1;
    assert_null(read_copy(&world, "/copy", &err));
    assert_int_equal(err.kind, FAIL_DAMAGED);
}

static void a_state_that_is_there_is_set_aside_whole(void **state)
{
    struct world world;
    auto_disk *disk = gone_on(&world);
    const struct omap *const copied = world_map("a", "1", "b", "2", "c", "3", NULL);
    const struct omap *const replaced = world_map("d", "4", "e", "5", NULL);
    struct err err = { 0 };
    auto_string *aside = NULL, *second = NULL;

    (void)state;
    (void)disk;
    auto_store_backup *backup = read_copy(&world, "/copy", &err);
    assert_ok(backup != NULL, &err);
    assert_ok(store_backup_restore(&world.env, backup, "/seal", &aside, &err), &err);
    expect_values(&world, copied);
    assert_int_equal(strncmp(aside, "/seal/replaced-", 15), 0);

    auto_store_backup *old = read_copy(&world, aside, &err);
    assert_ok(old != NULL, &err);
    assert_ok(store_backup_restore(&world.env, old, "/seal", &second, &err), &err);
    expect_values(&world, replaced);
}

static void a_copy_without_a_key_waits_for_its_recovery(void **state)
{
    struct world world;
    auto_disk *disk = gone_on(&world);

    (void)state;
    fake_remove(disk, "/copy/sealed_key");
    fake_remove(disk, "/copy/SHA256SUMS");
    restore(&world);
    assert_null(fake_find(disk, "/seal/sealed_key"));
    store_close(world_expect(&world, STORE_LOCKED));
}

static void a_directory_in_use_is_left_alone(void **state)
{
    struct world world;
    auto_disk *disk = gone_on(&world);
    struct err err = { 0 };
    auto_string *aside = NULL;

    (void)state;
    struct store *const store = world_expect(&world, STORE_OPEN);
    auto_store_backup *backup = read_copy(&world, "/copy", &err);
    assert_ok(backup != NULL, &err);
    assert_false(store_backup_restore(&world.env, backup, "/seal", &aside, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_null(fake_find(disk, "/seal/replaced-"));
    assert_ok(world_put(store, "f", "6", &err), &err);
    store_close(store);
}

/* How a restore ends early. */
struct cut {
    unsigned at;
    bool power;
    enum fake_survival names, data;
};

/* False when the restore came to its end before the cut. */
static bool interrupt(const struct fake_disk *prepared, const struct cut *cut, bool had_state)
{
    auto_disk *disk = fake_disk_clone(prepared);
    auto_omap *old = world_map("d", "4", "e", "5", NULL);
    auto_omap *copied = world_map("a", "1", "b", "2", "c", "3", NULL);
    struct world world;
    enum store_verdict verdict;
    struct err err = { 0 };
    auto_string *aside = NULL;

    world_init(&world, disk);
    auto_store_backup *backup = read_copy(&world, "/copy", &err);
    assert_ok(backup != NULL, &err);
    fake_kill_at(disk, cut->at, true);
    const bool done = store_backup_restore(&world.env, backup, "/seal", &aside, &err);
    assert_int_equal(done, !fake_is_dead(disk));
    if (cut->power)
        fake_power_loss(disk, cut->names, cut->data);
    else
        fake_restart(disk);

    struct store *const store = world_open(&world, &verdict, &err);
    auto_omap *values = verdict == STORE_OPEN ? store_values(store) : NULL;
    if (verdict == STORE_OPEN)
        assert_true(world_maps_equal(values, copied) ||
                    (had_state && !done && world_maps_equal(values, old)));
    else
        assert_int_not_equal(verdict, had_state ? STORE_FRESH : STORE_LOCKED);
    assert_true(!done || verdict == STORE_OPEN);
    store_close(store);
    restore(&world);
    expect_values(&world, TAKE(copied));
    return !done;
}

static void interrupt_everywhere(const struct fake_disk *prepared, bool had_state)
{
    bool stopped = true;

    for (struct cut cut = { .at = 1 }; stopped; cut.at++) {
        cut.power = false;
        stopped = interrupt(prepared, &cut, had_state);
        cut.power = true;
        for (cut.names = FAKE_NONE; cut.names < FAKE_SURVIVALS; cut.names++) {
            for (cut.data = FAKE_NONE; cut.data <= FAKE_ALL; cut.data++)
                stopped &= interrupt(prepared, &cut, had_state);
        }
        assert_true(cut.at < 1000);
    }
}

static void an_interrupted_restore_leaves_the_old_the_new_or_nothing_that_starts(void **state)
{
    struct world world;
    auto_disk *disk = gone_on(&world);

    (void)state;
    fake_restart(disk);
    interrupt_everywhere(disk, true);
}

static void the_same_where_nothing_was(void **state)
{
    struct world world;
    auto_disk *disk = world_two_segments(&world);

    (void)state;
    make(&world);
    fake_remove(disk, "/seal/sealed_data");
    fake_remove(disk, "/seal/sealed_key");
    fake_remove(disk, "/seal/sealed_log.1");
    fake_remove(disk, "/seal/sealed_log.2");
    fake_restart(disk);
    interrupt_everywhere(disk, false);
}

/* Snapshots that could be taken for an unfinished first manifest, and no key slot that says otherwise. */
static void the_same_with_a_first_state_that_has_no_key(void **state)
{
    struct world world;
    auto_disk *disk = fake_disk_new();
    auto_omap *values = world_map("a", "1", "b", "2", "c", "3", NULL);
    struct err err = { 0 };

    (void)state;
    world_init(&world, disk);
    struct store *const store = world_expect(&world, STORE_FRESH);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    store_close(store);
    make(&world);
    fake_remove(disk, "/seal/sealed_key");
    fake_put(disk, "/seal/sealed_data.new", buf_bytes(fake_file(disk, "/seal/sealed_data")));
    fake_restart(disk);
    interrupt_everywhere(disk, true);
    fake_put(disk, "/seal/sealed_key", BYTES_NONE);
    interrupt_everywhere(disk, true);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_copy_of_a_state_in_use_has_all_that_was_acknowledged),
    cmocka_unit_test(what_goes_away_while_it_is_read_is_read_again),
    cmocka_unit_test(a_place_that_is_taken_and_a_state_that_is_none_are_refused),
    cmocka_unit_test(a_damaged_state_gets_no_sums),
    cmocka_unit_test(a_copy_that_was_changed_is_refused),
    cmocka_unit_test(without_sums_the_state_speaks_for_itself),
    cmocka_unit_test(a_state_that_is_there_is_set_aside_whole),
    cmocka_unit_test(a_copy_without_a_key_waits_for_its_recovery),
    cmocka_unit_test(a_directory_in_use_is_left_alone),
    cmocka_unit_test(an_interrupted_restore_leaves_the_old_the_new_or_nothing_that_starts),
    cmocka_unit_test(the_same_where_nothing_was),
    cmocka_unit_test(the_same_with_a_first_state_that_has_no_key),
};
TEST_MAIN(tests)
