/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/diff.h"
#include "manifest/lint.h"
#include "manifest/records.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void require_text(const struct err *err)
{
    require(err->kind != FAIL_NONE && err->text[0] != '\0' && strchr(err->text, '\n') == NULL);
}

/* What is read twice is the same, and its records can be read back. */
static void require_same_again(const struct manifest *m)
{
    struct err err = { 0 };
    auto_manifest *again = manifest_parse(m->raw, &err);
    char first[65], second[65];

    require(again != NULL && manifest_fingerprint(m, first, &err) &&
            manifest_fingerprint(again, second, &err) && strcmp(first, second) == 0);
    require(again->package_count == m->package_count && again->marble_count == m->marble_count &&
            again->secret_count == m->secret_count && again->tls_tag_count == m->tls_tag_count &&
            again->user_count == m->user_count && again->role_count == m->role_count &&
            again->recovery_key_count == m->recovery_key_count &&
            again->infrastructure_count == m->infrastructure_count &&
            again->objection_count == m->objection_count);
}

static void require_records(const struct manifest *m)
{
    for (size_t i = 0; i < m->package_count; i++) {
        auto_arena arena = { 0 };
        auto_buf record = { 0 }, again = { 0 };
        struct manifest_package package;
        struct err err = { 0 };
        require(manifest_package(m, m->packages[i].name) == &m->packages[i]);
        record_write_package(&m->packages[i], &record);
        require(record_parse_package(buf_bytes(&record), &arena, &package, &err));
        record_write_package(&package, &again);
        require(bytes_equal(buf_bytes(&record), buf_bytes(&again)));
    }
    for (size_t i = 0; i < m->marble_count; i++) {
        auto_arena arena = { 0 };
        auto_buf record = { 0 };
        struct err err = { 0 };
        require(manifest_marble(m, m->marbles[i].name) == &m->marbles[i]);
        record_write_marble(&m->marbles[i], &record);
        require(json_parse(buf_bytes(&record), JSON_TRAILING_REFUSED, &arena, &err) != NULL);
    }
}

static void require_users(const struct manifest *m)
{
    for (size_t i = 0; i < m->user_count; i++) {
        auto_arena arena = { 0 };
        auto_buf record = { 0 }, again = { 0 };
        struct stored_user user, stored;
        struct err err = { 0 };
        require(stored_user_from_manifest(m, &m->users[i], &arena, &user, &err));
        stored_user_write(&user, &record);
        require(stored_user_parse(buf_bytes(&record), &arena, &stored, &err));
        stored_user_write(&stored, &again);
        require(bytes_equal(buf_bytes(&record), buf_bytes(&again)));
    }
}

/* Errors are there exactly when the Coordinator refuses. */
static void require_findings(const struct manifest *m, bool good)
{
    auto_findings all = { 0 };
    size_t errors = 0;

    manifest_lint(m, NULL, 0, &all);
    for (size_t i = 0; i < all.count; i++) {
        require(all.at[i].place != NULL && all.at[i].text.len > 0 && all.at[i].hint != NULL);
        require(memchr(all.at[i].text.at, '\n', all.at[i].text.len) == NULL);
        errors += all.at[i].severity == FINDING_ERROR;
    }
    require((errors == 0) == good);
}

static void require_no_difference(const struct manifest *m)
{
    auto_manifest_diff diff = { 0 };

    manifest_diff(m, m, &diff);
    require(diff.kind == UPDATE_NONE && diff.count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = { 0 };
    auto_manifest *m = manifest_parse(bytes_of(data, size), &err);

    if (m == NULL) {
        require_text(&err);
        return 0;
    }
    require_same_again(m);
    require_records(m);
    const bool good = manifest_check(m, NULL, &err);
    if (good)
        require_users(m);
    else
        require_text(&err);
    require_findings(m, good);
    require_no_difference(m);
    return 0;
}
