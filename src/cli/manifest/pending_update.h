/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/session.h"

/* The update that waits for acknowledgments. */
struct pending_update {
    struct answer answer;
    struct buf manifest;
    char fingerprint[65];     /* of these bytes; empty: none waits */
    const struct json *users; /* who may still acknowledge: texts, NULL or null for nobody */
    size_t missing;           /* how many they are */
};
void pending_update_clear(struct pending_update *pending);
#define auto_pending_update struct pending_update CLEANUP(pending_update_clear)

/* Fails with the status for "not found" when none waits. */
bool pending_update_get(struct session *s, struct pending_update *pending,
                        struct err *err) MUST_CHECK;
/* May this user still acknowledge? */
bool pending_update_misses(const struct pending_update *pending, struct bytes user) MUST_CHECK;
