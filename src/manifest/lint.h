/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"

/*
 * All that can be said about a manifest in one go: errors are what the Coordinator refuses, found by the
 * rules of manifest_check itself, once for each thing that a rule goes through; warnings are what it takes
 * in silence although its author may not have meant it (cli.md, 16.5).
 */
enum finding_severity { FINDING_ERROR = 1, FINDING_WARNING };
struct manifest_finding {
    enum finding_severity severity;
    const char *rule;         /* "package-unknown": never changed */
    struct bytes text;        /* one line, without the place */
    const struct json *place; /* in the manifest's document */
    const char *hint;         /* what to do about it */
};
/* In the order of the text, errors before warnings. Views live as long as the manifest and this. */
struct manifest_findings {
    const struct manifest *of;
    size_t count, room;
    struct manifest_finding *at;
    struct arena arena;
};

/* options may be NULL, as in manifest_check; its consistency_only has no effect. now: seconds since 1970. */
void manifest_lint(const struct manifest *m, const struct manifest_check_options *options,
                   int64_t now, struct manifest_findings *out);
void manifest_findings_clear(struct manifest_findings *findings);
#define auto_findings struct manifest_findings CLEANUP(manifest_findings_clear)

/* Inside of the room. */
enum {
    WEAK_RSA_BITS = 3072,            /* fewer are weak */
    EXPIRES_SOON = 30 * 24 * 60 * 60 /* seconds */
};
void finding_add(struct manifest_findings *out, const struct manifest_finding *finding,
                 const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The warnings. */
void lint_warn(const struct manifest *m, int64_t now, struct manifest_findings *out);
