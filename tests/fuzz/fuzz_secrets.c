/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of one upload of secrets, in the version that the first byte picks, by a user who may write some of them.
 * Refused, it has changed nothing; accepted, exactly its secrets have new values of their type, with a line of
 * the log each, and Marbles' templates can do with them.
 */
#include "api/api.h"
#include "base/reader.h"
#include "fuzz_world.h"
#include "manifest/records.h"
#include "state/names.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char manifest[] =
    "{\"Packages\":{\"p\":{\"Debug\":true,\"SecurityVersion\":1,\"ProductID\":1,\"SignerID\":"
    "\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"p\",\"Parameters\":{"
    "\"Files\":{\"f\":\"{{ raw .Secrets.sym }}{{ hex .Secrets.key }}\"},"
    "\"Env\":{\"T\":\"{{ string .Secrets.token }}\"}}}},"
    "\"Secrets\":{\"sym\":{\"Type\":\"symmetric-key\",\"Size\":16,\"UserDefined\":true},"
    "\"token\":{\"Type\":\"plain\",\"UserDefined\":true},"
    "\"site\":{\"Type\":\"cert-ecdsa\",\"UserDefined\":true},"
    "\"vault\":{\"Type\":\"plain\",\"UserDefined\":true},"
    "\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true}},"
    "\"Users\":{\"writer\":{\"Certificate\":\"-----BEGIN CERTIFICATE-----\\n"
    "MIIBdzCCAR2gAwIBAgIUeuWRe5DSqGlzf1eAWTm/7R7x+BswCgYIKoZIzj0EAwIw\\n"
    "ETEPMA0GA1UEAwwGcmVhZGVyMB4XDTI2MTEyMzE0NDkxNVoXDTQ2MTExODE0NDkx\\n"
    "NVowETEPMA0GA1UEAwwGcmVhZGVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\\n"
    "i1Ung0RtbMg0Lk5YXseCIxTqjy83pVk0Dp9RakgOekaXW2EWITnwJacKx8n9CBBa\\n"
    "bzxSipcKw50IkWrzdWBS2aNTMFEwHQYDVR0OBBYEFKutjq3YdLfBLA0biFQHYLZb\\n"
    "GeckMB8GA1UdIwQYMBaAFKutjq3YdLfBLA0biFQHYLZbGeckMA8GA1UdEwEB/wQF\\n"
    "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgOCJh0e3FlehSOFvUohBriGWjeuabDCin\\n"
    "XRRxcWK7BfgCIQD9n6DM0DwtNqIspDurWXhpmkdI4w+7lY9k6/4R8FPSTA==\\n"
    "-----END CERTIFICATE-----\\n\",\"Roles\":[\"write\"]}},"
    "\"Roles\":{\"write\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"sym\",\"token\","
    "\"site\"],\"Actions\":[\"WriteSecret\"]}},\"Config\":{\"SealMode\":\"Disabled\"}}";

struct target {
    struct pool *pool;
    struct core *core;
    struct api *api;
    uint8_t *leaf;
    size_t leaf_len;
};

static void open_target(struct target *t)
{
    struct manifest_reply reply = { 0 };

    t->core = world_core();
    world_set_manifest(t->core, BYTES_LITERAL(manifest), &reply);
    manifest_reply_clear(&reply);
    t->pool = pool_new(1);
    t->api = api_new(t->core, t->pool);
    auto_snapshot *now = core_snapshot(t->core);
    t->leaf = bytes_copy(now->deployment->users[0].certificate);
    t->leaf_len = now->deployment->users[0].certificate.len;
}

/* A long log would slow the fuzzer down. */
static void reopen_if_full(struct target *t)
{
    auto_snapshot *now = core_snapshot(t->core);

    if (now->log.lines < 10000)
        return;
    api_free(t->api);
    pool_free(t->pool);
    core_free(t->core);
    free(t->leaf);
    open_target(t);
}

static void check_stored(struct bytes name, struct bytes record)
{
    auto_arena arena = { 0 };
    struct stored_secret s;
    struct err err = { 0 };

    require(stored_secret_parse(record, &arena, &s, &err) && s.user_defined);
    if (bytes_equal_string(name, PREFIX_SECRET "sym"))
        require(s.size == 16 && s.private_value.value.len == 2 && !s.cert.present &&
                bytes_equal(s.private_value.value, s.public_value.value));
    else if (bytes_equal_string(name, PREFIX_SECRET "token"))
        require(!s.cert.present && s.private_value.value.len > 0 &&
                memchr(s.private_value.value.at, 0, s.private_value.value.len) == NULL &&
                bytes_equal(s.private_value.value, s.public_value.value));
    else
        require(bytes_equal_string(name, PREFIX_SECRET "site") && s.cert.value.len > 0 &&
                s.public_value.value.len > 0);
}

/* How many values of the state differ; each has to be one that the user may write, in good form. */
static uint64_t check_changes(const struct snapshot *before, const struct snapshot *after)
{
    uint64_t changed = 0;

    for (struct omap_entry e = { 0 }; omap_next_with_prefix(after->values, BYTES_NONE, &e);) {
        struct bytes old;
        if (omap_get(before->values, e.key, &old) && bytes_equal(old, e.value))
            continue;
        if (bytes_start_with(e.key, BYTES_LITERAL(PREFIX_UPDATE_LOG)))
            continue;
        check_stored(e.key, e.value);
        changed++;
    }
    return changed;
}

static void check_answer(const struct http_response *r, const struct snapshot *before,
                         const struct snapshot *after)
{
    const struct bytes body = buf_bytes(&r->body);
    const uint64_t lines = after->log.lines - before->log.lines;
    const uint64_t changed = check_changes(before, after);

    if (r->status == 200) {
        require(bytes_equal_string(body, "{\"status\":\"success\",\"data\":null}\n"));
        require(lines >= 1 && lines <= 3 && changed <= lines);
        return;
    }
    require(r->status == 400 || r->status == 500);
    require(bytes_start_with(body, BYTES_LITERAL("{\"status\":\"error\",\"data\":null,\"mess")) ||
            bytes_start_with(body, BYTES_LITERAL("{\"status\":\"fail\",\"data\":null,\"mess")));
    require(lines == 0 && changed == 0 && before->values == after->values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target t;
    struct reader r = reader_over(bytes_of(data, size));
    const bool v2 = reader_u8(&r, "version") % 2 == 0;
    struct answer a = ANSWER_NONE;

    if (t.core == NULL)
        open_target(&t);
    struct http_request request = { .method = mem_string("POST"),
                                    .path = mem_string(v2 ? "/api/v2/secrets" : "/secrets"),
                                    .query = mem_string(""),
                                    .peer_leaf = bytes_copy(bytes_of(t.leaf, t.leaf_len)),
                                    .peer_leaf_len = t.leaf_len };
    buf_add(&request.body, reader_rest(&r));
    auto_snapshot *before = core_snapshot(t.core);
    api_handle(t.api, &request, take_answer, &a);
    wait_for_answer(&a);
    auto_snapshot *after = core_snapshot(t.core);
    check_answer(&a.response, before, after);
    http_response_clear(&a.response);
    reopen_if_full(&t);
    return 0;
}
