/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/snp_report.h"

#include "base/reader.h"

enum {
    OLDEST_VERSION = 2,
    CPUID_VERSION = 3,       /* the first that has the CPUID */
    MITIGATIONS_VERSION = 5, /* the first that has the mitigation vectors */
    NEWEST_VERSION = 5,
};

static const char *const products[] = { "", "Milan", "Genoa", "Turin" };

const char *snp_product_text(enum snp_product product)
{
    return products[product];
}

enum snp_product snp_product_of(struct bytes text)
{
    for (enum snp_product product = SNP_MILAN; product <= SNP_TURIN; product++) {
        if (bytes_equal_string(text, products[product]))
            return product;
    }
    return SNP_PRODUCT_NONE;
}

/* Family and combined model (attestation.md, 8.1). */
static const struct cpu {
    uint8_t family, first_model, last_model;
    enum snp_product product;
} cpus[] = {
    { 0x19, 0x00, 0x0f, SNP_MILAN },
    { 0x19, 0x10, 0x1f, SNP_GENOA },
    { 0x19, 0xa0, 0xaf, SNP_GENOA },
    { 0x1a, 0x00, 0x11, SNP_TURIN },
};

static enum snp_product product_of_cpuid(uint8_t family, uint8_t model)
{
    for (size_t i = 0; i < COUNT_OF(cpus); i++) {
        if (family == cpus[i].family && model >= cpus[i].first_model && model <= cpus[i].last_model)
            return cpus[i].product;
    }
    return SNP_PRODUCT_NONE;
}

/* A report in the making: after the first thing that does not fit, everything goes on without a look. */
struct parse {
    struct reader r;
    struct err *err;
    bool failed;
};

static void refuse(struct parse *p, const char *what, size_t at)
{
    if (!p->failed)
        (void)err_set(p->err, FAIL_MALFORMED, "SNP report: %s (offset 0x%zx)", what, at);
    p->failed = true;
}

static void zeros(struct parse *p, size_t len, const char *what)
{
    const size_t start = p->r.pos;
    const struct bytes all = reader_bytes(&p->r, len, what);

    for (size_t i = 0; i < all.len; i++) {
        if (all.at[i] != 0)
            refuse(p, what, start + i);
    }
}

static uint64_t number_of(struct bytes little_endian)
{
    uint64_t value = 0;

    for (size_t i = little_endian.len; i-- > 0;)
        value = value << 8 | little_endian.at[i];
    return value;
}

static void read_policy(struct parse *p, struct snp_report *report)
{
    enum { ALWAYS_SET = 17, DEBUG = 19, FIRST_UNKNOWN = 26 };

    const size_t at = p->r.pos;
    report->policy = reader_bytes(&p->r, 8, "policy");
    const uint64_t policy = number_of(report->policy);
    if ((policy >> ALWAYS_SET & 1) == 0)
        refuse(p, "bit 17 of the policy is not set", at);
    if (policy >> FIRST_UNKNOWN != 0)
        refuse(p, "the policy has bits that are not known", at);
    report->debug = (policy >> DEBUG & 1) != 0;
}

static void read_key_info(struct parse *p, struct snp_report *report)
{
    const size_t at = p->r.pos;
    const uint32_t info = reader_u32le(&p->r, "key info");

    if (info >> 5 != 0)
        refuse(p, "the key info has bits that are not known", at);
    report->author_key = (info & 1) != 0;
    report->masked_chip_key = (info & 2) != 0;
    report->signer = info >> 2 & 7;
}

/* From the start to the reported TCB. */
static void read_guest(struct parse *p, struct snp_report *report)
{
    report->version = reader_bytes(&p->r, 4, "version");
    report->version_number = (uint32_t)number_of(report->version);
    if (report->version_number < OLDEST_VERSION || report->version_number > NEWEST_VERSION)
        refuse(p, "the version is not 2, 3, 4 or 5", 0);
    report->guest_svn = reader_bytes(&p->r, 4, "guest SVN");
    read_policy(p, report);
    report->family_id = reader_bytes(&p->r, 16, "family id");
    report->image_id = reader_bytes(&p->r, 16, "image id");
    report->vmpl = reader_bytes(&p->r, 4, "VMPL");
    report->algorithm = reader_u32le(&p->r, "signature algorithm");
    report->current_tcb = reader_bytes(&p->r, SNP_TCB_LEN, "current TCB");
    report->platform_info = reader_bytes(&p->r, 8, "platform info");
    read_key_info(p, report);
    zeros(p, 4, "the bytes behind the key info are not zero");
    report->report_data = reader_bytes(&p->r, REPORT_DATA_LEN, "report data");
    report->measurement = reader_bytes(&p->r, 48, "measurement");
    report->host_data = reader_bytes(&p->r, 32, "host data");
    report->id_key_digest = reader_bytes(&p->r, 48, "id key digest");
    report->author_key_digest = reader_bytes(&p->r, 48, "author key digest");
    report->report_id = reader_bytes(&p->r, 32, "report id");
    report->report_id_ma = reader_bytes(&p->r, 32, "report id of the migration agent");
}

/* Three bytes, which are zero before version 3. */
static void read_cpuid(struct parse *p, struct snp_report *report)
{
    enum { CPUID_LEN = 3 };

    report->has_cpuid = report->version_number >= CPUID_VERSION;
    if (!report->has_cpuid) {
        zeros(p, CPUID_LEN, "a report of version 2 has no CPUID");
        return;
    }
    report->cpuid_family = reader_bytes(&p->r, 1, "CPUID family");
    report->cpuid_model = reader_bytes(&p->r, 1, "CPUID model");
    report->cpuid_stepping = reader_bytes(&p->r, 1, "CPUID stepping");
    report->product = product_of_cpuid((uint8_t)number_of(report->cpuid_family),
                                       (uint8_t)number_of(report->cpuid_model));
}

static void read_mitigations(struct parse *p, struct snp_report *report)
{
    const size_t at = p->r.pos;

    report->launch_mitigations = reader_bytes(&p->r, 8, "launch mitigation vector");
    report->current_mitigations = reader_bytes(&p->r, 8, "current mitigation vector");
    if (report->version_number < MITIGATIONS_VERSION &&
        (number_of(report->launch_mitigations) | number_of(report->current_mitigations)) != 0)
        refuse(p, "a report before version 5 has no mitigation vectors", at);
}

/* From the reported TCB to the end of what is signed. */
static void read_platform(struct parse *p, struct snp_report *report)
{
    enum { BUILD_LEN = 3 };

    report->reported_tcb = reader_bytes(&p->r, SNP_TCB_LEN, "reported TCB");
    read_cpuid(p, report);
    zeros(p, 21, "the bytes behind the CPUID are not zero");
    report->chip_id = reader_bytes(&p->r, SNP_CHIP_ID_LEN, "chip id");
    report->committed_tcb = reader_bytes(&p->r, SNP_TCB_LEN, "committed TCB");
    report->current_build = reader_bytes(&p->r, BUILD_LEN, "current build");
    zeros(p, 1, "the byte behind the current build is not zero");
    report->committed_build = reader_bytes(&p->r, BUILD_LEN, "committed build");
    zeros(p, 1, "the byte behind the committed build is not zero");
    report->launch_tcb = reader_bytes(&p->r, SNP_TCB_LEN, "launch TCB");
    read_mitigations(p, report);
    zeros(p, 152, "the bytes before the signature are not zero");
}

/* The upper third of r and s is not looked at: with a byte set there they are no valid signature. */
static void read_signature(struct parse *p, struct snp_report *report)
{
    report->r = reader_bytes(&p->r, SNP_SIGNATURE_NUMBER_LEN, "r");
    report->s = reader_bytes(&p->r, SNP_SIGNATURE_NUMBER_LEN, "s");
    zeros(p, 368, "the bytes behind the signature are not zero");
}

/* Where the part at each byte of a TCB value stands in struct snp_tcb; -1: the byte has no meaning. */
#define PART(name) offsetof(struct snp_tcb, name)
static const int milan_layout[SNP_TCB_LEN] = { PART(boot_loader), PART(tee),      -1, -1, -1, -1,
                                               PART(snp),         PART(microcode) };
static const int turin_layout[SNP_TCB_LEN] = {
    PART(fmc), PART(boot_loader), PART(tee), PART(snp), -1, -1, -1, PART(microcode)
};

bool snp_tcb_of(struct bytes value, enum snp_product product, struct snp_tcb *tcb, struct err *err)
{
    const bool turin = product == SNP_TURIN;
    const int *const layout = turin ? turin_layout : milan_layout;

    *tcb = (struct snp_tcb){ .has_fmc = turin };
    for (size_t i = 0; i < SNP_TCB_LEN; i++) {
        if (layout[i] >= 0)
            ((uint8_t *)tcb)[layout[i]] = value.at[i];
        else if (value.at[i] != 0)
            return err_set(err, FAIL_MALFORMED, "TCB value: byte %zu is not zero", i);
    }
    return true;
}

bool snp_report_parse(struct bytes raw, struct snp_report *report, struct err *err)
{
    struct parse p = { .r = reader_over(raw), .err = err };

    *report = (struct snp_report){ 0 };
    if (raw.len != SNP_REPORT_LEN)
        return err_set(err, FAIL_MALFORMED, "SNP report: %zu bytes instead of %d", raw.len,
                       SNP_REPORT_LEN);
    read_guest(&p, report);
    read_platform(&p, report);
    report->signed_part = bytes_of(raw.at, p.r.pos);
    read_signature(&p, report);
    return !p.failed && reader_end(&p.r, "SNP report", err);
}
