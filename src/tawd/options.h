/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/err.h"

#include <stdio.h>

/*
 * How tawd is told what to do: flags, or the environment variables of the original
 * (client-api.md, 22). A flag wins over its variable; an empty variable is the same as none.
 */
struct options {
    bool help, version;
    bool simulation, debug, dev_mode, late_update_checks;
    bool platform_key_on_encrypted_disk;
    const char *client_address, *mesh_address, *prometheus_address;
    const char *dns_names;
    char *seal_directory;             /* owned */
    char *platform_key;               /* owned */
    const char *startup_manifest;     /* NULL: none */
    const char *collateral_directory; /* NULL: none, which only simulation may have */
    unsigned threads;                 /* event loops; 0: one for each core */
    unsigned max_connections, max_connections_per_source, max_streams;
    unsigned max_header_bytes, max_body_bytes;
    unsigned handshake_timeout_ms, request_timeout_ms, response_timeout_ms, idle_timeout_ms;
    unsigned drain_timeout_ms, stuck_after_ms, collateral_interval_ms;
};

/* FAIL_MALFORMED says which flag or variable is wrong and how. Texts point into argv and environment. */
bool options_read(int argc, char **argv, struct options *options, struct err *err) MUST_CHECK;
void options_clear(struct options *options);
void options_help(FILE *out);
