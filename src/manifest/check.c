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
};

/* Phases B and C, as far as they show without generating anything and executing templates. */
static const check_rule usability[] = {
    check_secrets_can_be_made, check_recovery_keys, check_user_certificates, check_files,
    check_variables,
};

static bool apply(const check_rule *rules, size_t count, const struct manifest *m,
                  const struct manifest_check_options *options, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!rules[i](m, options, err))
            return false;
    }
    return true;
}

bool manifest_check(const struct manifest *m, const struct manifest_check_options *options,
                    struct err *err)
{
    static const struct manifest_check_options defaults;

    if (options == NULL)
        options = &defaults;
    return apply(consistency, COUNT_OF(consistency), m, options, err) &&
           (options->consistency_only || apply(usability, COUNT_OF(usability), m, options, err));
}
