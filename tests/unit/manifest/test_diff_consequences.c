/* SPDX-License-Identifier: Apache-2.0 */
#include "diff_table.h"

/* The kind, whether it is refused, how many have to agree, and of whom. */
static void put_consequences(const struct manifest_diff *diff, struct buf *out)
{
    buf_add_format(out, "%s%s %zu of", update_kind_text(diff->kind),
                   diff->refused ? ", refused," : "", diff->acknowledgments);
    for (size_t i = 0; i < diff->holder_count; i++)
        buf_add_format(out, " %.*s", BYTES_FMT(diff->holders[i]));
    buf_add_u8(out, '\n');
    for (size_t i = 0; i < diff->consequence_count; i++)
        buf_add_format(out, "* %.*s\n", BYTES_FMT(diff->consequences[i]));
}

#define INTERMEDIATE                                                                               \
    "* a new intermediate CA is made; certificates of running Marbles stay good among them, but "  \
    "do not verify against the new one\n"
#define STAY "* the recovery secrets stay good\n"
#define NEW_ONES                                                                                   \
    "* the old recovery secrets become useless: new ones, encrypted to the holders, go to "        \
    "whoever completes the update\n"
#define NOBODY "* refused: nobody may update the manifest in force\n"
#define AT_ONCE                                                                                    \
    "* this is an update of packages: it is in force at once, and nobody has to acknowledge it\n"
#define MADE_ANEW                                                                                  \
    "* a new intermediate CA is made, and shared certificates are issued anew by it with the end " \
    "they had; keys, user-defined secrets and the recovery secrets stay\n"                         \
    "* the manifest's fingerprint stays; the new versions stand in the update log\n"

static void check_consequences(const char *frame, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(frame, &rows[i], put_consequences);
}

static void diff_says_who_may_raise_packages_and_what_stays(void **state)
{
    static const struct row rows[] = {
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4}}}",
          "packages 1 of a b\n" AT_ONCE "* it takes one of {a, b}, who may update the security "
          "version of every package named\n" MADE_ANEW },
        { "@INFORCE",
          "{'Packages':{'app':{'SecurityVersion':4},'app2':{'SecurityVersion':1}},'Config':{}}",
          "packages 1 of b\n" AT_ONCE "* it takes one of {b}, who may update the security version "
          "of every package named\n" MADE_ANEW "* Config of an update of packages is ignored\n" },
        { "@INFORCE", "{'Packages':{'x':{'SecurityVersion':4}}}",
          "packages, refused, 0 of\n" AT_ONCE
          "* refused: nobody may update the security version of every package named\n" MADE_ANEW },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':2}}}",
          "packages, refused, 1 of a b\n" AT_ONCE
          "* it takes one of {a, b}, who may update the security version of every package "
          "named\n" MADE_ANEW },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':3}}}", "none 0 of\n" },
        { "@INFORCE", "{'Packages':{}}",
          "none, refused, 0 of\n* refused: an update of packages has to name one\n" },
    };

    (void)state;
    check_consequences("%s", rows, COUNT_OF(rows));
}

static void diff_says_who_has_to_agree(void **state)
{
    static const char FRAME[] =
        "{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'Roles':{'g':{'ResourceType':"
        "'Manifest','Actions':['UpdateManifest']}},'Users':{'a':{'Roles':['g']},'b':{},'c':{'Roles'"
        ":['g']}}%s}";
    static const struct row rows[] = {
        { "", ",'TLS':{'t':{}}",
          "full 2 of a c\n" INTERMEDIATE STAY
          "* it needs 2 of {a, c}, the one who submits it included; the users of the manifest in "
          "force count\n" },
        { ",'Config':{'UpdateThreshold':1}", "",
          "full 1 of a c\n" INTERMEDIATE STAY
          "* it needs 1 of {a, c}, the one who submits it included; the users of the manifest in "
          "force count\n" },
        { "", "", "none 0 of\n" },
    };

    (void)state;
    check_consequences(FRAME, rows, COUNT_OF(rows));
}

static void diff_says_when_the_state_gets_new_keys(void **state)
{
    static const struct row rows[] = {
        { "@TWO,'Config':{'RecoveryThreshold':0}", "@TWO,'Config':{'RecoveryThreshold':2}", STAY },
        { "@TWO,'Config':{'RecoveryThreshold':2}", "@TWO", STAY },
        { "@TWO,'Config':{'RecoveryThreshold':1}",
          "@TWO,'Config':{'RecoveryThreshold':1},'TLS':{'t':{}}", STAY },
        { "@TWO,'Config':{'RecoveryThreshold':1}", "@TWO", NEW_ONES },
        { "@TWO", "@TWO,'Config':{'RecoveryThreshold':1}", NEW_ONES },
        { "@TWO,'Config':{'RecoveryThreshold':2}", "@TWO,'Config':{'RecoveryThreshold':1}",
          NEW_ONES },
        { "@TWO,'Config':{'RecoveryThreshold':1}", "@TWO,'Config':{'RecoveryThreshold':2}",
          NEW_ONES },
        { "@TWO", "{'a':'1','b':'3'}", NEW_ONES },
        { "@TWO", "{'a':'3','b':'2'}", NEW_ONES },
        { "@TWO", "{'a':'1','c':'2'}", NEW_ONES },
        { "@TWO", "{'a':'1'}", NEW_ONES },
        { "{'a':'1'}", "@TWO", NEW_ONES },
        { "@TWO", "{}",
          "* the old recovery secrets become useless and there are no new ones: nobody can bring "
          "the state back\n" },
        { "@TWO,'Config':{'SealMode':'Disabled'}", "@TWO", NEW_ONES },
        { "@TWO", "@TWO,'Config':{'SealMode':'Disabled'}", STAY },
        { "@TWO,'Config':{'SealMode':'Disabled'}",
          "@TWO,'Config':{'SealMode':'Disabled'},'TLS':{'t':{}}", STAY },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_string *want =
            mem_printf("full, refused, 0 of\n" INTERMEDIATE "%s" NOBODY, rows[i].want);
        const struct row row = { rows[i].old, rows[i].new, want };
        check_row("{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'RecoveryKeys':%s}", &row,
                  put_consequences);
    }
}

static void diff_says_what_becomes_of_secrets_whose_definition_stays(void **state)
{
    static const struct row rows[] = {
        { "@SECRETS,'gone':{@KEY},'new':{@CERT}}", "@SECRETS,'new':{@KEY}}",
          "full, refused, 0 of\n"
          "* certificates issued anew, with new keys: c1, c2\n"
          "* symmetric keys kept: k1, k2\n"
          "* uploaded values kept: u1, u2\n" INTERMEDIATE STAY NOBODY },
        { "@SECRETS}", "@SECRETS},'Config':{'RotateRootSecret':true}",
          "full, refused, 0 of\n"
          "* certificates issued anew, with new keys: c1, c2\n"
          "* symmetric keys regenerated, because RotateRootSecret is set (the old ones become the "
          "previous ones): k1, k2\n"
          "* uploaded values kept: u1, u2\n"
          "* the root secret is replaced: all secrets that Marbles derive from it "
          "change\n" INTERMEDIATE STAY NOBODY },
    };

    (void)state;
    check_consequences("{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'Secrets':%s}", rows,
                       COUNT_OF(rows));
}

static void diff_has_room_for_any_number_of_changes(void **state)
{
    auto_buf marbles = { 0 };
    auto_manifest *none = parse("{'Packages':{'p':{}},'Marbles':{%s}}", "");

    (void)state;
    for (unsigned i = 0; i < 100; i++)
        buf_add_format(&marbles, "%s'm%02u':{'Package':'p'}", i > 0 ? "," : "", i);
    auto_string *text = bytes_to_string(buf_bytes(&marbles));
    auto_manifest *many = parse("{'Packages':{'p':{}},'Marbles':{%s}}", text);
    auto_manifest_diff diff = { 0 };
    manifest_diff(none, many, &diff);
    assert_int_equal(diff.count, 100);
    for (unsigned i = 0; i < 100; i++) {
        auto_string *name = mem_printf("m%02u", i);
        assert_true(bytes_equal_string(diff.at[i].name, name));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(diff_says_who_may_raise_packages_and_what_stays),
    cmocka_unit_test(diff_says_who_has_to_agree),
    cmocka_unit_test(diff_says_when_the_state_gets_new_keys),
    cmocka_unit_test(diff_says_what_becomes_of_secrets_whose_definition_stays),
    cmocka_unit_test(diff_has_room_for_any_number_of_changes),
};

TEST_MAIN(tests)
