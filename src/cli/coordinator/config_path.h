/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"

/* A path below the configuration directory of the user, $XDG_CONFIG_HOME or $HOME/.config; freed by the caller. NULL: neither is
 * set, FAIL_MALFORMED. */
char *config_path(const char *below, struct err *err) MUST_CHECK;
