/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "core/internal.h"
#include "marble_scene.h"
#include "scrape.h"
#include "state/names.h"

#include <errno.h>
#include <pthread.h>

/* A Coordinator that is counted. */
static struct metrics *begin(struct scene *s, const char *extra)
{
    world_begin(&s->world);
    s->world.metrics = metrics_new();
    s->machine = machine_start(&s->world, "a");
    if (extra != NULL)
        set_manifest_with(&s->machine, extra);
    return s->world.metrics;
}

static struct metrics *restart(struct scene *s, const char *machine)
{
    machine_stop(&s->machine);
    metrics_free(s->world.metrics);
    s->world.metrics = metrics_new();
    s->machine = machine_start(&s->world, machine);
    return s->world.metrics;
}

static void end(struct scene *s)
{
    struct metrics *const metrics = s->world.metrics;

    scene_end(s);
    metrics_free(metrics);
}
#define auto_observed struct scene CLEANUP(end)

static void a_fresh_coordinator_has_no_state_yet(void **state)
{
    (void)state;
    auto_observed s;
    struct metrics *const m = begin(&s, NULL);

    assert_line(m, "coordinator_state 2");
    assert_line(m, "taw_state_values 0");
    assert_line(m, "taw_key_generation 0");
    assert_line(m, "taw_snapshot_bytes 0");
    assert_line(m, "taw_commits_total{result=\"ok\"} 0");
    assert_line(m, "taw_recovering 0");
    assert_int_equal(lines_beginning(m, "taw_secret_certificate"), 0);
    assert_int_equal(lines_beginning(m, "taw_user_certificate"), 0);
}

static void commits_and_sizes_follow_the_writer(void **state)
{
    (void)state;
    auto_observed s;
    struct metrics *const m = begin(&s, "");

    assert_line(m, "coordinator_state 3");
    assert_line(m, "taw_key_generation 1");
    assert_line(m, "taw_commits_total{result=\"ok\"} 1");
    assert_line(m, "taw_journal_bytes 0");
    put_value(&s.machine, "activations:x", BYTES_LITERAL("1"));
    put_value(&s.machine, "activations:x", BYTES_LITERAL("2"));
    assert_line(m, "taw_commits_total{result=\"ok\"} 3");
    assert_line(m, "taw_commit_group_size_count 2");
    assert_line(m, "taw_commit_duration_seconds_count 2");
    assert_line(m, "taw_journal_segments 1");
    assert_int_equal(lines_beginning(m, "taw_journal_bytes 0"), 0);
}

static bool put_x(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg, (void)now, (void)err;
    change_put(&d->change, "activations:x", BYTES_LITERAL("1"));
    return true;
}

static void what_the_disk_refuses_is_a_failed_commit(void **state)
{
    (void)state;
    auto_observed s;
    struct metrics *const m = begin(&s, "");
    struct err err = { 0 };

    world_fail(&s.world, 1, false, ENOSPC);
    assert_false(writer_commit(core_writer(s.machine.core), put_x, NULL, &err));
    world_heal(&s.world);
    assert_line(m, "taw_commits_total{result=\"ok\"} 1");
    assert_line(m, "taw_commits_total{result=\"failed\"} 1");
}

static void sizes_are_those_of_the_disk_after_a_restart(void **state)
{
    (void)state;
    auto_observed s;
    (void)begin(&s, "");

    put_value(&s.machine, "activations:x", BYTES_LITERAL("1"));
    auto_buf before = scrape(s.world.metrics);
    const char *const journal = strstr((const char *)before.at, "\ntaw_journal_bytes ") + 1;
    auto_string *line = bytes_to_string(bytes_of(journal, strcspn(journal, "\n")));
    const char *const snapshot = strstr((const char *)before.at, "\ntaw_snapshot_bytes ") + 1;
    auto_string *other = bytes_to_string(bytes_of(snapshot, strcspn(snapshot, "\n")));
    struct metrics *const m = restart(&s, "a");
    assert_line(m, line);
    assert_line(m, other);
    assert_line(m, "taw_journal_segments 1");
    assert_line(m, "taw_key_generation 1");
}

#define DAY_MS INT64_C(86400000)

static void expiry_comes_nearer_as_the_clock_goes(void **state)
{
    (void)state;
    auto_observed s;
    struct metrics *const m =
        begin(&s, "\"Secrets\":{"
                  "\"b\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true,\"ValidFor\":7},"
                  "\"a\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true,\"ValidFor\":9},"
                  "\"own\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"ValidFor\":1},"
                  "\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true}},");

    assert_int_equal(lines_beginning(m, "taw_secret_certificate_expires_in_seconds{"), 2);
    assert_line(m, "taw_secret_certificate_expires_in_seconds{secret=\"b\"} 604800");
    assert_line(m, "taw_secret_certificate_expires_in_seconds{secret=\"a\"} 777600");
    assert_line(m, "taw_secret_certificate_first_expires_in_seconds 604800");
    assert_line(m, "taw_certificate_expires_in_seconds{certificate=\"root\"} 9223372036");
    world_set_clock(&s.world, WORLD_START_MS + 8 * DAY_MS);
    assert_line(m, "taw_secret_certificate_expires_in_seconds{secret=\"b\"} -86400");
    assert_line(m, "taw_secret_certificate_expires_in_seconds{secret=\"a\"} 86400");
}

static void of_many_certificates_those_that_expire_first_are_shown(void **state)
{
    (void)state;
    auto_observed s;
    auto_buf extra = { 0 };

    buf_add_string(&extra, "\"Secrets\":{");
    /* The days go up and down, so that the order of the names is not that of the dates. */
    for (unsigned i = 0; i < 130; i++)
        buf_add_format(
            &extra,
            "%s\"s%u\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true,\"ValidFor\":%u}",
            i == 0 ? "" : ",", i, 10 + i * 37 % 130);
    buf_add_string(&extra, "},");
    buf_add_u8(&extra, 0);
    struct metrics *const m = begin(&s, (const char *)extra.at);

    assert_int_equal(lines_beginning(m, "taw_secret_certificate_expires_in_seconds{"), 100);
    for (unsigned i = 0; i < 130; i++) {
        const unsigned days = 10 + i * 37 % 130;
        auto_string *line = mem_printf(
            "taw_secret_certificate_expires_in_seconds{secret=\"s%u\"} %u\n", i, days * 86400);
        assert_int_equal(lines_beginning(m, line), days < 110);
    }
    assert_line(m, "taw_secret_certificate_first_expires_in_seconds 864000");
}

static void a_pending_update_says_how_many_it_waits_for(void **state)
{
    (void)state;
    auto_observed s;
    struct metrics *const m = begin(&s, "");

    assert_line(m, "taw_pending_update 0");
    put_value(&s.machine, NAME_PENDING_UPDATE,
              BYTES_LITERAL("{\"manifestRaw\":\"\",\"requiredUsers\":{\"a\":false,\"b\":false},"
                            "\"missingAcknowledgments\":2}"));
    assert_line(m, "taw_pending_update 1");
    assert_line(m, "taw_pending_update_missing_acknowledgments 2");
    put_value(&s.machine, NAME_PENDING_UPDATE, BYTES_NONE);
    assert_line(m, "taw_pending_update 0");
    assert_line(m, "taw_pending_update_missing_acknowledgments 0");
}

static void recovery_is_followed_share_by_share(void **state)
{
    (void)state;
    auto_observed s;
    (void)begin(&s, NULL);
    auto_deal deal = set_manifest(&s.machine, 3, 2, false);
    struct metrics *const m = restart(&s, "b");

    assert_line(m, "coordinator_state 1");
    assert_line(m, "taw_recovering 1");
    assert_line(m, "taw_recovery_shares_needed 2");
    assert_line(m, "taw_recovery_shares_accepted 0");
    assert_line(m, "taw_key_generation 1");
    give(&s.machine, &deal, 0, 1);
    assert_line(m, "taw_recovery_shares_accepted 1");
    give(&s.machine, &deal, 2, 0);
    assert_line(m, "coordinator_state 3");
    assert_line(m, "taw_recovering 0");
    assert_line(m, "taw_recovery_shares_needed 0");
    assert_line(m, "taw_recoveries_total 1");
    assert_line(m, "taw_last_recovery_timestamp_seconds 1768478400");
    assert_line(m, "taw_recovered_without_proof 0");
    assert_line(m, "taw_key_generation 2");
}

static void a_recovery_without_proof_is_shown(void **state)
{
    (void)state;
    auto_observed s;
    (void)begin(&s, NULL);
    auto_deal deal = set_manifest(&s.machine, 1, 0, true);
    struct metrics *const m = restart(&s, "b");
    unsigned remaining = 9;
    struct err err = { 0 };

    assert_int_equal(core_recover(s.machine.core, share_bytes(&deal.shares[0]), BYTES_NONE, false,
                                  &remaining, &err),
                     RECOVER_DONE);
    assert_line(m, "taw_recovered_without_proof 1");
}

static bool put_reissue(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    (void)arg, (void)err;
    change_put(&d->change, NAME_PENDING_REISSUE, BYTES_LITERAL("{}"));
    if (now->recovery_set == NULL)
        return true;
    change_put_recovery_proof(&d->change, now->recovery_set->id, bytes_of_string(holder_names[0]),
                              WORLD_START_MS - RECOVERY_PROOF_MS);
    change_put_recovery_proof(&d->change, now->recovery_set->id, bytes_of_string(holder_names[1]),
                              WORLD_START_MS);
    change_put_recovery_proof(&d->change, now->recovery_set->id, bytes_of_string(holder_names[2]),
                              WORLD_START_MS);
    return change_put_recovery_set(&d->change, NAME_NEW_RECOVERY_SET, now->recovery_set, err);
}

static void proofs_of_recovery_secrets_are_counted_without_names(void **state)
{
    (void)state;
    auto_observed s;
    struct metrics *const m = begin(&s, NULL);
    struct err err = { 0 };

    assert_line(m, "taw_recovery_holders 0");
    assert_line(m, "taw_recovery_proof_alarm 0");
    auto_deal deal = set_manifest(&s.machine, 3, 2, false);
    assert_int_equal(deal.count, 3);
    assert_line(m, "taw_recovery_holders 3");
    assert_line(m, "taw_recovery_needed 2");
    assert_line(m, "taw_recovery_holders_proven 0");
    assert_line(m, "taw_recovery_oldest_proof_timestamp_seconds 0");
    assert_line(m, "taw_recovery_drills_possible 1");
    assert_line(m, "taw_recovery_proof_alarm 1");
    assert_line(m, "taw_recovery_reissue_pending 0");
    assert_line(m, "taw_recovery_new_set_unproven 0");
    assert_ok(writer_commit(core_writer(s.machine.core), put_reissue, NULL, &err), &err);
    assert_line(m, "taw_recovery_holders_proven 3");
    assert_line(m, "taw_recovery_oldest_proof_timestamp_seconds 1760702400");
    assert_line(m, "taw_recovery_proof_alarm 0");
    assert_line(m, "taw_recovery_reissue_pending 1");
    assert_line(m, "taw_recovery_new_set_unproven 1");
    /* Time passes, and nothing else happens. */
    world_set_clock(&s.world, WORLD_START_MS + 1);
    assert_line(m, "taw_recovery_holders_proven 2");
    assert_line(m, "taw_recovery_proof_alarm 1");
    auto_buf text = scrape(m);
    for (size_t i = 0; i < HOLDERS; i++)
        assert_null(strstr((const char *)text.at, holder_names[i]));
}

/* ---- how long the writer has been at it ---- */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool inside, open;
};

static bool wait_at_gate(void *arg, const struct snapshot *now, struct decision *d, struct err *err)
{
    struct gate *const g = arg;

    (void)now, (void)d;
    (void)pthread_mutex_lock(&g->lock);
    g->inside = true;
    (void)pthread_cond_signal(&g->changed);
    while (!g->open)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
    return err_set(err, FAIL_STATE, "nothing to do");
}

static void ignore(void *arg, const struct err *err)
{
    (void)arg, (void)err;
}

static void the_writer_is_busy_only_while_it_works(void **state)
{
    (void)state;
    auto_observed s;
    (void)begin(&s, "");
    struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

    writer_submit(core_writer(s.machine.core), &(struct commit){ wait_at_gate, ignore, &g });
    (void)pthread_mutex_lock(&g.lock);
    while (!g.inside)
        (void)pthread_cond_wait(&g.changed, &g.lock);
    (void)pthread_mutex_unlock(&g.lock);
    const struct timespec moment = { 0, 30000000 };
    (void)nanosleep(&moment, NULL);
    assert_true(core_busy_ms(s.machine.core) >= 25);
    (void)pthread_mutex_lock(&g.lock);
    g.open = true;
    (void)pthread_cond_signal(&g.changed);
    (void)pthread_mutex_unlock(&g.lock);
    for (unsigned i = 0; i < 1000 && core_busy_ms(s.machine.core) != 0; i++)
        (void)nanosleep(&moment, NULL);
    assert_int_equal(core_busy_ms(s.machine.core), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_fresh_coordinator_has_no_state_yet),
    cmocka_unit_test(commits_and_sizes_follow_the_writer),
    cmocka_unit_test(what_the_disk_refuses_is_a_failed_commit),
    cmocka_unit_test(sizes_are_those_of_the_disk_after_a_restart),
    cmocka_unit_test(expiry_comes_nearer_as_the_clock_goes),
    cmocka_unit_test(of_many_certificates_those_that_expire_first_are_shown),
    cmocka_unit_test(a_pending_update_says_how_many_it_waits_for),
    cmocka_unit_test(recovery_is_followed_share_by_share),
    cmocka_unit_test(a_recovery_without_proof_is_shown),
    cmocka_unit_test(proofs_of_recovery_secrets_are_counted_without_names),
    cmocka_unit_test(the_writer_is_busy_only_while_it_works),
};
TEST_MAIN(tests)
