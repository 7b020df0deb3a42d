/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"
#include "cli/io/fingerprint.h"
#include "crypto/cert.h"

/*
 * The file of `recovery drill --record`: a line of JSON for each drill, for auditors. It holds no secret:
 *
 *     {"time":"2026-01-31T03:00:00Z","holder":"anna","key":hex,"secretSha256Prefix":hex,"coordinator":hex,"result":"ok"}
 *
 * key: fingerprint of the recovery key; coordinator: SHA-256 of the root certificate, or "offline", or
 * "unverified". What was not known when a drill failed is null, and "error" says why it failed.
 *
 *   drill_record_open    before anything is tried, so that what can go wrong goes wrong there
 *   drill_record_holder ..._coordinator   what is known, as it becomes known
 *   drill_record_add     the line, durable; only the first one counts
 */
struct drill_record {
    char *path; /* NULL: nothing is recorded */
    int fd;
    bool is_written;
    struct buf holder, coordinator; /* JSON */
    char key[FINGERPRINT_LEN + 1];
    char secret[2 * SHA256_LEN + 1]; /* cut to the prefix; empty: not known */
};
void drill_record_clear(struct drill_record *record);
#define auto_drill_record struct drill_record CLEANUP(drill_record_clear)

/* key: of the holder. Sets the status. */
bool drill_record_open(struct cli *cli, const struct key *key, struct drill_record *record,
                       struct err *err) MUST_CHECK;
void drill_record_holder(struct drill_record *record, struct bytes name);
/* root NULL: nobody vouches for the Coordinator. */
bool drill_record_coordinator(struct drill_record *record, const struct cert *root,
                              struct err *err) MUST_CHECK;
/* why NULL: it succeeded. FAIL_UNAVAILABLE. */
bool drill_record_add(struct drill_record *record, const char *why, struct err *err) MUST_CHECK;
