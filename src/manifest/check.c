/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

/* What the original decodes in silence, and then does something else than its author meant. */
static bool check_objections(const struct manifest *m, const struct manifest_check_options *options,
                             struct err *err)
{
    (void)options;
    if (m->objection_count == 0)
        return true;
    return manifest_refuse(m->objections[0].source, NULL, err, "%s", m->objections[0].text);
}

/* Phase A */
static const check_rule consistency[] = {
    check_objections,
    check_any_package,
    check_any_marble,
    check_package_exists,
    check_package_is_complete,
    check_tags_exist,
    check_incoming,
    check_outgoing,
    check_user_has_certificate,
    check_user_roles_exist,
    check_certificate_texts,
    check_resource_types,
    check_roles,
    check_secret_types,
    check_update_threshold,
    check_seal_mode,
    check_feature_gates,
    check_recovery_threshold,
    check_tee_values,
};

/* Phases B and C, as far as they show without generating anything and executing templates. */
static const struct {
    check_rule rule;
    enum manifest_part part;
} usability[] = {
    { check_secrets_can_be_made, MANIFEST_SECRETS },
    { check_recovery_keys, MANIFEST_RECOVERY_KEYS },
    { check_user_certificates, MANIFEST_USERS },
    { check_files, MANIFEST_TEMPLATES },
    { check_variables, MANIFEST_TEMPLATES },
};
static const struct manifest_check_options defaults;

static bool is_consistent(const struct manifest *m, const struct manifest_check_options *options,
                          struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(consistency); i++) {
        if (!consistency[i](m, options, err))
            return false;
    }
    return true;
}

/* part 0: all of them. */
static bool is_usable(const struct manifest *m, unsigned part, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(usability); i++) {
        if ((part == 0 || part == usability[i].part) && !usability[i].rule(m, &defaults, err))
            return false;
    }
    return true;
}

bool manifest_check_part(const struct manifest *m, enum manifest_part part, struct err *err)
{
    return is_usable(m, part, err);
}

bool manifest_check(const struct manifest *m, const struct manifest_check_options *options,
                    struct err *err)
{
    if (options == NULL)
        options = &defaults;
    return is_consistent(m, options, err) && (options->consistency_only || is_usable(m, 0, err));
}
