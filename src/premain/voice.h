/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "marble/say.h"

/* How taw-premain speaks, on standard error: lines for people, or JSON with EDG_LOG_FORMAT=json. */
struct voice {
    bool json;
    struct log log; /* for JSON */
};

/* format: the value of EDG_LOG_FORMAT, or NULL. */
struct voice voice_of_format(const char *format) MUST_CHECK;
/* "[PreMain] text", or a line of JSON. *voice outlives the result. */
struct marble_log voice_log(const struct voice *voice) MUST_CHECK;
/* The last sentence: "taw-premain: text", or a line of JSON at level error. */
void voice_complain(const struct voice *voice, const char *text);
