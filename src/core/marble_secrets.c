/* SPDX-License-Identifier: Apache-2.0 */
#include "core/marble_secrets.h"

#include "state/names.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by generation and name. Those that do not exist are not kept: a template may ask for any number of names. */
struct made_secret {
    bool previous;
    struct bytes name; /* in the arena: a template may compute it, and forget it when it ends */
    struct stored_secret value;
};

void marble_secrets_clear(struct marble_secrets *s)
{
    free(s->made); /* views only, the values are in the arena */
    s->made = NULL;
    s->count = s->room = 0;
}

/* The place of a secret among those that are made; *found: it is there. */
static size_t place_of(const struct marble_secrets *s, bool previous, struct bytes name,
                       bool *found)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct made_secret *const m = &s->made[middle];
        const int order = m->previous != previous ? (int)previous - (int)m->previous
                                                  : bytes_compare(name, m->name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

static struct made_secret *insert(struct marble_secrets *s, size_t at)
{
    if (s->count == s->room) {
        s->room = s->room == 0 ? 8 : 2 * s->room;
        s->made = mem_resize(s->made, s->room * sizeof s->made[0]);
    }
    memmove(&s->made[at + 1], &s->made[at], (s->count - at) * sizeof s->made[0]);
    s->count++;
    s->made[at] = (struct made_secret){ 0 };
    return &s->made[at];
}

/* What the state holds: false when it has no such secret, or s->failure says why. */
static bool load(struct marble_secrets *s, const char *prefix, struct bytes name,
                 struct stored_secret *out)
{
    return snapshot_secret(s->now, prefix, name, s->arena, out, &s->failure);
}

static bool is_per_marble(bool shared, bool user_defined)
{
    return !shared && !user_defined;
}

static bool derive(struct marble_secrets *s, const struct secret *root_secret, struct bytes name,
                   struct stored_secret *out)
{
    struct bytes key;

    if (!material_derive_key(secret_bytes(root_secret), s->uuid, name, s->binding, out->size,
                             s->arena, &key, &s->failure))
        return false;
    out->private_value = out->public_value = (struct octets){ true, key };
    return true;
}

/*
 * As the manifest says, with the hash of the stored placeholder where it says none: a state that was made
 * by an older release has both a smaller CA key and certificates that a newer one has signed.
 */
static struct cert_template current_template(struct marble_secrets *s, struct bytes name,
                                             const struct manifest_secret *m)
{
    struct cert_template t = *m->template, placeholder;
    struct stored_secret stored;
    struct err unusable = { 0 };

    if (t.signature_algorithm == 0 && load(s, PREFIX_SECRET, name, &stored) &&
        stored_secret_template(&stored, s->arena, &placeholder, &unusable))
        t.signature_algorithm = placeholder.signature_algorithm;
    return t;
}

/* The manifest says what it is; only shared and user-defined ones have a stored value. */
static bool make_current(struct marble_secrets *s, struct bytes name, struct stored_secret *out)
{
    const struct authority *const a = s->now->authority;
    const struct manifest_secret *const m = manifest_secret(s->now->deployment->manifest, name);

    if (m == NULL)
        return false;
    if (!is_per_marble(m->shared, m->user_defined))
        return load(s, PREFIX_SECRET, name, out);
    *out = (struct stored_secret){ .type = m->type,
                                   .size = m->size,
                                   .valid_for = material_valid_for(m) };
    if (m->type == SECRET_SYMMETRIC_KEY)
        return derive(s, a->root_secret, name, out);
    const struct cert_template t = current_template(s, name, m);
    return s->failure.kind == FAIL_NONE &&
           material_issue(s->env, a, m->type, m->size, &t, s->arena, out, &s->failure);
}

/* Issued by the manifest while its definition is still that of the previous generation, else as the stored placeholder. */
static bool previous_template(struct marble_secrets *s, struct bytes name,
                              const struct stored_secret *stored, struct cert_template *t)
{
    const struct manifest_secret *const m = manifest_secret(s->now->deployment->manifest, name);

    if (m != NULL && m->type == stored->type && m->size == stored->size &&
        is_per_marble(m->shared, m->user_defined) && material_valid_for(m) == stored->valid_for) {
        *t = *m->template;
        return true;
    }
    return stored_secret_template(stored, s->arena, t, &s->failure);
}

static bool make_previous(struct marble_secrets *s, struct bytes name, struct stored_secret *out)
{
    const struct authority *const a = s->now->authority;
    struct cert_template t;

    if (!load(s, PREFIX_PREVIOUS_SECRET, name, out))
        return false;
    if (!is_per_marble(out->shared, out->user_defined))
        return true;
    if (out->type == SECRET_SYMMETRIC_KEY)
        return derive(s, a->previous_root_secret != NULL ? a->previous_root_secret : a->root_secret,
                      name, out);
    return previous_template(s, name, out, &t) &&
           material_issue(s->env, a, out->type, out->size, &t, s->arena, out, &s->failure);
}

static bool make(struct marble_secrets *s, bool previous, struct bytes name,
                 struct stored_secret *out)
{
    if (s->failure.kind != FAIL_NONE)
        return false;
    if (previous ? make_previous(s, name, out) : make_current(s, name, out))
        return true;
    if (s->failure.kind != FAIL_NONE)
        (void)err_in(&s->failure, "secret %.*s", BYTES_FMT(name));
    return false;
}

bool marble_secret(struct marble_secrets *s, bool previous, struct bytes name,
                   struct stored_secret *out)
{
    bool found = false;
    const size_t at = place_of(s, previous, name, &found);

    if (!found) {
        struct stored_secret value = { 0 };
        if (!make(s, previous, name, &value))
            return false;
        *insert(s, at) = (struct made_secret){ previous, arena_bytes(s->arena, name), value };
    }
    *out = s->made[at].value;
    return true;
}
