/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dry_run.h"

#include "grpc/grpc.h"

/* Whatever is not known yet is this one byte. */
static const struct bytes STAND_IN = { (const uint8_t *)"A", 1 };

struct dry_secrets {
    const struct manifest *manifest;
    dry_run_secret *secret;
    void *arg;
};

static bool secret_by_name(const void *ctx, bool previous, struct bytes name,
                           struct template_secret *out)
{
    const struct dry_secrets *const all = ctx;
    const struct manifest_secret *const found = manifest_secret(all->manifest, name);
    bool given = false;

    (void)previous; /* a dry run shows the same in both generations */
    if (found == NULL)
        return false;
    const struct stored_secret *const s =
        all->secret(all->arg, (size_t)(found - all->manifest->secrets), &given);
    if (s == NULL)
        return false;
    *out = stored_secret_for_template(s);
    if (s->user_defined && !given)
        out->cert_der = out->private_bytes = out->public_bytes = STAND_IN;
    return true;
}

static bool next_by_name(const void *ctx, bool previous, struct bytes after, bool first,
                         struct bytes *name)
{
    (void)previous;
    return manifest_next_secret(((const struct dry_secrets *)ctx)->manifest, after, first, name);
}

/* *total: what the Marble gets so far, in bytes; more than a message never reaches it. */
static bool add_to(size_t *total, size_t len, struct err *err)
{
    *total += len;
    return *total <= GRPC_MESSAGE_MAX ||
           err_set(err, FAIL_MALFORMED,
                   "with it the parameters are larger than %d bytes, which no Marble takes",
                   GRPC_MESSAGE_MAX);
}

static bool run_parameter(const struct manifest_parameter *p, const struct template_data *data,
                          size_t *total, struct err *err)
{
    auto_buf out = { 0 };

    if (p->program != NULL && !template_execute(p->program->template, data, &out, err))
        return false;
    return add_to(total, p->name.len + (p->program == NULL ? p->data.len : out.len), err);
}

static bool run_marble(const struct manifest_marble *m, const struct template_data *data,
                       struct err *err)
{
    size_t total = 0;

    for (size_t i = 0; i < m->files.count; i++) {
        if (!run_parameter(&m->files.at[i], data, &total, err))
            return err_in(err, "file %.*s", BYTES_FMT(m->files.at[i].name));
    }
    for (size_t i = 0; i < m->env.count; i++) {
        if (!run_parameter(&m->env.at[i], data, &total, err))
            return err_in(err, "env variable %.*s", BYTES_FMT(m->env.at[i].name));
    }
    for (size_t i = 0; i < m->argv.count; i++) {
        if (!add_to(&total, m->argv.at[i].len, err))
            return err_in(err, "argument %zu", i);
    }
    return true;
}

bool dry_run(const struct manifest *manifest, dry_run_secret *secret, void *arg, struct err *err)
{
    const struct dry_secrets all = { manifest, secret, arg };
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
