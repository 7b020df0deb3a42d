/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "recorder.h"

/* Feeds an exact-size heap copy, so that the sanitizer sees the first byte read too many. */
static bool feed(struct recorder *r, const void *at, size_t len)
{
    struct err err = { 0 };
    uint8_t *const copy = bytes_copy(bytes_of(at, len));
    uint8_t *const exact = realloc(copy, len > 0 ? len : 1);
    const bool ok = http_server_feed(r->server, bytes_of(exact, len), &err);

    free(exact);
    assert_true(ok || err.kind == FAIL_MALFORMED || err.kind == FAIL_TOO_LARGE);
    return ok;
}

static bool feed_text(struct recorder *r, const char *text)
{
    return feed(r, text, strlen(text));
}

/* The response without its Date line, which no test can know. */
static char *drained(struct recorder *r)
{
    auto_buf out = { 0 };

    recorder_drain(r, &out);
    char *const text = bytes_to_string(buf_bytes(&out));
    for (char *at; (at = strstr(text, "Date: ")) != NULL;) {
        char *const end = strstr(at, "\r\n");
        assert_non_null(end);
        assert_int_equal(end - at, strlen("Date: Sun, 06 Nov 1994 08:49:37 GMT"));
        memmove(at, end + 2, strlen(end + 2) + 1);
    }
    return text;
}

static void assert_events(struct recorder *r, const char *want)
{
    assert_string_equal(recorder_text(r), want);
}

/* A connection on which `raw` comes in one piece; the events in *r, closed by the caller. */
static bool whole(struct recorder *r, const void *raw, size_t len)
{
    recorder_open(r, HTTP_1_1);
    return feed(r, raw, len);
}

struct row {
    const char *name;
    const char *raw;
    size_t len; /* 0: strlen */
    int status; /* of the refusal; 0: accepted */
    const char *body;
};

static void check_row(const struct row *row)
{
    const size_t len = row->len > 0 ? row->len : strlen(row->raw);
    struct recorder r = { .keeps_body = true };
    const bool ok = whole(&r, row->raw, len);
    const char *const text = recorder_text(&r);

    if (row->status == 0) {
        if (!ok || r.requests != 1 || strstr(text, "refused") != NULL)
            fail_msg("%s: not accepted: %s", row->name, text);
        auto_string *want = mem_printf(" body=%s\n", row->body != NULL ? row->body : "");
        if (strstr(text, want) == NULL)
            fail_msg("%s: %s", row->name, text);
    } else {
        auto_string *want = mem_printf("refused %d ", row->status);
        if (ok || r.requests != 0 || !http_server_wants_close(r.server) ||
            strncmp(text, want, strlen(want)) != 0)
            fail_msg("%s: want %d: %s", row->name, row->status, text);
        auto_string *answer = drained(&r);
        auto_string *line = mem_printf("HTTP/1.1 %d ", row->status);
        if (strncmp(answer, line, strlen(line)) != 0 ||
            strstr(answer, "\r\nConnection: close\r\n") == NULL)
            fail_msg("%s: answered %s", row->name, answer);
    }
    recorder_close(&r);
}

#define H "Host: a\r\n"
#define POST "POST /x HTTP/1.1\r\n" H
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define WITH_LEN(text) text, sizeof(text) - 1

/* The requests against which the packaged servers were measured. */
static void http1_passes_the_table_that_packaged_parsers_fail(void **state)
{
    static const struct row rows[] = {
        { "plain GET", "GET / HTTP/1.1\r\n" H "\r\n", 0, 0, "" },
        { "plain POST", POST "Content-Length: 4\r\n\r\nabcd", 0, 0, "abcd" },
        { "chunked POST", CHUNKED "4\r\nabcd\r\n0\r\n\r\n", 0, 0, "abcd" },
        { "length and coding",
          POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
               "0\r\n\r\n",
          0, 400, NULL },
        { "coding and length",
          POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
               "0\r\n\r\n",
          0, 400, NULL },
        { "two lengths", POST "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", 0, 400, NULL },
        { "list of lengths", POST "Content-Length: 4, 5\r\n\r\nabcde", 0, 400, NULL },
        { "length +4", POST "Content-Length: +4\r\n\r\nabcd", 0, 400, NULL },
        { "length -4", POST "Content-Length: -4\r\n\r\nabcd", 0, 400, NULL },
        { "length 0x4", POST "Content-Length: 0x4\r\n\r\nabcd", 0, 400, NULL },
        { "blank before colon", "GET / HTTP/1.1\r\n" H "X : a\r\n\r\n", 0, 400, NULL },
        { "obs-fold", "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 0, 400, NULL },
        { "NUL in a value", WITH_LEN("GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n"), 400, NULL },
        { "no Host", "GET / HTTP/1.1\r\n\r\n", 0, 400, NULL },
        { "two Hosts", "GET / HTTP/1.1\r\n" H "Host: b\r\n\r\n", 0, 400, NULL },
        { "coding xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 0, 400, NULL },
        { "coding gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0, 501,
          NULL },
        { "coding chunked, gzip", POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 0, 400,
          NULL },
        { "chunk size 0x4", CHUNKED "0x4\r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "bare LF", "GET / HTTP/1.1\nHost: a\n\n", 0, 400, NULL },
        { "unknown version", "GET / HTTP/3.0\r\n" H "\r\n", 0, 505, NULL },
    };

    (void)state;
    assert_int_equal(COUNT_OF(rows), 21);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(&rows[i]);
}

static void http1_refuses_malformed_request_lines(void **state)
{
    static const struct row rows[] = {
        { "nonsense", "NONSENSE\r\n\r\n", 0, 400, NULL },
        { "two words", "GET /\r\n" H "\r\n", 0, 400, NULL },
        { "two blanks", "GET  / HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "two blanks behind the target", "GET /  HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "tab", "GET\t/ HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "blank at the start", " GET / HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "blank at the end", "GET / HTTP/1.1 \r\n" H "\r\n", 0, 400, NULL },
        { "blank in the target", "GET /a b HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "method with a bracket", "G(T / HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "empty method", " / HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "lower-case http", "GET / http/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "version 1", "GET / HTTP/1\r\n" H "\r\n", 0, 400, NULL },
        { "version 1.10", "GET / HTTP/1.10\r\n" H "\r\n", 0, 400, NULL },
        { "version 1,1", "GET / HTTP/1,1\r\n" H "\r\n", 0, 400, NULL },
        { "version 2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 505, NULL },
        { "version 0.9", "GET / HTTP/0.9\r\n\r\n", 0, 505, NULL },
        { "CONNECT", "CONNECT a:443 HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "asterisk with GET", "GET * HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "relative path", "GET a HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "other scheme", "GET ftp://a/ HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "absolute without authority", "GET http:///a HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "user information", "GET http://u@a/ HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "scheme alone", "GET http:// HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "fragment", "GET /a#b HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "bad escape", "GET /%zz HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "half an escape", "GET /%4 HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "escaped NUL", "GET /%00 HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "raw NUL", WITH_LEN("GET /\0 HTTP/1.1\r\n" H "\r\n"), 400, NULL },
        { "byte above 0x7f", "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "CR in the line", "GET /\r HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "two empty lines before it", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, 400, NULL },
        { "only CR CR LF", "\r\r\n", 0, 400, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(&rows[i]);
}

static void http1_refuses_malformed_fields(void **state)
{
    static const struct row rows[] = {
        { "no colon", "GET / HTTP/1.1\r\n" H "X\r\n\r\n", 0, 400, NULL },
        { "no name", "GET / HTTP/1.1\r\n" H ": a\r\n\r\n", 0, 400, NULL },
        { "tab before the colon", "GET / HTTP/1.1\r\n" H "X\t: a\r\n\r\n", 0, 400, NULL },
        { "blank in the name", "GET / HTTP/1.1\r\n" H "X Y: a\r\n\r\n", 0, 400, NULL },
        { "folding with a tab", "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 0, 400, NULL },
        { "folding of the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 0, 400, NULL },
        { "CR in a value", "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 0, 400, NULL },
        { "DEL in a value", "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n", 0, 400, NULL },
        { "escape in a value", "GET / HTTP/1.1\r\n" H "X: \x1b[0m\r\n\r\n", 0, 400, NULL },
        { "NUL in a name", WITH_LEN("GET / HTTP/1.1\r\n" H "X\0: a\r\n\r\n"), 400, NULL },
        { "byte above 0x7f in a name", "GET / HTTP/1.1\r\n" H "X\xe4: a\r\n\r\n", 0, 400, NULL },
        { "LF alone at the end", "GET / HTTP/1.1\r\n" H "\n", 0, 400, NULL },
        { "LF alone behind a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 0, 400, NULL },
        { "CR CR LF at the end", "GET / HTTP/1.1\r\n" H "\r\r\n", 0, 400, NULL },
        { "Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 0, 400, NULL },
        { "Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 0, 400, NULL },
        { "Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 0, 400, NULL },
        { "two Hosts in 1.0", "GET / HTTP/1.0\r\n" H H "\r\n", 0, 400, NULL },
        { "two equal lengths", POST "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 0, 400,
          NULL },
        { "empty length", POST "Content-Length:\r\n\r\n", 0, 400, NULL },
        { "length with a blank", POST "Content-Length: 1 2\r\n\r\n", 0, 400, NULL },
        { "length with a fraction", POST "Content-Length: 4.0\r\n\r\nabcd", 0, 400, NULL },
        { "length beyond 64 bits", POST "Content-Length: 18446744073709551620\r\n\r\n", 0, 413,
          NULL },
        { "length of 2^64-1", POST "Content-Length: 18446744073709551615\r\n\r\n", 0, 413, NULL },
        { "length beyond the limit", POST "Content-Length: 100001\r\n\r\n", 0, 413, NULL },
        { "empty coding", POST "Transfer-Encoding:\r\n\r\n", 0, 400, NULL },
        { "chunked twice", POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 0, 400, NULL },
        { "chunked in two fields",
          POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 400, NULL },
        { "gzip", POST "Transfer-Encoding: gzip\r\n\r\n", 0, 400, NULL },
        { "identity", POST "Transfer-Encoding: identity\r\n\r\n", 0, 400, NULL },
        { "chunked with a parameter", POST "Transfer-Encoding: chunked;a=b\r\n\r\n", 0, 400, NULL },
        { "chunked behind a vertical tab",
          POST "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n",
          0, 400, NULL },
        { "gzip in its own field",
          POST "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", 0, 501, NULL },
        { "chunked in 1.0", "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", 0, 400,
          NULL },
        { "unknown expectation", POST "Expect: 200-ok\r\n\r\n", 0, 417, NULL },
        { "two expectations", POST "Expect: 100-continue\r\nExpect: x\r\n\r\n", 0, 417, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(&rows[i]);
}

static void http1_refuses_malformed_chunks(void **state)
{
    static const struct row rows[] = {
        { "no digit", CHUNKED "\r\n", 0, 400, NULL },
        { "extension alone", CHUNKED ";a\r\n", 0, 400, NULL },
        { "sign", CHUNKED "+4\r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "blank before", CHUNKED " 4\r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "blank behind", CHUNKED "4 \r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "word behind", CHUNKED "4 a\r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "no hex digit", CHUNKED "g\r\n", 0, 400, NULL },
        { "17 digits", CHUNKED "00000000000000004\r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "2^64-1", CHUNKED "ffffffffffffffff\r\n", 0, 413, NULL },
        { "sum beyond 2^64", CHUNKED "4\r\nabcd\r\nfffffffffffffffe\r\n", 0, 413, NULL },
        { "beyond the limit", CHUNKED "186a1\r\n", 0, 413, NULL },
        { "second beyond the limit", CHUNKED "4\r\nabcd\r\n1869d\r\n", 0, 413, NULL },
        { "bare LF behind the size", CHUNKED "4\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "bare LF behind two digits", CHUNKED "04\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "something else than CR behind the data", CHUNKED "4\r\nabcdX\n0\r\n\r\n", 0, 400, NULL },
        { "bare LF behind the data", CHUNKED "4\r\nabcd\n0\r\n\r\n", 0, 400, NULL },
        { "CR alone behind the data", CHUNKED "4\r\nabcd\r0\r\n\r\n", 0, 400, NULL },
        { "data too long", CHUNKED "4\r\nabcde\r\n0\r\n\r\n", 0, 400, NULL },
        { "control in the extension", CHUNKED "4;a=\x01\r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "CR in the extension", CHUNKED "4;a\r=\r\nabcd\r\n0\r\n\r\n", 0, 400, NULL },
        { "trailer without colon", CHUNKED "0\r\nX\r\n\r\n", 0, 400, NULL },
        { "folded trailer", CHUNKED "0\r\nX: a\r\n b\r\n\r\n", 0, 400, NULL },
        { "bare LF behind the trailers", CHUNKED "0\r\n\n", 0, 400, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(&rows[i]);
}

static void http1_accepts_unusual_but_legal_requests(void **state)
{
    static const struct row rows[] = {
        { "empty line before it", "\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, 0, "" },
        { "no blank behind the colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", 0, 0, "" },
        { "blanks around a value", "GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n", 0, 0, "" },
        { "empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, 0, "" },
        { "Host with port", "GET / HTTP/1.1\r\nHost: [::1]:4433\r\n\r\n", 0, 0, "" },
        { "bytes above 0x7f", "GET / HTTP/1.1\r\n" H "X: \xc3\xa4\r\n\r\n", 0, 0, "" },
        { "own method", "FROB / HTTP/1.1\r\n" H "\r\n", 0, 0, "" },
        { "lower-case method", "get / HTTP/1.1\r\n" H "\r\n", 0, 0, "" },
        { "version 1.2", "GET / HTTP/1.2\r\n" H "\r\n", 0, 0, "" },
        { "1.0 without Host", "GET /status HTTP/1.0\r\n\r\n", 0, 0, "" },
        { "1.0 with a body", "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab", 0, 0, "ab" },
        { "body with GET", "GET / HTTP/1.1\r\n" H "Content-Length: 7\r\n\r\nignored", 0, 0,
          "ignored" },
        { "length 0", POST "Content-Length: 0\r\n\r\n", 0, 0, "" },
        { "length with zeros", POST "Content-Length: 00000000000000000000000004\r\n\r\nabcd", 0, 0,
          "abcd" },
        { "chunked in capitals", POST "TRANSFER-ENCODING: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n", 0, 0,
          "a" },
        { "chunk sizes in both cases and with zeros",
          CHUNKED "A\r\n0123456789\r\n00b\r\n0123456789a\r\n000\r\n\r\n", 0, 0,
          "01234567890123456789a" },
        { "chunk extensions", CHUNKED "1;a=b\r\nx\r\n1 ; c=\"d;e\"\r\ny\r\n0;z\r\n\r\n", 0, 0,
          "xy" },
        { "trailers are dropped", CHUNKED "1\r\nx\r\n0\r\nHost: b\r\nContent-Length: 5\r\n\r\n", 0,
          0, "x" },
        { "body at the limit", POST "Content-Length: 6\r\n\r\nabcdef", 0, 0, "abcdef" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(&rows[i]);
}

static void http1_hands_out_all_parts_of_a_request(void **state)
{
    struct recorder r = { .keeps_body = true };

    (void)state;
    assert_true(whole(&r, WITH_LEN("POST /api/%76%32/a%20b%2Fc?x=%31&y HTTP/1.1\r\n"
                                   "hOsT:  localhost:4433 \r\nContent-Length: 3\r\n\r\nabc")));
    assert_events(&r, "1 POST /api/v2/a b/c?x=%31&y host=localhost:4433 body=abc\n");
    recorder_close(&r);
}

static void http1_knows_the_other_forms_of_a_target(void **state)
{
    static const struct {
        const char *line, *want;
    } rows[] = {
        { "GET https://localhost/status", "1 GET /status? host=localhost body=0\n" },
        { "GET HTTP://b:1/x?y=z", "1 GET /x?y=z host=b:1 body=0\n" },
        { "GET http://b", "1 GET /? host=b body=0\n" },
        { "GET http://b?q", "1 GET /?q host=b body=0\n" },
        { "OPTIONS *", "1 OPTIONS *? host=a body=0\n" },
        { "GET //x/../y?a?b", "1 GET //x/../y?a?b host=a body=0\n" },
        { "GET /?", "1 GET /? host=a body=0\n" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct recorder r = { 0 };
        auto_string *raw = mem_printf("%s HTTP/1.1\r\n" H "\r\n", rows[i].line);
        assert_true(whole(&r, raw, strlen(raw)));
        assert_events(&r, rows[i].want);
        recorder_close(&r);
    }
}

static void http1_empties_a_query_of_too_many_pairs(void **state)
{
    (void)state;
    for (size_t pairs = 10000; pairs <= 10001; pairs++) {
        struct http_limits limits = recorder_limits;
        limits.header_bytes = 100000;
        struct recorder r = { 0 };
        const struct http_server_events events = { &r, recorder_on_request, NULL, NULL, NULL };
        r.server = http_server_new(HTTP_1_1, &limits, &events);
        auto_buf raw = { 0 };
        buf_add_string(&raw, "GET /?x");
        for (size_t i = 1; i < pairs; i++)
            buf_add_string(&raw, "&");
        buf_add_string(&raw, " HTTP/1.1\r\n" H "\r\n");
        assert_true(feed(&r, raw.at, raw.len));
        assert_true((strstr(recorder_text(&r), "/? host") != NULL) == (pairs > 10000));
        recorder_close(&r);
    }
}

static void http1_limits_the_request_line_and_the_header(void **state)
{
    const size_t limit = recorder_limits.header_bytes;

    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        struct recorder r = { 0 };
        auto_buf raw = { 0 };
        buf_add_string(&raw, "GET /");
        while (raw.len < limit + over - strlen(" HTTP/1.0\r\n\r\n"))
            buf_add_u8(&raw, 'a');
        buf_add_string(&raw, " HTTP/1.0\r\n\r\n");
        assert_int_equal(whole(&r, raw.at, raw.len), over == 0);
        if (over == 1)
            assert_events(&r, "refused 431 request header too large\n");
        recorder_close(&r);
    }
    for (size_t over = 0; over <= 1; over++) {
        struct recorder r = { 0 };
        auto_buf raw = { 0 };
        for (size_t i = 0; i < limit + over; i++)
            buf_add_u8(&raw, 'a');
        assert_int_equal(whole(&r, raw.at, raw.len), over == 0);
        assert_events(&r, over == 1 ? "refused 414 request line too long\n" : "");
        recorder_close(&r);
    }
}

static void http1_limits_the_number_of_fields_and_trailers(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        struct recorder r = { 0 };
        auto_buf raw = { 0 };
        buf_add_string(&raw, CHUNKED "0\r\n");
        for (size_t i = 2; i < recorder_limits.header_count + over; i++)
            buf_add_string(&raw, "X: y\r\n");
        buf_add_string(&raw, "\r\n");
        assert_int_equal(whole(&r, raw.at, raw.len), over == 0);
        if (over == 1)
            assert_events(&r, "refused 431 too many header fields\n");
        recorder_close(&r);
    }
}

/* A chunk of one byte whose line, CRLF included, has `len` bytes. */
static void add_chunk(struct buf *raw, size_t len)
{
    buf_add_string(raw, "1;");
    for (size_t i = 4; i < len; i++)
        buf_add_u8(raw, 'e');
    buf_add_string(raw, "\r\nx\r\n");
}

static void http1_limits_chunk_extensions_one_by_one_and_together(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        struct recorder r = { 0 };
        auto_buf raw = { 0 };
        buf_add_string(&raw, CHUNKED);
        add_chunk(&raw, 256 + over);
        assert_int_equal(whole(&r, raw.at, raw.len), over == 0);
        assert_events(&r, over == 1 ? "refused 400 chunk extension too long\n" : "");
        recorder_close(&r);
    }
    struct recorder r = { 0 };
    auto_buf raw = { 0 };
    buf_add_string(&raw, CHUNKED);
    for (size_t i = 0; i < 20; i++)
        add_chunk(&raw, 256);
    assert_false(whole(&r, raw.at, raw.len));
    assert_events(&r, "refused 431 chunk extensions too large\n");
    recorder_close(&r);
}

static void http1_keeps_to_the_limit_of_the_path(void **state)
{
    struct recorder r = { .body_limit = 3 };

    (void)state;
    assert_true(whole(&r, WITH_LEN(POST "Content-Length: 3\r\n\r\nabc")));
    assert_false(feed_text(&r, POST "Content-Length: 4\r\n\r\nabcd"));
    assert_events(&r, "1 POST /x? host=a body=3\nrefused 413 request body too large\n");
    recorder_close(&r);
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"

static void assert_answer(const char *raw, const char *want, bool closes)
{
    struct recorder r = { 0 };

    assert_true(whole(&r, raw, strlen(raw)));
    assert_int_equal(http_server_wants_close(r.server), closes);
    auto_string *text = drained(&r);
    assert_string_equal(text, want);
    recorder_close(&r);
}

static void http1_answers_and_keeps_or_closes_the_connection(void **state)
{
    (void)state;
    assert_answer("GET / HTTP/1.1\r\n" H "\r\n", OK_HEAD "\r\nhello", false);
    assert_answer("HEAD / HTTP/1.1\r\n" H "\r\n", OK_HEAD "\r\n", false);
    assert_answer("GET / HTTP/1.1\r\n" H "Connection: x, Close\r\n\r\n",
                  OK_HEAD "Connection: close\r\n\r\nhello", true);
    assert_answer("GET / HTTP/1.1\r\n" H "Connection: keep-alive\r\nConnection: close\r\n\r\n",
                  OK_HEAD "Connection: close\r\n\r\nhello", true);
    assert_answer("GET / HTTP/1.0\r\n\r\n", OK_HEAD "Connection: close\r\n\r\nhello", true);
    assert_answer("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                  OK_HEAD "Connection: keep-alive\r\n\r\nhello", false);
}

static void respond(struct recorder *r, int status, const char *name, const char *value, bool close)
{
    struct http_response response = { .status = status, .close = close };

    if (name != NULL)
        http_response_add_field(&response, name, value);
    http_response_add_trailer(&response, "grpc-status", "0");
    http_server_respond(r->server, r->last, &response);
    assert_int_equal(response.field_count, 0); /* it was taken */
}

static void http1_serialises_fields_and_statuses(void **state)
{
    struct recorder r = { .waits = true };
    static const char get[] = "GET / HTTP/1.1\r\n" H "\r\n";

    (void)state;
    assert_true(whole(&r, get, strlen(get)));
    respond(&r, 307, "location", "/a\r\nSet-Cookie: b", false);
    assert_true(feed_text(&r, get));
    respond(&r, 405, "x-content-type-options", "nosniff", false);
    assert_true(feed_text(&r, get));
    respond(&r, 204, NULL, NULL, false);
    assert_true(feed_text(&r, get));
    respond(&r, 299, "retry-after", "1", true);
    assert_true(http_server_wants_close(r.server));
    auto_string *text = drained(&r);
    assert_string_equal(text, "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
                              "Location: /a  Set-Cookie: b\r\n\r\n"
                              "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n"
                              "X-Content-Type-Options: nosniff\r\n\r\n"
                              "HTTP/1.1 204 No Content\r\n\r\n"
                              "HTTP/1.1 299 \r\nContent-Length: 0\r\nRetry-After: 1\r\n"
                              "Connection: close\r\n\r\n");
    recorder_close(&r);
}

static void http1_refusal_has_the_envelope_of_the_house(void **state)
{
    struct recorder r = { 0 };

    (void)state;
    assert_false(whole(&r, WITH_LEN("GET / HTTP/1.1\r\n\r\n")));
    auto_string *text = drained(&r);
    assert_string_equal(text, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                              "Content-Length: 28\r\nConnection: close\r\n\r\n"
                              "missing required Host header");
    assert_false(feed_text(&r, "GET / HTTP/1.1\r\n" H "\r\n"));
    assert_int_equal(r.requests, 0);
    recorder_close(&r);
}

static void http1_answers_a_refused_head_before_its_body_comes(void **state)
{
    struct recorder r = { .head_refusal = 415 };

    (void)state;
    assert_false(whole(&r, WITH_LEN("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n")));
    auto_string *text = drained(&r);
    assert_string_equal(text, "HTTP/1.1 415 Unsupported Media Type\r\nContent-Length: 0\r\n"
                              "Connection: close\r\n\r\n");
    assert_int_equal(r.requests, 0);
    recorder_close(&r);
}

static void http1_tells_whether_a_response_has_left(void **state)
{
    struct recorder r = { .wants_to_know = true };

    (void)state;
    assert_true(whole(&r, WITH_LEN("GET / HTTP/1.1\r\n" H "\r\n")));
    assert_non_null(strstr(recorder_text(&r), "\nleft\n"));
    recorder_answer(&r, 77, "nobody asked");
    assert_non_null(strstr(recorder_text(&r), "never left\n"));
    recorder_close(&r);
}

static void http1_refuses_without_a_handler_for_refusals(void **state)
{
    struct recorder r = { 0 };
    const struct http_server_events events = { &r, recorder_on_request, NULL, NULL, NULL };

    (void)state;
    r.server = http_server_new(HTTP_1_1, &recorder_limits, &events);
    assert_false(feed_text(&r, "HEAD / HTTP/1.1\r\n" H "Content-Length: 999999\r\n\r\n"));
    auto_string *text = drained(&r);
    assert_string_equal(text, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n"
                              "Connection: close\r\n\r\n");
    recorder_close(&r);
}

static void http1_asks_to_continue_before_the_body_comes(void **state)
{
    struct recorder r = { .keeps_body = true };

    (void)state;
    assert_true(whole(&r, WITH_LEN(POST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n")));
    auto_string *first = drained(&r);
    assert_string_equal(first, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_true(http_server_is_receiving(r.server));
    assert_true(feed_text(&r, "ab"));
    auto_string *second = drained(&r);
    assert_string_equal(second, OK_HEAD "\r\nhello");
    assert_events(&r, "1 POST /x? host=a body=ab\n");
    recorder_close(&r);

    assert_answer(POST "Expect: 100-continue\r\n\r\n", OK_HEAD "\r\nhello", false);
    assert_answer("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
                  OK_HEAD "Connection: close\r\n\r\nhello", true);
    assert_answer("POST / HTTP/1.0\r\nExpect: other\r\n\r\n",
                  OK_HEAD "Connection: close\r\n\r\nhello", true);
}

static void http1_does_not_continue_with_a_body_that_is_too_large(void **state)
{
    struct recorder r = { 0 };

    (void)state;
    assert_false(
        whole(&r, WITH_LEN(POST "Expect: 100-continue\r\nContent-Length: 100001\r\n\r\n")));
    auto_string *text = drained(&r);
    assert_null(strstr(text, "100 Continue"));
    recorder_close(&r);
}

static void http1_serves_pipelined_requests_one_after_the_other(void **state)
{
    struct recorder r = { .waits = true };

    (void)state;
    assert_true(whole(&r, WITH_LEN("GET /1 HTTP/1.1\r\n" H "\r\nPOST /2 HTTP/1.1\r\n" H
                                   "Content-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n" H "\r\nGE")));
    assert_events(&r, "1 GET /1? host=a body=0\n");
    assert_false(http_server_wants_bytes(r.server));
    recorder_answer(&r, 2, "no such exchange yet");
    recorder_answer(&r, 1, "one");
    assert_events(&r, "1 GET /1? host=a body=0\n2 POST /2? host=a body=1\n");
    recorder_answer(&r, 1, "no longer");
    recorder_answer(&r, 2, "two");
    recorder_answer(&r, 3, "three");
    assert_true(http_server_is_receiving(r.server));
    assert_int_equal(http_server_receiving(r.server), 4);
    assert_true(feed_text(&r, "T /4 HTTP/1.1\r\n" H "\r\n"));
    assert_int_equal(r.requests, 4);
    auto_string *text = drained(&r);
    const char *const one = strstr(text, "one"), *const two = strstr(text, "two"),
                      *const three = strstr(text, "three");
    assert_true(one != NULL && two != NULL && three != NULL && one < two && two < three);
    assert_null(strstr(text, "no"));
    recorder_close(&r);
}

static void http1_answers_a_thousand_pipelined_requests_without_recursion(void **state)
{
    struct recorder r = { 0 };
    auto_buf raw = { 0 };

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        buf_add_string(&raw, "GET / HTTP/1.1\r\n" H "\r\n");
    assert_true(whole(&r, raw.at, raw.len));
    auto_buf out = { 0 };
    recorder_drain(&r, &out);
    assert_int_equal(r.requests, 1000);
    assert_true(http_server_is_idle(r.server));
    recorder_close(&r);
}

static void http1_begins_no_request_while_the_client_does_not_read(void **state)
{
    struct recorder r = { 0 };
    auto_buf raw = { 0 }, out = { 0 };

    (void)state;
    for (size_t i = 0; i < 3000; i++)
        buf_add_string(&raw, "GET / HTTP/1.1\r\n" H "\r\n");
    assert_true(whole(&r, raw.at, raw.len));
    assert_in_range(r.requests, 100, 1000); /* 64 KiB of answers */
    assert_false(http_server_wants_bytes(r.server));
    const size_t before = r.requests;
    http_server_drain(r.server, &out, 1000);
    assert_int_equal(out.len, 1000);
    assert_in_range(r.requests, before + 1, before + 20);
    recorder_drain(&r, &out);
    assert_int_equal(r.requests, 3000);
    assert_true(http_server_wants_bytes(r.server));
    recorder_close(&r);
}

static void http1_limits_what_waits_behind_a_request(void **state)
{
    struct recorder r = { .waits = true };
    auto_buf raw = { 0 };
    const size_t most = recorder_limits.header_bytes + recorder_limits.body_bytes;

    (void)state;
    assert_true(whole(&r, WITH_LEN("GET / HTTP/1.1\r\n" H "\r\n")));
    while (raw.len < most)
        buf_add_u8(&raw, 'x');
    assert_true(feed(&r, raw.at, raw.len));
    assert_false(feed_text(&r, "x"));
    assert_true(http_server_wants_close(r.server));
    recorder_answer(&r, 1, "too late");
    auto_string *text = drained(&r);
    assert_string_equal(text, "");
    recorder_close(&r);
}

static void http1_drops_what_comes_behind_the_last_request(void **state)
{
    struct recorder r = { .waits = true };

    (void)state;
    assert_true(whole(&r, WITH_LEN("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\nGET /2")));
    for (size_t i = 0; i < 20000; i++)
        assert_true(feed_text(&r, "nonsense\n\n"));
    assert_false(http_server_wants_close(r.server));
    recorder_answer(&r, 1, "bye");
    assert_true(http_server_wants_close(r.server));
    assert_true(feed_text(&r, "more"));
    assert_int_equal(r.requests, 1);
    recorder_close(&r);
}

static void http1_shutdown_lets_the_request_in_flight_finish(void **state)
{
    struct recorder idle = { 0 }, busy = { .waits = true }, half = { 0 };

    (void)state;
    recorder_open(&idle, HTTP_1_1);
    http_server_shutdown(idle.server);
    assert_true(http_server_wants_close(idle.server));
    recorder_close(&idle);

    assert_true(whole(&busy, WITH_LEN("GET / HTTP/1.1\r\n" H "\r\n")));
    http_server_shutdown(busy.server);
    assert_false(http_server_wants_close(busy.server));
    recorder_answer(&busy, 1, "x");
    assert_true(http_server_wants_close(busy.server));
    auto_string *text = drained(&busy);
    assert_non_null(strstr(text, "Connection: close"));
    recorder_close(&busy);

    assert_true(whole(&half, WITH_LEN("GET / HT")));
    http_server_shutdown(half.server);
    assert_false(http_server_wants_close(half.server));
    assert_true(feed_text(&half, "TP/1.1\r\n" H "\r\n"));
    assert_true(http_server_wants_close(half.server));
    recorder_close(&half);
}

static void http1_says_whether_it_is_idle_or_receiving(void **state)
{
    struct recorder r = { .waits = true };

    (void)state;
    recorder_open(&r, HTTP_1_1);
    assert_true(http_server_is_idle(r.server));
    assert_false(http_server_is_receiving(r.server));
    assert_true(feed_text(&r, "P"));
    assert_false(http_server_is_idle(r.server));
    assert_true(http_server_is_receiving(r.server));
    assert_true(feed_text(&r, "OST / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\n"));
    assert_int_equal(http_server_receiving(r.server), 1);
    assert_true(feed_text(&r, "x"));
    assert_false(http_server_is_idle(r.server));
    assert_false(http_server_is_receiving(r.server));
    recorder_answer(&r, 1, "x");
    assert_true(http_server_is_idle(r.server));
    recorder_close(&r);
}

/* Requests, refusals and the closing, as one text. */
static void http1_result(const uint8_t *raw, size_t len, size_t piece, struct buf *result)
{
    struct recorder r = { .keeps_body = true };
    auto_buf out = { 0 };

    recorder_open(&r, HTTP_1_1);
    for (size_t at = 0; at < len; at += piece) {
        (void)feed(&r, raw + at, len - at < piece ? len - at : piece);
        recorder_drain(&r, &out);
    }
    buf_add(result, buf_bytes(&r.events));
    buf_add_format(result, "%s %d %d\n", http_server_wants_close(r.server) ? "over" : "open",
                   http_server_is_idle(r.server), (int)http_server_receiving(r.server));
    recorder_close(&r);
}

static void http1_result_does_not_depend_on_how_bytes_are_cut(void **state)
{
    static const char *const conversations[] = {
        "GET /1 HTTP/1.1\r\n" H "\r\n\r\nPOST /2 HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nabcde"
        "POST /3 HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        "3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: x\r\n\r\nHEAD /4 HTTP/1.0\r\n\r\nrest",
        CHUNKED "3\r\nabcX\r\n",
        "GET / HTTP/1.1\r\n" H "X: y\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        POST "Content-Length: 100001\r\n\r\nabc",
        "NONSENSE\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(conversations); i++) {
        const uint8_t *const raw = (const uint8_t *)conversations[i];
        const size_t len = strlen(conversations[i]);
        /* Every prefix, whole and byte by byte. */
        for (size_t prefix = 0; prefix <= len; prefix++) {
            auto_buf once = { 0 }, bytewise = { 0 };
            http1_result(raw, prefix, len + 1, &once);
            http1_result(raw, prefix, 1, &bytewise);
            assert_bytes_equal(buf_bytes(&bytewise), buf_bytes(&once));
        }
        for (size_t piece = 2; piece < len; piece++) {
            auto_buf once = { 0 }, pieces = { 0 };
            http1_result(raw, len, len + 1, &once);
            http1_result(raw, len, piece, &pieces);
            assert_bytes_equal(buf_bytes(&pieces), buf_bytes(&once));
        }
    }
}

static void http1_every_prefix_of_a_request_is_no_request(void **state)
{
    static const char raw[] = CHUNKED "4\r\nabcd\r\n0\r\nX: y\r\n\r\n";

    (void)state;
    for (size_t len = 0; len < strlen(raw); len++) {
        struct recorder r = { 0 };
        assert_true(whole(&r, raw, len));
        assert_int_equal(r.requests, 0);
        assert_int_equal(http_server_is_receiving(r.server), len > 0);
        recorder_close(&r);
    }
}

static void http1_takes_a_body_of_a_million_bytes(void **state)
{
    struct recorder r = { 0 };
    struct http_limits limits = recorder_limits;
    const struct http_server_events events = { &r, recorder_on_request, NULL, NULL, NULL };
    auto_buf raw = { 0 };

    (void)state;
    limits.body_bytes = 1000000;
    r.server = http_server_new(HTTP_1_1, &limits, &events);
    buf_add_string(&raw, POST "Content-Length: 1000000\r\n\r\n");
    memset(buf_grow(&raw, 1000000), ' ', 1000000);
    for (size_t at = 0; at < raw.len; at += 16384)
        assert_true(feed(&r, raw.at + at, raw.len - at < 16384 ? raw.len - at : 16384));
    assert_events(&r, "1 POST /x? host=a body=1000000\n");
    recorder_close(&r);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(http1_passes_the_table_that_packaged_parsers_fail),
    cmocka_unit_test(http1_refuses_malformed_request_lines),
    cmocka_unit_test(http1_refuses_malformed_fields),
    cmocka_unit_test(http1_refuses_malformed_chunks),
    cmocka_unit_test(http1_accepts_unusual_but_legal_requests),
    cmocka_unit_test(http1_hands_out_all_parts_of_a_request),
    cmocka_unit_test(http1_knows_the_other_forms_of_a_target),
    cmocka_unit_test(http1_empties_a_query_of_too_many_pairs),
    cmocka_unit_test(http1_limits_the_request_line_and_the_header),
    cmocka_unit_test(http1_limits_the_number_of_fields_and_trailers),
    cmocka_unit_test(http1_limits_chunk_extensions_one_by_one_and_together),
    cmocka_unit_test(http1_keeps_to_the_limit_of_the_path),
    cmocka_unit_test(http1_answers_and_keeps_or_closes_the_connection),
    cmocka_unit_test(http1_serialises_fields_and_statuses),
    cmocka_unit_test(http1_refusal_has_the_envelope_of_the_house),
    cmocka_unit_test(http1_answers_a_refused_head_before_its_body_comes),
    cmocka_unit_test(http1_tells_whether_a_response_has_left),
    cmocka_unit_test(http1_refuses_without_a_handler_for_refusals),
    cmocka_unit_test(http1_asks_to_continue_before_the_body_comes),
    cmocka_unit_test(http1_does_not_continue_with_a_body_that_is_too_large),
    cmocka_unit_test(http1_serves_pipelined_requests_one_after_the_other),
    cmocka_unit_test(http1_answers_a_thousand_pipelined_requests_without_recursion),
    cmocka_unit_test(http1_begins_no_request_while_the_client_does_not_read),
    cmocka_unit_test(http1_limits_what_waits_behind_a_request),
    cmocka_unit_test(http1_drops_what_comes_behind_the_last_request),
    cmocka_unit_test(http1_shutdown_lets_the_request_in_flight_finish),
    cmocka_unit_test(http1_says_whether_it_is_idle_or_receiving),
    cmocka_unit_test(http1_result_does_not_depend_on_how_bytes_are_cut),
    cmocka_unit_test(http1_every_prefix_of_a_request_is_no_request),
    cmocka_unit_test(http1_takes_a_body_of_a_million_bytes),
};

TEST_MAIN(tests)
