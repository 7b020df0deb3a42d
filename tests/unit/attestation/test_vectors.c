/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <time.h>

#include "codec/text.h"
#include "vector.h"

/* A test for each vector; a member of expected.json that this program does not know is a failure. */

struct judged {
    struct vector of;
    bool valid;
    struct verdict verdict;
    bool signatures_valid;
    struct verdict signatures;
};

static void judge(struct judged *v, const char *name)
{
    vector_read(&v->of, name);
    const struct bytes evidence = buf_bytes(&v->of.evidence);
    v->valid = evidence_verify(evidence, v->of.collateral, &v->of.anchors, v->of.now, &v->of.arena,
                               &v->verdict);
    v->signatures_valid = evidence_verify_signatures(evidence, v->of.collateral, &v->of.anchors,
                                                     v->of.now, &v->of.arena, &v->signatures);
}

/* ---- comparing ---- */

static void expect_text(const struct judged *v, const struct json *want, const char *is)
{
    if (want->type != JSON_STRING || !bytes_equal_string(want->text, is))
        fail_msg("%s: %.*s is %s instead of %.*s (%.*s)", v->of.name, BYTES_FMT(want->name), is,
                 BYTES_FMT(want->text), BYTES_FMT(v->verdict.detail));
}

static void expect_number(const struct judged *v, const struct json *want, uint64_t is)
{
    if (vector_number(want) != (int64_t)is)
        fail_msg("%s: %.*s is %llu instead of %.*s", v->of.name, BYTES_FMT(want->name),
                 (unsigned long long)is, BYTES_FMT(want->text));
}

static void expect_flag(const struct judged *v, const struct json *want, bool is)
{
    assert_int_equal(want->type, JSON_BOOL);
    if (want->boolean != is)
        fail_msg("%s: %.*s is %d", v->of.name, BYTES_FMT(want->name), is);
}

static void expect_hex(const struct judged *v, const struct json *want, struct bytes is)
{
    auto_buf digits = { 0 };

    hex_encode(&digits, is);
    buf_add_u8(&digits, '\0');
    expect_text(v, want, (const char *)digits.at);
}

static void expect_date(const struct judged *v, const struct json *want, int64_t is)
{
    const time_t t = (time_t)is;
    char text[40];
    struct tm tm;

    assert_non_null(gmtime_r(&t, &tm));
    assert_true(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
    expect_text(v, want, text);
}

static void expect_list(const struct judged *v, const struct json *want, const struct bytes *list,
                        size_t count)
{
    size_t i = 0;

    assert_int_equal(want->type, JSON_ARRAY);
    for (const struct json *one = json_first(want); one != NULL; one = json_next(one), i++) {
        if (i >= count || !bytes_equal(one->text, list[i]))
            fail_msg("%s: %.*s has no %.*s at %zu", v->of.name, BYTES_FMT(want->name),
                     BYTES_FMT(one->text), i);
    }
    assert_int_equal(i, count);
}

static void expect_tcb(const struct judged *v, const struct json *want, const struct snp_tcb *is)
{
    const struct {
        const char *name;
        uint8_t value;
    } parts[] = { { "fmc", is->fmc },
                  { "bl", is->boot_loader },
                  { "tee", is->tee },
                  { "snp", is->snp },
                  { "ucode", is->microcode } };
    size_t found = 0, members = 0;

    for (const struct json *one = json_first(want); one != NULL; one = json_next(one), members++) {
        for (size_t i = 0; i < COUNT_OF(parts); i++) {
            if (!bytes_equal_string(one->name, parts[i].name))
                continue;
            expect_number(v, one, parts[i].value);
            found++;
        }
    }
    assert_int_equal(found, members);
    assert_int_equal(members, is->has_fmc ? 5 : 4);
}

/* ---- members ---- */

static bool is_listed(const struct json *list, const char *text)
{
    for (const struct json *one = json_first(list); one != NULL; one = json_next(one)) {
        if (bytes_equal_string(one->text, text))
            return true;
    }
    return false;
}

static void check_result(const struct judged *v, const struct json *want)
{
    if (v->valid != (v->verdict.reason == REASON_NONE))
        fail_msg("%s: result and reason do not agree", v->of.name);
    expect_text(v, want, v->valid ? "valid" : "invalid");
    assert_int_equal(v->valid, v->verdict.detail.len == 0);
}

static void check_reason(const struct judged *v, const struct json *want)
{
    const char *const is = reason_text(v->verdict.reason);

    if (!is_listed(json_member(v->of.expected, "also_acceptable_reasons"), is))
        expect_text(v, want, is);
}

static void check_signatures(const struct judged *v, const struct json *want)
{
    expect_text(v, want, v->signatures_valid ? "valid" : reason_text(v->signatures.reason));
}

static void check_tee(const struct judged *v, const struct json *want)
{
    expect_text(v, want, tee_text(v->verdict.tee));
}

static void check_quote_version(const struct judged *v, const struct json *want)
{
    expect_number(v, want, v->verdict.version);
}

static void check_status(const struct judged *v, const struct json *want)
{
    expect_text(v, want, tcb_status_text(v->verdict.tcb_status));
}

static void check_platform_status(const struct judged *v, const struct json *want)
{
    expect_text(v, want, tcb_status_text(v->verdict.platform_tcb_status));
}

static void check_qe_status(const struct judged *v, const struct json *want)
{
    expect_text(v, want, tcb_status_text(v->verdict.qe_tcb_status));
}

/* null: there is none, as without a module of its own */
static void check_module_status(const struct judged *v, const struct json *want)
{
    if (want->type == JSON_NULL)
        assert_int_equal(v->verdict.module_tcb_status, TCB_STATUS_NONE);
    else
        expect_text(v, want, tcb_status_text(v->verdict.module_tcb_status));
}

static void check_advisories(const struct judged *v, const struct json *want)
{
    expect_list(v, want, v->verdict.advisories, v->verdict.advisory_count);
}

static void check_platform_advisories(const struct judged *v, const struct json *want)
{
    expect_list(v, want, v->verdict.platform_advisories, v->verdict.platform_advisory_count);
}

static void check_qe_advisories(const struct judged *v, const struct json *want)
{
    expect_list(v, want, v->verdict.qe_advisories, v->verdict.qe_advisory_count);
}

static void check_debug(const struct judged *v, const struct json *want)
{
    expect_flag(v, want, v->verdict.debug);
}

static void check_fmspc(const struct judged *v, const struct json *want)
{
    expect_hex(v, want, v->verdict.fmspc);
}

static void check_pceid(const struct judged *v, const struct json *want)
{
    expect_hex(v, want, v->verdict.pceid);
}

static void check_ppid(const struct judged *v, const struct json *want)
{
    expect_hex(v, want, v->verdict.ppid);
}

static void check_pcesvn(const struct judged *v, const struct json *want)
{
    expect_number(v, want, v->verdict.pcesvn);
}

static void check_components(const struct judged *v, const struct json *want)
{
    size_t i = 0;

    for (const struct json *one = json_first(want); one != NULL; one = json_next(one), i++) {
        assert_true(i < PCK_COMPONENTS);
        expect_number(v, one, v->verdict.pck_components[i]);
    }
    assert_int_equal(i, PCK_COMPONENTS);
}

static void check_pck_ca(const struct judged *v, const struct json *want)
{
    expect_text(v, want, v->verdict.pck_ca == NULL ? "" : v->verdict.pck_ca);
}

static void check_tcb_date(const struct judged *v, const struct json *want)
{
    expect_date(v, want, v->verdict.tcb_date);
}

static void check_qe_tcb_date(const struct judged *v, const struct json *want)
{
    expect_date(v, want, v->verdict.qe_tcb_date);
}

static void check_evaluation(const struct judged *v, const struct json *want)
{
    expect_number(v, want, v->verdict.evaluation_number);
}

static void check_earliest_issue(const struct judged *v, const struct json *want)
{
    expect_date(v, want, v->verdict.earliest_issue);
}

static void check_latest_issue(const struct judged *v, const struct json *want)
{
    expect_date(v, want, v->verdict.latest_issue);
}

static void check_expiration(const struct judged *v, const struct json *want)
{
    expect_date(v, want, v->verdict.earliest_expiration);
}

static void check_cert_data_type(const struct judged *v, const struct json *want)
{
    expect_number(v, want, v->verdict.cert_data_type);
}

static void check_wrapped(const struct judged *v, const struct json *want)
{
    expect_flag(v, want, v->verdict.wrapped);
}

static void check_trailing(const struct judged *v, const struct json *want)
{
    expect_number(v, want, v->verdict.trailing_zero_bytes);
}

static void check_product(const struct judged *v, const struct json *want)
{
    expect_text(v, want, v->verdict.product == NULL ? "" : v->verdict.product);
}

static void check_crl(const struct judged *v, const struct json *want)
{
    expect_flag(v, want, v->verdict.revocation_checked);
}

static void check_reported_tcb(const struct judged *v, const struct json *want)
{
    expect_tcb(v, want, &v->verdict.reported_tcb);
}

static void check_launch_tcb(const struct judged *v, const struct json *want)
{
    expect_tcb(v, want, &v->verdict.launch_tcb);
}

static void check_committed_tcb(const struct judged *v, const struct json *want)
{
    expect_tcb(v, want, &v->verdict.committed_tcb);
}

static uint64_t little_endian(struct bytes value)
{
    uint64_t number = 0;

    assert_true(value.len <= sizeof number);
    for (size_t i = value.len; i-- > 0;)
        number = number << 8 | value.at[i];
    return number;
}

/* Numbers in decimal, or in hex as text; everything else as hex of the bytes. */
static void expect_field(const struct judged *v, const struct json *want,
                         const struct verdict_field *field)
{
    char text[24];

    if (want->type == JSON_NUMBER) {
        assert_true(field->is_number);
        expect_number(v, want, little_endian(field->value));
    } else if (bytes_start_with(want->text, BYTES_LITERAL("0x"))) {
        assert_true(field->is_number);
        (void)snprintf(text, sizeof text, "0x%llx",
                       (unsigned long long)little_endian(field->value));
        expect_text(v, want, text);
    } else {
        expect_hex(v, want, field->value);
    }
}

static const struct verdict_field *field_of(const struct judged *v, struct bytes name)
{
    const struct verdict_field *found = NULL;

    for (size_t i = 0; i < v->verdict.field_count; i++) {
        if (!bytes_equal_string(name, v->verdict.fields[i].name))
            continue;
        assert_null(found);
        found = &v->verdict.fields[i];
    }
    if (found == NULL)
        fail_msg("%s: there is no field %.*s", v->of.name, BYTES_FMT(name));
    return found;
}

static void check_fields(const struct judged *v, const struct json *want)
{
    for (const struct json *one = json_first(want); one != NULL; one = json_next(one)) {
        if (bytes_equal_string(one->name, "signing_key"))
            expect_text(v, one, v->verdict.signing_key == NULL ? "" : v->verdict.signing_key);
        else
            expect_field(v, one, field_of(v, one->name));
        if (bytes_equal_string(one->name, "report_data"))
            expect_hex(v, one, v->verdict.report_data);
    }
}

static const struct known {
    const char *name;
    void (*check)(const struct judged *v, const struct json *want); /* NULL: nothing to compare */
} known[] = {
    { "result", check_result },
    { "reason", check_reason },
    { "signatures_only", check_signatures },
    { "tee", check_tee },
    { "quote_version", check_quote_version },
    { "tcb_status", check_status },
    { "platform_tcb_status", check_platform_status },
    { "qe_tcb_status", check_qe_status },
    { "tdx_module_tcb_status", check_module_status },
    { "advisory_ids", check_advisories },
    { "platform_advisory_ids", check_platform_advisories },
    { "qe_advisory_ids", check_qe_advisories },
    { "debug", check_debug },
    { "fmspc", check_fmspc },
    { "pceid", check_pceid },
    { "ppid", check_ppid },
    { "pcesvn", check_pcesvn },
    { "pck_cpusvn_components", check_components },
    { "pck_ca", check_pck_ca },
    { "tcb_date", check_tcb_date },
    { "qe_tcb_date", check_qe_tcb_date },
    { "tcb_evaluation_data_number", check_evaluation },
    { "collateral_earliest_issue", check_earliest_issue },
    { "collateral_latest_issue", check_latest_issue },
    { "collateral_earliest_expiration", check_expiration },
    { "cert_data_type", check_cert_data_type },
    { "wrapped", check_wrapped },
    { "trailing_zero_bytes", check_trailing },
    { "product", check_product },
    { "crl_checked", check_crl },
    { "reported_tcb_parts", check_reported_tcb },
    { "launch_tcb_parts", check_launch_tcb },
    { "committed_tcb_parts", check_committed_tcb },
    { "fields", check_fields },
    /* Inputs of the test. */
    { "format", NULL },
    { "name", NULL },
    { "evidence_file", NULL },
    { "verify_time", NULL },
    { "verify_time_unix", NULL },
    { "trust_anchor", NULL },
    { "also_acceptable_reasons", NULL },
    /* What a policy says about the verdict. */
    { "default_policy", NULL },
    { "default_policy_reasons", NULL },
    /* About the vector. */
    { "notes", NULL },
    { "origin", NULL },
    { "derived_from", NULL },
    { "mutation", NULL },
    { "reference_accepts", NULL },
};

static void check_member(const struct judged *v, const struct json *member)
{
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!bytes_equal_string(member->name, known[i].name))
            continue;
        if (known[i].check != NULL)
            known[i].check(v, member);
        return;
    }
    fail_msg("%s: this test does not know %.*s", v->of.name, BYTES_FMT(member->name));
}

static void gives_what_is_expected(void **state)
{
    struct judged v;

    judge(&v, *state);
    for (const struct json *member = json_first(v.of.expected); member != NULL;
         member = json_next(member))
        check_member(&v, member);
    vector_clear(&v.of);
}

int main(void)
{
    return vectors_run("vectors", gives_what_is_expected);
}
