/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

/* The decoding rules of manifest.md, section 1, and the types of single members. */

struct refusal {
    const char *text, *want;
};

static void expect_refused(const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = { 0 };
        auto_manifest *m = test_parse(cases[i].text, &err);
        if (m != NULL)
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_one_line(&err);
        if (strstr(err.text, cases[i].want) == NULL)
            fail_msg("%s:\n  is   %s\n  want %s", cases[i].text, err.text, cases[i].want);
    }
}

static struct manifest *parsed(const char *text)
{
    struct err err = { 0 };
    struct manifest *const m = test_parse(text, &err);

    if (m == NULL)
        fail_msg("%s: %s", text, err.text);
    return m;
}

static void member_names_ignore_case_and_author_names_do_not(void **state)
{
    auto_manifest *m = parsed("{\"packageS\":{\"a\":{\"DEBUG\":true},\"A\":{\"debug\":false}},"
                              "\"Pac\\u212aages\":{\"k\":{\"uniqueid\":\"x\"}},"
                              "\"\\u017fecrets\":{\"S\":{\"type\":\"plain\"}}}");

    (void)state;
    assert_int_equal(m->package_count, 3);
    assert_true(manifest_package(m, TEXT("a"))->debug);
    assert_false(manifest_package(m, TEXT("A"))->debug);
    assert_text(manifest_package(m, TEXT("k"))->unique_id, "x");
    assert_int_equal(manifest_secret(m, TEXT("S"))->type, SECRET_PLAIN);
    assert_null(manifest_secret(m, TEXT("s")));
}

static void unknown_members_are_ignored_whatever_they_hold(void **state)
{
    auto_manifest *m =
        parsed("{\"x\":[1,{\"y\":null}],\"Packages\":{\"a\":{\"SignerId2\":5,\"z\":{}}},"
               "\"Config\":{\"SealMod\":1}}");

    (void)state;
    assert_int_equal(m->package_count, 1);
    assert_int_equal(m->config.seal_mode, SEAL_MODE_PRODUCT_KEY);
}

static void duplicates_merge_maps_and_objects_and_replace_entries(void **state)
{
    auto_manifest *m = parsed(
        "{\"Packages\":{\"a\":{\"SignerID\":\"1\",\"Debug\":true},\"b\":{\"UniqueID\":\"2\"}},"
        "\"packages\":{\"a\":{\"UniqueID\":\"3\"},\"c\":null},"
        "\"Config\":{\"UpdateThreshold\":1,\"FeatureGates\":[\"MonotonicCounter\"]},"
        "\"Config\":{\"RecoveryThreshold\":2,\"FeatureGates\":[\"SignQuoteEndpoint\"]},"
        "\"Marbles\":{\"m\":{\"Parameters\":{\"Env\":{\"A\":\"1\",\"B\":\"1\"}},"
        "\"TLS\":[\"x\",\"y\"],\"TLS\":[\"z\"],\"Package\":\"1\",\"package\":\"2\","
        "\"parameters\":{\"env\":{\"B\":{\"Data\":\"2\",\"data\":\"3\"}},\"Argv\":[\"a\"]}}}}");
    const struct manifest_marble *const marble = manifest_marble(m, TEXT("m"));

    (void)state;
    assert_int_equal(m->package_count, 3);
    assert_int_equal(manifest_package(m, TEXT("a"))->signer_id.len, 0);
    assert_false(manifest_package(m, TEXT("a"))->debug);
    assert_text(manifest_package(m, TEXT("a"))->unique_id, "3");
    assert_text(manifest_package(m, TEXT("b"))->unique_id, "2");
    assert_int_equal(m->config.update_threshold, 1);
    assert_int_equal(m->config.recovery_threshold, 2);
    assert_int_equal(m->config.feature_gates, FEATURE_SIGN_QUOTE_ENDPOINT);
    assert_int_equal(marble->env.count, 2);
    assert_text(marble->env.at[0].data, "1");
    assert_text(marble->env.at[1].data, "3");
    assert_int_equal(marble->argv.count, 1);
    assert_int_equal(marble->tls.count, 1);
    assert_text(marble->tls.at[0], "z");
    assert_text(marble->package, "2");
}

static void the_last_of_several_entries_of_one_name_stays(void **state)
{
    auto_manifest *m =
        parsed("{\"Roles\":{\"b\":{\"ResourceType\":\"1\"},\"a\":{\"ResourceType\":\"2\"},"
               "\"b\":{\"ResourceType\":\"3\"},\"a\":{\"Actions\":[]},"
               "\"b\":{\"ResourceType\":\"5\"}}}");

    (void)state;
    assert_int_equal(m->role_count, 2);
    assert_text(m->roles[0].name, "a");
    assert_int_equal(m->roles[0].type_text.len, 0);
    assert_text(m->roles[1].type_text, "5");
}

static void null_is_the_same_as_leaving_out(void **state)
{
    auto_manifest *m = parsed(
        "{\"Packages\":{\"a\":{\"Debug\":true,\"Debug\":null,\"UniqueID\":null,\"ProductID\":1,"
        "\"ProductID\":null,\"AcceptedAdvisories\":[\"x\"],\"AcceptedAdvisories\":null}},"
        "\"Infrastructures\":null,\"Marbles\":{\"m\":{\"MaxActivations\":null,"
        "\"Parameters\":{\"Files\":{},\"Env\":null,\"Argv\":[null,\"x\"]}},\"n\":null},"
        "\"Secrets\":{\"s\":{\"Cert\":null,\"Size\":null,\"Private\":null,\"Public\":\"\"}},"
        "\"TLS\":{\"t\":{\"Incoming\":[null],\"Outgoing\":[]}},\"Users\":{\"u\":{\"Roles\":null}},"
        "\"RecoveryKeys\":{\"k\":null},\"RecoveryKey\":null,"
        "\"Config\":{\"SealMode\":null,\"UpdateThreshold\":null},\"Config\":null}");
    const struct manifest_package *const p = manifest_package(m, TEXT("a"));
    const struct manifest_marble *const marble = manifest_marble(m, TEXT("m"));

    (void)state;
    assert_true(p->debug);
    assert_false(p->product_id.present);
    assert_false(p->accepted_advisories.present);
    assert_true(marble->files.present && marble->files.count == 0);
    assert_false(marble->env.present);
    assert_int_equal(marble->argv.count, 2);
    assert_int_equal(marble->argv.at[0].len, 0);
    assert_non_null(manifest_marble(m, TEXT("n")));
    const struct manifest_secret *const s = manifest_secret(m, TEXT("s"));
    assert_false(s->has_cert || s->cert.present || s->private_value.present);
    assert_true(s->public_value.present && s->public_value.value.len == 0);
    const struct manifest_tls_tag *const tag = manifest_tls_tag(m, TEXT("t"));
    assert_int_equal(tag->incoming.count, 1);
    assert_true(tag->outgoing.present && tag->outgoing.count == 0);
    assert_int_equal(m->recovery_key_count, 1);
    assert_int_equal(m->recovery_keys[0].pem.len, 0);
    assert_int_equal(m->config.seal_mode, SEAL_MODE_PRODUCT_KEY);
}

static void null_forgets_a_map_that_came_before(void **state)
{
    auto_manifest *m =
        parsed("{\"Users\":{\"a\":{}},\"Users\":null,\"Roles\":null,\"Roles\":{\"r\":{}}}");

    (void)state;
    assert_int_equal(m->user_count, 0);
    assert_int_equal(m->role_count, 1);
}

static void whole_documents_of_wrong_shape_are_refused(void **state)
{
    static const struct refusal cases[] = {
        { "", "unexpected end of JSON input" },
        { "[]", "line 1:1" },
        { "\"x\"", "line 1:1" },
        { "5", "line 1:1" },
        { "true", "line 1:1" },
        { "{} x", "1:4" },
        { "{}{}", "1:3" },
        { "{\"Packages\":{},}", "1:16" },
        { "// c\n{}", "1:1" },
        { "\xef\xbb\xbf{}", "1:1" },
        { "{\"Packages\":[]}", "Packages (line 1:13): " },
        { "{\"Packages\":{\"a\":[]}}", "Packages.a (line 1:18): " },
        { "{\"Marbles\":\"x\"}", "Marbles (line 1:12): " },
    };

    (void)state;
    expect_refused(cases, COUNT_OF(cases));
    auto_manifest *m = parsed(" \t\r\n{ } \n");
    auto_manifest *null = parsed("null");
    assert_true(manifest_is_package_update(m));
    assert_int_equal(null->package_count, 0);
}

static void values_of_wrong_type_are_refused_with_path_and_place(void **state)
{
    static const struct refusal cases[] = {
        { "{\"Packages\":{\"a\":{\"Debug\":\"true\"}}}", "Packages.a.Debug (line 1:27): " },
        { "{\"Packages\":{\"a\":{\"Debug\":1}}}", "Packages.a.Debug" },
        { "{\"Packages\":{\"a\":{\"UniqueID\":5}}}", "Packages.a.UniqueID" },
        { "{\"Packages\":{\"a\":{\"ProductID\":-1}}}", "Packages.a.ProductID" },
        { "{\"Packages\":{\"a\":{\"ProductID\":1.0}}}", "Packages.a.ProductID" },
        { "{\"Packages\":{\"a\":{\"ProductID\":1e2}}}", "Packages.a.ProductID" },
        { "{\"Packages\":{\"a\":{\"ProductID\":\"1\"}}}", "Packages.a.ProductID" },
        { "{\"Packages\":{\"a\":{\"ProductID\":18446744073709551616}}}", "Packages.a.ProductID" },
        { "{\"Packages\":{\"a\":{\"AcceptedAdvisories\":\"x\"}}}",
          "Packages.a.AcceptedAdvisories" },
        { "{\"Packages\":{\"a\":{\"AcceptedAdvisories\":[\"x\",5]}}}",
          "Packages.a.AcceptedAdvisories[1]" },
        { "{\"Infrastructures\":{\"i\":{\"QESVN\":65536}}}", "Infrastructures.i.QESVN" },
        { "{\"Infrastructures\":{\"i\":{\"CPUSVN\":[256]}}}", "Infrastructures.i.CPUSVN[0]" },
        { "{\"Infrastructures\":{\"i\":{\"RootCA\":\"AAA\"}}}", "Infrastructures.i.RootCA" },
        { "{\"Marbles\":{\"m\":{\"MaxActivations\":true}}}", "Marbles.m.MaxActivations" },
        { "{\"Marbles\":{\"m\":{\"Parameters\":[]}}}", "Marbles.m.Parameters" },
        { "{\"Marbles\":{\"m\":{\"Parameters\":{\"Argv\":[1]}}}}", "Marbles.m.Parameters.Argv[0]" },
        { "{\"Marbles\":{\"m\":{\"TLS\":\"t\"}}}", "Marbles.m.TLS" },
        { "{\"Secrets\":{\"x\":{\"Size\":\"128\"}}}", "Secrets.x.Size" },
        { "{\"Secrets\":{\"x\":{\"Size\":128.0}}}", "Secrets.x.Size" },
        { "{\"Secrets\":{\"x\":{\"Private\":5}}}", "Secrets.x.Private" },
        { "{\"TLS\":{\"t\":{\"Outgoing\":[{\"Addr\":\"a\",\"Port\":443}]}}}",
          "TLS.t.Outgoing[0].Port (line 1:45): " },
        { "{\"Users\":{\"u\":{\"Roles\":\"r\"}}}", "Users.u.Roles" },
        { "{\"Roles\":{\"r\":{\"ResourceNames\":\"app\"}}}", "Roles.r.ResourceNames" },
        { "{\"RecoveryKeys\":{\"k\":{}}}", "RecoveryKeys.k" },
        { "{\"RecoveryKey\":{\"k\":\"x\"}}", "RecoveryKey" },
        { "{\"Config\":{\"UpdateThreshold\":\"1\"}}", "Config.UpdateThreshold" },
        { "{\"Config\":{\"FeatureGates\":\"x\"}}", "Config.FeatureGates" },
        /* An entry that a later one replaces is decoded all the same. */
        { "{\"Packages\":{\"a\":{\"Debug\":1},\"a\":{}}}", "Packages.a.Debug" },
    };

    (void)state;
    expect_refused(cases, COUNT_OF(cases));
}

#define ENV(value) "{\"Marbles\":{\"m\":{\"Parameters\":{\"Env\":{\"E\":" value "}}}}}"

static void parameters_have_two_forms_and_three_encodings(void **state)
{
    static const struct {
        const char *text, *data;
        size_t len;
        enum manifest_encoding encoding;
        const char *spelling;
    } cases[] = {
        { ENV("\"a\""), "a", 1, ENCODING_STRING, "string" },
        { ENV("{}"), "", 0, ENCODING_STRING, "string" },
        { ENV("{\"Data\":\"\\u00fc\",\"Encoding\":\"\"}"), "\xc3\xbc", 2, ENCODING_STRING,
          "string" },
        { ENV("{\"Data\":\"x\",\"Encoding\":\"STRing\"}"), "x", 1, ENCODING_STRING, "STRing" },
        { ENV("{\"Data\":\"AAEC\\r\\nAP8=\",\"Encoding\":\"Base64\"}"), "\0\1\2\0\xff", 5,
          ENCODING_BASE64, "Base64" },
        { ENV("{\"Data\":\"fF10\",\"Encoding\":\"HEX\"}"), "\xff\x10", 2, ENCODING_HEX, "HEX" },
        { ENV("\"\\ud800\""), "\xef\xbf\xbd", 3, ENCODING_STRING, "string" },
        { ENV("\"\xff\""), "\xef\xbf\xbd", 3, ENCODING_STRING, "string" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_manifest *m = parsed(cases[i].text);
        const struct manifest_parameter *const p = &m->marbles[0].env.at[0];
        assert_bytes_equal(p->data, bytes_of(cases[i].data, cases[i].len));
        assert_int_equal(p->encoding, cases[i].encoding);
        assert_text(p->encoding_text, cases[i].spelling);
    }
}

static void parameters_of_other_forms_are_refused(void **state)
{
    static const struct refusal cases[] = {
        { ENV("null"), "Marbles.m.Parameters.Env.E" },
        { ENV("5"), "Marbles.m.Parameters.Env.E" },
        { ENV("true"), "Marbles.m.Parameters.Env.E" },
        { ENV("[\"a\"]"), "Marbles.m.Parameters.Env.E" },
        { ENV("{\"Data\":5}"), "Marbles.m.Parameters.Env.E.Data" },
        { ENV("{\"NoTemplates\":\"x\"}"), "Marbles.m.Parameters.Env.E.NoTemplates" },
        { ENV("{\"Data\":\"zz\",\"Encoding\":\"hex\"}"), "Marbles.m.Parameters.Env.E" },
        { ENV("{\"Data\":\"abc\",\"Encoding\":\"hex\"}"), "Marbles.m.Parameters.Env.E" },
        { ENV("{\"Data\":\"a\",\"Encoding\":\"base64\"}"), "Marbles.m.Parameters.Env.E" },
        { ENV("{\"Data\":\"a\",\"Encoding\":\"rot13\"}"), "unknown encoding type: rot13" },
        { ENV("{\"Data\":\"a\",\"Encoding\":\"a\\nb\"}"), "unknown encoding type: a?b" },
    };

    (void)state;
    expect_refused(cases, COUNT_OF(cases));
}

static void the_recovery_key_of_2020_is_the_one_key(void **state)
{
    auto_manifest *m = parsed("{\"recoverykey\":\"@ops\"}");
    auto_manifest *empty = parsed("{\"RecoveryKey\":\"\"}");
    struct err err = { 0 };

    (void)state;
    assert_true(m->singular_recovery_key);
    assert_int_equal(m->recovery_key_count, 1);
    assert_text(m->recovery_keys[0].name, "RecoveryKey");
    auto_key *key = manifest_recovery_public_key(&m->recovery_keys[0], &err);
    assert_ok(key != NULL, &err);
    assert_false(manifest_is_package_update(m));
    assert_false(empty->singular_recovery_key);
    assert_int_equal(empty->recovery_key_count, 0);
}

static void a_package_update_has_nothing_but_packages_and_config(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        { "{}", true },
        { "{\"Packages\":{\"a\":{}},\"Config\":{\"UpdateThreshold\":3}}", true },
        { "{\"Marbles\":{},\"Users\":null,\"TLS\":{}}", true },
        { "{\"Marbles\":{\"m\":{}}}", false },
        { "{\"Infrastructures\":{\"m\":{}}}", false },
        { "{\"Users\":{\"m\":{}}}", false },
        { "{\"RecoveryKeys\":{\"m\":\"\"}}", false },
        { "{\"Roles\":{\"m\":{}}}", false },
        { "{\"Secrets\":{\"m\":{}}}", false },
        { "{\"TLS\":{\"m\":{}}}", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_manifest *m = parsed(cases[i].text);
        assert_int_equal(manifest_is_package_update(m), cases[i].is);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(member_names_ignore_case_and_author_names_do_not),
    cmocka_unit_test(unknown_members_are_ignored_whatever_they_hold),
    cmocka_unit_test(duplicates_merge_maps_and_objects_and_replace_entries),
    cmocka_unit_test(the_last_of_several_entries_of_one_name_stays),
    cmocka_unit_test(null_is_the_same_as_leaving_out),
    cmocka_unit_test(null_forgets_a_map_that_came_before),
    cmocka_unit_test(whole_documents_of_wrong_shape_are_refused),
    cmocka_unit_test(values_of_wrong_type_are_refused_with_path_and_place),
    cmocka_unit_test(parameters_have_two_forms_and_three_encodings),
    cmocka_unit_test(parameters_of_other_forms_are_refused),
    cmocka_unit_test(the_recovery_key_of_2020_is_the_one_key),
    cmocka_unit_test(a_package_update_has_nothing_but_packages_and_config),
};
TEST_MAIN(tests)
