/* SPDX-License-Identifier: Apache-2.0 */
#include "core/admission.h"

#include "crypto/hash.h"

static bool is_bound_to(const struct verdict *v, struct bytes leaf, struct err *err)
{
    uint8_t expected[REPORT_DATA_LEN];

    if (!report_data_of(leaf, BYTES_NONE, expected, err))
        return false;
    /* The original compares only the hash. */
    return (v->report_data.len >= SHA256_LEN &&
            bytes_equal(bytes_of(v->report_data.at, SHA256_LEN), bytes_of(expected, SHA256_LEN))) ||
           err_set(err, FAIL_DENIED,
                   "hash(cert) != report.Data: the quote was made for another TLS certificate");
}

static bool refuse(const struct policy_report *report, struct err *err)
{
    const struct bytes text = report->at[0].sentence;

    return err_set(err, FAIL_DENIED, "%.*s", (int)text.len, (const char *)text.at);
}

/* The order of the original: the platform, the binding, the package. */
static bool check_quote(const struct admission *a, struct arena *arena,
                        struct policy_report *report, struct err *err)
{
    struct verdict *const verdict = arena_alloc(arena, sizeof *verdict);

    if (a->quote.len == 0)
        return err_set(err, FAIL_DENIED, "empty report");
    if (!a->verifier->verify(a->verifier->ctx, a->quote, a->now_ms, arena, verdict, err))
        return false;
    const bool fits = policy_judge(a->package, a->infrastructures, a->infrastructure_count, verdict,
                                   arena, report);
    if (!fits && report->at[0].subject == POLICY_TCB)
        return refuse(report, err);
    if (is_bound_to(verdict, a->leaf, err))
        return fits || refuse(report, err);
    report->count = 0;
    return false;
}

bool admission_check(const struct admission *a, struct arena *arena, struct policy_report *report,
                     struct err *reason, struct err *err)
{
    report->count = 0;
    if (a->verifier == NULL || check_quote(a, arena, report, reason))
        return true;
    if (a->infrastructure_count > 0)
        return err_set(err, FAIL_DENIED, "invalid infrastructure");
    return err_set(err, FAIL_DENIED, "invalid quote: %.440s", reason->text);
}
