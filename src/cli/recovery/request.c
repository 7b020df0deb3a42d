/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery/request.h"

#include "cli/coordinator/cache.h"
#include "codec/text.h"

#define FORMAT "taw recovery request"
static const char NOTE[] =
    "A request for recovery secrets, made by `taw recover request`. There is no secret in it. Take "
    "it to the machine with the recovery key and run `taw recover answer`, which verifies it. "
    "Good until the Coordinator is started again.";
enum {
    LARGEST_NONCE = 4096,
    LARGEST_QUOTE = 64 << 10,
    LARGEST_PEM = 64 << 10,
    LARGEST_SIGNATURE = 1024,
    MOST_HOLDERS = 255,
    LONGEST_NAME = 1024
};

void recovery_request_clear(struct recovery_request *r)
{
    cert_free(r->intermediate);
    cert_free(r->root);
    key_free(r->key);
    arena_clear(&r->arena);
    buf_clear(&r->nonce_bytes);
    buf_clear(&r->quote_bytes);
    buf_clear(&r->signature_bytes);
    *r = (struct recovery_request){ 0 };
}

/* ---- writing ---- */

static void put_missing(const struct json *names, struct buf *out)
{
    carried_member(out, "missing");
    buf_add_u8(out, '[');
    for (const struct json *v = names == NULL ? NULL : json_first(names); v != NULL;
         v = json_next(v)) {
        auto_buf visible = { 0 };
        output_visible(&visible, v->text, false);
        json_put_comma(out);
        json_put_string(out, buf_bytes(&visible));
    }
    buf_add_u8(out, ']');
}

/* PEM has ends of lines, so that it is no text of carried_put_text. */
static void put_pem(struct buf *out, const char *name, const struct buf *pem)
{
    carried_member(out, name);
    json_put_string(out, buf_bytes(pem));
}

bool recovery_request_write(const struct recovery_request *r, struct buf *out, struct err *err)
{
    auto_buf chain = { 0 }, der = { 0 }, pem = { 0 };

    if (!key_public_der(r->key, &der, err))
        return false;
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    cert_pem(r->intermediate, &chain);
    cert_pem(r->root, &chain);
    carried_begin(out, FORMAT, NOTE);
    carried_put_text(out, "made", r->made);
    carried_put_text(out, "endpoint", r->endpoint);
    carried_put_text(out, "session", r->session);
    carried_member(out, "needed");
    buf_add_decimal(out, r->needed);
    carried_member(out, "received");
    buf_add_decimal(out, r->received);
    put_missing(r->missing, out);
    carried_member(out, "verified");
    buf_add_string(out, r->verified ? "true" : "false");
    carried_put_octets(out, "nonce", r->nonce);
    carried_put_octets(out, "quote", r->quote);
    put_pem(out, "certificates", &chain);
    put_pem(out, "publicKey", &pem);
    carried_put_octets(out, "signature", r->signature);
    if (r->collateral.len > 0) {
        carried_member(out, "collateral");
        buf_add(out, r->collateral);
    }
    carried_end(out);
    return true;
}

/* ---- reading ---- */

static bool read_missing(const struct json *top, struct recovery_request *r, struct err *err)
{
    size_t count = 0;

    if (!carried_value(top, "missing", JSON_ARRAY, &r->missing, err))
        return false;
    for (const struct json *v = json_first(r->missing); v != NULL; v = json_next(v)) {
        auto_buf visible = { 0 };
        if (v->type != JSON_STRING || v->text.len > LONGEST_NAME || ++count > MOST_HOLDERS)
            return json_fail(v, err, "this is no list of holders");
        output_visible(&visible, v->text, false);
        if (!bytes_equal(buf_bytes(&visible), v->text))
            return json_fail(v, err, "there is a control character in it");
    }
    return true;
}

static bool read_pem(const struct json *top, const char *name, struct bytes *pem, struct err *err)
{
    const struct json *value;

    if (!carried_value(top, name, JSON_STRING, &value, err))
        return false;
    *pem = value->text;
    return pem->len <= LARGEST_PEM || json_fail(value, err, "more than %d bytes", LARGEST_PEM);
}

static bool read_keys(const struct json *top, struct recovery_request *r, struct err *err)
{
    struct bytes chain, key;

    if (!read_pem(top, "certificates", &chain, err) || !read_pem(top, "publicKey", &key, err) ||
        !carried_octets(top, "signature", 0, LARGEST_SIGNATURE, &r->signature_bytes, err))
        return false;
    r->signature = buf_bytes(&r->signature_bytes);
    if (!chain_parse(chain, &r->intermediate, &r->root, err))
        return err_in(err, "certificates");
    r->key = key_from_recovery_pem(key, err);
    return r->key != NULL || err_in(err, "publicKey");
}

static bool read_evidence(const struct json *top, struct recovery_request *r, struct err *err)
{
    const struct json *verified, *collateral = json_member(top, "collateral");

    if (!carried_value(top, "verified", JSON_BOOL, &verified, err) ||
        !carried_octets(top, "nonce", 0, LARGEST_NONCE, &r->nonce_bytes, err) ||
        !carried_octets(top, "quote", 0, LARGEST_QUOTE, &r->quote_bytes, err) ||
        (collateral != NULL && !carried_value(top, "collateral", JSON_OBJECT, &collateral, err)))
        return false;
    r->verified = verified->boolean;
    r->nonce = buf_bytes(&r->nonce_bytes);
    r->quote = buf_bytes(&r->quote_bytes);
    r->collateral = collateral == NULL ? BYTES_NONE : json_source(collateral);
    return true;
}

bool recovery_request_read(struct bytes text, struct recovery_request *r, struct err *err)
{
    const struct json *const top = carried_open(text, FORMAT, &r->arena, err);

    return top != NULL && carried_time(top, "made", &r->made, err) &&
           carried_endpoint(top, &r->endpoint, err) && carried_session(top, &r->session, err) &&
           carried_count(top, "needed", &r->needed, err) &&
           carried_count(top, "received", &r->received, err) && read_missing(top, r, err) &&
           read_evidence(top, r, err) && read_keys(top, r, err);
}
