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
    "\"Users\":{\"writer\":{\"Certificate\":\"" WORLD_USER_CERTIFICATE "\",\"Roles\":[\"write\"]}},"
    "\"Roles\":{\"write\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"sym\",\"token\","
    "\"site\"],\"Actions\":[\"WriteSecret\"]}},\"Config\":{\"SealMode\":\"Disabled\"}}";

/* A long log would slow the fuzzer down. */
static void reopen_if_full(struct world_api *w)
{
    auto_snapshot *now = core_snapshot(w->core);

    if (now->log.lines < 10000)
        return;
    world_api_close(w);
    world_api_open(w, BYTES_LITERAL(manifest));
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
    static struct world_api w;
    struct reader in = reader_over(bytes_of(data, size));
    const bool v2 = reader_u8(&in, "version") % 2 == 0;

    if (w.core == NULL)
        world_api_open(&w, BYTES_LITERAL(manifest));
    auto_snapshot *before = core_snapshot(w.core);
    struct http_response r = world_post(&w, v2 ? "/api/v2/secrets" : "/secrets", reader_rest(&in));
    auto_snapshot *after = core_snapshot(w.core);
    check_answer(&r, before, after);
    http_response_clear(&r);
    reopen_if_full(&w);
    return 0;
}
