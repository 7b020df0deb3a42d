/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "api/marble.h"
#include "client.h"
#include "grpc/grpc.h"
#include "marble.h"
#include "scrape.h"
#include "state/names.h"

#include <errno.h>
#include <time.h>

/* The Marble API as a gRPC client sees it (marble-api.md, 1). */

struct scene {
    struct service service;
    struct marble_api *api;
};

static void scene_begin(struct scene *s, const char *extra)
{
    service_begin(&s->service);
    s->api = marble_api_new(s->service.machine.core, s->service.pool);
    if (extra != NULL)
        set_manifest_with(&s->service.machine, extra);
}

static void scene_end(struct scene *s)
{
    marble_api_free(s->api);
    service_end(&s->service);
}
#define auto_scene struct scene CLEANUP(scene_end)

#define LIMITED "\"Marbles\":{\"b\":{\"Package\":\"p\",\"MaxActivations\":%u}},"

/* ---- requests ---- */

struct field {
    const char *name, *value; /* value NULL: there is no such field */
};
enum { FIELDS = 6 };

static void add_fields(struct http_request *request, const struct field fields[static FIELDS])
{
    request->fields = mem_zero_alloc(FIELDS, sizeof request->fields[0]);
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].name == NULL || fields[i].value == NULL)
            continue;
        request->fields[request->field_count++] =
            (struct http_field){ mem_string(fields[i].name), mem_string(fields[i].value) };
    }
}

static struct http_request request_of(const char *method, const char *path,
                                      const struct field fields[static FIELDS])
{
    struct http_request request = { .method = mem_string(method),
                                    .path = mem_string(path),
                                    .query = mem_string("") };

    add_fields(&request, fields);
    return request;
}
#define auto_request struct http_request CLEANUP(http_request_clear)

static const struct field usual[FIELDS] = { { "content-type", "application/grpc" },
                                            { "user-agent", "grpc-go/1.83.0" },
                                            { "te", "trailers" } };

static struct buf body_of(const struct activation *asked)
{
    const struct activation_request message = { asked->quote, asked->csr, asked->marble_type,
                                                asked->uuid };
    auto_buf encoded = { 0 };
    struct buf body = { 0 };

    activation_request_encode(&message, &encoded);
    grpc_frame(buf_bytes(&encoded), &body);
    return body;
}

/* A call on its way. */
struct calling {
    struct answer answer;
};

static void call_start(struct calling *c, const struct scene *s, const struct field *fields,
                       struct bytes leaf, struct bytes body)
{
    struct http_request request = request_of("POST", "/rpc.Marble/Activate", fields);

    *c = (struct calling){ { .lock = PTHREAD_MUTEX_INITIALIZER,
                             .there = PTHREAD_COND_INITIALIZER } };
    buf_add(&request.body, body);
    if (leaf.len > 0) {
        request.peer_leaf = bytes_copy(leaf);
        request.peer_leaf_len = leaf.len;
    }
    marble_api_handle(s->api, &request, take_answer, &c->answer);
    assert_null(request.method);
    assert_null(request.body.at);
}

static struct http_response call_wait(struct calling *c)
{
    struct answer *const a = &c->answer;

    (void)pthread_mutex_lock(&a->lock);
    while (a->times == 0)
        (void)pthread_cond_wait(&a->there, &a->lock);
    (void)pthread_mutex_unlock(&a->lock);
    assert_int_equal(a->times, 1);
    return a->response;
}

static struct http_response call_body(const struct scene *s, const struct field *fields,
                                      struct bytes body)
{
    struct calling c;

    call_start(&c, s, fields, BYTES_LITERAL("a leaf"), body);
    return call_wait(&c);
}

static struct http_response call_marble(const struct scene *s, const struct field *fields,
                                        const struct activation *asked)
{
    auto_buf body = body_of(asked);

    return call_body(s, fields, buf_bytes(&body));
}

/* ---- answers ---- */

static const char *value_of(const struct http_field *fields, size_t count, const char *name)
{
    const char *found = NULL;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            assert_null(found); /* each once */
            found = fields[i].value;
        }
    }
    return found == NULL ? "(none)" : found;
}

/* Fields alone. A message that ends with "..." is how it begins. */
static void assert_failure(const struct http_response *r, int http, int status, const char *message)
{
    auto_string *number = mem_printf("%d", status);
    const char *const text = value_of(r->fields, r->field_count, "grpc-message");
    const size_t len = strlen(message);
    const bool open = len > 3 && strcmp(message + len - 3, "...") == 0;

    if (r->status != http || strncmp(text, message, open ? len - 3 : len + 1) != 0)
        fail_msg("%d instead of %d \"%s\": \"%s\"", r->status, http, message, text);
    assert_string_equal(value_of(r->fields, r->field_count, "grpc-status"), number);
    assert_int_equal(r->body.len, 0);
    assert_int_equal(r->trailer_count, 0);
    assert_int_equal(r->field_count, 3);
    assert_null(r->content_type);
    assert_null(r->over);
}

static void assert_success(const struct http_response *r, const char *content_type)
{
    auto_arena arena = { 0 };
    struct marble_parameters parameters;
    struct bytes message;
    enum grpc_status status;
    struct err err = { 0 };

    if (r->status != 200 || r->body.len == 0)
        fail_msg("%d: %s", r->status, value_of(r->fields, r->field_count, "grpc-message"));
    assert_string_equal(value_of(r->fields, r->field_count, "content-type"), content_type);
    assert_int_equal(r->field_count, 1);
    assert_string_equal(value_of(r->trailers, r->trailer_count, "grpc-status"), "0");
    assert_string_equal(value_of(r->trailers, r->trailer_count, "grpc-message"), "");
    assert_ok(grpc_unframe(buf_bytes(&r->body), &message, &status, &err), &err);
    assert_ok(activation_response_decode(message, &arena, &parameters, &err), &err);
    assert_int_equal(parameters.env_count, 4);
}

/* ---- the head ---- */

static void assert_head(const char *method, const char *path, const struct field *fields, int http,
                        int status, const char *message)
{
    auto_request request = request_of(method, path, fields);
    auto_response refusal = { 0 };

    if (marble_api_head(&request, &refusal) != 0)
        fail_msg("not refused: %s", message);
    assert_failure(&refusal, http, status, message);
}

static void head_is_checked_in_order(void **state)
{
    struct field f[FIELDS] = { { "content-type", "text/plain" },
                               { "grpc-timeout", "1x" },
                               { "a-bin", "AAAA" },
                               { "b-bin", "*" },
                               { "grpc-encoding", "gzip" } };
    const char *const path = "/rpc.Marble/Activate";

    (void)state;
    assert_head("GET", "x", f, 415, 3, "invalid gRPC request content-type \"text/plain\"");
    f[0].value = NULL;
    assert_head("GET", "x", f, 415, 3, "invalid gRPC request content-type \"\"");
    f[0].value = "application/grpc";
    assert_head("GET", "x", f, 400, 13, "malformed grpc-timeout: ...");
    f[1].value = "0n";
    assert_head("GET", "x", f, 400, 13, "malformed binary metadata in header \"b-bin\"");
    f[3].value = "AAA";
    assert_head("GET", "x", f, 405, 13,
                "Received a HEADERS frame with :method \"GET\" which should be POST");
    assert_head("POST", "x", f, 200, 4, "context deadline exceeded");
    f[1].value = "1n";
    assert_head("POST", "x", f, 200, 12, "malformed method name: \"x\"");
    assert_head("POST", "", f, 200, 12, "malformed method name: \"\"");
    assert_head("POST", "/Activate", f, 200, 12, "malformed method name: \"/Activate\"");
    assert_head("POST", "//Activate", f, 200, 12, "unknown service ");
    assert_head("POST", "/rpc.Other/Activate", f, 200, 12, "unknown service rpc.Other");
    assert_head("POST", "/a/rpc.Marble/Activate", f, 200, 12, "unknown service a/rpc.Marble");
    assert_head("POST", "/rpc.Marble/activate", f, 200, 12,
                "unknown method activate for service rpc.Marble");
    assert_head("POST", "/rpc.Marble/", f, 200, 12, "unknown method  for service rpc.Marble");
    assert_head("POST", path, f, 200, 12,
                "grpc: Decompressor is not installed for grpc-encoding \"gzip\"");
    f[4].value = "identity";
    auto_request good = request_of("POST", path, f);
    struct http_response none = { 0 };
    assert_true(marble_api_head(&good, &none) > GRPC_MESSAGE_MAX + GRPC_PREFIX_LEN);
    assert_int_equal(none.status, 0);
}

static void head_takes_content_types_of_grpc_only(void **state)
{
    static const struct {
        const char *type, *echoed; /* NULL: refused */
    } rows[] = {
        { "application/grpc", "application/grpc" },
        { "application/grpc+proto", "application/grpc+proto" },
        { "application/grpc+json", "application/grpc+json" },
        { "application/grpc;charset=utf-8", "application/grpc" },
        { "application/grpc-web", NULL },
        { "application/grpcx", NULL },
        { "application/grp", NULL },
        { " application/grpc", NULL },
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct field f[FIELDS] = { { "content-type", rows[i].type } };
        auto_request request = request_of("POST", "/rpc.Marble/none", f);
        auto_response refusal = { 0 };
        assert_int_equal(marble_api_head(&request, &refusal), 0);
        assert_int_equal(refusal.status, rows[i].echoed != NULL ? 200 : 415);
        assert_string_equal(value_of(refusal.fields, refusal.field_count, "content-type"),
                            rows[i].echoed != NULL ? rows[i].echoed : "application/grpc");
    }
}

static void binary_fields_are_base64_with_padding_or_without(void **state)
{
    static const struct {
        const char *value;
        bool good;
    } rows[] = { { "", true },     { "AA==", true },  { "AA", true },   { "AAA=", true },
                 { "AAA", true },  { "AAAA", true },  { "A", false },   { "AAAAA", false },
                 { "AA=", false }, { "AA=A", false }, { "A-_A", false } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct field f[FIELDS] = { { "content-type", "application/grpc" },
                                         { "x-bin", rows[i].value },
                                         { "bin", "*" },
                                         { "x-bins", "*" } };
        auto_request request = request_of("POST", "/rpc.Marble/Activate", f);
        auto_response refusal = { 0 };
        if ((marble_api_head(&request, &refusal) > 0) != rows[i].good)
            fail_msg("\"%s\"", rows[i].value);
    }
}

static void long_heads_are_cut_in_the_refusal(void **state)
{
    char text[4000];

    (void)state;
    memset(text, 'a', sizeof text - 1);
    text[0] = '/';
    text[1000] = '/';
    text[sizeof text - 1] = '\0';
    for (size_t i = 0; i < 4; i++) {
        const struct field f[FIELDS] = { { "content-type", i == 0 ? text : "application/grpc" },
                                         { "grpc-timeout", i == 1 ? text : "1H" } };
        auto_request request = request_of(i == 2 ? text : "POST", text, f);
        auto_response refusal = { 0 };
        assert_int_equal(marble_api_head(&request, &refusal), 0);
        assert_true(strlen(value_of(refusal.fields, refusal.field_count, "grpc-message")) < 600);
    }
}

static void codec_refusals_get_a_status(void **state)
{
    static const struct {
        int http, answered, status;
    } rows[] = {
        { 400, 400, 13 }, { 413, 200, 8 }, { 414, 200, 8 }, { 431, 200, 8 }, { 500, 500, 13 }
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_response r = { 0 };
        marble_api_refuse(rows[i].http, "the reason\n", &r);
        assert_failure(&r, rows[i].answered, rows[i].status, "the reason%0A");
    }
}

/* ---- statuses ---- */

static void success_is_one_message_and_trailers(void **state)
{
    static const char *const types[] = { "application/grpc", "application/grpc+proto" };
    const struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const struct field f[FIELDS] = { { "content-type", types[i] } };
        auto_response r = call_marble(&s, f, &asked);
        assert_success(&r, types[i]);
        assert_null(r.over); /* nothing was counted */
    }
}

static void failures_have_the_status_of_their_kind(void **state)
{
    struct activation asked = marble_request("b");
    auto_string *extra = mem_printf(LIMITED, 1);
    struct calling c;
    auto_scene s;

    (void)state;
    scene_begin(&s, NULL);
    auto_response not_now = call_marble(&s, usual, &asked);
    assert_failure(&not_now, 200, 9, "cannot accept marbles in current state");
    set_manifest_with(&s.service.machine, extra);
    auto_buf body = body_of(&asked);
    call_start(&c, &s, usual, BYTES_NONE, buf_bytes(&body));
    auto_response nobody = call_wait(&c);
    assert_failure(&nobody, 200, 16, "couldn't get marble TLS certificate");
    asked.marble_type = BYTES_LITERAL("none");
    auto_response type = call_marble(&s, usual, &asked);
    assert_failure(&type, 200, 7, "marble verification failed: unknown marble type requested");
    asked.marble_type = BYTES_LITERAL("b");
    asked.uuid = BYTES_LITERAL("1");
    auto_response uuid = call_marble(&s, usual, &asked);
    assert_failure(&uuid, 200, 3, "invalid UUID: invalid UUID length: 1");
    asked.uuid = BYTES_LITERAL(MARBLE_UUID);
    asked.csr = BYTES_NONE;
    auto_response csr = call_marble(&s, usual, &asked);
    assert_failure(&csr, 200, 13, "generating marble authentication secrets: parsing CSR: ...");
    asked.csr = marble_csr();
    world_fail(&s.service.world, 1, false, ENOSPC);
    auto_response disk = call_marble(&s, usual, &asked);
    assert_failure(&disk, 200, 13, "committing store transaction: ...");
    world_heal(&s.service.world);
    auto_response good = call_marble(&s, usual, &asked);
    assert_success(&good, "application/grpc");
    auto_response over = call_marble(&s, usual, &asked);
    assert_failure(&over, 200, 7,
                   "marble verification failed: reached max activations count (1)...");
}

static void response_that_no_marble_takes_is_resource_exhausted(void **state)
{
    const struct activation asked = marble_request("x");
    auto_buf extra = { 0 };
    auto_scene s;

    (void)state;
    /* Set, because the certificates of the Marble are not there yet. */
    buf_add_string(&extra, "\"Marbles\":{\"x\":{\"Package\":\"p\",\"Parameters\":{\"Argv\":[\"");
    memset(buf_grow(&extra, GRPC_MESSAGE_MAX - 1000), 'a', GRPC_MESSAGE_MAX - 1000);
    buf_add_string(&extra, "\"]}}},");
    buf_add_u8(&extra, 0);
    scene_begin(&s, (const char *)extra.at);
    auto_response r = call_marble(&s, usual, &asked);
    assert_failure(&r, 200, 8, "the parameters of this Marble have more than 4194304 bytes");
}

static void failure_echoes_the_subtype_and_encodes_its_message(void **state)
{
    const struct field f[FIELDS] = { { "content-type", "application/grpc+x" } };
    struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    asked.uuid = BYTES_LITERAL("\xc3\xa9%\n~ ab\"6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    auto_response r = call_marble(&s, f, &asked);
    assert_failure(&r, 200, 3, "invalid UUID: invalid urn prefix: \"%C3%A9%25%0A~ ab\"\"");
    assert_string_equal(value_of(r.fields, r.field_count, "content-type"), "application/grpc+x");
}

/* ---- messages ---- */

static void messages_that_are_none_are_refused(void **state)
{
    static const struct {
        const char *hex;
        int status;
        const char *message;
    } rows[] = {
        { "", 13, "grpc: the body of the call holds no message" },
        { "00", 13, "grpc: unexpected end of the prefix (1 of 5 bytes)" },
        { "0000000001", 13, "grpc: unexpected end of the message (0 of 1 bytes)" },
        { "000000000000", 13, "grpc: the body goes on behind the message (1 bytes)" },
        { "0100000000", 13, "grpc: compressed flag set with identity or empty encoding" },
        { "0200000000", 13, "grpc: received unexpected payload format 2" },
        { "ff00000000", 13, "grpc: received unexpected payload format 255" },
        { "0000400001", 8, "grpc: received message larger than max (4194305 vs. 4194304)" },
        { "00ffffffff", 8, "grpc: received message larger than max (4294967295 vs. 4194304)" },
        { "00 00000001 0a", 13, "grpc: error unmarshalling request: proto: ..." },
        { "00 00000003 1a01ff", 13,
          "grpc: error unmarshalling request: string field contains invalid UTF-8..." },
        { "00 00000003 2201ff", 13,
          "grpc: error unmarshalling request: string field contains invalid UTF-8..." },
        /* An empty message is one: its Marble type is "". */
        { "0000000000", 7, "marble verification failed: unknown marble type requested" },
    };
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf body = test_unhex(rows[i].hex);
        auto_response r = call_body(&s, usual, buf_bytes(&body));
        assert_failure(&r, 200, rows[i].status, rows[i].message);
    }
}

static void largest_message_is_taken(void **state)
{
    struct activation asked = marble_request("m");
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    auto_buf small = body_of(&asked);
    /* Tag and four bytes of length come with the quote. */
    const size_t len = GRPC_MESSAGE_MAX - (small.len - GRPC_PREFIX_LEN) - 5;
    uint8_t *const quote = mem_zero_alloc(len, 1);
    asked.quote = bytes_of(quote, len);
    auto_buf body = body_of(&asked);
    assert_int_equal(body.len, GRPC_MESSAGE_MAX + GRPC_PREFIX_LEN);
    auto_response r = call_body(&s, usual, buf_bytes(&body));
    assert_success(&r, "application/grpc");
    free(quote);
}

/* ---- time ---- */

struct gate {
    sem_t reached, open, left;
};

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) != 0)
        ;
}

static void wait_at_gate(void *arg)
{
    struct gate *const gate = arg;

    (void)sem_post(&gate->reached);
    wait_for(&gate->open);
    (void)sem_post(&gate->left);
}

/* All threads of the pool are busy until the gate opens. */
static void gate_close(struct gate *gate, const struct scene *s, unsigned threads)
{
    (void)sem_init(&gate->reached, 0, 0);
    (void)sem_init(&gate->open, 0, 0);
    (void)sem_init(&gate->left, 0, 0);
    for (unsigned i = 0; i < threads; i++)
        assert_true(pool_submit(s->service.pool, wait_at_gate, gate));
    for (unsigned i = 0; i < threads; i++)
        wait_for(&gate->reached);
}

static void gate_open(struct gate *gate, unsigned threads)
{
    for (unsigned i = 0; i < threads; i++)
        (void)sem_post(&gate->open);
    for (unsigned i = 0; i < threads; i++)
        wait_for(&gate->left);
}

static void time_that_passes_in_the_queue_counts(void **state)
{
    static const struct {
        const char *timeout;
        int64_t passes_ms;
        bool late;
    } rows[] = {
        { "100m", 100, false },
        { "100m", 101, true },
        { "1n", 1, false }, /* rounded up to a millisecond */
        { "1n", 2, true },
        { "99999999H", INT64_C(200) * 365 * 86400 * 1000, false },
        { NULL, INT64_C(200) * 365 * 86400 * 1000, false },
    };
    const struct activation asked = marble_request("m");
    auto_buf body = body_of(&asked);
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct field f[FIELDS] = { { "content-type", "application/grpc" },
                                         { "grpc-timeout", rows[i].timeout } };
        struct gate gate;
        struct calling c;
        gate_close(&gate, &s, 2);
        call_start(&c, &s, f, BYTES_LITERAL("a leaf"), buf_bytes(&body));
        world_set_clock(&s.service.world, WORLD_START_MS + rows[i].passes_ms);
        gate_open(&gate, 2);
        auto_response r = call_wait(&c);
        if (rows[i].late)
            assert_failure(&r, 200, 4, "context deadline exceeded");
        else
            assert_success(&r, "application/grpc");
        world_set_clock(&s.service.world, WORLD_START_MS);
    }
}

static void full_pool_answers_unavailable_at_once(void **state)
{
    const struct field f[FIELDS] = { { "content-type", "application/grpc+proto" } };
    const struct activation asked = marble_request("m");
    struct gate gate;
    unsigned tasks = 2;
    auto_scene s;

    (void)state;
    scene_begin(&s, "");
    gate_close(&gate, &s, tasks);
    pool_set_limit(s.service.pool, 3);
    while (pool_submit(s.service.pool, wait_at_gate, &gate))
        tasks++;
    auto_response r = call_marble(&s, f, &asked);
    assert_failure(&r, 200, 14, "too many activations are waiting: try again in a moment");
    assert_string_equal(value_of(r.fields, r.field_count, "content-type"),
                        "application/grpc+proto");
    gate_open(&gate, tasks);
    pool_set_limit(s.service.pool, 64);
    auto_response later = call_marble(&s, f, &asked);
    assert_success(&later, "application/grpc+proto");
}

/* ---- attempts ---- */

static uint64_t count_of(const struct scene *s)
{
    put_value(&s->service.machine, "test:settled", BYTES_LITERAL("1"));
    auto_buf text = machine_value(&s->service.machine, PREFIX_ACTIVATIONS "b");
    buf_add_u8(&text, 0);
    return strtoull((const char *)text.at, NULL, 16);
}

static void name_of_an_attempt_has_at_most_64_bytes(void **state)
{
    static const char longest[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const struct field good[FIELDS] = { { "content-type", "application/grpc" },
                                        { "taw-activation", longest } };
    const struct field bad[FIELDS] = {
        { "content-type", "application/grpc" },
        { "taw-activation", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0" }
    };
    const struct activation asked = marble_request("b");
    auto_string *extra = mem_printf(LIMITED, 1);
    auto_scene s;

    (void)state;
    scene_begin(&s, extra);
    auto_response refused = call_marble(&s, bad, &asked);
    assert_failure(&refused, 200, 3, "taw-activation is longer than 64 bytes");
    for (unsigned i = 0; i < 2; i++) {
        auto_response r = call_marble(&s, good, &asked);
        assert_success(&r, "application/grpc");
        r.left = true; /* the codec sent some of it */
    }
    assert_int_equal(count_of(&s), 1);
}

static void activation_whose_answer_never_left_is_given_back(void **state)
{
    const struct activation asked = marble_request("b");
    auto_string *extra = mem_printf(LIMITED, 2);
    auto_scene s;

    (void)state;
    scene_begin(&s, extra);
    for (unsigned i = 0; i < 2; i++) {
        struct http_response r = call_marble(&s, usual, &asked);
        assert_success(&r, "application/grpc");
        assert_int_equal(count_of(&s), 1);
        r.left = i > 0;
        http_response_clear(&r);
        assert_int_equal(count_of(&s), i);
    }
}

/* ---- what is counted ---- */

#define UNARY "grpc_method=\"Activate\",grpc_service=\"rpc.Marble\",grpc_type=\"unary\""

static void calls_are_counted_by_status_and_activations_by_outcome(void **state)
{
    const struct activation asked = marble_request("b"), unknown = marble_request("nope");
    auto_string *extra = mem_printf(LIMITED, 1);
    struct metrics *const metrics = metrics_new();
    auto_scene s;

    (void)state;
    scene_begin(&s, extra);
    marble_api_measure(s.api, metrics, NULL);
    auto_response done = call_marble(&s, usual, &asked);
    auto_response spent = call_marble(&s, usual, &asked);
    auto_response refused = call_marble(&s, usual, &unknown);
    auto_response no_frame = call_body(&s, usual, BYTES_LITERAL("x"));
    auto_response no_message = call_body(&s, usual, BYTES_LITERAL("\0\0\0\0\1\xff"));
    pool_set_limit(s.service.pool, 0);
    auto_response busy = call_marble(&s, usual, &asked);
    done.left = true;
    assert_int_equal(done.trailer_count, 2);
    const struct {
        const struct http_response *response;
        const char *status;
    } failures[] = { { &spent, "7" },
                     { &refused, "7" },
                     { &no_frame, "13" },
                     { &no_message, "13" },
                     { &busy, "14" } };
    for (size_t i = 0; i < COUNT_OF(failures); i++)
        assert_string_equal(value_of(failures[i].response->fields,
                                     failures[i].response->field_count, "grpc-status"),
                            failures[i].status);
    assert_line(metrics, "grpc_server_started_total{" UNARY "} 6");
    assert_line(metrics, "grpc_server_msg_received_total{" UNARY "} 4");
    assert_line(metrics, "grpc_server_msg_sent_total{" UNARY "} 1");
    assert_line(metrics, "grpc_server_handled_total{grpc_code=\"OK\"," UNARY "} 1");
    assert_line(metrics, "grpc_server_handled_total{grpc_code=\"PermissionDenied\"," UNARY "} 2");
    assert_line(metrics, "grpc_server_handled_total{grpc_code=\"Internal\"," UNARY "} 2");
    assert_line(metrics, "grpc_server_handled_total{grpc_code=\"Unavailable\"," UNARY "} 1");
    assert_line(metrics, "taw_marble_api_busy_total 1");
    assert_line(metrics, "taw_marble_activations_total{result=\"ok\",type=\"b\"} 1");
    assert_line(metrics, "taw_marble_activations_total{result=\"budget\",type=\"b\"} 1");
    assert_line(metrics, "taw_marble_activations_total{result=\"denied\",type=\"unknown\"} 1");
    metrics_free(metrics);
}

static void throw_away(void *token, struct http_response *response)
{
    (void)atomic_fetch_add((atomic_uint *)token, 1);
    http_response_clear(response);
}

static void *open_later(void *arg)
{
    const struct timespec moment = { 0, 20000000 };

    (void)nanosleep(&moment, NULL);
    (void)sem_post(arg);
    return NULL;
}

static bool wait_for_opening(void *arg, const struct snapshot *now, struct decision *d,
                             struct err *err)
{
    (void)now, (void)d;
    while (sem_wait(arg) != 0)
        continue;
    return err_set(err, FAIL_STATE, "nothing to do");
}

static void ignore(void *arg, const struct err *err)
{
    (void)arg, (void)err;
}

/* As tawd ends when the disk hangs for longer than it may take to finish: pools, core, and then the API. */
static void an_answer_that_comes_when_the_core_ends_is_still_counted(void **state)
{
    const struct activation asked = marble_request("b");
    auto_string *extra = mem_printf(LIMITED, 1);
    auto_buf body = body_of(&asked);
    struct http_request request = request_of("POST", "/rpc.Marble/Activate", usual);
    struct metrics *const metrics = metrics_new();
    atomic_uint answers = 0;
    pthread_t opener;
    struct scene s;
    sem_t gate;

    (void)state;
    scene_begin(&s, extra);
    marble_api_measure(s.api, metrics, NULL);
    (void)sem_init(&gate, 0, 0);
    writer_submit(core_writer(s.service.machine.core),
                  &(struct commit){ wait_for_opening, ignore, &gate });
    buf_add(&request.body, buf_bytes(&body));
    request.peer_leaf = bytes_copy(BYTES_LITERAL("a leaf"));
    request.peer_leaf_len = 6;
    marble_api_handle(s.api, &request, throw_away, &answers);
    pool_free(s.service.pool);
    assert_int_equal(answers, 0);
    assert_int_equal(pthread_create(&opener, NULL, open_later, &gate), 0);
    machine_stop(&s.service.machine);
    assert_int_equal(pthread_join(opener, NULL), 0);
    assert_int_equal(answers, 1);
    assert_line(metrics, "grpc_server_handled_total{grpc_code=\"OK\"," UNARY "} 1");
    marble_api_free(s.api);
    api_free(s.service.api);
    world_end(&s.service.world);
    (void)sem_destroy(&gate);
    metrics_free(metrics);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(head_is_checked_in_order),
    cmocka_unit_test(head_takes_content_types_of_grpc_only),
    cmocka_unit_test(binary_fields_are_base64_with_padding_or_without),
    cmocka_unit_test(long_heads_are_cut_in_the_refusal),
    cmocka_unit_test(codec_refusals_get_a_status),
    cmocka_unit_test(success_is_one_message_and_trailers),
    cmocka_unit_test(failures_have_the_status_of_their_kind),
    cmocka_unit_test(response_that_no_marble_takes_is_resource_exhausted),
    cmocka_unit_test(failure_echoes_the_subtype_and_encodes_its_message),
    cmocka_unit_test(messages_that_are_none_are_refused),
    cmocka_unit_test(largest_message_is_taken),
    cmocka_unit_test(time_that_passes_in_the_queue_counts),
    cmocka_unit_test(full_pool_answers_unavailable_at_once),
    cmocka_unit_test(name_of_an_attempt_has_at_most_64_bytes),
    cmocka_unit_test(activation_whose_answer_never_left_is_given_back),
    cmocka_unit_test(calls_are_counted_by_status_and_activations_by_outcome),
    cmocka_unit_test(an_answer_that_comes_when_the_core_ends_is_still_counted),
};

TEST_MAIN(tests)
