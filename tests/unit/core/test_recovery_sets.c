/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "core/internal.h"
#include "fixture.h"
#include "state/names.h"

#include <errno.h>
#include <semaphore.h>
#include <unistd.h>

/* Shares are re-issued on machine "a"; the state is recovered on others. */
struct scene {
    struct world world;
    struct machine machine;
    struct deal first, second;
    char first_id[2 * RECOVERY_ID_LEN + 1], second_id[2 * RECOVERY_ID_LEN + 1];
    struct buf identity;
};

/* The id of one of the sets that are in force; the writer must be at rest. */
static void put_id(const struct machine *m, size_t i, char id[static 2 * RECOVERY_ID_LEN + 1])
{
    auto_recovery_sets sets = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_sets_parse(store_recovery_metadata(m->core->store), &sets, &err), &err);
    assert_true(i < sets.count);
    memcpy(id, sets.at[i]->set, sizeof sets.at[i]->set);
}

/* ---- decisions ---- */

struct wish {
    struct core *core;
    const char *kept[STORE_RECOVERY_SETS];
    bool re_issue;
    const char *note; /* a value that goes with it; NULL: none */
    struct buf secrets_json;
};

static struct recovery_plan *plan_for(struct core *core, const struct snapshot *now,
                                      struct err *err)
{
    auto_parties parties = { 0 };

    if (!parties_of(now->deployment->manifest, &parties, err))
        return NULL;
    const struct recovery_request request =
        recovery_request_of(now->deployment->manifest, &parties, now->deployment->fingerprint);
    return recovery_plan_make(core->env, &request, err);
}

static bool decide_sets(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct wish *const w = arg;
    auto_recovery_plan *plan = w->re_issue ? plan_for(w->core, now, err) : NULL;
    struct set_choice choice = { .added = plan };

    if (w->re_issue && plan == NULL)
        return false;
    memcpy(choice.kept, w->kept, sizeof choice.kept);
    if (plan != NULL)
        put_secrets_json(plan, &w->secrets_json);
    if (w->note != NULL)
        change_put(&d->change, "taw:note", bytes_of_string(w->note));
    return decision_put_sets(d, w->core, &choice, now->authority->root_key, err);
}

/* A new set beside the one that is there. */
static bool re_issue(struct scene *s, const char *note, struct err *err)
{
    struct wish wish = {
        .core = s->machine.core, .kept = { s->first_id }, .re_issue = true, .note = note
    };
    const bool done = writer_commit(core_writer(s->machine.core), decide_sets, &wish, err);

    if (done) {
        deal_clear(&s->second);
        s->second = deal_from_json(buf_bytes(&wish.secrets_json), s->first.count, false);
        put_id(&s->machine, 1, s->second_id);
    }
    buf_clear(&wish.secrets_json);
    return done;
}

/* Only this set stays. */
static bool keep_only(struct scene *s, const char *id, struct err *err)
{
    struct wish wish = { .core = s->machine.core, .kept = { id } };

    return writer_commit(core_writer(s->machine.core), decide_sets, &wish, err);
}

static void scene_begin(struct scene *s, unsigned holders, unsigned threshold)
{
    *s = (struct scene){ 0 };
    world_begin(&s->world);
    s->machine = machine_start(&s->world, "a");
    s->first = set_manifest(&s->machine, holders, threshold, false);
    s->identity = machine_identity(&s->machine);
    put_id(&s->machine, 0, s->first_id);
}

static void scene_with_both(struct scene *s, unsigned holders, unsigned threshold)
{
    struct err err = { 0 };

    scene_begin(s, holders, threshold);
    assert_ok(re_issue(s, "both", &err), &err);
}

static void scene_end(struct scene *s)
{
    machine_stop(&s->machine);
    deal_clear(&s->first);
    deal_clear(&s->second);
    buf_clear(&s->identity);
    world_end(&s->world);
}
#define auto_scene struct scene CLEANUP(scene_end)

static void move_to(struct scene *s, const char *machine, enum phase want)
{
    machine_stop(&s->machine);
    s->machine = machine_start(&s->world, machine);
    assert_phase(&s->machine, want);
}

static void assert_identity(const struct scene *s)
{
    auto_buf identity = machine_identity(&s->machine);

    assert_phase(&s->machine, PHASE_ACCEPTING_MARBLES);
    assert_bytes_equal(buf_bytes(&identity), buf_bytes(&s->identity));
}

static void refuse_share(const struct scene *s, const struct share *share, const char *words)
{
    refuse(&s->machine, share_bytes(share), buf_bytes(&share->signature), words);
}

/* The metadata that are in force are these sets, and the root key has signed all of them together. */
static void assert_sets(const struct scene *s, const char *first, const char *second)
{
    const struct bytes lines = store_recovery_metadata(s->machine.core->store);
    auto_snapshot *now = core_snapshot(s->machine.core);
    auto_recovery_sets sets = { 0 };
    struct err err = { 0 };

    assert_ok(recovery_sets_parse(lines, &sets, &err), &err);
    assert_int_equal(sets.count, second == NULL ? 1 : 2);
    assert_string_equal(sets.at[0]->set, first);
    if (second != NULL)
        assert_string_equal(sets.at[1]->set, second);
    assert_ok(key_verify_sha256(now->authority->root_key, lines,
                                store_recovery_signature(s->machine.core->store), &err),
              &err);
}

/* ---- tests ---- */

static void a_re_issue_is_one_commit_and_survives_a_start(void **state)
{
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_begin(&s, 3, 2);
    const uint64_t seq = store_seq(s.machine.core->store);
    assert_ok(re_issue(&s, "both", &err), &err);
    assert_int_equal(store_seq(s.machine.core->store), seq + 1);
    assert_int_equal(store_generation(s.machine.core->store), 1);
    assert_string_not_equal(s.first_id, s.second_id);
    for (int round = 0; round < 2; round++) {
        assert_identity(&s);
        assert_sets(&s, s.first_id, s.second_id);
        auto_buf note = machine_value(&s.machine, "taw:note");
        assert_bytes_equal(buf_bytes(&note), BYTES_LITERAL("both"));
        move_to(&s, "a", PHASE_ACCEPTING_MARBLES);
    }
}

static void a_new_set_belongs_to_the_deployment_of_the_state(void **state)
{
    auto_scene s;
    auto_recovery_sets sets = { 0 };
    struct err err = { 0 };

    (void)state;
    scene_with_both(&s, 3, 2);
    assert_ok(recovery_sets_parse(store_recovery_metadata(s.machine.core->store), &sets, &err),
              &err);
    assert_string_equal(sets.at[0]->deployment, sets.at[1]->deployment);
    assert_string_equal(sets.at[0]->manifest, sets.at[1]->manifest);
    assert_int_equal(sets.at[1]->created_seq, 1);
}

static void expect_log_line(const struct scene *s, const char *name, const char *words)
{
    auto_buf line = machine_value(&s->machine, name);

    buf_add_u8(&line, 0);
    if (strstr((const char *)line.at, words) == NULL)
        fail_msg("%s does not say: %s", (const char *)line.at, words);
}

/* With either set: it stays alone, the log says which one went, and its shares go on working. */
static void either_set_recovers_and_is_the_only_one_afterwards(void **state)
{
    static const unsigned schemes[][2] = { { 1, 0 }, { 3, 0 }, { 3, 2 } };

    (void)state;
    for (size_t k = 0; k < 2 * COUNT_OF(schemes); k++) {
        const unsigned *const scheme = schemes[k / 2];
        const unsigned needed = scheme[1] > 0 ? scheme[1] : scheme[0];
        auto_scene s;
        scene_with_both(&s, scheme[0], scheme[1]);
        const bool new_set = k % 2 == 1;
        const struct deal *const used = new_set ? &s.second : &s.first;
        const struct deal *const other = new_set ? &s.first : &s.second;
        const char *const used_id = new_set ? s.second_id : s.first_id;
        const char *const other_id = new_set ? s.first_id : s.second_id;
        move_to(&s, "b", PHASE_RECOVERY);
        for (unsigned i = 0; i < needed; i++)
            give(&s.machine, used, i, needed - 1 - i);
        for (int round = 0; round < 2; round++) {
            assert_identity(&s);
            assert_sets(&s, used_id, NULL);
            move_to(&s, "b", PHASE_ACCEPTING_MARBLES);
        }
        auto_string *words = mem_printf("\"update\":\"Recovery set removed\",\"set\":\"%s\","
                                        "\"recoveredWith\":\"%s\"}",
                                        other_id, used_id);
        expect_log_line(&s, PREFIX_UPDATE_LOG "00000000000000000001", "Coordinator recovered");
        expect_log_line(&s, PREFIX_UPDATE_LOG "00000000000000000002", words);
        auto_snapshot *now = core_snapshot(s.machine.core);
        assert_int_equal(now->log.lines, 3);
        move_to(&s, "c", PHASE_RECOVERY);
        refuse_share(&s, &other->shares[0], "no holder of this recovery set");
        for (unsigned i = 0; i < needed; i++)
            give(&s.machine, used, i, needed - 1 - i);
        assert_identity(&s);
    }
}

static void shares_of_old_and_new_never_combine(void **state)
{
    auto_scene s;

    (void)state;
    scene_with_both(&s, 3, 0);
    move_to(&s, "b", PHASE_RECOVERY);
    give(&s.machine, &s.first, 0, 2);
    give(&s.machine, &s.second, 1, 2);
    give(&s.machine, &s.first, 2, 1);
    give(&s.machine, &s.second, 0, 1);
    assert_phase(&s.machine, PHASE_RECOVERY);
    give(&s.machine, &s.second, 2, 0);
    assert_identity(&s);
    assert_sets(&s, s.second_id, NULL);
}

static void a_removed_set_opens_nothing(void **state)
{
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    for (int new_one = 0; new_one <= 1; new_one++) {
        scene_with_both(&s, 3, 2);
        assert_ok(keep_only(&s, new_one ? s.second_id : s.first_id, &err), &err);
        assert_sets(&s, new_one ? s.second_id : s.first_id, NULL);
        assert_identity(&s);
        move_to(&s, "b", PHASE_RECOVERY);
        for (unsigned i = 0; i < 3; i++)
            refuse_share(&s, &(new_one ? s.first : s.second).shares[i],
                         "no holder of this recovery set");
        give(&s.machine, new_one ? &s.second : &s.first, 2, 1);
        give(&s.machine, new_one ? &s.second : &s.first, 0, 0);
        assert_identity(&s);
        if (new_one == 0)
            scene_end(&s);
    }
}

static bool decide_note(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)now;
    (void)err;
    change_put(&d->change, "taw:note", bytes_of_string(arg));
    return true;
}

static void commits_after_a_re_issue_come_back_with_either_set(void **state)
{
    char later[] = "later";
    auto_scene s;
    struct err err = { 0 };

    (void)state;
    scene_with_both(&s, 1, 0);
    assert_ok(writer_commit(core_writer(s.machine.core), decide_note, later, &err), &err);
    world_keep(&s.world);
    for (int new_one = 0; new_one <= 1; new_one++) {
        move_to(&s, "b", PHASE_RECOVERY);
        give(&s.machine, new_one ? &s.second : &s.first, 0, 0);
        auto_buf note = machine_value(&s.machine, "taw:note");
        assert_bytes_equal(buf_bytes(&note), BYTES_LITERAL("later"));
        machine_stop(&s.machine);
        world_put_back(&s.world);
        s.machine = machine_start(&s.world, "a");
    }
}

static void the_status_shows_both_sets_and_what_the_root_key_signed(void **state)
{
    auto_scene s;
    auto_buf members = { 0 }, lines = { 0 };
    struct err err = { 0 };

    (void)state;
    scene_with_both(&s, 3, 2);
    buf_add(&lines, store_recovery_metadata(s.machine.core->store));
    move_to(&s, "b", PHASE_RECOVERY);
    give(&s.machine, &s.second, 0, 1);
    buf_add_u8(&members, '{');
    assert_ok(core_recovery_status(s.machine.core, &members, &err), &err);
    buf_add_u8(&members, '}');
    auto_arena arena = { 0 };
    const struct json *const root =
        json_parse(buf_bytes(&members), JSON_TRAILING_REFUSED, &arena, &err);
    assert_non_null(root);
    auto_buf metadata = { 0 };
    bool present = false;
    assert_ok(json_get_octets(json_member(root, "metadata"), &metadata, &present, &err), &err);
    assert_bytes_equal(buf_bytes(&metadata), buf_bytes(&lines));
    const struct json *const first = json_first(json_member(root, "sets"));
    const struct json *const second = json_next(first);
    assert_null(json_next(second));
    struct bytes id = BYTES_NONE;
    assert_ok(json_get_string(json_member(first, "set"), &id, &err), &err);
    assert_true(bytes_equal_string(id, s.first_id));
    assert_null(json_first(json_member(first, "accepted")));
    assert_ok(json_get_string(json_member(second, "set"), &id, &err), &err);
    assert_true(bytes_equal_string(id, s.second_id));
    assert_ok(json_get_string(json_first(json_member(second, "accepted")), &id, &err), &err);
    assert_true(bytes_equal_string(id, "alice"));
}

static void what_cannot_be_chosen_is_refused_and_nothing_changes(void **state)
{
    auto_scene s;
    char unknown[] = "00000000000000000000000000000000";

    (void)state;
    scene_with_both(&s, 1, 0);
    struct {
        const char *name;
        struct wish wish;
        enum fail_kind kind;
    } const cases[] = {
        { "an id that is not there", { .kept = { unknown } }, FAIL_NOT_FOUND },
        { "none", { .note = "x" }, FAIL_MALFORMED },
        { "three", { .kept = { s.first_id, s.second_id }, .re_issue = true }, FAIL_MALFORMED },
        { "one twice", { .kept = { s.first_id, s.first_id } }, FAIL_MALFORMED },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct wish wish = cases[i].wish;
        struct err err = { 0 };
        wish.core = s.machine.core;
        if (writer_commit(core_writer(s.machine.core), decide_sets, &wish, &err) ||
            err.kind != cases[i].kind)
            fail_msg("%s: %s", cases[i].name, err.text);
        assert_sets(&s, s.first_id, s.second_id);
        buf_clear(&wish.secrets_json);
    }
}

static void states_without_recovery_keys_or_seal_have_no_sets_to_set(void **state)
{
    static const char *const extras[] = { "", "\"Config\":{\"SealMode\":\"Disabled\"}," };
    static const enum fail_kind kinds[] = { FAIL_MALFORMED, FAIL_STATE };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(extras); i++) {
        struct world w;
        struct manifest_reply reply = { 0 };
        struct err err = { 0 };
        world_begin(&w);
        struct machine m = machine_start(&w, "a");
        auto_buf text = manifest_text(0, 0, false, extras[i]);
        assert_ok(core_set_manifest(m.core, buf_bytes(&text), &reply, &err), &err);
        struct wish wish = { .core = m.core, .re_issue = true };
        assert_false(writer_commit(core_writer(m.core), decide_sets, &wish, &err));
        assert_int_equal(err.kind, kinds[i]);
        assert_phase(&m, PHASE_ACCEPTING_MARBLES);
        buf_clear(&wish.secrets_json);
        manifest_reply_clear(&reply);
        machine_stop(&m);
        world_end(&w);
    }
}

/* ---- among other commits ---- */

struct given {
    struct wish wish;
    const char *name; /* a value to put; NULL: the wish */
    sem_t *done;
    size_t *answers; /* so far, of the writer's thread */
    size_t place;    /* among them */
    struct err err;
};

static bool given_decide(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct given *const g = arg;

    if (g->name == NULL)
        return decide_sets(&g->wish, now, d, err);
    change_put(&d->change, g->name, BYTES_LITERAL("1"));
    return true;
}

static void given_done(void *arg, const struct err *err)
{
    struct given *const g = arg;

    if (err != NULL)
        g->err = *err;
    g->place = (*g->answers)++;
    (void)sem_post(g->done);
}

static bool wait_at_gate(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)now;
    (void)d;
    while (sem_wait(arg) != 0)
        continue;
    return err_set(err, FAIL_STATE, "only a gate");
}

static void ignore_answer(void *arg, const struct err *err)
{
    (void)arg;
    (void)err;
}

/* All of them wait together, so that the writer finds the sets between the records of a group. */
static void sets_that_are_set_between_other_commits_lose_none_of_them(void **state)
{
    struct given given[] = { { .name = "taw:x1" },
                             { .name = "taw:x2" },
                             { .name = NULL },
                             { .name = "taw:x3" },
                             { .name = "taw:x4" } };
    auto_scene s;
    sem_t gate, done;
    size_t answers = 0;

    (void)state;
    scene_begin(&s, 1, 0);
    struct writer *const writer = core_writer(s.machine.core);
    (void)sem_init(&gate, 0, 0);
    (void)sem_init(&done, 0, 0);
    writer_submit(writer, &(struct commit){ wait_at_gate, ignore_answer, &gate });
    (void)usleep(20000); /* the writer has taken the gate alone */
    for (size_t i = 0; i < COUNT_OF(given); i++) {
        given[i].wish =
            (struct wish){ .core = s.machine.core, .kept = { s.first_id }, .re_issue = true };
        given[i].done = &done;
        given[i].answers = &answers;
        writer_submit(writer, &(struct commit){ given_decide, given_done, &given[i] });
    }
    (void)sem_post(&gate);
    for (size_t i = 0; i < COUNT_OF(given); i++)
        while (sem_wait(&done) != 0)
            continue;
    (void)sem_destroy(&gate);
    (void)sem_destroy(&done);
    put_id(&s.machine, 1, s.second_id);
    for (int round = 0; round < 2; round++) {
        assert_sets(&s, s.first_id, s.second_id);
        for (size_t i = 0; i < COUNT_OF(given); i++) {
            assert_int_equal(given[i].err.kind, FAIL_NONE);
            /* What came before the sets was durable and answered before them. */
            assert_int_equal(given[i].place, i);
            if (given[i].name != NULL) {
                auto_buf value = machine_value(&s.machine, given[i].name);
                assert_bytes_equal(buf_bytes(&value), BYTES_LITERAL("1"));
            }
        }
        move_to(&s, "a", PHASE_ACCEPTING_MARBLES);
    }
    for (size_t i = 0; i < COUNT_OF(given); i++)
        buf_clear(&given[i].wish.secrets_json);
}

/* ---- faults ---- */

/* What is on the disk opens with the old set, and with the new one if and only if it is there. */
static void assert_opens(struct scene *s, const struct deal *deal, bool opens)
{
    move_to(s, "b", PHASE_RECOVERY);
    if (opens)
        give(&s->machine, deal, 0, 0);
    else
        refuse_share(s, &deal->shares[0], "no holder");
}

/* For every call that changes the disk: it fails once, or that one and all after it. */
static void a_disk_that_fails_costs_no_set(void **state)
{
    auto_scene s;
    struct err unexpected = { 0 };

    (void)state;
    scene_begin(&s, 1, 0);
    assert_ok(re_issue(&s, "old", &unexpected), &unexpected);
    assert_ok(keep_only(&s, s.first_id, &unexpected), &unexpected);
    world_keep(&s.world);
    unsigned nth = 1;
    for (unsigned failures = 1; failures > 0; nth++) {
        failures = 0;
        for (unsigned how = 0; how < 4; how++) {
            struct err err = { 0 };
            machine_stop(&s.machine);
            world_put_back(&s.world);
            s.machine = machine_start(&s.world, "a");
            world_fail(&s.world, nth, how % 2 == 0, how / 2 == 0 ? ENOSPC : EIO);
            const bool done = re_issue(&s, "new", &err);
            world_heal(&s.world);
            auto_buf note = machine_value(&s.machine, "taw:note");
            assert_bytes_equal(buf_bytes(&note),
                               done ? BYTES_LITERAL("new") : BYTES_LITERAL("old"));
            assert_sets(&s, s.first_id, done ? s.second_id : NULL);
            if (!done) {
                failures++;
                assert_int_equal(err.kind, FAIL_UNAVAILABLE);
                err = (struct err){ 0 };
                assert_ok(re_issue(&s, "new", &err), &err);
            }
            assert_opens(&s, how % 2 == 0 ? &s.first : &s.second, true);
        }
    }
    assert_true(nth > 4); /* there were that many steps to fail at */
}

/* The same for the removal, and the Coordinator ends after the failure. */
static void a_removal_that_failed_leaves_both_sets_or_one(void **state)
{
    auto_scene s;

    (void)state;
    scene_with_both(&s, 1, 0);
    world_keep(&s.world);
    for (unsigned nth = 1, failures = 1; failures > 0; nth++) {
        failures = 0;
        for (int opened_with_new = 0; opened_with_new <= 1; opened_with_new++) {
            struct err err = { 0 };
            machine_stop(&s.machine);
            world_put_back(&s.world);
            s.machine = machine_start(&s.world, "a");
            world_fail(&s.world, nth, false, EIO);
            const bool done = keep_only(&s, s.second_id, &err);
            machine_stop(&s.machine);
            world_heal(&s.world);
            failures += !done;
            s.machine = machine_start(&s.world, "a");
            /* Without its acknowledgement, the new state may be there or not. */
            auto_recovery_sets sets = { 0 };
            assert_ok(
                recovery_sets_parse(store_recovery_metadata(s.machine.core->store), &sets, &err),
                &err);
            assert_true(sets.count == 1 || !done);
            assert_opens(&s, opened_with_new ? &s.second : &s.first,
                         opened_with_new || sets.count == 2);
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_re_issue_is_one_commit_and_survives_a_start),
    cmocka_unit_test(a_new_set_belongs_to_the_deployment_of_the_state),
    cmocka_unit_test(either_set_recovers_and_is_the_only_one_afterwards),
    cmocka_unit_test(shares_of_old_and_new_never_combine),
    cmocka_unit_test(a_removed_set_opens_nothing),
    cmocka_unit_test(commits_after_a_re_issue_come_back_with_either_set),
    cmocka_unit_test(the_status_shows_both_sets_and_what_the_root_key_signed),
    cmocka_unit_test(what_cannot_be_chosen_is_refused_and_nothing_changes),
    cmocka_unit_test(states_without_recovery_keys_or_seal_have_no_sets_to_set),
    cmocka_unit_test(sets_that_are_set_between_other_commits_lose_none_of_them),
    cmocka_unit_test(a_disk_that_fails_costs_no_set),
    cmocka_unit_test(a_removal_that_failed_leaves_both_sets_or_one),
};

TEST_MAIN(tests)
