/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"

/*
 * Inside of the room: the rules of manifest.md, section 13, each as a function that goes through
 * the whole manifest, so that they run one after the other as the table lists them.
 */
typedef bool (*check_rule)(const struct manifest *m, const struct manifest_check_options *options,
                           struct err *err);

/* What a rule goes through: a manifest that is cut down to one of them shows all that it refuses. */
enum check_scope {
    CHECK_WHOLE = 0,
    CHECK_OBJECTIONS,
    CHECK_PLATFORMS, /* packages and infrastructures */
    CHECK_MARBLES,
    CHECK_FILES,
    CHECK_VARIABLES,
    CHECK_TLS_ENTRIES,
    CHECK_USERS,
    CHECK_USERS_TOGETHER, /* each alone; then all of them, when each is good */
    CHECK_ROLES,
    CHECK_SECRETS,
    CHECK_RECOVERY_KEYS,
};
struct check_row {
    check_rule rule;
    const char *id;   /* for people and programs: never changed */
    const char *hint; /* what to do about it */
    enum check_scope scope;
    check_rule after;        /* says nothing of what this one refuses; NULL: none */
    enum manifest_part part; /* 0: phase A */
};
/* In the order of section 13. */
extern const struct check_row check_rows[];
extern const size_t check_row_count;

/* Everything that any rule refuses, with phases B and C: once for each thing of the rule's scope. */
typedef void check_report(void *ctx, const struct check_row *row, const struct err *err);
void check_all(const struct manifest *m, const struct manifest_check_options *options,
               check_report *report, void *ctx);

#define CHECK_RULE(name)                                                                           \
    bool name(const struct manifest *m, const struct manifest_check_options *options,              \
              struct err *err)

CHECK_RULE(check_objections);
CHECK_RULE(check_any_package);          /* V1 */
CHECK_RULE(check_any_marble);           /* V2 */
CHECK_RULE(check_package_exists);       /* V3 */
CHECK_RULE(check_package_is_complete);  /* V4 */
CHECK_RULE(check_tags_exist);           /* V5 */
CHECK_RULE(check_incoming);             /* V6 to V9 */
CHECK_RULE(check_outgoing);             /* V10 */
CHECK_RULE(check_user_has_certificate); /* V11 */
CHECK_RULE(check_user_roles_exist);     /* V12 */
CHECK_RULE(check_certificate_texts);    /* V13 */
CHECK_RULE(check_resource_types);       /* V14 */
CHECK_RULE(check_roles);                /* V15 to V17 */
CHECK_RULE(check_secret_types);         /* V18 */
CHECK_RULE(check_update_threshold);     /* V19 */
CHECK_RULE(check_seal_mode);            /* V20 */
CHECK_RULE(check_feature_gates);        /* V21 */
CHECK_RULE(check_recovery_threshold);   /* V22, V23 */
CHECK_RULE(check_tee_values);           /* ours: TDX, SEV-SNP, infrastructures */
CHECK_RULE(check_secrets_can_be_made);  /* M1 */
CHECK_RULE(check_recovery_keys);        /* M2 */
CHECK_RULE(check_user_certificates);    /* M3 */
CHECK_RULE(check_files);                /* T1 */
CHECK_RULE(check_variables);            /* T2, T3 */
