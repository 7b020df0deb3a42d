/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit/attestation/intel_scene.h"

#include "base/files.h"
#include "codec/json.h"
#include "codec/text.h"

/*
 * Makes quotes under a root of our own, with their collateral, for tests/e2e/test_attest.py:
 *
 *     make_intel DIRECTORY
 *     make_intel DIRECTORY sgx|tdx|behind
 *
 * Files: <form>.quote, <form>.bundle, and <form>.root with the root key in hex; sgx3.older and sgx3.elsewhere are bundles under the
 * same root with a lower number, and with a higher one for another platform. `outside` has its PCK chain in the bundle, and so have ppid1 to
 * ppid3 and tdx-ppid3, which name their PCK certificate. With a second argument it is a platform that
 * makes quotes when it is asked, for test_coordinator_quote.py (`behind` needs hardening of software): its bundle is good for decades, that in
 * <form>.expired is not, and after a report in hex on standard output it answers every such line on standard input with a
 * quote in hex.
 */

static void save(const char *directory, const char *name, const char *kind, struct bytes bytes)
{
    auto_string *file = mem_printf("%s.%s", name, kind);
    struct err err = { 0 };

    assert_ok(file_replace(&files_posix, directory, file, bytes, &err), &err);
}

static void put_item(struct buf *json, const char *name, const struct bundle_item *item, bool der)
{
    if (!item->present)
        return;
    json_put_name(json, name);
    if (der)
        json_put_octets(json, item->bytes);
    else
        json_put_string(json, item->bytes);
}

static void put_bundle(struct buf *json, const struct bundle *b)
{
    buf_add_format(json, "{\"format\":\"attestation-collateral\",\"version\":1,\"tee\":\"%s\"",
                   tee_text(b->tee));
    put_item(json, "tcb_info", &b->tcb_info, false);
    put_item(json, "tcb_info_issuer_chain", &b->tcb_info_issuer_chain, false);
    put_item(json, "qe_identity", &b->qe_identity, false);
    put_item(json, "qe_identity_issuer_chain", &b->qe_identity_issuer_chain, false);
    put_item(json, "pck_crl", &b->pck_crl, true);
    put_item(json, "pck_crl_issuer_chain", &b->pck_crl_issuer_chain, false);
    put_item(json, "root_ca_crl", &b->root_ca_crl, true);
    put_item(json, "pck_certificate_chain", &b->pck_certificate_chain, false);
    buf_add_u8(json, '}');
}

/* Certification data of types 1 to 3: what is needed to ask for the PCK certificate. */
static void name_pck(struct intel_scene *s)
{
    static const size_t ppid_len[] = { [1] = 16, [2] = 256, [3] = 384 };
    struct buf *const data = &s->cert_data;

    memset(buf_grow(data, ppid_len[s->cert_data_type]), s->pck.ppid[0],
           ppid_len[s->cert_data_type]);
    buf_add(data, bytes_of(s->pck.cpusvn, sizeof s->pck.cpusvn));
    buf_add_u16le(data, s->pck.pcesvn);
    buf_add(data, bytes_of(s->pck.pceid, sizeof s->pck.pceid));
}

static void save_all(const char *directory, const char *name, const struct intel_scene *s)
{
    auto_buf bundle = { 0 }, root = { 0 };

    put_bundle(&bundle, &s->bundle);
    hex_encode(&root, s->anchor);
    save(directory, name, "quote", buf_bytes(&s->quote));
    save(directory, name, "bundle", buf_bytes(&bundle));
    save(directory, name, "root", buf_bytes(&root));
}

static void save_bundle(const char *directory, const char *name, const char *kind,
                        struct intel_scene *s)
{
    auto_buf bundle = { 0 };

    intel_scene_build(s);
    put_bundle(&bundle, &s->bundle);
    save(directory, name, kind, buf_bytes(&bundle));
}

/* type: of the certification data; with another than 5 the PCK chain is in the bundle and not in the quote. */
static void make(const char *directory, const char *name, enum scene_form form, uint16_t type)
{
    auto_scene s;

    intel_scene_init(&s, form);
    s.cert_data_type = type;
    if (type == 4)
        buf_add_string(&s.cert_data, "leaf");
    else if (type < 4)
        name_pck(&s);
    intel_scene_build(&s);
    if (type != 5)
        scene_set_item(&s.bundle.pck_certificate_chain, buf_bytes(&s.pck_chain));
    save_all(directory, name, &s);
}

/* A quote, and under the same root collateral of other numbers. */
static void make_numbers(const char *directory, const char *name)
{
    static const uint8_t elsewhere[] = { 0x00, 0xc0, 0xff, 0xee, 0x00, 0x02 };
    auto_scene s;

    intel_scene_init(&s, SCENE_SGX_3);
    intel_scene_build(&s);
    save_all(directory, name, &s);
    scene_edit(&s.tcb_info, "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":16");
    save_bundle(directory, name, "older", &s);
    memcpy(s.pck.fmspc, elsewhere, sizeof elsewhere);
    scene_edit(&s.tcb_info, "00C0ffEE0001", "00C0ffEE0002");
    scene_edit(&s.tcb_info, "\"tcbEvaluationDataNumber\":16", "\"tcbEvaluationDataNumber\":18");
    save_bundle(directory, name, "elsewhere", &s);
}

/* ---- a platform ---- */

static void put_hex_line(struct bytes value)
{
    auto_buf line = { 0 };

    hex_encode(&line, value);
    buf_add_u8(&line, '\n');
    assert_int_equal(fwrite(line.at, 1, line.len, stdout), line.len);
    assert_int_equal(fflush(stdout), 0);
}

static void answer(struct intel_scene *s, const char *text, size_t body_len)
{
    auto_buf body = { 0 };
    struct err err = { 0 };

    assert_ok(hex_decode(&body, bytes_of_string(text), &err), &err);
    assert_int_equal(body.len, body_len);
    memcpy(s->body, body.at, body.len);
    intel_scene_build(s);
    put_hex_line(buf_bytes(&s->quote));
}

static void be_platform(const char *directory, const char *name)
{
    const bool tdx = strcmp(name, "tdx") == 0;
    const size_t body_len = tdx ? 584 : 384;
    char line[2 * sizeof((struct intel_scene *)0)->body + 2];
    auto_buf root = { 0 };
    auto_scene s;

    intel_scene_init(&s, tdx ? SCENE_TDX_4 : SCENE_SGX_3);
    if (strcmp(name, "behind") == 0)
        s.pck.pcesvn = 11;
    save_bundle(directory, name, "expired", &s);
    scene_edit(&s.tcb_info, "2025-07-01", "2048-07-01");
    scene_edit(&s.qe_identity, "2025-07-02", "2048-07-02");
    s.root_crl.next_update = s.pck_crl.next_update = "480101000000Z";
    s.leaf.not_after = s.signer.not_after = "480101000000Z";
    save_bundle(directory, name, "bundle", &s);
    hex_encode(&root, s.anchor);
    save(directory, name, "root", buf_bytes(&root));
    put_hex_line(bytes_of(s.body, body_len));
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        answer(&s, line, body_len);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        be_platform(argv[1], argv[2]);
        return 0;
    }
    if (argc != 2)
        return 2;
    make_numbers(argv[1], "sgx3");
    make(argv[1], "sgx4", SCENE_SGX_4, 5);
    make(argv[1], "outside", SCENE_SGX_3, 4);
    make(argv[1], "tdx4", SCENE_TDX_4, 5);
    make(argv[1], "tdx5", SCENE_TDX_5_15, 5);
    make(argv[1], "ppid1", SCENE_SGX_3, 1);
    make(argv[1], "ppid2", SCENE_SGX_3, 2);
    make(argv[1], "ppid3", SCENE_SGX_3, 3);
    make(argv[1], "tdx-ppid3", SCENE_TDX_4, 3);
    return 0;
}
