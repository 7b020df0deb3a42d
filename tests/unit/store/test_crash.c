/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario.h"

#include <errno.h>

struct scenario {
    const char *name;
    const enum step *before; /* done before anything goes wrong */
    const enum step *steps;
    bool other_machine; /* the steps run on another machine than those before */
};

#define STEPS(...) ((const enum step[]){ __VA_ARGS__, STEP_END })

static const struct scenario scenarios[] = {
    { "a first generation and its commits", STEPS(STEP_END),
      STEPS(STEP_BEGIN, STEP_PUT, STEP_GROUP, STEP_REOPEN, STEP_PUT, STEP_REOPEN, STEP_GROUP),
      false },
    { "a compaction", STEPS(STEP_BEGIN, STEP_PUT, STEP_LARGE),
      STEPS(STEP_PUT, STEP_LARGE, STEP_PUT, STEP_REOPEN, STEP_PUT), false },
    { "a delta that no record can hold", STEPS(STEP_BEGIN, STEP_PUT),
      STEPS(STEP_PUT, STEP_TOO_LARGE, STEP_PUT, STEP_REOPEN, STEP_PUT), false },
    { "new generations", STEPS(STEP_BEGIN, STEP_PUT),
      STEPS(STEP_PUT, STEP_BEGIN, STEP_PUT, STEP_REOPEN, STEP_BEGIN, STEP_BEGIN, STEP_PUT), false },
    { "a dismissal", STEPS(STEP_BEGIN, STEP_PUT, STEP_REOPEN, STEP_PUT),
      STEPS(STEP_SET_ASIDE, STEP_PUT, STEP_REOPEN, STEP_PUT), false },
    { "a recovery", STEPS(STEP_BEGIN, STEP_PUT, STEP_REOPEN, STEP_GROUP),
      STEPS(STEP_UNLOCK, STEP_BEGIN, STEP_PUT, STEP_REOPEN, STEP_PUT), true },
    { "a re-issue", STEPS(STEP_BEGIN, STEP_PUT),
      STEPS(STEP_PUT, STEP_ADD_SET, STEP_PUT, STEP_REOPEN, STEP_PUT, STEP_DROP_SET, STEP_PUT,
            STEP_REOPEN, STEP_PUT),
      false },
    { "a recovery while two sets are in force", STEPS(STEP_BEGIN, STEP_PUT, STEP_ADD_SET, STEP_PUT),
      STEPS(STEP_UNLOCK, STEP_BEGIN, STEP_PUT, STEP_REOPEN, STEP_ADD_SET, STEP_DROP_SET), true },
    { "a dismissal instead of a recovery", STEPS(STEP_BEGIN, STEP_PUT),
      STEPS(STEP_SET_ASIDE, STEP_PUT, STEP_REOPEN, STEP_PUT), true },
};

/* A disk on which the first part of a scenario was done. */
static struct fake_disk *prepare(const struct scenario *scenario)
{
    struct fake_disk *const disk = fake_disk_new();
    struct world world;
    struct run run;
    struct err err = { 0 };

    world_init(&world, disk);
    run_init(&run, &world);
    (void)run_steps(&run, scenario->before, &err);
    assert_int_equal(err.kind, FAIL_NONE);
    run_clear(&run);
    fake_restart(disk);
    return disk;
}

/* How a run is interrupted. */
struct cut {
    unsigned at; /* the changing call that does not return */
    bool half, power;
    enum fake_survival names, data;
};

/* While the new machine has not replaced it, the state opens on the old one. */
static void verify_on_the_old_machine(struct run *run)
{
    enum store_verdict verdict;
    struct err err = { 0 };

    run->world->machine = 1;
    struct store *const store = world_open(run->world, &verdict, &err);
    if (verdict != STORE_OPEN && verdict != STORE_LOCKED)
        fail_msg("%s: %s", store_verdict_name(verdict), err.text);
    store_close(store);
    run->world->machine = 2;
    if (verdict == STORE_OPEN)
        return;
    store_close(world_expect(run->world, STORE_OPEN));
}

/* False when the scenario came to its end before the cut. */
static bool interrupt(const struct scenario *scenario, const struct fake_disk *prepared,
                      const struct cut *cut)
{
    auto_disk *disk = fake_disk_clone(prepared);
    struct world world;
    struct run run;
    struct err err = { 0 };

    world_init(&world, disk);
    world.machine = scenario->other_machine ? 2 : 1;
    run_init(&run, &world);
    fake_kill_at(disk, cut->at, cut->half);
    (void)run_steps(&run, scenario->steps, &err);
    const bool dead = fake_is_dead(disk);
    run_lose(&run);
    if (cut->power)
        fake_power_loss(disk, cut->names, cut->data);
    else
        fake_restart(disk);
    if (scenario->other_machine)
        verify_on_the_old_machine(&run);
    run_verify(&run);
    run_clear(&run);
    return dead;
}

static void interrupt_everywhere(bool power)
{
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        auto_disk *prepared = prepare(&scenarios[i]);
        struct cut cut = { .power = power };
        bool dead = true;
        while (dead) {
            cut.at++;
            for (unsigned variant = 0; variant < (power ? 12u : 2u); variant++) {
                cut.half = power || variant == 1;
                cut.names = (enum fake_survival)(variant % FAKE_SURVIVALS);
                cut.data = (enum fake_survival)(variant / FAKE_SURVIVALS);
                dead = interrupt(&scenarios[i], prepared, &cut);
            }
        }
        print_message("# %s: %u calls\n", scenarios[i].name, cut.at - 1);
        assert_true(cut.at > 10);
    }
}

/* Kills the n-th call of setting a first manifest; false when it came to its end. */
static bool interrupt_first(struct world *world, unsigned n, struct run *run, bool half,
                            enum fake_survival names)
{
    struct err err = { 0 };

    run_init(run, world);
    if (run->verdict == STORE_OPEN)
        return false;
    fake_kill_at(world->disk, n, half);
    (void)run_step(run, STEP_BEGIN, &err);
    const bool dead = fake_is_dead(world->disk);
    run_lose(run);
    fake_power_loss(world->disk, names, names);
    return dead;
}

static void interrupted_twice_the_first_manifest_can_still_be_set(void **state)
{
    bool first_dead = true;

    (void)state;
    for (unsigned first = 1; first_dead; first++) {
        bool dead = true;
        for (unsigned second = 1; dead && first_dead; second++) {
            for (int names = 0; names < FAKE_SURVIVALS; names++) {
                auto_disk *disk = fake_disk_new();
                struct world world;
                struct run run;
                world_init(&world, disk);
                first_dead = interrupt_first(&world, first, &run, true, FAKE_ALL);
                run_clear(&run);
                dead = interrupt_first(&world, second, &run, names % 2, (enum fake_survival)names);
                run_lose(&run);
                fake_restart(disk);
                run_verify(&run);
                run_clear(&run);
            }
        }
        assert_true(first < 100);
    }
}

static void killed_at_any_call_it_starts_with_what_was_acknowledged(void **state)
{
    (void)state;
    interrupt_everywhere(false);
}

static void without_power_at_any_call_it_starts_with_what_was_acknowledged(void **state)
{
    (void)state;
    interrupt_everywhere(true);
}

/* What is tried after a step failed. */
enum reaction { RETRY = 0, RESTART, LOSE_POWER, REACTIONS };

static void react(struct run *run, enum reaction reaction, const enum step *steps)
{
    struct world *const world = run->world;
    struct err err = { 0 };

    fake_clear_fault(world->disk);
    if (reaction == RETRY) {
        const size_t done = run_steps(run, steps, &err);
        if (steps[done] != STEP_END)
            fail_msg("step %zu when the fault was gone: %s", done, err.text);
        run_lose(run);
        fake_restart(world->disk);
    } else if (reaction == RESTART) {
        run_lose(run);
        fake_restart(world->disk);
    } else {
        run_lose(run);
        fake_power_loss(world->disk, FAKE_NONE, FAKE_NONE);
    }
}

/* False when the fault did not occur any more. */
static bool disturb(const struct scenario *scenario, const struct fake_disk *prepared,
                    const struct fake_fault *fault, enum reaction reaction)
{
    auto_disk *disk = fake_disk_clone(prepared);
    struct world world;
    struct run run;
    struct err err = { 0 };

    world_init(&world, disk);
    world.machine = scenario->other_machine ? 2 : 1;
    run_init(&run, &world);
    fake_set_fault(disk, fault);
    const size_t done = run_steps(&run, scenario->steps, &err);
    const bool reached = fake_count(disk, fault->call) >= fault->n;
    if (scenario->steps[done] != STEP_END && run.store != NULL && run.acknowledged)
        world_assert_values(run.store, omap_ref(run.acked));
    react(&run, reaction, scenario->steps + done);
    run_verify(&run);
    run_clear(&run);
    return reached;
}

static const struct fake_fault faults[] = {
    { FAKE_OPEN, 0, 1, EIO, false },         { FAKE_OPEN, 0, 1000, EMFILE, false },
    { FAKE_READ, 0, 1, EIO, false },         { FAKE_WRITE, 0, 1, EIO, false },
    { FAKE_WRITE, 0, 2, ENOSPC, true },      { FAKE_WRITE, 0, 1000, ENOSPC, true },
    { FAKE_WRITE, 0, 1, EIO, true },         { FAKE_PWRITE, 0, 1, EIO, false },
    { FAKE_PWRITE, 0, 1, ENOSPC, true },     { FAKE_FTRUNCATE, 0, 1, EIO, false },
    { FAKE_FDATASYNC, 0, 1, EIO, false },    { FAKE_FDATASYNC, 0, 2, EIO, false },
    { FAKE_FDATASYNC, 0, 1000, EIO, false }, { FAKE_FSYNC, 0, 1, EIO, false },
    { FAKE_FSYNC, 0, 2, EIO, false },        { FAKE_FSYNC, 0, 3, EIO, false },
    { FAKE_FSYNC, 0, 1000, ENOSPC, false },  { FAKE_CLOSE, 0, 1, EIO, false },
    { FAKE_RENAME, 0, 1, EIO, false },       { FAKE_RENAME, 0, 2, EIO, false },
    { FAKE_RENAME, 0, 1000, EROFS, false },  { FAKE_UNLINK, 0, 1, EIO, false },
    { FAKE_UNLINK, 0, 1000, EROFS, false },  { FAKE_MKDIR, 0, 1, ENOSPC, false },
    { FAKE_LIST, 0, 1, EIO, false },         { FAKE_LOCK, 0, 1, ENOLCK, false },
};

static void after_any_fault_it_is_as_before_and_works_again(void **state)
{
    unsigned runs = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        auto_disk *prepared = prepare(&scenarios[i]);
        for (size_t k = 0; k < COUNT_OF(faults); k++) {
            struct fake_fault fault = faults[k];
            bool reached = true;
            while (reached) {
                fault.n++;
                for (int reaction = 0; reaction < REACTIONS; reaction++, runs++)
                    reached = disturb(&scenarios[i], prepared, &fault, (enum reaction)reaction);
            }
        }
    }
    print_message("# %u runs\n", runs);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(interrupted_twice_the_first_manifest_can_still_be_set),
    cmocka_unit_test(killed_at_any_call_it_starts_with_what_was_acknowledged),
    cmocka_unit_test(without_power_at_any_call_it_starts_with_what_was_acknowledged),
    cmocka_unit_test(after_any_fault_it_is_as_before_and_works_again),
};
TEST_MAIN(tests)
