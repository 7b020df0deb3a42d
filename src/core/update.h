/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "core/core.h"

/*
 * Updates of the manifest (client-api.md, 11 and 12).
 *
 *   core_update              packages alone: at once. A whole manifest: at once, or it waits for other users
 *   core_update_acknowledge  another user agrees; the last one applies it
 *   core_update_cancel       it does not wait any more
 *
 * now and user: where the user was found. Each is one commit, or nothing has changed. Blocks until that is durable.
 *
 * FAIL_MALFORMED, FAIL_TOO_LARGE: refused, with the reason; FAIL_DENIED: the user may not; FAIL_NOT_FOUND: no
 * update waits; FAIL_STATE: not now, another one waits or, unless it is of packages alone, a re-issue of the recovery
 * secrets does, or the manifest was updated in the meantime;
 * FAIL_UNAVAILABLE: could not be sealed.
 */
struct update_result {
    uint64_t missing;               /* acknowledgments; 0: it is applied */
    struct text_list missing_users; /* who may still give them, sorted; absent when it is applied */
    bool has_recovery_secrets;      /* the recovery keys are others now */
    struct buf recovery_secrets;    /* object of name to base64 of the encrypted secret */
    struct arena arena;
};
void update_result_clear(struct update_result *result);
#define auto_update_result struct update_result CLEANUP(update_result_clear)

bool core_update(struct core *core, const struct snapshot *now, const struct deployment_user *user,
                 struct bytes raw, struct update_result *result, struct err *err) MUST_CHECK;
/*
 * An update that cannot be applied after all is removed, and the error says why; but when the disk failed it goes
 * on waiting, and the same acknowledgment may be sent again.
 */
bool core_update_acknowledge(struct core *core, const struct snapshot *now,
                             const struct deployment_user *user, struct bytes raw,
                             struct update_result *result, struct err *err) MUST_CHECK;
bool core_update_cancel(struct core *core, const struct snapshot *now,
                        const struct deployment_user *user, struct err *err) MUST_CHECK;
