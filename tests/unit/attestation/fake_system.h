/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/issuer.h"
#include "fake_quote.h"

/*
 * A machine in memory with the pseudo-files of a TEE, as marble-api.md, 6.5 and 8 describe them:
 *
 *   Gramine   a write replaces the report data at once, padded with zeros; open makes a quote
 *   Occlum    two requests on /dev/sgx
 *   TDX, SNP  configfs: mkdir makes an entry with its attributes, a plain rmdir removes it; a
 *             binary attribute is taken over at close, without a word when that fails, and filled
 *             at the first read; each write that took effect raises the generation. Besides, what tawd
 *             looks at for its sealing: /proc/swaps, the file system, and on SNP a firmware that the
 *             test brings along
 *
 *   struct fake_system *f = fake_system_new(FAKE_TDX);
 *   issuer_detect(&f->system, ...)
 *
 * The members below may be changed at any time. It does not lock: who uses it from several threads
 * must be serialised, as with Gramine's files.
 */
enum fake_machine { FAKE_PLAIN = 0, FAKE_GRAMINE, FAKE_OCCLUM, FAKE_TDX, FAKE_SNP };

enum fault_call {
    FAULT_NONE = 0,
    FAULT_OPEN,
    FAULT_READ,
    FAULT_WRITE,
    FAULT_CLOSE,
    FAULT_MKDIR,
    FAULT_RMDIR,
    FAULT_CONTROL,
    FAULT_CALLS
};
/* Lets `times` calls fail, after `skip` that do not. Error 0 for WRITE: half of it is taken. */
struct fault {
    enum fault_call call;
    const char *name; /* the last part of the path; NULL: any. Not for MKDIR and RMDIR */
    int error;
    unsigned skip, times;
};

enum { FAKE_ENTRIES = 8, FAKE_HANDLES = 8 };
struct fake_entry {
    char *path; /* NULL: free */
    uint8_t inblob[REPORT_DATA_LEN];
    size_t inblob_len;
    uint32_t level;
    uint64_t written, answered; /* generations */
    struct buf outblob, auxblob;
};

struct fake_attribute;
struct fake_handle {
    const struct fake_attribute *attribute; /* NULL: closed */
    struct fake_entry *entry;
    struct buf data;
    size_t offset;
    bool filled, written;
};

struct fake_system {
    struct issuer_system system; /* what issuers get */
    struct files files;
    enum fake_machine machine;
    struct fault fault;
    size_t read_max; /* bytes that one read gives at most; 0: as many as there are */

    struct fake_quote quote;              /* what quotes look like */
    void (*spoil)(struct buf *answer);    /* changes what the platform gives; NULL: nothing */
    const char *type;                     /* attestation_type; NULL: no such file */
    uint8_t report_data[REPORT_DATA_LEN]; /* Gramine: as written */
    uint32_t quote_len;                   /* Occlum: the length it announces; 0: the true one */
    uint32_t len_back;                    /* Occlum: the length it gives back; 0: the true one */
    const char *provider;                 /* configfs-tsm; NULL: no driver has registered */
    const char *floor;                    /* privlevel_floor; NULL: no levels */
    uint32_t guest_level;                 /* the VMPL at which the guest runs */
    bool has_auxblob, auxblob_empty;
    uint64_t first_generation; /* of new entries */
    const char *generation;    /* what is read instead of the number; NULL: the number */
    unsigned disturbances;     /* how often another process writes before outblob is read */
    unsigned lost_writes;      /* how often a write of inblob gets lost at close */

    const char *swaps;   /* /proc/swaps; NULL: no such file */
    uint32_t filesystem; /* f_type of every path; 0: there is none */
    /* ioctl(2) on /dev/sev-guest; NULL: no such device */
    int (*firmware)(void *firmware_ctx, unsigned long request, void *argument);
    void *firmware_ctx;

    struct fake_entry entries[FAKE_ENTRIES];
    struct fake_handle handles[FAKE_HANDLES];
    unsigned counts[FAULT_CALLS]; /* calls made */
    unsigned quotes;              /* asked of the platform */
};

struct fake_system *fake_system_new(enum fake_machine machine) MUST_CHECK;
/* Files and entries that are left open. */
unsigned fake_system_left(const struct fake_system *f) MUST_CHECK;
/* NULL is fine. */
void fake_system_free(struct fake_system *f);
DEFINE_CLEANUP(struct fake_system, fake_system_cleanup, fake_system_free)
#define auto_fake_system struct fake_system CLEANUP(fake_system_cleanup)
