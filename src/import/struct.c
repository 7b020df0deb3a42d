/* SPDX-License-Identifier: Apache-2.0 */
#include "import/internal.h"

#include "crypto/cert.h"
#include "manifest/records.h"
#include "state/names.h"

/* As the certificates of a fresh start. */
#define INTERMEDIATE_NAME "MarbleRun Coordinator - Intermediate CA"

enum { NEW_KEY_BITS = 384 };

/* The members of the structs of 2020 and 0.3 (state-and-recovery.md, 5.5); empty where a release has none. */
struct old_state {
    struct buf root_key, root_cert, intermediate_key, intermediate_cert;
    struct buf manifest, update_manifest;
    const struct json *secrets, *activations;
};

static void old_state_clear(struct old_state *s)
{
    buf_clear(&s->root_key);
    buf_clear(&s->root_cert);
    buf_clear(&s->intermediate_key);
    buf_clear(&s->intermediate_cert);
    buf_clear(&s->manifest);
    buf_clear(&s->update_manifest);
}
#define auto_old_state struct old_state CLEANUP(old_state_clear)

static struct buf *octets_member(struct old_state *s, struct bytes name)
{
    const struct {
        const char *name;
        struct buf *to;
    } members[] = {
        { "Privk", &s->root_key },
        { "RootPrivK", &s->root_key },
        { "RawCert", &s->root_cert },
        { "RawRootCert", &s->root_cert },
        { "IntermediatePrivK", &s->intermediate_key },
        { "RawIntermediateCert", &s->intermediate_cert },
        { "RawManifest", &s->manifest },
        { "RawUpdateManifest", &s->update_manifest },
    };

    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (bytes_equal_string(name, members[i].name))
            return members[i].to;
    }
    return NULL;
}

static bool read_members(const struct json *root, struct old_state *s, struct err *err)
{
    bool present = false;

    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        struct buf *const octets = octets_member(s, v->name);
        if (octets != NULL)
            buf_truncate(octets, 0);
        if (octets != NULL && !json_get_octets(v, octets, &present, err))
            return false;
        if (bytes_equal_string(v->name, "Secrets"))
            s->secrets = v;
        if (bytes_equal_string(v->name, "Activations"))
            s->activations = v;
    }
    return true;
}

static bool put_private(struct change *change, const char *name, const struct key *key,
                        struct err *err)
{
    auto_buf der = { 0 };

    if (!key_private_sec1(key, &der, err))
        return false;
    change_put(change, name, buf_bytes(&der));
    return true;
}

/* Intermediate and marble root: the state's own key where it has one, else a new one. */
static bool put_intermediate(const struct env *env, const struct old_state *s,
                             const struct cert *root, struct key *root_key, struct change *change,
                             struct err *err)
{
    const int64_t now = env->now_ms(env->ctx) / 1000;
    const struct bytes names[] = { BYTES_LITERAL("localhost") };
    const bool own = s->intermediate_key.len > 0;
    auto_key *key = own ? key_from_private_sec1(buf_bytes(&s->intermediate_key), err)
                        : key_generate(KEY_ECDSA, NEW_KEY_BITS, err);
    if (key == NULL)
        return err_in(err, "intermediate key");
    auto_cert *intermediate = own ? cert_from_der(buf_bytes(&s->intermediate_cert), err)
                                  : cert_issue_ca(INTERMEDIATE_NAME, names, COUNT_OF(names), key,
                                                  root, root_key, now, err);
    if (intermediate == NULL)
        return err_in(err, "intermediate certificate");
    auto_cert *marble_root =
        cert_issue_ca(INTERMEDIATE_NAME, names, COUNT_OF(names), key, NULL, key, now, err);
    if (marble_root == NULL)
        return false;
    change_put(change, NAME_INTERMEDIATE_CERT, cert_der(intermediate));
    change_put(change, NAME_MARBLE_ROOT_CERT, cert_der(marble_root));
    return put_private(change, NAME_INTERMEDIATE_KEY, key, err);
}

static bool put_authority(const struct env *env, const struct old_state *s, struct change *change,
                          struct err *err)
{
    auto_key *key = key_from_private_sec1(buf_bytes(&s->root_key), err);
    if (key == NULL)
        return err_in(err, "root key");
    auto_cert *cert = cert_from_der(buf_bytes(&s->root_cert), err);
    if (cert == NULL)
        return err_in(err, "root certificate");
    change_put(change, NAME_ROOT_CERT, cert_der(cert));
    return put_private(change, NAME_ROOT_KEY, key, err) &&
           marblerun_put_root_secret(change, key, err) &&
           marblerun_put_signature(change, key, buf_bytes(&s->manifest), err) &&
           put_intermediate(env, s, cert, key, change, err);
}

/* {"<name>": {Type,Size,Shared,Cert,ValidFor,Private,Public}}; type `raw` of 2020 is `symmetric-key`. */
static bool put_secret(const struct json *member, struct change *change, struct err *err)
{
    auto_arena arena = { 0 };
    auto_buf record = { 0 }, value = { 0 };
    struct stored_secret secret = { 0 };
    struct bytes type = BYTES_NONE;

    for (const struct json *v = json_first(member); v != NULL; v = json_next(v)) {
        struct octets *const octets = bytes_equal_string(v->name, "Cert") ? &secret.cert
                                      : bytes_equal_string(v->name, "Private")
                                          ? &secret.private_value
                                      : bytes_equal_string(v->name, "Public") ? &secret.public_value
                                                                              : NULL;
        bool good = true;
        if (octets != NULL) {
            good = json_get_octets(v, &value, &octets->present, err);
            octets->value = arena_bytes(&arena, buf_bytes(&value));
            buf_truncate(&value, 0);
        } else if (bytes_equal_string(v->name, "Type")) {
            good = json_get_string(v, &type, err);
        } else if (bytes_equal_string(v->name, "Size")) {
            good = json_get_uint(v, UINT32_MAX, &secret.size, err);
        } else if (bytes_equal_string(v->name, "ValidFor")) {
            good = json_get_uint(v, UINT32_MAX, &secret.valid_for, err);
        } else if (bytes_equal_string(v->name, "Shared")) {
            good = json_get_bool(v, &secret.shared, err);
        }
        if (!good)
            return false;
    }
    secret.type =
        bytes_equal_string(type, "raw") ? SECRET_SYMMETRIC_KEY : secret_type_from_text(type);
    stored_secret_write(&secret, &record);
    change_put_named(change, PREFIX_SECRET, member->name, buf_bytes(&record));
    return true;
}

static bool put_secrets(const struct old_state *s, struct change *change, struct err *err)
{
    for (const struct json *v = s->secrets == NULL ? NULL : json_first(s->secrets); v != NULL;
         v = json_next(v)) {
        if (!put_secret(v, change, err))
            return false;
    }
    return true;
}

/* Counts are kept as lower-case hexadecimal text. */
static bool put_activations(const struct old_state *s, struct change *change, struct err *err)
{
    for (const struct json *v = s->activations == NULL ? NULL : json_first(s->activations);
         v != NULL; v = json_next(v)) {
        uint64_t count = 0;
        if (!json_get_uint(v, UINT64_MAX, &count, err))
            return false;
        auto_string *text = mem_printf("%llx", (unsigned long long)count);
        change_put_named(change, PREFIX_ACTIVATIONS, v->name, bytes_of_string(text));
    }
    return true;
}

/* Packages as the update manifest of 0.3 left them. */
static void put_package(const struct manifest_package *package, const struct manifest *update,
                        struct change *change)
{
    const struct manifest_package *const newer =
        update == NULL ? NULL : manifest_package(update, package->name);
    struct manifest_package effective = *package;
    auto_buf record = { 0 };

    if (newer != NULL && newer->security_version.present)
        effective.security_version = newer->security_version;
    record_write_package(&effective, &record);
    change_put_named(change, PREFIX_PACKAGE, package->name, buf_bytes(&record));
}

static bool put_manifest(const struct old_state *s, struct change *change, struct err *err)
{
    auto_manifest *m = manifest_parse(buf_bytes(&s->manifest), err);
    if (m == NULL)
        return err_in(err, "unmarshaling manifest");
    auto_manifest *update = NULL;
    if (s->update_manifest.len > 0 &&
        (update = manifest_parse(buf_bytes(&s->update_manifest), err)) == NULL)
        return err_in(err, "unmarshaling update manifest");
    for (size_t i = 0; i < m->package_count; i++)
        put_package(&m->packages[i], update, change);
    for (size_t i = 0; i < m->marble_count; i++) {
        auto_buf record = { 0 };
        record_write_marble(&m->marbles[i], &record);
        change_put_named(change, PREFIX_MARBLE, m->marbles[i].name, buf_bytes(&record));
    }
    change_put(change, NAME_MANIFEST, m->raw);
    change_put(change, NAME_STATE, BYTES_LITERAL("3"));
    return true;
}

bool marblerun_read_struct(const struct env *env, const struct json *root, struct change *change,
                           bool *no_manifest, struct err *err)
{
    auto_old_state s = { 0 };

    if (!read_members(root, &s, err))
        return false;
    *no_manifest = s.manifest.len == 0;
    return *no_manifest || (put_manifest(&s, change, err) && put_authority(env, &s, change, err) &&
                            put_secrets(&s, change, err) && put_activations(&s, change, err));
}
