/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

enum { LARGE_LEN = 600 * 1000, TOO_LARGE_LEN = (1 << 20) + 1 };

static void forget_pending(struct run *r)
{
    while (r->pending_count > 0)
        omap_free(r->pending[--r->pending_count]);
}

/* Takes over the reference. */
static void expect(struct run *r, const struct omap *map)
{
    assert_true(r->pending_count < COUNT_OF(r->pending));
    r->pending[r->pending_count++] = map;
}

static void acknowledge(struct run *r)
{
    omap_free(r->acked);
    r->acked = omap_ref(r->pending[r->pending_count - 1]);
    r->acknowledged = true;
    forget_pending(r);
}

static void open_first(struct run *r)
{
    struct err err = { 0 };

    r->store = world_open(r->world, &r->verdict, &err);
    if (r->store == NULL)
        fail_msg("%s", err.text);
    r->acked = store_values(r->store);
    r->acknowledged = r->verdict == STORE_OPEN;
}

void run_init(struct run *r, struct world *world)
{
    *r = (struct run){ .world = world };
    open_first(r);
}

void run_lose(struct run *r)
{
    store_close(TAKE(r->store));
}

void run_clear(struct run *r)
{
    forget_pending(r);
    omap_free(TAKE(r->acked));
    run_lose(r);
}

static bool begin(struct run *r, const char *set_aside, struct err *err)
{
    auto_string *value = mem_printf("generation after %u steps", r->steps);
    auto_omap *values = world_map("a", "1", "manifest", value, NULL);

    expect(r, omap_ref(values));
    return world_begin(r->store, values, set_aside, err);
}

static bool commit(struct run *r, const struct store_delta *deltas, size_t count, struct err *err)
{
    auto_omap *map = omap_ref(r->acked);

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < deltas[i].count; k++) {
            const struct store_op *const op = &deltas[i].ops[k];
            const struct omap *const before = map;
            map = op->type == STORE_PUT ? omap_with(before, op->key, op->value)
                                        : omap_without(before, op->key);
            omap_free(before);
        }
        expect(r, omap_ref(map));
    }
    return store_commit(r->store, deltas, count, err);
}

static bool put(struct run *r, const char *key, struct bytes value, struct err *err)
{
    const struct store_op op = { STORE_PUT, bytes_of_string(key), value };
    const struct store_delta delta = { STORE_RECORD_DELTA, &op, 1 };

    return commit(r, &delta, 1, err);
}

static bool put_many(struct run *r, size_t len, struct err *err)
{
    auto_buf value = { 0 };

    memset(buf_grow(&value, len), (int)('a' + r->steps), len);
    return put(r, "large", buf_bytes(&value), err);
}

static bool put_group(struct run *r, struct err *err)
{
    auto_string *text = mem_printf("group after %u steps", r->steps);
    const struct store_op first = { STORE_PUT, BYTES_LITERAL("x"), bytes_of_string(text) };
    const struct store_op second[] = {
        { STORE_PUT, BYTES_LITERAL("y"), bytes_of_string(text) },
        { STORE_DELETE, BYTES_LITERAL("a"), BYTES_NONE },
    };
    const struct store_op third = { STORE_PUT, BYTES_LITERAL("audit"), bytes_of_string(text) };
    const struct store_delta deltas[] = { { STORE_RECORD_DELTA, &first, 1 },
                                          { STORE_RECORD_DELTA, second, 2 },
                                          { STORE_RECORD_AUDIT, &third, 1 } };

    return commit(r, deltas, COUNT_OF(deltas), err);
}

static bool reopen(struct run *r, struct err *err)
{
    enum store_verdict verdict;

    run_lose(r);
    expect(r, omap_ref(r->acked));
    r->store = world_open(r->world, &verdict, err);
    /* A disk that does not answer must not look like a state that is damaged or gone. */
    assert_int_equal(verdict, r->store == NULL ? STORE_UNKNOWN : STORE_OPEN);
    return r->store != NULL;
}

static bool unlock(struct run *r, struct err *err)
{
    auto_omap *values = NULL;

    if (!store_unlock(r->store, WORLD_RWK, &values, err))
        return false;
    omap_free(r->acked);
    r->acked = omap_ref(values);
    return true;
}

static bool set_recovery(struct run *r, const char *name, const struct store_recovery_set *sets,
                         size_t count, struct err *err)
{
    const struct omap *const values =
        omap_with(r->acked, BYTES_LITERAL("sets"), bytes_of_string(name));

    expect(r, values);
    return world_set_recovery(r->store, sets, count, values, err);
}

static bool add_set(struct run *r, struct err *err)
{
    const struct store_recovery_set sets[] = { { WORLD_METADATA, BYTES_NONE },
                                               { WORLD_METADATA_2, WORLD_RWK_2 } };

    return set_recovery(r, "both", sets, COUNT_OF(sets), err);
}

static bool drop_set(struct run *r, struct err *err)
{
    const struct store_recovery_set second = { WORLD_METADATA_2, BYTES_NONE };

    return set_recovery(r, "second", &second, 1, err);
}

static bool dispatch(struct run *r, enum step step, struct err *err)
{
    auto_string *text = mem_printf("after %u steps", r->steps);

    switch (step) {
    case STEP_BEGIN:
        return begin(r, NULL, err);
    case STEP_SET_ASIDE:
        return begin(r, "dismissed", err);
    case STEP_PUT:
        return put(r, "k", bytes_of_string(text), err);
    case STEP_GROUP:
        return put_group(r, err);
    case STEP_LARGE:
        return put_many(r, LARGE_LEN, err);
    case STEP_TOO_LARGE:
        return put_many(r, TOO_LARGE_LEN, err);
    case STEP_REOPEN:
        return reopen(r, err);
    case STEP_UNLOCK:
        return unlock(r, err);
    case STEP_ADD_SET:
        return add_set(r, err);
    case STEP_DROP_SET:
        return drop_set(r, err);
    case STEP_END:
        break;
    }
    return true;
}

bool run_step(struct run *r, enum step step, struct err *err)
{
    forget_pending(r);
    if (!dispatch(r, step, err))
        return false;
    if (r->pending_count > 0)
        acknowledge(r);
    r->steps++;
    return true;
}

size_t run_steps(struct run *r, const enum step *steps, struct err *err)
{
    size_t done = 0;

    while (steps[done] != STEP_END && run_step(r, steps[done], err))
        done++;
    return done;
}

static bool is_allowed(const struct run *r, const struct omap *values)
{
    if (world_maps_equal(values, r->acked))
        return true;
    for (size_t i = 0; i < r->pending_count; i++) {
        if (world_maps_equal(values, r->pending[i]))
            return true;
    }
    return false;
}

/* The keys of the recovery sets that the values tell of open the state, and no others. */
static void verify_recovery_sets(const struct fake_disk *disk, const struct omap *values)
{
    struct bytes sets = BYTES_LITERAL("first");

    (void)!omap_get(values, BYTES_LITERAL("sets"), &sets);
    assert_int_equal(world_unlocks(disk, WORLD_RWK), !bytes_equal_string(sets, "second"));
    assert_int_equal(world_unlocks(disk, WORLD_RWK_2), !bytes_equal_string(sets, "first"));
}

/* What was seen, and what is committed after it, must be there also when the power went. */
static void verify_that_it_works(struct run *r, struct store *store)
{
    struct err err = { 0 };
    auto_omap *seen = store_values(store);

    store_close(store);
    fake_power_loss(r->world->disk, FAKE_NONE, FAKE_NONE);
    verify_recovery_sets(r->world->disk, seen);
    store = world_expect(r->world, STORE_OPEN);
    world_assert_values(store, omap_ref(seen));
    assert_ok(world_put(store, "verified", "1", &err), &err);
    auto_omap *want = store_values(store);
    store_close(store);
    fake_power_loss(r->world->disk, FAKE_NONE, FAKE_NONE);
    store = world_expect(r->world, STORE_OPEN);
    world_assert_values(store, omap_ref(want));
    store_close(store);
}

void run_verify(struct run *r)
{
    enum store_verdict verdict;
    struct err err = { 0 };
    struct store *store = world_open(r->world, &verdict, &err);

    if (store == NULL)
        fail_msg("%s: %s", store_verdict_name(verdict), err.text);
    if (verdict != STORE_OPEN) {
        assert_false(r->acknowledged);
        assert_int_equal(verdict, r->verdict);
        store_close(store);
        return;
    }
    auto_omap *values = store_values(store);
    if (!is_allowed(r, values))
        fail_msg("after %u steps, %zu values are there that never were", r->steps,
                 omap_count(values));
    verify_that_it_works(r, store);
}
