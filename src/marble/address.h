/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

/* Where the Coordinator is, as gRPC reads an address (marble-api.md, 1.5 and 1.9). */
struct marble_address {
    char host[256]; /* name or IP address, without brackets */
    char port[6];   /* decimal, 1 to 65535 */
    /* For :authority: as written, with localhost where no host is; what RFC 3986, 3.2 does not
     * allow there is percent-encoded. */
    char authority[800];
};

/*
 * host:port, [IPv6]:port, :port (localhost), host, [IPv6] or a bare IPv6 address (port 443).
 * FAIL_MALFORMED says what is wrong with the text.
 */
bool marble_address_parse(const char *text, struct marble_address *address,
                          struct err *err) MUST_CHECK;
