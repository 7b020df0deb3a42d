/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every reader of keys on every input. A key that is accepted survives being written and read
 * again, and does its work.
 */
#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

typedef struct key *reads(struct bytes, struct err *);
typedef bool writes(const struct key *, struct buf *, struct err *);

/* What was written reads as the same key, and is written the same again. */
static void check_form(const struct key *key, writes *to, reads *from)
{
    auto_buf first = { 0 };
    auto_buf second = { 0 };
    struct err err = { 0 };

    require(to(key, &first, &err));
    auto_key *again = from(buf_bytes(&first), &err);
    require(again != NULL && key_equal_public(key, again));
    require(to(again, &second, &err) && bytes_equal(buf_bytes(&first), buf_bytes(&second)));
}

static void check_signature(const struct key *key)
{
    const struct bytes message = BYTES_LITERAL("message");
    auto_buf signature = { 0 };
    struct err err = { 0 };

    require(key_sign_sha256(key, message, &signature, &err));
    require(key_verify_sha256(key, message, buf_bytes(&signature), &err));
}

static void check_private(struct bytes in, reads *from)
{
    struct err err = { 0 };
    auto_key *key = from(in, &err);

    require((key == NULL) == (err.kind == FAIL_MALFORMED));
    if (key == NULL)
        return;
    require(key_type(key) != KEY_OTHER);
    check_form(key, key_private_pkcs8, key_from_private_pkcs8);
    if (key_type(key) != KEY_ECDSA)
        return;
    check_form(key, key_private_sec1, key_from_private_sec1);
    check_signature(key);
}

static void check_public(struct bytes in)
{
    struct err err = { 0 };
    auto_key *key = key_from_public_der(in, &err);

    require((key == NULL) == (err.kind == FAIL_MALFORMED));
    if (key == NULL)
        return;
    if (key_type(key) != KEY_OTHER)
        check_form(key, key_public_der, key_from_public_der);
    require(!key_verify_sha256(key, in, in, &err) && err.kind == FAIL_DENIED);
}

static void check_recovery(struct bytes in)
{
    struct err err = { 0 };
    auto_key *key = key_from_recovery_pem(in, &err);

    require((key == NULL) == (err.kind == FAIL_MALFORMED));
    if (key == NULL)
        return;
    require(key_type(key) == KEY_RSA && key_bits(key) >= 1024 && key_bits(key) <= 16384);
    auto_buf ciphertext = { 0 };
    require(key_oaep_encrypt(key, BYTES_LITERAL("share"), &ciphertext, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes in = bytes_of(data, size);

    check_private(in, key_from_private_pkcs8);
    check_private(in, key_from_private_sec1);
    check_public(in);
    check_recovery(in);
    return 0;
}
