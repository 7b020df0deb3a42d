/* SPDX-License-Identifier: Apache-2.0 */
#include "diff_table.h"

static void put_changes(const struct manifest_diff *diff, struct buf *out)
{
    for (size_t i = 0; i < diff->count; i++)
        buf_add_format(out, "%s %.*s %s: %.*s (%.*s)\n", diff->at[i].section,
                       BYTES_FMT(diff->at[i].name), change_kind_text(diff->at[i].kind),
                       BYTES_FMT(diff->at[i].what), BYTES_FMT(diff->at[i].consequence));
}

static void check_changes(const char *frame, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_row(frame, &rows[i], put_changes);
}

#define HELD " (Marbles are held to it from their next activation on; running ones keep running)"
#define DOWN " (a downgrade: older versions of the software are taken again)"
#define NEXT " (it counts from the next activation on; running ones keep what they have)"
#define ANEW " (the old value and the previous one are lost; it is made anew)"
#define ISSUED " (it is issued anew from the new Cert)"
#define TAGGED " (Marbles with this tag get it at their next activation)"
#define EVIDENCE " (evidence is held to it from the next activation on)"
#define RESTART " (in force at the Coordinator's next restart, because the recovery keys stay)"
#define ONLY " (refused: only SecurityVersion may be given)"

static void diff_names_every_member_of_a_package(void **state)
{
    static const struct row rows[] = {
        { "'Debug':false", "'Debug':true",
          "Packages app changed: Debug no -> yes (debug enclaves are taken: whoever runs the host "
          "can read their secrets)\n" },
        { "'Debug':true,'SecurityVersion':1", "'Debug':true,'SecurityVersion':2",
          "Packages app changed: SecurityVersion 1 -> 2" HELD "\n" },
        { "'Debug':true", "'UniqueID':'00'",
          "Packages app changed: Debug yes -> no, UniqueID none -> 00" HELD "\n" },
        { "'UniqueID':'00'", "'UniqueID':'01'",
          "Packages app changed: UniqueID 00 -> 01" HELD "\n" },
        { "'SignerID':'aa'", "'SignerID':'ab'",
          "Packages app changed: SignerID aa -> ab" HELD "\n" },
        { "'ProductID':1", "'ProductID':2", "Packages app changed: ProductID 1 -> 2" HELD "\n" },
        { "'SecurityVersion':3", "'SecurityVersion':4",
          "Packages app changed: SecurityVersion 3 -> 4" HELD "\n" },
        { "'SecurityVersion':3", "'SecurityVersion':2",
          "Packages app changed: SecurityVersion 3 -> 2" DOWN "\n" },
        { "'SecurityVersion':0", "", "Packages app changed: SecurityVersion 0 -> none" DOWN "\n" },
        { "", "'SecurityVersion':0", "Packages app changed: SecurityVersion none -> 0" HELD "\n" },
        { "'SecurityVersion':3,'Debug':true", "'SecurityVersion':2,'Debug':true",
          "Packages app changed: SecurityVersion 3 -> 2" DOWN "\n" },
        { "'AcceptedTCBStatuses':['UpToDate','a']", "'AcceptedTCBStatuses':['UpToDate','b']",
          "Packages app changed: AcceptedTCBStatuses changed" HELD "\n" },
        { "'AcceptedTCBStatuses':['a']", "'AcceptedTCBStatuses':['a','b']",
          "Packages app changed: AcceptedTCBStatuses changed" HELD "\n" },
        { "'AcceptedAdvisories':['x']", "'AcceptedAdvisories':[]",
          "Packages app changed: AcceptedAdvisories changed" HELD "\n" },
        { "'TDX':{'MRTD':'@HEX48'}", "'TDX':{'MRTD':'ff@HEX46'}",
          "Packages app changed: TDX changed" HELD "\n" },
        { "", "'TDX':{'MRTD':'@HEX48'}", "Packages app changed: TDX changed" HELD "\n" },
        { "'SNP':{'Measurement':'@HEX48'}", "'SNP':{'Measurement':'ff@HEX46'}",
          "Packages app changed: SNP changed" HELD "\n" },
        { "'SNP':{'Measurement':'@HEX48'}", "", "Packages app changed: SNP changed" HELD "\n" },
        { "},'a':{},'c':{'Debug':true", "},'b':{},'c':{'Debug':false",
          "Packages a removed:  (Marbles of this package are not activated any more; running ones "
          "keep running)\n"
          "Packages b added:  ()\n"
          "Packages c changed: Debug yes -> no" HELD "\n" },
        { "'Debug':true,'UniqueID':'aa','SignerID':'aa','ProductID':1,'SecurityVersion':1,'"
          "AcceptedTCBStatuses':['a'],"
          "'AcceptedAdvisories':['a'],'TDX':{'MRTD':'@HEX48'},'SNP':{'Measurement':'@HEX48'}",
          "",
          "Packages app changed: Debug yes -> no, UniqueID aa -> none, SignerID aa -> none, "
          "ProductID 1 -> none, "
          "SecurityVersion 1 -> none, AcceptedTCBStatuses changed, AcceptedAdvisories changed, TDX "
          "changed, SNP changed" DOWN "\n" },
    };

    (void)state;
    check_changes("{'Packages':{'app':{%s}},'Marbles':{'m':{'Package':'app'}}}", rows,
                  COUNT_OF(rows));
}

static void diff_names_what_an_update_of_packages_may_and_may_not_do(void **state)
{
    static const struct row rows[] = {
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4}}}",
          "Packages app changed: SecurityVersion 3 -> 4" HELD "\n" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4},'app2':{'SecurityVersion':0}}}",
          "Packages app changed: SecurityVersion 3 -> 4" HELD "\n"
          "Packages app2 changed: SecurityVersion none -> 0" HELD "\n" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':3}}}", "" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':2}}}",
          "Packages app changed: SecurityVersion 3 -> 2 (refused: a security version is never "
          "lowered by an update of packages)\n" },
        { "@INFORCE", "{'Packages':{'x':{'SecurityVersion':2}}}",
          "Packages x added:  (refused: an update of packages names only packages that are "
          "there)\n" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4,'Debug':true}}}",
          "Packages app changed: SecurityVersion 3 -> 4, what an update of packages cannot change "
          "changed" ONLY "\n" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4,'UniqueID':'0'}}}",
          "Packages app changed: SecurityVersion 3 -> 4, what an update of packages cannot change "
          "changed" ONLY "\n" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4,'SignerID':'0'}}}",
          "Packages app changed: SecurityVersion 3 -> 4, what an update of packages cannot change "
          "changed" ONLY "\n" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4,'ProductID':0}}}",
          "Packages app changed: SecurityVersion 3 -> 4, what an update of packages cannot change "
          "changed" ONLY "\n" },
        { "@INFORCE", "{'Packages':{'app':{}}}",
          "Packages app changed: SecurityVersion 3 -> none (refused: SecurityVersion has to be "
          "given)\n" },
        { "@INFORCE", "{'Packages':{'app2':{}}}",
          "Packages app2 changed: nothing (refused: SecurityVersion has to be given)\n" },
        { "@INFORCE", "{'Packages':{}}", "" },
        { "@INFORCE", "{'Packages':{'app':{'SecurityVersion':4}},'Config':{'UpdateThreshold':9}}",
          "Packages app changed: SecurityVersion 3 -> 4" HELD "\n" },
        { "{'Packages':{'app':{'SecurityVersion':1}}}",
          "{'Packages':{'app':{'SecurityVersion':2}}}",
          "Packages app changed: SecurityVersion 1 -> 2" HELD "\n" },
    };

    (void)state;
    check_changes("%s", rows, COUNT_OF(rows));
}

static void diff_names_every_member_of_a_marble(void **state)
{
    static const struct row rows[] = {
        { "", ",'MaxActivations':2", "Marbles m changed: MaxActivations 0 -> 2" NEXT "\n" },
        { ",'MaxActivations':1", ",'MaxActivations':2",
          "Marbles m changed: MaxActivations 1 -> 2" NEXT "\n" },
        { ",'Parameters':{'Argv':['a','b']}", ",'Parameters':{'Argv':['a','c']}",
          "Marbles m changed: Argv changed" NEXT "\n" },
        { ",'Parameters':{'Files':{'/a':'1','/c':'1'}}",
          ",'Parameters':{'Files':{'/b':'1','/c':'2'}}",
          "Marbles m changed: Files /a removed, Files /b added, Files /c changed" NEXT "\n" },
        { ",'Parameters':{'Files':{'/a':'1'}}", ",'Parameters':{'Files':{'/a':'1','/b':'1'}}",
          "Marbles m changed: Files /b added" NEXT "\n" },
        { ",'Parameters':{'Env':{'A':'1','B':'1'}}", ",'Parameters':{'Env':{'A':'1'}}",
          "Marbles m changed: Env B removed" NEXT "\n" },
        { ",'Parameters':{'Env':{'A':{'Data':'1','NoTemplates':true}}}",
          ",'Parameters':{'Env':{'A':{'Data':'1'}}}",
          "Marbles m changed: Env A changed" NEXT "\n" },
        { ",'Parameters':{'Env':{'A':{'Data':'MQ==','Encoding':'base64'}}}",
          ",'Parameters':{'Env':{'A':'1'}}", "" },
        { ",'TLS':['x','y']", ",'TLS':['y','x']", "Marbles m changed: TLS changed" NEXT "\n" },
        { ",'DisableSecretBinding':false", ",'DisableSecretBinding':true",
          "Marbles m changed: DisableSecretBinding no -> yes" NEXT "\n" },
        { "",
          ",'MaxActivations':2,'Parameters':{'Argv':['a'],'Files':{'f':''},'Env':{'e':''}},'TLS':['"
          "t'],'DisableSecretBinding':true",
          "Marbles m changed: MaxActivations 0 -> 2, Argv changed, Files f added, Env e added, TLS "
          "changed, DisableSecretBinding no -> yes" NEXT "\n" },
    };

    (void)state;
    check_changes("{'Packages':{'app':{}},'Marbles':{'m':{'Package':'app'%s}}}", rows,
                  COUNT_OF(rows));
}

static void diff_names_marbles_that_come_and_go(void **state)
{
    static const struct row rows[] = {
        { "{'Packages':{'a':{},'b':{}},'Marbles':{'m':{'Package':'a'},'gone':{'Package':'a'}}}",
          "{'Packages':{'a':{},'b':{}},'Marbles':{'m':{'Package':'b'},'new':{'Package':'a'}}}",
          "Marbles gone removed:  (it is not activated any more; running ones keep running, and "
          "its counter of activations stays)\n"
          "Marbles m changed: Package a -> b" NEXT "\n"
          "Marbles new added:  ()\n" },
    };

    (void)state;
    check_changes("%s", rows, COUNT_OF(rows));
}

static void diff_names_every_member_of_a_secret(void **state)
{
    static const struct row rows[] = {
        { "", "'s':{@KEY,'Shared':true}", "Secrets s added:  (it is generated)\n" },
        { "", "'s':{@KEY}", "Secrets s added:  (it is made for each Marble)\n" },
        { "", "'s':{@UPLOAD}",
          "Secrets s added:  (a user has to upload its value, unless the manifest has one)\n" },
        { "'s':{@KEY}", "", "Secrets s removed:  (its value and the previous one are deleted)\n" },
        { "'s':{@KEY}", "'s':{'Type':'symmetric-key','Size':256}",
          "Secrets s changed: Size 128 -> 256" ANEW "\n" },
        { "'s':{@KEY}", "'s':{@KEY,'Shared':true}",
          "Secrets s changed: Shared no -> yes" ANEW "\n" },
        { "'s':{@KEY}", "'s':{@KEY,'UserDefined':true}",
          "Secrets s changed: UserDefined no -> yes (the old value and the previous one are lost: "
          "a user has to upload its value)\n" },
        { "'s':{@UPLOAD}", "'s':{'Type':'plain'}",
          "Secrets s changed: UserDefined yes -> no" ANEW "\n" },
        { "'s':{@KEY}", "'s':{@CERT}",
          "Secrets s changed: Type symmetric-key -> cert-ecdsa, Size 128 -> 256" ANEW "\n" },
        { "'s':{@UPLOAD}", "'s':{@KEY,'UserDefined':true}",
          "Secrets s changed: Type plain -> symmetric-key, Size 0 -> 128 (the value that was "
          "uploaded is lost: it has to be uploaded again)\n" },
        { "'s':{@CERT,'ValidFor':3}", "'s':{@CERT,'ValidFor':4}",
          "Secrets s changed: ValidFor 3 -> 4" ANEW "\n" },
        { "'s':{@CERT,'Cert':{'IsCA':true}}", "'s':{@CERT,'Cert':{'IsCA':false}}",
          "Secrets s changed: Cert changed" ISSUED "\n" },
        { "'s':{@CERT,'Cert':{'IsCA':true}}", "'s':{@CERT}",
          "Secrets s changed: Cert changed" ISSUED "\n" },
        { "'s':{@CERT,'UserDefined':true,'Cert':{'IsCA':true}}",
          "'s':{@CERT,'UserDefined':true,'Cert':{'IsCA':false}}",
          "Secrets s changed: Cert changed (the value that was uploaded stays)\n" },
        { "'s':{@CERT,'Cert':{'DNSNames':['a','b']}}", "'s':{@CERT,'Cert':{'DNSNames':['b','a']}}",
          "Secrets s changed: Cert changed" ISSUED "\n" },
        { "'s':{@CERT,'Cert':{'DNSNames':['a']}}", "'s':{@CERT,'Cert':{'DNSNames':['a','b']}}",
          "Secrets s changed: Cert changed" ISSUED "\n" },
        { "'s':{@CERT,'Cert':{'KeyUsage':1,'IsCA':true}}",
          "'s':{@CERT,'Cert':{'IsCA':true,'KeyUsage':1}}", "" },
        { "'s':{@CERT,'Cert':{'KeyUsage':2,'KeyUsage':1}}",
          "'s':{@CERT,'Cert':{'KeyUsage':1,'KeyUsage':1}}", "" },
        { "'s':{@CERT,'Cert':{'KeyUsage':1}}", "'s':{@CERT,'Cert':{'KeyUsage':1,'IsCA':false}}",
          "Secrets s changed: Cert changed" ISSUED "\n" },
        { "'s':{@KEY}", "'s':{@CERT,'Shared':true,'UserDefined':true,'ValidFor':2,'Cert':{}}",
          "Secrets s changed: Type symmetric-key -> cert-ecdsa, Size 128 -> 256, Shared no -> yes, "
          "UserDefined no -> yes, ValidFor 0 -> 2, "
          "Cert changed (the old value and the previous one are lost: a user has to upload its "
          "value)\n" },
    };

    (void)state;
    check_changes("{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'Secrets':{%s}}", rows,
                  COUNT_OF(rows));
}

static void diff_names_every_member_of_a_tag(void **state)
{
    static const struct row rows[] = {
        { "'t':{@TLS}",
          "'t':{'Outgoing':[{'Port':'9','Addr':'a'}],'Incoming':[{'Port':'2','Cert':'c'}]}",
          "TLS t changed: Outgoing changed" TAGGED "\n" },
        { "'t':{@TLS}",
          "'t':{'Outgoing':[{'Port':'1','Addr':'b'}],'Incoming':[{'Port':'2','Cert':'c'}]}",
          "TLS t changed: Outgoing changed" TAGGED "\n" },
        { "'t':{@TLS}",
          "'t':{'Outgoing':[{'Port':'1','Addr':'a'}],'Incoming':[{'Port':'2','Cert':'d'}]}",
          "TLS t changed: Incoming changed" TAGGED "\n" },
        { "'t':{@TLS}",
          "'t':{'Outgoing':[{'Port':'1','Addr':'a'}],'Incoming':[{'Port':'2','Cert':'c','"
          "DisableClientAuth':true}]}",
          "TLS t changed: Incoming changed" TAGGED "\n" },
        { "'t':{@TLS}",
          "'t':{'Outgoing':[{'Port':'1','Addr':'a'},{'Port':'3'}],'Incoming':[{'Port':'2','Cert':'"
          "c'}]}",
          "TLS t changed: Outgoing changed" TAGGED "\n" },
        { "'t':{@TLS}", "", "TLS t removed: " TAGGED "\n" },
        { "", "'t':{@TLS}", "TLS t added: " TAGGED "\n" },
        { "'t':{}", "'t':{@TLS}", "TLS t changed: Outgoing changed, Incoming changed" TAGGED "\n" },
    };

    (void)state;
    check_changes("{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'TLS':{%s}}", rows,
                  COUNT_OF(rows));
}

static void diff_names_any_value_of_an_infrastructure(void **state)
{
    static const struct row rows[] = {
        { "'i':{}", "", "Infrastructures i removed: " EVIDENCE "\n" },
        { "", "'i':{}", "Infrastructures i added: " EVIDENCE "\n" },
        { "'i':{'QESVN':1}", "'i':{'QESVN':2}",
          "Infrastructures i changed: values changed" EVIDENCE "\n" },
        { "'i':{'x':null}", "'i':{}", "Infrastructures i changed: values changed" EVIDENCE "\n" },
        { "'i':{'x':true}", "'i':{'x':false}",
          "Infrastructures i changed: values changed" EVIDENCE "\n" },
        { "'i':{'x':[{'y':1}]}", "'i':{'x':[{'y':2}]}",
          "Infrastructures i changed: values changed" EVIDENCE "\n" },
        { "'i':{'x':1}", "'i':{'x':'1'}",
          "Infrastructures i changed: values changed" EVIDENCE "\n" },
        { "'i':{'x':[1]}", "'i':{'x':[1]}", "" },
    };

    (void)state;
    check_changes("{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'Infrastructures':{%s}}",
                  rows, COUNT_OF(rows));
}

static void diff_names_every_right_of_a_user(void **state)
{
    static const struct row rows[] = {
        { "@ROLES,'Users':{}", "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r','w','p','g']}}",
          "Users u added:  (gains the right to read secret k, gains the right to update the "
          "manifest, gains the right to update package app, gains the right to write secret k, "
          "gains the right to write secret l)\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r','w','p','g']}}", "@ROLES,'Users':{}",
          "Users u removed:  (loses the right to read secret k, loses the right to update the "
          "manifest, loses the right to update package app, loses the right to write secret k, "
          "loses the right to write secret l)\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r']}}",
          "@ROLES,'Users':{'u':{'Certificate':'2','Roles':['r']}}",
          "Users u changed: Certificate changed (the old certificate is not accepted any more)\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r']}}",
          "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['w']}}",
          "Users u changed: Roles changed, rights changed (loses the right to read secret k, gains "
          "the right to write secret k, gains the right to write secret l)\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r']}}",
          "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r','idle']}}",
          "Users u changed: Roles changed ()\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['g']}}",
          "@ROLES,'Users':{'u':{'Certificate':'2','Roles':['none']}}",
          "Users u changed: Certificate changed, Roles changed, rights changed (loses the right to "
          "update the manifest, gains the right to update package, the old certificate is not "
          "accepted any more)\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r','w']}}",
          "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r','w','g']}}",
          "Users u changed: Roles changed, rights changed (gains the right to update the "
          "manifest)\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r','g']}}",
          "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['g','r']}}",
          "Users u changed: Roles changed ()\n" },
        { "@ROLES,'Users':{'u':{'Certificate':'1','Roles':['r']}}",
          "@MORE,'Users':{'u':{'Certificate':'1','Roles':['r']}}",
          "Users u changed: rights changed (gains the right to read secret z)\n"
          "Roles r changed: ResourceNames changed ()\n" },
    };

    (void)state;
    check_changes("{'Packages':{'app':{}},'Marbles':{'m':{'Package':'app'}},%s}", rows,
                  COUNT_OF(rows));
}

static void diff_names_every_member_of_a_role(void **state)
{
    static const struct row rows[] = {
        { "'Roles':{'a':{'ResourceType':'Secrets','ResourceNames':['k'],'Actions':['ReadSecret']},'"
          "b':{'ResourceType':'Manifest'},'c':{'ResourceType':'Packages'},'d':{}}",
          "'Roles':{'a':{'ResourceType':'Secrets','ResourceNames':['l'],'Actions':['ReadSecret']},'"
          "b':{'ResourceType':'Manifest','Actions':['UpdateManifest']},'c':{'ResourceType':'"
          "Manifest'},'e':{}}",
          "Roles a changed: ResourceNames changed ()\n"
          "Roles b changed: Actions changed ()\n"
          "Roles c changed: ResourceType Packages -> Manifest ()\n"
          "Roles d removed:  ()\n"
          "Roles e added:  ()\n" },
        { "'Roles':{'r':{'ResourceType':'Secrets'}}",
          "'Roles':{'r':{'ResourceType':'Manifest','ResourceNames':['a'],'Actions':['b']}}",
          "Roles r changed: ResourceType Secrets -> Manifest, ResourceNames changed, Actions "
          "changed ()\n" },
    };

    (void)state;
    check_changes("{'Packages':{'app':{}},'Marbles':{'m':{'Package':'app'}},%s}", rows,
                  COUNT_OF(rows));
}

static void diff_names_recovery_keys_that_come_go_and_change(void **state)
{
    static const struct row rows[] = {
        { "{'a':'1','b':'2','c':'3'}", "{'b':'9','c':'3','d':'4'}",
          "RecoveryKeys a removed:  (its holder cannot take part in a recovery any more)\n"
          "RecoveryKeys b changed: the key changed (its holder gets a new recovery secret, for the "
          "new key)\n"
          "RecoveryKeys d added:  (its holder gets a recovery secret)\n" },
    };

    (void)state;
    check_changes("{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'RecoveryKeys':%s}", rows,
                  COUNT_OF(rows));
}

static void diff_names_every_member_of_config(void **state)
{
    static const struct row rows[] = {
        { "@TWO", "@TWO,'Config':{'SealMode':'ProductKey'}", "" },
        { "@TWO", "@TWO,'Config':{'SealMode':'UniqueKey'}",
          "Config  changed: SealMode ProductKey -> UniqueKey" RESTART "\n" },
        { "@TWO,'Config':{'SealMode':'UniqueKey'}", "@TWO,'Config':{'SealMode':'ProductKey'}",
          "Config  changed: SealMode UniqueKey -> ProductKey" RESTART "\n" },
        { "@TWO,'Config':{'SealMode':'Disabled'}", "@TWO",
          "Config  changed: SealMode Disabled -> ProductKey (in force with this update, because "
          "the state gets new keys)\n" },
        { "@TWO", "@TWO,'Config':{'FeatureGates':['SignQuoteEndpoint']}",
          "Config  changed: FeatureGates changed (in force with this update)\n" },
        { "@TWO,'Config':{'UpdateThreshold':1}", "@TWO,'Config':{'UpdateThreshold':2}",
          "Config  changed: UpdateThreshold 1 -> 2 (it counts from the next update on, not for "
          "this one)\n" },
        { "@TWO,'Config':{'RecoveryThreshold':1}", "@TWO,'Config':{'RecoveryThreshold':2}",
          "Config  changed: RecoveryThreshold 1 -> 2 ()\n" },
        { "@TWO,'Config':{'RotateRootSecret':true}", "@TWO,'Config':{'RotateRootSecret':false}",
          "Config  changed: RotateRootSecret yes -> no ()\n" },
        { "@TWO",
          "@TWO,'Config':{'SealMode':'Disabled','FeatureGates':['MonotonicCounter'],'"
          "UpdateThreshold':1,'RecoveryThreshold':2,'RotateRootSecret':true}",
          "Config  changed: SealMode ProductKey -> Disabled" RESTART "\n"
          "Config  changed: FeatureGates changed (in force with this update)\n"
          "Config  changed: UpdateThreshold 0 -> 1 (it counts from the next update on, not for "
          "this one)\n"
          "Config  changed: RecoveryThreshold 0 -> 2 ()\n"
          "Config  changed: RotateRootSecret no -> yes ()\n" },
        { "@TWO", "{'a':'1'},'Config':{'SealMode':'Disabled'}",
          "RecoveryKeys b removed:  (its holder cannot take part in a recovery any more)\n"
          "Config  changed: SealMode ProductKey -> Disabled (in force with this update, because "
          "the state gets new keys)\n" },
    };

    (void)state;
    check_changes("{'Packages':{'p':{}},'Marbles':{'m':{'Package':'p'}},'RecoveryKeys':%s}", rows,
                  COUNT_OF(rows));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(diff_names_every_member_of_a_package),
    cmocka_unit_test(diff_names_what_an_update_of_packages_may_and_may_not_do),
    cmocka_unit_test(diff_names_every_member_of_a_marble),
    cmocka_unit_test(diff_names_marbles_that_come_and_go),
    cmocka_unit_test(diff_names_every_member_of_a_secret),
    cmocka_unit_test(diff_names_every_member_of_a_tag),
    cmocka_unit_test(diff_names_any_value_of_an_infrastructure),
    cmocka_unit_test(diff_names_every_right_of_a_user),
    cmocka_unit_test(diff_names_every_member_of_a_role),
    cmocka_unit_test(diff_names_recovery_keys_that_come_go_and_change),
    cmocka_unit_test(diff_names_every_member_of_config),
};

TEST_MAIN(tests)
