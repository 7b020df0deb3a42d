/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/* Where a Coordinator is: `host:port`, `[v6]:port`, `host` or `[v6]` (port 443). */
struct endpoint {
    char *url;  /* "https://" and the text as it was typed */
    char *host; /* name or address, without brackets */
    uint16_t port;
};
/* FAIL_MALFORMED: schemes, paths, user names and everything else that does not belong there. */
bool endpoint_parse(const char *text, struct endpoint *endpoint, struct err *err) MUST_CHECK;
void endpoint_clear(struct endpoint *endpoint);
#define auto_endpoint struct endpoint CLEANUP(endpoint_clear)
