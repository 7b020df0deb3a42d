/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/token/search.h"

#include <p11-kit/pkcs11.h>

/*
 * PKCS#11 modules, loaded when a key on a token is asked for: nothing of that is linked. Without a module's name it is
 * libp11-kit, which shows the tokens of all modules that this machine knows.
 */

/* Loads and starts it; it stays loaded until the process ends. *started: it is ours to finalize. FAIL_UNAVAILABLE. */
const CK_FUNCTION_LIST *token_module_load(const struct token_search *search, bool *started,
                                          struct err *err) MUST_CHECK;
/* What a function of a module returned, in its own words: "CKR_PIN_INCORRECT"; a number for those nobody has told us. */
const char *token_code_name(CK_RV code);
/* Sets "what: CKR_..." and returns false. FAIL_UNAVAILABLE. */
bool token_refused(CK_RV code, const char *what, struct err *err);
