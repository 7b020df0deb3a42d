/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict.h"
#include "base/buf.h"

/* A verdict for people and for programs. What is not known is left out. */

/* "2025-07-04T10:28:44Z" */
struct moment {
    char text[40];
};
struct moment moment_of(int64_t seconds) MUST_CHECK;

/* "SGX quote, version 3, in the header of Open Enclave"; "evidence" when nothing is known. */
void show_kind(const struct verdict *v, struct buf *out);
/* Members of a JSON object that is open: what the evidence says about itself (attestation.md, 3 and 8.1). */
void show_evidence_json(const struct verdict *v, struct buf *json);
/* What was found out about the platform. */
void show_platform_json(const struct verdict *v, struct buf *json);
/* What the PCK certificate says, which is known when fmspc is. */
void show_pck_json(const struct verdict *v, struct buf *json);
void show_steps_json(const struct verdict *v, struct buf *json);

/* "tcb status        UpToDate\n": a name, blanks up to a column, a value. */
void show_line(struct buf *text, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void show_fields_text(const struct verdict *v, struct buf *text);
void show_platform_text(const struct verdict *v, struct buf *text);
void show_steps_text(const struct verdict *v, struct buf *text);
