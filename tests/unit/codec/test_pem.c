/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "codec/text.h"

#include <time.h>

/* All blocks of a text as "label=contents;". */
static void add_blocks(struct buf *found, struct bytes text)
{
    auto_pem_block block = { 0 };

    while (pem_next(&text, &block)) {
        buf_add(found, block.label);
        buf_add_u8(found, '=');
        buf_add(found, buf_bytes(&block.der));
        buf_add_u8(found, ';');
    }
}

static void pem_encode_writes_64_columns_and_a_final_newline(void **state)
{
    uint8_t der[49] = { 0 };
    auto_buf out = { 0 };

    (void)state;
    pem_encode(&out, "PUBLIC KEY", bytes_of(der, 48));
    assert_bytes_equal(
        buf_bytes(&out),
        BYTES_LITERAL("-----BEGIN PUBLIC KEY-----\n"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                      "-----END PUBLIC KEY-----\n"));
    buf_clear(&out);
    pem_encode(&out, "X", bytes_of(der, 49));
    assert_bytes_equal(
        buf_bytes(&out),
        BYTES_LITERAL("-----BEGIN X-----\n"
                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
                      "AA==\n"
                      "-----END X-----\n"));
    buf_clear(&out);
    pem_encode(&out, "X", BYTES_NONE);
    assert_bytes_equal(buf_bytes(&out), BYTES_LITERAL("-----BEGIN X-----\n-----END X-----\n"));
}

static void pem_next_follows_the_rules_of_encoding_pem(void **state)
{
    static const struct {
        const char *text, *blocks;
    } rows[] = {
        { "", "" },
        { "no block", "" },
        { "-----BEGIN A-----\nQUJD\n-----END A-----\n", "A=ABC;" },
        { "-----BEGIN A-----\nQUJD\n-----END A-----", "A=ABC;" },
        { "-----BEGIN A-----\r\nQUJD\r\n-----END A-----\r\n", "A=ABC;" },
        { "-----BEGIN A----- \t\n QU\tJ\nD \n-----END A----- \n", "A=ABC;" },
        { "-----BEGIN A-----\n-----END A-----\n", "A=;" },
        { "-----BEGIN A B-----\nQQ==\n-----END A B-----\n", "A B=A;" },
        { "text\n-----BEGIN A-----\nQUJD\n-----END A-----\ntext\n", "A=ABC;" },
        { "-----BEGIN A-----\nQQ==\n-----END A-----\n-----BEGIN B-----\nQg==\n-----END B-----\n",
          "A=A;B=B;" },
        /* headers */
        { "-----BEGIN A-----\nK: v\nL: w\n\nQUJD\n-----END A-----\n", "A=ABC;" },
        { "-----BEGIN A-----\nK: v\nQUJD\n-----END A-----\n", "A=ABC;" },
        { "-----BEGIN A-----\nK: v\n\n-----END A-----\n", "A=;" },
        { "-----BEGIN A-----\nK: v\n-----END A-----\n", "" },
        { "-----BEGIN A-----\nQUJD\nK: v\n-----END A-----\n", "" },
        /* malformed candidates are skipped */
        { " -----BEGIN A-----\nQUJD\n-----END A-----\n", "" },
        { "x-----BEGIN A-----\nQUJD\n-----END A-----\n", "" },
        { "-----BEGIN A----\nQUJD\n-----END A-----\n", "" },
        { "-----BEGIN A-----x\nQUJD\n-----END A-----\n", "" },
        { "-----BEGINA-----\nQUJD\n-----ENDA-----\n", "" },
        { "-----BEGIN A-----\nQUJD\n-----END B-----\n", "" },
        { "-----BEGIN A-----\nQUJD\n-----END A-----x\n", "" },
        { "-----BEGIN A-----\nQUJD-----END A-----\n", "" },
        { "-----BEGIN A-----\nQU*D\n-----END A-----\n", "" },
        { "-----BEGIN A-----\nQUJ\n-----END A-----\n", "" },
        { "-----BEGIN A-----\nQUJD\n", "" },
        { "-----BEGIN A-----", "" },
        { "-----BEGIN ", "" },
        { "-----BEGIN -", "" },
        { "-----BEGIN A-----\nQUJ\n-----END A-----\n-----BEGIN B-----\nQg==\n-----END B-----\n",
          "B=B;" },
        { "-----BEGIN A-----\nQUJD\n-----END B-----\n-----BEGIN B-----\nQg==\n-----END B-----\n",
          "B=B;" },
        { "-----BEGIN A-----\nQUJD\n-----BEGIN B-----\nQg==\n-----END B-----\n", "B=B;" },
        { "-----BEGIN A-----\nQUJD\n-----BEGIN A-----\nQg==\n-----END A-----\n", "A=B;" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf found = { 0 };
        add_blocks(&found, bytes_of_string(rows[i].text));
        buf_add_u8(&found, 0);
        if (strcmp((const char *)found.at, rows[i].blocks) != 0)
            fail_msg("%s: found %s", rows[i].text, (const char *)found.at);
    }
}

static void pem_next_moves_behind_the_block_or_not_at_all(void **state)
{
    struct bytes text = BYTES_LITERAL("-----BEGIN A-----\nQUJD\n-----END A-----\nrest");
    auto_pem_block block = { 0 };

    (void)state;
    assert_true(pem_next(&text, &block));
    assert_bytes_equal(text, BYTES_LITERAL("rest"));
    assert_false(pem_next(&text, &block));
    assert_bytes_equal(text, BYTES_LITERAL("rest"));
    assert_int_equal(block.der.len, 0);
}

static void pem_next_reads_what_pem_encode_wrote(void **state)
{
    uint8_t der[200];

    (void)state;
    for (size_t i = 0; i < sizeof der; i++)
        der[i] = (uint8_t)(i * 89 + 7);
    for (size_t len = 0; len <= sizeof der; len++) {
        auto_buf text = { 0 };
        auto_pem_block block = { 0 };
        pem_encode(&text, "CERTIFICATE", bytes_of(der, len));
        struct bytes rest = buf_bytes(&text);
        assert_true(pem_next(&rest, &block));
        assert_int_equal(rest.len, 0);
        assert_true(bytes_equal_string(block.label, "CERTIFICATE"));
        assert_bytes_equal(buf_bytes(&block.der), bytes_of(der, len));
    }
}

static void pem_next_refuses_every_prefix(void **state)
{
    const struct bytes whole = BYTES_LITERAL("-----BEGIN A-----\nK: v\n\nQUJD\n-----END A-----");

    (void)state;
    for (size_t len = 0; len <= whole.len; len++) {
        uint8_t *const exact = malloc(len > 0 ? len : 1);
        auto_pem_block block = { 0 };
        memcpy(exact, whole.at, len);
        struct bytes text = bytes_of(exact, len);
        assert_int_equal(pem_next(&text, &block), len == whole.len);
        free(exact);
    }
}

/* A text of false beginnings must not be searched again for each of them. */
static void pem_next_goes_through_a_text_once(void **state)
{
    auto_buf text = { 0 };
    auto_pem_block block = { 0 };

    (void)state;
    while (text.len < 8u << 20)
        buf_add_string(&text, "-----BEGIN A-----\n");
    struct bytes rest = buf_bytes(&text);
    const clock_t start = clock();
    assert_false(pem_next(&rest, &block));
    /* Milliseconds when linear; hours when not. */
    assert_true((clock() - start) / CLOCKS_PER_SEC < 10);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pem_encode_writes_64_columns_and_a_final_newline),
    cmocka_unit_test(pem_next_follows_the_rules_of_encoding_pem),
    cmocka_unit_test(pem_next_moves_behind_the_block_or_not_at_all),
    cmocka_unit_test(pem_next_reads_what_pem_encode_wrote),
    cmocka_unit_test(pem_next_refuses_every_prefix),
    cmocka_unit_test(pem_next_goes_through_a_text_once),
};

TEST_MAIN(tests)
