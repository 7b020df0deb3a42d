/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A client of the api without a network: one call, one answer, waited for. */
#include "api/api.h"
#include "base/arena.h"
#include "codec/json.h"
#include "codec/text.h"
#include "fixture.h"

#include <pthread.h>

struct service {
    struct world world;
    struct machine machine;
    struct pool *pool;
    struct api *api;
};

static inline void service_start(struct service *s, const char *machine)
{
    s->machine = machine_start(&s->world, machine);
    s->pool = pool_new(2);
    s->api = api_new(s->machine.core, s->pool);
}

static inline void service_stop(struct service *s)
{
    pool_free(s->pool);
    api_free(s->api);
    machine_stop(&s->machine);
}

static inline void service_begin(struct service *s)
{
    world_begin(&s->world);
    service_start(s, "a");
}

static inline void service_end(struct service *s)
{
    service_stop(s);
    world_end(&s->world);
}
#define auto_service struct service CLEANUP(service_end)

/* The same state on another machine. */
static inline void service_move(struct service *s, const char *machine)
{
    service_stop(s);
    service_start(s, machine);
}

struct answer {
    pthread_mutex_t lock;
    pthread_cond_t there;
    unsigned times;
    struct http_response response;
};

static inline void take_answer(void *token, struct http_response *response)
{
    struct answer *const a = token;

    (void)pthread_mutex_lock(&a->lock);
    a->times++;
    a->response = *response;
    *response = (struct http_response){ 0 };
    (void)pthread_cond_signal(&a->there);
    (void)pthread_mutex_unlock(&a->lock);
}

/* leaf: DER of the client certificate; may be empty. The caller clears the response. */
static inline struct http_response call_as(struct service *s, struct bytes leaf, const char *method,
                                           const char *target, struct bytes body)
{
    struct answer a = { .lock = PTHREAD_MUTEX_INITIALIZER, .there = PTHREAD_COND_INITIALIZER };
    const char *const query = strchr(target, '?');
    struct http_request request = {
        .method = mem_string(method),
        .path = bytes_to_string(
            bytes_of(target, query == NULL ? strlen(target) : (size_t)(query - target))),
        .query = mem_string(query == NULL ? "" : query + 1),
    };

    buf_add(&request.body, body);
    if (leaf.len > 0) {
        request.peer_leaf = bytes_copy(leaf);
        request.peer_leaf_len = leaf.len;
    }
    api_handle(s->api, &request, take_answer, &a);
    (void)pthread_mutex_lock(&a.lock);
    while (a.times == 0)
        (void)pthread_cond_wait(&a.there, &a.lock);
    (void)pthread_mutex_unlock(&a.lock);
    assert_int_equal(a.times, 1);
    assert_null(request.method);
    buf_add_u8(&a.response.body, 0); /* as a string */
    return a.response;
}

static inline struct http_response call(struct service *s, const char *method, const char *target,
                                        struct bytes body)
{
    return call_as(s, BYTES_NONE, method, target, body);
}

#define auto_response struct http_response CLEANUP(http_response_clear)

static inline const char *text_of(const struct http_response *r)
{
    return (const char *)r->body.at;
}

/* Status, type and the whole body. NULL for type: none. */
static inline void assert_answer(const struct http_response *r, int status, const char *type,
                                 const char *body)
{
    if (r->status != status || strcmp(text_of(r), body) != 0)
        fail_msg("%d instead of %d: %s", r->status, status, text_of(r));
    if (type == NULL)
        assert_null(r->content_type);
    else
        assert_string_equal(r->content_type, type);
}

#define TYPE_JSON "application/json"
#define TYPE_TEXT "text/plain; charset=utf-8"

/* An error or fail envelope whose message has these words. */
static inline void assert_refusal(const struct http_response *r, int status, const char *kind,
                                  const char *words)
{
    auto_string *start = mem_printf("{\"status\":\"%s\",\"data\":null", kind);

    if (r->status != status || strncmp(text_of(r), start, strlen(start)) != 0 ||
        strstr(text_of(r), words) == NULL)
        fail_msg("%d instead of %d %s \"%s\": %s", r->status, status, kind, words, text_of(r));
    assert_string_equal(r->content_type, strcmp(kind, "fail") == 0 ? TYPE_JSON : TYPE_TEXT);
}

/* The member of "data" in a success envelope, which lives in the arena. */
static inline const struct json *data_member(const struct http_response *r, const char *name,
                                             struct arena *arena)
{
    struct err err = { 0 };
    const struct json *const root =
        json_parse(bytes_of_string(text_of(r)), JSON_TRAILING_REFUSED, arena, &err);

    if (r->status != 200 || root == NULL)
        fail_msg("%d: %s", r->status, text_of(r));
    assert_true(bytes_equal_string(json_member(root, "status")->text, "success"));
    return json_member(json_member(root, "data"), name);
}

static inline struct buf upload_body(struct bytes secret, struct bytes signature)
{
    struct buf body = { 0 };

    buf_add_string(&body, "{\"recoverySecret\":");
    json_put_octets(&body, secret);
    buf_add_string(&body, ",\"recoverySecretSignature\":");
    json_put_octets(&body, signature);
    buf_add_u8(&body, '}');
    return body;
}

static inline struct http_response post_share(struct service *s, struct bytes secret,
                                              struct bytes signature)
{
    auto_buf body = upload_body(secret, signature);

    return call(s, "POST", "/api/v2/recover", buf_bytes(&body));
}
