/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/records.h"

#include "codec/text.h"

#include <inttypes.h>

/* Writers: order of members and nulls are those of the original. */

static void put_bool(struct buf *out, const char *name, bool value)
{
    json_put_name(out, name);
    buf_add_string(out, value ? "true" : "false");
}

static void put_uint(struct buf *out, const char *name, uint64_t value)
{
    json_put_name(out, name);
    buf_add_format(out, "%" PRIu64, value);
}

static void put_optional_uint(struct buf *out, const char *name, struct optional_uint value)
{
    json_put_name(out, name);
    if (value.present)
        buf_add_format(out, "%" PRIu64, value.value);
    else
        buf_add_string(out, "null");
}

static void put_text(struct buf *out, const char *name, struct bytes value)
{
    json_put_name(out, name);
    json_put_string(out, value);
}

static void put_octets(struct buf *out, const char *name, struct octets value)
{
    json_put_name(out, name);
    if (value.present)
        json_put_octets(out, value.value);
    else
        buf_add_string(out, "null");
}

void json_put_texts(struct buf *out, const char *name, const struct text_list *texts)
{
    json_put_name(out, name);
    if (!texts->present) {
        buf_add_string(out, "null");
        return;
    }
    buf_add_string(out, "[");
    for (size_t i = 0; i < texts->count; i++) {
        json_put_comma(out);
        json_put_string(out, texts->at[i]);
    }
    buf_add_string(out, "]");
}

/* A text or list in the manifest; a list here. */
static void put_references(struct buf *out, const struct reference_kind *kinds,
                           const struct text_list *references, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (references[i].present)
            json_put_texts(out, kinds[i].name, &references[i]);
    }
}

static void put_tdx(struct buf *out, const struct manifest_tdx *tdx)
{
    json_put_name(out, "TDX");
    buf_add_string(out, "{");
    put_references(out, tdx_reference_kinds, tdx->references, TDX_REFERENCE_COUNT);
    for (size_t i = 0; i < TDX_BITS_COUNT; i++) {
        if (!tdx->bits[i].present)
            continue;
        json_put_name(out, tdx_bits_kinds[i].name);
        buf_add_string(out, "{");
        put_text(out, "Value", tdx->bits[i].value);
        put_text(out, "Mask", tdx->bits[i].mask);
        buf_add_string(out, "}");
    }
    buf_add_string(out, "}");
}

static void put_snp_policy(struct buf *out, const struct snp_policy *policy)
{
    json_put_name(out, "Policy");
    buf_add_string(out, "{");
    for (size_t i = 0; i < SNP_POLICY_FLAG_COUNT; i++)
        put_bool(out, snp_policy_kinds[i].name, policy->flags[i]);
    put_uint(out, "ABIMajor", policy->abi_major);
    put_uint(out, "ABIMinor", policy->abi_minor);
    buf_add_string(out, "}");
}

/* With the defaults that the manifest left out, so that they never change under a running deployment. */
static void put_snp(struct buf *out, const struct manifest_snp *snp)
{
    json_put_name(out, "SNP");
    buf_add_string(out, "{");
    put_references(out, snp_reference_kinds, snp->references, SNP_REFERENCE_COUNT);
    put_uint(out, "MinimumGuestSVN", snp->minimum_guest_svn);
    json_put_name(out, "MinimumTCB");
    buf_add_string(out, "{");
    for (size_t i = 0; i < SNP_TCB_PART_COUNT; i++)
        put_uint(out, snp_tcb_part_names[i], snp->minimum_tcb[i]);
    buf_add_string(out, "}");
    put_uint(out, "VMPL", snp->vmpl);
    put_snp_policy(out, &snp->policy);
    if (snp->products.present)
        json_put_texts(out, "Products", &snp->products);
    buf_add_string(out, "}");
}

void record_write_package(const struct manifest_package *package, struct buf *out)
{
    buf_add_string(out, "{");
    put_bool(out, "Debug", package->debug);
    put_text(out, "UniqueID", package->unique_id);
    put_text(out, "SignerID", package->signer_id);
    put_optional_uint(out, "ProductID", package->product_id);
    put_optional_uint(out, "SecurityVersion", package->security_version);
    json_put_texts(out, "AcceptedTCBStatuses", &package->accepted_tcb_statuses);
    json_put_texts(out, "AcceptedAdvisories", &package->accepted_advisories);
    if (package->tdx.present)
        put_tdx(out, &package->tdx);
    if (package->snp.present)
        put_snp(out, &package->snp);
    buf_add_string(out, "}");
}

void record_write_infrastructure(const struct manifest_infrastructure *infrastructure,
                                 struct buf *out)
{
    buf_add_string(out, "{");
    put_octets(out, "CPUSVN", infrastructure->cpu_svn);
    put_optional_uint(out, "QESVN", infrastructure->qe_svn);
    put_optional_uint(out, "PCESVN", infrastructure->pce_svn);
    put_octets(out, "RootCA", infrastructure->root_ca);
    put_references(out, platform_reference_kinds, infrastructure->references,
                   PLATFORM_REFERENCE_COUNT);
    buf_add_string(out, "}");
}

static void put_parameter(struct buf *out, const struct manifest_parameter *parameter)
{
    auto_buf data = { 0 };

    switch (parameter->encoding) {
    case ENCODING_NONE:
    case ENCODING_STRING:
        buf_add(&data, parameter->data);
        break;
    case ENCODING_BASE64:
        base64_encode(&data, BASE64_STANDARD, parameter->data);
        break;
    case ENCODING_HEX:
        hex_encode(&data, parameter->data);
        break;
    }
    json_put_comma(out);
    json_put_string(out, parameter->name);
    buf_add_string(out, ":{");
    put_text(out, "Data", buf_bytes(&data));
    put_text(out, "Encoding", parameter->encoding_text);
    put_bool(out, "NoTemplates", parameter->no_templates);
    buf_add_string(out, "}");
}

static void put_parameters(struct buf *out, const char *name,
                           const struct manifest_parameters *parameters)
{
    json_put_name(out, name);
    if (!parameters->present) {
        buf_add_string(out, "null");
        return;
    }
    buf_add_string(out, "{");
    for (size_t i = 0; i < parameters->count; i++)
        put_parameter(out, &parameters->at[i]);
    buf_add_string(out, "}");
}

void record_write_marble(const struct manifest_marble *marble, struct buf *out)
{
    buf_add_string(out, "{");
    put_text(out, "Package", marble->package);
    put_uint(out, "MaxActivations", marble->max_activations);
    json_put_name(out, "Parameters");
    buf_add_string(out, "{");
    put_parameters(out, "Files", &marble->files);
    put_parameters(out, "Env", &marble->env);
    json_put_texts(out, "Argv", &marble->argv);
    buf_add_string(out, "}");
    json_put_texts(out, "TLS", &marble->tls);
    put_bool(out, "DisableSecretBinding", marble->disable_secret_binding);
    buf_add_string(out, "}");
}

static void put_tls_entries(struct buf *out, const char *name,
                            const struct manifest_tls_entries *entries)
{
    json_put_name(out, name);
    if (!entries->present) {
        buf_add_string(out, "null");
        return;
    }
    buf_add_string(out, "[");
    for (size_t i = 0; i < entries->count; i++) {
        json_put_comma(out);
        buf_add_string(out, "{");
        put_text(out, "Port", entries->at[i].port);
        put_text(out, "Addr", entries->at[i].addr);
        put_text(out, "Cert", entries->at[i].cert);
        put_bool(out, "DisableClientAuth", entries->at[i].disable_client_auth);
        buf_add_string(out, "}");
    }
    buf_add_string(out, "]");
}

void record_write_tls_tag(const struct manifest_tls_tag *tag, struct buf *out)
{
    buf_add_string(out, "{");
    put_tls_entries(out, "Outgoing", &tag->outgoing);
    put_tls_entries(out, "Incoming", &tag->incoming);
    buf_add_string(out, "}");
}

void stored_secret_write(const struct stored_secret *secret, struct buf *out)
{
    buf_add_string(out, "{");
    put_text(out, "Type", bytes_of_string(secret_type_text(secret->type)));
    put_uint(out, "Size", secret->size);
    put_bool(out, "Shared", secret->shared);
    put_bool(out, "UserDefined", secret->user_defined);
    put_octets(out, "Cert", secret->cert);
    put_uint(out, "ValidFor", secret->valid_for);
    put_octets(out, "Private", secret->private_value);
    put_octets(out, "Public", secret->public_value);
    buf_add_string(out, "}");
}

static void put_grant(struct buf *out, enum permission kind, const struct permission_grant *grant)
{
    const char *const id = permission_id(kind);

    json_put_name(out, id);
    buf_add_string(out, "{");
    put_text(out, "PermissionID", bytes_of_string(id));
    json_put_name(out, "ResourceID");
    buf_add_string(out, "{");
    for (size_t i = 0; i < grant->count; i++) {
        json_put_comma(out);
        json_put_string(out, grant->names[i]);
        buf_add_string(out, ":true");
    }
    buf_add_string(out, "}}");
}

void stored_user_write(const struct stored_user *user, struct buf *out)
{
    buf_add_string(out, "{");
    put_text(out, "Name", user->name);
    json_put_name(out, "Certificate");
    json_put_octets(out, user->certificate);
    json_put_name(out, "Permissions");
    buf_add_string(out, "{");
    /* The order of the enum is the order of the identifiers. */
    for (unsigned kind = 0; kind < PERMISSION_COUNT; kind++) {
        if (user->permissions.of[kind].held)
            put_grant(out, kind, &user->permissions.of[kind]);
    }
    buf_add_string(out, "}}");
}

bool stored_user_from_manifest(const struct manifest *m, const struct manifest_user *user,
                               struct arena *arena, struct stored_user *out, struct err *err)
{
    auto_cert *cert = manifest_user_certificate(user, err);

    if (cert == NULL)
        return false;
    *out = (struct stored_user){ .name = user->name,
                                 .certificate = arena_bytes(arena, cert_der(cert)),
                                 .permissions = permissions_of_user(m, user, arena) };
    return true;
}
