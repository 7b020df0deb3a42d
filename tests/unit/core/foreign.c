/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "foreign.h"

#include "codec/json.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "crypto/share.h"
#include "state/names.h"

struct deal foreign_deal(unsigned holders, unsigned threshold, uint8_t key[static 32])
{
    struct deal deal = { .count = holders };
    struct secret *shares[HOLDERS] = { NULL };
    struct err err = { 0 };

    assert_ok(random_bytes(key, 32, &err), &err);
    if (holders == 1)
        shares[0] = secret_copy(bytes_of(key, 32), &err);
    else if (threshold == 0)
        assert_ok(xor_split(bytes_of(key, 32), holders, shares, &err), &err);
    else
        assert_ok(shamir_split(bytes_of(key, 32), threshold, holders, shares, &err), &err);
    for (unsigned i = 0; i < holders; i++) {
        memcpy(deal.shares[i].at, shares[i]->at, shares[i]->len);
        deal.shares[i].len = shares[i]->len;
        secret_free(shares[i]);
        share_sign(&deal.shares[i], i);
    }
    return deal;
}

static void put_values(struct buf *json, const struct omap *values)
{
    const struct bytes log = BYTES_LITERAL(PREFIX_UPDATE_LOG), ours = BYTES_LITERAL("taw:");
    auto_buf lines = { 0 };

    buf_add_u8(json, '{');
    for (struct omap_entry e = { 0 }; omap_next_with_prefix(values, BYTES_NONE, &e);) {
        if (bytes_start_with(e.key, log)) {
            buf_add(&lines, e.value);
            buf_add_u8(&lines, '\n');
        } else if (!bytes_start_with(e.key, ours)) {
            json_put_comma(json);
            json_put_string(json, e.key);
            buf_add_u8(json, ':');
            json_put_octets(json, e.value);
        }
    }
    json_put_name(json, NAME_UPDATE_LOG);
    json_put_octets(json, buf_bytes(&lines));
    buf_add_u8(json, '}');
}

static void put_metadata(struct buf *metadata, const struct deal *deal)
{
    if (deal->count < 2) {
        buf_add_string(metadata, "null");
        return;
    }
    buf_add_u8(metadata, '{');
    for (unsigned i = 0; i < deal->count; i++) {
        char hash[2 * SHA256_LEN + 1];
        struct err err = { 0 };
        assert_ok(sha256_hex(share_bytes(&deal->shares[i]), hash, &err), &err);
        json_put_name(metadata, hash);
        buf_add_string(metadata, "true");
    }
    buf_add_u8(metadata, '}');
}

struct buf foreign_file(const struct omap *values, const struct deal *deal,
                        const uint8_t key[static 32])
{
    static const uint8_t nonce[AEAD_NONCE_LEN] = { 1, 2, 3 };
    auto_buf plain = { 0 }, metadata = { 0 };
    struct buf file = { 0 };
    struct err err = { 0 };

    put_values(&plain, values);
    put_metadata(&metadata, deal);
    buf_add_u32le(&file, (uint32_t)metadata.len);
    buf_add(&file, buf_bytes(&metadata));
    buf_add(&file, bytes_of(nonce, sizeof nonce));
    assert_ok(aead_seal(bytes_of(key, 32), nonce, BYTES_NONE, buf_bytes(&plain), &file, &err),
              &err);
    return file;
}

const struct omap *foreign_values(struct bytes manifest)
{
    struct manifest_reply reply = { 0 };
    struct world w;
    struct err err = { 0 };

    world_begin(&w);
    struct machine m = machine_start(&w, "original");
    assert_ok(core_set_manifest(m.core, manifest, &reply, &err), &err);
    manifest_reply_clear(&reply);
    auto_snapshot *now = core_snapshot(m.core);
    const struct omap *const values = omap_ref(now->values);
    machine_stop(&m);
    world_end(&w);
    return values;
}
