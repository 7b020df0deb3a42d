/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/collateral.h"
#include "cli/attest/evidence.h"

static const char bundle[] = "{\"format\":\"attestation-collateral\",\"a\":[1, 2]}";

/* A record with certificates of its own; the rest are literals. */
static struct saved_record some_record(void)
{
    const struct bytes names[] = { BYTES_LITERAL("localhost") };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    struct saved_record r = { .saved_at = 1767323045, /* 2026-01-02T03:04:05Z */
                              .coordinator = BYTES_LITERAL("host:4433"),
                              .nonce = BYTES_LITERAL("\x01\0\xff"),
                              .evidence = BYTES_LITERAL("\x03\0\x02\0 evidence"),
                              .collateral = bytes_of_string(bundle) };

    assert_non_null(key);
    r.root = cert_issue_ca("root", names, 1, key, NULL, key, r.saved_at, &err);
    assert_non_null(r.root);
    r.intermediate = cert_issue_ca("intermediate", names, 1, key, r.root, key, r.saved_at, &err);
    assert_non_null(r.intermediate);
    return r;
}

static void a_record_reads_as_it_was_written(void **state)
{
    struct saved_record written = some_record(), read;
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    saved_record_put(&written, &text);
    assert_true(saved_record_is_meant(buf_bytes(&text)));
    assert_ok(saved_record_parse(buf_bytes(&text), &read, &err), &err);
    assert_int_equal(read.saved_at, written.saved_at);
    assert_bytes_equal(read.coordinator, written.coordinator);
    assert_bytes_equal(read.nonce, written.nonce);
    assert_bytes_equal(read.evidence, written.evidence);
    assert_bytes_equal(read.collateral, written.collateral);
    assert_bytes_equal(cert_der(read.root), cert_der(written.root));
    assert_bytes_equal(cert_der(read.intermediate), cert_der(written.intermediate));
    assert_non_null(strstr((const char *)text.at, "\"saved_at\": \"2026-01-02T03:04:05Z\""));
    saved_record_clear(&read);
    saved_record_clear(&written);
}

/* As deep as it may be, and deeper by one. */
static void a_record_holds_every_bundle(void **state)
{
    (void)state;
    for (size_t depth = COLLATERAL_NESTING_MAX; depth <= COLLATERAL_NESTING_MAX + 1; depth++) {
        struct saved_record written = some_record(), read;
        auto_buf deep = { 0 }, text = { 0 };
        struct err err = { 0 };

        buf_add_string(&deep, "{\"source\":");
        for (size_t i = 1; i < depth; i++)
            buf_add_u8(&deep, '[');
        for (size_t i = 1; i < depth; i++)
            buf_add_u8(&deep, ']');
        buf_add_u8(&deep, '}');
        written.collateral = buf_bytes(&deep);
        saved_record_put(&written, &text);
        assert_int_equal(saved_record_parse(buf_bytes(&text), &read, &err),
                         depth == COLLATERAL_NESTING_MAX);
        saved_record_clear(&read);
        saved_record_clear(&written);
    }
}

static void every_prefix_of_a_record_is_refused(void **state)
{
    struct saved_record written = some_record(), read;
    auto_buf text = { 0 };

    (void)state;
    saved_record_put(&written, &text);
    for (size_t len = 0; len < text.len - 1; len++) { /* the last byte ends the line */
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(text.at, len));
        assert_false(saved_record_is_meant(bytes_of(exact, len)));
        assert_false(saved_record_parse(bytes_of(exact, len), &read, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        saved_record_clear(&read);
        free(exact);
    }
    saved_record_clear(&written);
}

static void other_json_is_not_meant_to_be_a_record(void **state)
{
    static const char *const rows[] = { "",
                                        "{}",
                                        "[]",
                                        "null",
                                        "\"attestation-record\"",
                                        "{\"format\":null}",
                                        "{\"format\":7}",
                                        "{\"format\":\"attestation-collateral\"}",
                                        "{\"Format\":\"attestation-record\"}",
                                        "{\"format\":\"attestation-record\"",
                                        "{\"format\":\"attestation-record\"} x" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_false(saved_record_is_meant(bytes_of_string(rows[i])));
    assert_true(saved_record_is_meant(BYTES_LITERAL(" {\"format\":\"attestation-record\"} ")));
}

/* Certificates in the number that a text asks for; the first that has evidence counts. */
static void files_without_evidence_have_a_problem_and_no_bytes(void **state)
{
    static const struct {
        const char *text, *form, *problem;
    } rows[] = {
        { "{\"format\":\"attestation-record\"}", "saved record",
          "saved record: there is no member \"version\"" },
        { "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate",
          "certificate 1: " },
        { "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "binary", "" },
        { "", "binary", "" },
        { "00", "hex", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_evidence_input input = { 0 };
        evidence_input_take(bytes_of_string(rows[i].text), &input);
        assert_string_equal(input.form, rows[i].form);
        assert_true((input.problem.kind == FAIL_NONE) == (rows[i].problem[0] == '\0'));
        assert_true(input.problem.kind == FAIL_NONE || input.bytes.len == 0);
        assert_ptr_equal(strstr(input.problem.text, rows[i].problem), input.problem.text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_record_reads_as_it_was_written),
    cmocka_unit_test(a_record_holds_every_bundle),
    cmocka_unit_test(every_prefix_of_a_record_is_refused),
    cmocka_unit_test(other_json_is_not_meant_to_be_a_record),
    cmocka_unit_test(files_without_evidence_have_a_problem_and_no_bytes),
};
TEST_MAIN(tests)
