/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "state_test.h"

#include <time.h>

static struct snapshot *loaded(const struct omap *values)
{
    struct err err = { 0 };
    struct snapshot *const s = snapshot_load(&state_env, values, &err);

    if (s == NULL)
        fail_msg("%s", err.text);
    return s;
}

static void load_gives_phase_manifest_and_authority(void **state)
{
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_snapshot *s = loaded(values);
    char fingerprint[2 * SHA256_LEN + 1];
    struct err err = { 0 };

    (void)state;
    assert_int_equal(s->phase, PHASE_ACCEPTING_MARBLES);
    assert_int_equal(s->deployment->manifest->marble_count, 1);
    assert_ok(sha256_hex(BYTES_LITERAL(STATE_MANIFEST), fingerprint, &err), &err);
    assert_string_equal(s->deployment->fingerprint, fingerprint);
    assert_bytes_equal(s->deployment->signature, BYTES_LITERAL("signature"));
    assert_int_equal(s->recovery.recoveries, 0);
    assert_int_equal(s->log.lines, 0);
}

static void load_names_the_value_that_does_not_fit(void **state)
{
    static const struct {
        const char *name, *value; /* value NULL: removed */
    } cases[] = {
        { NAME_STATE, NULL },
        { NAME_STATE, "2" },
        { NAME_STATE, "" },
        { NAME_MANIFEST, NULL },
        { NAME_MANIFEST, "{" },
        { NAME_MANIFEST_SIGNATURE, NULL },
        { NAME_ROOT_CERT, NULL },
        { PREFIX_USER "x", "{" },
        { NAME_RECOVERY_RECORD, "{" },
        { NAME_RECOVERY_SET, "{" },
        { NAME_NEW_RECOVERY_SET, "{}" },
        { NAME_RECOVERY_RECORD, "{\"recoveries\":-1}" },
        { NAME_RECOVERY_RECORD, "{\"last\":9223372036854775808}" },
        { NAME_RECOVERY_RECORD, "{\"withoutProof\":1}" },
    };
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct bytes name = bytes_of_string(cases[i].name);
        auto_omap *changed = cases[i].value == NULL
                                 ? omap_without(values, name)
                                 : omap_with(values, name, bytes_of_string(cases[i].value));
        struct err err = { 0 };
        auto_snapshot *s = snapshot_load(&state_env, changed, &err);
        if (s != NULL || err.kind != FAIL_DAMAGED)
            fail_msg("%s = %s: kind %d, %s", cases[i].name, cases[i].value, (int)err.kind,
                     err.text);
    }
}

static void after_shares_what_the_change_does_not_touch(void **state)
{
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_snapshot *before = loaded(values);
    auto_change change = { 0 };
    struct err err = { 0 };

    (void)state;
    change_put_named(&change, PREFIX_ACTIVATIONS, BYTES_LITERAL("m"), BYTES_LITERAL("1"));
    change_put_log_line(&change, &state_env, 0, "something", BYTES_NONE);
    auto_snapshot *after = snapshot_after(&state_env, before, &change, &err);
    assert_non_null(after);
    assert_ptr_equal(after->authority, before->authority);
    assert_ptr_equal(after->deployment, before->deployment);
    assert_int_equal(after->log.lines, 1);
    assert_int_equal(before->log.lines, 0);
    assert_false(omap_get(before->values, BYTES_LITERAL("activations:m"), NULL));
    assert_true(omap_get(after->values, BYTES_LITERAL("activations:m"), NULL));
}

static void after_checks_what_the_change_touches(void **state)
{
    static const char *const names[] = { NAME_STATE,      NAME_MANIFEST,       NAME_ROOT_KEY,
                                         NAME_ROOT_CERT,  PREFIX_USER "alice", NAME_RECOVERY_RECORD,
                                         NAME_ROOT_SECRET };
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_snapshot *before = loaded(values);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        auto_change change = { 0 };
        struct err err = { 0 };
        change_put(&change, names[i], BYTES_NONE);
        assert_null(snapshot_after(&state_env, before, &change, &err));
        if (err.kind != FAIL_DAMAGED)
            fail_msg("%s: kind %d, %s", names[i], (int)err.kind, err.text);
    }
}

static void after_takes_a_new_manifest_and_a_new_root_secret(void **state)
{
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_snapshot *before = loaded(values);
    auto_change change = { 0 };
    struct err err = { 0 };

    (void)state;
    change_put(&change, NAME_MANIFEST, BYTES_LITERAL("{}"));
    change_put(&change, NAME_ROOT_SECRET, BYTES_LITERAL("another"));
    auto_snapshot *after = snapshot_after(&state_env, before, &change, &err);
    assert_non_null(after);
    assert_int_equal(after->deployment->manifest->marble_count, 0);
    assert_bytes_equal(secret_bytes(after->authority->root_secret), BYTES_LITERAL("another"));
    assert_int_equal(before->deployment->manifest->marble_count, 1);
}

static void recovery_record_survives_the_round_trip(void **state)
{
    static const struct recovery_record records[] = { { 0, 0, false },
                                                      { 1, 1700000000000, true },
                                                      { UINT64_MAX, INT64_MAX, false } };
    auto_authority *a = new_authority();
    auto_omap *values = state_values(a);
    auto_snapshot *before = loaded(values);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        auto_change change = { 0 };
        struct err err = { 0 };
        change_put_recovery_record(&change, &records[i]);
        auto_snapshot *after = snapshot_after(&state_env, before, &change, &err);
        assert_non_null(after);
        assert_true(after->recovery.recoveries == records[i].recoveries);
        assert_true(after->recovery.last_ms == records[i].last_ms);
        assert_int_equal(after->recovery.without_proof, records[i].without_proof);
    }
}

static void set_zone(const char *zone)
{
    assert_int_equal(setenv("TZ", zone, 1), 0);
    tzset();
}

/* client-api.md, 13: local time, milliseconds, Z or a numeric offset. */
static void log_lines_have_time_event_and_members(void **state)
{
    static const struct {
        const char *zone, *line;
    } cases[] = {
        { "UTC0", "{\"time\":\"2026-01-15T12:00:00.007Z\",\"update\":\"a \\\"b\\\"\",\"n\":1}" },
        { "XXX-5:30",
          "{\"time\":\"2026-01-15T17:30:00.007+0530\",\"update\":\"a \\\"b\\\"\",\"n\":1}" },
        { "YYY8",
          "{\"time\":\"2026-01-15T04:00:00.007-0800\",\"update\":\"a \\\"b\\\"\",\"n\":1}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_change change = { 0 };
        struct bytes line;
        set_zone(cases[i].zone);
        change_put_log_line(&change, &state_env, 41, "a \"b\"", BYTES_LITERAL(",\"n\":1"));
        auto_omap *map = change_apply(NULL, &change);
        assert_true(omap_get(map, BYTES_LITERAL("updateLog:00000000000000000041"), &line));
        assert_bytes_equal(line, bytes_of_string(cases[i].line));
    }
    set_zone("UTC0");
}

static void references_keep_a_snapshot_alive(void **state)
{
    auto_authority *a = new_authority();
    struct snapshot *const s = snapshot_new(PHASE_ACCEPTING_MANIFEST, a);
    struct snapshot *const again = snapshot_ref(s);

    (void)state;
    snapshot_free(s);
    assert_int_equal(again->phase, PHASE_ACCEPTING_MANIFEST);
    assert_ptr_equal(again->authority, a);
    assert_null(again->deployment);
    snapshot_free(again);
    snapshot_free(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(load_gives_phase_manifest_and_authority),
    cmocka_unit_test(load_names_the_value_that_does_not_fit),
    cmocka_unit_test(after_shares_what_the_change_does_not_touch),
    cmocka_unit_test(after_checks_what_the_change_touches),
    cmocka_unit_test(after_takes_a_new_manifest_and_a_new_root_secret),
    cmocka_unit_test(recovery_record_survives_the_round_trip),
    cmocka_unit_test(log_lines_have_time_event_and_members),
    cmocka_unit_test(references_keep_a_snapshot_alive),
};

TEST_MAIN(tests)
