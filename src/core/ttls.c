/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ttls.h"

#include "codec/json.h"
#include "codec/text.h"

/* Entries under keys that are sorted by byte order; a later one replaces an earlier one of its key. */
struct entries {
    const struct omap *by_key; /* key -> JSON text */
};

static void put_member(struct buf *out, const char *name, struct bytes value)
{
    json_put_name(out, name);
    json_put_string(out, value);
}

/* clientAuth NULL: there is no such member. */
static void add_entry(struct entries *all, struct bytes key, const struct ttls_identity *identity,
                      const char *client_auth)
{
    auto_buf text = { 0 };

    buf_add_u8(&text, '{');
    put_member(&text, "cacrt", identity->root_pem);
    put_member(&text, "clicrt", identity->cert_pem);
    if (client_auth != NULL) {
        json_put_name(&text, "clientAuth");
        buf_add_string(&text, client_auth);
    }
    put_member(&text, "clikey", identity->key_pem);
    buf_add_u8(&text, '}');
    const struct omap *const before = all->by_key;
    all->by_key = omap_with(before, key, buf_bytes(&text));
    omap_free(before);
}

/* One that was not uploaded yet gives blocks without contents, as in the original. */
static bool secret_identity(struct marble_secrets *secrets, struct bytes name, struct buf *cert,
                            struct buf *key, struct err *err)
{
    struct stored_secret s;

    if (!marble_secret(secrets, false, name, &s))
        return err_set(err, FAIL_MALFORMED, "secret %.*s: %s", BYTES_FMT(name),
                       secrets->failure.kind != FAIL_NONE ? secrets->failure.text
                                                          : "it does not exist");
    pem_encode(cert, "CERTIFICATE", s.cert.value);
    pem_encode(key, "PRIVATE KEY", s.private_value.value);
    return true;
}

static bool add_incoming(struct entries *all, const struct manifest_tls_entry *e,
                         const struct ttls_identity *own, struct marble_secrets *secrets,
                         struct err *err)
{
    auto_buf key = { 0 }, cert = { 0 }, cert_key = { 0 };

    buf_add_string(&key, "*:");
    buf_add(&key, e->port);
    if (e->cert.len == 0) {
        add_entry(all, buf_bytes(&key), own, "true");
        return true;
    }
    if (!secret_identity(secrets, e->cert, &cert, &cert_key, err))
        return false;
    const struct ttls_identity shown = { own->root_pem, buf_bytes(&cert), buf_bytes(&cert_key) };
    add_entry(all, buf_bytes(&key), &shown, e->disable_client_auth ? "false" : "true");
    return true;
}

static void add_outgoing(struct entries *all, const struct manifest_tls_entry *e,
                         const struct ttls_identity *own)
{
    auto_buf key = { 0 };

    buf_add(&key, e->addr);
    buf_add_u8(&key, ':');
    buf_add(&key, e->port);
    add_entry(all, buf_bytes(&key), own, NULL);
}

static void put_entries(struct buf *out, const char *name, const struct entries *all)
{
    struct omap_entry e;

    json_put_name(out, name);
    buf_add_u8(out, '{');
    for (bool more = omap_seek(all->by_key, BYTES_NONE, false, &e); more;
         more = omap_seek(all->by_key, e.key, true, &e)) {
        json_put_comma(out);
        json_put_string(out, e.key);
        buf_add_u8(out, ':');
        buf_add(out, e.value);
    }
    buf_add_u8(out, '}');
}

static bool add_tag(const struct manifest_tls_tag *tag, const struct ttls_identity *own,
                    struct marble_secrets *secrets, struct entries *incoming,
                    struct entries *outgoing, struct err *err)
{
    for (size_t i = 0; i < tag->incoming.count; i++) {
        if (!add_incoming(incoming, &tag->incoming.at[i], own, secrets, err))
            return false;
    }
    for (size_t i = 0; i < tag->outgoing.count; i++)
        add_outgoing(outgoing, &tag->outgoing.at[i], own);
    return true;
}

bool ttls_config(const struct manifest_marble *marble, const struct ttls_identity *own,
                 struct marble_secrets *secrets, struct buf *out, struct err *err)
{
    const struct manifest *const m = secrets->now->deployment->manifest;
    struct entries incoming = { 0 }, outgoing = { 0 };
    bool good = true;

    for (size_t i = 0; good && i < marble->tls.count; i++) {
        const struct manifest_tls_tag *const tag = manifest_tls_tag(m, marble->tls.at[i]);
        good = tag != NULL ? add_tag(tag, own, secrets, &incoming, &outgoing, err)
                           : err_set(err, FAIL_MALFORMED, "TLS tag %.*s does not exist",
                                     BYTES_FMT(marble->tls.at[i]));
    }
    if (good) {
        buf_add_string(out, "{\"tls\":{");
        put_entries(out, "Incoming", &incoming);
        put_entries(out, "Outgoing", &outgoing);
        buf_add_string(out, "}}");
    }
    omap_free(incoming.by_key);
    omap_free(outgoing.by_key);
    return good;
}
