/* SPDX-License-Identifier: Apache-2.0 */
#include "state/update_log_proof.h"

#include "codec/json.h"
#include "codec/text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

bool update_log_prove(const struct snapshot *s, int64_t now_ms, struct buf *statement,
                      struct buf *signature, struct err *err)
{
    const time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc = { 0 };
    char time[32] = "";

    (void)gmtime_r(&seconds, &utc);
    (void)strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const size_t begin = statement->len;
    buf_add_format(statement,
                   "{\"format\":\"" UPDATE_LOG_FORMAT "\",\"lines\":%" PRIu64 ",\"chain\":\"",
                   s->log.lines);
    hex_encode(statement, bytes_of(s->log.chain, sizeof s->log.chain));
    buf_add_format(statement, "\",\"manifestFingerprint\":\"%s\",\"time\":\"%s\"}",
                   s->deployment->fingerprint, time);
    const struct bytes text = bytes_of(statement->at + begin, statement->len - begin);
    return key_sign_sha256(s->authority->root_key, text, signature, err);
}

/* ---- the auditor ---- */

static bool parse_lines(const struct json *list, struct arena *arena,
                        struct update_log_proof *proof, struct err *err)
{
    size_t count = 0;
    bool null = false;

    if (!json_expect(list, JSON_ARRAY, &null, err))
        return false;
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v))
        count++;
    struct bytes *const lines = arena_alloc(arena, count * sizeof lines[0]);
    proof->lines = lines;
    proof->line_count = 0;
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        if (!json_get_string(v, &lines[proof->line_count++], err))
            return false;
    }
    return true;
}

/* Its members are only looked at; what counts is the signature over all of its bytes. */
static bool parse_statement(struct arena *arena, struct update_log_proof *proof, struct err *err)
{
    const struct json *const root = json_parse(proof->statement, JSON_TRAILING_REFUSED, arena, err);
    struct bytes format = BYTES_NONE;
    bool has_chain = false, has_lines = false;

    if (root == NULL)
        return err_in(err, "statement");
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        bool good = true;
        if (bytes_equal_string(v->name, "format"))
            good = json_get_string(v, &format, err);
        else if (bytes_equal_string(v->name, "lines"))
            good = has_lines = json_get_uint(v, UINT64_MAX, &proof->end.lines, err);
        else if (bytes_equal_string(v->name, "chain"))
            good = has_chain = json_get_hex(v, proof->end.chain, sizeof proof->end.chain, err);
        else if (bytes_equal_string(v->name, "manifestFingerprint"))
            good = json_get_string(v, &proof->manifest_fingerprint, err);
        else if (bytes_equal_string(v->name, "time"))
            good = json_get_string(v, &proof->time, err);
        if (!good)
            return err_in(err, "statement");
    }
    if (!bytes_equal_string(format, UPDATE_LOG_FORMAT) || !has_chain || !has_lines)
        return err_set(err, FAIL_MALFORMED, "statement: not of the format " UPDATE_LOG_FORMAT);
    return true;
}

static bool parse_signature(const struct json *value, struct arena *arena,
                            struct update_log_proof *proof, struct err *err)
{
    auto_buf octets = { 0 };
    bool present = false;

    if (!json_get_octets(value, &octets, &present, err))
        return false;
    proof->signature = arena_bytes(arena, buf_bytes(&octets));
    return true;
}

bool update_log_proof_parse(struct bytes json, struct arena *arena, struct update_log_proof *proof,
                            struct err *err)
{
    const struct json *root = json_parse(json, JSON_TRAILING_REFUSED, arena, err);

    *proof = (struct update_log_proof){ 0 };
    if (root == NULL)
        return false;
    if (json_member(root, "data") != NULL)
        root = json_member(root, "data");
    for (const struct json *v = json_first(root); v != NULL; v = json_next(v)) {
        bool good = true;
        if (bytes_equal_string(v->name, "updateLog"))
            good = parse_lines(v, arena, proof, err);
        else if (bytes_equal_string(v->name, "statement"))
            good = json_get_string(v, &proof->statement, err);
        else if (bytes_equal_string(v->name, "signature"))
            good = parse_signature(v, arena, proof, err);
        if (!good)
            return false;
    }
    if (proof->statement.len == 0 || proof->signature.len == 0 || proof->lines == NULL)
        return err_set(err, FAIL_MALFORMED,
                       "not an answer of GET /api/v2/update/chain: it needs updateLog, statement "
                       "and signature");
    return parse_statement(arena, proof, err);
}

/* The chain after the first `count` lines. */
static bool end_after(const struct update_log_proof *proof, uint64_t count,
                      struct update_log_end *end, struct err *err)
{
    if (!update_log_begin(end, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!update_log_extend(end, proof->lines[i], err))
            return false;
    }
    return true;
}

static bool is_same_end(const struct update_log_end *a, const struct update_log_end *b)
{
    return a->lines == b->lines && memcmp(a->chain, b->chain, sizeof a->chain) == 0;
}

bool update_log_proof_check(const struct update_log_proof *proof, const struct cert *root,
                            struct err *err)
{
    struct update_log_end end;
    auto_key *key = cert_public_key(root, err);

    if (key == NULL)
        return err_in(err, "root certificate");
    if (!key_verify_sha256(key, proof->statement, proof->signature, err))
        return err_set(err, FAIL_DENIED,
                       "the statement is not signed by the key of this root certificate");
    if (proof->line_count != proof->end.lines)
        return err_set(err, FAIL_DENIED,
                       "the log has %zu lines, the signed statement is about %" PRIu64,
                       proof->line_count, proof->end.lines);
    if (!end_after(proof, proof->line_count, &end, err))
        return false;
    return is_same_end(&end, &proof->end) ||
           err_set(err, FAIL_DENIED,
                   "a line was changed: the chain of the lines is not that of the statement");
}

bool update_log_proof_extends(const struct update_log_proof *later,
                              const struct update_log_proof *earlier, struct err *err)
{
    struct update_log_end end;

    for (size_t i = 0; i < earlier->line_count; i++) {
        if (i == later->line_count)
            return err_set(err, FAIL_DENIED,
                           "lines were removed: the earlier log has %zu, the later one %zu",
                           earlier->line_count, later->line_count);
        if (!bytes_equal(earlier->lines[i], later->lines[i]))
            return err_set(err, FAIL_DENIED, "line %zu is not that of the earlier log", i + 1);
    }
    return end_after(later, earlier->end.lines, &end, err) &&
           (is_same_end(&end, &earlier->end) ||
            err_set(err, FAIL_DENIED, "the earlier statement is not about these lines"));
}
