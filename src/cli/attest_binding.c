/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest_binding.h"

#include "cli/attest_show.h"
#include "codec/json.h"

bool binding_find(const struct evidence_input *input, struct bytes report_data, struct binding *b,
                  struct err *err)
{
    static const enum binding_result of_key[] = { [KEY_BINDING_NOT_CHECKED] = BINDING_NOT_CHECKED,
                                                  [KEY_BINDING_HOLDS] = BINDING_HOLDS,
                                                  [KEY_BINDING_BROKEN] = BINDING_BROKEN };

    *b = (struct binding){ .step = "report data binds the key of the certificate" };
    if (input->cert == NULL)
        return true;
    if (!key_binding_of(input->cert, &input->in_cert, report_data, &b->key, err))
        return err_in(err, "certificate %zu", input->cert_number);
    b->result = of_key[b->key.result];
    return true;
}

bool binding_judge(const struct binding *b, const struct judgement *j)
{
    if (b->result == BINDING_NONE || b->result == BINDING_NOT_CHECKED)
        return true;
    return verdict_check_bytes(j, b->step, bytes_of(b->key.expected, b->key.expected_len),
                               b->key.found, REASON_POLICY);
}

static const struct {
    const char *code, *text;
} results[] = {
    [BINDING_NOT_CHECKED] = { "not_checked", "not checked, the claims name it by another hash" },
    [BINDING_HOLDS] = { "bound", "bound by the report data" },
    [BINDING_BROKEN] = { "not_bound", "not bound by the report data" },
};

void binding_show_text(const struct evidence_input *input, const struct binding *b,
                       struct buf *text)
{
    if (input->cert == NULL)
        return;
    show_line(text, "certificate", "%zu of %zu, %.*s", input->cert_number, input->cert_count,
              BYTES_FMT(cert_common_name(input->cert)));
    show_line(text, "extension", "%s (%s)", input->in_cert.oid, input->in_cert.scheme);
    if (b->result != BINDING_NONE)
        show_line(text, "certificate's key", "%s (%s)", results[b->result].text, b->key.rule);
}

static void put_member(struct buf *json, const char *name, struct bytes text)
{
    json_put_name(json, name);
    json_put_string(json, text);
}

void binding_show_json(const struct evidence_input *input, const struct binding *b,
                       struct buf *json)
{
    if (input->cert == NULL)
        return;
    json_put_name(json, "embedded_in");
    buf_add_format(json, "{\"certificate\":%zu,\"certificates\":%zu", input->cert_number,
                   input->cert_count);
    put_member(json, "subject", cert_common_name(input->cert));
    put_member(json, "oid", bytes_of_string(input->in_cert.oid));
    put_member(json, "scheme", bytes_of_string(input->in_cert.scheme));
    if (b->result != BINDING_NONE) {
        put_member(json, "key_binding", bytes_of_string(results[b->result].code));
        put_member(json, "key_binding_rule", bytes_of_string(b->key.rule));
    }
    buf_add_u8(json, '}');
}
