/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "api/client_metrics.h"
#include "codec/json.h"
#include "state/snapshot.h"

/* What the endpoints share. */
struct api {
    struct core *core;
    struct pool *pool;
    const char **paths;             /* each that is served, once; NULL: nobody counts */
    struct client_metrics *metrics; /* NULL: nobody counts */
};

enum api_version { API_V1 = 1, API_V2 };

/* One request on its way through its endpoint. */
struct call {
    struct api *api;
    const struct snapshot *now; /* what was known when the request came */
    const struct http_request *request;
    enum api_version version;
    const struct deployment_user *user; /* who the client proved to be; NULL: nobody known */
    struct http_response *response;
    /* For an endpoint that must not wait: it sets answers_later and gives its answer to `respond`, from any thread; the
     * rest of the call is gone by then. */
    api_respond *respond;
    void *token;
    bool answers_later;
};
typedef void endpoint(struct call *call);

/* ---- answers (client-api.md, 3) ---- */

/* {"status":"success","data":<data>}; data is JSON text. */
void reply_success(struct call *call, struct bytes data);
/* The same with data built in place: reply_begin, JSON text into the body, reply_end. */
struct buf *reply_begin(struct call *call);
void reply_end(struct call *call);
/* {"status":"error","data":null,"message":…}, text/plain; no message when it is NULL. */
void reply_error(struct call *call, int status, const char *message);
/* The same with text from outside, in which there may be a NUL. */
void reply_error_of(struct call *call, int status, struct bytes message);
/* v2: {"status":"fail",…}, application/json. v1 has only errors. */
void reply_fail(struct call *call, int status, const char *message);
/* The same with JSON text as data; v2 only. */
void reply_fail_with(struct call *call, int status, struct bytes data, const char *message);
/* An operation that did not work: v2 always 500; v1 `v1_status`, but 500 for what is our trouble. */
void reply_failed(struct call *call, const struct err *err, int v1_status);
/* Plain text and a line feed, as releases of 2020 answered; NULL: an empty body. */
void reply_plain(struct http_response *response, int status, const char *text);
void fill_error(struct http_response *response, int status, const char *message);

/* ---- requests ---- */

/* The first value of a query parameter, appended; false when there is none. */
bool query_value(const struct call *call, const char *name, struct buf *value) MUST_CHECK;
/*
 * The members of a JSON object in the body of a v2 request go to `member`, one by one. FAIL_MALFORMED
 * when the body, or what `member` says to it, is malformed.
 */
bool body_read(struct bytes body,
               bool (*member)(void *arg, const struct json *value, struct err *err), void *arg,
               struct err *err) MUST_CHECK;
/* The same; answers with 400 when it fails. */
bool body_members(struct call *call, struct bytes body,
                  bool (*member)(void *arg, const struct json *value, struct err *err),
                  void *arg) MUST_CHECK;

/* For body_members: {"manifest": octets}; arg: struct buf, no bytes when it is missing or null. */
bool manifest_member(void *arg, const struct json *value, struct err *err) MUST_CHECK;

/* ---- endpoints ---- */

endpoint status_get, quote_get, manifest_get, manifest_post, recover_post, recover_key_get,
    recover_status_get, recovery_secrets_get, page_recover_post, update_log_get, pending_update_get,
    secrets_get, update_post, secrets_post, pending_update_post, pending_update_cancel,
    sign_quote_post, monotonic_counter_post, drill_post, recovery_status_get, reissue_post,
    reissue_cancel_post, update_log_chain_get;

/* Appends the members "recoveries", "lastRecovery" and "withoutProof", with a comma before. */
void put_recovery_record(struct buf *body, const struct recovery_record *record);
