/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judging.h"

#include <inttypes.h>

/* A guest of SEV-SNP against the part SNP of a package (attestation.md, 8.2 and 12.3). */

static const char *const reference_fields[SNP_REFERENCE_COUNT] = {
    [SNP_MEASUREMENT] = "measurement",     [SNP_HOST_DATA] = "host_data",
    [SNP_ID_KEY_DIGEST] = "id_key_digest", [SNP_AUTHOR_KEY_DIGEST] = "author_key_digest",
    [SNP_FAMILY_ID] = "family_id",         [SNP_IMAGE_ID] = "image_id",
};

static struct bytes snp_member(const struct judging *j, const char *group, const char *name)
{
    auto_string *member = mem_printf("SNP.%s%s", group, name);

    return package_member(j, member);
}

/* No part, or one that nobody has filled in. */
static bool refuse_unmeasured(const struct judging *j, const char *expected)
{
    return add_difference(j, POLICY_PACKAGE, snp_member(j, "", "Measurement"),
                          text_of(j, "%s", expected),
                          text_of_hex(j, verdict_field_value(j->verdict, "measurement")));
}

/* Absent numbers would read as 0, which is what a package may ask for. */
static bool check_fields_are_there(const struct judging *j)
{
    const struct verdict *const v = j->verdict;

    return (verdict_field_value(v, "policy").len > 0 && verdict_field_value(v, "vmpl").len > 0 &&
            verdict_field_value(v, "guest_svn").len > 0 && v->product != NULL) ||
           add_finding(j, &(struct policy_finding){
                              .subject = POLICY_PACKAGE,
                              .member = package_member(j, "SNP"),
                              .expected = BYTES_LITERAL("a report with policy, VMPL, guest SVN and "
                                                        "a known product"),
                              .got = BYTES_LITERAL("one without"),
                          });
}

static bool check_guest_svn(const struct judging *j)
{
    const uint64_t got = verdict_field_number(j->verdict, "guest_svn");
    const uint64_t wanted = j->package->snp.minimum_guest_svn;

    return got >= wanted ||
           add_difference(j, POLICY_PACKAGE, snp_member(j, "", "MinimumGuestSVN"),
                          text_of(j, "at least %" PRIu64, wanted), text_of(j, "%" PRIu64, got));
}

static bool check_vmpl(const struct judging *j)
{
    const uint64_t got = verdict_field_number(j->verdict, "vmpl"), wanted = j->package->snp.vmpl;

    return got == wanted ||
           add_difference(j, POLICY_PACKAGE, snp_member(j, "", "VMPL"),
                          text_of(j, "%" PRIu64, wanted), text_of(j, "%" PRIu64, got));
}

static bool check_product(const struct judging *j)
{
    const struct text_list *const list = &j->package->snp.products;
    const struct bytes got = bytes_of_string(j->verdict->product);
    auto_buf expected = { 0 };

    if (!list->present)
        return true;
    for (size_t i = 0; i < list->count; i++) {
        if (got.len > 0 && bytes_equal(list->at[i], got))
            return true;
        buf_add_string(&expected, i > 0 ? " or " : "");
        json_put_string(&expected, list->at[i]);
    }
    const struct bytes member = snp_member(j, "", "Products");
    return add_finding(
        j, &(struct policy_finding){
               .subject = POLICY_PACKAGE,
               .member = member,
               .expected = arena_bytes(j->arena, buf_bytes(&expected)),
               .got = text_of(j, "\"%.*s\"", BYTES_FMT(got)),
               .accepts = text_of(j, "%.*s: [\"%.*s\"]", BYTES_FMT(member), BYTES_FMT(got)),
           });
}

/* ---- policy ---- */

static bool check_flag(const struct judging *j, const struct snp_policy_kind *kind, bool wanted,
                       uint64_t policy)
{
    const bool is_set = (policy >> kind->bit & 1) != 0;

    /* A permission that is not given must not be taken; a demand that is made must be met. */
    if (kind->is_permission ? wanted || !is_set : !wanted || is_set)
        return true;
    return add_difference(j, POLICY_PACKAGE, snp_member(j, "Policy.", kind->name),
                          text_of(j, "%s", wanted ? "true" : "false"),
                          text_of(j, "%s", is_set ? "true" : "false"));
}

/* The oldest firmware interface that the guest agrees to. */
static bool check_abi(const struct judging *j, uint64_t policy)
{
    const struct snp_policy *const wanted = &j->package->snp.policy;
    const uint64_t minor = policy & 0xff, major = policy >> 8 & 0xff;

    if (major > wanted->abi_major || (major == wanted->abi_major && minor >= wanted->abi_minor))
        return true;
    const struct bytes member = snp_member(j, "Policy.", "ABIMajor");
    return add_finding(j, &(struct policy_finding){
                              .subject = POLICY_PACKAGE,
                              .member = member,
                              .expected = text_of(j, "at least %" PRIu64 ".%" PRIu64,
                                                  wanted->abi_major, wanted->abi_minor),
                              .got = text_of(j, "%" PRIu64 ".%" PRIu64, major, minor),
                              .accepts = text_of(j, "%.*s: %" PRIu64 ", and ABIMinor: %" PRIu64,
                                                 BYTES_FMT(member), major, minor),
                          });
}

static bool check_policy(const struct judging *j)
{
    const uint64_t policy = verdict_field_number(j->verdict, "policy");
    bool fits = true;

    for (size_t i = 0; i < SNP_POLICY_FLAG_COUNT; i++)
        fits &= check_flag(j, &snp_policy_kinds[i], j->package->snp.policy.flags[i], policy);
    fits &= check_abi(j, policy);
    return fits;
}

/* ---- TCB ---- */

static unsigned part_of(const struct snp_tcb *tcb, enum snp_tcb_part part)
{
    switch (part) {
    case SNP_TCB_BOOT_LOADER:
        return tcb->boot_loader;
    case SNP_TCB_TEE:
        return tcb->tee;
    case SNP_TCB_SNP:
        return tcb->snp;
    case SNP_TCB_MICROCODE:
        return tcb->microcode;
    case SNP_TCB_FMC:
        return tcb->has_fmc ? tcb->fmc : 0;
    case SNP_TCB_PART_COUNT:
        break;
    }
    return 0;
}

/*
 * Part by part, because a whole TCB value is no number. The reported one is what the key is derived from; what is only
 * committed can still be rolled back to, and what the guest was launched with has run its first instructions.
 */
static bool check_tcb_part(const struct judging *j, enum snp_tcb_part part)
{
    const struct verdict *const v = j->verdict;
    const struct {
        const char *name;
        const struct snp_tcb *tcb;
    } all[] = {
        { "reported", &v->reported_tcb },
        { "committed", &v->committed_tcb },
        { "launch", &v->launch_tcb },
    };
    const uint64_t wanted = j->package->snp.minimum_tcb[part];
    size_t lowest = 0;

    for (size_t i = 1; i < COUNT_OF(all); i++) {
        if (part_of(all[i].tcb, part) < part_of(all[lowest].tcb, part))
            lowest = i;
    }
    const unsigned got = part_of(all[lowest].tcb, part);
    if (got >= wanted)
        return true;
    const struct bytes member = snp_member(j, "MinimumTCB.", snp_tcb_part_names[part]);
    return add_finding(j, &(struct policy_finding){
                              .subject = POLICY_PACKAGE,
                              .member = member,
                              .expected = text_of(j, "at least %" PRIu64, wanted),
                              .got = text_of(j, "%u in the %s TCB", got, all[lowest].name),
                              .accepts = text_of(j, "%.*s: %u", BYTES_FMT(member), got),
                          });
}

bool check_snp(const struct judging *j)
{
    const struct manifest_snp *const snp = &j->package->snp;
    bool fits = true;

    if (!snp->present)
        return refuse_unmeasured(j, "a package with a part for SNP");
    fits &= check_fields_are_there(j);
    fits &= check_debug(j);
    if (!j->package->debug && !manifest_snp_identifies(snp))
        fits &= refuse_unmeasured(j, "a measurement in the manifest");
    auto_string *where = bytes_to_string(package_member(j, "SNP"));
    for (size_t i = 0; i < SNP_REFERENCE_COUNT; i++)
        fits &=
            check_reference(j, POLICY_PACKAGE, where, &snp_reference_kinds[i], &snp->references[i],
                            verdict_field_value(j->verdict, reference_fields[i]));
    fits &= check_guest_svn(j);
    fits &= check_vmpl(j);
    fits &= check_policy(j);
    for (unsigned part = 0; part < SNP_TCB_PART_COUNT; part++)
        fits &= check_tcb_part(j, (enum snp_tcb_part)part);
    fits &= check_product(j);
    return fits;
}
