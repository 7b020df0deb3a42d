/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/binding.h"

#include "cli/attest/show.h"
#include "codec/json.h"
#include "crypto/hash.h"

static bool find_key(const struct evidence_input *input, struct bytes report_data,
                     struct binding *b, struct err *err)
{
    b->step = "report data binds the key of the certificate";
    return key_binding_of(input->cert, &input->in_cert, report_data, &b->about, err) ||
           err_in(err, "certificate %zu", input->cert_number);
}

static bool find_root(const struct saved_record *record, struct bytes report_data,
                      struct binding *b, struct err *err)
{
    struct key_binding *const about = &b->about;

    b->step = "report data of root certificate and nonce";
    *about = (struct key_binding){ .rule = "SHA-256 of the root certificate and the nonce",
                                   .expected_len = REPORT_DATA_LEN,
                                   .found = report_data };
    if (!report_data_of(cert_der(record->root), record->nonce, about->expected, err))
        return false;
    about->result = bytes_equal(report_data, bytes_of(about->expected, about->expected_len))
                        ? KEY_BINDING_HOLDS
                        : KEY_BINDING_BROKEN;
    return true;
}

bool binding_find(const struct evidence_input *input, struct bytes report_data, struct binding *b,
                  struct err *err)
{
    static const enum binding_result results_of[] = {
        [KEY_BINDING_NOT_CHECKED] = BINDING_NOT_CHECKED,
        [KEY_BINDING_HOLDS] = BINDING_HOLDS,
        [KEY_BINDING_BROKEN] = BINDING_BROKEN,
    };

    *b = (struct binding){ 0 };
    if (input->cert == NULL && !input->has_record)
        return true;
    if (!(input->has_record ? find_root(&input->record, report_data, b, err)
                            : find_key(input, report_data, b, err)))
        return false;
    b->result = results_of[b->about.result];
    return true;
}

static bool judge_intermediate(const struct evidence_input *input, const struct judgement *j)
{
    static const char step[] = "the intermediate certificate is signed by the root";

    return !input->has_record ||
           verdict_check(j, step, cert_issued_by(input->record.intermediate, input->record.root),
                         REASON_CERT_CHAIN, "%s: it is not", step);
}

bool binding_judge(const struct evidence_input *input, const struct binding *b,
                   const struct judgement *j)
{
    if (b->result == BINDING_NONE || b->result == BINDING_NOT_CHECKED)
        return true;
    return verdict_check_bytes(j, b->step, bytes_of(b->about.expected, b->about.expected_len),
                               b->about.found, REASON_POLICY) &&
           judge_intermediate(input, j);
}

static const struct {
    const char *code, *text;
} results[] = {
    [BINDING_NOT_CHECKED] = { "not_checked", "not checked, the claims name it by another hash" },
    [BINDING_HOLDS] = { "bound", "bound by the report data" },
    [BINDING_BROKEN] = { "not_bound", "not bound by the report data" },
};

static void show_bound(const char *what, const struct binding *b, struct buf *text)
{
    if (b->result != BINDING_NONE)
        show_line(text, what, "%s (%s)", results[b->result].text, b->about.rule);
}

static void show_record(const struct saved_record *record, struct buf *text)
{
    struct err err = { 0 };
    char hash[2 * SHA256_LEN + 1] = "";

    (void)!sha256_hex(cert_der(record->root), hash, &err);
    show_line(text, "saved", "%s, of %.*s", moment_of(record->saved_at).text,
              BYTES_FMT(record->coordinator));
    /* The name is last: it is whatever somebody wrote. */
    show_line(text, "root certificate", "SHA-256 %s, %.*s", hash,
              BYTES_FMT(cert_common_name(record->root)));
}

void binding_show_text(const struct evidence_input *input, const struct binding *b,
                       struct buf *text)
{
    if (input->has_record) {
        show_record(&input->record, text);
        show_bound("root and nonce", b, text);
    }
    if (input->cert == NULL)
        return;
    show_line(text, "certificate", "%zu of %zu, %.*s", input->cert_number, input->cert_count,
              BYTES_FMT(cert_common_name(input->cert)));
    show_line(text, "extension", "%s (%s)", input->in_cert.oid, input->in_cert.scheme);
    show_bound("certificate's key", b, text);
}

static void put_member(struct buf *json, const char *name, struct bytes text)
{
    json_put_name(json, name);
    json_put_string(json, text);
}

static void put_certificate(const struct evidence_input *input, const struct binding *b,
                            struct buf *json)
{
    json_put_name(json, "embedded_in");
    buf_add_format(json, "{\"certificate\":%zu,\"certificates\":%zu", input->cert_number,
                   input->cert_count);
    put_member(json, "subject", cert_common_name(input->cert));
    put_member(json, "oid", bytes_of_string(input->in_cert.oid));
    put_member(json, "scheme", bytes_of_string(input->in_cert.scheme));
    if (b->result != BINDING_NONE) {
        put_member(json, "key_binding", bytes_of_string(results[b->result].code));
        put_member(json, "key_binding_rule", bytes_of_string(b->about.rule));
    }
    buf_add_u8(json, '}');
}

static void put_record(const struct saved_record *record, const struct binding *b, struct buf *json)
{
    struct err err = { 0 };
    char hash[2 * SHA256_LEN + 1];

    json_put_name(json, "record");
    buf_add_u8(json, '{');
    put_member(json, "saved_at", bytes_of_string(moment_of(record->saved_at).text));
    put_member(json, "coordinator", record->coordinator);
    if (sha256_hex(cert_der(record->root), hash, &err))
        put_member(json, "root_sha256", bytes_of_string(hash));
    json_put_name(json, "nonce");
    json_put_octets(json, record->nonce);
    if (b->result != BINDING_NONE)
        put_member(json, "binding", bytes_of_string(results[b->result].code));
    buf_add_u8(json, '}');
}

void binding_show_json(const struct evidence_input *input, const struct binding *b,
                       struct buf *json)
{
    if (input->has_record)
        put_record(&input->record, b, json);
    if (input->cert != NULL)
        put_certificate(input, b, json);
}
