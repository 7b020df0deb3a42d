/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "snp_scene.h"

/* What a report, its chain and its CRL may have wrong, one thing at a time (attestation.md, 8.4 and 14). */

#define OID_SNP "1.3.6.1.4.1.3704.1."

/* ---- good ones ---- */

static void nothing(struct scene *s)
{
    (void)s;
}

static void version_2(struct scene *s)
{
    s->report[AT_VERSION] = 2;
    memset(s->report + AT_CPUID, 0, 3);
    scene_sign_report(s);
}

static void version_4(struct scene *s)
{
    s->report[AT_VERSION] = 4;
    scene_sign_report(s);
}

static void mitigations(struct scene *s)
{
    s->report[AT_VERSION] = 5;
    s->report[AT_MITIGATIONS] = 0x0b;
    scene_sign_report(s);
}

static void masked_chip(struct scene *s)
{
    memset(s->report + AT_CHIP_ID, 0, 64);
    scene_sign_report(s);
}

static void wrapped_hardware_id(struct scene *s)
{
    static uint8_t der[66] = { 0x04, 0x40 };

    memcpy(der + 2, s->report + AT_CHIP_ID, 64);
    scene_set_extension(s, OID_SNP "4", bytes_of(der, sizeof der));
}

static void product_name_is_wrong(struct scene *s)
{
    scene_set_extension(s, OID_SNP "2", BYTES_LITERAL("\x16\x05Genoa"));
}

static void unknown_platform_bits(struct scene *s)
{
    memset(s->report + AT_PLATFORM_INFO, 0xff, 8);
    scene_sign_report(s);
}

static void other_serial_on_crl(struct scene *s)
{
    scene_add_crl(s);
    /* A byte more in front, behind, and one that is missing. */
    s->crl.serials[0] = BYTES_LITERAL("\x01\x01\x00\x01");
    s->crl.serials[1] = BYTES_LITERAL("\x01\x00\x01\x00");
    s->crl.serials[2] = BYTES_LITERAL("\x01\x00");
    s->crl.serial_count = 3;
}

/* All VCEKs have it, and they have another issuer. */
static void serial_zero_on_crl(struct scene *s)
{
    scene_add_crl(s);
    s->crl.serials[0] = BYTES_LITERAL("\x00");
}

static void empty_crl(struct scene *s)
{
    scene_add_crl(s);
    s->crl.serial_count = 0;
}

/* ---- shape of the report ---- */

static void version_6(struct scene *s)
{
    s->report[AT_VERSION] = 6;
    scene_sign_report(s);
}

static void reserved_byte(struct scene *s)
{
    s->report[0x208] = 1;
    scene_sign_report(s);
}

static void byte_behind_signature(struct scene *s)
{
    s->report[SNP_REPORT_LEN - 1] = 1;
}

static void tcb_byte_without_meaning(struct scene *s)
{
    s->report[AT_LAUNCH_TCB + 2] = 1;
    scene_sign_report(s);
}

static void tcb_byte_without_meaning_version_2(struct scene *s)
{
    version_2(s);
    tcb_byte_without_meaning(s);
}

static void tcb_byte_without_meaning_turin(struct scene *s)
{
    scene_make_turin(s);
    s->report[AT_COMMITTED_TCB + 6] = 1;
    scene_sign_report(s);
}

static void algorithm_0(struct scene *s)
{
    s->report[AT_ALGORITHM] = 0;
    scene_sign_report(s);
}

static void algorithm_high(struct scene *s)
{
    s->report[AT_ALGORITHM + 2] = 1;
    scene_sign_report(s);
}

static void signed_by_none(struct scene *s)
{
    s->report[AT_KEY_INFO] = 7 << 2;
    scene_sign_report(s);
}

static void signed_by_2(struct scene *s)
{
    s->report[AT_KEY_INFO] = 2 << 2;
    scene_sign_report(s);
}

static void unknown_cpu(struct scene *s)
{
    s->report[AT_CPUID] = 0x1b;
    scene_sign_report(s);
}

/* ---- items ---- */

static void no_vek(struct scene *s)
{
    s->vek_member = "";
}

static void no_ask(struct scene *s)
{
    s->ask_member = "";
}

static void no_ark(struct scene *s)
{
    s->ark_member = "";
}

static void empty_vek(struct scene *s)
{
    s->vek_text = BYTES_LITERAL("");
}

static void empty_crl_item(struct scene *s)
{
    scene_add_crl(s);
    s->crl_text = BYTES_LITERAL("");
}

static void crl_not_base64(struct scene *s)
{
    scene_add_crl(s);
    s->crl_text = BYTES_LITERAL("MII*");
}

static void crl_no_crl(struct scene *s)
{
    scene_add_crl(s);
    s->crl_text = BYTES_LITERAL("MAA=");
}

static void vek_no_certificate(struct scene *s)
{
    s->vek_text = BYTES_LITERAL("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
}

static void two_in_ark(struct scene *s)
{
    static struct buf text;

    buf_clear(&text);
    scene_cert_pem(s, &s->ark, &text);
    scene_cert_pem(s, &s->ark, &text);
    s->ark_text = buf_bytes(&text);
}

static void text_around_ask(struct scene *s)
{
    static struct buf text;

    buf_clear(&text);
    scene_cert_pem(s, &s->ask, &text);
    buf_add_string(&text, "and more");
    s->ask_text = buf_bytes(&text);
}

/* ---- the chain ---- */

static void vlek_report_with_vcek(struct scene *s)
{
    s->report[AT_KEY_INFO] = 1 << 2;
    scene_sign_report(s);
}

static void vcek_report_with_vlek(struct scene *s)
{
    scene_make_vlek(s);
    s->report[AT_KEY_INFO] = 0;
    scene_sign_report(s);
}

static void vcek_below_asvk(struct scene *s)
{
    s->ask.name = s->vek.issuer = "SEV-VLEK-Milan";
}

static void vlek_below_ask(struct scene *s)
{
    scene_make_vlek(s);
    s->ask.name = s->vek.issuer = "SEV-Milan";
}

static void genoa_report_with_milan(struct scene *s)
{
    s->report[AT_CPUID + 1] = 0x11;
    scene_sign_report(s);
}

static void milan_report_with_genoa(struct scene *s)
{
    scene_make_genoa(s);
    s->report[AT_CPUID + 1] = 0x01;
    scene_sign_report(s);
}

/* The key is pinned for one product, and may not become the root of another by a name. */
static void anchor_of_other_product(struct scene *s)
{
    scene_make_genoa(s);
    s->anchor.product = "Milan";
}

/* Everything but the name of the root is of the product that was asked for. */
static void root_named_for_other_product(struct scene *s)
{
    s->anchor.product = "Milan";
    s->ark.name = s->ark.issuer = s->ask.issuer = "ARK-Genoa";
}

static void ask_of_other_product(struct scene *s)
{
    s->ask.name = s->vek.issuer = "SEV-Genoa";
}

static void unknown_product(struct scene *s)
{
    s->ark.name = s->ark.issuer = s->ask.issuer = "ARK-Venice";
    s->ask.name = s->vek.issuer = "SEV-Venice";
}

static void ask_and_ark_exchanged(struct scene *s)
{
    s->ask_member = "ark";
    s->ark_member = "ask";
}

static void foreign_root(struct scene *s)
{
    s->ark.key = s->ark.signer = s->ask.signer = SCENE_OTHER;
}

/* The pinned key in a certificate that another key signed. */
static void root_not_self_signed(struct scene *s)
{
    s->ark.signer = SCENE_OTHER;
}

static void root_with_other_issuer(struct scene *s)
{
    s->ark.issuer = "ARK-Other";
}

static void ask_by_other(struct scene *s)
{
    s->ask.signer = SCENE_OTHER;
}

static void ask_names_other_issuer(struct scene *s)
{
    s->ask.organization = "Somebody Else";
}

static void vek_by_other(struct scene *s)
{
    s->vek.signer = SCENE_OTHER;
}

static void vek_by_ark(struct scene *s)
{
    s->vek.signer = SCENE_ARK;
    s->vek.issuer = "ARK-Milan";
}

static void vek_names_other_issuer(struct scene *s)
{
    s->vek.organization = "Somebody Else";
}

static void ask_without_flag(struct scene *s)
{
    s->ask.is_ca = false;
}

static void ask_without_constraints(struct scene *s)
{
    s->ask.no_constraints = true;
}

static void ark_without_flag(struct scene *s)
{
    s->ark.is_ca = false;
}

static void ask_may_not_sign(struct scene *s)
{
    s->ask.may_not_sign = true;
}

static void vek_with_flag(struct scene *s)
{
    s->vek.no_constraints = false;
    s->vek.is_ca = true;
}

static void vek_critical_extension(struct scene *s)
{
    s->vek.extensions[0].critical = true;
}

static void vek_extension_twice(struct scene *s)
{
    s->vek.extensions[3].twice = true;
}

static void vek_version_1(struct scene *s)
{
    s->vek.version_1 = true;
}

static void small_ask(struct scene *s)
{
    s->ask.key = s->vek.signer = SCENE_SMALL;
}

static void vek_on_p256(struct scene *s)
{
    s->vek.key = SCENE_P256;
}

static void vek_is_rsa(struct scene *s)
{
    s->vek.key = SCENE_OTHER;
}

static void vek_signed_on_curve(struct scene *s)
{
    s->ask.key = s->vek.signer = SCENE_OTHER_VEK;
}

static void vek_name(struct scene *s)
{
    s->vek.name = "SEV-VXEK";
}

static void ark_name(struct scene *s)
{
    s->ark.name = s->ark.issuer = s->ask.issuer = "SEV-Milan";
}

static void vek_pkcs1(struct scene *s)
{
    s->vek.signature.pkcs1 = true;
}

static void vek_sha256(struct scene *s)
{
    s->vek.signature.hash = "SHA256";
}

static void vek_sha512(struct scene *s)
{
    s->vek.signature.hash = "SHA512";
}

static void vek_mask_sha256(struct scene *s)
{
    s->vek.signature.mask_hash = "SHA256";
}

static void vek_mask_sha1(struct scene *s)
{
    s->vek.signature.mask_hash = "SHA1"; /* the default, which is left out */
}

static void vek_short_salt(struct scene *s)
{
    s->vek.signature.salt_len = 32;
}

static void vek_default_salt(struct scene *s)
{
    s->vek.signature.salt_len = 20; /* left out too */
}

static void ask_sha256(struct scene *s)
{
    s->ask.signature.hash = "SHA256";
}

static void ark_sha256(struct scene *s)
{
    s->ark.signature.hash = "SHA256";
}

/* ---- extensions of the VEK ---- */

#define EXTENSION_IS(function, oid, text)                                                          \
    static void function(struct scene *s)                                                          \
    {                                                                                              \
        scene_set_extension(s, OID_SNP oid, text);                                                 \
    }
EXTENSION_IS(no_boot_loader, "3.1", BYTES_NONE)
EXTENSION_IS(no_tee, "3.2", BYTES_NONE)
EXTENSION_IS(no_snp, "3.3", BYTES_NONE)
EXTENSION_IS(no_microcode, "3.8", BYTES_NONE)
EXTENSION_IS(no_hardware_id, "4", BYTES_NONE)
EXTENSION_IS(spl_256, "3.8", BYTES_LITERAL("\x02\x02\x01\xdb"))
EXTENSION_IS(spl_negative, "3.8", BYTES_LITERAL("\x02\x01\xdb"))
EXTENSION_IS(spl_octets, "3.8", BYTES_LITERAL("\x04\x02\x00\xdb"))
EXTENSION_IS(spl_longer, "3.8", BYTES_LITERAL("\x02\x02\x00\xdb\x00"))
EXTENSION_IS(spl_padded, "3.1", BYTES_LITERAL("\x02\x02\x00\x04"))
EXTENSION_IS(spl_empty, "3.1", BYTES_LITERAL("\x02\x00"))
EXTENSION_IS(hardware_id_short, "4", BYTES_LITERAL("01234567"))
EXTENSION_IS(hardware_id_other, "4",
             BYTES_LITERAL("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.;"))
EXTENSION_IS(vcek_with_csp, "5", BYTES_LITERAL("\x16\x08provider"))
EXTENSION_IS(boot_loader_higher, "3.1", BYTES_LITERAL("\x02\x01\x05"))
EXTENSION_IS(boot_loader_lower, "3.1", BYTES_LITERAL("\x02\x01\x03"))
EXTENSION_IS(tee_higher, "3.2", BYTES_LITERAL("\x02\x01\x01"))
EXTENSION_IS(snp_higher, "3.3", BYTES_LITERAL("\x02\x01\x19"))
EXTENSION_IS(snp_lower, "3.3", BYTES_LITERAL("\x02\x01\x17"))
EXTENSION_IS(microcode_higher, "3.8", BYTES_LITERAL("\x02\x02\x00\xdc"))
EXTENSION_IS(microcode_lower, "3.8", BYTES_LITERAL("\x02\x02\x00\xda"))

static void turin_without_fmc(struct scene *s)
{
    scene_make_turin(s);
    scene_set_extension(s, OID_SNP "3.9", BYTES_NONE);
}

static void turin_fmc_higher(struct scene *s)
{
    scene_make_turin(s);
    scene_set_extension(s, OID_SNP "3.9", BYTES_LITERAL("\x02\x01\x02"));
}

static void turin_long_hardware_id(struct scene *s)
{
    scene_make_turin(s);
    scene_set_extension(
        s, OID_SNP "4",
        BYTES_LITERAL("01234567\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
}

static void turin_chip_id_longer(struct scene *s)
{
    scene_make_turin(s);
    s->report[AT_CHIP_ID + 63] = 1;
    scene_sign_report(s);
}

static void vlek_without_csp(struct scene *s)
{
    scene_make_vlek(s);
    scene_set_extension(s, OID_SNP "5", BYTES_NONE);
}

static void vlek_with_hardware_id(struct scene *s)
{
    scene_make_vlek(s);
    scene_set_extension(
        s, OID_SNP "4",
        BYTES_LITERAL("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,"));
}

static void vlek_with_chip_id(struct scene *s)
{
    scene_make_vlek(s);
    s->report[AT_CHIP_ID] = 1;
    scene_sign_report(s);
}

static void only_reported_tcb_counts(struct scene *s)
{
    s->report[AT_CURRENT_TCB] = s->report[AT_COMMITTED_TCB] = s->report[AT_LAUNCH_TCB] = 9;
    scene_sign_report(s);
}

static void reported_tcb_other(struct scene *s)
{
    s->report[AT_REPORTED_TCB + 1] = 1;
    scene_sign_report(s);
}

/* ---- CRL ---- */

static void ask_on_crl(struct scene *s)
{
    scene_add_crl(s);
    s->crl.serials[1] = BYTES_LITERAL("\x01\x00\x01");
    s->crl.serial_count = 2;
}

static void ask_removed_from_crl(struct scene *s)
{
    ask_on_crl(s);
    s->crl.removed = true;
}

static void ark_on_crl(struct scene *s)
{
    scene_add_crl(s);
    s->crl.serials[0] = BYTES_LITERAL("\x01\x00\x00");
}

static void crl_by_ask(struct scene *s)
{
    scene_add_crl(s);
    s->crl.issuer = "SEV-Milan";
    s->crl.signer = SCENE_ASK;
}

static void crl_by_other(struct scene *s)
{
    scene_add_crl(s);
    s->crl.signer = SCENE_OTHER;
}

static void crl_names_other_issuer(struct scene *s)
{
    scene_add_crl(s);
    s->crl.issuer = "ARK-Genoa";
}

static void crl_sha256(struct scene *s)
{
    scene_add_crl(s);
    s->crl.signature.hash = "SHA256";
}

static void crl_pkcs1(struct scene *s)
{
    scene_add_crl(s);
    s->crl.signature.pkcs1 = true;
}

static void crl_without_end(struct scene *s)
{
    scene_add_crl(s);
    s->crl.next_update = 0;
}

/* ---- signature of the report ---- */

static void measurement_bit(struct scene *s)
{
    s->report[AT_MEASUREMENT] ^= 1;
}

static void other_key(struct scene *s)
{
    s->report_signer = SCENE_OTHER_VEK;
    scene_sign_report(s);
}

static void reverse(uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        const uint8_t kept = at[i];
        at[i] = at[len - 1 - i];
        at[len - 1 - i] = kept;
    }
}

static uint8_t *number_at(struct scene *s, unsigned number)
{
    return s->report + AT_SIGNATURE + (size_t)number * SCENE_NUMBER_LEN;
}

static void big_endian(struct scene *s)
{
    reverse(number_at(s, 0), SCENE_NUMBER_LEN);
    reverse(number_at(s, 1), SCENE_NUMBER_LEN);
}

static void big_endian_in_48_bytes(struct scene *s)
{
    reverse(number_at(s, 0), 48);
    reverse(number_at(s, 1), 48);
}

static void high_byte_of_r(struct scene *s)
{
    number_at(s, 0)[48] = 1;
}

static void last_byte_of_s(struct scene *s)
{
    number_at(s, 1)[SCENE_NUMBER_LEN - 1] = 1;
}

static void r_is_zero(struct scene *s)
{
    memset(number_at(s, 0), 0, SCENE_NUMBER_LEN);
}

static void s_is_zero(struct scene *s)
{
    memset(number_at(s, 1), 0, SCENE_NUMBER_LEN);
}

/* The order of the group, little-endian. */
static const uint8_t order[48] = {
    0x73, 0x29, 0xc5, 0xcc, 0x6a, 0x19, 0xec, 0xec, 0x7a, 0xa7, 0xb0, 0x48, 0xb2, 0x0d, 0x1a, 0x58,
    0xdf, 0x2d, 0x37, 0xf4, 0x81, 0x4d, 0x63, 0xc7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static void r_is_order(struct scene *s)
{
    memcpy(number_at(s, 0), order, sizeof order);
}

static void s_is_order(struct scene *s)
{
    memcpy(number_at(s, 1), order, sizeof order);
}

/* The same number modulo the order. */
static void s_plus_order(struct scene *s)
{
    unsigned carry = 0;

    for (size_t i = 0; i < SCENE_NUMBER_LEN; i++) {
        carry += number_at(s, 1)[i] + (i < sizeof order ? order[i] : 0u);
        number_at(s, 1)[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void r_and_s_exchanged(struct scene *s)
{
    uint8_t kept[SCENE_NUMBER_LEN];

    memcpy(kept, number_at(s, 0), sizeof kept);
    memcpy(number_at(s, 0), number_at(s, 1), sizeof kept);
    memcpy(number_at(s, 1), kept, sizeof kept);
}

#define ROW(function, reason)                                                                      \
    {                                                                                              \
#function, function, reason                                                                \
    }
static const struct row {
    const char *name;
    void (*change)(struct scene *scene);
    enum reason reason;
} rows[] = {
    ROW(nothing, REASON_NONE),
    ROW(version_2, REASON_NONE),
    ROW(version_4, REASON_NONE),
    ROW(mitigations, REASON_NONE),
    ROW(masked_chip, REASON_NONE),
    ROW(wrapped_hardware_id, REASON_NONE),
    ROW(product_name_is_wrong, REASON_NONE),
    ROW(unknown_platform_bits, REASON_NONE),
    ROW(scene_make_vlek, REASON_NONE),
    ROW(scene_make_genoa, REASON_NONE),
    ROW(scene_make_turin, REASON_NONE),
    ROW(scene_add_crl, REASON_NONE),
    ROW(other_serial_on_crl, REASON_NONE),
    ROW(serial_zero_on_crl, REASON_NONE),
    ROW(empty_crl, REASON_NONE),
    ROW(only_reported_tcb_counts, REASON_NONE),

    ROW(version_6, REASON_FORMAT),
    ROW(reserved_byte, REASON_FORMAT),
    ROW(byte_behind_signature, REASON_FORMAT),
    ROW(tcb_byte_without_meaning, REASON_FORMAT),
    ROW(tcb_byte_without_meaning_version_2, REASON_FORMAT),
    ROW(tcb_byte_without_meaning_turin, REASON_FORMAT),
    ROW(algorithm_0, REASON_UNSUPPORTED),
    ROW(algorithm_high, REASON_UNSUPPORTED),
    ROW(signed_by_none, REASON_UNSUPPORTED),
    ROW(signed_by_2, REASON_UNSUPPORTED),
    ROW(unknown_cpu, REASON_UNSUPPORTED),

    ROW(no_vek, REASON_COLLATERAL_MISSING),
    ROW(no_ask, REASON_COLLATERAL_MISSING),
    ROW(no_ark, REASON_COLLATERAL_MISSING),
    ROW(empty_vek, REASON_COLLATERAL_MISSING),
    ROW(empty_crl_item, REASON_COLLATERAL_MISSING),
    ROW(crl_not_base64, REASON_COLLATERAL_FORMAT),
    ROW(crl_no_crl, REASON_COLLATERAL_FORMAT),
    ROW(vek_no_certificate, REASON_CERT_CHAIN),
    ROW(two_in_ark, REASON_CERT_CHAIN),
    ROW(text_around_ask, REASON_CERT_CHAIN),

    ROW(vlek_report_with_vcek, REASON_CERT_CHAIN),
    ROW(vcek_report_with_vlek, REASON_CERT_CHAIN),
    ROW(vcek_below_asvk, REASON_CERT_CHAIN),
    ROW(vlek_below_ask, REASON_CERT_CHAIN),
    ROW(genoa_report_with_milan, REASON_CERT_CHAIN),
    ROW(milan_report_with_genoa, REASON_CERT_CHAIN),
    ROW(anchor_of_other_product, REASON_CERT_CHAIN),
    ROW(root_named_for_other_product, REASON_CERT_CHAIN),
    ROW(ask_of_other_product, REASON_CERT_CHAIN),
    ROW(unknown_product, REASON_CERT_CHAIN),
    ROW(ask_and_ark_exchanged, REASON_CERT_CHAIN),
    ROW(foreign_root, REASON_CERT_CHAIN),
    ROW(root_not_self_signed, REASON_CERT_CHAIN),
    ROW(root_with_other_issuer, REASON_CERT_CHAIN),
    ROW(ask_by_other, REASON_CERT_CHAIN),
    ROW(ask_names_other_issuer, REASON_CERT_CHAIN),
    ROW(vek_by_other, REASON_CERT_CHAIN),
    ROW(vek_by_ark, REASON_CERT_CHAIN),
    ROW(vek_names_other_issuer, REASON_CERT_CHAIN),
    ROW(ask_without_flag, REASON_CERT_CHAIN),
    ROW(ask_without_constraints, REASON_CERT_CHAIN),
    ROW(ark_without_flag, REASON_CERT_CHAIN),
    ROW(ask_may_not_sign, REASON_CERT_CHAIN),
    ROW(vek_with_flag, REASON_CERT_CHAIN),
    ROW(vek_critical_extension, REASON_CERT_CHAIN),
    ROW(vek_extension_twice, REASON_CERT_CHAIN),
    ROW(vek_version_1, REASON_CERT_CHAIN),
    ROW(small_ask, REASON_CERT_CHAIN),
    ROW(vek_on_p256, REASON_CERT_CHAIN),
    ROW(vek_is_rsa, REASON_CERT_CHAIN),
    ROW(vek_signed_on_curve, REASON_CERT_CHAIN),
    ROW(vek_name, REASON_CERT_CHAIN),
    ROW(ark_name, REASON_CERT_CHAIN),
    ROW(vek_pkcs1, REASON_CERT_CHAIN),
    ROW(vek_sha256, REASON_CERT_CHAIN),
    ROW(vek_sha512, REASON_CERT_CHAIN),
    ROW(vek_mask_sha256, REASON_CERT_CHAIN),
    ROW(vek_mask_sha1, REASON_CERT_CHAIN),
    ROW(vek_short_salt, REASON_CERT_CHAIN),
    ROW(vek_default_salt, REASON_CERT_CHAIN),
    ROW(ask_sha256, REASON_CERT_CHAIN),
    ROW(ark_sha256, REASON_CERT_CHAIN),

    ROW(no_boot_loader, REASON_CERT_CHAIN),
    ROW(no_tee, REASON_CERT_CHAIN),
    ROW(no_snp, REASON_CERT_CHAIN),
    ROW(no_microcode, REASON_CERT_CHAIN),
    ROW(no_hardware_id, REASON_CERT_CHAIN),
    ROW(spl_256, REASON_CERT_CHAIN),
    ROW(spl_negative, REASON_CERT_CHAIN),
    ROW(spl_octets, REASON_CERT_CHAIN),
    ROW(spl_longer, REASON_CERT_CHAIN),
    ROW(spl_padded, REASON_CERT_CHAIN),
    ROW(spl_empty, REASON_CERT_CHAIN),
    ROW(hardware_id_short, REASON_CERT_CHAIN),
    ROW(turin_without_fmc, REASON_CERT_CHAIN),
    ROW(turin_long_hardware_id, REASON_CERT_CHAIN),
    ROW(vlek_without_csp, REASON_CERT_CHAIN),

    ROW(hardware_id_other, REASON_TCB_MISMATCH),
    ROW(vcek_with_csp, REASON_TCB_MISMATCH),
    ROW(boot_loader_higher, REASON_TCB_MISMATCH),
    ROW(boot_loader_lower, REASON_TCB_MISMATCH),
    ROW(tee_higher, REASON_TCB_MISMATCH),
    ROW(snp_higher, REASON_TCB_MISMATCH),
    ROW(snp_lower, REASON_TCB_MISMATCH),
    ROW(microcode_higher, REASON_TCB_MISMATCH),
    ROW(microcode_lower, REASON_TCB_MISMATCH),
    ROW(turin_fmc_higher, REASON_TCB_MISMATCH),
    ROW(turin_chip_id_longer, REASON_TCB_MISMATCH),
    ROW(vlek_with_hardware_id, REASON_TCB_MISMATCH),
    ROW(vlek_with_chip_id, REASON_TCB_MISMATCH),
    ROW(reported_tcb_other, REASON_TCB_MISMATCH),

    ROW(ask_on_crl, REASON_REVOKED),
    ROW(ask_removed_from_crl, REASON_REVOKED),
    ROW(ark_on_crl, REASON_REVOKED),
    ROW(crl_by_ask, REASON_COLLATERAL_SIGNATURE),
    ROW(crl_by_other, REASON_COLLATERAL_SIGNATURE),
    ROW(crl_names_other_issuer, REASON_COLLATERAL_SIGNATURE),
    ROW(crl_sha256, REASON_COLLATERAL_SIGNATURE),
    ROW(crl_pkcs1, REASON_COLLATERAL_SIGNATURE),
    ROW(crl_without_end, REASON_EXPIRED),

    ROW(measurement_bit, REASON_QUOTE_SIGNATURE),
    ROW(other_key, REASON_QUOTE_SIGNATURE),
    ROW(big_endian, REASON_QUOTE_SIGNATURE),
    ROW(big_endian_in_48_bytes, REASON_QUOTE_SIGNATURE),
    ROW(high_byte_of_r, REASON_QUOTE_SIGNATURE),
    ROW(last_byte_of_s, REASON_QUOTE_SIGNATURE),
    ROW(r_is_zero, REASON_QUOTE_SIGNATURE),
    ROW(s_is_zero, REASON_QUOTE_SIGNATURE),
    ROW(r_is_order, REASON_QUOTE_SIGNATURE),
    ROW(s_is_order, REASON_QUOTE_SIGNATURE),
    ROW(s_plus_order, REASON_QUOTE_SIGNATURE),
    ROW(r_and_s_exchanged, REASON_QUOTE_SIGNATURE),
};

static void is_judged_as_it_should(void **state)
{
    const struct row *const row = *state;
    auto_scene s = { 0 };

    scene_init(&s);
    row->change(&s);
    const enum reason is = scene_verify(&s, SCENE_NOW);
    if (is != row->reason)
        fail_msg("%s: %s instead of %s", row->name, reason_text(is), reason_text(row->reason));
}

int main(void)
{
    struct CMUnitTest tests[COUNT_OF(rows)];

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        tests[i] = (struct CMUnitTest){ .name = rows[i].name,
                                        .test_func = is_judged_as_it_should,
                                        .initial_state = (void *)(uintptr_t)&rows[i] };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
