/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/record.h"

#include "cli/attest/show.h"
#include "cli/coordinator/cache.h"
#include "cli/io/carried_file.h"

#include <time.h>

#define FORMAT "attestation-record"
#define NOTE                                                                                       \
    "What a Coordinator proved when this was saved: its evidence over its root certificate and a " \
    "nonce, and the collateral of that day. `taw attest verify` judges it again."

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
           bytes_equal_string(format, FORMAT);
}

/* ---- reading ---- */

static bool get_octets(const struct json *top, const char *name, size_t most, struct arena *arena,
                       struct bytes *octets, struct err *err)
{
    auto_buf decoded = { 0 };

    if (!carried_octets(top, name, 1, most, &decoded, err))
        return false;
    *octets = arena_bytes(arena, buf_bytes(&decoded));
    return true;
}

/* A day that the calendar has, written as we write it. */
static bool get_time(const struct json *top, int64_t *at, struct err *err)
{
    struct bytes value;
    struct tm utc = { 0 };

    if (!carried_time(top, "saved_at", &value, err))
        return false;
    auto_string *text = bytes_to_string(value);
    *at = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc) == NULL ? -1 : timegm(&utc);
    return (*at >= 0 && bytes_equal_string(value, moment_of(*at).text)) ||
           err_set(err, FAIL_MALFORMED, "saved_at: there is no such time since 1970");
}

static bool get_certificates(const struct json *top, struct saved_record *record, struct err *err)
{
    const struct json *pem;

    return carried_value(top, "certificates", JSON_STRING, &pem, err) &&
           chain_parse(pem->text, &record->intermediate, &record->root, err);
}

static bool read_members(const struct json *top, struct saved_record *record, struct err *err)
{
    const struct json *collateral;
    struct arena *const arena = &record->arena;

    if (!get_time(top, &record->saved_at, err) ||
        !carried_endpoint(top, &record->coordinator, err) || !get_certificates(top, record, err) ||
        !get_octets(top, "nonce", RECORD_NONCE_MAX, arena, &record->nonce, err) ||
        !get_octets(top, "evidence", CARRIED_MAX, arena, &record->evidence, err) ||
        !carried_value(top, "collateral", JSON_OBJECT, &collateral, err))
        return false;
    record->coordinator = arena_bytes(arena, record->coordinator);
    record->collateral = arena_bytes(arena, json_source(collateral));
    return true;
}

bool saved_record_parse(struct bytes text, struct saved_record *record, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const top = carried_open(text, FORMAT, &arena, err);

    *record = (struct saved_record){ 0 };
    return top != NULL && read_members(top, record, err);
}

/* ---- writing ---- */

void saved_record_put(const struct saved_record *record, struct buf *json)
{
    auto_buf pem = { 0 };

    cert_pem(record->intermediate, &pem);
    cert_pem(record->root, &pem);
    carried_begin(json, FORMAT, NOTE);
    carried_put_text(json, "saved_at", bytes_of_string(moment_of(record->saved_at).text));
    carried_put_text(json, "endpoint", record->coordinator);
    carried_member(json, "certificates");
    json_put_string(json, buf_bytes(&pem));
    carried_put_octets(json, "nonce", record->nonce);
    carried_put_octets(json, "evidence", record->evidence);
    carried_member(json, "collateral");
    buf_add(json, record->collateral);
    carried_end(json);
}
