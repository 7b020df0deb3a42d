/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/err.h"

/*
 * What a Marble is told about itself: by its caller (flags of taw-premain, options of the library),
 * else by variables, else by default (marble-api.md, 6.1). An empty text is the same as none.
 */

/* Texts as given; NULL or "": not given. */
struct marble_settings {
    const char *marble_type;         /* EDG_MARBLE_TYPE, mandatory */
    const char *coordinator_address; /* EDG_MARBLE_COORDINATOR_ADDR; localhost:2001 */
    const char *dns_names;           /* EDG_MARBLE_DNS_NAMES; localhost */
    const char *uuid_file;           /* EDG_MARBLE_UUID_FILE; uuid in EDG_CWD or here */
    const char *coordinator_root;    /* TAW_MARBLE_COORDINATOR_ROOT; none */
    const char *timeout;             /* TAW_MARBLE_TIMEOUT, seconds; 300 */
    const char *require_quote;       /* TAW_MARBLE_REQUIRE_QUOTE, on when 1 */
};

/* Where variables come from: getenv(3), or a test's table. NULL: not set. */
struct variables {
    void *ctx;
    const char *(*get)(void *ctx, const char *name);
};
struct variables variables_real(void) MUST_CHECK;

enum { MARBLE_TIMEOUT_MAX_S = 30 * 86400 };

struct marble_names {
    size_t dns_count, ip_count;
    const struct bytes *dns;
    const struct bytes *ips; /* 4 or 16 raw bytes each */
};

struct marble_config {
    const char *marble_type, *coordinator_address, *uuid_file;
    const char *coordinator_root; /* NULL: none */
    struct marble_names names;
    int64_t timeout_ms; /* for all tries together; 0: one try, however long it takes */
    bool require_quote;
};

/* Everything lives in the arena. FAIL_MALFORMED says which variable is missing or wrong. */
bool marble_config_load(const struct marble_settings *given, const struct variables *variables,
                        struct arena *arena, struct marble_config *config,
                        struct err *err) MUST_CHECK;
