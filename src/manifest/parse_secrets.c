/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

/* Secrets, manifest.md 7.1 and 7.8. */

/* Shared by all secrets without Cert and ValidFor, of which there may be very many. */
static const struct cert_template empty_template;

struct secret_draft {
    struct manifest_secret secret;
    struct cert_draft cert;
};

static void finish_cert(struct parse *p, struct manifest_secret *secret, struct cert_draft *cert)
{
    secret->has_cert = cert->has_cert;
    secret->cert = cert->der;
    secret->template = &empty_template;
    if (cert->has_cert || secret->valid_for != 0) {
        struct cert_template *const template = arena_alloc(p->arena, sizeof *template);
        *template = cert->template;
        template->valid_for_days = secret->valid_for;
        secret->template = template;
    }
    if (!secret->user_defined && cert->no_template)
        parse_objection(p, cert->source, "this certificate is not supported as a template");
    if (secret->user_defined && cert->has_raw)
        parse_objection(p, cert->source,
                        "Raw is not allowed in the Cert object of a user-defined secret");
}

bool parse_secret(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Type", struct secret_draft, secret.type_text, read_text),
        FIELD("Size", struct secret_draft, secret.size, read_uint64),
        FIELD("Shared", struct secret_draft, secret.shared, read_bool),
        FIELD("UserDefined", struct secret_draft, secret.user_defined, read_bool),
        FIELD("Cert", struct secret_draft, cert, parse_cert),
        FIELD("ValidFor", struct secret_draft, secret.valid_for, read_uint64),
        FIELD("Private", struct secret_draft, secret.private_value, read_octets),
        FIELD("Public", struct secret_draft, secret.public_value, read_octets),
    };
    struct manifest_secret *const secret = out;
    struct secret_draft draft = { .secret = *secret };

    if (!parse_fields(p, value, fields, COUNT_OF(fields), &draft))
        return false;
    *secret = draft.secret;
    secret->type = secret_type_from_text(secret->type_text);
    finish_cert(p, secret, &draft.cert);
    return true;
}
