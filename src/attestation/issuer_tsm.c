/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/report_entry.h"

#include <errno.h>
#include <string.h>

static bool outblob_failed(const struct report_entry *entry, struct err *err)
{
    switch (errno) {
    case EBUSY:
        return err_set(err, FAIL_UNAVAILABLE,
                       "the host still works on an earlier request; try again later");
    case ETIMEDOUT:
        return err_set(err, FAIL_UNAVAILABLE,
                       "the host did not answer in time: its quote generation service does not run "
                       "or has too much to do");
    case EIO:
        return err_set(err, FAIL_UNAVAILABLE, "the host or the platform failed to make it");
    case EINVAL:
        /* Where an error at the close of inblob comes to light. */
        return err_set(err, FAIL_STATE, "the kernel lost the report data that it was given");
    case EFBIG:
        return err_set(err, FAIL_UNAVAILABLE, "%s/outblob is larger than %d bytes", entry->path,
                       REPORT_BLOB_MAX_LEN);
    default:
        return err_errno(err, FAIL_UNAVAILABLE, "cannot read %s/outblob", entry->path);
    }
}

static bool read_outblob(const struct report_entry *entry, struct buf *out, struct err *err)
{
    return report_entry_read(entry, "outblob", out) || outblob_failed(entry, err);
}

static bool write_report_data(struct report_entry *entry,
                              const uint8_t report_data[static REPORT_DATA_LEN], struct err *err)
{
    return report_entry_write(entry, "inblob", bytes_of(report_data, REPORT_DATA_LEN), err);
}

static bool ask_tdx(struct report_entry *entry, const uint8_t report_data[static REPORT_DATA_LEN],
                    struct buf *evidence, struct err *err)
{
    auto_buf raw = { 0 };
    struct quote q;

    if (!write_report_data(entry, report_data, err) || !read_outblob(entry, &raw, err) ||
        !report_entry_is_undisturbed(entry, err) ||
        !device_check_quote(buf_bytes(&raw), TEE_TDX, report_data, &q, err))
        return false;
    buf_add(evidence, q.whole);
    return true;
}

/*
 * A guest under a service module does not run at the most privileged level, and the platform makes
 * no report for a level above the guest's own. Kernels without such modules have no floor.
 */
static bool choose_level(struct report_entry *entry, struct err *err)
{
    char floor[DEVICE_WORD_LEN];

    if (!report_entry_word(entry, "privlevel_floor", floor, err)) {
        if (err->kind != FAIL_NOT_FOUND)
            return false;
        *err = (struct err){ 0 };
        return true;
    }
    return strcmp(floor, "0") == 0 ||
           report_entry_write(entry, "privlevel", bytes_of_string(floor), err);
}

/* The certificates of the host: it may have none, or the kernel no such attribute. */
static bool read_certificates(const struct report_entry *entry, struct buf *out, struct err *err)
{
    return report_entry_read(entry, "auxblob", out) || errno == ENOENT ||
           err_errno(err, FAIL_UNAVAILABLE, "cannot read %s/auxblob", entry->path);
}

/* The report data is at 0x50 (attestation.md, 8.1). */
static bool check_snp_report(struct bytes report, const uint8_t report_data[static REPORT_DATA_LEN],
                             struct err *err)
{
    enum { REPORT_DATA_AT = 0x50 };

    if (report.len != SNP_REPORT_LEN)
        return err_set(err, FAIL_MALFORMED, "a report has %d bytes, but this one has %zu",
                       SNP_REPORT_LEN, report.len);
    return bytes_equal(bytes_of(report.at + REPORT_DATA_AT, REPORT_DATA_LEN),
                       bytes_of(report_data, REPORT_DATA_LEN)) ||
           err_set(err, FAIL_MALFORMED, "the report is about other report data than was given");
}

static bool ask_snp(struct report_entry *entry, const uint8_t report_data[static REPORT_DATA_LEN],
                    struct buf *evidence, struct err *err)
{
    auto_buf report = { 0 }, certificates = { 0 };

    if (!choose_level(entry, err) || !write_report_data(entry, report_data, err) ||
        !read_outblob(entry, &report, err) || !read_certificates(entry, &certificates, err) ||
        !report_entry_is_undisturbed(entry, err) ||
        !check_snp_report(buf_bytes(&report), report_data, err))
        return false;
    buf_add(evidence, buf_bytes(&report));
    buf_add(evidence, buf_bytes(&certificates));
    return true;
}

typedef bool ask_function(struct report_entry *entry,
                          const uint8_t report_data[static REPORT_DATA_LEN], struct buf *evidence,
                          struct err *err);

/* A new entry for each try: whoever disturbed the last one does not know it. */
static bool issue(const struct device *device, ask_function *ask,
                  const uint8_t report_data[static REPORT_DATA_LEN], struct buf *evidence,
                  struct err *err)
{
    enum { TRIES = 4 };

    for (int left = TRIES;; left--) {
        auto_report_entry entry = { 0 };
        if (!report_entry_make(device->system, &entry, err))
            return false;
        if (ask(&entry, report_data, evidence, err))
            return true;
        if (err->kind != FAIL_STATE || left == 1)
            return false;
        *err = (struct err){ 0 };
    }
}

static bool tdx_issue(void *ctx, const uint8_t report_data[static REPORT_DATA_LEN],
                      struct buf *evidence, struct err *err)
{
    return issue(ctx, ask_tdx, report_data, evidence, err);
}

static bool snp_issue(void *ctx, const uint8_t report_data[static REPORT_DATA_LEN],
                      struct buf *evidence, struct err *err)
{
    return issue(ctx, ask_snp, report_data, evidence, err);
}

static const struct provider {
    const char *word, *name;
    bool (*issue)(void *ctx, const uint8_t report_data[static REPORT_DATA_LEN],
                  struct buf *evidence, struct err *err);
} providers[] = {
    { "tdx_guest", "TDX", tdx_issue },
    { "sev_guest", "SEV-SNP", snp_issue },
    { "sev-guest", "SEV-SNP", snp_issue }, /* older kernels */
};

static bool read_provider(const struct issuer_system *system, char word[static DEVICE_WORD_LEN],
                          struct err *err)
{
    auto_report_entry entry = { 0 };

    if (report_entry_make(system, &entry, err) && report_entry_word(&entry, "provider", word, err))
        return true;
    /* An entry without attributes is none of the kernel's, or its driver has just gone. */
    if (entry.path != NULL)
        err->kind = FAIL_UNAVAILABLE;
    return false;
}

struct quote_issuer *issuer_open_tsm(const struct issuer_system *system, struct err *err)
{
    char word[DEVICE_WORD_LEN];

    if (!read_provider(system, word, err))
        return NULL;
    for (size_t i = 0; i < COUNT_OF(providers); i++) {
        if (strcmp(providers[i].word, word) == 0)
            return device_issuer(system, providers[i].name, providers[i].issue);
    }
    (void)err_set(err, FAIL_NOT_FOUND, "the kernel's provider of reports, %s, is not supported",
                  word);
    return NULL;
}
