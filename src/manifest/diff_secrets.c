/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/diff.h"

/* Secrets, by the table of client-api.md, 11.5. */

static const struct json *cert_of(const struct manifest_secret *secret)
{
    const struct json *found = NULL;

    for (const struct json *m = json_first(secret->source); m != NULL; m = json_next(m))
        found = json_name_is(m, "Cert") ? m : found;
    return found;
}

static bool definition_same(const struct manifest_secret *old, const struct manifest_secret *new)
{
    return old->type == new->type && old->size == new->size && old->shared == new->shared &&
           old->user_defined == new->user_defined && old->valid_for == new->valid_for;
}

static const char *added_consequence(const struct manifest_secret *new)
{
    if (new->user_defined)
        return "a user has to upload its value, unless the manifest has one";
    return new->shared ? "it is generated" : "it is made for each Marble";
}

static const char *changed_consequence(const struct manifest_secret *old,
                                       const struct manifest_secret *new)
{
    const bool same = definition_same(old, new);

    if (same && new->user_defined)
        return "the value that was uploaded stays";
    if (new->user_defined)
        return old->user_defined
                   ? "the value that was uploaded is lost: it has to be uploaded again"
                   : "the old value and the previous one are lost: a user has to "
                     "upload its value";
    if (!same)
        return "the old value and the previous one are lost; it is made anew";
    return "it is issued anew from the new Cert";
}

static void visit_secret(struct differ *d, const void *left, const void *right)
{
    const struct manifest_secret *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (old == NULL) {
        diff_add(d, "Secrets", new->name, CHANGE_ADDED, &what, added_consequence(new));
        return;
    }
    if (new == NULL) {
        diff_add(d, "Secrets", old->name, CHANGE_REMOVED, &what,
                 "its value and the previous one are deleted");
        return;
    }
    diff_text(&what, "Type", old->type_text, new->type_text);
    diff_number(&what, "Size", old->size, new->size);
    diff_bool(&what, "Shared", old->shared, new->shared);
    diff_bool(&what, "UserDefined", old->user_defined, new->user_defined);
    diff_number(&what, "ValidFor", old->valid_for, new->valid_for);
    diff_flag(&what, "Cert", !diff_json_same(cert_of(old), cert_of(new)));
    diff_add(d, "Secrets", new->name, CHANGE_CHANGED, &what, changed_consequence(old, new));
}

/* What happens to a secret whose definition stays. */
enum fate { FATE_VALUE_KEPT, FATE_KEY_KEPT, FATE_KEY_NEW, FATE_CERT_NEW };

static enum fate fate_of(const struct manifest *m, const struct manifest_secret *secret)
{
    if (secret->user_defined)
        return FATE_VALUE_KEPT;
    if (secret_type_is_certificate(secret->type))
        return FATE_CERT_NEW;
    return m->config.rotate_root_secret ? FATE_KEY_NEW : FATE_KEY_KEPT;
}

/* One sentence with the names of all whose definition stays and who share this fate. */
static void say_fate(struct differ *d, enum fate fate, const char *sentence)
{
    auto_buf names = { 0 };

    for (size_t i = 0; i < d->new->secret_count; i++) {
        const struct manifest_secret *const secret = &d->new->secrets[i];
        const struct manifest_secret *const old = manifest_secret(d->old, secret->name);
        if (old != NULL && definition_same(old, secret) && fate_of(d->new, secret) == fate)
            buf_add_format(&names, "%s%.*s", names.len == 0 ? "" : ", ", BYTES_FMT(secret->name));
    }
    if (names.len > 0)
        diff_say(d, "%s: %.*s", sentence, (int)names.len, (const char *)names.at);
}

void diff_secrets(struct differ *d)
{
    diff_walk(d, DIFF_TABLE(d->old, secrets, secret_count),
              DIFF_TABLE(d->new, secrets, secret_count), visit_secret);
    say_fate(d, FATE_CERT_NEW, "certificates issued anew, with new keys");
    say_fate(d, FATE_KEY_NEW,
             "symmetric keys regenerated, because RotateRootSecret is set (the old ones become "
             "the previous ones)");
    say_fate(d, FATE_KEY_KEPT, "symmetric keys kept");
    say_fate(d, FATE_VALUE_KEPT, "uploaded values kept");
    if (d->new->config.rotate_root_secret)
        diff_say(d, "the root secret is replaced: all secrets that Marbles derive from it change");
}
