/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/secret.h"

/* Questions to the person at the terminal (/dev/tty, also when the standard streams are pipes). Commands ask through
 * cli/ask.h, which knows whether they may. */

/* Is there somebody to ask: standard input and standard error are a terminal? */
bool prompt_is_possible(void) MUST_CHECK;
/* Only "y" and "yes" are a yes. */
bool prompt_confirm(const char *question) MUST_CHECK;
/* A line that is shown, freed by the caller. FAIL_UNAVAILABLE as below. */
char *prompt_line(const char *what, struct err *err) MUST_CHECK;
/* A line that is not shown. FAIL_UNAVAILABLE: there is no terminal, or nothing was typed. */
struct secret *prompt_passphrase(const char *what, struct err *err) MUST_CHECK;
