/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

/* TLS tags, manifest.md 8. */

static bool parse_tls_entry(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Port", struct manifest_tls_entry, port, read_text),
        FIELD("Addr", struct manifest_tls_entry, addr, read_text),
        FIELD("Cert", struct manifest_tls_entry, cert, read_text),
        FIELD("DisableClientAuth", struct manifest_tls_entry, disable_client_auth, read_bool),
    };
    struct manifest_tls_entry *const entry = out;

    entry->source = value;
    return parse_fields(p, value, fields, COUNT_OF(fields), entry);
}

static bool read_tls_entries(struct parse *p, const struct json *value, void *out)
{
    struct manifest_tls_entries *const entries = out;
    struct list list;

    if (!parse_list(p, value, sizeof(struct manifest_tls_entry), &list, parse_tls_entry))
        return false;
    *entries = (struct manifest_tls_entries){ list.present, list.count, list.at };
    return true;
}

bool parse_tls_tag(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Outgoing", struct manifest_tls_tag, outgoing, read_tls_entries),
        FIELD("Incoming", struct manifest_tls_tag, incoming, read_tls_entries),
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}
