/* SPDX-License-Identifier: Apache-2.0 */
#include "test_certs.h"

#include "crypto/csr.h"
#include "crypto/internal.h"

static void add_name(X509_NAME *name, const char *field, int type, const char *value, int set)
{
    assert_int_equal(X509_NAME_add_entry_by_txt(name, field, type, (const uint8_t *)value,
                                                (int)strlen(value), -1, set),
                     1);
}

/* A request as a client may make it: everything that is kept, and some of what is not. */
static struct buf request_der(const struct key *key, const char *names)
{
    struct buf der = { 0 };
    X509_REQ *const request = X509_REQ_new();
    X509_NAME *const subject = X509_REQ_get_subject_name(request);
    STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();

    add_name(subject, "C", V_ASN1_PRINTABLESTRING, "DE", 0);
    add_name(subject, "ST", V_ASN1_UTF8STRING, "BE", 0);
    add_name(subject, "L", V_ASN1_T61STRING, "K\xf6ln", 0);
    add_name(subject, "street", V_ASN1_UTF8STRING, "Main St 1", 0);
    add_name(subject, "postalCode", V_ASN1_UTF8STRING, "10115", 0);
    add_name(subject, "O", V_ASN1_UTF8STRING, "dropped", 0);
    add_name(subject, "OU", V_ASN1_UTF8STRING, "Ops", 0);
    add_name(subject, "OU", V_ASN1_UTF8STRING, "Dev", -1);
    add_name(subject, "CN", V_ASN1_UTF8STRING, "dropped", 0);
    add_name(subject, "serialNumber", V_ASN1_PRINTABLESTRING, "S-1", 0);
    add_name(subject, "title", V_ASN1_UTF8STRING, "dropped", 0);
    if (names != NULL) {
        auto_buf value = test_unhex(names);
        ASN1_OCTET_STRING *const string = ASN1_OCTET_STRING_new();
        ASN1_STRING_set(string, value.at, (int)value.len);
        X509_EXTENSION *const extension =
            X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, string);
        ASN1_OCTET_STRING_free(string);
        sk_X509_EXTENSION_push(extensions, extension);
        assert_int_equal(X509_REQ_add_extensions(request, extensions), 1);
    }
    assert_int_equal(X509_REQ_set_pubkey(request, key_pkey(key)), 1);
    assert_true(X509_REQ_sign(request, key_pkey(key), EVP_sha256()) > 0);
    uint8_t *encoded = NULL;
    const int len = i2d_X509_REQ(request, &encoded);
    buf_add(&der, bytes_of(encoded, (size_t)len));
    OPENSSL_free(encoded);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    X509_REQ_free(request);
    return der;
}

/* DNS a.example, e-mail x@y, IP 192.0.2.1, URI s:, DNS b.example, IP 2001:db8::1 */
#define SOME_NAMES                                                                                 \
    "3037 8209612e6578616d706c65 8103784079 8704c0000201 8602733a 8209622e6578616d706c65"          \
    "8710 20010db8000000000000000000000001"

static void assert_one(const struct text_list *list, const char *text)
{
    assert_int_equal(list->count, 1);
    assert_bytes_equal(list->at[0], bytes_of_string(text));
}

static void read_keeps_what_marbles_may_ask_for(void **state)
{
    const struct world *const w = *state;
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };
    auto_buf der = request_der(w->subject_key, SOME_NAMES);

    assert_ok(csr_read(buf_bytes(&der), &arena, &t, &err), &err);
    assert_one(&t.subject.country, "DE");
    assert_one(&t.subject.province, "BE");
    assert_one(&t.subject.locality, "K\xc3\xb6ln");
    assert_one(&t.subject.street_address, "Main St 1");
    assert_one(&t.subject.postal_code, "10115");
    assert_int_equal(t.subject.organizational_unit.count, 2);
    assert_bytes_equal(t.subject.serial_number, BYTES_LITERAL("S-1"));
    assert_int_equal(t.subject.organization.count, 0);
    assert_int_equal(t.subject.common_name.len, 0);
    assert_int_equal(t.subject.extra_count, 0);
    assert_true(t.dns_names.present && t.ip_addresses.present);
    assert_int_equal(t.dns_names.count, 2);
    assert_bytes_equal(t.dns_names.at[1], BYTES_LITERAL("b.example"));
    assert_int_equal(t.ip_addresses.count, 2);
    assert_bytes_equal(t.ip_addresses.at[0], BYTES_LITERAL("\xc0\0\2\1"));
    assert_int_equal(t.email_addresses.count + t.uris.count, 0);
}

/* marble-api.md 3.6: the leaf of a Marble, from the template that a request gives. */
static void marble_leaf_has_its_profile(void **state)
{
    const struct world *const w = *state;
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };
    auto_buf der = request_der(w->subject_key, SOME_NAMES);
    const struct cert_extra_extension type = { BYTES_LITERAL("1.3.9903.2.1"),
                                               BYTES_LITERAL("backend"), false };
    static const char uuid[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    struct bytes value;

    assert_ok(csr_read(buf_bytes(&der), &arena, &t, &err), &err);
    t.subject.common_name = bytes_of_string(uuid);
    t.has_not_after = true;
    t.not_after = WORLD_NOW + CERT_FOREVER_SECONDS;
    t.key_usage = CERT_USAGE_SIGNATURE | CERT_USAGE_KEY_AGREEMENT;
    t.extension_count = 1;
    t.extensions = &type;
    auto_cert *leaf = issue(w, &t);
    auto_string *subject = subject_text(leaf);
    auto_string *issuer_id = hex_of(cert_subject_key_id(w->issuer));
    auto_string *authority = mem_printf("2.5.29.35 0 30168014%s", issuer_id);
    const char *const lines[] = {
        "2.5.29.15 1 03020388",
        "2.5.29.37 0 301406082b0601050507030106082b06010505070302",
        "2.5.29.19 1 3000",
        authority,
        "2.5.29.17 0 302e8209612e6578616d706c658209622e6578616d706c658704c0000201"
        "871020010db8000000000000000000000001",
        "1.3.9903.2.1 0 6261636b656e64",
    };
    assert_extensions(leaf, lines, (int)COUNT_OF(lines));
    assert_string_equal(subject, "C=DE,ST=BE,L=K\xc3\xb6ln,street=Main St 1,postalCode=10115,"
                                 "OU=Dev+OU=Ops,CN=6ba7b810-9dad-11d1-80b4-00c04fd430c8,"
                                 "serialNumber=S-1");
    assert_bytes_equal(cert_common_name(leaf), bytes_of_string(uuid));
    assert_true(cert_extension(leaf, "1.3.9903.2.1", &value));
    assert_bytes_equal(value, BYTES_LITERAL("backend"));
    assert_false(cert_extension(leaf, "1.3.9903.2.2", &value));
    assert_true(cert_allows_server_auth(leaf));
    assert_int_equal(cert_not_before(leaf), WORLD_NOW);
}

static void request_without_names_gets_none(void **state)
{
    const struct world *const w = *state;
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };
    auto_buf der = request_der(w->subject_key, NULL);

    assert_ok(csr_read(buf_bytes(&der), &arena, &t, &err), &err);
    assert_true(t.dns_names.present && t.ip_addresses.present);
    assert_int_equal(t.dns_names.count + t.ip_addresses.count, 0);
}

static void read_refuses_every_prefix(void **state)
{
    const struct world *const w = *state;
    auto_buf der = request_der(w->subject_key, SOME_NAMES);

    for (size_t len = 0; len <= der.len; len++) {
        struct err err = { 0 };
        struct cert_template t;
        auto_arena arena = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(der.at, len));
        assert_int_equal(csr_read(bytes_of(exact, len), &arena, &t, &err), len == der.len);
        assert_int_equal(err.kind, len == der.len ? FAIL_NONE : FAIL_MALFORMED);
        free(exact);
    }
}

static void read_refuses_a_changed_request(void **state)
{
    const struct world *const w = *state;
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };
    auto_buf der = request_der(w->subject_key, SOME_NAMES);
    uint8_t *const name = memmem(der.at, der.len, "a.example", 9);

    assert_non_null(name);
    name[0] = 'z';
    assert_false(csr_read(buf_bytes(&der), &arena, &t, &err));
    assert_int_equal(err.kind, FAIL_DENIED);
}

static void read_refuses_bytes_behind_the_end_and_malformed_names(void **state)
{
    const struct world *const w = *state;
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };
    auto_buf der = request_der(w->subject_key, SOME_NAMES);
    auto_buf bad = request_der(w->subject_key, "30058209");

    buf_add_u8(&der, 0);
    assert_false(csr_read(buf_bytes(&der), &arena, &t, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
    err = (struct err){ 0 };
    assert_false(csr_read(buf_bytes(&bad), &arena, &t, &err));
    assert_int_equal(err.kind, FAIL_MALFORMED);
}

/* A request signed by its key, for what libcrypto can make and a Marble may send. */
static void assert_key(EVP_PKEY *owned, bool accepted, const char *what)
{
    auto_key *key = key_of_pkey(owned);
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };

    assert_non_null(key);
    auto_buf der = request_der(key, SOME_NAMES);
    if (csr_read(buf_bytes(&der), &arena, &t, &err) != accepted)
        fail_msg("%s: %s", what, accepted ? err.text : "accepted");
    assert_int_equal(err.kind, accepted ? FAIL_NONE : FAIL_MALFORMED);
}

static EVP_PKEY *curve_key(const char *curve, const char *encoding)
{
    char name[32], form[32];
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    (void)snprintf(name, sizeof name, "%s", curve);
    (void)snprintf(form, sizeof form, "%s", encoding);
    const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("group", name, 0),
                                  OSSL_PARAM_construct_utf8_string("encoding", form, 0),
                                  OSSL_PARAM_construct_end() };
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static EVP_PKEY *rsa_key(const char *type, uint64_t exponent)
{
    EVP_PKEY_CTX *const ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    BIGNUM *const e = BN_new();
    EVP_PKEY *key = NULL;

    assert_int_equal(BN_set_word(e, exponent), 1);
    if (exponent == 0)
        assert_int_equal(BN_set_bit(e, 64) & BN_set_bit(e, 0), 1);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    EVP_PKEY_CTX_free(ctx);
    BN_free(e);
    return key;
}

/* What is refused here is refused before libcrypto computes with it. */
static void read_takes_keys_of_bounded_work_only(void **state)
{
    static const char *const curves[] = { "P-224", "P-256",     "P-384",
                                          "P-521", "secp256k1", "brainpoolP384r1" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(curves); i++) {
        assert_key(curve_key(curves[i], "named_curve"), true, curves[i]);
        assert_key(curve_key(curves[i], "explicit"), false, curves[i]);
    }
    assert_key(rsa_key("RSA", 3), true, "exponent 3");
    assert_key(rsa_key("RSA", 65537), true, "exponent 65537");
    assert_key(rsa_key("RSA", 0), false, "exponent 2^64 + 1");
    assert_key(rsa_key("RSA-PSS", 65537), false, "RSA-PSS");
}

/*
 * y^2 = x^3 + 7 modulo 141 * 2^640 + 1, with compressed points: roots modulo such a prime take long. Its signature
 * is none.
 */
static const char made_up_curve[] =
    "308202423082022702010030003082021c308201c306072a8648ce3d0201308201b6020101305d06072a8648"
    "ce3d01010252008d000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000001"
    "3081a60451000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000451"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000704520200000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000000000000000000008025200edc8fc90c4753e33"
    "45fac46808c4af5f7bab4d0b84723f2e4cbb4335d35ca2b22f6ba6b6bda58c458088921926a0c88ba1ce5064"
    "de356899431c0fac56ed7f3766d091b226de89e2aba46aa639a797de25020101035300020000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000008a000300a06082a8648ce3d04030203"
    "09003006020105020107";

/* 600 bytes of a curve that nobody knows once cost a third of a second. */
static void read_does_not_compute_on_curves_that_a_marble_made_up(void **state)
{
    auto_buf der = test_unhex(made_up_curve);
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };
    struct timespec before, after;

    (void)state;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    assert_false(csr_read(buf_bytes(&der), &arena, &t, &err));
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    assert_string_equal(err.text, "certificate request: not DER, or not a key of a known kind");
    assert_true((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec <
                20000000);
}

static void read_refuses_more_than_its_limit(void **state)
{
    const struct world *const w = *state;
    auto_buf der = request_der(w->subject_key, SOME_NAMES);
    struct err err = { 0 };
    struct cert_template t;
    auto_arena arena = { 0 };

    memset(buf_grow(&der, CSR_MAX + 1 - der.len), 0, CSR_MAX + 1 - der.len);
    assert_false(csr_read(buf_bytes(&der), &arena, &t, &err));
    assert_string_equal(err.text, "certificate request: 65537 bytes");
    err = (struct err){ 0 };
    assert_false(csr_read(bytes_of(der.at, CSR_MAX), &arena, &t, &err));
    assert_string_equal(err.text, "certificate request: bytes behind its end");
}

static void server_authentication_follows_the_extended_usage(void **state)
{
    static const struct {
        size_t count;
        int64_t usage;
        bool allowed;
    } rows[] = { { 0, 0, true }, { 1, 0, true }, { 1, 1, true }, { 1, 2, false }, { 1, 9, false } };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct cert_template t = { .has_ext_key_usage = true,
                                         .ext_key_usage_count = rows[i].count,
                                         .ext_key_usage = &rows[i].usage };
        auto_cert *cert = issue(*state, &t);
        assert_int_equal(cert_allows_server_auth(cert), rows[i].allowed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_keeps_what_marbles_may_ask_for),
        cmocka_unit_test(marble_leaf_has_its_profile),
        cmocka_unit_test(request_without_names_gets_none),
        cmocka_unit_test(read_refuses_every_prefix),
        cmocka_unit_test(read_refuses_a_changed_request),
        cmocka_unit_test(read_refuses_bytes_behind_the_end_and_malformed_names),
        cmocka_unit_test(read_takes_keys_of_bounded_work_only),
        cmocka_unit_test(read_does_not_compute_on_curves_that_a_marble_made_up),
        cmocka_unit_test(read_refuses_more_than_its_limit),
        cmocka_unit_test(server_authentication_follows_the_extended_usage),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, world_up, world_down);
}
