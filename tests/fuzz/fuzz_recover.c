/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads of recovery secrets to a Coordinator that has lost its machine, one after the other until the input ends. The
 * first byte picks the deployment: four holders of whom three are needed, or the page of 2020. Each upload is a
 * body as it stands, or one that is put together from a real secret: whose, which byte is spoilt, how much is cut off, who
 * signed it. A secret counts exactly when it is whole, is signed by its own holder, and did not count before; only
 * when enough of them did, the state is open again, and it is the old one.
 */
#include "../unit/store/fake_files.h"
#include "api/api.h"
#include "base/reader.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/key.h"
#include "fuzz_world.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HOLDERS = 4, NEEDED = 3, RSA_BITS = 2048, UPLOADS_MAX = 8 };

/* ---- a machine that never opens what it sealed ---- */

static bool seal(void *ctx, enum sealing_policy policy, struct bytes plaintext, struct bytes aad,
                 struct buf *blob, struct err *err)
{
    (void)ctx;
    (void)policy;
    (void)aad;
    (void)err;
    buf_add(blob, plaintext);
    return true;
}

static bool refuse_to_unseal(void *ctx, struct bytes blob, struct bytes aad,
                             struct secret **plaintext, struct err *err)
{
    (void)ctx;
    (void)blob;
    (void)aad;
    *plaintext = NULL;
    return err_set(err, FAIL_DENIED, "another machine");
}

static struct sealing other_machine = { .name = "none", .seal = seal, .unseal = refuse_to_unseal };

/* ---- two deployments, each with a sealed state and its secrets ---- */

struct sealed {
    bool page; /* of 2020: one holder, no signature */
    unsigned holders, needed;
    struct fake_disk *disk;
    struct buf shares[HOLDERS];
    struct buf signatures[HOLDERS][HOLDERS]; /* of a holder's share, by a holder */
    struct buf chain;                        /* of certificates, PEM */
};

static struct key *keys[HOLDERS];

static void put_public_pem(struct buf *out, const struct key *key)
{
    auto_buf der = { 0 }, pem = { 0 };
    struct err err = { 0 };

    require(key_public_der(key, &der, &err));
    pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
    json_put_string(out, buf_bytes(&pem));
}

static struct buf manifest_of(const struct sealed *s)
{
    struct buf out = { 0 };

    buf_add_string(&out, "{\"Packages\":{\"p\":{\"UniqueID\":\"00\"}},"
                         "\"Marbles\":{\"m\":{\"Package\":\"p\"}},");
    buf_add_string(&out, s->page ? "\"RecoveryKey\":" : "\"RecoveryKeys\":{");
    for (unsigned i = 0; i < s->holders; i++) {
        if (!s->page)
            buf_add_format(&out, "%s\"holder%u\":", i > 0 ? "," : "", i);
        put_public_pem(&out, keys[i]);
    }
    if (!s->page)
        buf_add_format(&out, "},\"Config\":{\"RecoveryThreshold\":%u}", s->needed);
    buf_add_u8(&out, '}');
    return out;
}

static void take_share(struct sealed *s, unsigned holder, struct bytes encrypted)
{
    struct err err = { 0 };

    require(key_oaep_decrypt(keys[holder], encrypted, &s->shares[holder], &err));
    for (unsigned i = 0; i < s->holders; i++)
        require(key_sign_sha256(keys[i], buf_bytes(&s->shares[holder]), &s->signatures[holder][i],
                                &err));
}

static void take_shares(struct sealed *s, const struct manifest_reply *reply)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    bool present = false;
    const struct json *const root =
        json_parse(buf_bytes(&reply->secrets_json), JSON_TRAILING_REFUSED, &arena, &err);

    require(root != NULL);
    if (s->page) {
        take_share(s, 0, buf_bytes(&reply->first));
        return;
    }
    for (unsigned i = 0; i < s->holders; i++) {
        auto_buf encrypted = { 0 };
        auto_string *name = mem_printf("holder%u", i);
        require(json_get_octets(json_member(root, name), &encrypted, &present, &err));
        take_share(s, i, buf_bytes(&encrypted));
    }
}

static void seal_deployment(struct sealed *s)
{
    s->disk = fake_disk_new();
    const struct env env = world_env(fake_files(s->disk));
    struct core *const core = world_core_on(&env, &other_machine);
    struct manifest_reply reply = { 0 };
    auto_buf manifest = manifest_of(s);

    world_set_manifest(core, buf_bytes(&manifest), &reply);
    take_shares(s, &reply);
    manifest_reply_clear(&reply);
    struct snapshot *const now = core_snapshot(core);
    buf_add(&s->chain, buf_bytes(&now->authority->chain_pem));
    snapshot_free(now);
    core_free(core);
}

static struct sealed *deployments(void)
{
    static struct sealed both[] = { { .page = false, .holders = HOLDERS, .needed = NEEDED },
                                    { .page = true, .holders = 1, .needed = 1 } };
    struct err err = { 0 };

    if (keys[0] != NULL)
        return both;
    for (unsigned i = 0; i < HOLDERS; i++) {
        keys[i] = key_generate(KEY_RSA, RSA_BITS, &err);
        require(keys[i] != NULL);
    }
    seal_deployment(&both[0]);
    seal_deployment(&both[1]);
    return both;
}

/* ---- one recovery ---- */

struct recovery {
    const struct sealed *sealed;
    struct fake_disk *disk;
    struct env env;
    struct pool *pool;
    struct core *core;
    struct api *api;
    bool given[HOLDERS];
    unsigned count; /* that count */
};

static void recovery_begin(struct recovery *r)
{
    r->disk = fake_disk_clone(r->sealed->disk);
    r->env = world_env(fake_files(r->disk));
    r->core = world_core_on(&r->env, &other_machine);
    r->pool = pool_new(1);
    r->api = api_new(r->core, r->pool);
}

static void recovery_end(struct recovery *r)
{
    pool_free(r->pool);
    api_free(r->api);
    core_free(r->core);
    fake_disk_free(r->disk);
}

static bool is_open(const struct recovery *r)
{
    return r->count == r->sealed->needed;
}

static void check_phase(const struct recovery *r)
{
    auto_snapshot *now = core_snapshot(r->core);
    const struct bytes chain = buf_bytes(&now->authority->chain_pem);

    require(now->phase == (is_open(r) ? PHASE_ACCEPTING_MARBLES : PHASE_RECOVERY));
    require(bytes_equal(chain, buf_bytes(&r->sealed->chain)) == is_open(r));
    require((now->deployment != NULL) == is_open(r));
}

static void check_refusal(const struct recovery *r, const struct http_response *response)
{
    const struct bytes body = buf_bytes(&response->body);

    require(response->status == 400 || response->status == 410 || response->status == 500);
    require(body.len > 1 && body.at[body.len - 1] == '\n');
    if (!r->sealed->page || body.at[0] == '{')
        require(
            bytes_start_with(body, BYTES_LITERAL("{\"status\":\"fail\",\"data\":null,\"mess")) ||
            bytes_start_with(body, BYTES_LITERAL("{\"status\":\"error\",\"data\":null,\"mess")));
}

static void check_success(const struct recovery *r, const struct http_response *response)
{
    auto_string *remaining = mem_printf("{\"status\":\"success\",\"data\":{\"remaining\":%u,",
                                        r->sealed->needed - r->count);

    require(response->status == 200);
    if (r->sealed->page)
        require(response->body.len == 0);
    else
        require(bytes_start_with(buf_bytes(&response->body), bytes_of_string(remaining)));
}

/* counts: the oracle; the answer has to agree. */
static void send(struct recovery *r, struct bytes body, bool counts)
{
    struct answer a = ANSWER_NONE;
    struct http_request request = { .method = mem_string("POST"),
                                    .path = mem_string(r->sealed->page ? "/recover"
                                                                       : "/api/v2/recover"),
                                    .query = mem_string("") };

    buf_add(&request.body, body);
    api_handle(r->api, &request, take_answer, &a);
    wait_for_answer(&a);
    r->count += counts;
    if (counts)
        check_success(r, &a.response);
    else
        check_refusal(r, &a.response);
    http_response_clear(&a.response);
    check_phase(r);
}

/* Four bytes: holder, how many bytes are cut off, what one of them is spoilt with, who signed. */
static void send_share(struct recovery *r, struct reader *in)
{
    const struct sealed *const s = r->sealed;
    const unsigned holder = reader_u8(in, "holder") % s->holders;
    const size_t cut = reader_u8(in, "cut");
    const uint8_t spoil = reader_u8(in, "spoil");
    const unsigned signer = reader_u8(in, "signer") % s->holders;
    auto_buf share = { 0 }, body = { 0 };

    buf_add(&share, buf_bytes(&s->shares[holder]));
    buf_truncate(&share, cut < share.len ? share.len - cut : 0);
    if (share.len > 0)
        share.at[(holder + spoil) % share.len] ^= spoil;
    const bool whole = cut == 0 && spoil == 0;
    const bool counts = whole && (s->page || signer == holder) && !r->given[holder] && !is_open(r);
    if (s->page) {
        buf_add(&body, buf_bytes(&share));
    } else {
        buf_add_string(&body, "{\"recoverySecret\":");
        json_put_octets(&body, buf_bytes(&share));
        buf_add_string(&body, ",\"recoverySecretSignature\":");
        json_put_octets(&body, buf_bytes(&s->signatures[holder][signer]));
        buf_add_u8(&body, '}');
    }
    r->given[holder] |= counts;
    send(r, buf_bytes(&body), counts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader in = reader_over(bytes_of(data, size));
    const struct sealed *const both = deployments();
    struct recovery r = { .sealed = &both[reader_u8(&in, "deployment") % 2] };

    recovery_begin(&r);
    check_phase(&r);
    for (int i = 0; i < UPLOADS_MAX && in.pos < in.in.len; i++) {
        const uint8_t len = reader_u8(&in, "length");
        if (len == 0)
            send_share(&r, &in);
        else /* nobody guesses a secret */
            send(&r, len == UINT8_MAX ? reader_rest(&in) : reader_bytes(&in, len, "body"), false);
    }
    recovery_end(&r);
    return 0;
}
