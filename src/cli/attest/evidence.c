/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/evidence.h"

#include "attestation/verify.h"
#include "cli/coordinator/session.h"
#include "cli/io/input.h"
#include "cli/io/text_forms.h"
#include "codec/json.h"
#include "codec/text.h"

#include <string.h>

/* Bytes; a quote has about 5000, a saved record has a bundle too. */
enum { LARGEST_EVIDENCE = COLLATERAL_BUNDLE_MAX + (1 << 20) };

void evidence_input_clear(struct evidence_input *input)
{
    buf_clear(&input->bytes);
    cert_free(input->cert);
    saved_record_clear(&input->record);
    *input = (struct evidence_input){ 0 };
}

/* ---- certificates ---- */

/* Takes the evidence of a certificate that has some; anything wrong with it is the problem of the input. */
static void take_certificate(struct bytes der, struct evidence_input *input)
{
    struct err err = { 0 };

    input->cert_count++;
    if (input->cert_number != 0)
        return;
    auto_cert *cert = cert_from_der(der, &err);
    if (cert != NULL && cert_evidence_find(cert, &input->in_cert, &err)) {
        buf_add(&input->bytes, input->in_cert.evidence);
        input->cert = TAKE(cert);
    } else if (err.kind == FAIL_NOT_FOUND) {
        return;
    } else {
        (void)err_set(&input->problem, FAIL_MALFORMED, "certificate %zu: %s", input->cert_count,
                      err.text);
    }
    input->cert_number = input->cert_count;
}

/* A quote has PEM inside, and zeros. */
static bool is_text(struct bytes raw)
{
    return raw.len > 0 && memchr(raw.at, '\0', raw.len) == NULL;
}

/* The first certificate with evidence counts. False: there are no certificates. */
static bool from_certificates(struct bytes raw, struct evidence_input *input)
{
    auto_pem_block block = { 0 };
    struct bytes rest = is_text(raw) ? raw : BYTES_NONE;

    while (pem_next(&rest, &block)) {
        if (bytes_equal_string(block.label, "CERTIFICATE"))
            take_certificate(buf_bytes(&block.der), input);
    }
    return input->cert_count > 0;
}

static bool is_certificate(struct bytes raw)
{
    struct err err = { 0 };
    auto_cert *cert = cert_from_der(raw, &err);

    return cert != NULL;
}

static void finish_certificates(struct evidence_input *input)
{
    input->form = "certificate";
    if (input->cert_number == 0)
        (void)err_set(&input->problem, FAIL_MALFORMED,
                      "%zu certificate%s, and no extension with evidence in %s", input->cert_count,
                      input->cert_count == 1 ? "" : "s", input->cert_count == 1 ? "it" : "any");
}

/* ---- records ---- */

static void take_record(struct bytes raw, struct evidence_input *input)
{
    struct err err = { 0 };

    input->form = "saved record";
    input->has_record = saved_record_parse(raw, &input->record, &err);
    if (input->has_record)
        buf_add(&input->bytes, evidence_without_certificates(input->record.evidence));
    else
        (void)err_set(&input->problem, FAIL_MALFORMED, "saved record: %s", err.text);
}

/* ---- other forms ---- */

/* {"status":"success","data":{"Quote":"..."}}, or its data alone. */
static bool from_answer(struct bytes raw, struct buf *out)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    bool present = false;
    const struct json *const top = json_parse(raw, JSON_TRAILING_REFUSED, &arena, &err);
    if (top == NULL || top->type != JSON_OBJECT)
        return false;
    const struct json *const data = answer_member(top, "data");
    const struct json *const quote = answer_member(data == NULL ? top : data, "quote");

    return quote != NULL && json_get_octets(quote, out, &present, &err) && present;
}

/* No quote and no report has only characters of text, so that none is taken for another form. */
static const char *decode(struct bytes raw, struct buf *out)
{
    static const struct {
        const char *form;
        bool (*decode)(struct bytes raw, struct buf *out);
    } forms[] = { { "answer of GET quote", from_answer },
                  { "hex", text_from_hex },
                  { "base64", text_from_base64 } };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (forms[i].decode(raw, out))
            return forms[i].form;
        buf_truncate(out, 0);
    }
    buf_add(out, raw);
    return "binary";
}

static void take_any(struct bytes raw, struct evidence_input *input)
{
    auto_buf decoded = { 0 };

    if (from_certificates(raw, input)) {
        finish_certificates(input);
        return;
    }
    if (saved_record_is_meant(raw)) {
        take_record(raw, input);
        return;
    }
    input->form = decode(raw, &decoded);
    if (is_certificate(buf_bytes(&decoded))) {
        take_certificate(buf_bytes(&decoded), input);
        finish_certificates(input);
    } else {
        buf_add(&input->bytes, buf_bytes(&decoded));
    }
}

void evidence_input_take(struct bytes raw, struct evidence_input *input)
{
    take_any(raw, input);
    if (evidence_has_certificates(buf_bytes(&input->bytes)))
        buf_truncate(&input->bytes, SNP_REPORT_LEN);
}

bool evidence_input_read(struct cli *cli, const char *path, struct evidence_input *input,
                         struct err *err)
{
    auto_buf raw = { 0 };

    if (!input_file(cli, path, LARGEST_EVIDENCE, &raw, err))
        return err_in(err, "evidence");
    evidence_input_take(buf_bytes(&raw), input);
    return true;
}
