/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_scene.h"

#include "attestation/verify.h"
#include "base/files.h"
#include "codec/text.h"

#include <dirent.h>

/*
 * Evidence of real machines, in ../shared/vectors: a package that names exactly its software, and takes only platforms that
 * are up to date and not in debug mode, accepts it where the vector says so.
 */
enum { FILE_MAX_BYTES = 8 << 20 };

static struct buf read_part(const char *name, struct bytes part)
{
    auto_string *path =
        mem_printf("%s/%s/%.*s", TEST_VECTORS, name, (int)part.len, (const char *)part.at);
    struct buf out = { 0 };
    struct err err = { 0 };

    assert_ok(file_read(&files_posix, path, FILE_MAX_BYTES, &out, &err), &err);
    return out;
}

static void put_field(struct buf *out, const struct verdict *v, const char *member,
                      const char *field)
{
    const struct bytes value = verdict_field_value(v, field);

    if (value.len == 0)
        return;
    json_put_name(out, member);
    buf_add_u8(out, '"');
    hex_encode(out, value);
    buf_add_u8(out, '"');
}

/* Names all that the evidence says about the software. */
static void put_package(struct buf *out, const struct verdict *v)
{
    buf_add_string(out, "{\"Packages\":{\"app\":{\"AcceptedTCBStatuses\":[\"UpToDate\"]");
    switch (v->tee) {
    case TEE_SGX:
        put_field(out, v, "UniqueID", "mrenclave");
        break;
    case TEE_TDX:
        buf_add_string(out, ",\"TDX\":{");
        put_field(out, v, "MRTD", "mrtd");
        put_field(out, v, "RTMR0", "rtmr0");
        put_field(out, v, "RTMR1", "rtmr1");
        put_field(out, v, "RTMR2", "rtmr2");
        put_field(out, v, "RTMR3", "rtmr3");
        put_field(out, v, "MRSEAM", "mrseam");
        put_field(out, v, "MRServiceTD", "mrservicetd");
        put_field(out, v, "TDAttributes", "tdattributes");
        put_field(out, v, "XFAM", "xfam");
        buf_add_string(out, "}");
        break;
    case TEE_SNP:
        buf_add_string(out, ",\"SNP\":{");
        put_field(out, v, "Measurement", "measurement");
        put_field(out, v, "HostData", "host_data");
        buf_add_format(out, ",\"VMPL\":%u", (unsigned)verdict_field_number(v, "vmpl"));
        buf_add_format(out, ",\"MinimumTCB\":{\"SNP\":%u},\"Products\":[\"%s\"]}",
                       v->reported_tcb.snp, v->product);
        break;
    case TEE_NONE:
        fail_msg("no TEE");
    }
    buf_add_string(out, "}}}");
}

/* The measurement of the evidence differs in one bit. */
static struct verdict of_other_software(const struct verdict *v, struct arena *arena)
{
    static const char *const measurements[] = { "mrenclave", "mrtd", "measurement" };
    struct verdict other = *v;

    for (size_t i = 0; i < v->field_count; i++) {
        for (size_t k = 0; k < COUNT_OF(measurements); k++) {
            if (strcmp(v->fields[i].name, measurements[k]) != 0)
                continue;
            uint8_t *const copy = arena_alloc(arena, v->fields[i].value.len);
            memcpy(copy, v->fields[i].value.at, v->fields[i].value.len);
            copy[0] ^= 1;
            other.fields[i].value.at = copy;
        }
    }
    return other;
}

static bool is_text(const struct json *object, const char *name, const char *text)
{
    const struct json *const member = json_member(object, name);

    return member != NULL && bytes_equal_string(member->text, text);
}

/* 1 when it was judged: what is not valid, or has roots of its own, is not for a policy. */
static unsigned judge_vector(const char *name)
{
    auto_arena arena = { 0 };
    auto_buf text = read_part(name, BYTES_LITERAL("expected.json")), package = { 0 };
    struct verdict *const verdict = arena_alloc(&arena, sizeof *verdict);
    struct policy_report *const report = arena_alloc(&arena, sizeof *report);
    struct err err = { 0 };
    uint64_t now = 0;

    const struct json *const expected =
        json_parse(buf_bytes(&text), JSON_TRAILING_REFUSED, &arena, &err);
    assert_ok(expected != NULL, &err);
    if (!is_text(expected, "result", "valid") || json_member(expected, "trust_anchor") != NULL)
        return 0;
    auto_buf evidence = read_part(name, json_member(expected, "evidence_file")->text);
    auto_buf bundle = read_part(name, BYTES_LITERAL("collateral.json"));
    struct collateral *const collateral =
        collateral_parse(buf_bytes(&bundle), &trust_anchors_builtin, &err);
    assert_ok(collateral != NULL &&
                  json_get_uint(json_member(expected, "verify_time_unix"), INT64_MAX, &now, &err),
              &err);
    assert_true(evidence_verify(buf_bytes(&evidence), collateral, &trust_anchors_builtin,
                                (int64_t)now, &arena, verdict));
    put_package(&package, verdict);
    auto_manifest *m = manifest_parse(buf_bytes(&package), &err);
    assert_ok(m != NULL, &err);
    const bool fits = policy_judge(&m->packages[0], NULL, 0, verdict, &arena, report);
    if (fits != is_text(expected, "default_policy", "accept"))
        fail_msg("%s: %.*s", name, fits ? 4 : (int)report->at[0].sentence.len,
                 fits ? "fits" : (const char *)report->at[0].sentence.at);
    const struct verdict other = of_other_software(verdict, &arena);
    assert_false(policy_judge(&m->packages[0], NULL, 0, &other, &arena, report));
    collateral_free(collateral);
    return 1;
}

static void real_evidence_is_accepted_where_it_should_be(void **state)
{
    DIR *const directory = opendir(TEST_VECTORS);
    unsigned judged = 0;

    (void)state;
    if (directory == NULL)
        skip();
    for (const struct dirent *e; (e = readdir(directory)) != NULL;) {
        if (strchr(e->d_name, '.') == NULL)
            judged += judge_vector(e->d_name);
    }
    (void)closedir(directory);
    assert_true(judged >= 15);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(real_evidence_is_accepted_where_it_should_be),
};
TEST_MAIN(tests)
