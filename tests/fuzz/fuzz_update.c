/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of one update of packages or of the manifest, in the version that the first byte picks, by a user who may
 * do both alone. Refused, it has changed nothing; accepted, the packages are not lower than before, or the manifest is
 * what was sent; and what the state holds then can be loaded again.
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
    "{\"Packages\":{\"p\":{\"SecurityVersion\":3,\"ProductID\":1,\"SignerID\":\"00\"},"
    "\"q\":{\"UniqueID\":\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"p\"}},"
    "\"Secrets\":{\"key\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"
    "\"site\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true},"
    "\"token\":{\"Type\":\"plain\",\"UserDefined\":true}},"
    "\"Users\":{\"u\":{\"Certificate\":\"" WORLD_USER_CERTIFICATE
    "\",\"Roles\":[\"all\",\"packages\"]}},"
    "\"Roles\":{\"all\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]},"
    "\"packages\":{\"ResourceType\":\"Packages\",\"ResourceNames\":[\"p\",\"q\"],\"Actions\":["
    "\"UpdateSecurityVersion\"]}},\"Config\":{\"SealMode\":\"Disabled\"}}";

/* Whoever updated the manifest may have no right any more. */
static void reopen(struct world_api *w)
{
    world_api_close(w);
    world_api_open(w, BYTES_LITERAL(manifest));
}

static uint64_t version_of(const struct snapshot *s, const char *package)
{
    auto_arena arena = { 0 };
    struct manifest_package p;
    struct bytes record;
    struct err err = { 0 };

    require(snapshot_value(s, PREFIX_PACKAGE, bytes_of_string(package), &record) &&
            record_parse_package(record, &arena, &p, &err));
    return p.security_version.present ? p.security_version.value : 0;
}

static void check_loads(const struct world_api *w, const struct snapshot *after)
{
    struct err err = { 0 };
    auto_snapshot *again = snapshot_load(core_env(w->core), after->values, &err);

    require(again != NULL && again->log.lines == after->log.lines);
}

/* One of packages alone. */
static void check_raised(const struct snapshot *before, const struct snapshot *after)
{
    const uint64_t lines = after->log.lines - before->log.lines;

    require(lines >= 1 && lines <= 2);
    require(version_of(after, "p") >= version_of(before, "p"));
    require(version_of(after, "q") >= version_of(before, "q"));
    require(bytes_equal(cert_der(after->authority->root), cert_der(before->authority->root)));
}

static void check_replaced(const struct snapshot *before, const struct snapshot *after)
{
    struct err err = { 0 };

    require(after->log.lines == before->log.lines + 2);
    require(manifest_check(after->deployment->manifest, NULL, &err));
    require(after->deployment->user_count == after->deployment->manifest->user_count);
    require(key_verify_sha256(after->authority->root_key, after->deployment->manifest->raw,
                              after->deployment->signature, &err));
}

/* Whether the manifest is another one now. */
static bool check_answer(const struct world_api *w, const struct http_response *r,
                         const struct snapshot *before, const struct snapshot *after)
{
    const struct bytes body = buf_bytes(&r->body);

    if (r->status != 200) {
        require(r->status == 400 || r->status == 500);
        require(bytes_start_with(body, BYTES_LITERAL("{\"status\":\"error\",\"data\":null,\"me")) ||
                bytes_start_with(body, BYTES_LITERAL("{\"status\":\"fail\",\"data\":null,\"me")));
        require(before->values == after->values);
        return false;
    }
    require(bytes_start_with(body, BYTES_LITERAL("{\"status\":\"success\",\"data\":")));
    require(before->authority != after->authority);
    check_loads(w, after);
    if (before->deployment == after->deployment) {
        check_raised(before, after);
        return false;
    }
    check_replaced(before, after);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world_api w;
    struct reader in = reader_over(bytes_of(data, size));
    const bool v2 = reader_u8(&in, "version") % 2 == 0;

    if (w.core == NULL)
        world_api_open(&w, BYTES_LITERAL(manifest));
    auto_snapshot *before = core_snapshot(w.core);
    struct http_response r = world_post(&w, v2 ? "/api/v2/update" : "/update", reader_rest(&in));
    auto_snapshot *after = core_snapshot(w.core);
    const bool replaced = check_answer(&w, &r, before, after);
    http_response_clear(&r);
    if (replaced || after->log.lines > 1000)
        reopen(&w);
    return 0;
}
