/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <assert.h>
#include <time.h>

#include "attestation/verify.h"
#include "base/files.h"
#include "codec/json.h"
#include "codec/text.h"

/*
 * Real and made-up evidence with its collateral and with what a verifier has to find, in ../shared/vectors. A test for
 * each of them; a member of expected.json that this program does not know is a failure.
 */

enum { VECTORS_MAX = 512, FILE_MAX = 8 << 20 };

struct vector {
    const char *name;
    const struct json *expected;
    struct buf evidence, bundle, text;
    struct arena arena;
    struct collateral *collateral;
    bool valid;
    struct verdict verdict;
    bool signatures_valid;
    struct verdict signatures;
};

/* ---- reading ---- */

static struct buf read_part(const char *vector, const char *file)
{
    auto_string *path = mem_printf("%s/%s/%s", TEST_VECTORS, vector, file);
    struct buf data = { 0 };
    struct err err = { 0 };

    assert_ok(file_read(&files_posix, path, FILE_MAX, &data, &err), &err);
    return data;
}

static struct bytes member_text(const struct json *object, const char *name)
{
    const struct json *const member = json_member(object, name);

    return member != NULL && member->type == JSON_STRING ? member->text : BYTES_NONE;
}

static int64_t number_of(const struct json *value)
{
    struct err err = { 0 };
    int64_t number = 0;

    assert_int_equal(value->type, JSON_NUMBER);
    assert_ok(json_get_int(value, &number, &err), &err);
    return number;
}

static struct bytes unhex(struct arena *arena, struct bytes digits)
{
    struct err err = { 0 };
    auto_buf out = { 0 };

    assert_ok(hex_decode(&out, digits, &err), &err);
    return arena_bytes(arena, buf_bytes(&out));
}

/* The root of the vector instead of the real ones, if it names one. */
static struct trust_anchors anchors_of(struct arena *arena, const struct json *expected)
{
    const struct json *const override = json_member(expected, "trust_anchor");
    struct trust_anchors anchors = trust_anchors_builtin;

    if (override == NULL)
        return anchors;
    struct bytes *const key = arena_alloc(arena, sizeof *key);
    struct ark_anchor *const arks = arena_alloc(arena, 8 * sizeof *arks);
    *key = unhex(arena, member_text(override, "intel_root_key"));
    anchors = (struct trust_anchors){ .intel_count = key->len > 0, .intel_root_keys = key };
    anchors.arks = arks;
    const struct json *const products = json_member(override, "ark_spki_sha256");
    for (const struct json *ark = products == NULL ? NULL : json_first(products); ark != NULL;
         ark = json_next(ark))
        arks[anchors.ark_count++] =
            (struct ark_anchor){ arena_string(arena, ark->name), unhex(arena, ark->text) };
    return anchors;
}

static void vector_run(struct vector *v)
{
    struct err err = { 0 };

    v->text = read_part(v->name, "expected.json");
    v->expected = json_parse(buf_bytes(&v->text), JSON_TRAILING_REFUSED, &v->arena, &err);
    assert_non_null(v->expected);
    auto_string *file = bytes_to_string(member_text(v->expected, "evidence_file"));
    v->evidence = read_part(v->name, file);
    v->bundle = read_part(v->name, "collateral.json");
    const struct trust_anchors anchors = anchors_of(&v->arena, v->expected);
    const int64_t now = number_of(json_member(v->expected, "verify_time_unix"));
    v->collateral = collateral_parse(buf_bytes(&v->bundle), &anchors, &err);
    if (v->collateral == NULL)
        fail_msg("%s", err.text);
    v->valid = evidence_verify(buf_bytes(&v->evidence), v->collateral, &anchors, now, &v->arena,
                               &v->verdict);
    v->signatures_valid = evidence_verify_signatures(buf_bytes(&v->evidence), v->collateral,
                                                     &anchors, now, &v->arena, &v->signatures);
}

static void vector_clear(struct vector *v)
{
    buf_clear(&v->evidence);
    buf_clear(&v->bundle);
    buf_clear(&v->text);
    arena_clear(&v->arena);
    collateral_free(v->collateral);
}

/* ---- comparing ---- */

static void expect_text(const struct vector *v, const struct json *want, const char *is)
{
    if (want->type != JSON_STRING || !bytes_equal_string(want->text, is))
        fail_msg("%s: %.*s is %s instead of %.*s (%.*s)", v->name, BYTES_FMT(want->name), is,
                 BYTES_FMT(want->text), BYTES_FMT(v->verdict.detail));
}

static void expect_number(const struct vector *v, const struct json *want, uint64_t is)
{
    if (number_of(want) != (int64_t)is)
        fail_msg("%s: %.*s is %llu instead of %.*s", v->name, BYTES_FMT(want->name),
                 (unsigned long long)is, BYTES_FMT(want->text));
}

static void expect_flag(const struct vector *v, const struct json *want, bool is)
{
    assert_int_equal(want->type, JSON_BOOL);
    if (want->boolean != is)
        fail_msg("%s: %.*s is %d", v->name, BYTES_FMT(want->name), is);
}

static void expect_hex(const struct vector *v, const struct json *want, struct bytes is)
{
    auto_buf digits = { 0 };

    hex_encode(&digits, is);
    buf_add_u8(&digits, '\0');
    expect_text(v, want, (const char *)digits.at);
}

static void expect_date(const struct vector *v, const struct json *want, int64_t is)
{
    const time_t t = (time_t)is;
    char text[40];
    struct tm tm;

    assert_non_null(gmtime_r(&t, &tm));
    assert_true(strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0);
    expect_text(v, want, text);
}

static void expect_list(const struct vector *v, const struct json *want, const struct bytes *list,
                        size_t count)
{
    size_t i = 0;

    assert_int_equal(want->type, JSON_ARRAY);
    for (const struct json *one = json_first(want); one != NULL; one = json_next(one), i++) {
        if (i >= count || !bytes_equal(one->text, list[i]))
            fail_msg("%s: %.*s has no %.*s at %zu", v->name, BYTES_FMT(want->name),
                     BYTES_FMT(one->text), i);
    }
    assert_int_equal(i, count);
}

static void expect_tcb(const struct vector *v, const struct json *want, const struct snp_tcb *is)
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

static void check_result(const struct vector *v, const struct json *want)
{
    if (v->valid != (v->verdict.reason == REASON_NONE))
        fail_msg("%s: result and reason do not agree", v->name);
    expect_text(v, want, v->valid ? "valid" : "invalid");
    assert_int_equal(v->valid, v->verdict.detail.len == 0);
}

static void check_reason(const struct vector *v, const struct json *want)
{
    const char *const is = reason_text(v->verdict.reason);

    if (!is_listed(json_member(v->expected, "also_acceptable_reasons"), is))
        expect_text(v, want, is);
}

static void check_signatures(const struct vector *v, const struct json *want)
{
    expect_text(v, want, v->signatures_valid ? "valid" : reason_text(v->signatures.reason));
}

static void check_tee(const struct vector *v, const struct json *want)
{
    /* What does not parse has no TEE. */
    if (json_member(v->expected, "quote_version") != NULL)
        expect_text(v, want, tee_text(v->verdict.tee));
}

static void check_quote_version(const struct vector *v, const struct json *want)
{
    expect_number(v, want, v->verdict.version);
}

static void check_status(const struct vector *v, const struct json *want)
{
    expect_text(v, want, tcb_status_text(v->verdict.tcb_status));
}

static void check_platform_status(const struct vector *v, const struct json *want)
{
    expect_text(v, want, tcb_status_text(v->verdict.platform_tcb_status));
}

static void check_qe_status(const struct vector *v, const struct json *want)
{
    expect_text(v, want, tcb_status_text(v->verdict.qe_tcb_status));
}

/* null: there is none, as without a module of its own */
static void check_module_status(const struct vector *v, const struct json *want)
{
    if (want->type == JSON_NULL)
        assert_int_equal(v->verdict.module_tcb_status, TCB_STATUS_NONE);
    else
        expect_text(v, want, tcb_status_text(v->verdict.module_tcb_status));
}

static void check_advisories(const struct vector *v, const struct json *want)
{
    expect_list(v, want, v->verdict.advisories, v->verdict.advisory_count);
}

static void check_platform_advisories(const struct vector *v, const struct json *want)
{
    expect_list(v, want, v->verdict.platform_advisories, v->verdict.platform_advisory_count);
}

static void check_qe_advisories(const struct vector *v, const struct json *want)
{
    expect_list(v, want, v->verdict.qe_advisories, v->verdict.qe_advisory_count);
}

static void check_debug(const struct vector *v, const struct json *want)
{
    expect_flag(v, want, v->verdict.debug);
}

static void check_fmspc(const struct vector *v, const struct json *want)
{
    expect_hex(v, want, v->verdict.fmspc);
}

static void check_pceid(const struct vector *v, const struct json *want)
{
    expect_hex(v, want, v->verdict.pceid);
}

static void check_ppid(const struct vector *v, const struct json *want)
{
    expect_hex(v, want, v->verdict.ppid);
}

static void check_pcesvn(const struct vector *v, const struct json *want)
{
    expect_number(v, want, v->verdict.pcesvn);
}

static void check_components(const struct vector *v, const struct json *want)
{
    size_t i = 0;

    for (const struct json *one = json_first(want); one != NULL; one = json_next(one), i++) {
        assert_true(i < PCK_COMPONENTS);
        expect_number(v, one, v->verdict.pck_components[i]);
    }
    assert_int_equal(i, PCK_COMPONENTS);
}

static void check_pck_ca(const struct vector *v, const struct json *want)
{
    expect_text(v, want, v->verdict.pck_ca == NULL ? "" : v->verdict.pck_ca);
}

static void check_tcb_date(const struct vector *v, const struct json *want)
{
    expect_date(v, want, v->verdict.tcb_date);
}

static void check_qe_tcb_date(const struct vector *v, const struct json *want)
{
    expect_date(v, want, v->verdict.qe_tcb_date);
}

static void check_evaluation(const struct vector *v, const struct json *want)
{
    expect_number(v, want, v->verdict.evaluation_number);
}

static void check_earliest_issue(const struct vector *v, const struct json *want)
{
    expect_date(v, want, v->verdict.earliest_issue);
}

static void check_latest_issue(const struct vector *v, const struct json *want)
{
    expect_date(v, want, v->verdict.latest_issue);
}

static void check_expiration(const struct vector *v, const struct json *want)
{
    expect_date(v, want, v->verdict.earliest_expiration);
}

static void check_cert_data_type(const struct vector *v, const struct json *want)
{
    expect_number(v, want, v->verdict.cert_data_type);
}

static void check_wrapped(const struct vector *v, const struct json *want)
{
    expect_flag(v, want, v->verdict.wrapped);
}

static void check_trailing(const struct vector *v, const struct json *want)
{
    expect_number(v, want, v->verdict.trailing_zero_bytes);
}

static void check_product(const struct vector *v, const struct json *want)
{
    expect_text(v, want, v->verdict.product == NULL ? "" : v->verdict.product);
}

static void check_crl(const struct vector *v, const struct json *want)
{
    expect_flag(v, want, v->verdict.revocation_checked);
}

static void check_reported_tcb(const struct vector *v, const struct json *want)
{
    expect_tcb(v, want, &v->verdict.reported_tcb);
}

static void check_launch_tcb(const struct vector *v, const struct json *want)
{
    expect_tcb(v, want, &v->verdict.launch_tcb);
}

static void check_committed_tcb(const struct vector *v, const struct json *want)
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
static void expect_field(const struct vector *v, const struct json *want,
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

static const struct verdict_field *field_of(const struct vector *v, struct bytes name)
{
    const struct verdict_field *found = NULL;

    for (size_t i = 0; i < v->verdict.field_count; i++) {
        if (!bytes_equal_string(name, v->verdict.fields[i].name))
            continue;
        assert_null(found);
        found = &v->verdict.fields[i];
    }
    if (found == NULL)
        fail_msg("%s: there is no field %.*s", v->name, BYTES_FMT(name));
    return found;
}

static void check_fields(const struct vector *v, const struct json *want)
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
    void (*check)(const struct vector *v, const struct json *want); /* NULL: nothing to compare */
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

static void check_member(const struct vector *v, const struct json *member)
{
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!bytes_equal_string(member->name, known[i].name))
            continue;
        if (known[i].check != NULL)
            known[i].check(v, member);
        return;
    }
    fail_msg("%s: this test does not know %.*s", v->name, BYTES_FMT(member->name));
}

static void gives_what_is_expected(void **state)
{
    struct vector v = { .name = *state };

    vector_run(&v);
    for (const struct json *member = json_first(v.expected); member != NULL;
         member = json_next(member))
        check_member(&v, member);
    vector_clear(&v);
}

/* ---- all of them ---- */

struct found {
    size_t count;
    struct CMUnitTest tests[VECTORS_MAX];
};

static bool note_vector(void *arg, const char *name)
{
    struct found *const found = arg;
    auto_string *path = mem_printf("%s/%s/expected.json", TEST_VECTORS, name);
    auto_buf ignored = { 0 };
    struct err err = { 0 };

    /* README.md lies among them. */
    if (strchr(name, '.') != NULL && !file_read(&files_posix, path, FILE_MAX, &ignored, &err))
        return true;
    assert(found->count < VECTORS_MAX);
    char *const copy = mem_string(name);
    found->tests[found->count++] = (struct CMUnitTest){ .name = copy,
                                                        .test_func = gives_what_is_expected,
                                                        .initial_state = copy };
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int main(void)
{
    static struct found found;

    if (files_posix.list(NULL, TEST_VECTORS, note_vector, &found) != 0 || found.count == 0) {
        (void)printf("1..0 # SKIP the vectors in ../shared are not here\n");
        return 0;
    }
    qsort(found.tests, found.count, sizeof found.tests[0], by_name);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const int failed = _cmocka_run_group_tests("vectors", found.tests, found.count, NULL, NULL);
    for (size_t i = 0; i < found.count; i++)
        free(found.tests[i].initial_state);
    return failed;
}
