/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "update_scene.h"

#include <errno.h>

#define PACKAGES(list) "{\"Packages\":{" list "}}"
#define RAISE(name, version) PACKAGES("\"" name "\":{\"SecurityVersion\":" version "}")

static void assert_record(const struct scene *s, const char *package, const char *words)
{
    auto_string *name = mem_printf(PREFIX_PACKAGE "%s", package);
    auto_buf value = machine_value(&s->machine, name);
    auto_string *text = bytes_to_string(buf_bytes(&value));

    if (strstr(text, words) == NULL)
        fail_msg("%s: %s", package, text);
}

/* Of several packages in the order of their names; one that has no version gets one; equal is allowed. */
static void named_packages_are_raised_with_a_line_each(void **state)
{
    static const char *const lines[] = {
        "\"update\":\"SecurityVersion increased\",\"user\":\"alice\",\"package\":\"p\",\"new "
        "version\":5}",
        "\"update\":\"SecurityVersion increased\",\"user\":\"alice\",\"package\":\"pin\",\"new "
        "version\":1}",
        "\"update\":\"SecurityVersion increased\",\"user\":\"alice\",\"package\":\"q\",\"new "
        "version\":2}",
    };
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    up_ok(&s, UPDATE, ALICE,
          PACKAGES("\"q\":{\"SecurityVersion\":2},\"pin\":{\"SecurityVersion\":1},"
                   "\"p\":{\"SecurityVersion\":5,\"AcceptedAdvisories\":[]}"),
          0);
    for (unsigned restarts = 0; restarts < 2; restarts++) {
        assert_record(&s, "p",
                      "{\"Debug\":true,\"UniqueID\":\"\",\"SignerID\":\"00\",\"ProductID\":1,"
                      "\"SecurityVersion\":5,\"AcceptedTCBStatuses\":null,"
                      "\"AcceptedAdvisories\":[\"INTEL-SA-1\"]}");
        assert_record(&s, "q", "\"SecurityVersion\":2");
        assert_record(&s, "pin", "\"UniqueID\":\"00\"");
        assert_record(&s, "pin", "\"SecurityVersion\":1");
        assert_lines(&s, 1, lines, COUNT_OF(lines));
        up_refuse(&s, UPDATE, ALICE, RAISE("p", "4"), FAIL_MALFORMED, "downgrade");
        up_restart(&s);
    }
}

static void parts_for_other_tees_stay_as_they_are(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Packages\":{\"pin\":{\"TDX\":{}},\"q\":{\"SignerID\":\"00\",\"ProductID\":1,"
                 "\"SecurityVersion\":2,\"SNP\":{\"VMPL\":3}}}");
    up_refuse(&s, UPDATE, ALICE, RAISE("pin", "1"), FAIL_MALFORMED,
              "SecurityVersion is that of an SGX enclave, and the package has none");
    up_ok(&s, UPDATE, ALICE, RAISE("q", "3"), 0);
    assert_record(&s, "q", "\"SecurityVersion\":3");
    assert_record(&s, "q", "\"SNP\":{");
    assert_record(&s, "q", "\"VMPL\":3");
}

static void an_update_that_is_none_changes_nothing(void **state)
{
    static const struct {
        enum up_user user;
        const char *text;
        enum fail_kind kind;
        const char *words;
    } cases[] = {
        { ALICE, "", FAIL_MALFORMED, "unmarshaling update manifest: " },
        { ALICE, "{\"Packages\":[]}", FAIL_MALFORMED, "unmarshaling update manifest: " },
        { DAVE, PACKAGES("\"p\":{\"SecurityVersion\":5},\"q\":{\"SecurityVersion\":5}"),
          FAIL_DENIED, "user dave is not allowed to update one or more packages of [p q]" },
        { DAVE, RAISE("q", "5"), FAIL_DENIED, "packages of [q]" },
        { EVE, RAISE("p", "5"), FAIL_DENIED, "packages of [p]" },
        { EVE, "{}", FAIL_DENIED, "packages of []" },
        { ALICE, RAISE("nope", "5"), FAIL_DENIED, "packages of [nope]" },
        { ALICE, "{}", FAIL_MALFORMED, "checking update manifest: no packages defined" },
        { DAVE, "{\"Config\":{}}", FAIL_MALFORMED,
          "checking update manifest: no packages defined" },
        { ALICE, PACKAGES("\"p\":{\"SecurityVersion\":5,\"Debug\":true}"), FAIL_MALFORMED,
          "checking update manifest: update manifest contains unupdatable values" },
        { ALICE, PACKAGES("\"p\":{\"SecurityVersion\":5,\"UniqueID\":\"a\"}"), FAIL_MALFORMED,
          "unupdatable values" },
        { ALICE, PACKAGES("\"p\":{\"SecurityVersion\":5,\"SignerID\":\"00\"}"), FAIL_MALFORMED,
          "unupdatable values" },
        { ALICE, PACKAGES("\"p\":{\"SecurityVersion\":5,\"ProductID\":1}"), FAIL_MALFORMED,
          "unupdatable values" },
        { ALICE, PACKAGES("\"p\":{\"SecurityVersion\":5,\"TDX\":{}}"), FAIL_MALFORMED,
          "unupdatable values" },
        { ALICE, PACKAGES("\"p\":{\"SecurityVersion\":5,\"SNP\":{}}"), FAIL_MALFORMED,
          "unupdatable values" },
        { ALICE, PACKAGES("\"p\":{}"), FAIL_MALFORMED, "does not specify a SecurityVersion" },
        { ALICE, RAISE("q", "1"), FAIL_MALFORMED, "tries to downgrade SecurityVersion" },
        /* One bad package spoils the good ones. */
        { ALICE, PACKAGES("\"p\":{\"SecurityVersion\":5},\"q\":{\"SecurityVersion\":1}"),
          FAIL_MALFORMED, "downgrade" },
    };
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        up_refuse(&s, UPDATE, cases[i].user, cases[i].text, cases[i].kind, cases[i].words);
}

/* The right may be for a package that the manifest does not have any more. */
static void a_package_that_is_not_there_is_named(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    put_value(&s.machine, PREFIX_PACKAGE "q", BYTES_NONE);
    up_refuse(&s, UPDATE, ALICE, RAISE("q", "3"), FAIL_MALFORMED,
              "checking update manifest: update manifest specifies package q, which");
    put_value(&s.machine, PREFIX_PACKAGE "q", BYTES_LITERAL("{"));
    up_refuse(&s, UPDATE, ALICE, RAISE("q", "3"), FAIL_DAMAGED, "value package:q of the state");
}

/* ---- certificates ---- */

#define SECRETS                                                                                    \
    ",\"Secrets\":{\"sym\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"             \
    "\"own\":{\"Type\":\"cert-ecdsa\",\"Size\":256},"                                              \
    "\"given\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true,\"UserDefined\":true},"       \
    "\"shared\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true,\"ValidFor\":7,\"Cert\":{"   \
    "\"Subject\":{\"Organization\":[\"a\",\"b\"]},\"DNSNames\":[],\"IPAddresses\":[],"             \
    "\"KeyUsage\":1,\"ExtraExtensions\":[{\"Id\":[1,2,3],\"Value\":\"QQ==\"}]}}}"

static void assert_same_but(const struct scene *s, const struct buf *before, const char *name,
                            bool changed)
{
    auto_buf after = machine_value(&s->machine, name);

    if (bytes_equal(buf_bytes(before), buf_bytes(&after)) == changed)
        fail_msg("%s has%s changed", name, changed ? " not" : "");
}

static void only_shared_certificates_are_issued_anew(void **state)
{
    static const struct {
        const char *name;
        bool changes;
    } values[] = {
        { PREFIX_SECRET "sym", false },
        { PREFIX_SECRET "own", false },
        { PREFIX_SECRET "given", false },
        { PREFIX_SECRET "token", false },
        { PREFIX_SECRET "shared", true },
        { PREFIX_PREVIOUS_SECRET "shared", false },
        { PREFIX_PREVIOUS_SECRET "sym", false },
        { NAME_MANIFEST, false },
        { NAME_MANIFEST_SIGNATURE, false },
        { NAME_ROOT_CERT, false },
        { NAME_ROOT_KEY, false },
        { NAME_ROOT_SECRET, false },
        { NAME_INTERMEDIATE_CERT, true },
        { NAME_INTERMEDIATE_KEY, true },
        { NAME_MARBLE_ROOT_CERT, true },
    };
    struct buf before[COUNT_OF(values)];
    auto_scene s;

    (void)state;
    up_begin(&s, SECRETS);
    for (size_t i = 0; i < COUNT_OF(values); i++)
        before[i] = machine_value(&s.machine, values[i].name);
    up_ok(&s, UPDATE, DAVE, RAISE("p", "5"), 0);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        assert_same_but(&s, &before[i], values[i].name, values[i].changes);
        buf_clear(&before[i]);
    }
}

/* Also with what a certificate alone would not tell: several values of a name, empty lists, extensions. */
static void a_renewed_certificate_says_the_same_and_ends_when_the_old_one_does(void **state)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct bytes value;
    auto_scene s;

    (void)state;
    up_begin(&s, SECRETS);
    const struct stored_secret old = up_secret(&s, PREFIX_SECRET, "shared", &arena);
    world_set_clock(&s.world, WORLD_START_MS + 3 * INT64_C(86400000));
    up_ok(&s, UPDATE, DAVE, RAISE("p", "5"), 0);
    const struct stored_secret new = up_secret(&s, PREFIX_SECRET, "shared", &arena);
    auto_snapshot *now = core_snapshot(s.machine.core);
    auto_cert *was = cert_from_der(old.cert.value, &err);
    auto_cert *is = cert_from_der(new.cert.value, &err);

    assert_int_equal(cert_not_after(is), cert_not_after(was));
    assert_int_equal(cert_not_before(is), WORLD_START_MS / 1000 + 3 * 86400);
    assert_true(cert_issued_by(is, now->authority->marble_root));
    assert_false(cert_issued_by(was, now->authority->marble_root));
    assert_false(bytes_equal(new.private_value.value, old.private_value.value));
    assert_int_equal(new.valid_for, 7);
    assert_int_equal(new.size, 256);
    assert_true(new.shared);
    assert_bytes_equal(cert_common_name(is), cert_common_name(was));
    assert_false(cert_extension(is, "2.5.29.17", &value));
    assert_true(cert_extension(is, "1.2.3", &value));
    auto_key *public = cert_public_key(is, &err);
    auto_key *private = key_from_private_pkcs8(new.private_value.value, &err);
    assert_true(private != NULL && key_equal_public(public, private));
}

static void a_marble_gets_the_new_ca_and_keeps_its_own_keys(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Secrets\":{\"key\":{\"Type\":\"symmetric-key\",\"Size\":128}},"
                 "\"Marbles\":{\"n\":{\"Package\":\"p\",\"Parameters\":{\"Files\":{"
                 "\"k\":\"{{ hex .Secrets.key }} {{ hex .Previous.Secrets.key }}\"}}}}");
    const struct activation request = marble_request("n");
    auto_outcome before = activate_ok(&s.machine, &request);
    auto_cert *old = outcome_cert(&before, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", 0);
    up_ok(&s, UPDATE, DAVE, RAISE("p", "5"), 0);
    auto_outcome after = activate_ok(&s.machine, &request);
    auto_cert *new = outcome_cert(&after, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", 0);
    auto_snapshot *now = core_snapshot(s.machine.core);

    assert_bytes_equal(outcome_file(&after, "k"), outcome_file(&before, "k"));
    assert_true(cert_issued_by(new, now->authority->marble_root));
    assert_false(cert_issued_by(old, now->authority->marble_root));
}

/* ---- others at the same time ---- */

static void an_update_for_what_was_updated_meanwhile_is_refused(void **state)
{
    auto_update_result result = { 0 };
    struct err err;
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    auto_snapshot *now = core_snapshot(s.machine.core);
    up_ok(&s, UPDATE, DAVE, RAISE("p", "5"), 0);
    auto_buf before = up_values(&s);
    assert_false(up_in(&s, now, UPDATE, ALICE, RAISE("q", "3"), &result, &err));
    assert_int_equal(err.kind, FAIL_STATE);
    assert_string_equal(err.text,
                        "the manifest was updated in the meantime: nothing was changed, try again");
    auto_buf after = up_values(&s);
    assert_bytes_equal(buf_bytes(&after), buf_bytes(&before));
}

static void a_full_disk_changes_nothing_and_the_update_can_be_repeated(void **state)
{
    auto_scene s;

    (void)state;
    up_begin(&s, "");
    world_fail(&s.world, 1, false, ENOSPC);
    up_refuse(&s, UPDATE, DAVE, RAISE("p", "5"), FAIL_UNAVAILABLE, "");
    world_heal(&s.world);
    up_ok(&s, UPDATE, DAVE, RAISE("p", "5"), 0);
    up_restart(&s);
    assert_record(&s, "p", "\"SecurityVersion\":5");
}

static void the_size_of_the_state_is_bounded(void **state)
{
    static const uint8_t block[16 << 20];
    auto_scene s;

    (void)state;
    up_begin(&s, ",\"Config\":{\"SealMode\":\"Disabled\"}");
    for (unsigned i = 0; i < 16; i++) {
        auto_string *name = mem_printf("taw:test%u", i);
        put_value(&s.machine, name, bytes_of(block, sizeof block));
    }
    auto_update_result result = { 0 };
    struct err err;
    assert_false(up_try(&s, UPDATE, DAVE, RAISE("p", "5"), &result, &err));
    assert_int_equal(err.kind, FAIL_TOO_LARGE);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(named_packages_are_raised_with_a_line_each),
    cmocka_unit_test(parts_for_other_tees_stay_as_they_are),
    cmocka_unit_test(an_update_that_is_none_changes_nothing),
    cmocka_unit_test(a_package_that_is_not_there_is_named),
    cmocka_unit_test(only_shared_certificates_are_issued_anew),
    cmocka_unit_test(a_renewed_certificate_says_the_same_and_ends_when_the_old_one_does),
    cmocka_unit_test(a_marble_gets_the_new_ca_and_keeps_its_own_keys),
    cmocka_unit_test(an_update_for_what_was_updated_meanwhile_is_refused),
    cmocka_unit_test(a_full_disk_changes_nothing_and_the_update_can_be_repeated),
    cmocka_unit_test(the_size_of_the_state_is_bounded),
};

TEST_MAIN(tests)
