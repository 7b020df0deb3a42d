/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/*
 * Gramine's pseudo-files (marble-api.md, 8.1): what is written to user_report_data counts at once,
 * and opening quote makes one over it.
 */
#define TYPE_FILE "/dev/attestation/attestation_type"
#define REPORT_DATA_FILE "/dev/attestation/user_report_data"
#define QUOTE_FILE "/dev/attestation/quote"
enum {
    QUOTE_MAX_LEN = 8191
}; /* Gramine's own buffer has 8192 bytes: a full one may have been cut */

static bool read_quote(const struct issuer_system *system, struct buf *raw, struct err *err)
{
    if (!device_read(system, QUOTE_FILE, QUOTE_MAX_LEN, raw)) {
        if (errno == EACCES)
            return err_set(err, FAIL_UNAVAILABLE,
                           "the host made no quote when %s was opened: its quoting service (AESM) "
                           "does not run, cannot be reached or refused",
                           QUOTE_FILE);
        if (errno == EFBIG)
            return err_set(err, FAIL_UNAVAILABLE, "%s has more than %d bytes", QUOTE_FILE,
                           QUOTE_MAX_LEN);
        return err_errno(err, FAIL_UNAVAILABLE, "cannot read %s", QUOTE_FILE);
    }
    return raw->len > 0 || err_set(err, FAIL_UNAVAILABLE, "%s is empty", QUOTE_FILE);
}

static bool gramine_issue(void *ctx, const uint8_t report_data[static REPORT_DATA_LEN],
                          struct buf *evidence, struct err *err)
{
    const struct device *const device = ctx;
    auto_buf raw = { 0 };

    if (!device_write(device->system, REPORT_DATA_FILE, bytes_of(report_data, REPORT_DATA_LEN)))
        return err_errno(err, FAIL_UNAVAILABLE, "cannot write %s", REPORT_DATA_FILE);
    return read_quote(device->system, &raw, err) &&
           device_add_sgx_evidence(buf_bytes(&raw), report_data, evidence, err);
}

static bool gramine_is_in_sgx(const struct issuer_system *system, struct err *err)
{
    const int fd = device_open(system, REPORT_DATA_FILE, O_WRONLY);

    if (fd < 0)
        return err_errno(err, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE,
                         "it does not run in an SGX enclave: cannot open %s", REPORT_DATA_FILE);
    device_close(system, fd);
    return true;
}

/* Versions before 1.3 have no file that says the type. */
static bool gramine_attests(const struct issuer_system *system, struct err *err)
{
    char type[DEVICE_WORD_LEN];

    if (!device_read_word(system, TYPE_FILE, type, err)) {
        if (err->kind != FAIL_NOT_FOUND)
            return false;
        *err = (struct err){ 0 };
        return gramine_is_in_sgx(system, err);
    }
    if (strcmp(type, "none") == 0)
        return err_set(err, FAIL_NOT_FOUND,
                       "this enclave was built without remote attestation: its manifest needs "
                       "sgx.remote_attestation = \"dcap\"");
    return strcmp(type, "dcap") == 0 ||
           err_set(err, FAIL_NOT_FOUND,
                   "attestation of type \"%s\" is not supported, only \"dcap\"", type);
}

struct quote_issuer *issuer_open_gramine(const struct issuer_system *system, struct err *err)
{
    if (!gramine_attests(system, err)) {
        (void)err_in(err, "Gramine");
        return NULL;
    }
    return device_issuer(system, "Gramine", gramine_issue);
}
