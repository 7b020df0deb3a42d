/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict_add.h"
#include "cli/attest/evidence.h"

/*
 * What evidence is about, where that came with it: the key of the certificate that it was in, or root certificate and nonce of
 * a saved record. The report data says it, and nothing else does: anybody can put a stranger's quote into a certificate of his own.
 */
struct binding {
    enum binding_result {
        BINDING_NONE = 0, /* the evidence came alone */
        BINDING_NOT_CHECKED,
        BINDING_HOLDS,
        BINDING_BROKEN,
    } result;
    const char *step; /* name of the check */
    struct key_binding about;
};

/* report_data: of the evidence, borrowed. False: it cannot be told (err). */
bool binding_find(const struct evidence_input *input, struct bytes report_data,
                  struct binding *binding, struct err *err) MUST_CHECK;
/* Steps of the verdict of valid evidence; a binding that is broken is refused with REASON_POLICY. */
bool binding_judge(const struct evidence_input *input, const struct binding *binding,
                   const struct judgement *j) MUST_CHECK;
/* Where the evidence was, and what binds it. Nothing for evidence that came alone. */
void binding_show_text(const struct evidence_input *input, const struct binding *binding,
                       struct buf *text);
/* A member of a JSON object that is open. */
void binding_show_json(const struct evidence_input *input, const struct binding *binding,
                       struct buf *json);
