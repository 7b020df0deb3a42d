/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"
#include "manifest/parse.h"

#include "crypto/share.h"

#include <inttypes.h>

/* `Config` and recovery keys. */

CHECK_RULE(check_seal_mode)
{
    (void)options;
    if (m->config.seal_mode != SEAL_MODE_NONE)
        return true;
    return manifest_refuse(m->config.source, "SealMode", err, "unknown seal mode: %.*s",
                           BYTES_FMT(m->config.seal_mode_text));
}

static bool is_set(const struct manifest_check_options *options, const char *name)
{
    const char *const value =
        options->variable == NULL ? NULL : options->variable(options->ctx, name);

    return value != NULL && *value != '\0';
}

/* Appends the names of variables that have no value, in brackets; nothing when all are there. */
static void add_missing_variables(const struct manifest_check_options *options, struct buf *out)
{
    static const char *const always[] = { "EDG_MAA_URL", "EDG_AZURE_HSM_VAULT_URL",
                                          "EDG_AZURE_HSM_KEY_NAME", "EDG_AZURE_CLIENT_ID",
                                          "EDG_AZURE_TENANT_ID" };
    /* One secret, or both of the federated login. */
    static const char *const secret = "EDG_AZURE_CLIENT_SECRET";
    static const char *const federated[] = { "EDG_AZURE_AUTHORITY_HOST",
                                             "EDG_AZURE_FEDERATED_TOKEN_FILE" };

    for (size_t i = 0; i < COUNT_OF(always); i++) {
        if (!is_set(options, always[i]))
            buf_add_format(out, "%s%s", out->len == 0 ? "[" : " ", always[i]);
    }
    if (!is_set(options, secret) &&
        (!is_set(options, federated[0]) || !is_set(options, federated[1])))
        buf_add_format(out, "%s%s", out->len == 0 ? "[" : " ", secret);
    for (size_t i = 0; i < COUNT_OF(federated); i++) {
        if (!is_set(options, secret) && !is_set(options, federated[i]))
            buf_add_format(out, " %s", federated[i]);
    }
    if (out->len > 0)
        buf_add_string(out, "]");
}

CHECK_RULE(check_feature_gates)
{
    const struct text_list *const gates = &m->config.feature_gate_texts;
    auto_buf missing = { 0 };

    for (size_t i = 0; i < gates->count; i++) {
        if (feature_gate_from_text(gates->at[i]) == 0)
            return manifest_refuse(m->config.source, "FeatureGates", err,
                                   "unknown feature gate: %.*s", BYTES_FMT(gates->at[i]));
    }
    if ((m->config.feature_gates & FEATURE_AZURE_HSM_SEALING) == 0)
        return true;
    add_missing_variables(options, &missing);
    if (missing.len == 0)
        return manifest_refuse(m->config.source, "FeatureGates", err,
                               "feature gate AzureHSMSealing is not supported by this version");
    return manifest_refuse(m->config.source, "FeatureGates", err,
                           "manifest enables sealing with Azure HSM key, but required environment "
                           "variables are not set: %.*s",
                           (int)missing.len, (const char *)missing.at);
}

CHECK_RULE(check_recovery_threshold)
{
    const uint64_t threshold = m->config.recovery_threshold;
    const size_t keys = m->recovery_key_count;

    (void)options;
    if (threshold > keys)
        return manifest_refuse(m->config.source, "RecoveryThreshold", err,
                               "not enough recovery keys (%zu) defined to meet the recovery "
                               "threshold of %" PRIu64,
                               keys, threshold);
    if (threshold == 1)
        return manifest_refuse(m->config.source, "RecoveryThreshold", err,
                               "invalid recovery threshold: if set, threshold must be at least 2");
    /* Shares carry one byte to tell them apart. */
    if (threshold != 0 && threshold != keys && keys > SHAMIR_MAX_SHARES)
        return manifest_refuse(m->config.source, "RecoveryThreshold", err,
                               "a recovery threshold allows at most %d recovery keys",
                               SHAMIR_MAX_SHARES);
    return true;
}

CHECK_RULE(check_recovery_keys)
{
    (void)options;
    for (size_t i = 0; i < m->recovery_key_count; i++) {
        const struct manifest_recovery_key *const holder = &m->recovery_keys[i];
        struct err cause = { 0 };
        auto_key *key = manifest_recovery_public_key(holder, &cause);
        if (key == NULL)
            return manifest_refuse(holder->source, NULL, err,
                                   "generating recovery encryption key: %.300s", cause.text);
    }
    return true;
}
