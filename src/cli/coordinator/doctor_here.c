/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "cli/attest/anchors.h"
#include "cli/attest/show.h"
#include "cli/attest/tee_devices.h"
#include "cli/coordinator/doctor.h"
#include "cli/coordinator/policy.h"
#include "cli/io/input.h"
#include "cli/token/search.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOON_S = 7 * 24 * 60 * 60, OTHERS_WRITE = 022, OTHERS_READ = 077 };

static void check_tees(struct doctor *d)
{
    const struct tee_device *device = tee_device_next(NULL);

    if (device == NULL)
        doctor_add(d, "tee", FINDING_OK, NULL,
                   "none on this machine: commands need none, a Coordinator runs here with "
                   "--simulation only");
    for (; device != NULL; device = tee_device_next(device)) {
        const bool mine = access(device->path, R_OK | W_OK) == 0;
        doctor_add(d, "tee", mine ? FINDING_OK : FINDING_WARNING,
                   mine ? NULL : "a Coordinator has to run as a user who may open it", "%s (%s)%s",
                   device->tee, device->path, mine ? "" : ", which this user may not open");
    }
}

static void check_policy(struct doctor *d)
{
    auto_arena arena = { 0 };
    struct coordinator_policy policy = { 0 };
    struct err err = { 0 };

    d->has_policy = coordinator_policy_read(d->cli, &arena, &policy, &err);
    if (d->has_policy) {
        doctor_add(d, "policy", policy.package.debug ? FINDING_WARNING : FINDING_OK,
                   policy.package.debug ? "take Debug out: whoever runs it reads its memory" : NULL,
                   "%s names the Coordinator's software%s", policy.path,
                   policy.package.debug ? " in debug mode" : "");
        return;
    }
    /* Without any a Coordinator in simulation mode is all that can be used. */
    doctor_add_error(d, "policy", policy.path == NULL ? FINDING_WARNING : FINDING_FAILED, &err);
}

static void judge_collateral(struct doctor *d, const char *path, const struct collateral *c)
{
    const int64_t now = env_now_ms(NULL) / 1000;
    struct collateral_summary summary;

    collateral_summary(c, &summary);
    const int64_t end = summary.earliest_expiration;
    if (summary.reason != REASON_NONE)
        doctor_add(d, "collateral", FINDING_FAILED, "`collateral fetch` makes a new bundle",
                   "%s: %s: %.*s", path, reason_text(summary.reason), BYTES_FMT(summary.detail));
    else if (end <= now)
        doctor_add(d, "collateral", FINDING_FAILED, "`collateral fetch` makes a new bundle",
                   "%s expired at %s", path, moment_of(end).text);
    else
        doctor_add(d, "collateral", end - now < SOON_S ? FINDING_WARNING : FINDING_OK,
                   end - now < SOON_S ? "`collateral fetch` makes a new bundle" : NULL,
                   "%s is for %s and good until %s", path, tee_text(summary.tee),
                   moment_of(end).text);
}

static void check_collateral(struct doctor *d)
{
    const char *const path = option_text(&d->cli->options, "collateral");
    auto_arena arena = { 0 };
    auto_buf text = { 0 };
    struct trust_anchors anchors;
    struct err err = { 0 };

    if (path == NULL) {
        doctor_add(d, "collateral", FINDING_UNCHECKED, NULL, "no --collateral was given");
        return;
    }
    if (!anchors_read(d->cli, &arena, &anchors, &err) ||
        !input_file(d->cli, path, COLLATERAL_BUNDLE_MAX, &text, &err)) {
        doctor_add_error(d, "collateral", FINDING_FAILED, &err);
        return;
    }
    auto_collateral *collateral = collateral_parse(buf_bytes(&text), &anchors, &err);
    if (collateral == NULL)
        doctor_add(d, "collateral", FINDING_FAILED, "`collateral fetch` makes a new bundle",
                   "%s: %s", path, err.text);
    else
        judge_collateral(d, path, collateral);
}

static void check_cache(struct doctor *d)
{
    static const char verify[] = "`manifest verify` verifies the Coordinator and stores its "
                                 "certificate";
    struct err err = { 0 };
    struct stat there;

    d->has_cache = cache_read(d->cli, &d->cache, &err);
    if (!d->has_cache) {
        const bool missing = d->cache.path != NULL && access(d->cache.path, F_OK) != 0;
        doctor_add_error(d, "cache", missing ? FINDING_WARNING : FINDING_FAILED, &err);
        return;
    }
    if (stat(d->cache.path, &there) == 0 && (there.st_mode & OTHERS_WRITE) != 0)
        doctor_add(d, "cache", FINDING_FAILED, "chmod 600, then `manifest verify`",
                   "%s may be written by others, who could pin another Coordinator", d->cache.path);
    else if (d->cache.unverified)
        doctor_add(d, "cache", FINDING_WARNING, verify,
                   "%s was stored with --insecure: nobody has verified it", d->cache.path);
    else
        doctor_add(d, "cache", FINDING_OK, NULL, "%s%s%s", d->cache.path,
                   d->cache.since != NULL ? ", pinned since " : "",
                   d->cache.since != NULL ? d->cache.since : "");
}

/* The URI without the way to the PIN: what is shown here is sent to those who help. */
static void check_token_key(struct doctor *d, const char *uri)
{
    auto_token_search search = { 0 };
    auto_buf shown = { 0 };
    struct err err = { 0 };

    if (!token_search_from_uri(uri, TOKEN_PRIVATE_KEY, &search, &err)) {
        doctor_add_error(d, "key", FINDING_FAILED, &err);
        return;
    }
    token_search_put(&search, &shown);
    doctor_add(d, "key", FINDING_UNCHECKED, NULL, "%.*s: keys on tokens have no permissions",
               BYTES_FMT(buf_bytes(&shown)));
}

static void check_key(struct doctor *d, struct bytes typed)
{
    auto_string *path = bytes_to_string(typed);
    struct stat there;
    struct err err = { 0 };

    if (token_is_uri(path)) {
        check_token_key(d, path);
    } else if (stat(path, &there) != 0) {
        (void)err_errno(&err, FAIL_NOT_FOUND, "%s", path);
        doctor_add(d, "key", FINDING_FAILED, NULL, "%s", err.text);
    } else if ((there.st_mode & OTHERS_READ) != 0) {
        doctor_add(
            d, "key", FINDING_FAILED, "chmod 600; others may have read it: think of a new one",
            "%s has mode %04o: not for its owner alone", path, (unsigned)there.st_mode & 07777);
    } else {
        doctor_add(d, "key", FINDING_OK, NULL, "%s is for its owner alone", path);
    }
}

static void check_keys(struct doctor *d)
{
    const struct option_value *const keys = option_value(&d->cli->options, "key");

    if (keys->list_count == 0)
        doctor_add(d, "key", FINDING_UNCHECKED, NULL, "no --key was given");
    for (size_t i = 0; i < keys->list_count; i++)
        check_key(d, keys->list[i]);
}

void doctor_check_here(struct doctor *d)
{
    check_tees(d);
    check_cache(d);
    check_policy(d);
    check_collateral(d);
    check_keys(d);
}
