/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"
#include "sealing/blob.h"
#include "sealing/snp_device.h"

#include <stdlib.h>

/*
 * The key comes from the firmware. What is mixed into it, and why:
 *
 *   VCEK          the key of this chip. Not VMRK, which a migration agent of the host may set, and which else is gone with
 *                 the VM; not VLEK, which all machines of a cloud share and the host may take away.
 *   measurement   without it every guest on this chip gets the same key, whoever started it.
 *   guest policy  without it the same image, started with debugging allowed, gets the same key, and the host reads it.
 *   VMPL          the firmware always mixes it: our own.
 *   TCB           the committed one. Otherwise a key that was taken through a hole in old firmware stays the key after the
 *                 update. It is in the blob, and the firmware derives keys of older TCBs too: an update needs no recovery.
 *
 *   not family id and image id   the host chooses them at launch, and the key of whoever signs them is not mixed in: they
 *                 say nothing about who made an image. So there is no key of a product here, only of an image; after an
 *                 update of the image recovery is the way on, under both policies.
 *   not guest SVN it comes with those ids, and the measurement is of this image alone already.
 *
 * A blob:
 *
 *   0  8  TCB, as in reports
 *   8  n  the blob of blob.h under the key of that TCB
 */
#define KEY_INFO "taw SEV-SNP derived key"

struct snp_keys {
    const struct env *env;
    struct sealing_system system;
    uint32_t level;
};

static bool snp_seal(void *ctx, enum sealing_policy policy, struct bytes plaintext,
                     struct bytes aad, struct buf *blob, struct err *err)
{
    const struct snp_keys *const k = ctx;
    const size_t start = blob->len;
    uint64_t tcb = 0;
    auto_buf key = { 0 };

    if (!snp_device_tcb(&k->system, k->level, &tcb, err) ||
        !snp_device_derive_key(&k->system, k->level, tcb, &key, err)) {
        err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "seal key of the processor");
    }
    buf_add_u64le(blob, tcb);
    if (blob_seal(k->env, buf_bytes(&key), BYTES_LITERAL(KEY_INFO), policy, plaintext, aad, blob,
                  err))
        return true;
    buf_truncate(blob, start);
    return false;
}

static bool snp_unseal(void *ctx, struct bytes blob, struct bytes aad, struct secret **plaintext,
                       struct err *err)
{
    const struct snp_keys *const k = ctx;
    struct reader r = reader_over(blob);
    const uint64_t tcb = reader_u64le(&r, "TCB");
    const struct bytes sealed = reader_rest(&r);
    enum sealing_policy policy = SEAL_NONE;
    auto_buf key = { 0 };

    /* Too short for a TCB: then there is no rest either. */
    if (!blob_policy(sealed, &policy, err))
        return false;
    if (!snp_device_derive_key(&k->system, k->level, tcb, &key, err)) {
        /* A key for sealing was there at the start, so it is about this TCB, or the host has changed its mind. */
        if (err->kind == FAIL_NOT_FOUND)
            err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "seal key of the processor");
    }
    return blob_open(buf_bytes(&key), BYTES_LITERAL(KEY_INFO), sealed, aad, plaintext, err) ||
           err_in(err, "not sealed by this image on this processor, or damaged");
}

static void snp_free(void *ctx)
{
    free(ctx);
}

/* That there is a key for sealing now. FAIL_NOT_FOUND: the platform offers none. */
static bool probe(const struct sealing_system *system, uint32_t *level, struct err *err)
{
    uint64_t tcb = 0;
    auto_buf key = { 0 };

    if (!snp_device_is_there(system, err) || !snp_device_level(system, level, err) ||
        !snp_device_tcb(system, *level, &tcb, err))
        return false;
    if (snp_device_derive_key(system, *level, tcb, &key, err))
        return true;
    if (err->kind == FAIL_DENIED) {
        err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "perhaps older than the choice between VCEK and VLEK");
    }
    return false;
}

struct sealing *sealing_open_snp(const struct env *env, const struct sealing_system *system,
                                 struct err *err)
{
    uint32_t level = 0;

    if (!probe(system, &level, err)) {
        (void)err_in(err, "seal key of the processor");
        return NULL;
    }
    struct snp_keys *const k = mem_alloc(sizeof *k);
    *k = (struct snp_keys){ env, *system, level };
    struct sealing *const sealing = mem_alloc(sizeof *sealing);
    *sealing = (struct sealing){
        .ctx = k,
        .name = "seal key of the SEV-SNP processor",
        .opens = "in this image on this processor",
        .seal = snp_seal,
        .unseal = snp_unseal,
        .free = snp_free,
    };
    return sealing;
}
