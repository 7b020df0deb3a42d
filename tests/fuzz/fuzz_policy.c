/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What evidence says against what a manifest wants: the text of a manifest, a NUL, and the claims of a verdict one after the
 * other, zeros where the input ends. Its packages judge the claims, with its infrastructures. Nothing is accepted that this file,
 * which knows the rules in other words, would refuse; and what is accepted is not when the same evidence is under debug, of
 * another program, of a revoked platform, or not verified.
 */
#include "policy/policy.h"

#include <string.h>

#include "base/reader.h"
#include "codec/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { MANIFEST_MAX = 16 << 10 };

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

/* ---- claims ---- */

static const struct claim {
    enum tee tee;
    const char *name;
    size_t size;
    bool is_number;
} claims[] = {
    { TEE_SGX, "mrenclave", 32, false },     { TEE_SGX, "mrsigner", 32, false },
    { TEE_SGX, "isvprodid", 2, true },       { TEE_SGX, "isvsvn", 2, true },
    { TEE_TDX, "mrtd", 48, false },          { TEE_TDX, "rtmr0", 48, false },
    { TEE_TDX, "rtmr1", 48, false },         { TEE_TDX, "rtmr2", 48, false },
    { TEE_TDX, "rtmr3", 48, false },         { TEE_TDX, "mrseam", 48, false },
    { TEE_TDX, "mrconfigid", 48, false },    { TEE_TDX, "mrowner", 48, false },
    { TEE_TDX, "mrownerconfig", 48, false }, { TEE_TDX, "mrservicetd", 48, false },
    { TEE_TDX, "tdattributes", 8, false },   { TEE_TDX, "xfam", 8, false },
    { TEE_SNP, "measurement", 48, false },   { TEE_SNP, "host_data", 32, false },
    { TEE_SNP, "id_key_digest", 48, false }, { TEE_SNP, "author_key_digest", 48, false },
    { TEE_SNP, "family_id", 16, false },     { TEE_SNP, "image_id", 16, false },
    { TEE_SNP, "policy", 8, true },          { TEE_SNP, "vmpl", 4, true },
    { TEE_SNP, "guest_svn", 4, true },       { TEE_SNP, "chip_id", 64, false },
};

/* The next bytes of the input, filled up with zeros, in the arena. */
static struct bytes take(struct bytes *in, size_t len, struct arena *arena)
{
    uint8_t *const out = arena_alloc(arena, len);
    const size_t there = in->len < len ? in->len : len;

    memset(out, 0, len);
    if (there > 0)
        memcpy(out, in->at, there);
    *in = bytes_of(in->at + there, in->len - there);
    return bytes_of(out, len);
}

static unsigned take_byte(struct bytes *in, struct arena *arena)
{
    return take(in, 1, arena).at[0];
}

static struct snp_tcb take_tcb(struct bytes *in, struct arena *arena)
{
    const uint8_t *const at = take(in, 5, arena).at;

    return (struct snp_tcb){ at[0] != 0, at[0], at[1], at[2], at[3], at[4] };
}

static void take_platform(struct bytes *in, struct arena *arena, struct verdict *v)
{
    static const struct bytes advisories[] = { BYTES_LITERAL("INTEL-SA-00001"),
                                               BYTES_LITERAL("INTEL-SA-00002") };
    static const char *const products[] = { "Milan", "Genoa", "Turin" };

    v->debug = (take_byte(in, arena) & 1) != 0;
    v->tcb_status = (enum tcb_status)(take_byte(in, arena) %
                                      (TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED + 1));
    v->advisories = advisories;
    v->advisory_count = take_byte(in, arena) % (COUNT_OF(advisories) + 1);
    v->product = products[take_byte(in, arena) % COUNT_OF(products)];
    v->fmspc = take(in, 6, arena);
    v->qe_isvsvn = (uint16_t)take_byte(in, arena);
    v->pcesvn = (uint16_t)take_byte(in, arena);
    memcpy(v->pck_components, take(in, PCK_COMPONENTS, arena).at, PCK_COMPONENTS);
    v->reported_tcb = take_tcb(in, arena);
    v->committed_tcb = take_tcb(in, arena);
    v->launch_tcb = take_tcb(in, arena);
}

static void take_verdict(struct bytes in, struct arena *arena, struct verdict *v)
{
    *v = (struct verdict){ .tee = (enum tee)(TEE_NONE + 1 + take_byte(&in, arena) % 3) };
    take_platform(&in, arena, v);
    for (size_t i = 0; i < COUNT_OF(claims); i++) {
        if (claims[i].tee == v->tee)
            v->fields[v->field_count++] =
                (struct verdict_field){ claims[i].name, take(&in, claims[i].size, arena),
                                        claims[i].is_number };
    }
}

/* ---- the rules ---- */

static bool is_hex_of(struct bytes text, struct bytes value)
{
    auto_buf decoded = { 0 };
    struct err err = { 0 };

    return value.len > 0 && hex_decode(&decoded, text, &err) &&
           bytes_equal(buf_bytes(&decoded), value);
}

static bool lists_hex(const struct text_list *list, struct bytes value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_hex_of(list->at[i], value))
            return true;
    }
    return false;
}

static bool lists_word(const struct text_list *list, const char *word)
{
    for (size_t i = 0; i < list->count; i++) {
        if (bytes_equal_string(list->at[i], word))
            return true;
    }
    return false;
}

static void require_status(const struct manifest_package *p, const struct verdict *v)
{
    const struct text_list *const list = &p->accepted_tcb_statuses;

    require(v->tcb_status == TCB_UP_TO_DATE ||
            (list->count == 0 ? v->tcb_status == TCB_SW_HARDENING_NEEDED
                              : lists_word(list, tcb_status_text(v->tcb_status))));
    require(v->tee == TEE_SGX || v->tcb_status != TCB_REVOKED);
}

static void require_sgx(const struct manifest_package *p, const struct verdict *v)
{
    require_status(p, v);
    require(p->unique_id.len == 0 || is_hex_of(p->unique_id, verdict_field_value(v, "mrenclave")));
    require(p->signer_id.len == 0 || is_hex_of(p->signer_id, verdict_field_value(v, "mrsigner")));
    require(!p->product_id.present || p->product_id.value == verdict_field_number(v, "isvprodid"));
    require(!p->security_version.present ||
            p->security_version.value <= verdict_field_number(v, "isvsvn"));
}

static void require_tdx(const struct manifest_package *p, const struct verdict *v)
{
    const struct text_list *const mrtd = &p->tdx.references[TDX_MRTD];

    require_status(p, v);
    require(p->tdx.present && (mrtd->present || p->debug));
    require(!mrtd->present || lists_hex(mrtd, verdict_field_value(v, "mrtd")));
    require(p->tdx.references[TDX_MRSERVICETD].present ||
            bytes_equal(verdict_field_value(v, "mrservicetd"), bytes_of((uint8_t[48]){ 0 }, 48)));
}

static void require_snp(const struct manifest_package *p, const struct verdict *v)
{
    const struct text_list *const measurement = &p->snp.references[SNP_MEASUREMENT];
    const uint64_t *const least = p->snp.minimum_tcb;
    const struct snp_tcb *const all[] = { &v->reported_tcb, &v->committed_tcb, &v->launch_tcb };

    require(p->snp.present && (measurement->present || p->debug));
    require(!measurement->present || lists_hex(measurement, verdict_field_value(v, "measurement")));
    require(verdict_field_number(v, "vmpl") == p->snp.vmpl);
    require(verdict_field_number(v, "guest_svn") >= p->snp.minimum_guest_svn);
    for (size_t i = 0; i < COUNT_OF(all); i++)
        require(all[i]->boot_loader >= least[SNP_TCB_BOOT_LOADER] &&
                all[i]->tee >= least[SNP_TCB_TEE] && all[i]->snp >= least[SNP_TCB_SNP] &&
                all[i]->microcode >= least[SNP_TCB_MICROCODE]);
}

/* Some entry is one that this platform can be; only what is compared in one way is looked at here. */
static void require_infrastructure(const struct manifest *m, const struct verdict *v)
{
    bool fits = m->infrastructure_count == 0;

    for (size_t i = 0; i < m->infrastructure_count; i++) {
        const struct manifest_infrastructure *const x = &m->infrastructures[i];
        const struct text_list *const fmspc = &x->references[PLATFORM_FMSPC];
        fits |= (!fmspc->present || (v->tee != TEE_SNP && lists_hex(fmspc, v->fmspc))) &&
                (!x->pce_svn.present || (v->tee != TEE_SNP && v->pcesvn >= x->pce_svn.value)) &&
                !x->root_ca.present; /* there is none in these claims */
    }
    require(fits);
}

static void require_fit(const struct manifest *m, const struct manifest_package *p,
                        const struct verdict *v)
{
    require(p->debug == v->debug);
    if (v->tee == TEE_SGX)
        require_sgx(p, v);
    else if (v->tee == TEE_TDX)
        require_tdx(p, v);
    else
        require_snp(p, v);
    require_infrastructure(m, v);
}

/* ---- other evidence ---- */

static bool is_accepted(const struct manifest *m, const struct manifest_package *p,
                        const struct verdict *v, struct arena *arena)
{
    struct policy_report report;
    auto_buf text = { 0 };

    const bool accepted =
        policy_judge(p, m->infrastructures, m->infrastructure_count, v, arena, &report);
    require(accepted == (report.count == 0) && report.count <= POLICY_FINDINGS_MAX);
    for (size_t i = 0; i < report.count; i++)
        require(report.at[i].member.len > 0 && report.at[i].got.len > 0 &&
                report.at[i].sentence.len > 0);
    policy_report_write(&report, &text);
    require(accepted == (text.len == 0));
    return accepted;
}

/* Is the measurement one of exactly one, so that another one is refused? */
static bool is_pinned(const struct manifest_package *p, enum tee tee)
{
    const struct text_list *const list =
        tee == TEE_TDX ? &p->tdx.references[TDX_MRTD] : &p->snp.references[SNP_MEASUREMENT];

    return tee == TEE_SGX ? p->unique_id.len > 0 : list->present && list->count == 1;
}

static void require_others_refused(const struct manifest *m, const struct manifest_package *p,
                                   const struct verdict *v, struct arena *arena)
{
    struct verdict other = *v;
    uint8_t measurement[48];

    other.debug = !v->debug;
    require(!is_accepted(m, p, &other, arena));
    other = *v;
    other.reason = REASON_QUOTE_SIGNATURE;
    require(!is_accepted(m, p, &other, arena));
    other = *v;
    other.tcb_status = TCB_REVOKED;
    require(v->tee == TEE_SNP || lists_word(&p->accepted_tcb_statuses, "Revoked") ||
            !is_accepted(m, p, &other, arena));
    /* The measurement is the first field of each. */
    other = *v;
    memcpy(measurement, v->fields[0].value.at, v->fields[0].value.len);
    measurement[v->fields[0].value.len - 1] ^= 1;
    other.fields[0].value.at = measurement;
    require(!is_pinned(p, v->tee) || !is_accepted(m, p, &other, arena));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *const nul = size == 0 ? NULL : memchr(data, 0, size);
    const size_t text_len = nul == NULL ? size : (size_t)(nul - data);
    struct verdict v;
    struct err err = { 0 };
    auto_arena arena = { 0 };

    if (text_len > MANIFEST_MAX || nul == NULL)
        return 0;
    auto_manifest *m = manifest_parse(bytes_of(data, text_len), &err);
    if (m == NULL)
        return 0;
    take_verdict(bytes_of(nul + 1, size - text_len - 1), &arena, &v);
    for (size_t i = 0; i < m->package_count; i++) {
        if (!is_accepted(m, &m->packages[i], &v, &arena))
            continue;
        require_fit(m, &m->packages[i], &v);
        require_others_refused(m, &m->packages[i], &v, &arena);
    }
    return 0;
}
