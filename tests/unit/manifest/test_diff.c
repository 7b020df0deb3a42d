/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include "manifest/diff.h"

#define BASE "\"Packages\":{\"app\":{\"SignerID\":\"aa\",\"ProductID\":1,\"SecurityVersion\":3}}"
#define MARBLES ",\"Marbles\":{\"m\":{\"Package\":\"app\"}}"
#define ROLES                                                                                      \
    ",\"Secrets\":{\"u\":{\"Type\":\"plain\",\"UserDefined\":true}},\"Roles\":{\"r\":{"            \
    "\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]},\"w\":{\"ResourceType\":"     \
    "\"Secrets\",\"ResourceNames\":[\"u\"],\"Actions\":[\"WriteSecret\"]}}"
#define WITH(more) "{" BASE MARBLES more "}"

/* "kind", changes as "section name kind: what (consequence)", then consequences as "* ...". */
static char *diff_of(const char *old_text, const char *new_text)
{
    struct err err = { 0 };
    auto_manifest *old = test_parse(old_text, &err);
    auto_manifest *new = test_parse(new_text, &err);
    auto_manifest_diff diff = { 0 };
    struct buf out = { 0 };

    assert_ok(old != NULL && new != NULL, &err);
    manifest_diff(old, new, &diff);
    buf_add_format(&out, "%s\n", update_kind_text(diff.kind));
    for (size_t i = 0; i < diff.count; i++)
        buf_add_format(&out, "%s %.*s %s: %.*s (%.*s)\n", diff.at[i].section,
                       BYTES_FMT(diff.at[i].name), change_kind_text(diff.at[i].kind),
                       BYTES_FMT(diff.at[i].what), BYTES_FMT(diff.at[i].consequence));
    for (size_t i = 0; i < diff.consequence_count; i++)
        buf_add_format(&out, "* %.*s\n", BYTES_FMT(diff.consequences[i]));
    buf_add_u8(&out, 0);
    return (char *)out.at;
}

static void check(const char *old, const char *new, const char *want, bool wanted)
{
    auto_string *is = diff_of(old, new);

    if ((strstr(is, want) != NULL) != wanted)
        fail_msg("%s -> %s: %s \"%s\" in:\n%s", old, new, wanted ? "no" : "unwanted", want, is);
}

static void diff_of_the_same_meaning_is_nothing(void **state)
{
    auto_string *is = diff_of(WITH(ROLES ",\"Config\":{\"SealMode\":\"\"}"),
                              " " WITH(",\"Config\":{\"SealMode\":\"ProductKey\"}" ROLES));

    (void)state;
    assert_string_equal(is, "none\n");
}

static void diff_tells_an_update_of_packages(void **state)
{
    const char *const old = WITH("");

    (void)state;
    check(old, "{\"Packages\":{\"app\":{\"SecurityVersion\":5}}}",
          "packages\nPackages app changed: SecurityVersion 3 -> 5 (Marbles are held to it", true);
    check(old, "{\"Packages\":{\"app\":{\"SecurityVersion\":3}}}", "none\n", true);
    check(old, "{\"Packages\":{\"app\":{\"SecurityVersion\":2}}}", "(refused: a security version",
          true);
    check(old, "{\"Packages\":{\"x\":{\"SecurityVersion\":5}}}",
          "x added:  (refused: an update of packages names only", true);
    check(old, "{\"Packages\":{\"app\":{\"SecurityVersion\":5,\"Debug\":true}}}",
          "(refused: only SecurityVersion may be given)", true);
    check(old, "{\"Packages\":{\"app\":{}}}", "(refused: SecurityVersion has to be given)", true);
    check(old, "{\"Packages\":{\"app\":{\"SecurityVersion\":5}},\"Config\":{}}",
          "* Config of an update of packages is ignored", true);
}

static void diff_names_downgrades_debug_and_removals(void **state)
{
    (void)state;
    check(WITH(""),
          "{\"Packages\":{\"app\":{\"SignerID\":\"aa\",\"ProductID\":1,\"SecurityVersion\":1}"
          "}" MARBLES "}",
          "full\nPackages app changed: SecurityVersion 3 -> 1 (a downgrade", true);
    check(WITH(""), "{\"Packages\":{\"app\":{\"Debug\":true}}" MARBLES "}",
          "Debug no -> yes, SignerID aa -> none, ProductID 1 -> none", true);
    check(WITH(""), "{" BASE ",\"Marbles\":{\"n\":{\"Package\":\"app\"}}}",
          "Marbles m removed:  (it is not activated any more", true);
    check(WITH(""), "{" BASE ",\"Marbles\":{\"n\":{\"Package\":\"app\"}}}", "Marbles n added",
          true);
}

static void diff_shows_parameters_without_their_values(void **state)
{
    const char *const old = "{" BASE ",\"Marbles\":{\"m\":{\"Package\":\"app\",\"Parameters\":{"
                            "\"Env\":{\"A\":\"hidden\",\"B\":\"b\",\"C\":\"c\"}}}}}";
    const char *const new = "{" BASE ",\"Marbles\":{\"m\":{\"Package\":\"app\",\"Parameters\":{"
                            "\"Env\":{\"A\":\"covert\",\"C\":\"c\",\"D\":\"d\"}}}}}";

    (void)state;
    check(old, new, "Marbles m changed: Env A changed, Env B removed, Env D added (", true);
    check(old, new, "hidden", false);
    check(old, new, "covert", false);
}

#define KEY(size) "\"k\":{\"Type\":\"symmetric-key\",\"Size\":" size ",\"Shared\":true}"
#define CERT(cert) "\"c\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Cert\":" cert "}"
#define USER(size) "\"u\":{\"Type\":\"plain\",\"UserDefined\":true,\"Size\":" size "}"
#define SECRETS(list) ",\"Secrets\":{" list "}"
#define ROTATE ",\"Config\":{\"RotateRootSecret\":true}"

static void diff_tells_what_happens_to_each_secret(void **state)
{
    const char *const old =
        WITH(SECRETS(KEY("128") "," CERT("{\"IsCA\":true,\"KeyUsage\":1}") "," USER("0")));

    (void)state;
    check(old, WITH(SECRETS(KEY("256") "," CERT("{\"KeyUsage\":1,\"IsCA\":true}") "," USER("0"))),
          "Secrets k changed: Size 128 -> 256 (the old value", true);
    check(old, WITH(SECRETS(KEY("256") "," CERT("{\"KeyUsage\":1,\"IsCA\":true}") "," USER("0"))),
          "* certificates issued anew, with new keys: c\n* uploaded values kept: u\n", true);
    check(old, WITH(SECRETS(KEY("256") "," CERT("{\"KeyUsage\":1,\"IsCA\":true}") "," USER("0"))),
          "Secrets c", false);
    check(old, WITH(SECRETS(KEY("128") "," CERT("{\"IsCA\":false}") "," USER("8"))),
          "Secrets c changed: Cert changed (it is issued anew", true);
    check(old, WITH(SECRETS(KEY("128") "," CERT("{\"IsCA\":false}") "," USER("8"))),
          "Secrets u changed: Size 0 -> 8 (the value that was uploaded is lost", true);
    check(old, WITH(SECRETS(KEY("128"))), "* symmetric keys kept: k\n", true);
    check(old, WITH(SECRETS(KEY("128")) ROTATE), "* symmetric keys regenerated", true);
    check(old, WITH(SECRETS(KEY("128"))), "Secrets u removed", true);
}

#define TWO                                                                                        \
    ",\"Users\":{\"alice\":{\"Certificate\":\"1\",\"Roles\":[\"r\"]},"                             \
    "\"bob\":{\"Certificate\":\"2\",\"Roles\":[\"r\",\"w\"]}}"

static void diff_tells_who_gains_and_loses_which_right(void **state)
{
    const char *const new = WITH(ROLES ",\"Users\":{\"bob\":{\"Certificate\":\"3\",\"Roles\":["
                                       "\"r\"]},\"carol\":{\"Roles\":[\"w\"]}}");

    (void)state;
    check(WITH(ROLES TWO), new, "Users alice removed:  (loses the right to update the manifest)",
          true);
    check(WITH(ROLES TWO), new,
          "Users bob changed: Certificate changed, Roles changed, rights changed (loses the right "
          "to write secret u, the old certificate",
          true);
    check(WITH(ROLES TWO), new, "Users carol added:  (gains the right to write secret u)", true);
}

static void diff_tells_who_has_to_agree_by_the_manifest_in_force(void **state)
{
    const char *const new = WITH(ROLES ",\"Config\":{\"UpdateThreshold\":7}");

    (void)state;
    check(WITH(ROLES TWO), new, "* it needs 2 of {alice, bob}", true);
    check(WITH(ROLES TWO ",\"Config\":{\"UpdateThreshold\":1}"), new,
          "* it needs 1 of {alice, bob}", true);
    check(WITH(ROLES), WITH(ROLES TWO), "* refused: nobody may update", true);
}

#define KEYS(a, b, more) ",\"RecoveryKeys\":{\"a\":\"" a "\",\"b\":\"" b "\"}" more
#define THRESHOLD(n) ",\"Config\":{\"RecoveryThreshold\":" n "}"
#define OTHER ",\"Infrastructures\":{\"x\":{}}"

static void diff_tells_when_recovery_secrets_are_made_anew(void **state)
{
    const char *const old = WITH(KEYS("1", "2", ""));

    (void)state;
    check(old, WITH(KEYS("1", "2", OTHER)), "* the recovery secrets stay good", true);
    check(old, WITH(KEYS("1", "2", THRESHOLD("2"))), "* the recovery secrets stay good", true);
    check(WITH(KEYS("1", "2", THRESHOLD("2"))), WITH(KEYS("1", "2", "")), "stay good", true);
    check(WITH(KEYS("1", "2", THRESHOLD("1"))), WITH(KEYS("1", "2", "")),
          "* the old recovery secrets become useless: new ones", true);
    check(old, WITH(KEYS("1", "3", "")), "RecoveryKeys b changed: the key changed", true);
    check(old, WITH(KEYS("1", "3", "")), "* the old recovery secrets become useless: new ones",
          true);
    check(old, WITH(",\"RecoveryKeys\":{\"a\":\"1\"}"), "become useless: new ones", true);
    check(old, WITH(""), "* the old recovery secrets become useless and there are no new ones",
          true);
    check(old, WITH(KEYS("1", "2", ",\"Config\":{\"SealMode\":\"Disabled\"}")),
          "SealMode ProductKey -> Disabled (in force at the Coordinator's next restart", true);
}

#define TAG(incoming)                                                                              \
    ",\"TLS\":{\"web\":{\"Outgoing\":[{\"Port\":\"1\",\"Addr\":\"a\"}],\"Incoming\":[" incoming    \
    "]}}"
#define PORT(n) "{\"Port\":\"" n "\"}"
#define PLATFORM(n) ",\"Infrastructures\":{\"cloud\":{\"PCESVN\":" n "}}"

static void diff_names_tags_and_platforms_that_come_go_and_change(void **state)
{
    static const struct {
        const char *old, *new, *want;
    } rows[] = {
        { "", TAG(PORT("2")), "TLS web added:  (" },
        { TAG(PORT("2")), "", "TLS web removed:  (" },
        { TAG(PORT("2")), TAG(PORT("3")), "TLS web changed: Incoming changed (" },
        { TAG(PORT("2")), TAG(PORT("2") "," PORT("3")), "TLS web changed: Incoming changed (" },
        { "", PLATFORM("1"), "Infrastructures cloud added:  (" },
        { PLATFORM("1"), "", "Infrastructures cloud removed:  (" },
        { PLATFORM("1"), PLATFORM("2"), "Infrastructures cloud changed: values changed (" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_string *old = mem_printf("{" BASE MARBLES "%s}", rows[i].old);
        auto_string *new = mem_printf("{" BASE MARBLES "%s}", rows[i].new);
        check(old, new, rows[i].want, true);
    }
    check(WITH(TAG(PORT("2"))), WITH(TAG(PORT("2"))), "none", true);
    check(WITH(PLATFORM("1")), WITH(PLATFORM("1")), "none", true);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(diff_of_the_same_meaning_is_nothing),
    cmocka_unit_test(diff_tells_an_update_of_packages),
    cmocka_unit_test(diff_names_downgrades_debug_and_removals),
    cmocka_unit_test(diff_shows_parameters_without_their_values),
    cmocka_unit_test(diff_tells_what_happens_to_each_secret),
    cmocka_unit_test(diff_tells_who_gains_and_loses_which_right),
    cmocka_unit_test(diff_tells_who_has_to_agree_by_the_manifest_in_force),
    cmocka_unit_test(diff_tells_when_recovery_secrets_are_made_anew),
    cmocka_unit_test(diff_names_tags_and_platforms_that_come_go_and_change),
};

TEST_MAIN(tests)
