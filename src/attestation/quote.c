/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/quote.h"

#include "base/reader.h"

/* Every form of quote there is (attestation.md, 3). */
static const struct form {
    uint16_t version;
    uint32_t tee_type;
    uint16_t body_type;
    uint32_t body_len, report_data_at; /* bytes */
    enum tee tee;
} forms[] = {
    { 3, 0x00, 0, 384, 320, TEE_SGX }, { 4, 0x00, 0, 384, 320, TEE_SGX },
    { 4, 0x81, 0, 584, 520, TEE_TDX }, { 5, 0x00, 1, 384, 320, TEE_SGX },
    { 5, 0x81, 2, 584, 520, TEE_TDX }, { 5, 0x81, 3, 648, 520, TEE_TDX },
};

/* The quoting enclave of Intel, which signs for SGX and TDX (attestation.md, 3.1). */
static const uint8_t intel_vendor_id[] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                           0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };
enum { DESCRIBED_VERSION = 5, USER_DATA_LEN = 20, SVN_LEN = 2 };

static const struct form *form_of(uint16_t version, uint32_t tee_type, uint16_t body_type)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (forms[i].version == version && forms[i].tee_type == tee_type &&
            forms[i].body_type == body_type)
            return &forms[i];
    }
    return NULL;
}

/* Reads what stands before the body, which says which form it is. */
static const struct form *read_form(struct reader *r, struct quote *q, struct err *err)
{
    q->version = reader_u16le(r, "version");
    q->key_type = reader_u16le(r, "attestation key type");
    const uint32_t tee_type = reader_u32le(r, "TEE type");
    reader_bytes(r, SVN_LEN, "QE SVN");
    reader_bytes(r, SVN_LEN, "PCE SVN");
    const struct bytes vendor = reader_bytes(r, sizeof intel_vendor_id, "QE vendor ID");
    reader_bytes(r, USER_DATA_LEN, "user data");
    const bool described = q->version == DESCRIBED_VERSION;
    q->body_type = described ? reader_u16le(r, "body type") : 0;
    const uint32_t body_len = described ? reader_u32le(r, "body size") : 0;

    const struct form *const form = form_of(q->version, tee_type, q->body_type);
    q->tee = form == NULL || !reader_ok(r) ? TEE_NONE : form->tee;
    if (!reader_fits(r, "quote", err))
        return NULL;
    if (!bytes_equal(vendor, bytes_of(intel_vendor_id, sizeof intel_vendor_id)))
        (void)err_set(err, FAIL_MALFORMED, "quote: the QE vendor is not Intel");
    else if (form == NULL)
        (void)err_set(err, FAIL_MALFORMED,
                      "quote: version %u with TEE type 0x%x and body type %u is not known",
                      q->version, tee_type, q->body_type);
    else if (described && body_len != form->body_len)
        (void)err_set(err, FAIL_MALFORMED, "quote: body type %u has %u bytes, not %u", q->body_type,
                      form->body_len, body_len);
    else
        return form;
    return NULL;
}

static bool is_zero(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        if (b.at[i] != 0)
            return false;
    }
    return true;
}

bool quote_parse(struct bytes raw, struct quote *q, struct err *err)
{
    struct reader r = reader_over(raw);
    const struct form *const form = read_form(&r, q, err);

    if (form == NULL)
        return false;
    q->body = reader_bytes(&r, form->body_len, "report");
    q->signed_part = bytes_of(raw.at, r.pos);
    q->signature = reader_bytes(&r, reader_u32le(&r, "signature size"), "signature");
    q->whole = bytes_of(raw.at, r.pos);
    if (!reader_fits(&r, "quote", err))
        return false;
    q->report_data = bytes_of(q->body.at + form->report_data_at, REPORT_DATA_LEN);
    if (!is_zero(reader_rest(&r)))
        return err_set(err, FAIL_MALFORMED, "quote: %zu bytes follow it that are not all zero",
                       raw.len - q->whole.len);
    return true;
}

bool quote_is_over(const struct quote *q, const uint8_t report_data[static REPORT_DATA_LEN])
{
    return bytes_equal(q->report_data, bytes_of(report_data, REPORT_DATA_LEN));
}

void quote_wrap(struct bytes quote, struct buf *out)
{
    enum { HEADER_VERSION = 1, TYPE_SGX_REMOTE = 2 };

    buf_add_u32le(out, HEADER_VERSION);
    buf_add_u32le(out, TYPE_SGX_REMOTE);
    buf_add_u64le(out, quote.len);
    buf_add(out, quote);
}
