/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "budget_scene.h"

#include <errno.h>
#include <pthread.h>

/* How often Marbles may be activated: exactly, whatever happens in between (marble-api.md, 3.5). */

/* ---- the count ---- */

static void count_is_lower_case_hex(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t count;
    } rows[] = {
        { "0", true, 0 },
        { "9", true, 9 },
        { "ff", true, 255 },
        { "00a", true, 10 },
        { "", false, 0 },
        { "FF", false, 0 },
        { "0x1", false, 0 },
        { "-1", false, 0 },
        { "1 ", false, 0 },
        { "ffffffffffffffff", true, UINT64_MAX },
        { "1ffffffffffffffff", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_omap *values =
            omap_with(NULL, BYTES_LITERAL(PREFIX_ACTIVATIONS "b"), bytes_of_string(rows[i].text));
        const struct snapshot now = { .values = values };
        struct err err = { 0 };
        const bool below = rows[i].count < UINT64_MAX &&
                           budget_check(&now, BYTES_LITERAL("b"), rows[i].count + 1, &err);
        struct err reached = { 0 };
        const bool over =
            rows[i].count > 0 && !budget_check(&now, BYTES_LITERAL("b"), rows[i].count, &reached);
        if (below != (rows[i].good && rows[i].count < UINT64_MAX))
            fail_msg("\"%s\": %s", rows[i].text, err.text);
        assert_int_equal(over, rows[i].count > 0);
        assert_int_equal(reached.kind, over ? FAIL_DENIED : FAIL_NONE);
        if (!rows[i].good)
            assert_int_equal(err.kind, FAIL_DAMAGED);
        /* Without a limit nobody looks. */
        assert_true(budget_check(&now, BYTES_LITERAL("b"), 0, &err));
    }
}

static void limit_is_reached_and_not_passed(void **state)
{
    const struct activation asked = marble_request("b");
    struct activation bad = marble_request("b");
    auto_scene s;

    (void)state;
    scene_begin(&s, 2);
    bad.csr = BYTES_LITERAL("bad");
    assert_refused(&s.machine, &bad, ACTIVATION_FAILED, "generating...");
    spend(&s.machine, &asked);
    bad.uuid = BYTES_LITERAL("bad");
    assert_refused(&s.machine, &bad, ACTIVATION_BAD_UUID, "invalid UUID...");
    spend(&s.machine, &asked);
    assert_refused(&s.machine, &asked, ACTIVATION_SPENT,
                   "marble verification failed: reached max activations count (2) for marble type "
                   "\"b\"");
    assert_int_equal(count_of(&s.machine, "b"), 2);
    assert_int_equal(count_of(&s.machine, "c"), 0);
}

static void marble_without_a_limit_is_not_counted_and_writes_nothing(void **state)
{
    struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, 2);
    asked.attempt = BYTES_LITERAL("named");
    const unsigned calls = s.world.disk.calls;
    auto_outcome o = activate_ok(&s.machine, &asked);
    assert_null(o.spent);
    assert_int_equal(s.world.disk.calls, calls);
    assert_int_equal(count_of(&s.machine, "m"), 0);
}

enum { THREADS = 16, ATTEMPTS = 6, LIMIT = 37 };

struct client {
    pthread_t thread;
    const struct machine *machine;
    unsigned number, successes, refusals;
};

static void *activate_often(void *arg)
{
    struct client *const c = arg;

    for (unsigned i = 0; i < ATTEMPTS; i++) {
        auto_string *name = mem_printf("%u-%u", c->number, i);
        struct activation asked = attempt(i % 2 == 0 ? name : "");
        auto_outcome o = activate(c->machine, &asked);
        c->successes += o.result == ACTIVATION_DONE;
        c->refusals += o.result == ACTIVATION_SPENT;
    }
    return NULL;
}

static void limit_is_exact_for_16_threads_at_once(void **state)
{
    struct client clients[THREADS] = { 0 };
    unsigned successes = 0, refusals = 0;
    auto_scene s;

    (void)state;
    scene_begin(&s, LIMIT);
    (void)marble_csr(); /* made before the threads need it */
    for (unsigned i = 0; i < THREADS; i++) {
        clients[i].machine = &s.machine;
        clients[i].number = i;
        assert_int_equal(pthread_create(&clients[i].thread, NULL, activate_often, &clients[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(clients[i].thread, NULL);
        successes += clients[i].successes;
        refusals += clients[i].refusals;
    }
    assert_int_equal(successes, LIMIT);
    assert_int_equal(refusals, THREADS * ATTEMPTS - LIMIT);
    assert_int_equal(count_of(&s.machine, "b"), LIMIT);
    scene_restart(&s);
    assert_int_equal(count_of(&s.machine, "b"), LIMIT);
    const struct activation asked = marble_request("b");
    assert_refused(&s.machine, &asked, ACTIVATION_SPENT, EXHAUSTED);
}

static void count_without_sealing_lives_in_memory(void **state)
{
    const struct activation asked = marble_request("b");
    auto_scene s;

    (void)state;
    world_begin(&s.world);
    s.machine = machine_start(&s.world, "a");
    set_manifest_with(&s.machine, "\"Config\":{\"SealMode\":\"Disabled\"},\"Marbles\":{\"b\":{"
                                  "\"Package\":\"p\",\"MaxActivations\":1}},");
    spend(&s.machine, &asked);
    assert_refused(&s.machine, &asked, ACTIVATION_SPENT, EXHAUSTED);
}

/* ---- a disk that fails, and a crash ---- */

enum { CRASH_LIMIT = 2, CRASH_ATTEMPTS = 4 };

static unsigned try_some(const struct machine *m)
{
    const struct activation asked = marble_request("b");
    unsigned successes = 0;

    for (unsigned i = 0; i < CRASH_ATTEMPTS; i++) {
        auto_outcome o = activate(m, &asked);
        successes += o.result == ACTIVATION_DONE;
    }
    return successes;
}

/* False when the disk was not called that often any more. */
static bool crash_at(struct scene *s, unsigned nth, bool once)
{
    world_put_back(&s->world);
    s->machine = machine_start(&s->world, "a");
    const unsigned calls = s->world.disk.calls;
    world_fail(&s->world, nth, once, EIO);
    const unsigned before = try_some(&s->machine);
    const bool struck = s->world.disk.calls >= calls + nth;
    /* Without a proper end: what the core would still write fails as well. */
    world_fail(&s->world, 1, false, EIO);
    machine_stop(&s->machine);
    world_heal(&s->world);
    s->machine = machine_start(&s->world, "a");
    const uint64_t durable = count_of(&s->machine, "b");
    const unsigned after = try_some(&s->machine);
    if (durable < before || before + after > CRASH_LIMIT || durable + after != CRASH_LIMIT)
        fail_msg("call %u: %u successes, %u durable, %u more", nth, before, (unsigned)durable,
                 after);
    assert_int_equal(count_of(&s->machine, "b"), CRASH_LIMIT);
    machine_stop(&s->machine);
    return struck;
}

static void crash_at_any_call_neither_gives_nor_forgets_an_activation(void **state)
{
    struct scene s = { 0 };

    (void)state;
    scene_begin(&s, CRASH_LIMIT);
    machine_stop(&s.machine);
    world_keep(&s.world);
    for (int once = 0; once <= 1; once++) {
        unsigned nth = 1;
        while (crash_at(&s, nth, once != 0))
            nth++;
        assert_true(nth > 2);
    }
    world_end(&s.world);
}

static void activation_that_is_not_durable_is_refused_and_not_counted(void **state)
{
    const struct activation asked = marble_request("b");
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    world_fail(&s.world, 1, false, ENOSPC);
    assert_refused(&s.machine, &asked, ACTIVATION_FAILED, "committing store transaction: ...");
    assert_refused(&s.machine, &asked, ACTIVATION_FAILED, "committing store transaction: ...");
    world_heal(&s.world);
    assert_int_equal(count_of(&s.machine, "b"), 0);
    spend(&s.machine, &asked);
    assert_refused(&s.machine, &asked, ACTIVATION_SPENT, EXHAUSTED);
}

/* ---- while another decision is being made ---- */

/* Activations that begin on the old state, and are decided behind another change. */
struct meanwhile {
    struct core *core;
    const struct activation *asked[2];
    struct pending pending[2];
    const char *name; /* of the value that changes */
    struct world *world;
    int64_t clock_ms; /* set before the activations are decided; 0: it is not */
};

static bool decide_meanwhile(void *arg, const struct snapshot *now, struct decision *d,
                             struct err *err)
{
    struct meanwhile *const m = arg;
    struct bytes value;

    (void)err;
    for (size_t i = 0; i < COUNT_OF(m->asked) && m->asked[i] != NULL; i++)
        pending_start(&m->pending[i], m->core, m->asked[i]);
    if (m->clock_ms != 0)
        world_set_clock(m->world, m->clock_ms);
    if (omap_get(now->values, bytes_of_string(m->name), &value))
        change_put(&d->change, m->name, value);
    return true;
}

static void run_meanwhile(struct scene *s, struct meanwhile *m)
{
    struct err err = { 0 };

    m->core = s->machine.core;
    m->world = &s->world;
    assert_ok(writer_commit(core_writer(m->core), decide_meanwhile, m, &err), &err);
}

static void attempt_that_comes_twice_at_once_counts_once(void **state)
{
    const struct activation asked = attempt("twin");
    struct meanwhile m = { .asked = { &asked, &asked }, .name = "none" };
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    run_meanwhile(&s, &m);
    for (size_t i = 0; i < 2; i++) {
        auto_outcome o = pending_wait(&m.pending[i]);
        assert_outcome(&o, ACTIVATION_DONE, "");
    }
    assert_int_equal(count_of(&s.machine, "b"), 1);
}

/* The second one may not be let in by a mark that never became durable. */
static void repeated_attempt_waits_for_the_first_to_be_durable(void **state)
{
    const struct activation asked = attempt("twin");
    struct meanwhile m = { .asked = { &asked, &asked }, .name = "none" };
    struct err err = { 0 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    m.core = s.machine.core;
    world_fail(&s.world, 1, false, ENOSPC);
    (void)!writer_commit(core_writer(m.core), decide_meanwhile, &m, &err);
    for (size_t i = 0; i < 2; i++) {
        auto_outcome o = pending_wait(&m.pending[i]);
        assert_outcome(&o, ACTIVATION_FAILED, "committing store transaction: ...");
    }
    world_heal(&s.world);
    assert_int_equal(count_of(&s.machine, "b"), 0);
}

static void two_attempts_for_the_last_activation_get_one(void **state)
{
    const struct activation one = attempt("one"), two = attempt("two");
    struct meanwhile m = { .asked = { &one, &two }, .name = "none" };
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    run_meanwhile(&s, &m);
    auto_outcome first = pending_wait(&m.pending[0]), second = pending_wait(&m.pending[1]);
    assert_outcome(&first, ACTIVATION_DONE, "");
    assert_outcome(&second, ACTIVATION_SPENT, EXHAUSTED);
    assert_int_equal(count_of(&s.machine, "b"), 1);
}

static void update_meanwhile_asks_to_try_again(void **state)
{
    static const char *const names[] = { NAME_MANIFEST, NAME_ROOT_SECRET };
    const struct activation asked = attempt("first");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct meanwhile m = { .asked = { &asked }, .name = names[i] };
        auto_scene s;
        scene_begin(&s, 1);
        run_meanwhile(&s, &m);
        auto_outcome o = pending_wait(&m.pending[0]);
        assert_outcome(&o, ACTIVATION_TRY_AGAIN, "the deployment was updated meanwhile: try again");
        assert_int_equal(count_of(&s.machine, "b"), 0);
        spend(&s.machine, &asked);
    }
}

static void other_changes_meanwhile_do_not_disturb(void **state)
{
    const struct activation asked = attempt("first");
    struct meanwhile m = { .asked = { &asked }, .name = PREFIX_SECRET "key" };
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    run_meanwhile(&s, &m);
    auto_outcome o = pending_wait(&m.pending[0]);
    assert_outcome(&o, ACTIVATION_DONE, "");
}

/* ---- deadlines ---- */

static void deadline_that_has_passed_costs_nothing(void **state)
{
    struct activation asked = attempt("first");
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    asked.deadline_ms = WORLD_START_MS - 1;
    assert_refused(&s.machine, &asked, ACTIVATION_LATE, "context deadline exceeded");
    assert_int_equal(count_of(&s.machine, "b"), 0);
    asked.deadline_ms = WORLD_START_MS;
    spend(&s.machine, &asked);
}

static void deadline_that_passes_before_the_count_costs_nothing(void **state)
{
    struct activation asked = attempt("first");
    struct meanwhile m = { .asked = { &asked }, .name = "none", .clock_ms = WORLD_START_MS + 101 };
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    asked.deadline_ms = WORLD_START_MS + 100;
    run_meanwhile(&s, &m);
    auto_outcome o = pending_wait(&m.pending[0]);
    assert_outcome(&o, ACTIVATION_LATE, "context deadline exceeded");
    assert_int_equal(count_of(&s.machine, "b"), 0);
}

static void deadline_holds_for_a_marble_without_a_limit_too(void **state)
{
    struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, 1);
    asked.deadline_ms = WORLD_START_MS - 1;
    assert_refused(&s.machine, &asked, ACTIVATION_LATE, "context deadline exceeded");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(count_is_lower_case_hex),
    cmocka_unit_test(limit_is_reached_and_not_passed),
    cmocka_unit_test(marble_without_a_limit_is_not_counted_and_writes_nothing),
    cmocka_unit_test(limit_is_exact_for_16_threads_at_once),
    cmocka_unit_test(count_without_sealing_lives_in_memory),
    cmocka_unit_test(crash_at_any_call_neither_gives_nor_forgets_an_activation),
    cmocka_unit_test(activation_that_is_not_durable_is_refused_and_not_counted),
    cmocka_unit_test(attempt_that_comes_twice_at_once_counts_once),
    cmocka_unit_test(repeated_attempt_waits_for_the_first_to_be_durable),
    cmocka_unit_test(two_attempts_for_the_last_activation_get_one),
    cmocka_unit_test(update_meanwhile_asks_to_try_again),
    cmocka_unit_test(other_changes_meanwhile_do_not_disturb),
    cmocka_unit_test(deadline_that_has_passed_costs_nothing),
    cmocka_unit_test(deadline_that_passes_before_the_count_costs_nothing),
    cmocka_unit_test(deadline_holds_for_a_marble_without_a_limit_too),
};

TEST_MAIN(tests)
