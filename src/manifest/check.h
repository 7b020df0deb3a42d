/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"

/*
 * Inside of the room: the rules of manifest.md, section 13, each as a function that goes through
 * the whole manifest, so that they run one after the other as the table lists them.
 */
typedef bool (*check_rule)(const struct manifest *m, const struct manifest_check_options *options,
                           struct err *err);

#define CHECK_RULE(name)                                                                           \
    bool name(const struct manifest *m, const struct manifest_check_options *options,              \
              struct err *err)

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
