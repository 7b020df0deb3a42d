/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a holder's own program reads: a challenge, or with an odd first byte the file with his secret. A challenge that is
 * taken can be answered, and the Coordinator accepts the answer; a secret has a length that a share can have.
 */
#include "base/reader.h"
#include "base/secret.h"
#include "codec/json.h"
#include "recovery/drill.h"
#include "recovery/share_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct key *holder(void)
{
    static struct key *key;
    struct err err = { 0 };

    if (key == NULL)
        key = key_generate(KEY_RSA, 1024, &err);
    if (key == NULL)
        __builtin_trap();
    return key;
}

static bool octets(const struct json *root, const char *name, struct buf *out)
{
    bool present = false;
    struct err err = { 0 };

    return json_get_octets(json_member(root, name), out, &present, &err);
}

static bool is_accepted(const struct drill_challenge *c, struct bytes text, struct bytes secret)
{
    auto_arena arena = { 0 };
    auto_buf nonce = { 0 }, proof = { 0 }, signature = { 0 };
    uint8_t key[DRILL_KEY_LEN];
    struct err err = { 0 };
    const struct json *const root = json_parse(text, JSON_TRAILING_REFUSED, &arena, &err);

    return root != NULL && octets(root, "nonce", &nonce) && octets(root, "proof", &proof) &&
           octets(root, "signature", &signature) &&
           bytes_equal(buf_bytes(&nonce), buf_bytes(&c->nonce)) &&
           drill_signature_check(holder(), buf_bytes(&nonce), c->set, buf_bytes(&signature),
                                 &err) &&
           drill_key(secret, key, &err) &&
           drill_proof_check(bytes_of(key, sizeof key), buf_bytes(&nonce), c->set,
                             buf_bytes(&proof), &err);
}

static void read_challenge(struct bytes in)
{
    static const uint8_t secret[32] = { 1 };
    auto_drill_challenge c = { 0 };
    auto_buf text = { 0 };
    struct bytes name = BYTES_LITERAL("anna");
    struct err err = { 0 };

    if (!drill_challenge_read(in, &c, &err)) {
        if (err.kind == FAIL_NONE)
            __builtin_trap();
        return;
    }
    if (c.nonce.len == 0 || strlen(c.set) != 2 * RECOVERY_ID_LEN || c.count > RECOVERY_MAX_HOLDERS)
        __builtin_trap();
    (void)!drill_holder_of(&c, holder(), &name, &err);
    if (!drill_answer_write(&c, name, holder(), bytes_of(secret, sizeof secret), &text, &err) ||
        !is_accepted(&c, buf_bytes(&text), bytes_of(secret, sizeof secret)))
        __builtin_trap();
}

static void read_secret(struct bytes in)
{
    struct err err = { 0 };
    auto_secret *secret = share_from_file(in, BYTES_LITERAL("anna"), holder(), &err);

    if ((secret == NULL) == (err.kind == FAIL_NONE))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_over(bytes_of(data, size));

    if (reader_u8(&r, "what") % 2 == 0)
        read_challenge(reader_rest(&r));
    else
        read_secret(reader_rest(&r));
    return 0;
}
