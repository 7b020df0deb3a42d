/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

#include <string.h>

/* Packages and marbles, and the syntax of their templates. */

CHECK_RULE(check_any_package)
{
    (void)options;
    if (m->package_count > 0)
        return true;
    return manifest_refuse(m->document, "Packages", err, "no allowed packages defined");
}

CHECK_RULE(check_any_marble)
{
    (void)options;
    if (m->marble_count > 0)
        return true;
    return manifest_refuse(m->document, "Marbles", err, "no allowed marbles defined");
}

CHECK_RULE(check_package_exists)
{
    (void)options;
    for (size_t i = 0; i < m->marble_count; i++) {
        const struct manifest_marble *const marble = &m->marbles[i];
        if (manifest_package(m, marble->package) == NULL)
            return manifest_refuse(marble->source, "Package", err,
                                   "manifest does not contain marble package %.*s",
                                   BYTES_FMT(marble->package));
    }
    return true;
}

/* manifest.md 4.1 */
static bool package_is_complete(const struct manifest_package *package, struct err *err)
{
    const bool signer = package->signer_id.len > 0, product = package->product_id.present,
               version = package->security_version.present;

    if (package->debug)
        return true;
    /* For other TEEs alone; what identifies there, check_tee_values asks for. */
    if ((package->tdx.present || package->snp.present) && package->unique_id.len == 0 && !signer &&
        !product && !version)
        return true;
    if (package->unique_id.len > 0) {
        if (!signer && !product && !version)
            return true;
        return manifest_refuse(package->source, "UniqueID", err,
                               "manifest specifies both UniqueID *and* "
                               "SignerID/ProductID/SecurityVersion in package %.*s",
                               BYTES_FMT(package->name));
    }
    if (signer && product && version)
        return true;
    const char *const missing = !signer ? "SignerID" : !product ? "ProductID" : "SecurityVersion";
    return manifest_refuse(package->source, missing, err,
                           "manifest misses value for %s in package %.*s", missing,
                           BYTES_FMT(package->name));
}

CHECK_RULE(check_package_is_complete)
{
    (void)options;
    for (size_t i = 0; i < m->marble_count; i++) {
        if (!package_is_complete(manifest_package(m, m->marbles[i].package), err))
            return false;
    }
    return true;
}

CHECK_RULE(check_tags_exist)
{
    (void)options;
    for (size_t i = 0; i < m->marble_count; i++) {
        const struct manifest_marble *const marble = &m->marbles[i];
        for (size_t j = 0; j < marble->tls.count; j++) {
            if (manifest_tls_tag(m, marble->tls.at[j]) == NULL)
                return manifest_refuse(marble->source, "TLS", err,
                                       "manifest misses TLS entry for %.*s",
                                       BYTES_FMT(marble->tls.at[j]));
        }
    }
    return true;
}

static bool parameter_compiles(const struct manifest_marble *marble,
                               const struct manifest_parameter *parameter, bool is_file,
                               struct err *err)
{
    const struct manifest_program *const program = parameter->program;

    if (program == NULL || program->template != NULL)
        return true;
    return manifest_refuse(parameter->source, "Data", err, "in Marble %.*s: %s %.*s: %.200s",
                           BYTES_FMT(marble->name), is_file ? "file" : "env variable",
                           BYTES_FMT(parameter->name), program->failure);
}

CHECK_RULE(check_files)
{
    (void)options;
    for (size_t i = 0; i < m->marble_count; i++) {
        const struct manifest_marble *const marble = &m->marbles[i];
        for (size_t j = 0; j < marble->files.count; j++) {
            if (!parameter_compiles(marble, &marble->files.at[j], true, err))
                return false;
        }
    }
    return true;
}

CHECK_RULE(check_variables)
{
    (void)options;
    for (size_t i = 0; i < m->marble_count; i++) {
        const struct manifest_marble *const marble = &m->marbles[i];
        for (size_t j = 0; j < marble->env.count; j++) {
            const struct manifest_parameter *const variable = &marble->env.at[j];
            if (variable->data.len > 0 &&
                memchr(variable->data.at, '\0', variable->data.len) != NULL)
                return manifest_refuse(variable->source, "Data", err,
                                       "in Marble %.*s: env variable: %.*s: content contains null "
                                       "bytes",
                                       BYTES_FMT(marble->name), BYTES_FMT(variable->name));
            if (!parameter_compiles(marble, variable, false, err))
                return false;
        }
    }
    return true;
}
