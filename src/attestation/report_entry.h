/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/device.h"

/*
 * A report entry of Linux (marble-api.md, 8.3): a directory in configfs whose attributes are one
 * conversation with the platform.
 *
 *   report_entry_make            a new one, with a name of its own
 *   report_entry_write           options and the report data
 *   report_entry_read            the evidence
 *   report_entry_is_undisturbed  whether all options are still those that were written here
 *   report_entry_remove          on every path: entries stay until the machine restarts
 */
#define REPORT_DIRECTORY "/sys/kernel/config/tsm/report"
enum { REPORT_BLOB_MAX_LEN = 1024 * 1024 }; /* bytes; far above any quote or certificate table */

struct report_entry {
    const struct issuer_system *system; /* borrowed */
    char *path;                         /* without the root; NULL: there is none */
    uint64_t generation;                /* what the kernel's counter of writes has to be */
};

/* FAIL_NOT_FOUND: the kernel has no TEE; FAIL_UNAVAILABLE; FAIL_INTERNAL: no randomness. */
bool report_entry_make(const struct issuer_system *system, struct report_entry *entry,
                       struct err *err) MUST_CHECK;
/* FAIL_NOT_FOUND: the entry has no such attribute; FAIL_UNAVAILABLE. */
bool report_entry_word(const struct report_entry *entry, const char *attribute,
                       char word[static DEVICE_WORD_LEN], struct err *err) MUST_CHECK;
/* FAIL_UNAVAILABLE. A binary attribute may still be lost without an error, when it is closed. */
bool report_entry_write(struct report_entry *entry, const char *attribute, struct bytes data,
                        struct err *err) MUST_CHECK;
/* Appends a binary attribute, as device_read with at most REPORT_BLOB_MAX_LEN bytes. */
bool report_entry_read(const struct report_entry *entry, const char *attribute,
                       struct buf *out) MUST_CHECK;
/* FAIL_STATE: somebody else wrote to the entry, or a write of ours got lost; FAIL_UNAVAILABLE. */
bool report_entry_is_undisturbed(const struct report_entry *entry, struct err *err) MUST_CHECK;
void report_entry_remove(struct report_entry *entry);
#define auto_report_entry struct report_entry CLEANUP(report_entry_remove)
