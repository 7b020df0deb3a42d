/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/plan.h"

#include "crypto/share.h"

#include <stdlib.h>
#include <string.h>

enum { RWK_LEN = 32 };

void recovery_plan_free(struct recovery_plan *plan)
{
    if (plan == NULL)
        return;
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->secrets[i].name);
        buf_clear(&plan->secrets[i].encrypted);
    }
    free(plan->secrets);
    secret_free(plan->rwk);
    mem_wipe_free(plan->drills,
                  plan->metadata == NULL ? 0 : plan->metadata->holder_count * DRILL_KEY_LEN);
    recovery_metadata_free(plan->metadata);
    free(plan);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct recovery_holder *)a)->name,
                  ((const struct recovery_holder *)b)->name);
}

/* Metadata with its holders, sorted; commitments are added by the callers. */
static struct recovery_metadata *metadata_for(const struct env *env,
                                              const struct recovery_request *r, struct err *err)
{
    const size_t n = r->party_count;
    auto_recovery_metadata *m = mem_zero_alloc(1, sizeof *m);

    if (n > RECOVERY_MAX_HOLDERS || r->threshold > n || (r->threshold == 1 && n != 1)) {
        (void)err_set(err, FAIL_MALFORMED, "%zu recovery keys with a threshold of %llu", n,
                      (unsigned long long)r->threshold);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const struct bytes name = r->parties[i].name;
        /* It would be cut short here, and never be found in the manifest again. */
        if (name.len > 0 && memchr(name.at, '\0', name.len) != NULL) {
            (void)err_set(err, FAIL_MALFORMED, "the name of a recovery key has a NUL byte");
            return NULL;
        }
    }
    m->scheme = recovery_scheme_for(n, r->threshold);
    m->needed = (unsigned)(m->scheme == RECOVERY_SHAMIR ? r->threshold : n);
    m->without_proof = r->without_proof;
    m->created_seq = r->created_seq;
    memcpy(m->manifest, r->manifest, sizeof m->manifest - 1);
    if (!recovery_new_id(env, m->set, err) || !recovery_new_id(env, m->deployment, err))
        return NULL;
    m->holders = mem_zero_alloc(n, sizeof m->holders[0]);
    for (m->holder_count = 0; m->holder_count < n; m->holder_count++) {
        m->holders[m->holder_count].name = bytes_to_string(r->parties[m->holder_count].name);
        m->holders[m->holder_count].key = key_ref(r->parties[m->holder_count].key);
    }
    qsort(m->holders, n, sizeof m->holders[0], by_name);
    return TAKE(m);
}

/* The shares of the RWK, one for each holder. */
static bool split(const struct recovery_metadata *m, struct bytes rwk, struct secret **shares,
                  struct err *err)
{
    const unsigned n = (unsigned)m->holder_count;

    switch (m->scheme) {
    case RECOVERY_SCHEME_UNKNOWN:
    case RECOVERY_NONE:
        return true;
    case RECOVERY_SINGLE:
        shares[0] = secret_copy(rwk, err);
        return shares[0] != NULL;
    case RECOVERY_XOR:
        return xor_split(rwk, n, shares, err);
    case RECOVERY_SHAMIR:
        return shamir_split(rwk, m->needed, n, shares, err);
    }
    return false;
}

/* Commits to each share in the metadata, derives its drill key, and encrypts it to its holder. */
static bool hand_out(struct recovery_plan *plan, struct secret *const *shares, struct err *err)
{
    struct recovery_metadata *const m = plan->metadata;

    plan->secrets = mem_zero_alloc(m->holder_count, sizeof plan->secrets[0]);
    plan->drills = mem_zero_alloc(m->holder_count, sizeof plan->drills[0]);
    for (size_t i = 0; i < m->holder_count; i++) {
        struct recovery_holder *const h = &m->holders[i];
        const struct bytes share = secret_bytes(shares[i]);

        m->secret_size = share.len;
        h->has_commit = true;
        h->x = m->scheme == RECOVERY_SHAMIR ? share.at[share.len - 1] : 0;
        plan->secrets[plan->count].name = mem_string(h->name);
        plan->count++;
        if (!recovery_commit(m->set, h->name, share, h->commit, err) ||
            !drill_key(share, plan->drills[i], err))
            return false;
        if (!key_oaep_encrypt(h->key, share, &plan->secrets[i].encrypted, err))
            return err_in(err, "encrypting the recovery secret of %s", h->name);
    }
    return true;
}

struct recovery_plan *recovery_plan_make(const struct env *env,
                                         const struct recovery_request *request, struct err *err)
{
    auto_recovery_plan *plan = mem_zero_alloc(1, sizeof *plan);
    struct secret *shares[RECOVERY_MAX_HOLDERS] = { NULL };

    plan->metadata = metadata_for(env, request, err);
    if (plan->metadata == NULL)
        return NULL;
    if (plan->metadata->scheme == RECOVERY_NONE)
        return TAKE(plan);
    plan->rwk = secret_new(RWK_LEN, err);
    const bool made =
        plan->rwk != NULL && env->random(env->ctx, plan->rwk->at, plan->rwk->len, err) &&
        split(plan->metadata, secret_bytes(plan->rwk), shares, err) && hand_out(plan, shares, err);
    for (size_t i = 0; i < COUNT_OF(shares); i++)
        secret_free(shares[i]);
    return made ? TAKE(plan) : NULL;
}

struct recovery_plan *recovery_plan_adopt(const struct env *env,
                                          const struct recovery_request *request,
                                          struct bytes data_key,
                                          const uint8_t (*hashes)[SHA256_LEN], size_t hash_count,
                                          struct err *err)
{
    auto_recovery_plan *plan = mem_zero_alloc(1, sizeof *plan);

    plan->metadata = metadata_for(env, request, err);
    if (plan->metadata == NULL)
        return NULL;
    struct recovery_metadata *const m = plan->metadata;
    if (m->scheme == RECOVERY_NONE)
        return TAKE(plan);
    plan->rwk = secret_copy(data_key, err);
    if (plan->rwk == NULL)
        return NULL;
    m->secret_size = data_key.len + (m->scheme == RECOVERY_SHAMIR);
    if (m->scheme == RECOVERY_SINGLE) {
        m->holders[0].has_commit = true;
        plan->drills = mem_zero_alloc(1, sizeof plan->drills[0]);
        return recovery_commit(m->set, m->holders[0].name, data_key, m->holders[0].commit, err) &&
                       drill_key(data_key, plan->drills[0], err)
                   ? TAKE(plan)
                   : NULL;
    }
    m->hashes = mem_zero_alloc(hash_count, sizeof m->hashes[0]);
    if (hash_count > 0)
        memcpy(m->hashes, hashes, hash_count * sizeof m->hashes[0]);
    m->hash_count = hash_count;
    return TAKE(plan);
}
