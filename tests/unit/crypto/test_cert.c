/* SPDX-License-Identifier: Apache-2.0 */
#include "test_certs.h"

/* The user certificate of manifest.md 17.5, made by openssl: P-256, SKI, AKI, CA. */
static const char alice_pem[] = "-----BEGIN CERTIFICATE-----\n"
                                "MIIBdTCCARugAwIBAgIUII3u61b9rqgxpU5zUZEFk1SipeowCgYIKoZIzj0EAwIw\n"
                                "EDEOMAwGA1UEAwwFYWxpY2UwHhcNMjYxMTIzMTM1NDMyWhcNNDYxMTE4MTM1NDMy\n"
                                "WjAQMQ4wDAYDVQQDDAVhbGljZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBsh\n"
                                "aH3C9lEe1Qt2bNw5lNAhoY40G+jCrihksXRjJDXpQfUg3TZlgIrECbPgBJP+VrM8\n"
                                "oFWB9VhHs+IjetqZQuqjUzBRMB0GA1UdDgQWBBTIElogMg+Cy9tKhID9OCV+yXs4\n"
                                "tjAfBgNVHSMEGDAWgBTIElogMg+Cy9tKhID9OCV+yXs4tjAPBgNVHRMBAf8EBTAD\n"
                                "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCa6gKv9rlZCXG68i7zFXutsey93XyJKjnr\n"
                                "vOO/qaJECwIgUbGklUNq6tm7AIncO2bhxefy1dyXm+LAzO1HfLQvnq0=\n"
                                "-----END CERTIFICATE-----\n";

static struct buf alice_der(void)
{
    struct bytes text = bytes_of_string(alice_pem);
    struct pem_block block = { 0 };

    assert_true(pem_next(&text, &block));
    return block.der;
}

static void parse_reads_every_field(void **state)
{
    struct err err = { 0 };
    auto_buf der = alice_der();
    auto_cert *cert = cert_from_der(buf_bytes(&der), &err);
    auto_buf id = test_unhex("c8125a20320f82cbdb4a8480fd38257ec97b38b6");
    auto_buf pem = { 0 };

    (void)state;
    assert_ok(cert != NULL, &err);
    assert_bytes_equal(cert_der(cert), buf_bytes(&der));
    assert_bytes_equal(cert_subject_key_id(cert), buf_bytes(&id));
    assert_int_equal(cert_not_after(cert), 2426162072); /* 2046-11-18T13:54:32Z */
    assert_true(cert_issued_by(cert, cert));
    auto_key *key = cert_public_key(cert, &err);
    assert_ok(key != NULL, &err);
    assert_int_equal(key_type(key), KEY_ECDSA);
    assert_int_equal(key_bits(key), 256);
    cert_pem(cert, &pem);
    assert_bytes_equal(buf_bytes(&pem), bytes_of_string(alice_pem));
}

static void parse_refuses_every_prefix(void **state)
{
    auto_buf der = alice_der();

    (void)state;
    for (size_t len = 0; len < der.len; len++) {
        struct err err = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(der.at, len));
        assert_null(cert_from_der(bytes_of(exact, len), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        free(exact);
    }
}

static void parse_refuses_bytes_behind_the_end(void **state)
{
    struct err err = { 0 };
    auto_buf der = alice_der();

    (void)state;
    buf_add_u8(&der, 0);
    assert_null(cert_from_der(buf_bytes(&der), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

/* The same certificate with the length of its outer SEQUENCE in a longer form, which BER allows. */
static void parse_refuses_a_second_spelling(void **state)
{
    struct err err = { 0 };
    auto_buf der = alice_der();
    auto_buf longer = { 0 };

    (void)state;
    assert_memory_equal(der.at, "\x30\x82", 2);
    buf_add(&longer, BYTES_LITERAL("\x30\x83\x00"));
    buf_add(&longer, bytes_of(der.at + 2, der.len - 2));
    assert_null(cert_from_der(buf_bytes(&longer), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

static void parse_refuses_lengths_beyond_the_input(void **state)
{
    static const char *const heads[] = {
        "3084ffffffff",         "30847fffffff", "3088ffffffffffffffff",
        "30887fffffffffffffff", "3080",         "30ff"
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        struct err err = { 0 };
        auto_buf head = test_unhex(heads[i]);
        assert_null(cert_from_der(buf_bytes(&head), &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
    }
    struct err err = { 0 };
    assert_null(cert_from_der(BYTES_NONE, &err));
    assert_null(cert_from_der(bytes_of("\x30", (size_t)UINT32_MAX + 2), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

static void parse_refuses_a_validity_that_is_no_time(void **state)
{
    struct err err = { 0 };
    auto_buf der = alice_der();
    uint8_t *const not_after = memmem(der.at, der.len, "461118135432Z", 13);

    (void)state;
    assert_non_null(not_after);
    memcpy(not_after, "461318135432Z", 13); /* the thirteenth month */
    assert_null(cert_from_der(buf_bytes(&der), &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    memcpy(not_after, "461218135432Z", 13);
    auto_cert *cert = cert_from_der(buf_bytes(&der), &err);
    assert_ok(cert != NULL, &err);
    assert_false(cert_issued_by(cert, cert)); /* the signature was over the other time */
}

static void unknown_public_key_is_named_as_such(void **state)
{
    struct err err = { 0 };
    auto_buf der = alice_der();
    uint8_t *const curve = memmem(der.at, der.len, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8);

    (void)state;
    assert_non_null(curve);
    curve[7] = 0x7f;
    auto_cert *cert = cert_from_der(buf_bytes(&der), &err);
    assert_ok(cert != NULL, &err);
    assert_null(cert_public_key(cert, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    assert_false(cert_issued_by(cert, cert));
}

static void issued_by_wants_name_and_signature(void **state)
{
    const struct world *const w = *state;
    struct err err = { 0 };
    const struct cert_template named = { .subject.common_name = BYTES_LITERAL("other name") };
    auto_cert *other_name = cert_issue(&named, w->issuer_key, NULL, w->issuer_key, WORLD_NOW, &err);
    auto_cert *other_key = cert_issue_ca("MarbleRun Coordinator - Intermediate CA", NULL, 0,
                                         w->subject_key, NULL, w->subject_key, WORLD_NOW, &err);
    const struct cert_template t = { 0 };
    auto_cert *leaf = issue(w, &t);

    assert_true(cert_issued_by(leaf, w->issuer));
    assert_false(cert_issued_by(leaf, other_name));
    assert_false(cert_issued_by(leaf, other_key));
    assert_false(cert_issued_by(leaf, leaf));
}

static void certificate_lives_as_long_as_its_last_reference(void **state)
{
    struct err err = { 0 };
    auto_buf der = alice_der();
    struct cert *const first = cert_from_der(buf_bytes(&der), &err);
    auto_cert *second = cert_ref(first);

    (void)state;
    assert_ptr_equal(first, second);
    cert_free(first);
    assert_bytes_equal(cert_der(second), buf_bytes(&der));
    cert_free(NULL);
}

static void issued_certificates_parse_to_the_same_bytes(void **state)
{
    const struct world *const w = *state;
    struct err err = { 0 };
    auto_cert *again = cert_from_der(cert_der(w->issuer), &err);

    assert_ok(again != NULL, &err);
    assert_bytes_equal(cert_der(again), cert_der(w->issuer));
    assert_int_equal(cert_not_after(again), cert_not_after(w->issuer));
    assert_bytes_equal(cert_subject_key_id(again), cert_subject_key_id(w->issuer));
}

static void coordinator_root_has_its_profile(void **state)
{
    struct err err = { 0 };
    const struct bytes names[] = { T("one.example"), T("192.0.2.5"), T("two.example"),
                                   T("2001:db8::7") };
    auto_key *key = key_generate(KEY_ECDSA, 384, &err);
    auto_cert *root = cert_issue_ca("MarbleRun Coordinator", names, COUNT_OF(names), key, NULL, key,
                                    WORLD_NOW, &err);
    assert_ok(root != NULL, &err);
    auto_string *id = hex_of(cert_subject_key_id(root));
    auto_string *id_line = mem_printf("2.5.29.14 0 0414%s", id);
    const char *const lines[] = {
        "2.5.29.15 1 03020284",
        "2.5.29.37 0 301406082b0601050507030106082b06010505070302",
        "2.5.29.19 1 30030101ff",
        id_line,
        "2.5.29.17 0 304a820b6f6e652e6578616d706c65820b74776f2e6578616d706c6587047f000001"
        "8710000000000000000000000000000000018704c0000205871020010db8000000000000000000000007",
    };

    (void)state;
    assert_extensions(root, lines, (int)COUNT_OF(lines));
    auto_string *subject = subject_hex(root);
    assert_string_equal(subject, "3020311e301c060355040313154d6172626c6552756e20436f6f7264696e61"
                                 "746f72");
    assert_int_equal(cert_not_after(root), WORLD_NOW + INT64_C(9223372036));
    assert_true(cert_issued_by(root, root));
    X509 *const x509 = parsed(root);
    assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x509)), V_ASN1_GENERALIZEDTIME);
    assert_int_equal(X509_get_signature_nid(x509), NID_ecdsa_with_SHA384);

    /* RFC 7093, 2, method 1 */
    uint8_t hash[SHA256_LEN];
    const ASN1_BIT_STRING *const bits = X509_get0_pubkey_bitstr(x509);
    assert_int_equal(ASN1_STRING_length(bits), 97);
    assert_ok(sha256(bytes_of(ASN1_STRING_get0_data(bits), 97), hash, &err), &err);
    assert_bytes_equal(cert_subject_key_id(root), bytes_of(hash, 20));
    X509_free(x509);
}

static void intermediate_and_marble_root_stand_in_for_each_other(void **state)
{
    struct err err = { 0 };
    static const char name[] = "MarbleRun Coordinator - Intermediate CA";
    const struct bytes host = T("localhost");
    auto_key *root_key = key_generate(KEY_ECDSA, 384, &err);
    auto_key *key = key_generate(KEY_ECDSA, 384, &err);
    auto_cert *root =
        cert_issue_ca("MarbleRun Coordinator", &host, 1, root_key, NULL, root_key, WORLD_NOW, &err);
    auto_cert *intermediate = cert_issue_ca(name, &host, 1, key, root, root_key, WORLD_NOW, &err);
    auto_cert *marble_root = cert_issue_ca(name, &host, 1, key, NULL, key, WORLD_NOW, &err);
    const struct cert_template t = { 0 };
    auto_cert *leaf = cert_issue(&t, key, marble_root, key, WORLD_NOW, &err);
    assert_ok(leaf != NULL, &err);
    auto_string *root_id = hex_of(cert_subject_key_id(root));
    auto_string *authority = mem_printf("2.5.29.35 0 30168014%s", root_id);
    X509 *const x509 = parsed(intermediate);
    auto_string *line = extension_line(x509, 4);

    (void)state;
    X509_free(x509);
    assert_string_equal(line, authority);
    assert_true(cert_issued_by(intermediate, root));
    assert_true(cert_issued_by(marble_root, marble_root));
    assert_false(cert_issued_by(marble_root, root));
    assert_false(cert_issued_by(root, intermediate));
    assert_bytes_equal(cert_subject_key_id(intermediate), cert_subject_key_id(marble_root));
    assert_true(cert_issued_by(leaf, marble_root));
    assert_true(cert_issued_by(leaf, intermediate));
    assert_false(cert_issued_by(leaf, root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_reads_every_field),
        cmocka_unit_test(parse_refuses_every_prefix),
        cmocka_unit_test(parse_refuses_bytes_behind_the_end),
        cmocka_unit_test(parse_refuses_a_second_spelling),
        cmocka_unit_test(parse_refuses_lengths_beyond_the_input),
        cmocka_unit_test(parse_refuses_a_validity_that_is_no_time),
        cmocka_unit_test(unknown_public_key_is_named_as_such),
        cmocka_unit_test(issued_by_wants_name_and_signature),
        cmocka_unit_test(certificate_lives_as_long_as_its_last_reference),
        cmocka_unit_test(issued_certificates_parse_to_the_same_bytes),
        cmocka_unit_test(coordinator_root_has_its_profile),
        cmocka_unit_test(intermediate_and_marble_root_stand_in_for_each_other),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, world_up, world_down);
}
