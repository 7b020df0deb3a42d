/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest_record.h"

#include "cli/attest_show.h"
#include "cli/cache.h"
#include "codec/json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char format_name[] = "attestation-record";
enum { RECORD_VERSION = 1, DEEPEST = 16 };

void saved_record_clear(struct saved_record *record)
{
    cert_free(record->root);
    cert_free(record->intermediate);
    arena_clear(&record->arena);
    *record = (struct saved_record){ 0 };
}

bool saved_record_is_meant(struct bytes text)
{
    auto_arena arena = { 0 };
    struct bytes format = BYTES_NONE;
    struct err err = { 0 };
    const struct json *const top = json_parse(text, JSON_TRAILING_REFUSED, &arena, &err);
    const struct json *const member =
        top != NULL && top->type == JSON_OBJECT ? json_member(top, "format") : NULL;

    return member != NULL && json_get_string(member, &format, &err) &&
           bytes_equal_string(format, format_name);
}

/* ---- reading ---- */

static bool get_member(const struct json *top, const char *name, enum json_type type,
                       const struct json **member, struct err *err)
{
    *member = json_member(top, name);
    if (*member == NULL || (*member)->type != type)
        return err_set(err, FAIL_MALFORMED, "%s is absent, or of another type", name);
    return true;
}

static bool get_text(const struct json *top, const char *name, struct arena *arena,
                     struct bytes *text, struct err *err)
{
    const struct json *member;

    if (!get_member(top, name, JSON_STRING, &member, err))
        return false;
    *text = arena_bytes(arena, member->text);
    return true;
}

static bool get_octets(const struct json *top, const char *name, size_t most, struct arena *arena,
                       struct bytes *octets, struct err *err)
{
    const struct json *member;
    auto_buf decoded = { 0 };
    bool present;

    if (!get_member(top, name, JSON_STRING, &member, err) ||
        !json_get_octets(member, &decoded, &present, err))
        return false;
    *octets = arena_bytes(arena, buf_bytes(&decoded));
    return (octets->len > 0 && octets->len <= most) ||
           err_set(err, FAIL_MALFORMED, "%s has %zu bytes", name, octets->len);
}

static bool get_version(const struct json *top, struct err *err)
{
    const struct json *member;
    uint64_t version;

    if (!get_member(top, "version", JSON_NUMBER, &member, err) ||
        !json_get_uint(member, UINT64_MAX, &version, err))
        return false;
    return version == RECORD_VERSION ||
           err_set(err, FAIL_MALFORMED, "version %llu is not known", (unsigned long long)version);
}

/* One spelling: what it reads as is written as it stood there. */
static bool get_time(const struct json *top, int64_t *at, struct err *err)
{
    const struct json *member;
    struct tm utc = { 0 };

    if (!get_member(top, "saved_at", JSON_STRING, &member, err))
        return false;
    auto_string *text = bytes_to_string(member->text);
    const char *const end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    *at = end != NULL && *end == '\0' ? timegm(&utc) : -1;
    return (*at >= 0 && bytes_equal_string(member->text, moment_of(*at).text)) ||
           err_set(err, FAIL_MALFORMED, "saved_at is no time of the form 2026-01-02T03:04:05Z");
}

static bool get_certificates(const struct json *top, struct saved_record *record, struct err *err)
{
    struct bytes pem;

    return get_text(top, "certificates", &record->arena, &pem, err) &&
           chain_parse(pem, &record->intermediate, &record->root, err);
}

static bool read_members(const struct json *top, struct saved_record *record, struct err *err)
{
    const struct json *collateral;
    struct arena *const arena = &record->arena;

    if (!json_is_strict(top, DEEPEST, err) || !get_version(top, err) ||
        !get_time(top, &record->saved_at, err) ||
        !get_text(top, "coordinator", arena, &record->coordinator, err) ||
        !get_certificates(top, record, err) ||
        !get_octets(top, "nonce", RECORD_NONCE_MAX, arena, &record->nonce, err) ||
        !get_octets(top, "evidence", SIZE_MAX, arena, &record->evidence, err) ||
        !get_member(top, "collateral", JSON_OBJECT, &collateral, err))
        return false;
    record->collateral = arena_bytes(arena, json_source(collateral));
    return true;
}

bool saved_record_parse(struct bytes text, struct saved_record *record, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const top = json_parse(text, JSON_TRAILING_REFUSED, &arena, err);

    *record = (struct saved_record){ 0 };
    if (top == NULL)
        return false;
    if (top->type != JSON_OBJECT)
        return err_set(err, FAIL_MALFORMED, "no JSON object");
    return read_members(top, record, err);
}

/* ---- writing ---- */

static void put_text(struct buf *json, const char *name, struct bytes text)
{
    json_put_name(json, name);
    json_put_string(json, text);
}

static void put_octets(struct buf *json, const char *name, struct bytes octets)
{
    json_put_name(json, name);
    json_put_octets(json, octets);
}

void saved_record_put(const struct saved_record *record, struct buf *json)
{
    auto_buf pem = { 0 };

    cert_pem(record->intermediate, &pem);
    cert_pem(record->root, &pem);
    buf_add_format(json, "{\"format\":\"%s\",\"version\":%d", format_name, RECORD_VERSION);
    put_text(json, "saved_at", bytes_of_string(moment_of(record->saved_at).text));
    put_text(json, "coordinator", record->coordinator);
    put_text(json, "certificates", buf_bytes(&pem));
    put_octets(json, "nonce", record->nonce);
    put_octets(json, "evidence", record->evidence);
    json_put_name(json, "collateral");
    buf_add(json, record->collateral);
    buf_add_string(json, "}\n");
}
