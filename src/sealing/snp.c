/* SPDX-License-Identifier: Apache-2.0 */
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
 *   TCB           the committed one of now, below which the chip cannot go back. No firmware below it ever got this key, so
 *                 a key that was taken through a hole in old firmware neither opens what is sealed after the update nor
 *                 makes a state that opens then. The price is a recovery after an update. The firmware derives keys of
 *                 older TCBs too; taking them would save the recovery, but whoever checks the TCB in our quotes would
 *                 trust a state that the old firmware's attacker may have made.
 *
 *   not family id and image id   the host chooses them at launch, and the key of whoever signs them is not mixed in: they
 *                 say nothing about who made an image. So there is no key of a product here, only of an image; after an
 *                 update of the image recovery is the way on, under both policies.
 *   not guest SVN it comes with those ids, and the measurement is of this image alone already.
 */
#define KEY_INFO "taw SEV-SNP derived key"

struct snp_keys {
    const struct env *env;
    struct sealing_system system;
    uint32_t level;
};

/* Asked for each time: it stays in memory no longer than it is used, and the TCB may have risen. FAIL_NOT_FOUND: the platform
 * offers none. */
static bool ask_key(const struct snp_keys *k, struct buf *key, struct err *err)
{
    uint64_t tcb = 0;

    return (snp_device_tcb(&k->system, k->level, &tcb, err) &&
            snp_device_derive_key(&k->system, k->level, tcb, key, err)) ||
           err_in(err, "seal key of the processor");
}

/* There was one at the start: whatever is wrong now, nothing is known about a blob. */
static bool ask_key_again(const struct snp_keys *k, struct buf *key, struct err *err)
{
    if (ask_key(k, key, err))
        return true;
    err->kind = FAIL_UNAVAILABLE;
    return false;
}

static bool snp_seal(void *ctx, enum sealing_policy policy, struct bytes plaintext,
                     struct bytes aad, struct buf *blob, struct err *err)
{
    const struct snp_keys *const k = ctx;
    auto_buf key = { 0 };

    return ask_key_again(k, &key, err) &&
           blob_seal(k->env, buf_bytes(&key), BYTES_LITERAL(KEY_INFO), policy, plaintext, aad, blob,
                     err);
}

static bool snp_unseal(void *ctx, struct bytes blob, struct bytes aad, struct secret **plaintext,
                       struct err *err)
{
    const struct snp_keys *const k = ctx;
    enum sealing_policy policy = SEAL_NONE;
    auto_buf key = { 0 };

    if (!blob_policy(blob, &policy, err) || !ask_key_again(k, &key, err))
        return false;
    return blob_open(buf_bytes(&key), BYTES_LITERAL(KEY_INFO), blob, aad, plaintext, err) ||
           err_in(err, "not sealed by this image on this processor at this TCB, or damaged");
}

static void snp_free(void *ctx)
{
    free(ctx);
}

struct sealing *sealing_open_snp(const struct env *env, const struct sealing_system *system,
                                 struct err *err)
{
    struct snp_keys probe = { env, *system, 0 };
    auto_buf key = { 0 };

    if (!snp_device_is_there(system, err) || !snp_device_level(system, &probe.level, err) ||
        !ask_key(&probe, &key, err))
        return NULL;
    struct snp_keys *const k = mem_alloc(sizeof *k);
    *k = probe;
    struct sealing *const sealing = mem_alloc(sizeof *sealing);
    *sealing = (struct sealing){
        .ctx = k,
        .name = "seal key of the SEV-SNP processor",
        .opens = "in this image on this processor at this TCB",
        .seal = snp_seal,
        .unseal = snp_unseal,
        .free = snp_free,
    };
    return sealing;
}
