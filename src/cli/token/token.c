/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/token.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SLOTS = 256 };

void token_close(struct token *token)
{
    if (token == NULL)
        return;
    if (token->has_session)
        (void)token->module->C_CloseSession(token->session);
    if (token->started)
        (void)token->module->C_Finalize(NULL);
    secret_free(token->pin);
    free(token->name);
    free(token);
}

/* Texts of PKCS#11 have a fixed length and end in blanks. */
static struct bytes padded_text(const unsigned char *at, size_t size)
{
    while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\0'))
        size--;
    return bytes_of(at, size);
}
#define PADDED_TEXT(field) padded_text(field, sizeof(field))

static bool fits(struct bytes wanted, struct bytes is)
{
    return wanted.len == 0 || bytes_equal(wanted, is);
}

static bool is_meant(const struct token_search *search, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
    return (!search->has_slot || search->slot == slot) &&
           fits(search->token, PADDED_TEXT(info->label)) &&
           fits(search->manufacturer, PADDED_TEXT(info->manufacturerID)) &&
           fits(search->model, PADDED_TEXT(info->model)) &&
           fits(search->serial, PADDED_TEXT(info->serialNumber));
}

static bool list_slots(const struct token *token, CK_SLOT_ID slots[static MOST_SLOTS],
                       CK_ULONG *count, struct err *err)
{
    *count = MOST_SLOTS;
    const CK_RV code = token->module->C_GetSlotList(CK_TRUE, slots, count);
    if (code != CKR_OK)
        return token_refused(code, "listing the tokens", err);
    return *count <= MOST_SLOTS ||
           err_set(err, FAIL_UNAVAILABLE, "listing the tokens: the module found more than %d",
                   MOST_SLOTS);
}

static void name_token(struct buf *names, const CK_TOKEN_INFO *info)
{
    buf_add_format(names, "%s\"%.*s\" (serial %.*s)", names->len > 0 ? ", " : "",
                   BYTES_FMT(PADDED_TEXT(info->label)), BYTES_FMT(PADDED_TEXT(info->serialNumber)));
}

/* How many are meant; *meant and *all get their names. The token is the last of them. */
static size_t consider(struct token *token, const struct token_search *search,
                       const CK_SLOT_ID *slots, CK_ULONG count, struct buf *meant, struct buf *all)
{
    size_t found = 0;

    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        if (token->module->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
            (info.flags & CKF_TOKEN_INITIALIZED) == 0)
            continue;
        name_token(all, &info);
        if (!is_meant(search, slots[i], &info))
            continue;
        name_token(meant, &info);
        token->slot = slots[i];
        token->info = info;
        found++;
    }
    return found;
}

static bool choose_token(struct token *token, const struct token_search *search, struct err *err)
{
    CK_SLOT_ID slots[MOST_SLOTS];
    CK_ULONG count = 0;
    auto_buf uri = { 0 }, meant = { 0 }, all = { 0 };

    if (!list_slots(token, slots, &count, err))
        return false;
    const size_t found = consider(token, search, slots, count, &meant, &all);
    if (found == 1)
        return true;
    token_search_put(search, &uri);
    if (all.len == 0)
        buf_add_string(&all, "none");
    if (found == 0)
        return err_set(err, FAIL_NOT_FOUND, "there is no token for %.*s; there is %.*s",
                       BYTES_FMT(buf_bytes(&uri)), BYTES_FMT(buf_bytes(&all)));
    return err_set(err, FAIL_MALFORMED, "%.*s means several tokens: %.*s",
                   BYTES_FMT(buf_bytes(&uri)), BYTES_FMT(buf_bytes(&meant)));
}

static bool open_session(struct token *token, struct err *err)
{
    auto_buf name = { 0 };
    const CK_RV code =
        token->module->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL, &token->session);

    output_visible(&name, PADDED_TEXT(token->info.label), false);
    token->name = bytes_to_string(buf_bytes(&name));
    token->has_session = code == CKR_OK;
    return token->has_session || token_refused(code, "opening a session with the token", err);
}

struct token *token_open(struct cli *cli, const struct token_search *search, struct err *err)
{
    auto_token *token = mem_zero_alloc(1, sizeof *token);

    token->cli = cli;
    token->module = token_module_load(search, &token->started, err);
    if (token->module == NULL || !choose_token(token, search, err) || !open_session(token, err))
        return NULL;
    return TAKE(token);
}
