/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/share_file.h"

#include "base/arena.h"
#include "codec/json.h"
#include "codec/text.h"

static bool is_plain_length(size_t len)
{
    return len == 16 || len == 32 || len == 33;
}

static bool is_encrypted_length(size_t len, const struct key *key)
{
    return len == (key_bits(key) + 7) / 8;
}

static struct secret *decrypt(struct bytes encrypted, const struct key *key, struct err *err)
{
    auto_buf plain = { 0 };

    if (key_oaep_decrypt(key, encrypted, &plain, err))
        return secret_copy(buf_bytes(&plain), err);
    if (err->kind == FAIL_DENIED)
        (void)err_in(err, "the recovery secret does not belong to this key");
    return NULL;
}

/* NULL without an error: the lengths say that it is neither. */
static struct secret *from_raw(struct bytes raw, const struct key *key, struct err *err)
{
    if (is_plain_length(raw.len))
        return secret_copy(raw, err);
    return is_encrypted_length(raw.len, key) ? decrypt(raw, key, err) : NULL;
}

/* ---- answers ---- */

/* The object of names, or the text of 2020; NULL: this is no such answer. */
static const struct json *secrets_of(const struct json *root)
{
    static const char *const members[] = { "RecoverySecrets", "recoverySecrets", "EncryptionKey" };
    const struct json *const data = json_member(root, "data");
    const struct json *const object = data == NULL ? root : data;

    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const struct json *const found = json_member(object, members[i]);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* The last member of this name, which may hold any bytes. */
static const struct json *member_named(const struct json *object, struct bytes name)
{
    const struct json *found = NULL;

    for (const struct json *v = json_first(object); v != NULL; v = json_next(v)) {
        if (bytes_equal(v->name, name))
            found = v;
    }
    return found;
}

static struct secret *from_answer(const struct json *root, struct bytes name, const struct key *key,
                                  struct err *err)
{
    const struct json *const secrets = secrets_of(root);
    auto_buf encrypted = { 0 };
    bool present = false;

    if (secrets == NULL) {
        (void)err_set(err, FAIL_MALFORMED, "there are no recovery secrets in it");
        return NULL;
    }
    const struct json *const mine =
        secrets->type == JSON_OBJECT ? member_named(secrets, name) : secrets;
    if (mine == NULL) {
        (void)err_set(err, FAIL_NOT_FOUND, "there is no recovery secret of \"%.*s\" in it",
                      BYTES_FMT(name));
        return NULL;
    }
    return json_get_octets(mine, &encrypted, &present, err)
               ? decrypt(buf_bytes(&encrypted), key, err)
               : NULL;
}

struct secret *share_from_file(struct bytes file, struct bytes name, const struct key *key,
                               struct err *err)
{
    auto_arena arena = { 0 };
    auto_buf raw = { 0 };
    struct err ignored = { 0 };

    struct secret *secret = from_raw(file, key, err);
    if (secret != NULL || err->kind != FAIL_NONE)
        return secret;
    const struct json *const root = json_parse(file, JSON_TRAILING_REFUSED, &arena, &ignored);
    if (root != NULL && root->type == JSON_OBJECT)
        return from_answer(root, name, key, err);
    if (base64_decode(&raw, BASE64_STANDARD, file, &ignored))
        secret = from_raw(buf_bytes(&raw), key, err);
    if (secret == NULL && err->kind == FAIL_NONE)
        (void)err_set(err, FAIL_MALFORMED,
                      "neither a recovery secret, plain or encrypted to this key of %u bits, nor "
                      "an answer of the Coordinator",
                      key_bits(key));
    return secret;
}
