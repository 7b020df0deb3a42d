/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery as key holders see it: /api/v2/recover and the page of 2020 (client-api.md, 8.5, 19). */
#include "test.h"

#include "client.h"
#include "foreign.h"
#include "state/names.h"

#include <errno.h>

enum scheme { NONE, SINGLE, SINGULAR, XOR, SHAMIR, FOREIGN_SINGLE, FOREIGN_XOR, SCHEMES };
enum when { BEFORE_MANIFEST, RUNNING, LOCKED, WHENS };

/* A Coordinator with a state of that scheme, at that point of its life. */
static struct deal begin(struct service *s, enum scheme scheme, enum when when)
{
    static const unsigned holders[] = { 0, 1, 1, 3, 3, 1, 3 };
    const unsigned n = holders[scheme], t = scheme == SHAMIR ? 2 : 0;
    struct deal deal = { 0 };

    if (scheme >= FOREIGN_SINGLE && when == LOCKED) {
        auto_buf manifest = manifest_text(n, t, false, "");
        auto_omap *values = foreign_values(buf_bytes(&manifest));
        uint8_t key[32];
        deal = foreign_deal(n, t, key);
        auto_buf file = foreign_file(values, &deal, key);
        world_begin(&s->world);
        world_write(&s->world, "sealed_data", buf_bytes(&file));
        service_start(s, "b");
        return deal;
    }
    service_begin(s);
    if (when != BEFORE_MANIFEST)
        deal = set_manifest(&s->machine, n, t, scheme == SINGULAR);
    if (when == LOCKED)
        service_move(s, "b");
    return deal;
}

static bool is_plain_length(size_t len)
{
    return len == 16 || len == 32 || len == 33;
}

static void uploads_of_every_length_are_refused_in_every_scheme_and_phase(void **state)
{
    static const size_t lengths[] = { 0, 15, 16, 17, 32, 33, 255, 512, 20480, 20481 };
    uint8_t *const zeros = mem_zero_alloc(1, 20481);

    (void)state;
    for (int scheme = 0; scheme < SCHEMES; scheme++) {
        for (int when = 0; when < WHENS; when++) {
            auto_service s;
            auto_deal deal = begin(&s, (enum scheme)scheme, (enum when)when);
            for (size_t i = 0; i < COUNT_OF(lengths); i++) {
                const struct bytes body = bytes_of(zeros, lengths[i]);
                auto_response v2 = post_share(&s, body, BYTES_LITERAL("signature"));
                if (is_plain_length(lengths[i]))
                    assert_refusal(&v2, 500, "error",
                                   when == LOCKED ? "setting recovery key" : CORE_WRONG_STATE);
                else if (lengths[i] > 10000)
                    assert_refusal(&v2, 400, "fail", "bad request"); /* cut at 20480 */
                else
                    assert_refusal(&v2, 400, "fail", "failed to decrypt recovery secret");
                /* The bytes themselves are no JSON. */
                auto_response raw = call(&s, "POST", "/api/v2/recover", body);
                assert_refusal(&raw, 400, "fail", "bad request");
                auto_response page = call(&s, "POST", "/recover", body);
                if (page.status != 410 && page.status != 500)
                    fail_msg("scheme %d, phase %d, %zu bytes: %d", scheme, when, lengths[i],
                             page.status);
            }
            if (when == LOCKED)
                assert_phase(&s.machine, PHASE_RECOVERY);
            /* And all of that cost nobody anything. */
            if (when == LOCKED && scheme == XOR) {
                give(&s.machine, &deal, 0, 2);
                give(&s.machine, &deal, 1, 1);
                give(&s.machine, &deal, 2, 0);
            }
        }
    }
    free(zeros);
}

static void body_is_read_up_to_20480_bytes(void **state)
{
    auto_service s;
    auto_deal deal = begin(&s, XOR, LOCKED);

    (void)state;
    for (unsigned i = 0; i <= 1; i++) {
        auto_buf body =
            upload_body(share_bytes(&deal.shares[0]), buf_bytes(&deal.shares[0].signature));
        /* A member that nobody knows fills it up to 20480 or 20481 bytes. */
        const size_t size = i == 0 ? API_RECOVER_READ + 1 : API_RECOVER_READ;
        buf_truncate(&body, body.len - 1);
        buf_add_string(&body, ",\"x\":\"");
        while (body.len < size - 2)
            buf_add_u8(&body, 'x');
        buf_add_string(&body, "\"}");
        assert_int_equal(body.len, size);
        auto_response r = call(&s, "POST", "/api/v2/recover", buf_bytes(&body));
        if (i == 0)
            assert_refusal(&r, 400, "fail", "unexpected end");
        else
            assert_int_equal(r.status, 200);
    }
}

static void shares_count_down_and_name_who_gave(void **state)
{
    auto_service s;
    auto_deal deal = begin(&s, XOR, LOCKED);

    (void)state;
    auto_response first =
        post_share(&s, share_bytes(&deal.shares[2]), buf_bytes(&deal.shares[2].signature));
    assert_answer(&first, 200, TYPE_JSON,
                  "{\"status\":\"success\",\"data\":{\"remaining\":2,\"message\":\"Secret was "
                  "processed successfully. Upload the next secret. Remaining secrets: 2\","
                  "\"required\":3,\"accepted\":[\"carol\"]}}\n");
    auto_response twice =
        post_share(&s, share_bytes(&deal.shares[2]), buf_bytes(&deal.shares[2].signature));
    assert_refusal(&twice, 500, "error",
                   "setting recovery key: already used: the secret of "
                   "\\\"carol\\\"");
    auto_response swapped =
        post_share(&s, share_bytes(&deal.shares[0]), buf_bytes(&deal.shares[1].signature));
    assert_refusal(&swapped, 500, "error", "\\\"alice\\\"");
    auto_response bare = post_share(&s, share_bytes(&deal.shares[0]), BYTES_NONE);
    assert_refusal(&bare, 500, "error", "not signed");
    auto_response status = call(&s, "GET", "/api/v2/recover/status", BYTES_NONE);
    assert_non_null(strstr(text_of(&status), "\"accepted\":[\"carol\"],\"missing\":[\"alice\","
                                             "\"bob\"]"));
    auto_response second =
        post_share(&s, share_bytes(&deal.shares[0]), buf_bytes(&deal.shares[0].signature));
    assert_non_null(strstr(text_of(&second), "\"remaining\":1,"));
    auto_response last =
        post_share(&s, share_bytes(&deal.shares[1]), buf_bytes(&deal.shares[1].signature));
    assert_answer(&last, 200, TYPE_JSON,
                  "{\"status\":\"success\",\"data\":{\"remaining\":0,\"message\":\"Recovery "
                  "successful.\"}}\n");
    auto_response late =
        post_share(&s, share_bytes(&deal.shares[1]), buf_bytes(&deal.shares[1].signature));
    assert_refusal(&late, 500, "error", CORE_WRONG_STATE);
    auto_response after = call(&s, "GET", "/api/v2/recover/status", BYTES_NONE);
    assert_answer(&after, 200, TYPE_JSON,
                  "{\"status\":\"success\",\"data\":{\"recovering\":false,\"recoveries\":1,"
                  "\"lastRecovery\":\"2026-01-15T12:00:00Z\",\"withoutProof\":false}}\n");
}

/* The octets of a member of the reply's data. */
static struct buf data_octets(const struct http_response *r, const char *name)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct buf out = { 0 };
    bool present = false;
    const struct json *const root =
        json_parse(buf_bytes(&r->body), JSON_TRAILING_IGNORED, &arena, &err);

    assert_non_null(root);
    const struct json *const member = json_member(json_member(root, "data"), name);
    assert_non_null(member);
    assert_ok(json_get_octets(member, &out, &present, &err), &err);
    return out;
}

static void metadata_is_signed_by_the_root_that_comes_back(void **state)
{
    auto_service s;
    auto_deal deal = begin(&s, SINGLE, LOCKED);
    struct err err = { 0 };

    (void)state;
    auto_response status = call(&s, "GET", "/api/v2/recover/status", BYTES_NONE);
    auto_buf metadata = data_octets(&status, "metadata");
    auto_buf signature = data_octets(&status, "metadataSignature");
    auto_response done =
        post_share(&s, share_bytes(&deal.shares[0]), buf_bytes(&deal.shares[0].signature));
    assert_int_equal(done.status, 200);
    auto_snapshot *now = core_snapshot(s.machine.core);
    assert_ok(key_verify_sha256(now->authority->root_key, buf_bytes(&metadata),
                                buf_bytes(&signature), &err),
              &err);
    metadata.at[metadata.len / 2] ^= 1;
    assert_false(key_verify_sha256(now->authority->root_key, buf_bytes(&metadata),
                                   buf_bytes(&signature), &err));
}

static void member_names_are_matched_ignoring_case(void **state)
{
    auto_service s;
    auto_deal deal = begin(&s, SINGLE, LOCKED);
    auto_buf body = { 0 };

    (void)state;
    buf_add_string(&body, "{\"RECOVERYSECRET\":");
    json_put_octets(&body, share_bytes(&deal.shares[0]));
    buf_add_string(&body, ",\"recoverysecretsignature\":");
    json_put_octets(&body, buf_bytes(&deal.shares[0].signature));
    buf_add_string(&body, "} trailing");
    auto_response r = call(&s, "POST", "/api/v2/recover", buf_bytes(&body));
    assert_int_equal(r.status, 200);
}

static void secret_may_travel_under_the_ephemeral_key(void **state)
{
    auto_service s;
    auto_deal deal = begin(&s, SHAMIR, LOCKED);
    auto_arena arena = { 0 };
    auto_buf der = { 0 }, encrypted = { 0 };
    bool present = false;
    struct err err = { 0 };

    (void)state;
    auto_response r = call(&s, "GET", "/api/v2/recover/public-key", BYTES_NONE);
    assert_ok(json_get_octets(data_member(&r, "ephemeralPublicKey", &arena), &der, &present, &err),
              &err);
    auto_key *key = key_from_public_der(buf_bytes(&der), &err);
    assert_non_null(key);
    assert_ok(key_oaep_encrypt(key, share_bytes(&deal.shares[0]), &encrypted, &err), &err);
    auto_response ok = post_share(&s, buf_bytes(&encrypted), buf_bytes(&deal.shares[0].signature));
    assert_int_equal(ok.status, 200);
    encrypted.at[7] ^= 1;
    auto_response bad = post_share(&s, buf_bytes(&encrypted), buf_bytes(&deal.shares[0].signature));
    assert_refusal(&bad, 400, "fail", "failed to decrypt recovery secret");
    give(&s.machine, &deal, 1, 0);
}

/* state-and-recovery.md, 9.5: the commands of the recovery page. */
static void page_of_2020_recovers_with_the_raw_key(void **state)
{
    static const uint8_t wrong[32] = { 1 };
    auto_service s;
    auto_deal deal = begin(&s, SINGULAR, LOCKED);

    (void)state;
    auto_response bad = call(&s, "POST", "/recover", bytes_of(wrong, 32));
    assert_int_equal(bad.status, 500);
    assert_string_equal(bad.content_type, TYPE_TEXT);
    assert_phase(&s.machine, PHASE_RECOVERY);
    auto_response good = call(&s, "POST", "/recover", share_bytes(&deal.shares[0]));
    assert_answer(&good, 200, NULL, "");
    auto_response again = call(&s, "POST", "/recover", share_bytes(&deal.shares[0]));
    assert_answer(&again, 500, TYPE_TEXT, CORE_WRONG_STATE "\n");
    auto_response status = call(&s, "GET", "/api/v2/status", BYTES_NONE);
    assert_non_null(strstr(text_of(&status), "recovered without proof"));
    auto_response log = call(&s, "GET", "/api/v2/update", BYTES_NONE);
    assert_non_null(strstr(text_of(&log), "Coordinator recovered without proof"));
}

static void unsigned_recovery_is_gone_unless_the_key_is_singular(void **state)
{
    static const enum scheme schemes[] = { NONE, SINGLE, XOR, SHAMIR, FOREIGN_SINGLE, FOREIGN_XOR };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        auto_service s;
        auto_deal deal = begin(&s, schemes[i], LOCKED);
        const struct bytes secret =
            deal.count > 0 ? share_bytes(&deal.shares[0]) : BYTES_LITERAL("0123456789abcdef");
        auto_response r = call(&s, "POST", "/recover", secret);
        assert_refusal(&r, 410, "error", "/api/v2/recover endpoint instead");
        assert_phase(&s.machine, PHASE_RECOVERY);
        for (unsigned k = 0; k < deal.count && schemes[i] != SHAMIR; k++)
            give(&s.machine, &deal, k, deal.count - 1 - k);
    }
}

static void full_disk_fails_the_upload_and_the_next_try_works(void **state)
{
    auto_service s;
    auto_deal deal = begin(&s, XOR, LOCKED);

    (void)state;
    give(&s.machine, &deal, 0, 2);
    give(&s.machine, &deal, 1, 1);
    world_fail(&s.world, 1, false, ENOSPC);
    auto_response full =
        post_share(&s, share_bytes(&deal.shares[2]), buf_bytes(&deal.shares[2].signature));
    assert_refusal(&full, 500, "error", "No space left");
    world_heal(&s.world);
    auto_response status = call(&s, "GET", "/api/v2/recover/status", BYTES_NONE);
    assert_non_null(strstr(text_of(&status), "\"accepted\":[\"alice\",\"bob\"]"));
    auto_response good =
        post_share(&s, share_bytes(&deal.shares[2]), buf_bytes(&deal.shares[2].signature));
    assert_int_equal(good.status, 200);
}

struct holder {
    struct service *service;
    const struct share *share;
    int status[8];
};

static void *upload_often(void *arg)
{
    struct holder *const h = arg;

    for (size_t i = 0; i < COUNT_OF(h->status); i++) {
        struct http_response r =
            post_share(h->service, share_bytes(h->share), buf_bytes(&h->share->signature));
        h->status[i] = r.status;
        http_response_clear(&r);
    }
    return NULL;
}

static void holders_who_come_together_recover_it_once(void **state)
{
    auto_service s;
    auto_deal deal = begin(&s, SHAMIR, LOCKED);
    struct holder holders[HOLDERS] = { 0 };
    pthread_t threads[HOLDERS];
    unsigned accepted = 0;

    (void)state;
    for (unsigned i = 0; i < HOLDERS; i++) {
        holders[i] = (struct holder){ .service = &s, .share = &deal.shares[i] };
        assert_int_equal(pthread_create(&threads[i], NULL, upload_often, &holders[i]), 0);
    }
    for (unsigned i = 0; i < HOLDERS; i++) {
        (void)pthread_join(threads[i], NULL);
        for (size_t k = 0; k < COUNT_OF(holders[i].status); k++)
            accepted += holders[i].status[k] == 200;
    }
    assert_int_equal(accepted, 2);
    assert_phase(&s.machine, PHASE_ACCEPTING_MARBLES);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(uploads_of_every_length_are_refused_in_every_scheme_and_phase),
    cmocka_unit_test(body_is_read_up_to_20480_bytes),
    cmocka_unit_test(shares_count_down_and_name_who_gave),
    cmocka_unit_test(metadata_is_signed_by_the_root_that_comes_back),
    cmocka_unit_test(member_names_are_matched_ignoring_case),
    cmocka_unit_test(secret_may_travel_under_the_ephemeral_key),
    cmocka_unit_test(page_of_2020_recovers_with_the_raw_key),
    cmocka_unit_test(unsigned_recovery_is_gone_unless_the_key_is_singular),
    cmocka_unit_test(full_disk_fails_the_upload_and_the_next_try_works),
    cmocka_unit_test(holders_who_come_together_recover_it_once),
};

TEST_MAIN(tests)
