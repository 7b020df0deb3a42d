/* SPDX-License-Identifier: Apache-2.0 */
#include "intel_scene.h"

#include "codec/der.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"

#define ARC "2a864886f84d010d01"
static const uint8_t vendor[] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                  0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

/* What each form has in its header. */
static const struct {
    uint16_t version, body_type;
    bool tdx;
    size_t body_len;
} shapes[SCENE_FORMS] = {
    { 3, 0, false, 384 }, { 4, 0, false, 384 }, { 5, 1, false, 384 },
    { 4, 0, true, 584 },  { 5, 2, true, 584 },  { 5, 3, true, 648 },
};

bool scene_is_tdx(const struct intel_scene *scene)
{
    return shapes[scene->form].tdx;
}

static struct key *new_key(void)
{
    struct err err = { 0 };
    struct key *const key = key_generate(KEY_ECDSA, 256, &err);

    assert_non_null(key);
    return key;
}

static void init_certs(struct intel_scene *s)
{
    const char *const ca = "Intel SGX PCK Processor CA", *const root = "Intel SGX Root CA";

    s->root = (struct pki_cert){ .name = root,
                                 .serial = BYTES_LITERAL("\x01"),
                                 .not_before = "180101000000Z",
                                 .not_after = "491231235959Z",
                                 .constraints = PKI_CONSTRAINTS_CA,
                                 .usage = PKI_USAGE_CERT_SIGN };
    s->ca = s->root;
    s->ca.name = ca;
    s->ca.issuer = root;
    s->ca.serial = BYTES_LITERAL("\x02");
    s->leaf = (struct pki_cert){ .name = "Intel SGX PCK Certificate",
                                 .issuer = ca,
                                 .serial = BYTES_LITERAL("\x00\x83\x01"),
                                 .not_before = "240101000000Z",
                                 .not_after = "310101000000Z",
                                 .constraints = PKI_CONSTRAINTS_END,
                                 .usage = PKI_USAGE_SIGNATURE,
                                 .extension_oid = ARC };
    s->signer = (struct pki_cert){ .name = "Intel SGX TCB Signing",
                                   .issuer = root,
                                   .serial = BYTES_LITERAL("\x04"),
                                   .not_before = "250101000000Z",
                                   .not_after = "320101000000Z",
                                   .constraints = PKI_CONSTRAINTS_END,
                                   .usage = PKI_USAGE_SIGNATURE };
    s->root_crl = (struct pki_crl){ .issuer = root,
                                    .this_update = "250101000000Z",
                                    .next_update = "260101000000Z" };
    s->pck_crl = s->root_crl;
    s->pck_crl.issuer = ca;
}

static const char sgx_components[] = "[{\"svn\":5,\"category\":\"BIOS\"},{\"svn\":5},{\"svn\":3},{"
                                     "\"svn\":3},{\"svn\":255},{\"svn\":200},"
                                     "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{"
                                     "\"svn\":0},{\"svn\":0},{\"svn\":0},"
                                     "{\"svn\":0},{\"svn\":0}]";
static const char tdx_components[] = "[{\"svn\":5},{\"svn\":0},{\"svn\":6},{\"svn\":0},{\"svn\":0},"
                                     "{\"svn\":0},{\"svn\":0},{\"svn\":0},"
                                     "{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{\"svn\":0},{"
                                     "\"svn\":0},{\"svn\":0},{\"svn\":0}]";

static void add_level(struct intel_scene *s, unsigned pcesvn, const char *status, const char *more)
{
    buf_add_format(&s->tcb_info, "{\"tcb\":{\"sgxtcbcomponents\":%s,\"pcesvn\":%u", sgx_components,
                   pcesvn);
    if (scene_is_tdx(s))
        buf_add_format(&s->tcb_info, ",\"tdxtcbcomponents\":%s", tdx_components);
    buf_add_format(&s->tcb_info, "},\"tcbDate\":\"2025-05-14T00:00:00Z\",\"tcbStatus\":\"%s\"%s}",
                   status, more);
}

static void add_modules(struct intel_scene *s)
{
    auto_buf signer = { 0 };

    for (int i = 0; i < 96; i++)
        buf_add_u8(&signer, '0');
    buf_add_format(&s->tcb_info,
                   "\"tdxModule\":{\"mrsigner\":\"%.96s\",\"attributes\":\"0000000000000000\","
                   "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"},"
                   "\"tdxModuleIdentities\":[{\"id\":\"TDX_01\",\"mrsigner\":\"%.96s\","
                   "\"attributes\":\"0000000000000000\",\"attributesMask\":\"ffffffffffffffff\","
                   "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2025-05-14T00:00:00Z\","
                   "\"tcbStatus\":\"UpToDate\"},{\"tcb\":{\"isvsvn\":4},"
                   "\"tcbDate\":\"2024-05-14T00:00:00Z\",\"tcbStatus\":\"OutOfDate\","
                   "\"advisoryIDs\":[\"INTEL-SA-00003\"]}]}],",
                   (const char *)signer.at, (const char *)signer.at);
}

static void init_documents(struct intel_scene *s)
{
    const bool tdx = scene_is_tdx(s);

    buf_add_format(&s->tcb_info,
                   "{\"id\":\"%s\",\"version\":3,\"issueDate\":\"2025-06-01T00:00:00Z\","
                   "\"nextUpdate\":\"2025-07-01T00:00:00Z\",\"fmspc\":\"00C0ffEE0001\","
                   "\"pceId\":\"0100\",\"tcbType\":0,\"tcbEvaluationDataNumber\":17,",
                   tdx ? "TDX" : "SGX");
    if (tdx)
        add_modules(s);
    buf_add_string(&s->tcb_info, "\"tcbLevels\":[");
    add_level(s, 13, "UpToDate", "");
    buf_add_u8(&s->tcb_info, ',');
    add_level(s, 10, "SWHardeningNeeded",
              ",\"advisoryIDs\":[\"INTEL-SA-00002\",\"INTEL-SA-00001\"]");
    buf_add_string(&s->tcb_info, "]}");
    buf_add_format(
        &s->qe_identity,
        "{\"id\":\"%s\",\"version\":2,\"issueDate\":\"2025-06-02T00:00:00Z\","
        "\"nextUpdate\":\"2025-07-02T00:00:00Z\",\"tcbEvaluationDataNumber\":18,"
        "\"miscselect\":\"01000000\",\"miscselectMask\":\"FFFFFFFF\","
        "\"attributes\":\"11000000000000000000000000000000\","
        "\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
        "\"mrsigner\":\"8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C8C\","
        "\"isvprodid\":%d,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":8},"
        "\"tcbDate\":\"2025-05-13T00:00:00Z\",\"tcbStatus\":\"UpToDate\"},"
        "{\"tcb\":{\"isvsvn\":6},\"tcbDate\":\"2024-05-13T00:00:00Z\","
        "\"tcbStatus\":\"OutOfDate\",\"advisoryIDs\":[\"INTEL-SA-00009\"]}]}",
        tdx ? "TD_QE" : "QE", tdx ? 2 : 1);
}

static void init_reports(struct intel_scene *s)
{
    for (size_t i = 0; i < sizeof s->body; i++)
        s->body[i] = (uint8_t)(i * 11 + 3);
    if (scene_is_tdx(s)) {
        static const uint8_t svn[16] = { 6, 1, 6 };
        memcpy(s->body, svn, sizeof svn);
        memset(s->body + 64, 0, 48 + 8 + 8); /* MRSIGNERSEAM, SEAMATTRIBUTES, TDATTRIBUTES */
        memcpy(s->body + 584, svn, sizeof svn);
    } else {
        s->body[48] = 0x05;
    }
    memset(s->qe_report, 0, sizeof s->qe_report);
    s->qe_report[16] = 1; /* MISCSELECT */
    s->qe_report[48] = 0x15;
    memset(s->qe_report + 128, 0x8c, 32);
    s->qe_report[256] = scene_is_tdx(s) ? 2 : 1;
    s->qe_report[258] = 8;
    memset(s->authentication_data, 0xa5, sizeof s->authentication_data);
    s->authentication_len = 32;
}

void intel_scene_init(struct intel_scene *s, enum scene_form form)
{
    static const uint8_t components[16] = { 5, 5, 3, 3, 255, 200 };
    static const uint8_t fmspc[6] = { 0x00, 0xc0, 0xff, 0xee, 0x00, 0x01 };

    memset(s, 0, sizeof *s);
    s->form = form;
    s->now = SCENE_NOW;
    s->root_key = new_key();
    s->ca_key = new_key();
    s->pck_key = new_key();
    s->signer_key = new_key();
    s->attestation_key = new_key();
    init_certs(s);
    memcpy(s->pck.components, components, sizeof components);
    memcpy(s->pck.fmspc, fmspc, sizeof fmspc);
    memset(s->pck.ppid, 0x77, sizeof s->pck.ppid);
    memset(s->pck.cpusvn, 0x99, sizeof s->pck.cpusvn);
    s->pck.pceid[0] = 1;
    s->pck.pcesvn = 13;
    init_reports(s);
    init_documents(s);
    s->key_type = 2;
    s->cert_data_type = 5;
    s->nul_bytes = 1;
}

/* ---- the extension of the PCK certificate ---- */

static void add_entry(struct buf *out, const char *oid, uint8_t tag, struct bytes value)
{
    auto_buf inside = { 0 };

    der_add_oid(&inside, oid);
    der_add(&inside, tag, value);
    der_add(out, DER_SEQUENCE, buf_bytes(&inside));
}

static void add_number(struct buf *out, const char *oid, unsigned number)
{
    const uint8_t all[] = { 0, (uint8_t)(number >> 8), (uint8_t)number };
    size_t skip = 0;

    while (skip < 2 && all[skip] == 0 && (all[skip + 1] & 0x80) == 0)
        skip++;
    add_entry(out, oid, DER_INTEGER, bytes_of(all + skip, sizeof all - skip));
}

static void make_extension(struct buf *out, const struct scene_pck *pck)
{
    auto_buf list = { 0 }, tcb = { 0 }, configuration = { 0 };
    char oid[40];

    add_entry(&list, ARC "01", DER_OCTET_STRING, bytes_of(pck->ppid, 16));
    for (unsigned i = 0; i < 16; i++) {
        (void)snprintf(oid, sizeof oid, ARC "02%02x", i + 1);
        add_number(&tcb, oid, pck->components[i]);
    }
    add_number(&tcb, ARC "0211", pck->pcesvn);
    add_entry(&tcb, ARC "0212", DER_OCTET_STRING, bytes_of(pck->cpusvn, 16));
    add_entry(&list, ARC "02", DER_SEQUENCE, buf_bytes(&tcb));
    add_entry(&list, ARC "03", DER_OCTET_STRING, bytes_of(pck->pceid, 2));
    add_entry(&list, ARC "04", DER_OCTET_STRING, bytes_of(pck->fmspc, 6));
    add_entry(&list, ARC "05", 0x0a, BYTES_LITERAL("\x01"));
    if (pck->platform) {
        add_entry(&list, ARC "06", DER_OCTET_STRING, bytes_of(pck->ppid, 16));
        for (unsigned i = 0; i < 3; i++) {
            (void)snprintf(oid, sizeof oid, ARC "07%02x", i + 1);
            add_entry(&configuration, oid, DER_BOOLEAN, BYTES_LITERAL("\xff"));
        }
        add_entry(&list, ARC "07", DER_SEQUENCE, buf_bytes(&configuration));
    }
    der_add(out, DER_SEQUENCE, buf_bytes(&list));
}

/* ---- building ---- */

static void build_certs(struct intel_scene *s)
{
    auto_buf extension = { 0 };

    if (s->extension.len > 0)
        buf_add(&extension, buf_bytes(&s->extension));
    else
        make_extension(&extension, &s->pck);
    s->leaf.extension = buf_bytes(&extension);
    buf_clear(&s->root_der);
    buf_clear(&s->ca_der);
    buf_clear(&s->leaf_der);
    buf_clear(&s->signer_der);
    pki_cert_add(&s->root_der, &s->root, s->root_key, s->root_key);
    pki_cert_add(&s->ca_der, &s->ca, s->ca_key, s->root_key);
    pki_cert_add(&s->leaf_der, &s->leaf, s->pck_key, s->ca_key);
    pki_cert_add(&s->signer_der, &s->signer, s->signer_key, s->root_key);
    s->leaf.extension = BYTES_NONE;
    buf_clear(&s->pck_chain);
    buf_clear(&s->crl_issuer_chain);
    buf_clear(&s->signer_chain);
    pem_encode(&s->pck_chain, "CERTIFICATE", buf_bytes(&s->leaf_der));
    pem_encode(&s->crl_issuer_chain, "CERTIFICATE", buf_bytes(&s->ca_der));
    pem_encode(&s->signer_chain, "CERTIFICATE", buf_bytes(&s->signer_der));
    pem_encode(&s->crl_issuer_chain, "CERTIFICATE", buf_bytes(&s->root_der));
    pem_encode(&s->signer_chain, "CERTIFICATE", buf_bytes(&s->root_der));
    buf_add(&s->pck_chain, buf_bytes(&s->crl_issuer_chain));
}

void scene_sign_document(struct buf *out, const char *member, struct bytes document,
                         const struct key *key)
{
    uint8_t raw[64];

    pki_sign_raw(key, document, raw);
    buf_add_format(out, "{\"%s\":", member);
    buf_add(out, document);
    buf_add_string(out, ",\"signature\":\"");
    hex_encode(out, bytes_of(raw, sizeof raw));
    buf_add_string(out, "\"}");
}

void scene_set_item(struct bundle_item *item, struct bytes bytes)
{
    *item = (struct bundle_item){ bytes, true,
                                  bytes.len > 0 ? REASON_NONE : REASON_COLLATERAL_MISSING };
}

static void build_bundle(struct intel_scene *s)
{
    buf_clear(&s->root_crl_der);
    buf_clear(&s->pck_crl_der);
    buf_clear(&s->tcb_info_text);
    buf_clear(&s->qe_identity_text);
    pki_crl_add(&s->root_crl_der, &s->root_crl, s->root_key);
    pki_crl_add(&s->pck_crl_der, &s->pck_crl, s->ca_key);
    scene_sign_document(&s->tcb_info_text, "tcbInfo", buf_bytes(&s->tcb_info), s->signer_key);
    scene_sign_document(&s->qe_identity_text, "enclaveIdentity", buf_bytes(&s->qe_identity),
                        s->signer_key);
    s->bundle = (struct bundle){ .tee = scene_is_tdx(s) ? TEE_TDX : TEE_SGX };
    s->bundle.pck_certificate_chain.reason = REASON_COLLATERAL_MISSING;
    scene_set_item(&s->bundle.tcb_info, buf_bytes(&s->tcb_info_text));
    scene_set_item(&s->bundle.tcb_info_issuer_chain, buf_bytes(&s->signer_chain));
    scene_set_item(&s->bundle.qe_identity, buf_bytes(&s->qe_identity_text));
    scene_set_item(&s->bundle.qe_identity_issuer_chain, buf_bytes(&s->signer_chain));
    scene_set_item(&s->bundle.pck_crl, buf_bytes(&s->pck_crl_der));
    scene_set_item(&s->bundle.pck_crl_issuer_chain, buf_bytes(&s->crl_issuer_chain));
    scene_set_item(&s->bundle.root_ca_crl, buf_bytes(&s->root_crl_der));
}

static void get_attestation_raw(const struct intel_scene *s, uint8_t raw[static 64])
{
    if (s->attestation_raw != NULL)
        memcpy(raw, s->attestation_raw, 64);
    else
        pki_key_raw(s->attestation_key, raw);
}

/* QE report, its signature, authentication data and certification data. */
static void add_certification(struct buf *out, struct intel_scene *s)
{
    uint8_t key[64], raw[64];
    struct err err = { 0 };

    get_attestation_raw(s, key);
    const struct bytes parts[] = { bytes_of(key, sizeof key),
                                   bytes_of(s->authentication_data, s->authentication_len) };
    assert_ok(sha256_parts(parts, COUNT_OF(parts), s->qe_report + 320, &err), &err);
    s->qe_report[383] = s->qe_report_data_tail;
    pki_sign_raw(s->pck_key, bytes_of(s->qe_report, sizeof s->qe_report), raw);
    buf_add(out, bytes_of(s->qe_report, sizeof s->qe_report));
    buf_add(out, bytes_of(raw, sizeof raw));
    buf_add_u16le(out, s->authentication_len);
    buf_add(out, bytes_of(s->authentication_data, s->authentication_len));
    buf_add_u16le(out, s->cert_data_type);
    auto_buf data = { 0 };
    buf_add(&data, s->cert_data_type == 5 ? buf_bytes(&s->pck_chain) : buf_bytes(&s->cert_data));
    for (size_t i = 0; s->cert_data_type == 5 && i < s->nul_bytes; i++)
        buf_add_u8(&data, 0);
    buf_add_u32le(out, (uint32_t)data.len);
    buf_add(out, buf_bytes(&data));
}

static void add_header(struct buf *out, const struct intel_scene *s)
{
    buf_add_u16le(out, shapes[s->form].version);
    buf_add_u16le(out, s->key_type);
    buf_add_u32le(out, shapes[s->form].tdx ? 0x81 : 0);
    buf_add_u32le(out, 0); /* QE SVN, PCE SVN */
    buf_add(out, bytes_of(vendor, sizeof vendor));
    for (int i = 0; i < 20; i++)
        buf_add_u8(out, (uint8_t)i);
    if (shapes[s->form].version == 5) {
        buf_add_u16le(out, shapes[s->form].body_type);
        buf_add_u32le(out, (uint32_t)shapes[s->form].body_len);
    }
    buf_add(out, bytes_of(s->body, shapes[s->form].body_len));
}

static void build_quote(struct intel_scene *s)
{
    auto_buf certification = { 0 }, signature = { 0 };
    uint8_t raw[64];

    buf_clear(&s->quote);
    add_header(&s->quote, s);
    pki_sign_raw(s->attestation_key, buf_bytes(&s->quote), raw);
    buf_add(&signature, bytes_of(raw, sizeof raw));
    get_attestation_raw(s, raw);
    buf_add(&signature, bytes_of(raw, sizeof raw));
    add_certification(&certification, s);
    if (shapes[s->form].version > 3) {
        buf_add_u16le(&signature, 6);
        buf_add_u32le(&signature, (uint32_t)certification.len);
    }
    buf_add(&signature, buf_bytes(&certification));
    buf_add_u32le(&s->quote, (uint32_t)signature.len);
    buf_add(&s->quote, buf_bytes(&signature));
}

void intel_scene_build(struct intel_scene *s)
{
    build_certs(s);
    build_bundle(s);
    build_quote(s);
    assert_true(key_p256_point(s->root_key, s->point));
    s->anchor = bytes_of(s->point, sizeof s->point);
    s->anchors = (struct trust_anchors){ .intel_count = 1, .intel_root_keys = &s->anchor };
}

void intel_scene_clear(struct intel_scene *s)
{
    struct buf *const bufs[] = {
        &s->extension,   &s->cert_data,        &s->tcb_info,         &s->qe_identity,
        &s->root_der,    &s->ca_der,           &s->leaf_der,         &s->signer_der,
        &s->pck_chain,   &s->crl_issuer_chain, &s->signer_chain,     &s->root_crl_der,
        &s->pck_crl_der, &s->tcb_info_text,    &s->qe_identity_text, &s->quote,
    };
    struct key *const keys[] = { s->root_key, s->ca_key, s->pck_key, s->signer_key,
                                 s->attestation_key };

    intel_collateral_free(s->collateral);
    for (size_t i = 0; i < COUNT_OF(bufs); i++)
        buf_clear(bufs[i]);
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        key_free(keys[i]);
}

/* ---- judging ---- */

void scene_edit(struct buf *text, const char *from, const char *to)
{
    auto_string *old = bytes_to_string(buf_bytes(text));
    const char *const at = strstr(old, from);

    if (at == NULL)
        fail_msg("%s does not stand in %s", from, old);
    buf_truncate(text, (size_t)(at - old));
    buf_add_string(text, to);
    buf_add_string(text, at + strlen(from));
}

static void put_item(struct buf *out, const char *name, const struct bundle_item *item, bool binary)
{
    if (!item->present)
        return;
    json_put_name(out, name);
    if (binary)
        json_put_octets(out, item->bytes);
    else
        json_put_string(out, item->bytes);
}

void intel_scene_put_bundle(const struct intel_scene *s, struct buf *out)
{
    const struct bundle *const b = &s->bundle;

    buf_add_format(out, "{\"format\":\"attestation-collateral\",\"version\":1,\"tee\":\"%s\"",
                   tee_text(b->tee));
    put_item(out, "tcb_info", &b->tcb_info, false);
    put_item(out, "tcb_info_issuer_chain", &b->tcb_info_issuer_chain, false);
    put_item(out, "qe_identity", &b->qe_identity, false);
    put_item(out, "qe_identity_issuer_chain", &b->qe_identity_issuer_chain, false);
    put_item(out, "pck_crl", &b->pck_crl, true);
    put_item(out, "pck_crl_issuer_chain", &b->pck_crl_issuer_chain, false);
    put_item(out, "root_ca_crl", &b->root_ca_crl, true);
    buf_add_u8(out, '}');
}

bool scene_verify_quote(const struct intel_scene *s, struct bytes quote,
                        const struct intel_collateral *collateral, struct arena *arena,
                        struct verdict *verdict)
{
    struct quote parsed;
    struct err err = { 0 };

    *verdict = (struct verdict){ 0 };
    if (quote_parse(quote, &parsed, &err))
        return intel_verify(&parsed, collateral, &s->anchors, s->now, arena, verdict);
    verdict->reason = REASON_FORMAT;
    verdict->detail = BYTES_LITERAL("the quote does not parse");
    return false;
}

bool scene_verify(struct intel_scene *s, struct arena *arena, struct verdict *verdict)
{
    intel_collateral_free(s->collateral);
    s->collateral = intel_collateral_parse(&s->bundle, &s->anchors);
    return scene_verify_quote(s, buf_bytes(&s->quote), s->collateral, arena, verdict);
}

static void check(const struct verdict *v, bool valid, enum reason reason, const char *what)
{
    if (v->reason != reason)
        fail_msg("%s: \"%s\" instead of \"%s\" (%.*s)", what, reason_text(v->reason),
                 reason_text(reason), BYTES_FMT(v->detail));
    assert_int_equal(valid, reason == REASON_NONE);
}

void scene_expect_built(struct intel_scene *s, enum reason reason, const char *what)
{
    auto_arena arena = { 0 };
    struct verdict v;
    const bool valid = scene_verify(s, &arena, &v);

    check(&v, valid, reason, what);
    if (!valid)
        assert_true(v.detail.len > 0);
}

void scene_expect(struct intel_scene *s, enum reason reason, const char *what)
{
    intel_scene_build(s);
    scene_expect_built(s, reason, what);
}

void scene_expect_status(struct intel_scene *s, enum tcb_status status, const char *what)
{
    auto_arena arena = { 0 };
    struct verdict v;

    intel_scene_build(s);
    const bool valid = scene_verify(s, &arena, &v);
    check(&v, valid, REASON_NONE, what);
    if (v.tcb_status != status)
        fail_msg("%s: %s instead of %s", what, tcb_status_text(v.tcb_status),
                 tcb_status_text(status));
}
