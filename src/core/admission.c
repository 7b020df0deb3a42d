/* SPDX-License-Identifier: Apache-2.0 */
#include "core/admission.h"

#include "codec/text.h"
#include "crypto/hash.h"

#include <inttypes.h>

/* ---- TCB status and advisories (marble-api.md, 7.4) ---- */

static bool lists(const struct text_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (bytes_equal_string(list->at[i], text))
            return true;
    }
    return false;
}

static bool lists_nocase(const struct text_list *list, struct bytes text)
{
    auto_string *wanted = bytes_to_string(text);

    for (size_t i = 0; i < list->count; i++) {
        if (bytes_equal_nocase(list->at[i], wanted))
            return true;
    }
    return false;
}

/* A list that is given replaces the default; a platform that is up to date always passes. */
static bool tcb_is_acceptable(const struct manifest_package *p, enum tcb_status status)
{
    if (status == TCB_UP_TO_DATE)
        return true;
    if (p->accepted_tcb_statuses.count == 0)
        return status == TCB_SW_HARDENING_NEEDED;
    return lists(&p->accepted_tcb_statuses, tcb_status_text(status));
}

static bool check_advisories(const struct manifest_package *p, const struct attested *a,
                             struct err *err)
{
    auto_buf refused = { 0 };

    if (a->tcb_status != TCB_SW_HARDENING_NEEDED || p->accepted_advisories.count == 0)
        return true;
    if (!a->advisories_known)
        return err_set(err, FAIL_DENIED, "the advisories of this platform are not known");
    for (size_t i = 0; i < a->advisory_count; i++) {
        if (lists_nocase(&p->accepted_advisories, a->advisories[i]))
            continue;
        buf_add_format(&refused, "%s%.*s", refused.len > 0 ? " " : "", BYTES_FMT(a->advisories[i]));
    }
    return refused.len == 0 ||
           err_set(err, FAIL_DENIED,
                   "TCB status %s contains advisories not accepted by configuration: [%.*s]",
                   tcb_status_text(a->tcb_status), BYTES_FMT(buf_bytes(&refused)));
}

/* ---- the package ---- */

static bool is_bound_to(const struct attested *a, struct bytes leaf, struct err *err)
{
    uint8_t expected[REPORT_DATA_LEN];

    if (!report_data_of(leaf, BYTES_NONE, expected, err))
        return false;
    /* The original compares only the hash. */
    return (a->report_data.len >= SHA256_LEN &&
            bytes_equal(bytes_of(a->report_data.at, SHA256_LEN), bytes_of(expected, SHA256_LEN))) ||
           err_set(err, FAIL_DENIED,
                   "hash(cert) != report.Data: the quote was made for another TLS certificate");
}

static bool id_fits(struct bytes required, struct bytes reported)
{
    auto_buf hex = { 0 };

    if (required.len == 0)
        return true;
    hex_encode(&hex, reported);
    buf_add_u8(&hex, '\0');
    return bytes_equal_nocase(required, (const char *)hex.at);
}

static bool properties_fit(const struct manifest_package *p, const struct attested *a)
{
    return p->debug == a->debug && id_fits(p->unique_id, a->unique_id) &&
           id_fits(p->signer_id, a->signer_id) &&
           (!p->product_id.present || p->product_id.value == a->product_id) &&
           (!p->security_version.present || a->security_version >= p->security_version.value);
}

static void put_list(struct buf *out, const char *name, const struct text_list *list)
{
    if (list->count == 0)
        return;
    buf_add_format(out, ", %s: [", name);
    for (size_t i = 0; i < list->count; i++)
        buf_add_format(out, "%s%.*s", i > 0 ? " " : "", BYTES_FMT(list->at[i]));
    buf_add_u8(out, ']');
}

static void put_package(struct buf *out, const struct manifest_package *p)
{
    buf_add_format(out, "{Debug: %s", p->debug ? "true" : "false");
    if (p->unique_id.len > 0)
        buf_add_format(out, ", UniqueID: \"%.*s\"", BYTES_FMT(p->unique_id));
    if (p->signer_id.len > 0)
        buf_add_format(out, ", SignerID: \"%.*s\"", BYTES_FMT(p->signer_id));
    if (p->product_id.present)
        buf_add_format(out, ", ProductID: %" PRIu64, p->product_id.value);
    if (p->security_version.present)
        buf_add_format(out, ", SecurityVersion: %" PRIu64, p->security_version.value);
    put_list(out, "AcceptedTCBStatuses", &p->accepted_tcb_statuses);
    put_list(out, "AcceptedAdvisories", &p->accepted_advisories);
    buf_add_u8(out, '}');
}

static void put_attested(struct buf *out, const struct attested *a)
{
    buf_add_format(out, "{Debug: %s, UniqueID: \"", a->debug ? "true" : "false");
    hex_encode(out, a->unique_id);
    buf_add_string(out, "\", SignerID: \"");
    hex_encode(out, a->signer_id);
    buf_add_format(out, "\", ProductID: %" PRIu64 ", SecurityVersion: %" PRIu64 "}", a->product_id,
                   a->security_version);
}

static bool check_properties(const struct manifest_package *p, const struct attested *a,
                             struct err *err)
{
    auto_buf expected = { 0 }, got = { 0 };

    if (properties_fit(p, a))
        return true;
    put_package(&expected, p);
    buf_add_u8(&expected, '\0');
    put_attested(&got, a);
    buf_add_u8(&got, '\0');
    return err_set(err, FAIL_DENIED, "PackageProperties not compliant:\nexpected: %s\ngot: %s",
                   (const char *)expected.at, (const char *)got.at);
}

static bool check_quote(const struct admission *a, struct err *err)
{
    auto_arena arena = { 0 };
    struct attested attested = { 0 };

    if (a->quote.len == 0)
        return err_set(err, FAIL_DENIED, "empty report");
    if (!a->verifier->verify(a->verifier->ctx, a->quote, a->now_ms, &arena, &attested, err))
        return false;
    if (!tcb_is_acceptable(a->package, attested.tcb_status))
        return err_set(err, FAIL_DENIED, "TCB level invalid: %s",
                       tcb_status_text(attested.tcb_status));
    return check_advisories(a->package, &attested, err) && is_bound_to(&attested, a->leaf, err) &&
           check_properties(a->package, &attested, err);
}

bool admission_check(const struct admission *a, struct err *reason, struct err *err)
{
    if (a->verifier == NULL || check_quote(a, reason))
        return true;
    if (a->infrastructure_count > 0)
        return err_set(err, FAIL_DENIED, "invalid infrastructure");
    return err_set(err, FAIL_DENIED, "invalid quote: %.440s", reason->text);
}
