/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "attestation/snp_report.h"
#include "attestation/verify.h"
#include "snp_scene.h"

static bool parses(const uint8_t report[static SNP_REPORT_LEN])
{
    struct snp_report parsed;
    struct err err = { 0 };
    const bool parsed_it = snp_report_parse(bytes_of(report, SNP_REPORT_LEN), &parsed, &err);

    assert_int_equal(err.kind, parsed_it ? FAIL_NONE : FAIL_MALFORMED);
    return parsed_it;
}

/* Every byte another one, where the format allows it. */
static void fill(uint8_t report[static SNP_REPORT_LEN])
{
    static const struct {
        size_t at, len;
    } zeros[] = { { 0x4c, 4 },  { 0x18b, 21 },  { 0x1eb, 1 },
                  { 0x1ef, 1 }, { 0x208, 152 }, { 0x330, 368 } };

    for (size_t i = 0; i < SNP_REPORT_LEN; i++)
        report[i] = (uint8_t)(i * 7 + i / 256);
    for (size_t i = 0; i < COUNT_OF(zeros); i++)
        memset(report + zeros[i].at, 0, zeros[i].len);
    memcpy(report, "\x05\0\0\0", 4);
    memcpy(report + AT_POLICY, "\x1f\x00\x0b\x03\0\0\0\0", 8); /* with debugging */
    memcpy(report + AT_KEY_INFO, "\x07\0\0\0", 4);             /* VLEK, masked, author key */
    memcpy(report + AT_CPUID, "\x1a\x11\x02", 3);
}

static void snp_report_parse_gives_every_field(void **state)
{
    uint8_t raw[SNP_REPORT_LEN];
    struct snp_report r;
    struct err err = { 0 };
    (void)state;

    fill(raw);
    assert_ok(snp_report_parse(bytes_of(raw, sizeof raw), &r, &err), &err);
    const struct {
        struct bytes is;
        size_t at, len;
    } fields[] = {
        { r.version, 0x00, 4 },
        { r.guest_svn, 0x04, 4 },
        { r.policy, 0x08, 8 },
        { r.family_id, 0x10, 16 },
        { r.image_id, 0x20, 16 },
        { r.vmpl, 0x30, 4 },
        { r.current_tcb, 0x38, 8 },
        { r.platform_info, 0x40, 8 },
        { r.report_data, 0x50, 64 },
        { r.measurement, 0x90, 48 },
        { r.host_data, 0xc0, 32 },
        { r.id_key_digest, 0xe0, 48 },
        { r.author_key_digest, 0x110, 48 },
        { r.report_id, 0x140, 32 },
        { r.report_id_ma, 0x160, 32 },
        { r.reported_tcb, 0x180, 8 },
        { r.cpuid_family, 0x188, 1 },
        { r.cpuid_model, 0x189, 1 },
        { r.cpuid_stepping, 0x18a, 1 },
        { r.chip_id, 0x1a0, 64 },
        { r.committed_tcb, 0x1e0, 8 },
        { r.current_build, 0x1e8, 3 },
        { r.committed_build, 0x1ec, 3 },
        { r.launch_tcb, 0x1f0, 8 },
        { r.launch_mitigations, 0x1f8, 8 },
        { r.current_mitigations, 0x200, 8 },
        { r.r, 0x2a0, 72 },
        { r.s, 0x2e8, 72 },
        { r.signed_part, 0, 0x2a0 },
    };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        assert_ptr_equal(fields[i].is.at, raw + fields[i].at);
        assert_int_equal(fields[i].is.len, fields[i].len);
    }
    assert_int_equal(r.version_number, 5);
    assert_int_equal(r.algorithm, 0x817a736c); /* of fill: i * 7 */
    assert_int_equal(r.signer, SNP_SIGNER_VLEK);
    assert_true(r.author_key && r.masked_chip_key && r.debug && r.has_cpuid);
    assert_int_equal(r.product, SNP_TURIN);
}

static void snp_report_parse_refuses_every_other_length(void **state)
{
    uint8_t raw[SNP_REPORT_LEN + 1] = { 0 };
    struct snp_report r;
    (void)state;

    fill(raw);
    for (size_t len = 0; len <= sizeof raw; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(raw, len));
        struct err err = { 0 };
        assert_int_equal(snp_report_parse(bytes_of(exact, len), &r, &err), len == SNP_REPORT_LEN);
        free(exact);
    }
}

static bool is_between(size_t at, size_t first, size_t last)
{
    return at >= first && at <= last;
}

/* The table of attestation.md 8.1 once more. */
static bool is_reserved(size_t at, unsigned version)
{
    return is_between(at, 0x4c, 0x4f) || is_between(at, 0x18b, 0x19f) || at == 0x1eb ||
           at == 0x1ef || is_between(at, 0x208, 0x29f) || is_between(at, 0x330, 0x49f) ||
           (version < 3 && is_between(at, 0x188, 0x18a)) ||
           (version < 5 && is_between(at, 0x1f8, 0x207));
}

/* Without bytes 0 to 3, 8 to 15 and 0x48 to 0x4b, which have a test of their own. */
static bool has_own_test(size_t at)
{
    return at < 4 || is_between(at, AT_POLICY, AT_POLICY + 7) ||
           is_between(at, AT_KEY_INFO, AT_KEY_INFO + 3);
}

static void snp_report_parse_refuses_every_reserved_byte(void **state)
{
    uint8_t raw[SNP_REPORT_LEN];
    (void)state;

    for (uint8_t version = 2; version <= 5; version++) {
        memset(raw, 0, sizeof raw);
        raw[AT_VERSION] = version;
        raw[AT_POLICY + 2] = 0x02;
        assert_true(parses(raw));
        for (size_t at = 0; at < sizeof raw; at++) {
            if (has_own_test(at))
                continue;
            raw[at] = 0x80;
            if (parses(raw) == is_reserved(at, version))
                fail_msg("version %u: byte 0x%zx", version, at);
            raw[at] = 0;
        }
    }
}

static void snp_report_parse_takes_versions_2_to_5(void **state)
{
    uint8_t raw[SNP_REPORT_LEN] = { 0 };
    (void)state;

    raw[AT_POLICY + 2] = 0x02;
    for (unsigned version = 0; version < 256; version++) {
        raw[AT_VERSION] = (uint8_t)version;
        assert_int_equal(parses(raw), version >= 2 && version <= 5);
    }
    raw[AT_VERSION] = 3;
    raw[AT_VERSION + 2] = 1;
    assert_false(parses(raw));
}

static void flip(uint8_t *at, unsigned bit)
{
    at[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void snp_report_parse_knows_the_bits_of_policy_and_key_info(void **state)
{
    uint8_t raw[SNP_REPORT_LEN] = { 0 };
    (void)state;

    raw[AT_VERSION] = 3;
    raw[AT_POLICY + 2] = 0x02;
    for (unsigned bit = 0; bit < 64; bit++) {
        flip(raw + AT_POLICY, bit);
        assert_int_equal(parses(raw), bit < 26 && bit != 17);
        flip(raw + AT_POLICY, bit);
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        flip(raw + AT_KEY_INFO, bit);
        assert_int_equal(parses(raw), bit < 5);
        flip(raw + AT_KEY_INFO, bit);
    }
}

static void snp_report_parse_finds_the_product_by_the_cpuid(void **state)
{
    static const struct {
        uint8_t family, model;
        enum snp_product product;
    } rows[] = {
        { 0x19, 0x00, SNP_MILAN },        { 0x19, 0x0f, SNP_MILAN },
        { 0x19, 0x10, SNP_GENOA },        { 0x19, 0x1f, SNP_GENOA },
        { 0x19, 0x20, SNP_PRODUCT_NONE }, { 0x19, 0x9f, SNP_PRODUCT_NONE },
        { 0x19, 0xa0, SNP_GENOA },        { 0x19, 0xaf, SNP_GENOA },
        { 0x19, 0xb0, SNP_PRODUCT_NONE }, { 0x1a, 0x00, SNP_TURIN },
        { 0x1a, 0x11, SNP_TURIN },        { 0x1a, 0x12, SNP_PRODUCT_NONE },
        { 0x18, 0x01, SNP_PRODUCT_NONE }, { 0x00, 0x00, SNP_PRODUCT_NONE },
        { 0x1b, 0x01, SNP_PRODUCT_NONE },
    };
    uint8_t raw[SNP_REPORT_LEN] = { 0 };
    struct snp_report r;
    struct err err = { 0 };
    (void)state;

    raw[AT_VERSION] = 3;
    raw[AT_POLICY + 2] = 0x02;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        raw[AT_CPUID] = rows[i].family;
        raw[AT_CPUID + 1] = rows[i].model;
        assert_ok(snp_report_parse(bytes_of(raw, sizeof raw), &r, &err), &err);
        assert_int_equal(r.product, rows[i].product);
    }
}

static void snp_tcb_of_reads_the_layout_of_the_product(void **state)
{
    static const uint8_t milan[] = { 1, 2, 0, 0, 0, 0, 3, 4 }, turin[] = { 5, 1, 2, 3, 0, 0, 0, 4 };
    struct snp_tcb tcb;
    struct err err = { 0 };
    (void)state;

    assert_ok(snp_tcb_of(bytes_of(milan, 8), SNP_GENOA, &tcb, &err), &err);
    assert_false(tcb.has_fmc);
    assert_ok(snp_tcb_of(bytes_of(milan, 8), SNP_MILAN, &tcb, &err), &err);
    assert_true(tcb.boot_loader == 1 && tcb.tee == 2 && tcb.snp == 3 && tcb.microcode == 4);
    assert_ok(snp_tcb_of(bytes_of(turin, 8), SNP_TURIN, &tcb, &err), &err);
    assert_true(tcb.has_fmc && tcb.fmc == 5);
    assert_true(tcb.boot_loader == 1 && tcb.tee == 2 && tcb.snp == 3 && tcb.microcode == 4);
}

static void snp_tcb_of_refuses_bytes_without_a_meaning(void **state)
{
    struct snp_tcb tcb;
    (void)state;

    for (size_t i = 0; i < 8; i++) {
        uint8_t value[8] = { 0 };
        struct err err = { 0 };
        value[i] = 1;
        assert_int_equal(snp_tcb_of(bytes_of(value, 8), SNP_MILAN, &tcb, &err), i < 2 || i > 5);
        assert_int_equal(snp_tcb_of(bytes_of(value, 8), SNP_TURIN, &tcb, &err), i < 4 || i > 6);
    }
}

static void snp_product_of_knows_three_names(void **state)
{
    (void)state;
    assert_int_equal(snp_product_of(BYTES_LITERAL("Milan")), SNP_MILAN);
    assert_int_equal(snp_product_of(BYTES_LITERAL("Genoa")), SNP_GENOA);
    assert_int_equal(snp_product_of(BYTES_LITERAL("Turin")), SNP_TURIN);
    assert_int_equal(snp_product_of(BYTES_LITERAL("milan")), SNP_PRODUCT_NONE);
    assert_int_equal(snp_product_of(BYTES_LITERAL("")), SNP_PRODUCT_NONE);
}

/* A report, and a table of one entry with a certificate of 5 bytes. */
static void put_with_table(struct buf *out, uint32_t offset, uint32_t len)
{
    enum { ENTRY_LEN = 24, GUID_LEN = 16 };

    fill(buf_grow(out, SNP_REPORT_LEN));
    memset(buf_grow(out, GUID_LEN), 0x63, GUID_LEN);
    buf_add_u32le(out, offset);
    buf_add_u32le(out, len);
    memset(buf_grow(out, ENTRY_LEN), 0, ENTRY_LEN);
    buf_add_string(out, "12345");
}

static bool has_certificates(struct bytes evidence)
{
    auto_buf exact = { 0 };

    buf_add(&exact, evidence);
    return evidence_has_certificates(buf_bytes(&exact));
}

static void a_certificate_table_behind_a_report_is_known_by_its_shape(void **state)
{
    enum { TABLE_LEN = 2 * 24 + 5 };
    static const struct {
        uint32_t offset, len;
        bool fits;
    } entries[] = { { 48, 5, true },          { 0, TABLE_LEN, true },
                    { TABLE_LEN, 0, true },   { 48, 6, false },
                    { TABLE_LEN, 1, false },  { UINT32_MAX, 1, false },
                    { 1, UINT32_MAX, false }, { UINT32_MAX, UINT32_MAX, false } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(entries); i++) {
        auto_buf evidence = { 0 };
        put_with_table(&evidence, entries[i].offset, entries[i].len);
        assert_int_equal(has_certificates(buf_bytes(&evidence)), entries[i].fits);
    }
}

static void what_is_no_certificate_table_stays_behind_a_report(void **state)
{
    auto_buf evidence = { 0 }, zeros = { 0 };

    (void)state;
    put_with_table(&evidence, 48, 5);
    for (size_t len = 0; len < evidence.len; len++)
        assert_false(has_certificates(bytes_of(evidence.at, len)));
    assert_true(has_certificates(buf_bytes(&evidence)));
    fill(buf_grow(&zeros, SNP_REPORT_LEN));
    memset(buf_grow(&zeros, 4096), 0, 4096);
    assert_false(has_certificates(buf_bytes(&zeros)));
    memset(zeros.at + SNP_REPORT_LEN, 0xff, 4096);
    assert_false(has_certificates(buf_bytes(&zeros)));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(snp_report_parse_gives_every_field),
    cmocka_unit_test(snp_report_parse_refuses_every_other_length),
    cmocka_unit_test(snp_report_parse_refuses_every_reserved_byte),
    cmocka_unit_test(snp_report_parse_takes_versions_2_to_5),
    cmocka_unit_test(snp_report_parse_knows_the_bits_of_policy_and_key_info),
    cmocka_unit_test(snp_report_parse_finds_the_product_by_the_cpuid),
    cmocka_unit_test(snp_tcb_of_reads_the_layout_of_the_product),
    cmocka_unit_test(snp_tcb_of_refuses_bytes_without_a_meaning),
    cmocka_unit_test(snp_product_of_knows_three_names),
    cmocka_unit_test(a_certificate_table_behind_a_report_is_known_by_its_shape),
    cmocka_unit_test(what_is_no_certificate_table_stays_behind_a_report),
};
TEST_MAIN(tests)
