/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judging.h"

bool check_debug(const struct judging *j)
{
    return j->package->debug == j->verdict->debug ||
           add_difference(j, POLICY_PACKAGE, package_member(j, "Debug"),
                          text_of(j, "%s", j->package->debug ? "true" : "false"),
                          text_of(j, "%s", j->verdict->debug ? "true" : "false"));
}

/* A mistake of the caller must not admit anybody. */
static bool refuse_unverified(const struct judging *j)
{
    return add_finding(
        j, &(struct policy_finding){
               .subject = POLICY_TCB,
               .member = package_member(j, ""),
               .expected = BYTES_LITERAL("verified evidence"),
               .got = text_of(j, "evidence that is not: %s", reason_text(j->verdict->reason)),
           });
}

bool policy_judge(const struct manifest_package *package,
                  const struct manifest_infrastructure *infrastructures,
                  size_t infrastructure_count, const struct verdict *verdict, struct arena *arena,
                  struct policy_report *report)
{
    const struct judging j = { package, verdict, arena, report };
    bool fits = true;

    report->count = 0;
    if (verdict->reason != REASON_NONE)
        return refuse_unverified(&j);
    switch (verdict->tee) {
    case TEE_NONE:
        return refuse_unverified(&j);
    case TEE_SGX:
        fits &= check_tcb(&j);
        fits &= check_sgx(&j);
        break;
    case TEE_TDX:
        fits &= check_tcb(&j);
        fits &= check_tdx(&j);
        break;
    case TEE_SNP:
        fits &= check_snp(&j);
        break;
    }
    fits &= check_infrastructures(&j, infrastructures, infrastructure_count);
    return fits;
}
