/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Recovery plans of the first n holders, and what each holder decrypts. */
#include "holders.h"
#include "recovery/plan.h"

#define FINGERPRINT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct named_parties {
    struct recovery_party at[HOLDERS];
    struct recovery_request request;
};

static inline void parties_fill(struct named_parties *p, unsigned n, uint64_t threshold)
{
    for (unsigned i = 0; i < n; i++)
        p->at[i] = (struct recovery_party){ bytes_of_string(holder_names[i]), holder_key(i) };
    p->request = (struct recovery_request){
        .parties = p->at,
        .party_count = n,
        .threshold = threshold,
        .manifest = FINGERPRINT,
        .created_seq = 17,
    };
}

static inline struct recovery_plan *plan_of(unsigned n, uint64_t threshold)
{
    struct named_parties p;
    struct err err = { 0 };

    parties_fill(&p, n, threshold);
    struct recovery_plan *const plan = recovery_plan_make(&holder_env, &p.request, &err);
    if (plan == NULL)
        fail_msg("%s", err.text);
    return plan;
}

/* What holder i has after decrypting. */
static inline struct buf plan_share(const struct recovery_plan *plan, unsigned i)
{
    struct buf share = { 0 };
    struct err err = { 0 };

    assert_string_equal(plan->secrets[i].name, holder_names[i]);
    assert_ok(key_oaep_decrypt(holder_key(i), buf_bytes(&plan->secrets[i].encrypted), &share, &err),
              &err);
    return share;
}
