/* SPDX-License-Identifier: Apache-2.0 */
#include "test_certs.h"

#include "crypto/csr.h"
#include "test_keys.h"

static const struct text_list no_texts = { true, 0, NULL };

static struct buf made(struct key *key, const struct text_list *dns_names,
                       const struct text_list *ip_addresses)
{
    struct err err = { 0 };
    struct buf der = { 0 };

    assert_ok(csr_make(key, dns_names, ip_addresses, &der, &err), &err);
    return der;
}

static struct key *root_key(void)
{
    auto_buf pkcs8 = test_unhex(ROOT_PKCS8);
    struct err err = { 0 };
    struct key *const key = key_from_private_pkcs8(buf_bytes(&pkcs8), &err);

    assert_ok(key != NULL, &err);
    return key;
}

/* All in front of the signature, which is a BIT STRING in DER of its own. */
static void assert_request(const struct buf *der, const char *signed_part)
{
    auto_buf info = test_unhex(signed_part);
    auto_buf algorithm =
        test_unhex("300a06082a8648ce3d040303"); /* ecdsa-with-SHA384, no parameters */
    const size_t header = der->at[1] == 0x82 ? 4 : 3;
    const size_t rest = header + info.len + algorithm.len;

    assert_int_equal(der->at[0], 0x30);
    assert_true(der->len > rest + 4);
    assert_bytes_equal(bytes_of(der->at + header, info.len), buf_bytes(&info));
    assert_bytes_equal(bytes_of(der->at + header + info.len, algorithm.len), buf_bytes(&algorithm));
    assert_int_equal(der->at[rest], 0x03);
    assert_int_equal(der->at[rest + 1], der->len - rest - 2);
}

/* marble-api.md 6.3: version 0, empty subject, the key, extensionRequest with a SAN that is not critical. */
static void make_gives_the_request_of_a_marble_byte_by_byte(void **state)
{
    const struct text_list dns = TEXTS(T("a.example"));
    const struct text_list ips = TEXTS(T("\x7f\0\0\1"), T("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
    auto_key *key = root_key();
    auto_buf der = made(key, &dns, &ips);

    (void)state;
    assert_request(&der, "3081be 020100 3000" ROOT_SPKI "a03f 303d 06092a864886f70d01090e 3130 302e"
                         "302c 0603551d11 0425 3023 8209612e6578616d706c65 87047f000001"
                         "871000000000000000000000000000000001");
}

static void make_without_names_asks_for_no_extension(void **state)
{
    static const struct text_list absent = { 0 };
    auto_key *key = root_key();
    auto_buf empty = made(key, &no_texts, &no_texts);
    auto_buf none = made(key, &absent, &absent);

    (void)state;
    assert_request(&empty, "307f 020100 3000" ROOT_SPKI "a000");
    assert_request(&none, "307f 020100 3000" ROOT_SPKI "a000");
}

static void request_is_read_back_with_its_names_in_their_order(void **state)
{
    const struct text_list dns = TEXTS(T("b.example"), T("a.example"), T("*.c.example"));
    const struct text_list ips = TEXTS(T("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), T("\xc0\0\2\1"),
                                       T("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\2"));
    static const struct {
        enum key_type type;
        unsigned bits;
    } kinds[] = { { KEY_ECDSA, 256 },
                  { KEY_ECDSA, 384 },
                  { KEY_ECDSA, 521 },
                  { KEY_ED25519, 0 },
                  { KEY_RSA, 1024 } };

    (void)state;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct err err = { 0 };
        struct cert_template t;
        auto_arena arena = { 0 };
        auto_key *key = test_key(kinds[k].type, kinds[k].bits);
        auto_buf der = made(key, &dns, &ips);
        assert_ok(csr_read(buf_bytes(&der), &arena, &t, &err), &err);
        assert_int_equal(t.dns_names.count, 3);
        for (size_t i = 0; i < 3; i++)
            assert_bytes_equal(t.dns_names.at[i], dns.at[i]);
        assert_int_equal(t.ip_addresses.count, 3);
        assert_bytes_equal(t.ip_addresses.at[0], ips.at[0]);
        assert_bytes_equal(t.ip_addresses.at[1], ips.at[1]);
        assert_bytes_equal(t.ip_addresses.at[2], BYTES_LITERAL("\xc0\0\2\2"));
        assert_int_equal(t.subject.country.count + t.subject.organizational_unit.count, 0);
    }
}

static void every_prefix_of_a_request_is_refused(void **state)
{
    const struct text_list dns = TEXTS(T("localhost"));
    auto_key *key = root_key();
    auto_buf der = made(key, &dns, &no_texts);

    (void)state;
    for (size_t len = 0; len <= der.len; len++) {
        struct err err = { 0 };
        struct cert_template t;
        auto_arena arena = { 0 };
        uint8_t *const exact = bytes_copy(bytes_of(der.at, len));
        assert_int_equal(csr_read(bytes_of(exact, len), &arena, &t, &err), len == der.len);
        free(exact);
    }
}

static void entries_that_cannot_be_encoded_are_named(void **state)
{
    const struct {
        struct text_list dns, ips;
        const char *text;
    } rows[] = {
        { TEXTS(T("a.example"), T("b\xc3\xbc.example")), TEXTS(T("\x7f\0\0\1")),
          "DNSNames[1]: not ASCII" },
        { TEXTS(T("a.example")), TEXTS(T("\x7f\0\0\1"), T("\x7f\0\0\1\2")),
          "IPAddresses[1]: 5 bytes are not an IP address" },
        { TEXTS(T("a.example")), TEXTS(T("")), "IPAddresses[0]: 0 bytes are not an IP address" },
    };
    auto_key *key = root_key();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err err = { 0 };
        auto_buf der = { 0 };
        assert_false(csr_make(key, &rows[i].dns, &rows[i].ips, &der, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        assert_string_equal(err.text, rows[i].text);
        assert_int_equal(der.len, 0);
    }
}

static void request_is_appended_or_nothing_is(void **state)
{
    auto_key *key = root_key();
    auto_buf spki = test_unhex(ROOT_SPKI), der = { 0 };
    struct err err = { 0 };
    auto_key *public = key_from_public_der(buf_bytes(&spki), &err);

    (void)state;
    buf_add_string(&der, "abc");
    assert_false(csr_make(public, &no_texts, &no_texts, &der, &err));
    assert_int_equal(err.kind, FAIL_INTERNAL);
    assert_bytes_equal(buf_bytes(&der), BYTES_LITERAL("abc"));
    assert_ok(csr_make(key, &no_texts, &no_texts, &der, &err), &err);
    assert_true(bytes_start_with(buf_bytes(&der), BYTES_LITERAL("abc\x30")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(make_gives_the_request_of_a_marble_byte_by_byte),
        cmocka_unit_test(make_without_names_asks_for_no_extension),
        cmocka_unit_test(request_is_read_back_with_its_names_in_their_order),
        cmocka_unit_test(every_prefix_of_a_request_is_refused),
        cmocka_unit_test(entries_that_cannot_be_encoded_are_named),
        cmocka_unit_test(request_is_appended_or_nothing_is),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
