/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include "manifest/lint.h"

#define GOOD                                                                                       \
    "\"Packages\":{\"app\":{\"UniqueID\":\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"app\"}},"      \
    "\"RecoveryKeys\":{\"a\":\"@ops\",\"b\":\"@security\"}"
#define WITH(members) "{" GOOD "," members "}"
#define NOW INT64_C(1790000000)

/* Findings as lines "E rule path: text". */
static char *findings_of(const char *text, int64_t now)
{
    struct err err = { 0 };
    auto_manifest *m = test_parse(text, &err);
    auto_findings all = { 0 };
    struct buf out = { 0 };

    if (m == NULL)
        fail_msg("%s: %s", text, err.text);
    manifest_lint(m, NULL, now, &all);
    for (size_t i = 0; i < all.count; i++) {
        buf_add_format(&out, "%c %s ", all.at[i].severity == FINDING_ERROR ? 'E' : 'W',
                       all.at[i].rule);
        json_path(all.at[i].place, &out);
        buf_add_format(&out, ": %.*s\n", BYTES_FMT(all.at[i].text));
        assert_true(all.at[i].hint[0] != '\0');
    }
    buf_add_u8(&out, 0);
    return (char *)out.at;
}

static void check(const char *text, const char *want)
{
    auto_string *is = findings_of(text, NOW);

    assert_string_equal(is, want);
}

/* Is there a line that begins so? */
static void check_has(const char *text, int64_t now, const char *want, bool wanted)
{
    auto_string *is = findings_of(text, now);

    if ((strstr(is, want) != NULL) != wanted)
        fail_msg("%s: %s \"%s\" in:\n%s", text, wanted ? "no" : "unwanted", want, is);
}

#define WEAK                                                                                       \
    "W recovery-key-weak RecoveryKeys.a: recovery key a has 2048 bits\n"                           \
    "W recovery-key-weak RecoveryKeys.b: recovery key b has 2048 bits\n"

static void lint_finds_every_fault_of_every_thing_at_its_place(void **state)
{
    (void)state;
    check("{\"Packages\":{\"p\":{\"SignerID\":\"a\"}},\"Marbles\":{\"b\":{\"Package\":\"p\"},"
          "\"c\":{\"Package\":\"p\"},\"d\":{\"Package\":\"x\",\"TLS\":[\"u\"]},"
          "\"e\":{\"Package\":\"y\"}},\"RecoveryKeys\":{\"a\":\"@ops\",\"b\":\"@security\"}}",
          "E package-incomplete Packages.p: manifest misses value for ProductID in package p\n"
          "E package-unknown Marbles.d.Package: manifest does not contain marble package x\n"
          "E tls-tag-unknown Marbles.d.TLS: manifest misses TLS entry for u\n"
          "E package-unknown Marbles.e.Package: manifest does not contain marble package y\n" WEAK);
}

static void lint_goes_on_behind_what_a_rule_needs(void **state)
{
    (void)state;
    check_has(WITH("\"Roles\":{\"r\":{\"ResourceType\":\"x\"},\"s\":{\"ResourceType\":\"Manifest\","
                   "\"Actions\":[\"y\"]}}"),
              NOW, "E role Roles.s.Actions", true);
    check_has(WITH("\"Secrets\":{\"a\":{\"Type\":\"x\"},\"b\":{\"Type\":\"symmetric-key\"}}"), NOW,
              "E secret Secrets.b", true);
    check_has(WITH("\"Secrets\":{\"a\":{\"Type\":\"x\"}}"), NOW, "E secret Secrets", false);
    check_has(WITH("\"Users\":{\"u\":{\"Roles\":[\"x\"]}},\"Config\":{\"UpdateThreshold\":3}"), NOW,
              "E user-role-unknown Users.u.Roles", true);
    check_has(WITH("\"Users\":{\"u\":{\"Certificate\":\"@alice\"},\"v\":{\"Certificate\":\"@alice"
                   "\"},\"w\":{}}"),
              NOW, "E user-certificate-shared Users.v.Certificate", true);
}

static void lint_finds_every_parameter_and_entry(void **state)
{
    const char *const text = WITH("\"TLS\":{\"t\":{\"Incoming\":[{},{\"Port\":\"1\"},{}],"
                                  "\"Outgoing\":[{\"Port\":\"1\"}]}}");

    (void)state;
    check_has(text, NOW, "E tls-incoming TLS.t.Incoming[0]", true);
    check_has(text, NOW, "E tls-incoming TLS.t.Incoming[1]", false);
    check_has(text, NOW, "E tls-incoming TLS.t.Incoming[2]", true);
    check_has(text, NOW, "E tls-outgoing TLS.t.Outgoing[0]", true);
    const char *const files = "{\"Packages\":{\"app\":{\"Debug\":true}},\"Marbles\":{\"m\":{"
                              "\"Package\":\"app\",\"Parameters\":{\"Files\":{\"a\":\"{{\",\"b\":"
                              "\"{{\"},\"Env\":{\"c\":\"\\u0000\",\"d\":\"{{\"}}}}}";
    check_has(files, NOW, "E file Marbles.m.Parameters.Files.a", true);
    check_has(files, NOW, "E file Marbles.m.Parameters.Files.b", true);
    check_has(files, NOW, "E env Marbles.m.Parameters.Env.c", true);
    check_has(files, NOW, "E env Marbles.m.Parameters.Env.d", true);
}

static void lint_warns_of_keys_that_are_ignored_folded_or_doubled(void **state)
{
    (void)state;
    check(WITH("\"$schema\":\"x\""), WEAK);
    check(WITH("\"Typo\":1,\"config\":{\"sealmode\":\"\",\"X\":{\"Y\":1}}"),
          WEAK "W key-unknown Typo: unknown key \"Typo\"\n"
               "W key-case config: the key \"config\" is taken for Config\n"
               "W key-case config.sealmode: the key \"sealmode\" is taken for SealMode\n"
               "W key-unknown config.X: unknown key \"X\"\n");
    check(WITH("\"Secrets\":{},\"Secrets\":{}"),
          WEAK "W key-twice Secrets: the key \"Secrets\" is there more than once\n");
    check_has(WITH("\"Secrets\":{\"c\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Cert\":{\"Subject\":"
                   "{\"Oops\":1}}}}"),
              NOW, "W key-unknown Secrets.c.Cert.Subject.Oops", true);
}

static void lint_warns_of_what_is_dangerous(void **state)
{
    (void)state;
    check("{\"Packages\":{\"app\":{\"Debug\":true}},\"Marbles\":{\"m\":{\"Package\":\"app\","
          "\"MaxActivations\":0}}}",
          "W recovery-keys-missing : there are no recovery keys: nobody can bring the state back\n"
          "W package-debug Packages.app.Debug: package app takes debug enclaves\n"
          "W activations-unlimited Marbles.m.MaxActivations: Marble m may be activated any number "
          "of times\n");
    check_has("{\"Packages\":{\"app\":{\"UniqueID\":\"00\"}},\"Marbles\":{\"m\":{\"Package\":"
              "\"app\"}},\"RecoveryKeys\":{\"a\":\"@ops\"}}",
              NOW, "W recovery-key-single RecoveryKeys.a: a alone", true);
}

#define ROLES "\"Roles\":{\"r\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}}"
#define ALICE "\"alice\":{\"Certificate\":\"@alice\",\"Roles\":[\"r\"]}"
#define BOB "\"bob\":{\"Certificate\":\"@bob\",\"Roles\":[\"r\"]}"

static void lint_warns_when_one_person_holds_the_manifest(void **state)
{
    (void)state;
    check_has(WITH("\"Users\":{" ALICE "}," ROLES), NOW,
              "W update-single Users.alice: alice alone may update the manifest", true);
    check_has(WITH("\"Users\":{" ALICE "," BOB "}," ROLES), NOW, "update-single", false);
    check_has(WITH("\"Users\":{" ALICE "," BOB "}," ROLES ",\"Config\":{\"UpdateThreshold\":1}"),
              NOW, "W update-single Config.UpdateThreshold: each of 2 users", true);
}

static void lint_warns_of_certificates_by_the_clock(void **state)
{
    const char *const text = WITH("\"Users\":{" ALICE "}," ROLES);
    struct err err = { 0 };
    auto_manifest *m = test_parse(text, &err);
    assert_non_null(m);
    auto_cert *cert = manifest_user_certificate(&m->users[0], &err);
    assert_non_null(cert);
    const int64_t begin = cert_not_before(cert), end = cert_not_after(cert);

    (void)state;
    check_has(text, end + 1, "W user-certificate-expired Users.alice.Certificate", true);
    check_has(text, end, "W user-certificate-expired", false);
    check_has(text, end - EXPIRES_SOON + 1, "W user-certificate-expires", true);
    check_has(text, end - EXPIRES_SOON, "W user-certificate-expires", false);
    check_has(text, begin - 1, "W user-certificate-early", true);
    check_has(text, begin, "W user-certificate-early", false);
}

static void lint_has_an_error_exactly_when_the_coordinator_refuses(void **state)
{
    static const char *const all[] = {
        "null",
        "{}",
        "{" GOOD "}",
        WITH("\"Admins\":{\"a\":1}"),
        WITH("\"Config\":{\"SealMode\":\"x\"}"),
        WITH("\"Config\":{\"RecoveryThreshold\":1}"),
        WITH("\"Config\":{\"RecoveryThreshold\":2}"),
        WITH("\"Config\":{\"FeatureGates\":[\"x\"]}"),
        WITH("\"Users\":{" ALICE "," BOB "}," ROLES ",\"Config\":{\"UpdateThreshold\":3}"),
        WITH("\"Users\":{" ALICE "," BOB "}," ROLES),
        WITH("\"Users\":{\"a\":{\"Certificate\":\"x\"}}"),
        WITH("\"Secrets\":{\"a\":{\"Type\":\"cert-rsa\",\"Size\":1}}"),
        WITH("\"RecoveryKeys\":{\"c\":\"x\"}"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct err err = { 0 }, why = { 0 };
        auto_manifest *m = test_parse(all[i], &err);
        assert_ok(m != NULL, &err);
        const bool good = manifest_check(m, NULL, &why);
        check_has(all[i], NOW, "E ", !good);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lint_finds_every_fault_of_every_thing_at_its_place),
    cmocka_unit_test(lint_goes_on_behind_what_a_rule_needs),
    cmocka_unit_test(lint_finds_every_parameter_and_entry),
    cmocka_unit_test(lint_warns_of_keys_that_are_ignored_folded_or_doubled),
    cmocka_unit_test(lint_warns_of_what_is_dangerous),
    cmocka_unit_test(lint_warns_when_one_person_holds_the_manifest),
    cmocka_unit_test(lint_warns_of_certificates_by_the_clock),
    cmocka_unit_test(lint_has_an_error_exactly_when_the_coordinator_refuses),
};

TEST_MAIN(tests)
