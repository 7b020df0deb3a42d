/* SPDX-License-Identifier: Apache-2.0 */
#include "core/marble_identity.h"

#include "codec/text.h"

enum { MARBLE_KEY_BITS = 384 };

static const int64_t MARBLE_PURPOSES[] = { 1, 2 }; /* serverAuth, clientAuth (manifest.md, 7.7) */

void marble_identity_clear(struct marble_identity *identity)
{
    cert_free(identity->cert);
    buf_clear(&identity->private_der);
    buf_clear(&identity->public_der);
    buf_clear(&identity->cert_pem);
    buf_clear(&identity->key_pem);
    *identity = (struct marble_identity){ 0 };
}

static bool read_request(struct bytes csr, struct arena *arena, struct cert_template *t,
                         struct err *err)
{
    if (csr_read(csr, arena, t, err))
        return true;
    if (err->kind == FAIL_DENIED)
        return err_set(err, FAIL_INTERNAL, "signature over CSR is invalid");
    err->kind = FAIL_INTERNAL;
    return err_in(err, "parsing CSR");
}

static void fill_profile(struct cert_template *t, struct bytes uuid,
                         const struct cert_extra_extension *marble_type, int64_t now)
{
    t->subject.common_name = uuid;
    t->has_not_after = true;
    t->not_after = now + CERT_FOREVER_SECONDS;
    t->key_usage = CERT_USAGE_SIGNATURE | CERT_USAGE_KEY_AGREEMENT;
    t->has_ext_key_usage = true;
    t->ext_key_usage_count = COUNT_OF(MARBLE_PURPOSES);
    t->ext_key_usage = MARBLE_PURPOSES;
    t->extension_count = 1;
    t->extensions = marble_type;
}

bool marble_identity_issue(const struct env *env, const struct authority *authority,
                           struct bytes csr, struct bytes uuid, struct bytes marble,
                           struct marble_identity *out, struct err *err)
{
    const int64_t now = env->now_ms(env->ctx) / 1000;
    const struct cert_extra_extension marble_type = { .dotted = BYTES_LITERAL(CERT_OID_MARBLE_TYPE),
                                                      .value = marble };
    auto_arena arena = { 0 };
    struct cert_template t;

    *out = (struct marble_identity){ 0 };
    if (!read_request(csr, &arena, &t, err))
        return false;
    fill_profile(&t, uuid, &marble_type, now);
    auto_key *key = key_generate(KEY_ECDSA, MARBLE_KEY_BITS, err);
    if (key == NULL)
        return false;
    out->cert = cert_issue(&t, key, authority->marble_root, authority->intermediate_key, now, err);
    if (out->cert == NULL || !key_private_pkcs8(key, &out->private_der, err) ||
        !key_public_der(key, &out->public_der, err)) {
        err->kind =
            FAIL_INTERNAL; /* names that no certificate can hold are no fault of the manifest */
        return false;
    }
    cert_pem(out->cert, &out->cert_pem);
    pem_encode(&out->key_pem, "PRIVATE KEY", buf_bytes(&out->private_der));
    return true;
}
