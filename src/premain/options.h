/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "marble/config.h"

/* The command line of taw-premain: its own options, then the application and its arguments. */
struct premain_options {
    bool help, version;
    struct marble_settings settings;
    int program_at; /* index into argv; argc when no program is named */
};

/* Options end with "--" or with the first argument that is none. FAIL_MALFORMED. */
bool premain_options_read(int argc, char **argv, struct premain_options *options,
                          struct err *err) MUST_CHECK;
/* The text of --help; freed by the caller. */
char *premain_options_help(void) MUST_CHECK;
