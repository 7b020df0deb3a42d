/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#include "manifest/lint.h"

/*
 * Every warning, word for word, with its place and what to do about it; and where findings stand. In the texts ' is a quotation mark.
 */
#define APP "'Packages':{'app':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'app'}}"
#define KEYS "'RecoveryKeys':{'a':'@strong','b':'@strong'}"
#define WITH(members) "{" APP "," KEYS "," members "}"
#define ROLE "'Roles':{'g':{'ResourceType':'Manifest','Actions':['UpdateManifest']}}"
#define USER(name, pem) "'" name "':{'Certificate':'" pem "','Roles':['g']}"
#define OTHER(name, pem) "'" name "':{'Certificate':'" pem "'}"
#define NOW INT64_C(1795500000)

static struct manifest *parse(const char *text)
{
    auto_string *quoted = mem_string(text);
    struct err err = { 0 };

    for (char *c = quoted; *c != '\0'; c++)
        *c = *c == '\'' ? '"' : *c;
    struct manifest *const m = test_parse(quoted, &err);
    assert_ok(m != NULL, &err);
    return m;
}

/* "E path rule: text (hint)" for each finding, in a line. */
static char *findings_of(const char *text, int64_t now)
{
    auto_manifest *m = parse(text);
    auto_findings all = { 0 };
    struct buf out = { 0 };

    manifest_lint(m, NULL, now, &all);
    for (size_t i = 0; i < all.count; i++) {
        buf_add_string(&out, all.at[i].severity == FINDING_ERROR ? "E " : "W ");
        json_path(all.at[i].place, &out);
        buf_add_format(&out, " %s: ", all.at[i].rule);
        buf_add(&out, all.at[i].text);
        buf_add_format(&out, " (%s)\n", all.at[i].hint);
    }
    buf_add_u8(&out, 0);
    return (char *)out.at;
}

struct row {
    const char *text, *want;
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_string *is = findings_of(rows[i].text, NOW);
        assert_string_equal(is, rows[i].want);
    }
}

#define IGNORED " (the Coordinator ignores it: correct or remove it)\n"
#define FOLDED " (write it as it is documented: other readers may not take it)\n"
#define TWICE                                                                                      \
    " is there more than once (keep one of them: the later one counts, objects are put "           \
    "together)\n"

static void lint_warns_of_every_key_that_is_ignored_folded_or_doubled(void **state)
{
    static const struct row rows[] = {
        { WITH("'x':1"), "W x key-unknown: unknown key \"x\"" IGNORED },
        { WITH("'$schema':1"), "" },
        { WITH("'a\\nb':1"), "W \"a\\nb\" key-unknown: unknown key \"a?b\"" IGNORED },
        { WITH("'Config':{'$schema':1}"),
          "W Config.\"$schema\" key-unknown: unknown key \"$schema\"" IGNORED },
        { WITH("'secrets':{},'TLS':{'t':{'incoming':[]}}"),
          "W secrets key-case: the key \"secrets\" is taken for Secrets" FOLDED
          "W TLS.t.incoming key-case: the key \"incoming\" is taken for Incoming" FOLDED },
        { WITH("'Config':{},'Config':{},'Config':{}"),
          "W Config key-twice: the key \"Config\"" TWICE
          "W Config key-twice: the key \"Config\"" TWICE },
        { "{'z':1," APP "," KEYS ",'z':2}",
          "W z key-unknown: unknown key \"z\"" IGNORED "W z key-twice: the key \"z\"" TWICE
          "W z key-unknown: unknown key \"z\"" IGNORED },
        { WITH("'Marbles':{'m':{'Package':'app','Parameters':{'Env':{'A':'1','B':'2','A':'3'}}}}"),
          "W Marbles key-twice: the key \"Marbles\"" TWICE
          "W Marbles.m.Parameters.Env.A key-twice: the key \"A\"" TWICE },
        { WITH("'x':[1,{'y':[{'z':1},{'z':1,'z':2}]},{'z':1}],'w':{'v':1,'v':1}"),
          "W x key-unknown: unknown key \"x\"" IGNORED
          "W x[1].y[1].z key-twice: the key \"z\"" TWICE
          "W w key-unknown: unknown key \"w\"" IGNORED "W w.v key-twice: the key \"v\"" TWICE },
    };

    (void)state;
    check(rows, COUNT_OF(rows));
}

#define LOST " (add RecoveryKeys, or accept that the state is lost with the sealing key)\n"
#define LONGER " (make a key of 3072 or 4096 bits)\n"
#define ALONE                                                                                      \
    " alone can bring the state back, and nobody else can (add more RecoveryKeys and a "           \
    "RecoveryThreshold)\n"

static void lint_warns_of_recovery_keys_that_are_missing_single_or_weak(void **state)
{
    static const struct row rows[] = {
        { "{" APP "," KEYS "}", "" },
        { "{" APP "}", "W  recovery-keys-missing: there are no recovery keys: nobody can bring the "
                       "state back" LOST },
        { "{" APP ",'RecoveryKeys':{}}", "W  recovery-keys-missing: there are no recovery keys: "
                                         "nobody can bring the state back" LOST },
        { "{" APP ",'RecoveryKeys':{'a':'@strong'}}",
          "W RecoveryKeys.a recovery-key-single: a" ALONE },
        { "{" APP ",'RecoveryKey':'@strong'}",
          "W RecoveryKey recovery-key-single: RecoveryKey" ALONE },
        { "{" APP ",'RecoveryKeys':{'a':'@strong','b':'@ops'}}",
          "W RecoveryKeys.b recovery-key-weak: recovery key b has 2048 bits" LONGER },
        { "{" APP ",'RecoveryKeys':{'a':'@security','b':'@ops'}}",
          "W RecoveryKeys.a recovery-key-weak: recovery key a has 2048 bits" LONGER
          "W RecoveryKeys.b recovery-key-weak: recovery key b has 2048 bits" LONGER },
    };

    (void)state;
    check(rows, COUNT_OF(rows));
}

#define PRODUCTION " (remove Debug for production: whoever runs the host can read the secrets)\n"
#define ONE_HOLDER " alone may update the manifest (give UpdateManifest to several users)\n"

static void lint_warns_of_what_opens_a_deployment(void **state)
{
    static const struct row rows[] = {
        { "{'Packages':{'a':{'Debug':true},'b':{'UniqueID':'00'},'c':{'Debug':true}},'Marbles':{'m'"
          ":{'Package':'a'}}," KEYS "}",
          "W Packages.a.Debug package-debug: package a takes debug enclaves" PRODUCTION
          "W Packages.c.Debug package-debug: package c takes debug enclaves" PRODUCTION },
        { WITH("'Marbles':{'k':{'Package':'app','MaxActivations':1},'l':{'Package':'app','"
               "MaxActivations':0}}"),
          "W Marbles key-twice: the key \"Marbles\"" TWICE
          "W Marbles.l.MaxActivations activations-unlimited: Marble l may be activated any number "
          "of times (0 is no limit: leave it "
          "out, or set one)\n" },
        { WITH(ROLE ",'Users':{" OTHER("x", "@alice") "}"), "" },
        { WITH(ROLE ",'Users':{" USER("x", "@alice") "}"),
          "W Users.x update-single: x" ONE_HOLDER },
        { WITH(ROLE ",'Users':{" OTHER("x", "@alice") "," USER("y", "@bob") "," OTHER(
              "z", "@carol") "}"),
          "W Users.y update-single: y" ONE_HOLDER },
        { WITH(ROLE ",'Users':{" USER("x", "@alice") "," USER("y", "@bob") "}"), "" },
        { WITH(ROLE ",'Users':{" USER("x", "@alice") "," USER("y", "@bob") "," USER(
              "z", "@carol") "},'Config':{'UpdateThreshold':1}"),
          "W Config.UpdateThreshold update-single: each of 3 users may update the manifest alone "
          "(set an UpdateThreshold of 2 or "
          "more, or none: then all have to agree)\n" },
        { WITH(ROLE ",'Users':{" USER("x", "@alice") "," USER(
              "y", "@bob") "},'Config':{'UpdateThreshold':2}"),
          "" },
        { WITH(ROLE ",'Users':{" USER("x", "@alice") "},'Config':{'UpdateThreshold':1}"),
          "W Users.x update-single: x" ONE_HOLDER },
    };

    (void)state;
    check(rows, COUNT_OF(rows));
}

static void lint_says_how_long_a_certificate_is_good(void **state)
{
    static const char TEXT_OF[] = WITH("'Users':{" OTHER("x", "@alice") "}");
    static const char PLACE[] = "W Users.x.Certificate ";
    static const char RENEW[] = " (give the user a new certificate)\n";
    auto_manifest *m = parse(TEXT_OF);
    struct err err = { 0 };
    auto_cert *cert = manifest_user_certificate(&m->users[0], &err);
    assert_ok(cert != NULL, &err);
    const int64_t begin = cert_not_before(cert), end = cert_not_after(cert);
    static const int64_t day = INT64_C(24) * 60 * 60;
    const struct {
        int64_t now;
        const char *rule, *what, *hint;
    } rows[] = {
        { end + 1, "user-certificate-expired", " has expired", RENEW },
        { end, "user-certificate-expires", " expires in 0 days", RENEW },
        { end - day + 1, "user-certificate-expires", " expires in 0 days", RENEW },
        { end - day, "user-certificate-expires", " expires in 1 days", RENEW },
        { end - 30 * day + 1, "user-certificate-expires", " expires in 29 days", RENEW },
        { end - 30 * day, NULL, NULL, NULL },
        { begin, NULL, NULL, NULL },
        { begin - 1, "user-certificate-early", " is not valid yet",
          " (see whether the clock or the certificate is wrong)\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_string *is = findings_of(TEXT_OF, rows[i].now);
        auto_string *want = rows[i].rule == NULL
                                ? mem_string("")
                                : mem_printf("%s%s: the certificate of user x%s%s", PLACE,
                                             rows[i].rule, rows[i].what, rows[i].hint);
        assert_string_equal(is, want);
    }
}

static void lint_finds_the_place_in_any_line(void **state)
{
    static const struct row rows[] = {
        { "\n{\n'Packages':{'app':{'UniqueID':'00'}},\n\n'Marbles':{\n'm':{'Package':\n'x'}}," KEYS
          "}",
          "E Marbles.m.Package package-unknown: manifest does not contain marble package x (name "
          "an entry of Packages; names are "
          "case-sensitive)\n" },
        { "{'Packages':{'app':{'UniqueID':'00'}},'Marbles':{'line 1:1':{'Package':'line "
          "1:2'}}," KEYS "}",
          "E Marbles.\"line 1:1\".Package package-unknown: manifest does not contain marble "
          "package line 1:2 (name an entry of "
          "Packages; names are case-sensitive)\n" },
        { "null",
          "E  marbles-missing: no allowed marbles defined (add at least one entry to Marbles)\n"
          "E  packages-missing: no allowed packages defined (add at least one entry to Packages)\n"
          "W  recovery-keys-missing: there are no recovery keys: nobody can bring the state "
          "back" LOST },
        { "\n\n {}",
          "E  marbles-missing: no allowed marbles defined (add at least one entry to Marbles)\n"
          "E  packages-missing: no allowed packages defined (add at least one entry to Packages)\n"
          "W  recovery-keys-missing: there are no recovery keys: nobody can bring the state "
          "back" LOST },
        { "{'Packages':{'p':{'SignerID':'a'}},'Marbles':{'a':{'Package':'p'},'b':{'Package':'p'}}"
          "," KEYS "}",
          "E Packages.p package-incomplete: manifest misses value for ProductID in package p "
          "(give UniqueID alone, or SignerID, ProductID and SecurityVersion together)\n" },
        { "{'x':1,'Packages':{'app':{'UniqueID':'00'}},'Marbles':{'m':{'Package':'x'}}," KEYS "}",
          "W x key-unknown: unknown key \"x\"" IGNORED
          "E Marbles.m.Package package-unknown: manifest does not contain marble package x (name "
          "an entry of Packages; names are "
          "case-sensitive)\n" },
    };

    (void)state;
    check(rows, COUNT_OF(rows));
}

static void lint_has_room_for_any_number_of_findings(void **state)
{
    auto_buf marbles = { 0 }, want = { 0 };

    (void)state;
    for (unsigned i = 0; i < 100; i++) {
        buf_add_format(&marbles, "%s'm%02u':{'Package':'x'}", i > 0 ? "," : "", i);
        buf_add_format(&want,
                       "E Marbles.m%02u.Package package-unknown: manifest does not contain marble "
                       "package x (name an entry of "
                       "Packages; names are case-sensitive)\n",
                       i);
    }
    auto_string *text =
        mem_printf("{'Packages':{'app':{'UniqueID':'00'}},'Marbles':{%.*s}," KEYS "}",
                   (int)marbles.len, (const char *)marbles.at);
    auto_string *is = findings_of(text, NOW);
    auto_string *wanted = bytes_to_string(buf_bytes(&want));
    assert_string_equal(is, wanted);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(lint_warns_of_every_key_that_is_ignored_folded_or_doubled),
    cmocka_unit_test(lint_warns_of_recovery_keys_that_are_missing_single_or_weak),
    cmocka_unit_test(lint_warns_of_what_opens_a_deployment),
    cmocka_unit_test(lint_says_how_long_a_certificate_is_good),
    cmocka_unit_test(lint_finds_the_place_in_any_line),
    cmocka_unit_test(lint_has_room_for_any_number_of_findings),
};

TEST_MAIN(tests)
