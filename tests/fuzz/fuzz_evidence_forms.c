/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command line reads from strangers around the verifier: evidence in its forms, which is shown and asked for, and
 * the answers of services. What is shown of any evidence is JSON, and what goes into a URL has only letters and digits.
 */
#include "attestation/verify.h"
#include "cli/attest/binding.h"
#include "cli/attest/chain.h"
#include "cli/attest/show.h"
#include "cli/collateral/platform.h"
#include "codec/json.h"

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((*text < '0' || *text > '9') && (*text < 'a' || *text > 'f'))
            return false;
    }
    return true;
}

static void show(const struct evidence_input *input)
{
    auto_arena arena = { 0 };
    auto_buf json = { 0 }, text = { 0 };
    auto_pck_chain chain = { 0 };
    struct binding binding = { 0 };
    struct verdict v = { 0 };
    struct err err = { 0 };

    if (evidence_inspect(buf_bytes(&input->bytes), &arena, &v))
        (void)!binding_find(input, v.report_data, &binding, &err);
    (void)!pck_chain_read(v.pck_chain, &chain, &err);
    pck_chain_describe(&chain, &v);
    buf_add_u8(&json, '{');
    binding_show_json(input, &binding, &json);
    show_evidence_json(&v, &json);
    show_platform_json(&v, &json);
    show_steps_json(&v, &json);
    buf_add_u8(&json, '}');
    const struct json *const top =
        json_parse(buf_bytes(&json), JSON_TRAILING_REFUSED, &arena, &err);
    require(top != NULL && json_is_strict(top, 8, &err));
    binding_show_text(input, &binding, &text);
    show_kind(&v, &text);
    show_platform_text(&v, &text);
    show_steps_text(&v, &text);
    show_fields_text(&v, &text);
}

/* What was read of a record makes the same record. */
static void keep(const struct saved_record *record)
{
    struct saved_record again;
    auto_buf text = { 0 };
    struct err err = { 0 };

    saved_record_put(record, &text);
    require(saved_record_is_meant(buf_bytes(&text)));
    require(saved_record_parse(buf_bytes(&text), &again, &err) && err.kind == FAIL_NONE);
    require(again.saved_at == record->saved_at && bytes_equal(again.nonce, record->nonce) &&
            bytes_equal(again.evidence, record->evidence) &&
            bytes_equal(again.coordinator, record->coordinator) &&
            bytes_equal(again.collateral, record->collateral) &&
            bytes_equal(cert_der(again.root), cert_der(record->root)));
    saved_record_clear(&again);
}

static void ask_for(struct bytes evidence)
{
    struct platform p;
    struct err err = { 0 };

    if (!platform_of(evidence, BYTES_NONE, BYTES_NONE, "Genoa", &p, &err)) {
        require(err.kind != FAIL_NONE);
        return;
    }
    require(is_plain(p.fmspc) && is_plain(p.hardware_id));
    require(p.tee == TEE_SNP
                ? p.product != NULL && p.hardware_id[0] != '\0'
                : p.asks_pck == (p.pck_ca == NULL) && p.asks_pck == (p.fmspc[0] == '\0'));
    require(!p.asks_pck ||
            (p.pck_id.qe_id.len == 16 && p.pck_id.cpusvn.len == 16 && p.pck_id.pcesvn.len == 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = bytes_of(data, size);
    auto_evidence_input evidence = { 0 };
    auto_buf der = { 0 }, pem = { 0 }, cert = { 0 };
    struct err err = { 0 };

    evidence_input_take(input, &evidence);
    require(evidence.form != NULL &&
            (evidence.problem.kind == FAIL_NONE || evidence.bytes.len == 0));
    show(&evidence);
    if (evidence.has_record)
        keep(&evidence.record);
    ask_for(buf_bytes(&evidence.bytes));
    require(crl_answer_decode(input, &der, &err) == (der.len > 0));
    require(chain_header_decode(input, &pem, &err) == (pem.len > 0));
    require(certificate_decode(input, &cert, &err) == (cert.len > 0));
    return 0;
}
