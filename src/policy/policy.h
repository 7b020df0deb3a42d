/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/verdict.h"
#include "manifest/manifest.h"

/*
 * Whether evidence that was verified is of the software and the platform that a manifest means (attestation.md, 12;
 * manifest.md, 4.2 and 5; docs/policy.md). Every reason is found, not only the first, and each says which line of the manifest
 * would accept the evidence, so that nobody has to guess what is to be changed.
 */
enum policy_subject {
    POLICY_NOTHING = 0,
    POLICY_TCB, /* how up to date the platform is */
    POLICY_PACKAGE,
    POLICY_INFRASTRUCTURE,
};

/* Texts of one line but for `sentence`, which may have more; they live in the arena. */
struct policy_finding {
    enum policy_subject subject;
    struct bytes member;   /* "Packages.app.TDX.MRTD" */
    struct bytes expected; /* "\"ab01...\" or \"cd23...\"" */
    struct bytes got;      /* "\"ef45...\"" */
    struct bytes accepts;  /* "Packages.app.TDX.MRTD: \"ef45...\""; empty: nothing does */
    struct bytes
        sentence; /* what a refusal says; for SGX in the words of the original (marble-api.md, 7.3) */
};

enum { POLICY_FINDINGS_MAX = 64 };
struct policy_report {
    size_t count;                                  /* more than POLICY_FINDINGS_MAX are not kept */
    struct policy_finding at[POLICY_FINDINGS_MAX]; /* ordered by subject */
};

/*
 * Judges the verdict of a verification by the part of the package for its TEE and, when there are any, by
 * infrastructures, of which at least one has to fit. False: the report has at least one finding. Report data and what it
 * binds the evidence to are the caller's to compare. From any thread.
 */
bool policy_judge(const struct manifest_package *package,
                  const struct manifest_infrastructure *infrastructures,
                  size_t infrastructure_count, const struct verdict *verdict, struct arena *arena,
                  struct policy_report *report) MUST_CHECK;

/* The first finding's sentence, then each finding with member, expected, got and the line that accepts it. Nothing for
 * an empty report. */
void policy_report_write(const struct policy_report *report, struct buf *out);
