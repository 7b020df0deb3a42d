/* SPDX-License-Identifier: Apache-2.0 */
#include "core/update_internal.h"

#include <inttypes.h>

static void put_line(struct update_lines *lines, const char *event, const struct buf *members)
{
    change_put_log_line(lines->change, lines->env, lines->next++, event, buf_bytes(members));
}

void line_package_raised(struct update_lines *lines, struct bytes user, struct bytes package,
                         uint64_t version)
{
    auto_buf members = { 0 };

    line_put_text(&members, "user", user);
    line_put_text(&members, "package", package);
    buf_add_format(&members, ",\"new version\":%" PRIu64, version);
    put_line(lines, "SecurityVersion increased", &members);
}

/* user, p NULL: without these members. */
static void put_update_line(struct update_lines *lines, const char *event, const struct bytes *user,
                            const struct pending_update *p, const char *fingerprint)
{
    auto_buf members = { 0 };

    if (user != NULL)
        line_put_text(&members, "user", *user);
    if (p != NULL)
        line_put_missing(&members, &p->quorum);
    line_put_text(&members, "manifestFingerprint", bytes_of_string(fingerprint));
    put_line(lines, event, &members);
}

void line_initiated(struct update_lines *lines, struct bytes user, const char *fingerprint)
{
    put_update_line(
        lines, "Complete Manifest update initiated by user. No further acknowledgements required",
        &user, NULL, fingerprint);
}

void line_waits(struct update_lines *lines, struct bytes user, const struct pending_update *p,
                const char *fingerprint)
{
    put_update_line(lines,
                    "Complete Manifest update initiated by user. Waiting for acknowledgments to "
                    "apply the update",
                    &user, p, fingerprint);
}

void line_acknowledged(struct update_lines *lines, struct bytes user,
                       const struct pending_update *p, const char *fingerprint)
{
    put_update_line(lines, "Complete Manifest update acknowledged by user", &user, p, fingerprint);
}

void line_applied(struct update_lines *lines, const char *fingerprint)
{
    put_update_line(lines, "Complete Manifest updated", NULL, NULL, fingerprint);
}

void line_failed(struct update_lines *lines, const char *fingerprint)
{
    put_update_line(lines, "Complete Manifest update cancelled due to error during apply", NULL,
                    NULL, fingerprint);
}

void line_cancelled(struct update_lines *lines, struct bytes user, const char *fingerprint)
{
    put_update_line(lines, "Complete Manifest update cancelled by user", &user, NULL, fingerprint);
}
