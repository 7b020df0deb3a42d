/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/token.h"

/* Objects on a token. */

enum { MOST_OBJECTS = 16, LARGEST_VALUE = 64 << 10 };

struct found {
    CK_ULONG count;
    CK_OBJECT_HANDLE at[MOST_OBJECTS];
};

bool token_attribute(const struct token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                     struct buf *value)
{
    CK_ATTRIBUTE attribute = { type, NULL, 0 };
    const size_t start = value->len;

    if (token->module->C_GetAttributeValue(token->session, object, &attribute, 1) != CKR_OK ||
        attribute.ulValueLen == 0 || attribute.ulValueLen > LARGEST_VALUE)
        return false;
    const CK_ULONG size = attribute.ulValueLen;
    attribute.pValue = buf_grow(value, size);
    const bool read =
        token->module->C_GetAttributeValue(token->session, object, &attribute, 1) == CKR_OK &&
        attribute.ulValueLen <= size;
    buf_truncate(value, start + (read ? attribute.ulValueLen : 0));
    return read && attribute.ulValueLen > 0;
}

/* Empty label or id: any. Adds to *found. */
static bool find(struct token *token, CK_OBJECT_CLASS object_class, struct bytes label,
                 struct bytes id, struct found *found, struct err *err)
{
    CK_ATTRIBUTE template[3] = { { CKA_CLASS, &object_class, sizeof object_class } };
    const CK_ULONG room = MOST_OBJECTS - found->count;
    CK_ULONG parts = 1, got = 0;

    if (label.len > 0)
        template[parts++] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)(uintptr_t)label.at, label.len };
    if (id.len > 0)
        template[parts++] = (CK_ATTRIBUTE){ CKA_ID, (void *)(uintptr_t)id.at, id.len };
    CK_RV code = token->module->C_FindObjectsInit(token->session, template, parts);
    if (code != CKR_OK)
        return token_refused(code, "looking for objects on the token", err);
    code = token->module->C_FindObjects(token->session, found->at + found->count, room, &got);
    (void)token->module->C_FindObjectsFinal(token->session);
    if (code != CKR_OK)
        return token_refused(code, "looking for objects on the token", err);
    /* A module may say how many there are instead of how many it gave. */
    found->count += got < room ? got : room;
    return true;
}

static CK_OBJECT_CLASS class_of(const struct token_search *search)
{
    return search->object == TOKEN_PRIVATE_KEY ? CKO_PRIVATE_KEY : CKO_CERTIFICATE;
}

bool token_find_by_id(struct token *token, CK_OBJECT_CLASS object_class, struct bytes id,
                      CK_OBJECT_HANDLE *object)
{
    struct found found = { 0 };
    struct err ignored = { 0 };

    if (id.len == 0 || !find(token, object_class, BYTES_NONE, id, &found, &ignored) ||
        found.count == 0)
        return false;
    *object = found.at[0];
    return true;
}

/* ---- messages ---- */

static void name_objects(const struct token *token, const struct found *found, struct buf *out)
{
    for (CK_ULONG i = 0; i < found->count; i++) {
        auto_buf label = { 0 }, id = { 0 }, encoded = { 0 };
        if (!token_attribute(token, found->at[i], CKA_LABEL, &label))
            buf_add_string(&label, "no label");
        if (token_attribute(token, found->at[i], CKA_ID, &id))
            token_percent_encode(buf_bytes(&id), &encoded);
        else
            buf_add_string(&encoded, "none");
        buf_add_format(out, "%s\"%.*s\" (id %.*s)", i > 0 ? ", " : "", BYTES_FMT(buf_bytes(&label)),
                       BYTES_FMT(buf_bytes(&encoded)));
    }
    if (found->count == 0)
        buf_add_string(out, "none");
}

/* In the words of the original, when it was asked in its words. */
static void name_wanted(const struct token_search *search, struct buf *out)
{
    auto_buf uri = { 0 };

    token_search_put(search, &uri);
    buf_add_format(out, "no %s found for ",
                   search->object == TOKEN_PRIVATE_KEY ? "key pair" : "certificate");
    if (search->by_flags)
        buf_add_format(out, "id \"%.*s\" and label \"%.*s\"", BYTES_FMT(search->id),
                       BYTES_FMT(search->label));
    else
        buf_add(out, buf_bytes(&uri));
}

static bool nothing(struct token *token, const struct token_search *search, struct err *err)
{
    struct found all = { 0 };
    auto_buf wanted = { 0 }, names = { 0 };

    if (!find(token, class_of(search), BYTES_NONE, BYTES_NONE, &all, err))
        return false;
    name_wanted(search, &wanted);
    name_objects(token, &all, &names);
    return err_set(err, FAIL_NOT_FOUND, "%.*s; on token \"%s\": %.*s",
                   BYTES_FMT(buf_bytes(&wanted)), token->name, BYTES_FMT(buf_bytes(&names)));
}

bool token_find(struct token *token, const struct token_search *search, CK_OBJECT_HANDLE *object,
                struct err *err)
{
    struct found found = { 0 };
    auto_buf names = { 0 };

    if (!find(token, class_of(search), search->label, search->id, &found, err) ||
        (found.count == 0 && search->other_id.len > 0 &&
         !find(token, class_of(search), search->label, search->other_id, &found, err)))
        return false;
    if (found.count == 0)
        return nothing(token, search, err);
    *object = found.at[0];
    if (found.count == 1)
        return true;
    name_objects(token, &found, &names);
    return err_set(err, FAIL_MALFORMED, "several objects on token \"%s\" are meant: %.*s",
                   token->name, BYTES_FMT(buf_bytes(&names)));
}
