/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "../crypto/pki.h"
#include "attestation/leaf_cache.h"

struct world {
    struct leaf_cache *cache;
    struct key *key;
};

static void world_init(struct world *w)
{
    struct err err = { 0 };

    *w = (struct world){ leaf_cache_new(), key_generate(KEY_ECDSA, 256, &err) };
    assert_non_null(w->key);
}

static void world_clear(struct world *w)
{
    leaf_cache_free(w->cache);
    key_free(w->key);
}
#define auto_world struct world CLEANUP(world_clear)

/* The certificate with this serial number; a new object each time, with the same bytes but for the signature. */
static struct cert *cert_number(const struct world *w, uint8_t number)
{
    const struct pki_cert form = { .name = "leaf",
                                   .serial = bytes_of(&number, 1),
                                   .not_before = "250101000000Z",
                                   .not_after = "260101000000Z" };
    auto_buf der = { 0 };
    struct err err = { 0 };

    pki_cert_add(&der, &form, w->key, w->key);
    struct cert *const cert = cert_from_der(buf_bytes(&der), &err);
    assert_non_null(cert);
    return cert;
}

static bool finds(const struct world *w, const struct cert *cert)
{
    auto_cert *found = leaf_cache_find(w->cache, cert_der(cert));

    assert_true(found == NULL || found == cert);
    assert_int_equal(found != NULL, leaf_cache_holds(w->cache, cert));
    return found != NULL;
}

static void only_the_very_same_bytes_are_found(void **state)
{
    auto_world w;

    (void)state;
    world_init(&w);
    auto_cert *cert = cert_number(&w, 1);
    assert_false(finds(&w, cert));
    leaf_cache_add(w.cache, cert);
    assert_true(finds(&w, cert));
    uint8_t *const copy = bytes_copy(cert_der(cert));
    const size_t len = cert_der(cert).len;
    for (size_t i = 0; i < len; i++) {
        copy[i] ^= 0x01;
        assert_null(leaf_cache_find(w.cache, bytes_of(copy, len)));
        copy[i] ^= 0x01;
        assert_null(leaf_cache_find(w.cache, bytes_of(copy, i)));
    }
    free(copy);
}

static void the_same_bytes_have_one_place(void **state)
{
    auto_world w;
    struct err err = { 0 };

    (void)state;
    world_init(&w);
    auto_cert *first = cert_number(&w, 1), *again = cert_from_der(cert_der(first), &err);
    leaf_cache_add(w.cache, first);
    leaf_cache_add(w.cache, again);
    assert_false(leaf_cache_holds(w.cache, first));
    assert_true(finds(&w, again));
}

static void the_one_that_was_not_used_for_longest_makes_room(void **state)
{
    struct cert *certs[LEAF_CACHE_MAX + 2];
    auto_world w;

    (void)state;
    world_init(&w);
    for (uint8_t i = 0; i < COUNT_OF(certs); i++)
        certs[i] = cert_number(&w, i + 1);
    for (size_t i = 0; i < LEAF_CACHE_MAX; i++)
        leaf_cache_add(w.cache, certs[i]);
    for (size_t i = 0; i < LEAF_CACHE_MAX; i++)
        assert_true(finds(&w, certs[i]));
    assert_true(finds(&w, certs[0])); /* used last now */
    leaf_cache_add(w.cache, certs[LEAF_CACHE_MAX]);
    leaf_cache_add(w.cache, certs[LEAF_CACHE_MAX + 1]);
    for (size_t i = 0; i < COUNT_OF(certs); i++) {
        assert_int_equal(finds(&w, certs[i]), i != 1 && i != 2);
        cert_free(certs[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(only_the_very_same_bytes_are_found),
    cmocka_unit_test(the_same_bytes_have_one_place),
    cmocka_unit_test(the_one_that_was_not_used_for_longest_makes_room),
};

TEST_MAIN(tests)
