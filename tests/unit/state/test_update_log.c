/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "state_test.h"

#include "codec/json.h"
#include "codec/text.h"
#include "state/update_log_proof.h"

static void assert_denied(bool done, struct err *err, const char *reason)
{
    if (done || err->kind != FAIL_DENIED || strstr(err->text, reason) == NULL)
        fail_msg("wanted \"%s\", got kind %d, %s", reason, (int)err->kind, err->text);
    *err = (struct err){ 0 };
}

/* The deployment with that many lines: "line 0", "line 1", ... */
static struct snapshot *with_lines(struct authority *a, uint64_t count)
{
    auto_omap *values = state_values(a);
    auto_snapshot *s = NULL;
    struct err err = { 0 };

    s = snapshot_load(&state_env, values, &err);
    for (uint64_t i = 0; i < count; i++) {
        auto_change change = { 0 };
        auto_string *event = mem_printf("line %llu", (unsigned long long)i);
        change_put_log_line(&change, &state_env, i, event, BYTES_NONE);
        struct snapshot *const next = snapshot_after(&state_env, s, &change, &err);
        snapshot_free(s);
        s = next;
        if (s == NULL)
            fail_msg("%s", err.text);
    }
    return TAKE(s);
}

/* As the client API answers. */
static struct buf answer_of(const struct snapshot *s, bool enveloped)
{
    auto_buf statement = { 0 }, signature = { 0 };
    struct buf out = { 0 };
    struct err err = { 0 };

    assert_ok(update_log_prove(s, fixed_now(NULL), &statement, &signature, &err), &err);
    buf_add_string(&out, enveloped ? "{\"status\":\"success\",\"data\":{" : "{");
    json_put_name(&out, "statement");
    json_put_string(&out, buf_bytes(&statement));
    json_put_name(&out, "signature");
    json_put_octets(&out, buf_bytes(&signature));
    json_put_name(&out, "updateLog");
    update_log_put_lines(s->values, &out);
    buf_add_string(&out, enveloped ? "}}\n" : "}");
    return out;
}

static void parse(struct bytes text, struct arena *arena, struct update_log_proof *proof)
{
    struct err err = { 0 };

    assert_ok(update_log_proof_parse(text, arena, proof, &err), &err);
}

static void the_chain_is_that_of_the_specification(void **state)
{
    /* printf 'taw update log 1' | sha256sum; then with "a" and with "bc" behind the binary hash */
    static const char *const expected[] = {
        "c0f3cc4b32352bc1fd0af41c248e0eafd92bcf2167f2eee777d59c56f981284b",
        "08207e1629ea581799ae2e1e37f875c6f7e5ae929ce4ff3806fbd96fdd2ef359",
        "84142ba95b00ec8e730e3fa088731d9b67ab66aaa63ea82b59c8b27fc098fd3a",
    };
    const struct bytes lines[] = { BYTES_LITERAL("a"), BYTES_LITERAL("bc") };
    struct update_log_end end;
    struct err err = { 0 };

    (void)state;
    assert_ok(update_log_begin(&end, &err), &err);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        auto_buf hex = { 0 };
        hex_encode(&hex, bytes_of(end.chain, sizeof end.chain));
        assert_bytes_equal(buf_bytes(&hex), bytes_of_string(expected[i]));
        assert_int_equal(end.lines, i);
        if (i < COUNT_OF(lines))
            assert_ok(update_log_extend(&end, lines[i], &err), &err);
    }
}

static void a_loaded_state_has_the_chain_of_the_one_that_grew(void **state)
{
    auto_authority *a = new_authority();
    auto_snapshot *grown = with_lines(a, 12);
    struct err err = { 0 };
    auto_snapshot *loaded = snapshot_load(&state_env, grown->values, &err);

    (void)state;
    assert_non_null(loaded);
    assert_int_equal(loaded->log.lines, 12);
    assert_memory_equal(loaded->log.chain, grown->log.chain, sizeof grown->log.chain);
    auto_snapshot *shorter = with_lines(a, 11);
    assert_memory_not_equal(shorter->log.chain, grown->log.chain, sizeof grown->log.chain);
}

static void what_the_coordinator_proves_an_auditor_finds_complete(void **state)
{
    auto_authority *a = new_authority();
    auto_snapshot *s = with_lines(a, 3);
    char fingerprint[2 * SHA256_LEN + 1];
    struct err err = { 0 };

    (void)state;
    assert_ok(sha256_hex(BYTES_LITERAL(STATE_MANIFEST), fingerprint, &err), &err);
    for (int enveloped = 0; enveloped < 2; enveloped++) {
        auto_buf answer = answer_of(s, enveloped != 0);
        auto_arena arena = { 0 };
        struct update_log_proof proof;
        parse(buf_bytes(&answer), &arena, &proof);
        assert_ok(update_log_proof_check(&proof, a->root, &err), &err);
        assert_int_equal(proof.end.lines, 3);
        assert_bytes_equal(proof.time, BYTES_LITERAL("2026-01-15T12:00:00Z"));
        assert_bytes_equal(proof.manifest_fingerprint, bytes_of_string(fingerprint));
        assert_true(bytes_start_with(proof.lines[2], BYTES_LITERAL("{\"time\":\"")));
    }
}

static void every_change_of_lines_statement_or_signature_shows(void **state)
{
    auto_authority *a = new_authority();
    auto_authority *stranger = new_authority();
    auto_snapshot *s = with_lines(a, 3);
    auto_buf answer = answer_of(s, false);
    auto_arena arena = { 0 };
    struct update_log_proof good;
    struct err err = { 0 };

    (void)state;
    parse(buf_bytes(&answer), &arena, &good);
    struct bytes lines[4] = { good.lines[0], good.lines[1], good.lines[2], good.lines[2] };
    struct update_log_proof bad = good;
    bad.lines = lines;
    assert_ok(update_log_proof_check(&bad, a->root, &err), &err);
    bad.line_count = 2;
    assert_denied(update_log_proof_check(&bad, a->root, &err), &err, "the log has 2 lines");
    bad.line_count = 4;
    assert_denied(update_log_proof_check(&bad, a->root, &err), &err, "the log has 4 lines");
    bad.line_count = 3;
    lines[0] = good.lines[1];
    lines[1] = good.lines[0];
    assert_denied(update_log_proof_check(&bad, a->root, &err), &err, "a line was changed");
    assert_denied(update_log_proof_check(&good, stranger->root, &err), &err, "not signed");
    /* The signed text with one line less is another text. */
    bad = good;
    auto_buf statement = { 0 };
    buf_add(&statement, good.statement);
    buf_add_u8(&statement, 0);
    char *const digit = strstr((char *)statement.at, "\"lines\":3");
    assert_non_null(digit);
    digit[strlen("\"lines\":")] = '2';
    buf_truncate(&statement, good.statement.len);
    bad.statement = buf_bytes(&statement);
    assert_denied(update_log_proof_check(&bad, a->root, &err), &err, "not signed");
}

static void a_later_log_has_to_begin_with_the_earlier_one(void **state)
{
    auto_authority *a = new_authority();
    auto_snapshot *now = with_lines(a, 5), *before = with_lines(a, 3);
    auto_buf later_text = answer_of(now, false), earlier_text = answer_of(before, false);
    auto_arena arena = { 0 };
    struct update_log_proof later, earlier;
    struct err err = { 0 };

    (void)state;
    parse(buf_bytes(&later_text), &arena, &later);
    parse(buf_bytes(&earlier_text), &arena, &earlier);
    assert_ok(update_log_proof_extends(&later, &earlier, &err), &err);
    assert_ok(update_log_proof_extends(&later, &later, &err), &err);
    assert_denied(update_log_proof_extends(&earlier, &later, &err), &err,
                  "the earlier log has 5, the later one 3");
    struct bytes lines[5] = { later.lines[0], later.lines[0], later.lines[2], later.lines[3],
                              later.lines[4] };
    later.lines = lines;
    assert_denied(update_log_proof_extends(&later, &earlier, &err), &err, "line 2 ");
    /* Without its lines the earlier statement is enough. */
    earlier.line_count = 0;
    assert_denied(update_log_proof_extends(&later, &earlier, &err), &err, "not about these lines");
}

static void what_is_no_answer_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        { "", "unexpected end of JSON input" },
        { "[]", "it needs updateLog" },
        { "{\"data\":{}}", "it needs updateLog" },
        { "{\"updateLog\":[1]}", "updateLog[0]" },
        { "{\"updateLog\":{}}", "updateLog" },
        { "{\"signature\":\"%\"}", "signature" },
        { "{\"updateLog\":[],\"signature\":\"AAAA\",\"statement\":\"{\"}", "statement" },
        { "{\"updateLog\":[],\"signature\":\"AAAA\",\"statement\":\"{}\"}", "not of the format" },
        { "{\"updateLog\":[],\"signature\":\"AAAA\",\"statement\":"
          "\"{\\\"format\\\":\\\"taw-update-log-1\\\",\\\"lines\\\":0,\\\"chain\\\":\\\"00\\\"}\"}",
          "is not the hex form of 32 bytes" },
        { "{\"updateLog\":[],\"signature\":\"AAAA\",\"statement\":"
          "\"{\\\"format\\\":\\\"taw-update-log-1\\\",\\\"lines\\\":-1}\"}",
          "lines" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        auto_arena arena = { 0 };
        struct update_log_proof proof;
        struct err err = { 0 };
        if (update_log_proof_parse(bytes_of_string(cases[i].text), &arena, &proof, &err) ||
            err.kind != FAIL_MALFORMED || strstr(err.text, cases[i].reason) == NULL)
            fail_msg("%s: kind %d, %s", cases[i].text, (int)err.kind, err.text);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_chain_is_that_of_the_specification),
    cmocka_unit_test(a_loaded_state_has_the_chain_of_the_one_that_grew),
    cmocka_unit_test(what_the_coordinator_proves_an_auditor_finds_complete),
    cmocka_unit_test(every_change_of_lines_statement_or_signature_shows),
    cmocka_unit_test(a_later_log_has_to_begin_with_the_earlier_one),
    cmocka_unit_test(what_is_no_answer_is_refused_with_the_reason),
};

TEST_MAIN(tests)
