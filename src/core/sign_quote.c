/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/verifier.h"
#include "codec/text.h"
#include "core/internal.h"

/* Signs the quote as it was submitted, with what it was found to be worth. */
static bool sign(const struct snapshot *now, struct bytes quote, enum tcb_status status,
                 struct buf *signature, struct err *err)
{
    auto_buf message = { 0 };

    base64_encode(&message, BASE64_STANDARD, quote);
    buf_add_string(&message, tcb_status_text(status));
    return key_sign_sha256(now->authority->root_key, buf_bytes(&message), signature, err);
}

bool core_sign_quote(struct core *core, const struct snapshot *now, struct bytes quote,
                     enum tcb_status *status, struct buf *signature, struct err *err)
{
    const struct quote_verifier *const verifier = core->verifier;
    auto_arena arena = { 0 };
    struct verdict *const verdict = arena_alloc(&arena, sizeof *verdict);

    if (verifier == NULL)
        return err_set(err, FAIL_DENIED,
                       "this Coordinator runs without a TEE and cannot verify quotes");
    if (!verifier->verify(verifier->ctx, quote, core->env->now_ms(core->env->ctx), &arena, verdict,
                          err))
        return false;
    *status = verdict->tcb_status;
    return sign(now, quote, verdict->tcb_status, signature, err);
}
