/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/evidence.h"
#include "base/files.h"

/*
 * Who makes evidence on this machine: Gramine's and Occlum's pseudo-files, the report entries of
 * Linux (configfs-tsm), or nobody.
 *
 *   issuer_detect         what this machine has
 *   issuer_open_...       a certain one
 *   issuer_issue          64 bytes of report data -> evidence, in the form that goes on the wire
 */
struct quote_issuer {
    void *ctx;
    const char *name; /* for people: "Gramine", "Occlum", "TDX", "SEV-SNP" */
    /* For issuer_issue, which makes one call at a time. Appends nothing on failure. */
    bool (*issue)(void *ctx, const uint8_t report_data[static REPORT_DATA_LEN],
                  struct buf *evidence, struct err *err);
    void (*free)(void *ctx);
};

/*
 * The system, as far as issuers touch it: tests hold a fake. Each function behaves like its
 * namesake, -1 and errno on failure.
 */
struct issuer_system {
    void *ctx;                 /* for the functions below; those of files have their own */
    const char *root;          /* put before every path; "" on a real machine */
    const struct files *files; /* open, read, write, close and mkdir are called */
    int (*rmdir)(void *ctx, const char *path);
    /* ioctl(2) */
    int (*control)(void *ctx, int fd, unsigned long request, void *argument);
    /* statfs(2): f_type. For tawd's seal keys, not called by issuers. */
    int (*filesystem)(void *ctx, const char *path, uint32_t *type);
    /* The four names of uname(2) that tell a libOS (marble-api.md, 6.8). */
    const char *sysname, *release, *version, *machine;
};
/* The real one; lives as long as the program. */
const struct issuer_system *issuer_system_real(void) MUST_CHECK;

enum libos { LIBOS_NONE = 0, LIBOS_GRAMINE, LIBOS_OCCLUM };
enum libos libos_detect(const struct issuer_system *system) MUST_CHECK;

/*
 * FAIL_NOT_FOUND when the machine does not offer it, which may be a setting (a Gramine enclave
 * without remote attestation): the text says so. FAIL_UNAVAILABLE when it does and it fails;
 * FAIL_INTERNAL: libcrypto. The system is borrowed and outlives the issuer.
 */
struct quote_issuer *issuer_open_gramine(const struct issuer_system *system,
                                         struct err *err) MUST_CHECK;
struct quote_issuer *issuer_open_occlum(const struct issuer_system *system,
                                        struct err *err) MUST_CHECK;
/* TDX or SEV-SNP, by what the kernel's provider says. */
struct quote_issuer *issuer_open_tsm(const struct issuer_system *system,
                                     struct err *err) MUST_CHECK;
/* By the libOS, else configfs-tsm. FAIL_NOT_FOUND: there is no TEE, or it gives no evidence. */
struct quote_issuer *issuer_detect(const struct issuer_system *system, struct err *err) MUST_CHECK;

/*
 * Appends evidence over the report data: for SGX the Open Enclave header and the quote
 * (marble-api.md, 6.6), for TDX the quote, for SEV-SNP the report (SNP_REPORT_LEN bytes) and, if
 * the host gave one, its certificate table behind it. The shape and the report data of what the
 * platform returned have been checked, its signatures have not.
 *
 * Calls of one process are serialised, because Gramine's files are not safe for several threads. A
 * call may wait for the host (TDX: 30 seconds), so an event loop makes it from a pool.
 * FAIL_UNAVAILABLE; nothing is appended then.
 */
bool issuer_issue(const struct quote_issuer *issuer,
                  const uint8_t report_data[static REPORT_DATA_LEN], struct buf *evidence,
                  struct err *err) MUST_CHECK;
/* NULL is fine. */
void issuer_free(struct quote_issuer *issuer);
DEFINE_CLEANUP(struct quote_issuer, issuer_cleanup, issuer_free)
#define auto_quote_issuer struct quote_issuer CLEANUP(issuer_cleanup)
