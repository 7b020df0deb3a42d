/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/check.h"

/* TLS tags, also those that no marble lists. */

static bool incoming_is_good(const struct manifest *m, const struct manifest_tls_tag *tag,
                             const struct manifest_tls_entry *entry, struct err *err)
{
    const struct bytes name = tag->name;

    if (entry->port.len == 0)
        return manifest_refuse(entry->source, "Port", err,
                               "manifest misses Port in TLS.Incoming.%.*s", BYTES_FMT(name));
    if (entry->cert.len > 0 && manifest_secret(m, entry->cert) == NULL)
        return manifest_refuse(entry->source, "Cert", err,
                               "TLS.Incoming.%.*s references undefined secret %.*s",
                               BYTES_FMT(name), BYTES_FMT(entry->cert));
    if (entry->cert.len > 0 && !entry->disable_client_auth)
        return manifest_refuse(entry->source, "DisableClientAuth", err,
                               "TLS.Incoming.%.*s defines Cert but does not disable client "
                               "authentication",
                               BYTES_FMT(name));
    if (entry->cert.len == 0 && entry->disable_client_auth)
        return manifest_refuse(entry->source, "DisableClientAuth", err,
                               "TLS.Incoming.%.*s disables client authentication", BYTES_FMT(name));
    return true;
}

CHECK_RULE(check_incoming)
{
    (void)options;
    for (size_t i = 0; i < m->tls_tag_count; i++) {
        const struct manifest_tls_tag *const tag = &m->tls_tags[i];
        for (size_t j = 0; j < tag->incoming.count; j++) {
            if (!incoming_is_good(m, tag, &tag->incoming.at[j], err))
                return false;
        }
    }
    return true;
}

CHECK_RULE(check_outgoing)
{
    (void)options;
    for (size_t i = 0; i < m->tls_tag_count; i++) {
        const struct manifest_tls_tag *const tag = &m->tls_tags[i];
        for (size_t j = 0; j < tag->outgoing.count; j++) {
            const struct manifest_tls_entry *const entry = &tag->outgoing.at[j];
            if (entry->addr.len > 0 && entry->port.len > 0)
                continue;
            const char *const missing = entry->addr.len == 0 ? "Addr" : "Port";
            return manifest_refuse(entry->source, missing, err,
                                   "manifest misses %s in TLS.Outgoing.%.*s", missing,
                                   BYTES_FMT(tag->name));
        }
    }
    return true;
}
