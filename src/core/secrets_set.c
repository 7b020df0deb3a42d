/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dry_run.h"
#include "core/update_internal.h"
#include "state/names.h"

#include <inttypes.h>

/* One secret of the manifest: what the state says about it, once somebody asked, or its new value. */
struct known_secret {
    bool looked_up, exists;
    bool given; /* has its new value */
    struct stored_secret stored;
};

/* Secrets on their way into the state (client-api.md, 14.2). */
struct upload {
    const struct env *env;
    const struct snapshot *based_on; /* what all of it is checked against */
    const struct deployment_user *user;
    const struct secret_upload *values;
    struct arena *arena;
    struct known_secret *known; /* in the order of the manifest's secrets */
    struct change change;       /* the records; the log lines come when their numbers are known */
    struct err damage;          /* of a record that could not be read; FAIL_NONE: none */
};

/* ---- what the state says ---- */

/* NULL when there is none, or u->damage says why. */
static struct known_secret *look_up(struct upload *u, size_t i)
{
    const struct bytes name = u->based_on->deployment->manifest->secrets[i].name;
    struct known_secret *const known = &u->known[i];

    if (!known->looked_up) {
        known->looked_up = true;
        known->exists =
            snapshot_secret(u->based_on, PREFIX_SECRET, name, u->arena, &known->stored, &u->damage);
    }
    return known->exists ? known : NULL;
}

static bool is_undamaged(const struct upload *u, struct err *err)
{
    if (u->damage.kind == FAIL_NONE)
        return true;
    *err = u->damage;
    return false;
}

/* ---- one secret ---- */

static bool refuse_values(const struct uploaded_secret *s, const char *member,
                          enum secret_type type, const char *of_what, struct err *err)
{
    return manifest_refuse(s->source, member, err,
                           "secret %.*s is set to be of type %s but specified values for a %s",
                           BYTES_FMT(s->name), secret_type_text(type), of_what);
}

/* Symmetric keys and plain secrets have `Key` and nothing else. */
static bool take_key(const struct uploaded_secret *s, struct stored_secret *to, struct err *err)
{
    if (s->cert.present || s->private_value.present)
        return refuse_values(s, s->cert.present ? "Cert" : "Private", to->type, "certificate", err);
    to->private_value = to->public_value = s->key;
    return true;
}

static bool take_symmetric_key(const struct uploaded_secret *s, struct stored_secret *to,
                               struct err *err)
{
    if (to->size == 0 || to->size % 8 != 0)
        return manifest_refuse(s->source, NULL, err, "invalid secret size: %.*s",
                               BYTES_FMT(s->name));
    if (s->key.value.len != to->size / 8)
        return manifest_refuse(s->source, "Key", err,
                               "declared size and actual size don't match: %.*s: %" PRIu64
                               " bits are declared, %zu bytes were given",
                               BYTES_FMT(s->name), to->size, s->key.value.len);
    return take_key(s, to, err);
}

/* X25519 as well, which signs nothing, but a Marble may want to be given it (RFC 8410, 4). */
static bool is_known_key(const struct key *key, struct bytes der)
{
    static const uint8_t x25519[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                      0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00 };

    return key_type(key) != KEY_OTHER || bytes_start_with(der, bytes_of(x25519, sizeof x25519));
}

/* The private key is taken as it comes: the original does not look at it, and it may be left out. */
static bool take_certificate(const struct upload *u, const struct uploaded_secret *s,
                             struct stored_secret *to, struct err *err)
{
    auto_buf public = { 0 };
    struct err cause = { 0 };

    if (s->key.present)
        return refuse_values(s, "Key", to->type, "symmetric-key", err);
    if (!s->cert.present)
        return manifest_refuse(s->source, "Cert", err, "secret %.*s needs a certificate in Cert",
                               BYTES_FMT(s->name));
    auto_cert *cert = cert_from_der(s->cert.value, &cause);
    auto_key *key = cert == NULL ? NULL : cert_public_key(cert, &cause);
    if (key == NULL || !key_public_der(key, &public, &cause) ||
        !is_known_key(key, buf_bytes(&public)))
        return manifest_refuse(s->source, "Cert", err,
                               "the certificate of secret %.*s has no public key of type RSA, "
                               "ECDSA, Ed25519 or X25519",
                               BYTES_FMT(s->name));
    to->cert = s->cert;
    to->private_value = s->private_value;
    to->public_value = (struct octets){ true, arena_bytes(u->arena, buf_bytes(&public)) };
    return true;
}

/* Type, size and all else but the value stay as they are. */
static bool take_value(const struct upload *u, const struct uploaded_secret *s,
                       struct stored_secret *to, struct err *err)
{
    switch (to->type) {
    case SECRET_SYMMETRIC_KEY:
        return take_symmetric_key(s, to, err);
    case SECRET_PLAIN:
        return take_key(s, to, err);
    case SECRET_CERT_RSA:
    case SECRET_CERT_ECDSA:
    case SECRET_CERT_ED25519:
        return take_certificate(u, s, to, err);
    case SECRET_TYPE_NONE:
        break;
    }
    return err_set(err, FAIL_INTERNAL, "a secret without a known type came through");
}

static bool take(struct upload *u, const struct uploaded_secret *s, struct err *err)
{
    const struct manifest *const m = u->based_on->deployment->manifest;
    const struct manifest_secret *const defined = manifest_secret(m, s->name);
    struct known_secret *const known =
        defined == NULL ? NULL : look_up(u, (size_t)(defined - m->secrets));

    if (!is_undamaged(u, err))
        return false;
    if (known == NULL)
        return manifest_refuse(s->source, NULL, err,
                               "secret manifest specifies a secret which the original manifest "
                               "does not contain");
    if (!known->stored.user_defined)
        return manifest_refuse(s->source, NULL, err, "secret %.*s is not writeable",
                               BYTES_FMT(s->name));
    known->given = true;
    return take_value(u, s, &known->stored, err);
}

/* ---- all of them ---- */

static bool take_all(struct upload *u, struct err *err)
{
    if (u->values->count == 0)
        return err_set(err, FAIL_MALFORMED, "no new secrets defined");
    for (size_t i = 0; i < u->values->count; i++) {
        if (!take(u, &u->values->at[i], err))
            return false;
    }
    return true;
}

static const struct stored_secret *secret_for_dry_run(void *arg, size_t i, bool *given)
{
    const struct known_secret *const known = look_up(arg, i);

    if (known == NULL)
        return NULL;
    *given = known->given;
    return &known->stored;
}

/* The values are judged before the rights, as in the original. */
static bool may_write_all(const struct upload *u, struct err *err)
{
    for (size_t i = 0; i < u->values->count; i++) {
        const struct bytes name = u->values->at[i].name;
        if (!permissions_allow(&u->user->permissions, PERMISSION_WRITE_SECRET, &name, 1))
            return err_set(err, FAIL_DENIED, "user %.*s is not allowed to update secret: %.*s",
                           BYTES_FMT(u->user->name), BYTES_FMT(name));
    }
    return true;
}

static const struct stored_secret *new_value(const struct upload *u, size_t i)
{
    const struct manifest *const m = u->based_on->deployment->manifest;

    return &u->known[manifest_secret(m, u->values->at[i].name) - m->secrets].stored;
}

static void put_records(struct upload *u)
{
    auto_buf record = { 0 };

    for (size_t i = 0; i < u->values->count; i++) {
        stored_secret_write(new_value(u, i), &record);
        change_put_named(&u->change, PREFIX_SECRET, u->values->at[i].name, buf_bytes(&record));
        buf_truncate(&record, 0);
    }
}

/* Everything that needs no writer. */
static bool prepare(struct upload *u, struct err *err)
{
    const struct manifest *const m = u->based_on->deployment->manifest;

    u->known = arena_alloc(u->arena, m->secret_count * sizeof u->known[0]);
    if (!take_all(u, err))
        return err_in(err, "parsing new secrets");
    const bool good = dry_run(m, secret_for_dry_run, u, err);
    if (!is_undamaged(u, err) || !good || !may_write_all(u, err))
        return false;
    put_records(u);
    return true;
}

/* ---- the commit ---- */

/* One for each secret, in the order of the names. */
static void put_log_lines(const struct upload *u, uint64_t line_number, struct change *change)
{
    for (size_t i = 0; i < u->values->count; i++) {
        auto_buf members = { 0 };
        line_put_text(&members, "user", u->user->name);
        line_put_text(&members, "secret", u->values->at[i].name);
        line_put_text(&members, "type", bytes_of_string(secret_type_text(new_value(u, i)->type)));
        change_put_log_line(change, u->env, line_number + i, "Secret set", buf_bytes(&members));
    }
}

/* On the writer's thread: are manifest, rights and generated secrets still those that it was checked against? */
static bool decide(void *arg, const struct snapshot *now, struct decision *decision,
                   struct err *err)
{
    struct upload *const u = arg;

    if (now->deployment != u->based_on->deployment || now->authority != u->based_on->authority)
        return err_set(err, FAIL_STATE,
                       "the manifest was updated in the meantime: no secret was set, try again");
    put_log_lines(u, now->log.lines, &u->change);
    if (!change_fits(now, &u->change, err))
        return false;
    decision->change = u->change;
    u->change = (struct change){ 0 };
    return true;
}

bool core_set_secrets(struct core *core, const struct snapshot *now,
                      const struct deployment_user *user, const struct secret_upload *upload,
                      struct err *err)
{
    auto_arena arena = { 0 };
    struct upload u = {
        .env = core->env,
        .based_on = now,
        .user = user,
        .values = upload,
        .arena = &arena,
    };

    if (now->phase != PHASE_ACCEPTING_MARBLES)
        return err_set(err, FAIL_STATE, CORE_WRONG_STATE);
    const bool done = prepare(&u, err) && writer_commit(core->writer, decide, &u, err);
    change_clear(&u.change);
    return done;
}
