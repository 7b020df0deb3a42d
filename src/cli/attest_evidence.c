/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest_evidence.h"

#include "cli/input.h"
#include "cli/session.h"
#include "cli/text_forms.h"
#include "codec/json.h"

enum { LARGEST_EVIDENCE = 1 << 20 }; /* bytes; a quote has about 5000 */

void evidence_input_clear(struct evidence_input *input)
{
    buf_clear(&input->bytes);
    *input = (struct evidence_input){ 0 };
}

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
const char *evidence_decode(struct bytes raw, struct buf *out)
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

bool evidence_input_read(struct cli *cli, const char *path, struct evidence_input *input,
                         struct err *err)
{
    auto_buf raw = { 0 };

    if (!input_file(cli, path, LARGEST_EVIDENCE, &raw, err))
        return err_in(err, "evidence");
    input->form = evidence_decode(buf_bytes(&raw), &input->bytes);
    return true;
}
