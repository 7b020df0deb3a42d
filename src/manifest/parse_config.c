/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

/* `Config`, manifest.md 12. */

static enum seal_mode seal_mode_from_text(struct bytes text)
{
    if (text.len == 0 || bytes_equal_string(text, "ProductKey"))
        return SEAL_MODE_PRODUCT_KEY;
    if (bytes_equal_string(text, "UniqueKey"))
        return SEAL_MODE_UNIQUE_KEY;
    return bytes_equal_string(text, "Disabled") ? SEAL_MODE_DISABLED : SEAL_MODE_NONE;
}

unsigned feature_gate_from_text(struct bytes text)
{
    if (bytes_equal_nocase(text, "SignQuoteEndpoint"))
        return FEATURE_SIGN_QUOTE_ENDPOINT;
    if (bytes_equal_nocase(text, "MonotonicCounter"))
        return FEATURE_MONOTONIC_COUNTER;
    return bytes_equal_nocase(text, "AzureHSMSealing") ? FEATURE_AZURE_HSM_SEALING : 0;
}

bool parse_config(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("SealMode", struct manifest_config, seal_mode_text, read_text),
        FIELD("FeatureGates", struct manifest_config, feature_gate_texts, read_texts),
        FIELD("UpdateThreshold", struct manifest_config, update_threshold, read_uint64),
        FIELD("RecoveryThreshold", struct manifest_config, recovery_threshold, read_uint64),
        FIELD("RotateRootSecret", struct manifest_config, rotate_root_secret, read_bool),
    };
    struct manifest_config *const config = out;

    if (!parse_fields(p, value, fields, COUNT_OF(fields), config))
        return false;
    config->source = value;
    config->seal_mode = seal_mode_from_text(config->seal_mode_text);
    config->feature_gates = 0;
    for (size_t i = 0; i < config->feature_gate_texts.count; i++)
        config->feature_gates |= feature_gate_from_text(config->feature_gate_texts.at[i]);
    return true;
}
