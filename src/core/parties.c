/* SPDX-License-Identifier: Apache-2.0 */
#include "core/internal.h"

#include "codec/json.h"
#include "codec/text.h"
#include "state/names.h"

#include <stdlib.h>
#include <string.h>

void parties_clear(struct parties *parties)
{
    for (size_t i = 0; i < parties->count; i++)
        key_free(parties->at[i].key);
    free(parties->at);
    *parties = (struct parties){ 0 };
}

bool parties_of(const struct manifest *manifest, struct parties *parties, struct err *err)
{
    if (manifest->recovery_key_count > RECOVERY_MAX_HOLDERS)
        return err_set(err, FAIL_MALFORMED, "%zu recovery keys are more than %d",
                       manifest->recovery_key_count, RECOVERY_MAX_HOLDERS);
    parties->at = mem_zero_alloc(manifest->recovery_key_count, sizeof parties->at[0]);
    for (size_t i = 0; i < manifest->recovery_key_count; i++) {
        const struct manifest_recovery_key *const k = &manifest->recovery_keys[i];
        struct key *const key = manifest_recovery_public_key(k, err);
        if (key == NULL)
            return err_in(err, "recovery key %.*s", BYTES_FMT(k->name));
        parties->at[parties->count++] = (struct recovery_party){ k->name, key };
    }
    return true;
}

struct recovery_request recovery_request_of(const struct manifest *manifest,
                                            const struct parties *parties, const char *fingerprint)
{
    return (struct recovery_request){
        .parties = parties->at,
        .party_count = parties->count,
        .threshold = manifest->config.recovery_threshold,
        .without_proof = manifest->singular_recovery_key,
        .manifest = fingerprint,
    };
}

enum sealing_policy core_policy(const struct manifest *manifest)
{
    return manifest->config.seal_mode == SEAL_MODE_UNIQUE_KEY ? SEAL_UNIQUE_KEY : SEAL_PRODUCT_KEY;
}

void put_secrets_json(const struct recovery_plan *plan, struct buf *out)
{
    buf_add_u8(out, '{');
    for (size_t i = 0; i < plan->count; i++) {
        json_put_comma(out);
        json_put_string(out, bytes_of_string(plan->secrets[i].name));
        buf_add_u8(out, ':');
        json_put_octets(out, buf_bytes(&plan->secrets[i].encrypted));
    }
    buf_add_u8(out, '}');
}

bool change_put_recovery(struct change *change, const struct env *env,
                         const struct recovery_plan *plan, struct buf *secrets_json,
                         struct err *err)
{
    auto_recovery_set *set = set_of_plan(env, plan);

    put_secrets_json(plan, secrets_json);
    change_put(change, NAME_RECOVERY_SECRETS, buf_bytes(secrets_json));
    change_drop_new_set(change);
    change_delete(change, NAME_PENDING_REISSUE);
    return change_put_recovery_set(change, NAME_RECOVERY_SET, set, err);
}

bool decision_put_plan(struct decision *d, const struct recovery_plan *plan, struct key *root_key,
                       const struct manifest *manifest, struct err *err)
{
    if (!recovery_metadata_write(plan->metadata, &d->metadata, err) ||
        !key_sign_sha256(root_key, buf_bytes(&d->metadata), &d->signature, err))
        return false;
    auto_buf id = { 0 };
    if (!hex_decode(&id, bytes_of_string(plan->metadata->deployment), err))
        return false;
    memcpy(d->deployment, id.at, sizeof d->deployment);
    d->new_deployment = true;
    if (plan->rwk != NULL && (d->rwk = secret_copy(secret_bytes(plan->rwk), err)) == NULL)
        return false;
    d->policy = core_policy(manifest);
    return true;
}
