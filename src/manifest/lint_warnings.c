/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/lint.h"
#include "manifest/permissions.h"

#include <inttypes.h>
#include <stdlib.h>

/* What a Coordinator takes in silence. */

static struct manifest_finding warning(const char *rule, const struct json *place, const char *hint)
{
    return (struct manifest_finding){
        .severity = FINDING_WARNING, .rule = rule, .place = place, .hint = hint
    };
}

/* The member of this name, or the object itself. */
static const struct json *member_of(const struct json *object, const char *name)
{
    const struct json *found = object;

    for (const struct json *m = json_first(object); m != NULL; m = json_next(m))
        found = json_name_is(m, name) ? m : found;
    return found;
}

static void warn_of_keys(const struct manifest *m, struct manifest_findings *out)
{
    for (size_t i = 0; i < m->oddity_count; i++) {
        const struct manifest_oddity *const odd = &m->oddities[i];
        const struct bytes name = odd->source->name;
        struct manifest_finding f =
            warning("key-unknown", odd->source, "the Coordinator ignores it: correct or remove it");
        if (odd->field == NULL && odd->source->parent == m->document &&
            bytes_equal_string(name, "$schema"))
            continue;
        if (odd->field == NULL) {
            finding_add(out, &f, "unknown key \"%.*s\"", BYTES_FMT(name));
            continue;
        }
        f.rule = "key-case";
        f.hint = "write it as it is documented: other readers may not take it";
        finding_add(out, &f, "the key \"%.*s\" is taken for %s", BYTES_FMT(name), odd->field);
    }
}

static int by_name_and_place(const void *left, const void *right)
{
    const struct json *const a = *(const struct json *const *)left;
    const struct json *const b = *(const struct json *const *)right;
    const int order = bytes_compare(a->name, b->name);

    return order != 0 ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

static void warn_of_duplicates_in(const struct json *object, struct manifest_findings *out)
{
    size_t count = 0;

    for (const struct json *v = json_first(object); v != NULL; v = json_next(v))
        count++;
    if (count < 2)
        return;
    const struct json **const members = mem_zero_alloc(count, sizeof *members);
    count = 0;
    for (const struct json *v = json_first(object); v != NULL; v = json_next(v))
        members[count++] = v;
    qsort(members, count, sizeof *members, by_name_and_place);
    for (size_t i = 1; i < count; i++) {
        const struct manifest_finding f =
            warning("key-twice", members[i],
                    "keep one of them: the later one counts, objects are put together");
        if (bytes_equal(members[i - 1]->name, members[i]->name))
            finding_add(out, &f, "the key \"%.*s\" is there more than once",
                        BYTES_FMT(members[i]->name));
    }
    free(members);
}

/* Every object of the document, without a stack. */
static void warn_of_duplicates(const struct json *top, struct manifest_findings *out)
{
    for (const struct json *v = top; v != NULL;) {
        if (v->type == JSON_OBJECT)
            warn_of_duplicates_in(v, out);
        if (json_first(v) != NULL) {
            v = json_first(v);
            continue;
        }
        while (v != NULL && json_next(v) == NULL)
            v = v == top ? NULL : v->parent;
        v = v == NULL ? NULL : json_next(v);
    }
}

static void warn_of_packages(const struct manifest *m, struct manifest_findings *out)
{
    for (size_t i = 0; i < m->package_count; i++) {
        const struct manifest_package *const package = &m->packages[i];
        const struct manifest_finding f =
            warning("package-debug", member_of(package->source, "Debug"),
                    "remove Debug for production: whoever runs the host can read the secrets");
        if (package->debug)
            finding_add(out, &f, "package %.*s takes debug enclaves", BYTES_FMT(package->name));
    }
}

static void warn_of_marbles(const struct manifest *m, struct manifest_findings *out)
{
    for (size_t i = 0; i < m->marble_count; i++) {
        const struct manifest_marble *const marble = &m->marbles[i];
        const struct json *const place = member_of(marble->source, "MaxActivations");
        const struct manifest_finding f =
            warning("activations-unlimited", place, "0 is no limit: leave it out, or set one");
        if (marble->max_activations == 0 && place != marble->source)
            finding_add(out, &f, "Marble %.*s may be activated any number of times",
                        BYTES_FMT(marble->name));
    }
}

static void warn_of_one_key(const struct manifest_recovery_key *holder,
                            struct manifest_findings *out)
{
    const struct manifest_finding f =
        warning("recovery-key-weak", holder->source, "make a key of 3072 or 4096 bits");
    struct err ignored = { 0 };
    auto_key *key = manifest_recovery_public_key(holder, &ignored);

    if (key != NULL && key_bits(key) < WEAK_RSA_BITS)
        finding_add(out, &f, "recovery key %.*s has %u bits", BYTES_FMT(holder->name),
                    key_bits(key));
}

static void warn_of_recovery(const struct manifest *m, struct manifest_findings *out)
{
    struct manifest_finding f =
        warning("recovery-keys-missing", m->document,
                "add RecoveryKeys, or accept that the state is lost with the sealing key");

    for (size_t i = 0; i < m->recovery_key_count; i++)
        warn_of_one_key(&m->recovery_keys[i], out);
    if (m->recovery_key_count == 0)
        finding_add(out, &f, "there are no recovery keys: nobody can bring the state back");
    if (m->recovery_key_count != 1)
        return;
    f = warning("recovery-key-single", m->recovery_keys[0].source,
                "add more RecoveryKeys and a RecoveryThreshold");
    finding_add(out, &f, "%.*s alone can bring the state back, and nobody else can",
                BYTES_FMT(m->recovery_keys[0].name));
}

static void warn_of_certificate(const struct manifest_user *user, int64_t now,
                                struct manifest_findings *out)
{
    struct manifest_finding f =
        warning("user-certificate-expired", member_of(user->source, "Certificate"),
                "give the user a new certificate");
    struct err ignored = { 0 };
    auto_cert *cert = manifest_user_certificate(user, &ignored);

    if (cert == NULL)
        return;
    const int64_t end = cert_not_after(cert);
    if (end < now) {
        finding_add(out, &f, "the certificate of user %.*s has expired", BYTES_FMT(user->name));
    } else if (end - now < EXPIRES_SOON) {
        f.rule = "user-certificate-expires";
        finding_add(out, &f, "the certificate of user %.*s expires in %" PRId64 " days",
                    BYTES_FMT(user->name), (end - now) / (24 * 60 * 60));
    }
    if (cert_not_before(cert) > now) {
        f.rule = "user-certificate-early";
        f.hint = "see whether the clock or the certificate is wrong";
        finding_add(out, &f, "the certificate of user %.*s is not valid yet",
                    BYTES_FMT(user->name));
    }
}

static void warn_of_users(const struct manifest *m, int64_t now, struct manifest_findings *out)
{
    auto_arena arena = { 0 };
    const struct manifest_user *holder = NULL;
    size_t holders = 0;

    for (size_t i = 0; i < m->user_count; i++) {
        const struct manifest_user *const user = &m->users[i];
        warn_of_certificate(user, now, out);
        const struct permissions p = permissions_of_user(m, user, &arena);
        if (p.of[PERMISSION_UPDATE_MANIFEST].held) {
            holder = holder == NULL ? user : holder;
            holders++;
        }
    }
    struct manifest_finding f = warning("update-single", holder == NULL ? NULL : holder->source,
                                        "give UpdateManifest to several users");
    if (holders == 1)
        finding_add(out, &f, "%.*s alone may update the manifest", BYTES_FMT(holder->name));
    f.place =
        member_of(m->config.source == NULL ? m->document : m->config.source, "UpdateThreshold");
    f.hint = "set an UpdateThreshold of 2 or more, or none: then all have to agree";
    if (holders > 1 && m->config.update_threshold == 1)
        finding_add(out, &f, "each of %zu users may update the manifest alone", holders);
}

void lint_warn(const struct manifest *m, int64_t now, struct manifest_findings *out)
{
    warn_of_keys(m, out);
    warn_of_duplicates(m->document, out);
    warn_of_packages(m, out);
    warn_of_marbles(m, out);
    warn_of_recovery(m, out);
    warn_of_users(m, now, out);
}
