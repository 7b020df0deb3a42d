/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/uuid.h"
#include "core/vouched.h"
#include "state/authority.h"

/*
 * Which Marble calls the client API: the one to which the proven certificate was issued at its activation (client-api.md,
 * 5.2; marble-api.md, 3.6).
 */
struct marble_caller {
    struct buf type;
    uint8_t uuid[UUID_LEN];
};
/*
 * leaf: DER of the proven TLS certificate, empty for none. It must be issued by the key of the marble root that is
 * current, so a certificate from before an update proves nothing any more. FAIL_DENIED with the reason. *caller is
 * cleared by the caller, also after a failure.
 */
bool marble_caller_read(const struct authority *authority, struct vouched *vouched,
                        struct bytes leaf, int64_t now_ms, struct marble_caller *caller,
                        struct err *err) MUST_CHECK;
void marble_caller_clear(struct marble_caller *caller);

#define auto_marble_caller struct marble_caller CLEANUP(marble_caller_clear)
