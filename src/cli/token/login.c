/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/ask.h"
#include "cli/io/input.h"
#include "cli/token/token.h"

/* The PIN of a token, and what becomes of it. */

enum { LONGEST_PIN_FILE = 1024 };

static bool has_login(const struct token *token)
{
    CK_SESSION_INFO info = { 0 };

    return token->module->C_GetSessionInfo(token->session, &info) == CKR_OK &&
           (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
}

/* A line of a file. */
static struct secret *read_pin(struct cli *cli, struct bytes source, struct err *err)
{
    auto_string *path = bytes_to_string(source);
    auto_buf text = { 0 };

    if (!input_file(cli, path, LONGEST_PIN_FILE, &text, err)) {
        (void)err_in(err, "pin-source");
        return NULL;
    }
    while (text.len > 0 && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
        buf_truncate(&text, text.len - 1);
    if (text.len > 0)
        return secret_copy(buf_bytes(&text), err);
    (void)err_set(err, FAIL_MALFORMED, "pin-source: %s is empty", path);
    return NULL;
}

static struct secret *get_pin(struct token *token, const struct token_search *search,
                              struct err *err)
{
    if (search->pin_source.len > 0)
        return read_pin(token->cli, search->pin_source, err);
    if (search->pin != NULL)
        return secret_copy(secret_bytes(search->pin), err);
    auto_string *what = mem_printf("PIN of token \"%s\"", token->name);
    return ask_passphrase(token->cli, what, "pin-source in the URI names a file with the PIN", err);
}

/* Whether there is a try to spend. */
static bool may_try(struct token *token, const struct token_search *search, struct err *err)
{
    const CK_FLAGS flags = token->info.flags;
    const bool is_typed = search->pin_source.len == 0 && search->pin == NULL;

    if ((flags & CKF_USER_PIN_LOCKED) != 0)
        return err_set(err, FAIL_DENIED, "the PIN of token \"%s\" is locked", token->name);
    if ((flags & CKF_USER_PIN_FINAL_TRY) != 0 && !is_typed)
        return err_set(err, FAIL_DENIED,
                       "one wrong PIN more locks token \"%s\": that one is only taken when it is "
                       "typed at a terminal",
                       token->name);
    if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
        output_warn(&token->cli->out, "this is the last try before token \"%s\" is locked",
                    token->name);
    else if ((flags & CKF_USER_PIN_COUNT_LOW) != 0)
        output_say(&token->cli->out, "Wrong PINs were given to token \"%s\" before", token->name);
    return true;
}

static bool wrong_pin(struct token *token, struct err *err)
{
    CK_TOKEN_INFO info = { 0 };
    const char *left = "";

    if (token->module->C_GetTokenInfo(token->slot, &info) == CKR_OK) {
        if ((info.flags & CKF_USER_PIN_LOCKED) != 0)
            left = "; it is locked now";
        else if ((info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
            left = "; one try is left before it is locked";
        else if ((info.flags & CKF_USER_PIN_COUNT_LOW) != 0)
            left = "; the token counts wrong PINs";
    }
    return err_set(err, FAIL_DENIED, "wrong PIN for token \"%s\"%s", token->name, left);
}

static bool log_in(struct token *token, const struct secret *pin, struct err *err)
{
    const CK_RV code = token->module->C_Login(
        token->session, CKU_USER, pin == NULL ? NULL : (CK_UTF8CHAR *)(uintptr_t)pin->at,
        pin == NULL ? 0 : pin->len);

    if (code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN)
        return true;
    if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LEN_RANGE || code == CKR_PIN_INVALID)
        return wrong_pin(token, err);
    if (code == CKR_PIN_LOCKED)
        return err_set(err, FAIL_DENIED, "the PIN of token \"%s\" is locked", token->name);
    return token_refused(code, "login to the token", err);
}

bool token_login(struct token *token, const struct token_search *search, struct err *err)
{
    if ((token->info.flags & CKF_LOGIN_REQUIRED) == 0 || search->no_login || has_login(token))
        return true;
    if (!may_try(token, search, err))
        return false;
    if ((token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
        output_say(&token->cli->out, "Token \"%s\" asks for its PIN itself", token->name);
        return log_in(token, NULL, err);
    }
    secret_free(token->pin);
    token->pin = get_pin(token, search, err);
    return token->pin != NULL && log_in(token, token->pin, err);
}
