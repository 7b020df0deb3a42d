/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/io/output.h"
#include "cli/manifest/remote_manifest.h"
#include "manifest/diff.h"
#include "manifest/lint.h"

/* What an update would do to the manifest that a Coordinator has in force: `manifest diff` and `manifest lint` in one. */
struct update_preview {
    struct answer answer;
    struct remote_manifest remote;
    struct buf in_force; /* JSON, with the security versions of updates of packages */
    struct bytes next;   /* the manifest of the update, borrowed */
    struct manifest *old, *new;
    struct manifest_diff diff; /* `refused` also for errors among the findings */
    struct manifest_findings
        findings; /* none for an update of packages, whose faults are in the diff */
    size_t errors, warnings;
};
void update_preview_clear(struct update_preview *p);
#define auto_update_preview struct update_preview CLEANUP(update_preview_clear)

/* Asks for the manifest in force. next: JSON, stays the caller's; name: of it, for errors. Status 8: it does not decode. */
bool update_preview_make(struct session *s, struct bytes next, const char *name,
                         struct update_preview *p, struct err *err) MUST_CHECK;
/* Appends members for the envelope, also that of --unified. FAIL_MALFORMED. */
bool update_preview_put_members(const struct cli *cli, const struct update_preview *p,
                                struct buf *data, struct err *err) MUST_CHECK;
/* Appends text for output_painted: changes, or with --unified lines; consequences; findings. */
bool update_preview_put_text(const struct cli *cli, const struct update_preview *p,
                             const char *name, struct buf *text, struct err *err) MUST_CHECK;
