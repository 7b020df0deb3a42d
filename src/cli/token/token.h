/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "cli/token/module.h"

/*
 * A session with the one token that a search means.
 *
 *   token_open    finds the token; public objects can be read
 *   token_login   as its user; one try, never a second one
 *   token_find    the one object that the search means
 */
struct token {
    struct cli *cli;
    const CK_FUNCTION_LIST *module;
    bool started; /* the module, by this token: it ends with it */
    CK_SLOT_ID slot;
    CK_TOKEN_INFO info;
    char *name; /* its label as text, for messages */
    CK_SESSION_HANDLE session;
    bool has_session;
    struct secret *pin; /* for keys that want it for each operation; NULL: none */
};

/* FAIL_NOT_FOUND names the tokens that are there; so does FAIL_MALFORMED, when several are meant. */
struct token *token_open(struct cli *cli, const struct token_search *search,
                         struct err *err) MUST_CHECK;
/* NULL is fine. */
void token_close(struct token *token);
/*
 * Nothing when the token needs no login, or somebody is logged in. The PIN comes from the search, from the file that it names, or from the
 * terminal; or the reader asks for it. With one try left only what is typed is tried. FAIL_DENIED: wrong, or locked.
 */
bool token_login(struct token *token, const struct token_search *search,
                 struct err *err) MUST_CHECK;
/* FAIL_NOT_FOUND, and FAIL_MALFORMED for several; both name what is there. */
bool token_find(struct token *token, const struct token_search *search, CK_OBJECT_HANDLE *object,
                struct err *err) MUST_CHECK;
/* The first object of a class with this id; false: there is none. */
bool token_find_by_id(struct token *token, CK_OBJECT_CLASS object_class, struct bytes id,
                      CK_OBJECT_HANDLE *object) MUST_CHECK;
/* Appends the value; false when the object does not show such an attribute, or an empty one. */
bool token_attribute(const struct token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                     struct buf *value) MUST_CHECK;

DEFINE_CLEANUP(struct token, token_cleanup, token_close)
#define auto_token struct token CLEANUP(token_cleanup)
