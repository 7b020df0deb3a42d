/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judging.h"

#include "codec/text.h"

#include <inttypes.h>

/* An enclave against a package as the original compares them (marble-api.md, 7.3; manifest.md, 4.2). */

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

static void put_enclave(struct buf *out, const struct verdict *v)
{
    buf_add_format(out, "{Debug: %s, UniqueID: \"", v->debug ? "true" : "false");
    hex_encode(out, verdict_field_value(v, "mrenclave"));
    buf_add_string(out, "\", SignerID: \"");
    hex_encode(out, verdict_field_value(v, "mrsigner"));
    buf_add_format(out, "\", ProductID: %" PRIu64 ", SecurityVersion: %" PRIu64 "}",
                   verdict_field_number(v, "isvprodid"), verdict_field_number(v, "isvsvn"));
}

static struct bytes properties_sentence(const struct judging *j)
{
    auto_buf text = { 0 };

    buf_add_string(&text, "PackageProperties not compliant:\nexpected: ");
    put_package(&text, j->package);
    buf_add_string(&text, "\ngot: ");
    put_enclave(&text, j->verdict);
    return arena_bytes(j->arena, buf_bytes(&text));
}

static bool refuse(const struct judging *j, const char *member, struct bytes expected,
                   struct bytes got)
{
    const struct bytes path = package_member(j, member);

    return add_finding(j, &(struct policy_finding){
                              .subject = POLICY_PACKAGE,
                              .member = path,
                              .expected = expected,
                              .got = got,
                              .accepts = text_of(j, "%.*s: %.*s", BYTES_FMT(path), BYTES_FMT(got)),
                              .sentence = properties_sentence(j),
                          });
}

static bool check_id(const struct judging *j, const char *member, struct bytes required,
                     const char *field)
{
    const struct text_list one = { true, 1, &required };
    const struct bytes value = verdict_field_value(j->verdict, field);

    return required.len == 0 || lists_value(&one, value) ||
           refuse(j, member, text_of(j, "\"%.*s\"", BYTES_FMT(required)), text_of_hex(j, value));
}

static bool check_enclave_debug(const struct judging *j)
{
    return j->package->debug == j->verdict->debug ||
           refuse(j, "Debug", text_of(j, "%s", j->package->debug ? "true" : "false"),
                  text_of(j, "%s", j->verdict->debug ? "true" : "false"));
}

static bool check_product(const struct judging *j)
{
    const struct optional_uint wanted = j->package->product_id;
    const uint64_t got = verdict_field_number(j->verdict, "isvprodid");

    return !wanted.present || wanted.value == got ||
           refuse(j, "ProductID", text_of(j, "%" PRIu64, wanted.value),
                  text_of(j, "%" PRIu64, got));
}

static bool check_version(const struct judging *j)
{
    const struct optional_uint wanted = j->package->security_version;
    const uint64_t got = verdict_field_number(j->verdict, "isvsvn");

    return !wanted.present || got >= wanted.value ||
           refuse(j, "SecurityVersion", text_of(j, "at least %" PRIu64, wanted.value),
                  text_of(j, "%" PRIu64, got));
}

bool check_sgx(const struct judging *j)
{
    bool fits = true;

    if (!manifest_package_has_sgx(j->package))
        return add_difference(j, POLICY_PACKAGE, package_member(j, "UniqueID"),
                              BYTES_LITERAL("a package with an enclave of SGX"),
                              text_of_hex(j, verdict_field_value(j->verdict, "mrenclave")));
    fits &= check_enclave_debug(j);
    fits &= check_id(j, "UniqueID", j->package->unique_id, "mrenclave");
    fits &= check_id(j, "SignerID", j->package->signer_id, "mrsigner");
    fits &= check_product(j);
    fits &= check_version(j);
    return fits;
}
