/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "crypto/hash.h"

static int64_t world_now(void *ctx)
{
    (void)ctx;
    return 1700000000123;
}

/* Different in every call and every world, and the same in every run. */
static bool world_random(void *ctx, uint8_t *out, size_t len, struct err *err)
{
    struct world *const w = ctx;
    static uint64_t calls; /* shared by all worlds: nothing repeats after a restart */
    uint8_t sum[SHA256_LEN];

    w->random_calls++;
    for (size_t i = 0; i < len; i++) {
        if (i % sizeof sum == 0) {
            calls++;
            if (!sha256(bytes_of(&calls, sizeof calls), sum, err))
                return false;
        }
        out[i] = sum[i % sizeof sum];
    }
    return true;
}

static const uint8_t zero_nonce[AEAD_NONCE_LEN];

static bool world_seal(void *ctx, enum sealing_policy policy, struct bytes plaintext,
                       struct bytes aad, struct buf *blob, struct err *err)
{
    const struct world *const w = ctx;
    uint8_t key[32];

    if (w->sealing_fails != FAIL_NONE)
        return err_set(err, w->sealing_fails, "the platform does not seal");
    memset(key, w->machine, sizeof key);
    buf_add_u8(blob, (uint8_t)policy);
    return aead_seal(bytes_of(key, sizeof key), zero_nonce, aad, plaintext, blob, err);
}

static bool world_unseal(void *ctx, struct bytes blob, struct bytes aad, struct secret **plaintext,
                         struct err *err)
{
    const struct world *const w = ctx;
    uint8_t key[32];
    auto_buf plain = { 0 };

    if (w->sealing_fails != FAIL_NONE)
        return err_set(err, w->sealing_fails, "the platform does not unseal");
    memset(key, w->machine, sizeof key);
    if (blob.len == 0 || blob.at[0] != SEAL_PRODUCT_KEY ||
        !aead_open(bytes_of(key, sizeof key), zero_nonce, aad, bytes_of(blob.at + 1, blob.len - 1),
                   &plain, err))
        return err_set(err, FAIL_DENIED, "not sealed here");
    *plaintext = secret_copy(buf_bytes(&plain), err);
    return *plaintext != NULL;
}

void world_init(struct world *w, struct fake_disk *disk)
{
    *w = (struct world){ .disk = disk, .machine = 1 };
    w->log = (struct log){ .fd = -1, .level = LOG_NONE };
    w->log.level = LOG_ERROR;
    w->sealing =
        (struct sealing){ .ctx = w, .name = "test", .seal = world_seal, .unseal = world_unseal };
    w->env = (struct env){ .ctx = w,
                           .now_ms = world_now,
                           .random = world_random,
                           .files = fake_files(disk),
                           .log = &w->log };
}

struct store *world_open(struct world *w, enum store_verdict *verdict, struct err *err)
{
    const struct store_config config = { &w->env, "/seal", &w->sealing };

    return store_open(&config, verdict, err);
}

struct store *world_expect(struct world *w, enum store_verdict want)
{
    enum store_verdict verdict;
    struct err err = { 0 };
    struct store *const store = world_open(w, &verdict, &err);

    if (verdict != want)
        fail_msg("verdict %s instead of %s: %s", store_verdict_name(verdict),
                 store_verdict_name(want), err.text);
    assert_int_equal(store == NULL, want == STORE_STOPPED || want == STORE_UNKNOWN);
    if (want == STORE_STOPPED)
        assert_int_equal(err.kind, FAIL_DAMAGED);
    return store;
}

const struct omap *world_map(const char *first_key, ...)
{
    const struct omap *map = NULL;
    va_list args;

    va_start(args, first_key);
    for (const char *key = first_key; key != NULL; key = va_arg(args, const char *)) {
        const struct omap *const before = map;
        map = omap_with(before, bytes_of_string(key), bytes_of_string(va_arg(args, const char *)));
        omap_free(before);
    }
    va_end(args);
    return map;
}

bool world_maps_equal(const struct omap *a, const struct omap *b)
{
    struct omap_entry x = { 0 }, y = { 0 };

    if (omap_count(a) != omap_count(b))
        return false;
    while (omap_next_with_prefix(a, BYTES_NONE, &x) && omap_next_with_prefix(b, BYTES_NONE, &y)) {
        if (!bytes_equal(x.key, y.key) || !bytes_equal(x.value, y.value))
            return false;
    }
    return true;
}

bool world_begin(struct store *store, const struct omap *values, const char *set_aside,
                 struct err *err)
{
    const struct store_generation generation = {
        .values = values,
        .rwk = WORLD_RWK,
        .metadata = WORLD_METADATA,
        .signature = WORLD_SIGNATURE,
        .policy = SEAL_PRODUCT_KEY,
        .set_aside = set_aside,
    };

    return store_begin_generation(store, &generation, err);
}

bool world_set_recovery(struct store *store, const struct store_recovery_set *sets, size_t count,
                        const struct omap *values, struct err *err)
{
    const struct store_recovery recovery = { sets, count, WORLD_SIGNATURE_2 };

    return store_set_recovery(store, &recovery, values, err);
}

bool world_unlocks(const struct fake_disk *disk, struct bytes rwk)
{
    auto_disk *copy = fake_disk_clone(disk);
    struct world elsewhere;
    struct err err = { 0 };
    auto_omap *values = NULL;

    world_init(&elsewhere, copy);
    elsewhere.machine = UINT8_MAX;
    auto_store *store = world_expect(&elsewhere, STORE_LOCKED);
    const bool unlocked = store_unlock(store, rwk, &values, &err);
    if (!unlocked)
        assert_int_equal(err.kind, FAIL_DENIED);
    return unlocked;
}

bool world_put_bytes(struct store *store, const char *key, struct bytes value, struct err *err)
{
    const struct store_op op = { STORE_PUT, bytes_of_string(key), value };
    const struct store_delta delta = { STORE_RECORD_DELTA, &op, 1 };

    return store_commit(store, &delta, 1, err);
}

bool world_put(struct store *store, const char *key, const char *value, struct err *err)
{
    const struct store_op op = { value != NULL ? STORE_PUT : STORE_DELETE, bytes_of_string(key),
                                 bytes_of_string(value) };
    const struct store_delta delta = { STORE_RECORD_DELTA, &op, 1 };

    return store_commit(store, &delta, 1, err);
}

void world_assert_values(const struct store *store, const struct omap *want)
{
    auto_omap *is = store_values(store);

    assert_true(world_maps_equal(is, want));
    omap_free(want);
}

char *world_get(const struct store *store, const char *key)
{
    auto_omap *values = store_values(store);
    struct bytes value = BYTES_NONE;

    (void)!omap_get(values, bytes_of_string(key), &value);
    return bytes_to_string(value);
}

struct fake_disk *world_two_segments(struct world *world)
{
    struct fake_disk *const disk = fake_disk_new();
    struct err err = { 0 };

    world_init(world, disk);
    struct store *store = world_expect(world, STORE_FRESH);
    auto_omap *values = world_map("a", "1", NULL);
    assert_ok(world_begin(store, values, NULL, &err), &err);
    assert_ok(world_put(store, "b", "2", &err), &err);
    store_close(store);
    store = world_expect(world, STORE_OPEN);
    assert_ok(world_put(store, "c", "3", &err), &err);
    store_close(store);
    return disk;
}
