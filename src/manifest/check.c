/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

/* What the original decodes in silence, and then does something else than its author meant. */
CHECK_RULE(check_objections)
{
    (void)options;
    if (m->objection_count == 0)
        return true;
    return manifest_refuse(m->objections[0].source, NULL, err, "%s", m->objections[0].text);
}

/* Phase A; then phases B and C, as far as they show without generating anything and executing templates. */
const struct check_row check_rows[] = {
    { .rule = check_objections,
      .id = "not-supported",
      .hint = "write it as the message says",
      .scope = CHECK_OBJECTIONS },
    { .rule = check_any_package,
      .id = "packages-missing",
      .hint = "add at least one entry to Packages",
      .scope = CHECK_WHOLE },
    { .rule = check_any_marble,
      .id = "marbles-missing",
      .hint = "add at least one entry to Marbles",
      .scope = CHECK_WHOLE },
    { .rule = check_package_exists,
      .id = "package-unknown",
      .hint = "name an entry of Packages; names are case-sensitive",
      .scope = CHECK_MARBLES },
    { .rule = check_package_is_complete,
      .id = "package-incomplete",
      .hint = "give UniqueID alone, or SignerID, ProductID and SecurityVersion together",
      .scope = CHECK_MARBLES,
      .after = check_package_exists },
    { .rule = check_tags_exist,
      .id = "tls-tag-unknown",
      .hint = "name an entry of TLS",
      .scope = CHECK_MARBLES },
    { .rule = check_incoming,
      .id = "tls-incoming",
      .hint = "an incoming entry has a Port; Cert and DisableClientAuth go together",
      .scope = CHECK_TLS_ENTRIES },
    { .rule = check_outgoing,
      .id = "tls-outgoing",
      .hint = "an outgoing entry has Addr and Port",
      .scope = CHECK_TLS_ENTRIES },
    { .rule = check_user_has_certificate,
      .id = "user-certificate-missing",
      .hint = "put the user's certificate, PEM, into Certificate",
      .scope = CHECK_USERS },
    { .rule = check_user_roles_exist,
      .id = "user-role-unknown",
      .hint = "name an entry of Roles",
      .scope = CHECK_USERS },
    { .rule = check_certificate_texts,
      .id = "user-certificate-shared",
      .hint = "every user needs a certificate of its own",
      .scope = CHECK_WHOLE },
    { .rule = check_resource_types,
      .id = "role-type",
      .hint = "ResourceType is Packages, Secrets or Manifest",
      .scope = CHECK_ROLES },
    { .rule = check_roles,
      .id = "role",
      .hint = "the actions are UpdateSecurityVersion for Packages, ReadSecret and WriteSecret for "
              "Secrets, and UpdateManifest for Manifest, which takes no names",
      .scope = CHECK_ROLES,
      .after = check_resource_types },
    { .rule = check_secret_types,
      .id = "secret-type",
      .hint = "Type is symmetric-key, cert-rsa, cert-ecdsa, cert-ed25519 or plain; give ValidFor "
              "or NotAfter",
      .scope = CHECK_SECRETS },
    { .rule = check_update_threshold,
      .id = "update-threshold",
      .hint = "lower UpdateThreshold, or give more users a role with UpdateManifest",
      .scope = CHECK_WHOLE,
      .after = check_user_roles_exist },
    { .rule = check_seal_mode,
      .id = "seal-mode",
      .hint = "SealMode is ProductKey, UniqueKey or Disabled",
      .scope = CHECK_WHOLE },
    { .rule = check_feature_gates,
      .id = "feature-gate",
      .hint = "the gates are SignQuoteEndpoint and MonotonicCounter",
      .scope = CHECK_WHOLE },
    { .rule = check_recovery_threshold,
      .id = "recovery-threshold",
      .hint =
          "leave RecoveryThreshold out, or set it to 2 or more, up to the number of RecoveryKeys",
      .scope = CHECK_WHOLE },
    { .rule = check_tee_values,
      .id = "tee",
      .hint = "see which values the parts for TDX and SEV-SNP and the platforms take",
      .scope = CHECK_PLATFORMS },
    { .rule = check_secrets_can_be_made,
      .id = "secret",
      .hint = "see which sizes and members its Type takes; plain secrets are user-defined",
      .scope = CHECK_SECRETS,
      .after = check_secret_types,
      .part = MANIFEST_SECRETS },
    { .rule = check_recovery_keys,
      .id = "recovery-key",
      .hint = "a recovery key is a public RSA key, PEM, of type PUBLIC KEY",
      .scope = CHECK_RECOVERY_KEYS,
      .part = MANIFEST_RECOVERY_KEYS },
    { .rule = check_user_certificates,
      .id = "user-certificate",
      .hint = "Certificate is one certificate in PEM",
      .scope = CHECK_USERS_TOGETHER,
      .after = check_user_has_certificate,
      .part = MANIFEST_USERS },
    { .rule = check_files,
      .id = "file",
      .hint = "the Data of a file is a template, unless NoTemplates is true",
      .scope = CHECK_FILES,
      .part = MANIFEST_TEMPLATES },
    { .rule = check_variables,
      .id = "env",
      .hint = "the Data of a variable is a template without NUL bytes",
      .scope = CHECK_VARIABLES,
      .part = MANIFEST_TEMPLATES },
};
const size_t check_row_count = COUNT_OF(check_rows);
static const struct manifest_check_options defaults;

static bool is_consistent(const struct manifest *m, const struct manifest_check_options *options,
                          struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(check_rows); i++) {
        if (check_rows[i].part == 0 && !check_rows[i].rule(m, options, err))
            return false;
    }
    return true;
}

/* part 0: all of them. */
static bool is_usable(const struct manifest *m, unsigned part, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(check_rows); i++) {
        const struct check_row *const row = &check_rows[i];
        if (row->part != 0 && (part == 0 || part == row->part) && !row->rule(m, &defaults, err))
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
