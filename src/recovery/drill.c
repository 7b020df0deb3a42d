/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/drill.h"

#include "base/reader.h"
#include "base/secret.h"
#include "codec/json.h"
#include "codec/text.h"

#include <string.h>

enum { RANDOM_LEN = 16, SIGNED_LEN = DRILL_NONCE_LEN - SHA256_LEN /* of a nonce, by its MAC */ };

bool drill_key(struct bytes secret, uint8_t out[static DRILL_KEY_LEN], struct err *err)
{
    return hkdf_sha256(secret, BYTES_NONE, BYTES_LITERAL("mr-drill"), out, DRILL_KEY_LEN, err);
}

/* ---- nonces ---- */

static bool nonce_mac(struct bytes own_key, struct bytes signed_part,
                      uint8_t out[static SHA256_LEN], struct err *err)
{
    return hmac_sha256(own_key, &signed_part, 1, out, err);
}

bool drill_nonce_make(const struct env *env, struct bytes own_key, int64_t expires_ms,
                      uint8_t out[static DRILL_NONCE_LEN], struct err *err)
{
    auto_buf expires = { 0 };

    buf_add_u64le(&expires, (uint64_t)expires_ms);
    memcpy(out + RANDOM_LEN, expires.at, expires.len);
    return env->random(env->ctx, out, RANDOM_LEN, err) &&
           nonce_mac(own_key, bytes_of(out, SIGNED_LEN), out + SIGNED_LEN, err);
}

bool drill_nonce_check(struct bytes own_key, struct bytes nonce, int64_t now_ms, struct err *err)
{
    struct reader r = reader_over(nonce);
    uint8_t mac[SHA256_LEN];

    reader_bytes(&r, RANDOM_LEN, "random");
    const int64_t expires_ms = (int64_t)reader_u64le(&r, "expiry");
    const struct bytes got = reader_bytes(&r, SHA256_LEN, "MAC");
    if (!reader_end(&r, "nonce", err)) {
        err->kind = FAIL_DENIED;
        return false;
    }
    if (!nonce_mac(own_key, bytes_of(nonce.at, SIGNED_LEN), mac, err))
        return false;
    if (!bytes_equal_secretly(bytes_of(mac, sizeof mac), got))
        return err_set(err, FAIL_DENIED,
                       "the nonce is not of this Coordinator since its last start: ask for a new "
                       "one");
    /* Also when the clock was set back: nobody gets more time than he was told. */
    if (now_ms >= expires_ms || expires_ms - now_ms > DRILL_NONCE_MS)
        return err_set(err, FAIL_DENIED, "the nonce is too old: ask for a new one");
    return true;
}

/* ---- proof and signature ---- */

/* nonce | set */
static struct buf message_of(struct bytes nonce, const char *set)
{
    struct buf message = { 0 };

    buf_add(&message, nonce);
    buf_add_string(&message, set);
    return message;
}

static bool proof_of(struct bytes key, struct bytes nonce, const char *set,
                     uint8_t out[static SHA256_LEN], struct err *err)
{
    const struct bytes parts[] = { nonce, bytes_of_string(set) };

    return hmac_sha256(key, parts, COUNT_OF(parts), out, err);
}

bool drill_signature_check(const struct key *holder, struct bytes nonce, const char *set,
                           struct bytes signature, struct err *err)
{
    auto_buf message = message_of(nonce, set);

    return key_verify_sha256(holder, buf_bytes(&message), signature, err);
}

bool drill_proof_check(struct bytes key, struct bytes nonce, const char *set, struct bytes proof,
                       struct err *err)
{
    uint8_t want[SHA256_LEN];

    if (!proof_of(key, nonce, set, want, err))
        return false;
    return bytes_equal_secretly(bytes_of(want, sizeof want), proof) ||
           err_set(err, FAIL_DENIED, "the proof was made from another recovery secret");
}

/* ---- the holder's side ---- */

void drill_challenge_clear(struct drill_challenge *c)
{
    arena_clear(&c->arena);
    buf_clear(&c->nonce);
    *c = (struct drill_challenge){ 0 };
}

static bool read_holder(const struct json *object, struct arena *arena, struct drill_holder *h,
                        struct err *err)
{
    bool null = false;

    if (!json_expect(object, JSON_OBJECT, &null, err))
        return false;
    for (const struct json *v = json_first(object); v != NULL; v = json_next(v)) {
        struct bytes name = BYTES_NONE;
        if (bytes_equal_string(v->name, "name")) {
            if (!json_get_string(v, &name, err))
                return false;
            h->name = arena_bytes(arena, name);
        } else if (bytes_equal_string(v->name, "spki") &&
                   !json_get_hex_text(v, h->spki, SHA256_LEN, err)) {
            return false;
        }
    }
    return true;
}

static bool read_holders(const struct json *array, struct drill_challenge *c, struct err *err)
{
    bool null = false;
    size_t count = 0;

    if (!json_expect(array, JSON_ARRAY, &null, err))
        return false;
    for (const struct json *v = json_first(array); v != NULL; v = json_next(v))
        count++;
    if (count > RECOVERY_MAX_HOLDERS)
        return json_fail(array, err, "lists %zu holders", count);
    c->holders = arena_alloc(&c->arena, count * sizeof c->holders[0]);
    c->count = 0;
    for (const struct json *v = json_first(array); v != NULL; v = json_next(v)) {
        if (!read_holder(v, &c->arena, &c->holders[c->count++], err))
            return false;
    }
    return true;
}

static bool read_member(const struct json *v, struct drill_challenge *c, struct err *err)
{
    bool present = false;

    if (bytes_equal_string(v->name, "set"))
        return json_get_hex_text(v, c->set, RECOVERY_ID_LEN, err);
    if (bytes_equal_string(v->name, "holders"))
        return read_holders(v, c, err);
    if (!bytes_equal_string(v->name, "nonce"))
        return true;
    buf_truncate(&c->nonce, 0);
    return json_get_octets(v, &c->nonce, &present, err);
}

bool drill_challenge_read(struct bytes json, struct drill_challenge *c, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *root = json_parse(json, JSON_TRAILING_REFUSED, &arena, err);
    bool null = false;

    if (root == NULL || !json_expect(root, JSON_OBJECT, &null, err))
        return err_in(err, "drill challenge");
    if (json_member(root, "data") != NULL)
        root = json_member(root, "data");
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        if (!read_member(v, c, err))
            return err_in(err, "drill challenge");
    }
    return (c->set[0] != '\0' && c->nonce.len > 0) ||
           err_set(err, FAIL_MALFORMED, "drill challenge: set or nonce is missing");
}

bool drill_holder_of(const struct drill_challenge *c, const struct key *key, struct bytes *name,
                     struct err *err)
{
    auto_buf der = { 0 };
    char spki[2 * SHA256_LEN + 1];
    size_t found = 0;

    if (!key_public_der(key, &der, err) || !sha256_hex(buf_bytes(&der), spki, err))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->holders[i].spki, spki) != 0)
            continue;
        *name = c->holders[i].name;
        found++;
    }
    if (found == 0)
        return err_set(err, FAIL_NOT_FOUND,
                       "no holder of this recovery set has the public key of this private key");
    return found == 1 ||
           err_set(err, FAIL_DENIED,
                   "%zu holders of this recovery set have this key: say which name", found);
}

bool drill_answer_write(const struct drill_challenge *c, struct bytes name, const struct key *key,
                        struct bytes secret, struct buf *out, struct err *err)
{
    auto_buf message = message_of(buf_bytes(&c->nonce), c->set);
    auto_buf signature = { 0 };
    auto_secret *derived = secret_new(DRILL_KEY_LEN, err);
    uint8_t proof[SHA256_LEN];

    if (derived == NULL || !drill_key(secret, derived->at, err) ||
        !proof_of(secret_bytes(derived), buf_bytes(&c->nonce), c->set, proof, err) ||
        !key_sign_sha256(key, buf_bytes(&message), &signature, err))
        return false;
    buf_add_u8(out, '{');
    json_put_name(out, "set");
    json_put_string(out, bytes_of_string(c->set));
    json_put_name(out, "name");
    json_put_string(out, name);
    json_put_name(out, "nonce");
    json_put_octets(out, buf_bytes(&c->nonce));
    json_put_name(out, "proof");
    json_put_octets(out, bytes_of(proof, sizeof proof));
    json_put_name(out, "signature");
    json_put_octets(out, buf_bytes(&signature));
    buf_add_u8(out, '}');
    return true;
}
