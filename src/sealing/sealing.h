/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * Platform keys: what only this machine, or any enclave of this signer on it, can open again. The
 * rooms above seal their data keys with it and never learn which platform it is.
 *
 *   sealing_open_file      a key in a file, for machines without a TEE
 *   sealing_open_gramine   the seal keys of an SGX enclave
 *   sealing_open_snp       the key of an SEV-SNP guest
 *   sealing_open_memory    a key in the memory of a confidential VM
 *   sealing_seal           plaintext -> blob
 *   sealing_unseal         blob -> plaintext, or DENIED, which leads to recovery
 */

/* Who opens a blob again (the SealMode of the manifest; state-and-recovery.md, 3.1). In blobs. */
enum sealing_policy {
    SEAL_NONE = 0,
    SEAL_PRODUCT_KEY = 1, /* every later version of this product by its signer, on this machine */
    SEAL_UNIQUE_KEY = 2,  /* exactly this program, on this machine */
};

/*
 * A platform, as functions; filled by its sealing_open_... and used through the functions below. A
 * blob belongs to the platform that made it and says nothing to others. Calls may take as long as
 * a device does, so an event loop makes them from a pool; they may run in several threads at once.
 */
struct sealing {
    void *ctx;
    const char *name;  /* for people: "platform key file" */
    const char *opens; /* for people: when its blobs open again */
    bool (*seal)(void *ctx, enum sealing_policy policy, struct bytes plaintext, struct bytes aad,
                 struct buf *blob, struct err *err);
    bool (*unseal)(void *ctx, struct bytes blob, struct bytes aad, struct secret **plaintext,
                   struct err *err);
    void (*free)(void *ctx);
};

/*
 * Appends a blob that opens only with the same aad. FAIL_UNAVAILABLE: the device does not answer;
 * FAIL_INTERNAL: libcrypto or the random generator refused, or the policy is none. Nothing is
 * appended then.
 */
bool sealing_seal(const struct sealing *sealing, enum sealing_policy policy, struct bytes plaintext,
                  struct bytes aad, struct buf *blob, struct err *err) MUST_CHECK;
/*
 * The caller owns *plaintext, which is NULL after a failure. The policy is in the blob.
 *
 * FAIL_DENIED        not sealed by this platform under this aad, or damaged, which cannot be told
 *                    apart: asking again is useless, recovery is the way on
 * FAIL_UNAVAILABLE   the device does not answer: nothing is known about the blob, try again
 * FAIL_INTERNAL      libcrypto, memory
 */
bool sealing_unseal(const struct sealing *sealing, struct bytes blob, struct bytes aad,
                    struct secret **plaintext, struct err *err) MUST_CHECK;
/* NULL is fine. */
void sealing_free(struct sealing *sealing);

/*
 * A platform key in a file: 32 bytes as 64 hex digits and a line feed, readable by its owner alone.
 * It is made when there is none, in a directory that exists; one process at a time may do that.
 * There is nothing that measures a program here, so both policies protect alike; they have
 * different keys, so a blob keeps its policy. Whoever reads the file opens every blob: it belongs
 * on another disk than the state.
 *
 * env    borrowed, as long as the result; its files are the real disk, because the mode of the file
 *        is asked of the kernel
 * err    FAIL_DENIED: others can read or write it; FAIL_DAMAGED: its contents are no key;
 *        FAIL_UNAVAILABLE: it cannot be read or made
 */
struct sealing *sealing_open_file(const struct env *env, const char *path,
                                  struct err *err) MUST_CHECK;

/*
 * The seal keys of the SGX enclave that runs in Gramine: of its signer (with product id and security version) for
 * SEAL_PRODUCT_KEY, of exactly this enclave for SEAL_UNIQUE_KEY. Gramine gives the keys of the present TCB only: after an
 * update of the microcode, and for both policies after a change of the security version, what was sealed before does not
 * open any more, and recovery is the way on.
 *
 * env    borrowed, as long as the result
 * root   put before every path; "" on a real machine
 * err    FAIL_UNAVAILABLE: a key is not there, or is none
 */
struct sealing *sealing_open_gramine(const struct env *env, const char *root,
                                     struct err *err) MUST_CHECK;

/*
 * The system, as far as the keys of confidential VMs touch it: tests hold a fake. Each function behaves like its namesake, -1
 * and errno on failure.
 */
struct sealing_system {
    void *ctx;                 /* for the functions below; those of files have their own */
    const char *root;          /* put before the paths of devices; "" on a real machine */
    const struct files *files; /* open, read and close are called, on devices */
    /* ioctl(2) */
    int (*control)(void *ctx, int fd, unsigned long request, void *argument);
    /* statfs(2): f_type */
    int (*filesystem)(void *ctx, const char *path, uint32_t *type);
};

/*
 * The key that an SEV-SNP processor derives for its guest, from the chip's own key, the launch measurement, the guest policy,
 * the VMPL and the committed TCB. It is one of exactly this image, for both policies, which differ only by what is derived from
 * it: an updated image recovers, and so does one on updated firmware. What the launch measurement does not cover is not protected: another program in the same image's
 * firmware and kernel gets the same key.
 *
 * env, system   env is borrowed, as long as the result; so is what the members of system point to
 * err           FAIL_NOT_FOUND: there is no such device, as in a guest with a paravisor, or the host does not let the chip's
 *               key be used; FAIL_UNAVAILABLE: it does not answer, or with no key
 */
struct sealing *sealing_open_snp(const struct env *env, const struct sealing_system *system,
                                 struct err *err) MUST_CHECK;

/*
 * As sealing_open_file, for a file that stays in the memory of a confidential VM and is gone with it: on a ramfs, or on a
 * tmpfs while there is no swap. Its directory is made when there is none.
 *
 * err    FAIL_DENIED: it would be on a disk, or could get there by swapping; others as sealing_open_file
 */
struct sealing *sealing_open_memory(const struct env *env, const struct sealing_system *system,
                                    const char *path, struct err *err) MUST_CHECK;

DEFINE_CLEANUP(struct sealing, sealing_cleanup, sealing_free)
#define auto_sealing struct sealing CLEANUP(sealing_cleanup)
