/* SPDX-License-Identifier: Apache-2.0 */
#include "intel_scene.h"

#include "attestation/intel_qe_identity.h"
#include "attestation/intel_tcb_info.h"
#include "crypto/cert.h"

/* TCB info, QE identity (attestation.md, 5.2 to 5.4) and the extension of PCK certificates (4): what parses and what does not. */

#define SIGNATURE_64 "0000000000000000000000000000000000000000000000000000000000000000"

/* Reads a document whose signature nobody looks at here. */
static bool read_document(const char *member, struct bytes document, struct arena *arena,
                          struct signed_json *json, struct err *err)
{
    auto_buf text = { 0 };

    buf_add_format(&text, "{\"%s\":", member);
    buf_add(&text, document);
    buf_add_string(&text, ",\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\"}");
    return signed_json_parse(arena_bytes(arena, buf_bytes(&text)), member, arena, json, err);
}

static bool parses_info(const struct intel_scene *s, struct err *err)
{
    auto_arena tree = { 0 }, arena = { 0 };
    struct signed_json json;
    struct tcb_info info;

    return read_document("tcbInfo", buf_bytes(&s->tcb_info), &tree, &json, err) &&
           tcb_info_parse(json.document, &arena, &info, err);
}

static bool parses_qe(const struct intel_scene *s, struct err *err)
{
    auto_arena tree = { 0 }, arena = { 0 };
    struct signed_json json;
    struct qe_identity qe;

    return read_document("enclaveIdentity", buf_bytes(&s->qe_identity), &tree, &json, err) &&
           qe_identity_parse(json.document, &arena, &qe, err);
}

struct edit {
    const char *from, *to;
    bool good;
};

static void try_edits(enum scene_form form, bool qe, const struct edit *edits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        auto_scene s;
        struct err err = { 0 };
        intel_scene_init(&s, form);
        scene_edit(qe ? &s.qe_identity : &s.tcb_info, edits[i].from, edits[i].to);
        const bool parsed = qe ? parses_qe(&s, &err) : parses_info(&s, &err);
        if (parsed != edits[i].good)
            fail_msg("%s -> %s: %s", edits[i].from, edits[i].to,
                     parsed ? "it should not parse" : err.text);
        if (!parsed)
            assert_int_equal(err.kind, FAIL_MALFORMED);
    }
}

static void tcb_info_is_read_strictly(void **state)
{
    static const struct edit edits[] = {
        { "\"version\":3", "\"version\":4", false },
        { "\"version\":3", "\"version\":1", false },
        { "\"version\":3", "\"version\":2", false }, /* its levels look otherwise */
        { "\"version\":3", "\"version\":\"3\"", false },
        { "\"version\":3", "\"version\":3.0", false },
        { "\"version\":3", "\"version\":3e0", false },
        { "\"version\":3", "\"version\":null", false },
        { "\"version\":3,", "", false },
        { "\"version\":3", "\"version\":3,\"version\":3", false },
        { "\"version\":3", "\"version\":3,\"v\\u0065rsion\":3", false },
        { "\"version\":3", "\"version\":3,\"Version\":4", true }, /* another name */
        { "\"id\":\"SGX\"", "\"id\":\"TDX\"", false },
        { "\"id\":\"SGX\"", "\"id\":\"sgx\"", false },
        { "\"id\":\"SGX\",", "", false },
        { "\"tcbType\":0", "\"tcbType\":1", false },
        { "\"tcbType\":0", "\"tcbType\":-0", false },
        { "\"tcbType\":0,", "", false },
        { "00C0ffEE0001", "00C0ffEE00", false },
        { "00C0ffEE0001", "00C0ffEE000100", false },
        { "00C0ffEE0001", "00C0ffEE000g", false },
        { "\"pceId\":\"0100\"", "\"pceId\":256", false },
        { "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":18446744073709551615",
          true },
        { "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":18446744073709551616",
          false },
        { "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":-1", false },
        { "\"svn\":255", "\"svn\":256", false },
        { "\"svn\":255", "\"svn\":-1", false },
        { "{\"svn\":200},", "", false },
        { "{\"svn\":200},", "{\"svn\":200},{\"svn\":200},", false },
        { "{\"svn\":200}", "200", false },
        { "\"pcesvn\":13", "\"pcesvn\":65535", true },
        { "\"pcesvn\":13", "\"pcesvn\":65536", false },
        { "\"UpToDate\"", "\"uptodate\"", false },
        { "\"UpToDate\"", "\"TDRelaunchAdvised\"", false },
        { "\"UpToDate\"", "\"Unknown\"", false },
        { "\"UpToDate\"", "\"OutOfDateConfigurationNeeded\"", true },
        { "\"UpToDate\"", "\"ConfigurationAndSWHardeningNeeded\"", true },
        { "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"UpToDate\",\"advisoryIDs\":[]", true },
        { "\"INTEL-SA-00002\"", "7", false },
        { "[\"INTEL-SA-00002\",\"INTEL-SA-00001\"]", "null", false },
        { "[\"INTEL-SA-00002\",\"INTEL-SA-00001\"]", "\"INTEL-SA-00002\"", false },
        { "\"tcbLevels\":[", "\"tcbLevels\":[[],", false },
        { "\"tcbLevels\":[", "\"tcbLevels\":[],\"levels\":[", false },
        { "\"tcbLevels\":[", "\"tdxModule\":{},\"tcbLevels\":[", false },
        { "\"tcbLevels\":[", "\"tdxModuleIdentities\":[],\"tcbLevels\":[", false },
        { "\"tcbLevels\":[", "\"deep\":[[[[[[[[[[[[[[]]]]]]]]]]]]]],\"tcbLevels\":[", true },
        { "\"tcbLevels\":[", "\"deep\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],\"tcbLevels\":[", false },
        { "\"tcbLevels\":[", "\"not UTF-8\":\"\xff\",\"tcbLevels\":[", false },
        { "2025-06-01T00:00:00Z", "2025-06-01T23:59:59Z", true },
        { "2025-06-01T00:00:00Z", "2025-13-01T00:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2025-00-01T00:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2025-06-31T00:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2025-06-00T00:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2025-02-29T00:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2024-02-29T00:00:00Z", true },
        { "2025-06-01T00:00:00Z", "2100-02-29T00:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2000-02-29T00:00:00Z", true },
        { "2025-06-01T00:00:00Z", "2025-06-01T24:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2025-06-01T00:60:00Z", false },
        { "2025-06-01T00:00:00Z", "2025-06-01T00:00:60Z", false },
        { "2025-06-01T00:00:00Z", "2025-06-01T00:00:00", false },
        { "2025-06-01T00:00:00Z", "2025-06-01T00:00:00z", false },
        { "2025-06-01T00:00:00Z", "2025-06-01 00:00:00Z", false },
        { "2025-06-01T00:00:00Z", "2025-06-01T00:00:00.0Z", false },
        { "2025-06-01T00:00:00Z", "2025-06-01T00:00:+1Z", false },
        { "2025-06-01T00:00:00Z", "", false },
    };

    (void)state;
    try_edits(SCENE_SGX_3, false, edits, COUNT_OF(edits));
}

static void tcb_info_of_tdx_describes_its_modules(void **state)
{
    static const struct edit edits[] = {
        { "\"tdxModule\":", "\"tdxModul\":", false },
        { "\"tdxModuleIdentities\":", "\"identities\":", true },
        { "\"tdxtcbcomponents\":", "\"components\":", false },
        { "\"id\":\"TDX_01\",", "", false },
        { "\"attributes\":\"0000000000000000\"", "\"attributes\":\"00\"", false },
        { "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"", "\"attributesMask\":1", false },
        { "\"isvsvn\":6", "\"isvsvn\":65536", false },
        { "\"isvsvn\":6", "\"isvsvn\":65535", true },
        { "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"SWHardeningNeeded\"", false },
        { "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Revoked\"", true },
        { "\"tdxModuleIdentities\":[", "\"tdxModuleIdentities\":[1,", false },
        { "\"tdxModuleIdentities\":[", "\"tdxModuleIdentities\":[],\"others\":[", true },
        { "\"id\":\"TDX\"", "\"id\":\"SGX\"", false },
    };

    (void)state;
    try_edits(SCENE_TDX_4, false, edits, COUNT_OF(edits));
}

static void qe_identities_are_read_strictly(void **state)
{
    static const struct edit edits[] = {
        { "\"id\":\"QE\"", "\"id\":\"QVE\"", true },
        { "\"id\":\"QE\"", "\"id\":\"qe\"", false },
        { "\"version\":2", "\"version\":1", false },
        { "\"version\":2", "\"version\":3", false },
        { "\"miscselect\":\"01000000\"", "\"miscselect\":\"0100000\"", false },
        { "\"miscselectMask\":\"FFFFFFFF\"", "\"mask\":\"FFFFFFFF\"", false },
        { "\"isvprodid\":1", "\"isvprodid\":65536", false },
        { "\"isvprodid\":1", "\"isvprodid\":true", false },
        { "\"isvsvn\":8", "\"isvsvn\":\"8\"", false },
        { "\"UpToDate\"", "\"Up\"", false },
        { "2025-05-13T00:00:00Z", "2025-05-13", false },
        { "\"nextUpdate\":", "\"next\":", false },
        { "\"tcbEvaluationDataNumber\":18,", "", false },
        { "\"mrsigner\":\"8C", "\"mrsigner\":\"", false },
    };

    (void)state;
    try_edits(SCENE_SGX_3, true, edits, COUNT_OF(edits));
}

static void responses_hold_one_document_and_one_signature(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        { "{\"tcbInfo\":{},\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\"}", true },
        { " {\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\" , \"tcbInfo\" : { } } \n", true },
        { "{\"tcbInfo\":{},\"signature\":\"" SIGNATURE_64 "\"}", false },
        { "{\"tcbInfo\":[],\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\"}", false },
        { "{\"tcbInfo\":null,\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\"}", false },
        { "{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\"}",
          false },
        { "{\"TcbInfo\":{},\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\"}", false },
        { "{\"tcbInfo\":{},\"signature\":\"" SIGNATURE_64 SIGNATURE_64 "\"}x", false },
        { "{\"tcbInfo\":{}}", false },
        { "[]", false },
        { "\"tcbInfo\"", false },
        { "", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_arena arena = { 0 };
        struct signed_json json;
        struct err err = { 0 };
        if (signed_json_parse(bytes_of_string(cases[i].text), "tcbInfo", &arena, &json, &err) !=
            cases[i].good)
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void version_2_is_for_sgx_and_names_each_component(void **state)
{
    auto_buf text = { 0 };
    auto_arena tree = { 0 }, arena = { 0 };
    struct signed_json json;
    struct tcb_info info;
    struct err err = { 0 };

    (void)state;
    buf_add_string(&text, "{\"version\":2,\"issueDate\":\"2025-06-01T00:00:00Z\","
                          "\"nextUpdate\":\"2025-07-01T00:00:00Z\",\"fmspc\":\"00c0ffee0001\","
                          "\"pceId\":\"0000\",\"tcbType\":0,\"tcbEvaluationDataNumber\":5,"
                          "\"tcbLevels\":[{\"tcb\":{");
    for (unsigned i = 1; i <= 16; i++)
        buf_add_format(&text, "\"sgxtcbcomp%02usvn\":%u,", i, i * 10);
    buf_add_string(&text, "\"pcesvn\":7},\"tcbDate\":\"2024-01-01T00:00:00Z\","
                          "\"tcbStatus\":\"UpToDate\"}]}");
    assert_ok(read_document("tcbInfo", buf_bytes(&text), &tree, &json, &err), &err);
    assert_ok(tcb_info_parse(json.document, &arena, &info, &err), &err);
    assert_int_equal(info.tee, TEE_SGX);
    assert_int_equal(info.version, 2);
    assert_int_equal(info.level_count, 1);
    assert_int_equal(info.levels[0].sgx[0], 10);
    assert_int_equal(info.levels[0].sgx[15], 160);
    assert_int_equal(info.levels[0].pcesvn, 7);
    scene_edit(&text, "sgxtcbcomp09svn", "sgxtcbcomp9svn");
    assert_ok(read_document("tcbInfo", buf_bytes(&text), &tree, &json, &err), &err);
    assert_false(tcb_info_parse(json.document, &arena, &info, &err));
}

static void modules_are_found_by_two_hex_digits(void **state)
{
    const struct tdx_module modules[] = { { .id = BYTES_LITERAL("TDX_01") },
                                          { .id = BYTES_LITERAL("tdx_0A") },
                                          { .id = BYTES_LITERAL("TDX_ff") },
                                          { .id = BYTES_LITERAL("TDX_2") } };
    const struct tcb_info info = { .modules = modules, .module_count = COUNT_OF(modules) };

    (void)state;
    assert_ptr_equal(tcb_info_module(&info, 0), &info.module);
    assert_ptr_equal(tcb_info_module(&info, 1), &modules[0]);
    assert_ptr_equal(tcb_info_module(&info, 10), &modules[1]);
    assert_ptr_equal(tcb_info_module(&info, 255), &modules[2]);
    assert_null(tcb_info_module(&info, 2));
}

static void more_levels_than_there_can_be_are_refused(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        auto_scene s;
        auto_buf levels = { 0 };
        struct err err = { 0 };
        intel_scene_init(&s, SCENE_SGX_3);
        buf_add_string(&levels, "\"tcbLevels\":[");
        for (int i = 0; i < LEVELS_MAX - 2 + more; i++)
            buf_add_string(&levels, "{\"tcb\":{\"isvsvn\":1},\"tcbDate\":\"2025-05-13T00:00:00Z\","
                                    "\"tcbStatus\":\"UpToDate\"},");
        buf_add_u8(&levels, 0);
        scene_edit(&s.qe_identity, "\"tcbLevels\":[", (const char *)levels.at);
        assert_int_equal(parses_qe(&s, &err), more == 0);
    }
}

/* ---- the extension ---- */

/* The extension of a scene's leaf. */
static void make_extension(struct buf *out, bool platform)
{
    auto_scene s;
    struct err err = { 0 };
    struct bytes value;

    intel_scene_init(&s, SCENE_SGX_3);
    s.pck.platform = platform;
    s.pck.pcesvn = 0xfffe;
    intel_scene_build(&s);
    struct cert *const cert = cert_from_der(buf_bytes(&s.leaf_der), &err);
    assert_non_null(cert);
    assert_true(cert_extension(cert, PCK_EXTENSION_OID, &value));
    buf_add(out, value);
    cert_free(cert);
}

static void the_extension_is_read_field_by_field(void **state)
{
    (void)state;
    for (int platform = 0; platform < 2; platform++) {
        auto_buf extension = { 0 };
        struct pck pck;
        struct err err = { 0 };
        make_extension(&extension, platform == 1);
        assert_ok(pck_parse(buf_bytes(&extension), &pck, &err), &err);
        assert_int_equal(pck.ppid[15], 0x77);
        assert_int_equal(pck.components[0], 5);
        assert_int_equal(pck.components[4], 255);
        assert_int_equal(pck.components[5], 200);
        assert_int_equal(pck.components[15], 0);
        assert_int_equal(pck.pcesvn, 0xfffe);
        assert_int_equal(pck.cpusvn[0], 0x99);
        assert_int_equal(pck.pceid[0], 1);
        assert_int_equal(pck.fmspc[1], 0xc0);
        assert_int_equal(pck.sgx_type, 1);
    }
}

static void an_extension_that_was_cut_or_goes_on_is_refused(void **state)
{
    auto_buf extension = { 0 };
    struct pck pck;
    struct err err = { 0 };

    (void)state;
    make_extension(&extension, true);
    for (size_t len = 0; len < extension.len; len++) {
        uint8_t *const exact = bytes_copy(bytes_of(extension.at, len));
        assert_false(pck_parse(bytes_of(exact, len), &pck, &err));
        assert_int_equal(err.kind, FAIL_MALFORMED);
        free(exact);
    }
    buf_add_u8(&extension, 0);
    assert_false(pck_parse(buf_bytes(&extension), &pck, &err));
}

#define OID_OF(arc) "\x06\x0a\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01" arc
#define OID_OF_TCB(arc) "\x06\x0b\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01\x02" arc

/* Replaces bytes of the same number. */
static void patch(struct buf *in, struct bytes from, struct bytes to)
{
    assert_int_equal(from.len, to.len);
    for (size_t i = 0; i + from.len <= in->len; i++) {
        if (memcmp(in->at + i, from.at, from.len) == 0) {
            memcpy(in->at + i, to.at, to.len);
            return;
        }
    }
    fail_msg("the bytes to replace are not there");
}

static void entries_have_one_type_one_size_and_are_there_once(void **state)
{
    static const struct {
        const char *what;
        struct bytes from, to;
    } cases[] = {
        { "PPID left out", BYTES_LITERAL(OID_OF("\x01")), BYTES_LITERAL(OID_OF("\x09")) },
        { "TCB left out", BYTES_LITERAL(OID_OF("\x02")), BYTES_LITERAL(OID_OF("\x09")) },
        { "PCEID left out", BYTES_LITERAL(OID_OF("\x03")), BYTES_LITERAL(OID_OF("\x09")) },
        { "FMSPC left out", BYTES_LITERAL(OID_OF("\x04")), BYTES_LITERAL(OID_OF("\x09")) },
        { "type left out", BYTES_LITERAL(OID_OF("\x05")), BYTES_LITERAL(OID_OF("\x09")) },
        { "instance twice", BYTES_LITERAL(OID_OF("\x05")), BYTES_LITERAL(OID_OF("\x06")) },
        { "PCEID for FMSPC", BYTES_LITERAL(OID_OF("\x04")), BYTES_LITERAL(OID_OF("\x03")) },
        { "FMSPC as INTEGER", BYTES_LITERAL(OID_OF("\x04") "\x04\x06"),
          BYTES_LITERAL(OID_OF("\x04") "\x02\x06") },
        { "type as INTEGER", BYTES_LITERAL(OID_OF("\x05") "\x0a\x01\x01"),
          BYTES_LITERAL(OID_OF("\x05") "\x02\x01\x01") },
        { "type that is not known", BYTES_LITERAL(OID_OF("\x05") "\x0a\x01\x01"),
          BYTES_LITERAL(OID_OF("\x05") "\x0a\x01\x03") },
        { "component as OCTET STRING", BYTES_LITERAL(OID_OF_TCB("\x01") "\x02\x01"),
          BYTES_LITERAL(OID_OF_TCB("\x01") "\x04\x01") },
        { "component below zero", BYTES_LITERAL(OID_OF_TCB("\x01") "\x02\x01\x05"),
          BYTES_LITERAL(OID_OF_TCB("\x01") "\x02\x01\x85") },
        { "component above 255", BYTES_LITERAL(OID_OF_TCB("\x05") "\x02\x02\x00\xff"),
          BYTES_LITERAL(OID_OF_TCB("\x05") "\x02\x02\x01\x00") },
        { "component with a needless zero", BYTES_LITERAL(OID_OF_TCB("\x05") "\x02\x02\x00\xff"),
          BYTES_LITERAL(OID_OF_TCB("\x05") "\x02\x02\x00\x7f") },
        { "PCESVN above 65535", BYTES_LITERAL(OID_OF_TCB("\x11") "\x02\x03\x00\xff\xfe"),
          BYTES_LITERAL(OID_OF_TCB("\x11") "\x02\x03\x01\xff\xfe") },
        { "component twice", BYTES_LITERAL(OID_OF_TCB("\x03")), BYTES_LITERAL(OID_OF_TCB("\x04")) },
        { "component left out", BYTES_LITERAL(OID_OF_TCB("\x10")),
          BYTES_LITERAL(OID_OF_TCB("\x20")) },
        { "flag as INTEGER", BYTES_LITERAL("\x07\x02\x01\x01\xff"),
          BYTES_LITERAL("\x07\x02\x02\x01\xff") },
        { "flag twice", BYTES_LITERAL("\x07\x02\x01\x01\xff"),
          BYTES_LITERAL("\x07\x01\x01\x01\xff") },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_buf extension = { 0 };
        struct pck pck;
        struct err err = { 0 };
        make_extension(&extension, true);
        patch(&extension, cases[i].from, cases[i].to);
        if (pck_parse(buf_bytes(&extension), &pck, &err))
            fail_msg("%s: it parses", cases[i].what);
    }
}

static void unknown_entries_are_skipped(void **state)
{
    auto_buf extension = { 0 };
    struct pck pck;
    struct err err = { 0 };

    (void)state;
    make_extension(&extension, true);
    patch(&extension, BYTES_LITERAL(OID_OF("\x06")), BYTES_LITERAL(OID_OF("\x0f")));
    patch(&extension, BYTES_LITERAL(OID_OF("\x07")), BYTES_LITERAL(OID_OF("\x7f")));
    assert_ok(pck_parse(buf_bytes(&extension), &pck, &err), &err);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tcb_info_is_read_strictly),
    cmocka_unit_test(tcb_info_of_tdx_describes_its_modules),
    cmocka_unit_test(qe_identities_are_read_strictly),
    cmocka_unit_test(responses_hold_one_document_and_one_signature),
    cmocka_unit_test(version_2_is_for_sgx_and_names_each_component),
    cmocka_unit_test(modules_are_found_by_two_hex_digits),
    cmocka_unit_test(more_levels_than_there_can_be_are_refused),
    cmocka_unit_test(the_extension_is_read_field_by_field),
    cmocka_unit_test(an_extension_that_was_cut_or_goes_on_is_refused),
    cmocka_unit_test(entries_have_one_type_one_size_and_are_there_once),
    cmocka_unit_test(unknown_entries_are_skipped),
};

TEST_MAIN(tests)
