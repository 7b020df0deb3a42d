/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/issuer.h"
#include "attestation/quote.h"

/*
 * What issuers share: pseudo-files, where each open is a question to a device, and a look at its
 * answer. Paths are put behind the root of the system. A call that a signal interrupted is made
 * again.
 */

/* -1 and errno on failure. */
int device_open(const struct issuer_system *system, const char *path, int flags) MUST_CHECK;
/* Keeps errno. */
void device_close(const struct issuer_system *system, int fd);

/*
 * The next two return false with errno, because what a number means depends on the question.
 *
 * device_read appends all that one open gives, to its end; EFBIG above max bytes. After a failure
 * *out may have a part of it.
 */
bool device_read(const struct issuer_system *system, const char *path, size_t max,
                 struct buf *out) MUST_CHECK;
/* In a single write, since each one counts by itself. EIO when the device takes a part of it. */
bool device_write(const struct issuer_system *system, const char *path,
                  struct bytes data) MUST_CHECK;

enum { DEVICE_WORD_LEN = 64 }; /* bytes, with the NUL */
/*
 * A short text that prints and has no blanks; white space behind it is cut off. FAIL_NOT_FOUND:
 * there is no such file; FAIL_UNAVAILABLE.
 */
bool device_read_word(const struct issuer_system *system, const char *path,
                      char word[static DEVICE_WORD_LEN], struct err *err) MUST_CHECK;

/* As quote_parse, for an answer of this TEE and about the report data. FAIL_MALFORMED. */
bool device_check_quote(struct bytes raw, enum tee tee,
                        const uint8_t report_data[static REPORT_DATA_LEN], struct quote *q,
                        struct err *err) MUST_CHECK;
/* Checks an SGX quote and appends the header of Open Enclave and the quote. FAIL_MALFORMED. */
bool device_add_sgx_evidence(struct bytes raw, const uint8_t report_data[static REPORT_DATA_LEN],
                             struct buf *evidence, struct err *err) MUST_CHECK;

/* The ctx of every issuer. */
struct device {
    const struct issuer_system *system; /* borrowed */
};
/* Owned by the caller: issuer_free. */
struct quote_issuer *device_issuer(const struct issuer_system *system, const char *name,
                                   bool (*issue)(void *ctx,
                                                 const uint8_t report_data[static REPORT_DATA_LEN],
                                                 struct buf *evidence, struct err *err)) MUST_CHECK;
