/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/diff.h"

#include <inttypes.h>

/* Packages, Marbles, TLS tags, infrastructures and `Config`; and the order of all sections. */

static const char *package_consequence(const struct manifest_package *old,
                                       const struct manifest_package *new)
{
    if (old == NULL)
        return "";
    if (new == NULL)
        return "Marbles of this package are not activated any more; running ones keep running";
    if (new->debug && !old->debug)
        return "debug enclaves are taken: whoever runs the host can read their secrets";
    if (old->security_version.present &&
        (!new->security_version.present ||
         new->security_version.value < old->security_version.value))
        return "a downgrade: older versions of the software are taken again";
    return "Marbles are held to it from their next activation on; running ones keep running";
}

static void visit_package(struct differ *d, const void *left, const void *right)
{
    const struct manifest_package *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (old != NULL && new != NULL) {
        diff_bool(&what, "Debug", old->debug, new->debug);
        diff_text(&what, "UniqueID", old->unique_id, new->unique_id);
        diff_text(&what, "SignerID", old->signer_id, new->signer_id);
        diff_optional(&what, "ProductID", old->product_id, new->product_id);
        diff_optional(&what, "SecurityVersion", old->security_version, new->security_version);
        diff_flag(&what, "AcceptedTCBStatuses",
                  !diff_texts_same(&old->accepted_tcb_statuses, &new->accepted_tcb_statuses));
        diff_flag(&what, "AcceptedAdvisories",
                  !diff_texts_same(&old->accepted_advisories, &new->accepted_advisories));
        diff_flag(&what, "TDX", !diff_json_same(old->tdx.source, new->tdx.source));
        diff_flag(&what, "SNP", !diff_json_same(old->snp.source, new->snp.source));
    }
    diff_add(d, "Packages", old == NULL ? new->name : old->name,
             old == NULL   ? CHANGE_ADDED
             : new == NULL ? CHANGE_REMOVED
                           : CHANGE_CHANGED,
             &what, package_consequence(old, new));
}

/* In an update of packages only the security version of what is named counts. */
static void visit_version(struct differ *d, const void *left, const void *right)
{
    const struct manifest_package *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (new == NULL)
        return;
    if (old == NULL) {
        diff_add(d, "Packages", new->name, CHANGE_ADDED, &what,
                 "refused: an update of packages names only packages that are there");
        return;
    }
    diff_optional(&what, "SecurityVersion", old->security_version, new->security_version);
    const bool other =
        new->debug || new->unique_id.len > 0 || new->signer_id.len > 0 || new->product_id.present;
    diff_flag(&what, "what an update of packages cannot change", other);
    if (what.len == 0 && !new->security_version.present)
        buf_add_string(&what, "nothing");
    const bool lower =
        old->security_version.present && new->security_version.value < old->security_version.value;
    diff_add(d, "Packages", new->name, CHANGE_CHANGED, &what,
             other                            ? "refused: only SecurityVersion may be given"
             : !new->security_version.present ? "refused: SecurityVersion has to be given"
             : lower ? "refused: a security version is never lowered by an update of packages"
                     : "Marbles are held to it from their next activation on; running ones keep "
                       "running");
}

static bool parameter_same(const struct manifest_parameter *a, const struct manifest_parameter *b)
{
    return bytes_equal(a->data, b->data) && a->no_templates == b->no_templates;
}

static void put_parameter(struct buf *what, const char *kind, struct bytes name, const char *how)
{
    buf_add_format(what, "%s%s %.*s %s", what->len == 0 ? "" : ", ", kind, BYTES_FMT(name), how);
}

/* Both are sorted by name. Values are not shown: they may be secret. */
static void diff_parameters(struct buf *what, const char *kind,
                            const struct manifest_parameters *old,
                            const struct manifest_parameters *new)
{
    size_t i = 0, j = 0;

    while (i < old->count || j < new->count) {
        const int order = i == old->count   ? 1
                          : j == new->count ? -1
                                            : bytes_compare(old->at[i].name, new->at[j].name);
        if (order < 0)
            put_parameter(what, kind, old->at[i].name, "removed");
        else if (order > 0)
            put_parameter(what, kind, new->at[j].name, "added");
        else if (!parameter_same(&old->at[i], &new->at[j]))
            put_parameter(what, kind, new->at[j].name, "changed");
        i += order <= 0;
        j += order >= 0;
    }
}

static void visit_marble(struct differ *d, const void *left, const void *right)
{
    const struct manifest_marble *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (old == NULL) {
        diff_add(d, "Marbles", new->name, CHANGE_ADDED, &what, "");
        return;
    }
    if (new == NULL) {
        diff_add(d, "Marbles", old->name, CHANGE_REMOVED, &what,
                 "it is not activated any more; running ones keep running, and its counter of "
                 "activations stays");
        return;
    }
    diff_text(&what, "Package", old->package, new->package);
    diff_number(&what, "MaxActivations", old->max_activations, new->max_activations);
    diff_flag(&what, "Argv", !diff_texts_same(&old->argv, &new->argv));
    diff_parameters(&what, "Files", &old->files, &new->files);
    diff_parameters(&what, "Env", &old->env, &new->env);
    diff_flag(&what, "TLS", !diff_texts_same(&old->tls, &new->tls));
    diff_bool(&what, "DisableSecretBinding", old->disable_secret_binding,
              new->disable_secret_binding);
    diff_add(d, "Marbles", new->name, CHANGE_CHANGED, &what,
             "it counts from the next activation on; running ones keep what they have");
}

static bool entries_same(const struct manifest_tls_entries *a, const struct manifest_tls_entries *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; same && i < a->count; i++)
        same = bytes_equal(a->at[i].port, b->at[i].port) &&
               bytes_equal(a->at[i].addr, b->at[i].addr) &&
               bytes_equal(a->at[i].cert, b->at[i].cert) &&
               a->at[i].disable_client_auth == b->at[i].disable_client_auth;
    return same;
}

static void visit_tag(struct differ *d, const void *left, const void *right)
{
    const struct manifest_tls_tag *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (old != NULL && new != NULL) {
        diff_flag(&what, "Outgoing", !entries_same(&old->outgoing, &new->outgoing));
        diff_flag(&what, "Incoming", !entries_same(&old->incoming, &new->incoming));
    }
    diff_add(d, "TLS", old == NULL ? new->name : old->name,
             old == NULL   ? CHANGE_ADDED
             : new == NULL ? CHANGE_REMOVED
                           : CHANGE_CHANGED,
             &what, "Marbles with this tag get it at their next activation");
}

static void visit_infrastructure(struct differ *d, const void *left, const void *right)
{
    const struct manifest_infrastructure *const old = left, *const new = right;
    auto_buf what = { 0 };

    if (old != NULL && new != NULL)
        diff_flag(&what, "values", !diff_json_same(old->source, new->source));
    diff_add(d, "Infrastructures", old == NULL ? new->name : old->name,
             old == NULL   ? CHANGE_ADDED
             : new == NULL ? CHANGE_REMOVED
                           : CHANGE_CHANGED,
             &what, "evidence is held to it from the next activation on");
}

static void add_config(struct differ *d, const struct buf *what, const char *consequence)
{
    diff_add(d, "Config", BYTES_NONE, CHANGE_CHANGED, what, consequence);
}

static void diff_config(struct differ *d)
{
    const struct manifest_config *const old = &d->old->config, *const new = &d->new->config;
    auto_buf seal = { 0 }, gates = { 0 }, update = { 0 }, recovery = { 0 }, rotate = { 0 };

    if (old->seal_mode != new->seal_mode)
        diff_text(&seal, "SealMode",
                  old->seal_mode == SEAL_MODE_PRODUCT_KEY ? BYTES_LITERAL("ProductKey")
                                                          : old->seal_mode_text,
                  new->seal_mode == SEAL_MODE_PRODUCT_KEY ? BYTES_LITERAL("ProductKey")
                                                          : new->seal_mode_text);
    add_config(d, &seal,
               d->out->new_recovery_secrets
                   ? "in force with this update, because the state gets new keys"
                   : "in force at the Coordinator's next restart, because the recovery keys stay");
    diff_flag(&gates, "FeatureGates", old->feature_gates != new->feature_gates);
    add_config(d, &gates, "in force with this update");
    diff_number(&update, "UpdateThreshold", old->update_threshold, new->update_threshold);
    add_config(d, &update, "it counts from the next update on, not for this one");
    diff_number(&recovery, "RecoveryThreshold", old->recovery_threshold, new->recovery_threshold);
    add_config(d, &recovery, "");
    diff_bool(&rotate, "RotateRootSecret", old->rotate_root_secret, new->rotate_root_secret);
    add_config(d, &rotate, "");
}

static void diff_packages_only(struct differ *d)
{
    diff_walk(d, DIFF_TABLE(d->old, packages, package_count),
              DIFF_TABLE(d->new, packages, package_count), visit_version);
    d->out->kind = d->out->count > 0 ? UPDATE_PACKAGES : UPDATE_NONE;
    if (d->new->package_count == 0)
        diff_say(d, "refused: an update of packages has to name one");
    if (d->out->count == 0)
        return;
    diff_say(d, "this is an update of packages: it is in force at once, and nobody has to "
                "acknowledge it");
    diff_raisers(d);
    diff_say(d, "a new intermediate CA is made, and shared certificates are issued anew by it with "
                "the end they had; keys, user-defined secrets and the recovery secrets stay");
    diff_say(d, "the manifest's fingerprint stays; the new versions stand in the update log");
    if (d->new->config.source != NULL)
        diff_say(d, "Config of an update of packages is ignored");
}

static void diff_everything(struct differ *d)
{
    diff_walk(d, DIFF_TABLE(d->old, packages, package_count),
              DIFF_TABLE(d->new, packages, package_count), visit_package);
    diff_walk(d, DIFF_TABLE(d->old, marbles, marble_count),
              DIFF_TABLE(d->new, marbles, marble_count), visit_marble);
    diff_secrets(d);
    diff_walk(d, DIFF_TABLE(d->old, tls_tags, tls_tag_count),
              DIFF_TABLE(d->new, tls_tags, tls_tag_count), visit_tag);
    diff_walk(d, DIFF_TABLE(d->old, infrastructures, infrastructure_count),
              DIFF_TABLE(d->new, infrastructures, infrastructure_count), visit_infrastructure);
    diff_access(d);
    diff_config(d);
}

static void diff_full(struct differ *d)
{
    diff_everything(d);
    d->out->kind = d->out->count > 0 ? UPDATE_FULL : UPDATE_NONE;
    if (d->out->count == 0) {
        d->out->consequence_count = 0;
        return;
    }
    diff_say(d, "a new intermediate CA is made; certificates of running Marbles stay good among "
                "them, but do not verify against the new one");
    diff_holders(d);
}

void manifest_diff(const struct manifest *old, const struct manifest *new,
                   struct manifest_diff *out)
{
    struct differ d = { old, new, out };

    *out = (struct manifest_diff){ 0 };
    if (manifest_is_package_update(new) && !manifest_is_package_update(old))
        diff_packages_only(&d);
    else
        diff_full(&d);
}
