/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dry_run.h"

#include "manifest/template/template.h"

#include <stdlib.h>

/* Whatever is not known yet is this one byte. */
static const struct bytes STAND_IN = { (const uint8_t *)"A", 1 };

struct dry_secrets {
    const struct manifest *manifest;
    const struct stored_secret *secrets;
};

static bool secret_by_name(const void *ctx, bool previous, struct bytes name,
                           struct template_secret *out)
{
    const struct dry_secrets *const all = ctx;
    const struct manifest_secret *const found = manifest_secret(all->manifest, name);

    (void)previous; /* before the first update both generations are the same */
    if (found == NULL)
        return false;
    const struct stored_secret *const s = &all->secrets[found - all->manifest->secrets];
    *out = (struct template_secret){
        .type = bytes_of_string(secret_type_text(s->type)),
        .size = s->size,
        .valid_for = s->valid_for,
        .shared = s->shared,
        .user_defined = s->user_defined,
        .cert_der = s->user_defined ? STAND_IN : s->cert.value,
        .private_bytes = s->user_defined ? STAND_IN : s->private_value.value,
        .public_bytes = s->user_defined ? STAND_IN : s->public_value.value,
    };
    return true;
}

/* The secrets of a manifest are sorted by name. */
static bool next_by_name(const void *ctx, bool previous, struct bytes after, bool first,
                         struct bytes *name)
{
    const struct manifest *const m = ((const struct dry_secrets *)ctx)->manifest;
    size_t low = 0, high = m->secret_count;

    (void)previous;
    while (!first && low < high) {
        const size_t mid = low + (high - low) / 2;
        if (bytes_compare(m->secrets[mid].name, after) > 0)
            high = mid;
        else
            low = mid + 1;
    }
    if (low >= m->secret_count)
        return false;
    *name = m->secrets[low].name;
    return true;
}

static bool run_template(const struct manifest_parameter *p, enum template_context context,
                         const struct template_data *data, struct err *err)
{
    auto_buf out = { 0 };

    if (p->no_templates)
        return true;
    auto_template *t = template_compile(p->data, context, err);
    return t != NULL && template_execute(t, data, &out, err);
}

static bool run_marble(const struct manifest_marble *m, const struct template_data *data,
                       struct err *err)
{
    for (size_t i = 0; i < m->files.count; i++) {
        if (!run_template(&m->files.at[i], TEMPLATE_FILE, data, err))
            return err_in(err, "file %.*s", BYTES_FMT(m->files.at[i].name));
    }
    for (size_t i = 0; i < m->env.count; i++) {
        if (!run_template(&m->env.at[i], TEMPLATE_ENV, data, err))
            return err_in(err, "env variable %.*s", BYTES_FMT(m->env.at[i].name));
    }
    return true;
}

bool dry_run(const struct manifest *manifest, const struct stored_secret *secrets, struct err *err)
{
    const struct dry_secrets all = { manifest, secrets };
    const struct template_data data = {
        .ctx = &all,
        .secret = secret_by_name,
        .next_secret = next_by_name,
        .root_ca_cert = STAND_IN,
        .marble_cert = STAND_IN,
        .marble_private = STAND_IN,
        .marble_public = STAND_IN,
        .coordinator_root_cert = STAND_IN,
        .coordinator_intermediate_cert = STAND_IN,
    };

    for (size_t i = 0; i < manifest->marble_count; i++) {
        const struct manifest_marble *const m = &manifest->marbles[i];
        if (!run_marble(m, &data, err)) {
            (void)err_in(err, "in Marble %.*s", BYTES_FMT(m->name));
            return err_in(err, "running manifest template dry run");
        }
    }
    return true;
}
