/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/session.h"
#include "manifest/manifest.h"

/* The manifest that a Coordinator has, and what has happened to it. */
struct remote_manifest {
    struct bytes fingerprint; /* in the answer; empty: it has none */
    struct buf manifest;      /* as it was set */
};
void remote_manifest_clear(struct remote_manifest *remote);
#define auto_remote_manifest struct remote_manifest CLEANUP(remote_manifest_clear)

bool remote_manifest_get(struct session *s, struct answer *answer, struct remote_manifest *remote,
                         struct err *err) MUST_CHECK;
/* Appends the update log: lines with a line feed between them. */
bool remote_log_get(struct session *s, struct buf *lines, struct err *err) MUST_CHECK;
/* Appends the manifest that was got as it is in force, by updated_manifest_put and the update log. */
bool remote_manifest_in_force(struct session *s, const struct remote_manifest *remote,
                              struct buf *updated, struct err *err) MUST_CHECK;
/* The manifest that was set as data, so that users, roles and secrets can be looked up. Sets the status. */
struct manifest *remote_manifest_parse(struct session *s, struct err *err) MUST_CHECK;
/* Whose certificate this is, as a Coordinator compares: byte by byte. NULL: nobody's. */
const struct manifest_user *manifest_user_of(const struct manifest *m,
                                             const struct cert *cert) MUST_CHECK;
