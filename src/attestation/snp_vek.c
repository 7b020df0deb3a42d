/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/snp_vek.h"

#include "codec/der.h"

#define OID_SPL "1.3.6.1.4.1.3704.1.3."
#define OID_HARDWARE_ID "1.3.6.1.4.1.3704.1.4"
#define OID_CSP_ID "1.3.6.1.4.1.3704.1.5"

static const struct spl {
    const char *dotted, *name;
    size_t at; /* in struct snp_tcb */
    bool turin_only;
} spls[] = {
    { OID_SPL "1", "boot loader SPL", offsetof(struct snp_tcb, boot_loader), false },
    { OID_SPL "2", "TEE SPL", offsetof(struct snp_tcb, tee), false },
    { OID_SPL "3", "SNP firmware SPL", offsetof(struct snp_tcb, snp), false },
    { OID_SPL "8", "microcode SPL", offsetof(struct snp_tcb, microcode), false },
    { OID_SPL "9", "FMC SPL", offsetof(struct snp_tcb, fmc), true },
};

/* An INTEGER from 0 to 255 in its one spelling, and nothing behind it. */
static bool to_u8(struct bytes der, uint8_t *value)
{
    struct bytes digits;

    if (!der_take(&der, DER_INTEGER, &digits) || der.len != 0)
        return false;
    if (digits.len == 2 && digits.at[0] == 0 && digits.at[1] >= 0x80)
        digits = bytes_of(digits.at + 1, 1);
    else if (digits.len != 1 || digits.at[0] >= 0x80)
        return false;
    *value = digits.at[0];
    return true;
}

static bool read_tcb(const struct cert *vek, enum snp_product product, struct snp_tcb *tcb,
                     struct err *err)
{
    struct bytes value;

    tcb->has_fmc = product == SNP_TURIN;
    for (size_t i = 0; i < COUNT_OF(spls); i++) {
        if (spls[i].turin_only && product != SNP_TURIN)
            continue;
        if (!cert_extension(vek, spls[i].dotted, &value))
            return err_set(err, FAIL_DENIED, "it has no extension %s (%s)", spls[i].dotted,
                           spls[i].name);
        if (!to_u8(value, (uint8_t *)tcb + spls[i].at))
            return err_set(err, FAIL_DENIED, "%s: no number from 0 to 255", spls[i].name);
    }
    return true;
}

/* The value stands there bare; an OCTET STRING around it passes too (attestation.md, 8.3). */
static bool read_hardware_id(struct bytes value, enum snp_product product, struct bytes *id,
                             struct err *err)
{
    const size_t len = product == SNP_TURIN ? 8 : SNP_CHIP_ID_LEN;
    struct bytes inner = BYTES_NONE;

    if (value.len != len && der_take(&value, DER_OCTET_STRING, &inner) && value.len == 0)
        value = inner;
    *id = value;
    return value.len == len || err_set(err, FAIL_DENIED, "hardware id: not %zu bytes", len);
}

static bool read_signer(const struct cert *vek, enum snp_signer *signer, struct err *err)
{
    const struct bytes name = cert_common_name(vek);

    if (bytes_equal_string(name, "SEV-VCEK"))
        *signer = SNP_SIGNER_VCEK;
    else if (bytes_equal_string(name, "SEV-VLEK"))
        *signer = SNP_SIGNER_VLEK;
    else
        return err_set(err, FAIL_DENIED, "its common name is not SEV-VCEK or SEV-VLEK");
    return true;
}

bool vek_claims_read(const struct cert *vek, enum snp_product product, struct vek_claims *claims,
                     struct err *err)
{
    struct bytes hardware_id, csp_id;

    *claims = (struct vek_claims){ 0 };
    if (!read_signer(vek, &claims->signer, err) || !read_tcb(vek, product, &claims->tcb, err))
        return false;
    claims->has_hardware_id = cert_extension(vek, OID_HARDWARE_ID, &hardware_id);
    claims->has_csp_id = cert_extension(vek, OID_CSP_ID, &csp_id);
    if (claims->signer == SNP_SIGNER_VCEK && !claims->has_hardware_id)
        return err_set(err, FAIL_DENIED, "it has no extension " OID_HARDWARE_ID " (hardware id)");
    if (claims->signer == SNP_SIGNER_VLEK && !claims->has_csp_id)
        return err_set(err, FAIL_DENIED, "it has no extension " OID_CSP_ID " (CSP id)");
    return !claims->has_hardware_id ||
           read_hardware_id(hardware_id, product, &claims->hardware_id, err);
}
