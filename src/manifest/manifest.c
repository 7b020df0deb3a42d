/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/manifest.h"
#include "manifest/parse.h"

#include "codec/text.h"
#include "crypto/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct secret_type_name {
    enum secret_type type;
    const char *text;
} secret_types[] = {
    { SECRET_SYMMETRIC_KEY, "symmetric-key" },
    { SECRET_CERT_RSA, "cert-rsa" },
    { SECRET_CERT_ECDSA, "cert-ecdsa" },
    { SECRET_CERT_ED25519, "cert-ed25519" },
    { SECRET_PLAIN, "plain" },
};

enum secret_type secret_type_from_text(struct bytes text)
{
    for (size_t i = 0; i < COUNT_OF(secret_types); i++) {
        if (bytes_equal_string(text, secret_types[i].text))
            return secret_types[i].type;
    }
    return SECRET_TYPE_NONE;
}

const char *secret_type_text(enum secret_type type)
{
    for (size_t i = 0; i < COUNT_OF(secret_types); i++) {
        if (secret_types[i].type == type)
            return secret_types[i].text;
    }
    return "";
}

bool secret_type_is_certificate(enum secret_type type)
{
    return type == SECRET_CERT_RSA || type == SECRET_CERT_ECDSA || type == SECRET_CERT_ED25519;
}

bool manifest_is_package_update(const struct manifest *m)
{
    return m->infrastructure_count == 0 && m->marble_count == 0 && m->user_count == 0 &&
           m->recovery_key_count == 0 && m->role_count == 0 && m->secret_count == 0 &&
           m->tls_tag_count == 0;
}

bool manifest_fingerprint(const struct manifest *m, char out[static 65], struct err *err)
{
    return sha256_hex(m->raw, out, err);
}

void manifest_free(struct manifest *m)
{
    if (m == NULL)
        return;
    for (struct manifest_program *p = m->programs; p != NULL; p = p->next)
        template_free(p->template);
    /* The arena holds the manifest itself. */
    struct arena arena = m->arena;
    arena_clear(&arena);
}

/* Binary search in a table whose rows begin with struct entry. */
static const void *find(const void *table, size_t count, size_t size, struct bytes name)
{
    size_t low = 0;

    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        const uint8_t *const row = (const uint8_t *)table + middle * size;
        struct entry entry;
        memcpy(&entry, row, sizeof entry);
        const int order = bytes_compare(name, entry.name);
        if (order == 0)
            return row;
        if (order > 0)
            low = middle + 1;
        else
            count = middle;
    }
    return NULL;
}

#define DEFINE_LOOKUP(function, table, table_count)                                                \
    const struct function *function(const struct manifest *m, struct bytes name)                   \
    {                                                                                              \
        return find(m->table, m->table_count, sizeof *m->table, name);                             \
    }

DEFINE_LOOKUP(manifest_package, packages, package_count)
DEFINE_LOOKUP(manifest_infrastructure, infrastructures, infrastructure_count)
DEFINE_LOOKUP(manifest_marble, marbles, marble_count)
DEFINE_LOOKUP(manifest_secret, secrets, secret_count)
DEFINE_LOOKUP(manifest_tls_tag, tls_tags, tls_tag_count)
DEFINE_LOOKUP(manifest_user, users, user_count)
DEFINE_LOOKUP(manifest_role, roles, role_count)
DEFINE_LOOKUP(manifest_recovery_key, recovery_keys, recovery_key_count)

bool manifest_package_has_sgx(const struct manifest_package *package)
{
    return (!package->tdx.present && !package->snp.present) || package->unique_id.len > 0 ||
           package->signer_id.len > 0;
}

bool manifest_next_secret(const struct manifest *m, struct bytes after, bool first,
                          struct bytes *name)
{
    size_t low = 0, high = m->secret_count;

    while (!first && low < high) {
        const size_t middle = low + (high - low) / 2;
        if (bytes_compare(m->secrets[middle].name, after) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (low >= m->secret_count)
        return false;
    *name = m->secrets[low].name;
    return true;
}

struct cert *manifest_user_certificate(const struct manifest_user *user, struct err *err)
{
    struct bytes text = user->certificate;
    auto_pem_block block = { 0 };
    struct err cause = { 0 };

    if (!pem_next(&text, &block)) {
        (void)err_set(err, FAIL_MALFORMED, "received invalid certificate for user %.*s",
                      BYTES_FMT(user->name));
        return NULL;
    }
    struct cert *const cert = cert_from_der(buf_bytes(&block.der), &cause);
    if (cert == NULL)
        (void)err_set(err, FAIL_MALFORMED, "received invalid certificate for user %.*s: %.200s",
                      BYTES_FMT(user->name), cause.text);
    return cert;
}

struct key *manifest_recovery_public_key(const struct manifest_recovery_key *key, struct err *err)
{
    return key_from_recovery_pem(key->pem, err);
}

/* The member itself when the object has it, else the object. */
static const struct json *member_or_object(const struct json *object, const char *member)
{
    const struct json *found = object;

    if (member == NULL)
        return object;
    for (const struct json *m = json_first(object); m != NULL; m = json_next(m)) {
        if (object->type == JSON_OBJECT && json_name_is(m, member))
            found = m;
    }
    return found;
}

void keep_one_line(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

bool manifest_refuse(const struct json *source, const char *member, struct err *err,
                     const char *fmt, ...)
{
    char sentence[sizeof err->text];
    auto_buf where = { 0 };
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    if (source != NULL) {
        source = member_or_object(source, member);
        buf_add_string(&where, source->parent == NULL ? " (" : " (at ");
        json_path(source, &where);
        buf_add_string(&where, source->parent == NULL ? "" : ", ");
        json_place(source, &where);
        buf_add_string(&where, ")");
    }
    /* A long sentence is cut, the place never. */
    (void)err_set(err, FAIL_MALFORMED, "%.*s%.*s", (int)(sizeof err->text - 1 - where.len),
                  sentence, (int)where.len, where.at == NULL ? "" : (const char *)where.at);
    keep_one_line(err->text);
    return false;
}
