/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/verify.h"
#include "intel_scene.h"

enum { TAIL_LEN = 16 + 2 + 2 }; /* CPUSVN, PCESVN, PCEID */

/* A quote whose certification data has these bytes, each another one. */
static void build(struct intel_scene *s, enum scene_form form, uint16_t type, size_t len)
{
    intel_scene_init(s, form);
    s->cert_data_type = type;
    for (size_t i = 0; i < len; i++)
        buf_add_u8(&s->cert_data, (uint8_t)(i * 7 + 1));
    intel_scene_build(s);
}

static bool parses(struct bytes evidence, struct pck_id *id, enum fail_kind kind)
{
    struct err err = { 0 };
    const bool done = evidence_pck_id(evidence, id, &err);

    assert_int_equal(err.kind, done ? FAIL_NONE : kind);
    return done;
}

static void a_quote_names_its_certificate_in_three_ways(void **state)
{
    static const struct {
        uint16_t type;
        size_t ppid_len;
        bool in_the_clear;
    } rows[] = { { 1, 16, true }, { 2, 256, false }, { 3, 384, false } };
    static const enum scene_form forms[] = { SCENE_SGX_3, SCENE_SGX_5, SCENE_TDX_4,
                                             SCENE_TDX_5_15 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(forms); i++) {
        const size_t row = i / COUNT_OF(forms), len = rows[row].ppid_len;
        struct pck_id id;
        auto_buf wrapped = { 0 };
        auto_scene s;
        build(&s, forms[i % COUNT_OF(forms)], rows[row].type, len + TAIL_LEN);
        const struct bytes data = buf_bytes(&s.cert_data);
        assert_true(parses(buf_bytes(&s.quote), &id, FAIL_NONE));
        const struct bytes ppid = rows[row].in_the_clear ? id.ppid : id.encrypted_ppid;
        assert_bytes_equal(ppid, bytes_of(data.at, len));
        assert_int_equal(id.ppid.len + id.encrypted_ppid.len, len);
        assert_bytes_equal(id.cpusvn, bytes_of(data.at + len, 16));
        assert_bytes_equal(id.pcesvn, bytes_of(data.at + len + 16, 2));
        assert_bytes_equal(id.pceid, bytes_of(data.at + len + 18, 2));
        assert_bytes_equal(id.qe_id, bytes_of(s.quote.at + 28, 16));
        quote_wrap(buf_bytes(&s.quote), &wrapped);
        assert_true(parses(buf_bytes(&wrapped), &id, FAIL_NONE));
        assert_bytes_equal(id.pceid, bytes_of(data.at + len + 18, 2));
    }
}

static void an_old_one_in_the_clear_has_no_pceid(void **state)
{
    struct pck_id id;
    auto_scene s;

    (void)state;
    build(&s, SCENE_SGX_3, 1, 34);
    assert_true(parses(buf_bytes(&s.quote), &id, FAIL_NONE));
    assert_int_equal(id.pceid.len, 0);
    assert_bytes_equal(id.pcesvn, bytes_of(s.cert_data.at + 32, 2));
}

static void other_certification_data_names_none(void **state)
{
    static const struct {
        uint16_t type;
        size_t len;
        enum fail_kind kind;
    } rows[] = {
        { 4, 100, FAIL_NOT_FOUND }, { 5, 0, FAIL_NOT_FOUND },   { 1, 35, FAIL_MALFORMED },
        { 2, 275, FAIL_MALFORMED }, { 2, 277, FAIL_MALFORMED }, { 3, 276, FAIL_MALFORMED },
        { 3, 0, FAIL_MALFORMED },   { 0, 36, FAIL_MALFORMED },  { 6, 36, FAIL_MALFORMED }
    };
    struct pck_id id;
    uint8_t report[SNP_REPORT_LEN] = { 3 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_scene s;
        build(&s, SCENE_SGX_3, rows[i].type, rows[i].len);
        assert_false(parses(buf_bytes(&s.quote), &id, rows[i].kind));
    }
    assert_false(parses(bytes_of(report, sizeof report), &id, FAIL_NOT_FOUND));
    assert_false(parses(BYTES_NONE, &id, FAIL_MALFORMED));
}

static void every_prefix_is_refused(void **state)
{
    struct pck_id id;
    auto_scene s;

    (void)state;
    build(&s, SCENE_SGX_4, 3, 404);
    for (size_t len = 0; len < s.quote.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(s.quote.at, len));
        assert_false(parses(bytes_of(exact, len), &id, FAIL_MALFORMED));
        free(exact);
    }
}

static void a_certificate_has_to_fit_what_the_quote_says(void **state)
{
    static const uint8_t ppid[16] = { 1, 2, 3 }, cpusvn[16] = { 4, 5, 6 };
    const struct pck_id clear = { .ppid = bytes_of(ppid, 16),
                                  .cpusvn = bytes_of(cpusvn, 16),
                                  .pcesvn = BYTES_LITERAL("\x0d\x01"),
                                  .pceid = BYTES_LITERAL("\x01\x02") };
    struct pck_id encrypted = clear;
    struct pck pck = {
        .ppid = { 1, 2, 3 }, .cpusvn = { 4, 5, 6 }, .pcesvn = 0x10d, .pceid = { 1, 2 }
    };
    struct err err = { 0 };

    (void)state;
    encrypted.ppid = BYTES_NONE;
    assert_true(pck_id_allows(&clear, &pck, &err) && pck_id_is_for_tcb(&clear, &pck));
    pck.ppid[15] = 1;
    assert_false(pck_id_allows(&clear, &pck, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
    assert_true(pck_id_allows(&encrypted, &pck, &err));
    pck.cpusvn[15] = 1;
    assert_true(pck_id_allows(&encrypted, &pck, &err) && !pck_id_is_for_tcb(&encrypted, &pck));
    pck.cpusvn[15] = 0;
    pck.pcesvn--;
    assert_true(pck_id_allows(&encrypted, &pck, &err) && !pck_id_is_for_tcb(&encrypted, &pck));
    pck.pcesvn += 2;
    assert_false(pck_id_allows(&encrypted, &pck, &err));
    pck.pcesvn--;
    pck.pceid[1] = 0;
    assert_false(pck_id_allows(&encrypted, &pck, &err));
    assert_non_null(strstr(err.text, "PCEID 0100 and not 0102"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_quote_names_its_certificate_in_three_ways),
    cmocka_unit_test(an_old_one_in_the_clear_has_no_pceid),
    cmocka_unit_test(other_certification_data_names_none),
    cmocka_unit_test(every_prefix_is_refused),
    cmocka_unit_test(a_certificate_has_to_fit_what_the_quote_says),
};
TEST_MAIN(tests)
