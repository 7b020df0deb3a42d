/* SPDX-License-Identifier: Apache-2.0 */
#include "intel_scene.h"

#include "codec/text.h"

/* CRLs, signers, documents and their times (attestation.md, 6, steps 2 to 8; 14). */

static struct bundle_item *item_of(struct intel_scene *s, size_t i)
{
    struct bundle_item *const all[] = {
        &s->bundle.root_ca_crl,
        &s->bundle.pck_crl,
        &s->bundle.pck_crl_issuer_chain,
        &s->bundle.tcb_info_issuer_chain,
        &s->bundle.qe_identity_issuer_chain,
        &s->bundle.tcb_info,
        &s->bundle.qe_identity,
    };

    return i < COUNT_OF(all) ? all[i] : NULL;
}

/* The reason for an item that does not parse. */
static enum reason broken(size_t i)
{
    return i >= 2 && i <= 4 ? REASON_CERT_CHAIN : REASON_COLLATERAL_FORMAT;
}

static void every_item_is_needed_whole(void **state)
{
    (void)state;
    for (int form = 0; form < SCENE_FORMS; form += 3) {
        auto_scene s;
        intel_scene_init(&s, (enum scene_form)form);
        intel_scene_build(&s);
        for (size_t i = 0; item_of(&s, i) != NULL; i++) {
            struct bundle_item *const item = item_of(&s, i);
            const struct bundle_item good = *item;
            auto_buf more = { 0 };
            item->reason = REASON_COLLATERAL_MISSING;
            scene_expect_built(&s, REASON_COLLATERAL_MISSING, "absent item");
            item->reason = REASON_COLLATERAL_FORMAT;
            scene_expect_built(&s, REASON_COLLATERAL_FORMAT, "unreadable item");
            scene_set_item(item, bytes_of(good.bytes.at, good.bytes.len - 2));
            scene_expect_built(&s, broken(i), "item cut off");
            scene_set_item(item, bytes_of(good.bytes.at, 1));
            scene_expect_built(&s, broken(i), "one byte of an item");
            buf_add(&more, good.bytes);
            buf_add_string(&more, "x");
            scene_set_item(item, buf_bytes(&more));
            scene_expect_built(&s, broken(i), "bytes behind an item");
            *item = good;
        }
        scene_expect_built(&s, REASON_NONE, "all items");
    }
}

/* A byte of any item changed: never valid, except for the case of a hex digit of a signature, which is not signed. */
static void every_byte_of_the_collateral_counts(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_TDX_5_15);
    intel_scene_build(&s);
    for (size_t i = 0; item_of(&s, i) != NULL; i++) {
        struct bundle_item *const item = item_of(&s, i);
        const struct bundle_item good = *item;
        /* Documents repeat themselves: every seventh byte says enough. */
        for (size_t at = 0; at < good.bytes.len; at += 7) {
            auto_arena arena = { 0 };
            struct verdict v;
            uint8_t *const copy = bytes_copy(good.bytes);
            copy[at] ^= 0x20;
            scene_set_item(item, bytes_of(copy, good.bytes.len));
            const bool hex_case = i >= 5 && good.bytes.len - at < 132; /* of the signature */
            if (scene_verify(&s, &arena, &v) && !hex_case)
                fail_msg("item %zu is valid with byte %zu flipped", i, at);
            free(copy);
        }
        *item = good;
    }
}

static void text_may_end_with_blanks_and_nuls(void **state)
{
    auto_scene s;
    auto_buf text = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    buf_add(&text, buf_bytes(&s.tcb_info_text));
    buf_add(&text, bytes_of(" \r\n\t\0\0\0", 7));
    scene_set_item(&s.bundle.tcb_info, buf_bytes(&text));
    scene_expect_built(&s, REASON_NONE, "blanks and NULs");
    buf_add_u8(&text, ' ');
    scene_set_item(&s.bundle.tcb_info, buf_bytes(&text));
    scene_expect_built(&s, REASON_COLLATERAL_FORMAT, "a blank behind NULs");
}

/* ---- CRLs ---- */

static void crl_of_wrong_root(struct intel_scene *s)
{
    s->root_crl.issuer = "Intel SGX Root CB";
}
static void crl_of_other_ca(struct intel_scene *s)
{
    s->pck_crl.issuer = "Intel SGX PCK Platform CA";
}
static void crl_issuer_in_other_encoding(struct intel_scene *s)
{
    s->pck_crl.other_encoding = true;
}
static void crl_with_other_algorithm(struct intel_scene *s)
{
    s->pck_crl.inner = s->pck_crl.outer = PKI_ECDSA_SHA384;
}

static void crls_are_of_their_issuers(void **state)
{
    static const struct {
        const char *what;
        void (*make)(struct intel_scene *);
    } flaws[] = {
        { "root CA CRL of another issuer", crl_of_wrong_root },
        { "PCK CRL of another CA", crl_of_other_ca },
        { "issuer in another encoding", crl_issuer_in_other_encoding },
        { "other algorithm", crl_with_other_algorithm },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(flaws); i++) {
        auto_scene s;
        intel_scene_init(&s, SCENE_SGX_3);
        flaws[i].make(&s);
        scene_expect(&s, REASON_COLLATERAL_SIGNATURE, flaws[i].what);
    }
}

static void exchanged_items_are_refused(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    const struct bundle good = s.bundle;
    s.bundle.pck_crl = good.root_ca_crl;
    s.bundle.root_ca_crl = good.pck_crl;
    scene_expect_built(&s, REASON_COLLATERAL_SIGNATURE, "CRLs exchanged");
    s.bundle = good;
    s.bundle.tcb_info = good.qe_identity;
    s.bundle.qe_identity = good.tcb_info;
    scene_expect_built(&s, REASON_COLLATERAL_FORMAT, "documents exchanged");
    s.bundle = good;
    s.bundle.tcb_info_issuer_chain = good.pck_crl_issuer_chain;
    scene_expect_built(&s, REASON_CERT_CHAIN, "the CA as signer of TCB info");
    s.bundle = good;
    s.bundle.pck_crl_issuer_chain = good.tcb_info_issuer_chain;
    scene_expect_built(&s, REASON_CERT_CHAIN, "the signer as CA");
}

/* The collateral of the other CA of the same root: all in order, but not for this certificate. */
static void collateral_of_another_ca_is_refused(void **state)
{
    auto_scene s;
    auto_buf ca = { 0 }, crl = { 0 }, chain = { 0 };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    struct pki_cert other = s.ca;
    struct pki_crl list = s.pck_crl;
    other.name = list.issuer = "Intel SGX PCK Platform CA";
    pki_cert_add(&ca, &other, key, s.root_key);
    pki_crl_add(&crl, &list, key);
    pem_encode(&chain, "CERTIFICATE", buf_bytes(&ca));
    pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.root_der));
    scene_set_item(&s.bundle.pck_crl, buf_bytes(&crl));
    scene_set_item(&s.bundle.pck_crl_issuer_chain, buf_bytes(&chain));
    scene_expect_built(&s, REASON_CERT_CHAIN, "the other CA");
}

/* The same CA certified again is the same CA. */
static void a_ca_may_have_two_certificates(void **state)
{
    auto_scene s;
    auto_buf ca = { 0 }, chain = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    struct pki_cert again = s.ca;
    again.serial = BYTES_LITERAL("\x22");
    again.not_after = "300101000000Z";
    pki_cert_add(&ca, &again, s.ca_key, s.root_key);
    pem_encode(&chain, "CERTIFICATE", buf_bytes(&ca));
    pem_encode(&chain, "CERTIFICATE", buf_bytes(&s.root_der));
    scene_set_item(&s.bundle.pck_crl_issuer_chain, buf_bytes(&chain));
    scene_expect_built(&s, REASON_NONE, "another certificate of the CA");
    /* Each of the two may be the one that is revoked. */
    s.root_crl.serial_count = 1;
    for (int which = 0; which < 2; which++) {
        auto_buf crl = { 0 };
        s.root_crl.serials = which == 0 ? &again.serial : &s.ca.serial;
        pki_crl_add(&crl, &s.root_crl, s.root_key);
        scene_set_item(&s.bundle.root_ca_crl, buf_bytes(&crl));
        scene_expect_built(&s, REASON_REVOKED, "one of two certificates of the CA");
    }
}

/* ---- revocation ---- */

static void revoked_certificates_are_refused(void **state)
{
    static const struct {
        const char *what;
        bool root_crl;
        struct bytes serial;
        enum reason reason;
    } cases[] = {
        { "PCK certificate", false, BYTES_LITERAL("\x00\x83\x01"), REASON_REVOKED },
        { "CA", true, BYTES_LITERAL("\x02"), REASON_REVOKED },
        { "TCB signing certificate", true, BYTES_LITERAL("\x04"), REASON_REVOKED },
        { "PCK certificate on the other list", true, BYTES_LITERAL("\x00\x83\x01"), REASON_NONE },
        { "CA on the other list", false, BYTES_LITERAL("\x02"), REASON_NONE },
        { "one byte more", false, BYTES_LITERAL("\x00\x83\x01\x00"), REASON_NONE },
        { "one byte less", false, BYTES_LITERAL("\x00\x83"), REASON_NONE },
        { "one byte before", false, BYTES_LITERAL("\x01\x83\x01"), REASON_NONE },
        { "negative", false, BYTES_LITERAL("\x83\x01"), REASON_NONE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_scene s;
        const struct bytes serials[] = { BYTES_LITERAL("\x51"), cases[i].serial };
        intel_scene_init(&s, i % 2 == 0 ? SCENE_SGX_3 : SCENE_TDX_4);
        struct pki_crl *const crl = cases[i].root_crl ? &s.root_crl : &s.pck_crl;
        crl->serials = serials;
        crl->serial_count = COUNT_OF(serials);
        scene_expect(&s, cases[i].reason, cases[i].what);
        crl->remove_from_crl = true;
        scene_expect(&s, cases[i].reason, cases[i].what);
    }
}

static void lists_with_critical_extensions_are_not_understood(void **state)
{
    static const struct bytes serial = BYTES_LITERAL("\x51");

    (void)state;
    for (int which = 0; which < 3; which++) {
        auto_scene s;
        intel_scene_init(&s, SCENE_SGX_3);
        s.pck_crl.serials = &serial;
        s.pck_crl.serial_count = 1;
        s.pck_crl.critical_entry = which == 0;
        s.pck_crl.critical_extension = which == 1;
        s.pck_crl.version_1 = which == 2;
        scene_expect(&s, REASON_COLLATERAL_FORMAT, "critical extension");
    }
}

/* ---- time ---- */

static void move_start(struct intel_scene *s, int which, bool later)
{
    const char *const utc = later ? "250615150641Z" : "250615150640Z";
    const char *const date = later ? "2025-06-15T15:06:41Z" : "2025-06-15T15:06:40Z";

    switch (which) {
    case 0:
        s->root.not_before = utc;
        break;
    case 1:
        s->ca.not_before = utc;
        break;
    case 2:
        s->leaf.not_before = utc;
        break;
    case 3:
        s->signer.not_before = utc;
        break;
    case 4:
        s->root_crl.this_update = utc;
        break;
    case 5:
        s->pck_crl.this_update = utc;
        break;
    case 6:
        scene_edit(&s->tcb_info, "2025-06-01T00:00:00Z", date);
        break;
    case 7:
        scene_edit(&s->qe_identity, "2025-06-02T00:00:00Z", date);
        break;
    }
}

static void move_end(struct intel_scene *s, int which, bool earlier)
{
    const char *const utc = earlier ? "250615150639Z" : "20250615150640Z";
    const char *const date = earlier ? "2025-06-15T15:06:39Z" : "2025-06-15T15:06:40Z";

    switch (which) {
    case 0:
        s->root.not_after = utc;
        break;
    case 1:
        s->ca.not_after = utc;
        break;
    case 2:
        s->leaf.not_after = utc;
        break;
    case 3:
        s->signer.not_after = utc;
        break;
    case 4:
        s->root_crl.next_update = utc;
        break;
    case 5:
        s->pck_crl.next_update = utc;
        break;
    case 6:
        scene_edit(&s->tcb_info, "2025-07-01T00:00:00Z", date);
        break;
    case 7:
        scene_edit(&s->qe_identity, "2025-07-02T00:00:00Z", date);
        break;
    }
}

static void both_ends_of_every_window_belong_to_it(void **state)
{
    (void)state;
    for (int which = 0; which < 8; which++) {
        for (int beyond = 0; beyond < 2; beyond++) {
            auto_scene start, end;
            intel_scene_init(&start, SCENE_SGX_3);
            intel_scene_init(&end, SCENE_TDX_4);
            move_start(&start, which, beyond == 1);
            move_end(&end, which, beyond == 1);
            scene_expect(&start, beyond == 1 ? REASON_NOT_YET_VALID : REASON_NONE, "start");
            scene_expect(&end, beyond == 1 ? REASON_EXPIRED : REASON_NONE, "end");
        }
    }
}

static void a_list_that_never_ends_has_ended(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        auto_scene s;
        intel_scene_init(&s, SCENE_SGX_3);
        (which == 0 ? &s.root_crl : &s.pck_crl)->next_update = NULL;
        scene_expect(&s, REASON_EXPIRED, "CRL without nextUpdate");
    }
}

static void starts_are_looked_at_before_ends(void **state)
{
    auto_scene s;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    move_end(&s, 0, true);
    move_start(&s, 7, true);
    scene_expect(&s, REASON_NOT_YET_VALID, "one not yet and one no more");
}

static void time_is_judged_for_each_quote(void **state)
{
    auto_scene s;
    auto_arena arena = { 0 };
    struct verdict v;

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    assert_true(scene_verify(&s, &arena, &v));
    s.now = 1751328000;
    assert_true(scene_verify_quote(&s, buf_bytes(&s.quote), s.collateral, &arena, &v));
    s.now++;
    assert_false(scene_verify_quote(&s, buf_bytes(&s.quote), s.collateral, &arena, &v));
    assert_int_equal(v.reason, REASON_EXPIRED);
    s.now = INT64_MAX;
    assert_false(scene_verify_quote(&s, buf_bytes(&s.quote), s.collateral, &arena, &v));
    s.now = INT64_MIN;
    assert_false(scene_verify_quote(&s, buf_bytes(&s.quote), s.collateral, &arena, &v));
    assert_int_equal(v.reason, REASON_NOT_YET_VALID);
}

/* ---- documents ---- */

static void signatures_cover_the_exact_bytes(void **state)
{
    auto_scene s;
    auto_buf again = { 0 }, doubled = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    buf_add(&again, buf_bytes(&s.tcb_info_text));
    scene_edit(&again, "\"version\":3", "\"version\": 3");
    scene_set_item(&s.bundle.tcb_info, buf_bytes(&again));
    scene_expect_built(&s, REASON_COLLATERAL_SIGNATURE, "written again");
    buf_add(&doubled, buf_bytes(&s.tcb_info_text));
    scene_edit(&doubled, "{\"tcbInfo\":", "{\"signature\":\"00\",\"tcbInfo\":");
    scene_set_item(&s.bundle.tcb_info, buf_bytes(&doubled));
    scene_expect_built(&s, REASON_COLLATERAL_FORMAT, "two signatures");
}

static void the_document_is_the_value_itself_wherever_it_stands(void **state)
{
    auto_scene s;
    auto_buf text = { 0 };
    uint8_t raw[64];

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    /* Brackets and quotes in strings must not move its end. */
    scene_edit(&s.tcb_info, "\"version\":3", "\"note\":\"}]\\\"{\\\\\",\"version\":3");
    intel_scene_build(&s);
    pki_sign_raw(s.signer_key, buf_bytes(&s.tcb_info), raw);
    buf_add_string(&text, " { \"more\" : [ { } ] , \"signature\" : \"");
    hex_encode(&text, bytes_of(raw, sizeof raw));
    buf_add_string(&text, "\" , \"tcbInfo\" : ");
    buf_add(&text, buf_bytes(&s.tcb_info));
    buf_add_string(&text, " } ");
    scene_set_item(&s.bundle.tcb_info, buf_bytes(&text));
    scene_expect_built(&s, REASON_NONE, "members in another order");
}

static void documents_of_other_signers_are_refused(void **state)
{
    (void)state;
    for (int which = 0; which < 2; which++) {
        auto_scene s;
        auto_buf text = { 0 };
        intel_scene_init(&s, SCENE_SGX_3);
        intel_scene_build(&s);
        scene_sign_document(&text, which == 0 ? "tcbInfo" : "enclaveIdentity",
                            buf_bytes(which == 0 ? &s.tcb_info : &s.qe_identity), s.ca_key);
        scene_set_item(which == 0 ? &s.bundle.tcb_info : &s.bundle.qe_identity, buf_bytes(&text));
        scene_expect_built(&s, REASON_COLLATERAL_SIGNATURE, "signed by the CA");
    }
}

static void tcb_info_has_to_be_of_the_platform(void **state)
{
    static const struct {
        const char *from, *to;
    } edits[] = {
        { "00C0ffEE0001", "00C0ffEE0002" },
        { "\"pceId\":\"0100\"", "\"pceId\":\"0000\"" },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        auto_scene s;
        intel_scene_init(&s, i == 0 ? SCENE_SGX_3 : SCENE_TDX_4);
        scene_edit(&s.tcb_info, edits[i].from, edits[i].to);
        scene_expect(&s, REASON_TCB_INFO_MISMATCH, edits[i].to);
    }
    auto_scene sgx, tdx;
    intel_scene_init(&sgx, SCENE_SGX_4);
    intel_scene_init(&tdx, SCENE_TDX_4);
    const struct buf of_sgx = sgx.tcb_info;
    sgx.tcb_info = tdx.tcb_info;
    tdx.tcb_info = of_sgx;
    scene_expect(&sgx, REASON_TCB_INFO_MISMATCH, "TCB info of TDX for SGX");
    scene_expect(&tdx, REASON_TCB_INFO_MISMATCH, "TCB info of SGX for TDX");
}

static void qe_identities_have_to_be_of_the_tee(void **state)
{
    auto_scene sgx, tdx;

    (void)state;
    intel_scene_init(&sgx, SCENE_SGX_4);
    intel_scene_init(&tdx, SCENE_TDX_4);
    const struct buf of_sgx = sgx.qe_identity;
    sgx.qe_identity = tdx.qe_identity;
    tdx.qe_identity = of_sgx;
    scene_expect(&sgx, REASON_QE_IDENTITY_MISMATCH, "TD_QE for SGX");
    scene_expect(&tdx, REASON_QE_IDENTITY_MISMATCH, "QE for TDX");
    scene_edit(&sgx.qe_identity, "\"TD_QE\"", "\"QVE\"");
    scene_expect(&sgx, REASON_QE_IDENTITY_MISMATCH, "QVE");
}

static void without_collateral_all_else_is_still_checked(void **state)
{
    auto_scene s;
    auto_arena arena = { 0 };
    struct verdict v;
    struct quote quote;
    struct err err = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_TDX_5_15);
    intel_scene_build(&s);
    assert_false(scene_verify_quote(&s, buf_bytes(&s.quote), NULL, &arena, &v));
    assert_int_equal(v.reason, REASON_COLLATERAL_MISSING);
    assert_ok(quote_parse(buf_bytes(&s.quote), &quote, &err), &err);
    v = (struct verdict){ 0 };
    assert_true(intel_verify_signatures(&quote, NULL, &s.anchors, s.now, &arena, &v));
    assert_int_equal(v.tcb_status, TCB_STATUS_NONE);
    v = (struct verdict){ 0 };
    assert_false(intel_verify_signatures(&quote, NULL, &s.anchors, 0, &arena, &v));
    assert_int_equal(v.reason, REASON_NOT_YET_VALID);
    v = (struct verdict){ 0 };
    assert_true(intel_inspect(&quote, &arena, &v));
    assert_int_equal(v.cert_data_type, 5);
    s.quote.at[100] ^= 1;
    assert_ok(quote_parse(buf_bytes(&s.quote), &quote, &err), &err);
    assert_false(scene_verify_quote(&s, buf_bytes(&s.quote), NULL, &arena, &v));
    assert_int_equal(v.reason, REASON_QUOTE_SIGNATURE);
}

static void signatures_alone_are_checked_with_a_chain_from_the_collateral(void **state)
{
    auto_scene s;
    auto_arena arena = { 0 };
    struct verdict v = { 0 };
    struct quote quote;
    struct err err = { 0 };

    (void)state;
    intel_scene_init(&s, SCENE_SGX_3);
    s.cert_data_type = 4;
    buf_add_string(&s.cert_data, "leaf");
    intel_scene_build(&s);
    assert_ok(quote_parse(buf_bytes(&s.quote), &quote, &err), &err);
    auto_intel_collateral *without = intel_collateral_parse(&s.bundle, &s.anchors);
    assert_false(intel_verify_signatures(&quote, without, &s.anchors, s.now, &arena, &v));
    assert_int_equal(v.reason, REASON_COLLATERAL_MISSING);
    assert_int_equal(v.pck_chain.len, 0);
    scene_set_item(&s.bundle.pck_certificate_chain, buf_bytes(&s.pck_chain));
    /* Of the rest of the collateral nothing is looked at. */
    s.bundle.tcb_info.reason = REASON_COLLATERAL_MISSING;
    auto_intel_collateral *with = intel_collateral_parse(&s.bundle, &s.anchors);
    v = (struct verdict){ 0 };
    assert_true(intel_verify_signatures(&quote, with, &s.anchors, s.now, &arena, &v));
    v = (struct verdict){ 0 };
    assert_false(intel_verify_signatures(&quote, with, &trust_anchors_builtin, s.now, &arena, &v));
    assert_int_equal(v.reason, REASON_CERT_CHAIN);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_item_is_needed_whole),
    cmocka_unit_test(every_byte_of_the_collateral_counts),
    cmocka_unit_test(text_may_end_with_blanks_and_nuls),
    cmocka_unit_test(crls_are_of_their_issuers),
    cmocka_unit_test(exchanged_items_are_refused),
    cmocka_unit_test(collateral_of_another_ca_is_refused),
    cmocka_unit_test(a_ca_may_have_two_certificates),
    cmocka_unit_test(revoked_certificates_are_refused),
    cmocka_unit_test(lists_with_critical_extensions_are_not_understood),
    cmocka_unit_test(both_ends_of_every_window_belong_to_it),
    cmocka_unit_test(a_list_that_never_ends_has_ended),
    cmocka_unit_test(starts_are_looked_at_before_ends),
    cmocka_unit_test(time_is_judged_for_each_quote),
    cmocka_unit_test(signatures_cover_the_exact_bytes),
    cmocka_unit_test(the_document_is_the_value_itself_wherever_it_stands),
    cmocka_unit_test(documents_of_other_signers_are_refused),
    cmocka_unit_test(tcb_info_has_to_be_of_the_platform),
    cmocka_unit_test(qe_identities_have_to_be_of_the_tee),
    cmocka_unit_test(without_collateral_all_else_is_still_checked),
    cmocka_unit_test(signatures_alone_are_checked_with_a_chain_from_the_collateral),
};

TEST_MAIN(tests)
