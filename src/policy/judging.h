/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "policy/policy.h"

/* Inside of the room: what its parts share. What returns a bool returns whether the evidence fits. */
struct judging {
    const struct manifest_package *package;
    const struct verdict *verdict;
    struct arena *arena; /* of the report */
    struct policy_report *report;
};

/* A text in the arena. */
struct bytes text_of(const struct judging *j, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
/* "\"ab01\""; "nothing" when it is empty */
struct bytes text_of_hex(const struct judging *j, struct bytes value) MUST_CHECK;
/* "Packages.app" and, unless it is "", the member behind it */
struct bytes package_member(const struct judging *j, const char *member) MUST_CHECK;

/* Is one of them the value's hex? Letter case does not count. */
bool lists_value(const struct text_list *list, struct bytes value) MUST_CHECK;
bool is_zero(struct bytes value) MUST_CHECK;

/* Keeps it and returns false. Without a sentence one is made of the other texts. */
bool add_finding(const struct judging *j, const struct policy_finding *finding);
/* A finding whose line is `member: <got>`. */
bool add_difference(const struct judging *j, enum policy_subject subject, struct bytes member,
                    struct bytes expected, struct bytes got);
/* The value against a list of `where`.<kind>; an absent list fits everything, an empty value no list. */
bool check_reference(const struct judging *j, enum policy_subject subject, const char *where,
                     const struct reference_kind *kind, const struct text_list *list,
                     struct bytes value) MUST_CHECK;

bool check_tcb(const struct judging *j) MUST_CHECK;
/* The package wants a debug guest exactly when it is one. */
bool check_debug(const struct judging *j) MUST_CHECK;
bool check_sgx(const struct judging *j) MUST_CHECK;
bool check_tdx(const struct judging *j) MUST_CHECK;
bool check_snp(const struct judging *j) MUST_CHECK;
bool check_infrastructures(const struct judging *j, const struct manifest_infrastructure *at,
                           size_t count) MUST_CHECK;
