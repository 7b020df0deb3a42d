/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "manifest/lint.h"

/* The findings of `manifest lint` in the forms of other tools. */
struct lint_line {
    enum finding_severity severity;
    const char *rule, *hint;
    struct bytes text, path; /* path: in the manifest */
    size_t line, column;     /* in the file, from 1 */
};
struct lint_report {
    const char *file; /* as it was typed */
    size_t count;
    const struct lint_line *lines;
};

/* "error" or "warning". */
const char *lint_severity_text(enum finding_severity severity) MUST_CHECK;
/* Appends a log of SARIF 2.1.0 with one run, on one line. */
void lint_report_sarif(const struct lint_report *report, struct buf *out);
/* Appends commands for a GitHub workflow, one for each finding. */
void lint_report_github(const struct lint_report *report, struct buf *out);
