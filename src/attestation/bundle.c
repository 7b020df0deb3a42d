/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/bundle.h"

#include <string.h>

#include "codec/json.h"
#include "codec/text.h"

#define FORMAT_NAME "attestation-collateral"
enum { FORMAT_VERSION = 1 };

/* Who needs a member. */
enum side { SIDE_BOTH = 0, SIDE_INTEL, SIDE_SNP };
enum form { FORM_HEAD = 0, FORM_TEXT, FORM_BASE64, FORM_IGNORED };

/*
 * Every member (attestation.md, 11). Others are refused: a name with a slip of the pen would else be an item that
 * is missing without a word, as a CRL of SNP may be.
 */
static const struct member {
    const char *name;
    enum side side;
    enum form form;
    size_t at; /* of the item in struct bundle */
} members[] = {
    { "format", SIDE_BOTH, FORM_HEAD, 0 },
    { "version", SIDE_BOTH, FORM_HEAD, 0 },
    { "tee", SIDE_BOTH, FORM_HEAD, 0 },
    { "fetched_at", SIDE_BOTH, FORM_IGNORED, 0 },
    { "source", SIDE_BOTH, FORM_IGNORED, 0 },
    { "tcb_info", SIDE_INTEL, FORM_TEXT, offsetof(struct bundle, tcb_info) },
    { "tcb_info_issuer_chain", SIDE_INTEL, FORM_TEXT,
      offsetof(struct bundle, tcb_info_issuer_chain) },
    { "qe_identity", SIDE_INTEL, FORM_TEXT, offsetof(struct bundle, qe_identity) },
    { "qe_identity_issuer_chain", SIDE_INTEL, FORM_TEXT,
      offsetof(struct bundle, qe_identity_issuer_chain) },
    { "pck_crl", SIDE_INTEL, FORM_BASE64, offsetof(struct bundle, pck_crl) },
    { "pck_crl_issuer_chain", SIDE_INTEL, FORM_TEXT,
      offsetof(struct bundle, pck_crl_issuer_chain) },
    { "root_ca_crl", SIDE_INTEL, FORM_BASE64, offsetof(struct bundle, root_ca_crl) },
    { "pck_certificate_chain", SIDE_INTEL, FORM_TEXT,
      offsetof(struct bundle, pck_certificate_chain) },
    { "vek", SIDE_SNP, FORM_TEXT, offsetof(struct bundle, vek) },
    { "vek_type", SIDE_SNP, FORM_TEXT, offsetof(struct bundle, vek_type) },
    { "ask", SIDE_SNP, FORM_TEXT, offsetof(struct bundle, ask) },
    { "ark", SIDE_SNP, FORM_TEXT, offsetof(struct bundle, ark) },
    { "crl", SIDE_SNP, FORM_BASE64, offsetof(struct bundle, crl) },
};

static struct bundle_item *item_of(struct bundle *bundle, const struct member *member)
{
    return (struct bundle_item *)(void *)((uint8_t *)bundle + member->at);
}

/* The head: it says how to read the rest. */
static bool read_head(const struct json *top, struct bundle *bundle, struct err *err)
{
    const struct json *const format = json_member(top, "format");
    const struct json *const version = json_member(top, "version");
    const struct json *const tee = json_member(top, "tee");
    uint64_t number = 0;

    if (format == NULL || format->type != JSON_STRING ||
        !bytes_equal_string(format->text, FORMAT_NAME))
        return err_set(err, FAIL_MALFORMED, "format is not " FORMAT_NAME);
    if (version == NULL || version->type != JSON_NUMBER ||
        !json_get_uint(version, UINT32_MAX, &number, err) || number != FORMAT_VERSION)
        return err_set(err, FAIL_MALFORMED, "version is not %d", FORMAT_VERSION);
    for (enum tee one = TEE_SGX; one <= TEE_SNP; one++) {
        if (tee != NULL && tee->type == JSON_STRING && bytes_equal_string(tee->text, tee_text(one)))
            bundle->tee = one;
    }
    return bundle->tee != TEE_NONE || err_set(err, FAIL_MALFORMED, "tee is not sgx, tdx or snp");
}

static const struct member *member_of(const struct json *value, enum side side, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (!bytes_equal_string(value->name, members[i].name))
            continue;
        if (members[i].side == SIDE_BOTH || members[i].side == side)
            return &members[i];
        (void)json_fail(value, err, "belongs to another technology");
        return NULL;
    }
    (void)json_fail(value, err, "no such member");
    return NULL;
}

/* Line breaks are nothing that the format has; the decoder would skip them. */
static bool is_one_line(struct bytes text)
{
    return memchr(text.at, '\n', text.len) == NULL && memchr(text.at, '\r', text.len) == NULL;
}

static bool decode(struct bytes text, struct arena *arena, struct bytes *out)
{
    struct err ignored;
    auto_buf decoded = { 0 };

    if (!is_one_line(text) || !base64_decode(&decoded, BASE64_STANDARD, text, &ignored))
        return false;
    *out = arena_bytes(arena, buf_bytes(&decoded));
    return true;
}

static void read_item(const struct json *value, enum form form, struct arena *arena,
                      struct bundle_item *item)
{
    item->present = true;
    item->reason = REASON_COLLATERAL_FORMAT;
    if (value->type != JSON_STRING)
        return;
    item->bytes = value->text;
    if (form == FORM_BASE64 && value->text.len > 0 && !decode(value->text, arena, &item->bytes))
        item->bytes = BYTES_NONE;
    else if (item->bytes.len > BUNDLE_ITEM_MAX)
        item->bytes = BYTES_NONE;
    else
        item->reason = item->bytes.len == 0 ? REASON_COLLATERAL_MISSING : REASON_NONE;
}

static bool read_members(const struct json *top, struct arena *arena, struct bundle *bundle,
                         struct err *err)
{
    const enum side side = bundle->tee == TEE_SNP ? SIDE_SNP : SIDE_INTEL;

    for (const struct json *value = json_first(top); value != NULL; value = json_next(value)) {
        const struct member *const member = member_of(value, side, err);
        if (member == NULL)
            return false;
        if (member->form == FORM_TEXT || member->form == FORM_BASE64)
            read_item(value, member->form, arena, item_of(bundle, member));
    }
    return true;
}

bool bundle_parse(struct bytes raw, struct arena *arena, struct bundle *bundle, struct err *err)
{
    *bundle = (struct bundle){ 0 };
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (members[i].form == FORM_TEXT || members[i].form == FORM_BASE64)
            item_of(bundle, &members[i])->reason = REASON_COLLATERAL_MISSING;
    }
    if (raw.len > COLLATERAL_BUNDLE_MAX)
        return err_set(err, FAIL_TOO_LARGE, "collateral bundle: more than %d bytes",
                       COLLATERAL_BUNDLE_MAX);
    const struct json *const top = json_parse(raw, JSON_TRAILING_REFUSED, arena, err);
    if (top == NULL || !json_is_strict(top, COLLATERAL_NESTING_MAX, err))
        return err_in(err, "collateral bundle");
    if (top->type != JSON_OBJECT)
        return err_set(err, FAIL_MALFORMED, "collateral bundle: not a JSON object");
    return (read_head(top, bundle, err) && read_members(top, arena, bundle, err)) ||
           err_in(err, "collateral bundle");
}
