/* SPDX-License-Identifier: Apache-2.0 */
#include "sealed.h"

#include "crypto/hash.h"
#include "remove_tree.h"

#include <unistd.h>

/* Seal keys of an enclave, in a directory that stands for Gramine's. */

#define SIGNER "signer's key 16B"
#define ENCLAVE "enclave's key16B"

struct room {
    char path[64];
    char keys[128];
    struct env env;
    struct sealing *sealing;
};

static void put_key(const struct room *r, const char *name, struct bytes key)
{
    struct err err = { 0 };

    assert_ok(file_replace(&files_posix, r->keys, name, key, &err), &err);
}

static void room_begin(struct room *r)
{
    struct err err = { 0 };

    *r = (struct room){ .path = "/tmp/taw-gramine-XXXXXX",
                        .env = { .random = env_random, .files = &files_posix } };
    assert_non_null(mkdtemp(r->path));
    (void)snprintf(r->keys, sizeof r->keys, "%s/dev/attestation/keys", r->path);
    assert_ok(file_make_directories(&files_posix, r->keys, &err), &err);
    put_key(r, "_sgx_mrsigner", BYTES_LITERAL(SIGNER));
    put_key(r, "_sgx_mrenclave", BYTES_LITERAL(ENCLAVE));
    r->sealing = sealing_open_gramine(&r->env, r->path, &err);
    if (r->sealing == NULL)
        fail_msg("%s", err.text);
}

static void room_end(struct room *r)
{
    sealing_free(r->sealing);
    remove_tree(r->path);
}
#define auto_room struct room CLEANUP(room_end)

static void what_was_sealed_opens_again(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    assert_opens_for_what_it_belongs_to(r.sealing);
}

static void each_policy_has_a_key_of_its_own(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    auto_buf product = seal(r.sealing, SEAL_PRODUCT_KEY, SECRET, AAD),
             unique = seal(r.sealing, SEAL_UNIQUE_KEY, SECRET, AAD);
    /* Another enclave of the same signer. */
    put_key(&r, "_sgx_mrenclave", BYTES_LITERAL("other enclave16B"));
    assert_opens(r.sealing, buf_bytes(&product), AAD, SECRET);
    assert_does_not_open(r.sealing, buf_bytes(&unique), AAD, FAIL_DENIED);
    product.at[1] = SEAL_UNIQUE_KEY;
    assert_does_not_open(r.sealing, buf_bytes(&product), AAD, FAIL_DENIED);
}

static void a_damaged_blob_does_not_open(void **state)
{
    auto_room r;

    (void)state;
    room_begin(&r);
    assert_opens_undamaged_only(r.sealing);
}

static void what_is_no_key_seals_nothing(void **state)
{
    static const uint8_t zeros[16] = { 0 };
    const struct bytes bad[] = { BYTES_NONE, BYTES_LITERAL("short"), bytes_of(zeros, sizeof zeros),
                                 BYTES_LITERAL("seventeen bytes!!") };
    auto_room r;

    (void)state;
    room_begin(&r);
    auto_buf sealed = seal(r.sealing, SEAL_PRODUCT_KEY, SECRET, AAD);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        auto_buf blob = { 0 };
        struct err err = { 0 };
        put_key(&r, "_sgx_mrsigner", bad[i]);
        assert_null(sealing_open_gramine(&r.env, r.path, &err));
        assert_int_equal(err.kind, FAIL_UNAVAILABLE);
        assert_false(
            sealing_seal(r.sealing, SEAL_PRODUCT_KEY, BYTES_LITERAL("secret"), AAD, &blob, &err));
        assert_int_equal(blob.len, 0);
        /* Nothing is known about the blob: no reason for recovery. */
        assert_does_not_open(r.sealing, buf_bytes(&sealed), AAD, FAIL_UNAVAILABLE);
    }
}

static void without_an_enclave_there_is_no_key(void **state)
{
    struct err err = { 0 };
    const struct env env = { .random = env_random, .files = &files_posix };

    (void)state;
    assert_null(sealing_open_gramine(&env, "/nowhere", &err));
    assert_int_equal(err.kind, FAIL_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/nowhere/dev/attestation/keys/_sgx_mrsigner"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_was_sealed_opens_again),
    cmocka_unit_test(each_policy_has_a_key_of_its_own),
    cmocka_unit_test(a_damaged_blob_does_not_open),
    cmocka_unit_test(what_is_no_key_seals_nothing),
    cmocka_unit_test(without_an_enclave_there_is_no_key),
};

TEST_MAIN(tests)
