/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <unistd.h>

/* A directory on the real disk, which a world uses instead of its fake one. */
struct place {
    char root[64];
    char *seal; /* two levels that are not there yet */
};

static void place_init(struct place *place)
{
    strcpy(place->root, "/tmp/taw-test-store-XXXXXX");
    assert_non_null(mkdtemp(place->root));
    place->seal = mem_printf("%s/var/seal", place->root);
}

static bool remove_entry(void *directory, const char *name)
{
    auto_string *path = mem_printf("%s/%s", (const char *)directory, name);

    assert_int_equal(unlink(path), 0);
    return true;
}

static void place_clear(struct place *place)
{
    auto_string *var = mem_printf("%s/var", place->root);

    assert_int_equal(files_posix.list(NULL, place->seal, remove_entry, place->seal), 0);
    assert_int_equal(rmdir(place->seal) | rmdir(var) | rmdir(place->root), 0);
    free(place->seal);
}

static struct store *open_at(struct world *world, const struct place *place,
                             enum store_verdict *verdict, struct err *err)
{
    const struct store_config config = { &world->env, place->seal, &world->sealing };

    world->env.files = &files_posix;
    return store_open(&config, verdict, err);
}

static void on_a_real_disk_the_state_comes_back(void **state)
{
    auto_disk *unused = fake_disk_new();
    auto_omap *values = world_map("a", "1", NULL);
    struct place place;
    struct world world;
    enum store_verdict verdict;
    struct err err = { 0 };

    (void)state;
    place_init(&place);
    world_init(&world, unused);
    struct store *store = open_at(&world, &place, &verdict, &err);
    assert_int_equal(verdict, STORE_FRESH);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_ok(world_put(store, "b", "2", &err), &err);
    assert_null(open_at(&world, &place, &verdict, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    store_close(store);

    store = open_at(&world, &place, &verdict, &err);
    assert_int_equal(verdict, STORE_OPEN);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_ok(world_put(store, "c", "3", &err), &err);
    store_close(store);

    store = open_at(&world, &place, &verdict, &err);
    assert_int_equal(verdict, STORE_OPEN);
    world_assert_values(store, world_map("a", "1", "c", "3", NULL));
    assert_int_equal(store_generation(store), 2);
    store_close(store);
    place_clear(&place);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(on_a_real_disk_the_state_comes_back),
};
TEST_MAIN(tests)
