/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/coordinator/session.h"

#include "base/env.h"
#include "cli/coordinator/cache.h"
#include "cli/coordinator/judge.h"
#include "cli/io/save.h"
#include "cli/user/identity.h"
#include "codec/text.h"
#include "crypto/hash.h"

#include <stdlib.h>
#include <string.h>

enum {
    HTTP_OK = 200,
    HTTP_UNAUTHORIZED = 401,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_NO_METHOD = 405,
    HTTP_UNAVAILABLE = 503
};
enum { NONCE_LEN = 32 };

void session_clear(struct session *s)
{
    transport_free(s->transport);
    endpoint_clear(&s->endpoint);
    cert_free(s->root);
    cert_free(s->intermediate);
    cert_free(s->pinned);
    cert_free(s->own);
    key_free(s->own_key);
    buf_clear(&s->nonce);
    buf_clear(&s->quote);
    free(s->pinned_by);
    *s = (struct session){ 0 };
}

void answer_clear(struct answer *answer)
{
    reply_clear(&answer->reply);
    arena_clear(&answer->arena);
    *answer = (struct answer){ 0 };
}

bool session_open(struct session *s, struct cli *cli, const char *endpoint, struct err *err)
{
    s->cli = cli;
    s->typed = endpoint;
    return endpoint_parse(endpoint, &s->endpoint, err) || cli_fail(cli, EXIT_USAGE, NULL);
}

/* ---- one call ---- */

static const char *reason_phrase(long status)
{
    static const struct {
        long status;
        const char *phrase;
    } known[] = {
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 409, "Conflict" },
        { 410, "Gone" },
        { 413, "Content Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
    };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (known[i].status == status)
            return known[i].phrase;
    }
    return "";
}

static bool says(struct bytes message, const char *part)
{
    return message.at != NULL && memmem(message.at, message.len, part, strlen(part)) != NULL;
}

/* The API tells most refusals apart by their text only: nearly all are 400 or 500. */
static enum exit_status status_of(long http, struct bytes message, bool post)
{
    if (http == HTTP_UNAUTHORIZED || http == HTTP_FORBIDDEN || says(message, "is not allowed to") ||
        says(message, "unauthorized user"))
        return EXIT_DENIED;
    if (http == HTTP_NOT_FOUND)
        return EXIT_NOT_FOUND;
    if (http == HTTP_UNAVAILABLE)
        return EXIT_UNREACHABLE;
    if (says(message, "not in expected state") || says(message, "requested value not set") ||
        says(message, "update already in progress"))
        return EXIT_STATE;
    return post && (http == 400 || http == 413 || http == 500) ? EXIT_REJECTED : EXIT_FAILED;
}

/* NULL: the message says enough, or whoever asked knows better. */
static const char *hint_of(const struct session *s, enum exit_status status, struct bytes message)
{
    if (status == EXIT_STATE && !says(message, "update already in progress"))
        return "`status` tells in which state it is";
    if (status == EXIT_DENIED && s->own != NULL)
        return "`user whoami` tells who has this certificate, and what he may do";
    return NULL;
}

/* A text of the envelope; empty when there is none. */
static struct bytes envelope_text(const struct json *top, const char *name)
{
    const struct json *const member = top == NULL ? NULL : json_member(top, name);
    struct bytes text = BYTES_NONE;
    struct err ignored = { 0 };

    return member != NULL && json_get_string(member, &text, &ignored) ? text : BYTES_NONE;
}

static bool refusal(struct session *s, const struct call *call, const char *path,
                    const struct reply *reply, const struct json *top, struct err *err)
{
    const char *const method = call->body == NULL ? "GET" : "POST";
    const struct bytes status = envelope_text(top, "status"),
                       message = envelope_text(top, "message");

    auto_buf shown = { 0 }, word = { 0 };
    const enum exit_status exit = status_of(reply->status, message, call->body != NULL);
    output_visible(&shown, message, false);
    output_visible(&word, status, false);
    (void)cli_fail(s->cli, exit, hint_of(s, exit, message));
    if (reply->status == HTTP_UNAUTHORIZED)
        return err_set(err, FAIL_DENIED, "%s %s%s: authorizing user: %.*s", method, s->endpoint.url,
                       path, BYTES_FMT(buf_bytes(&shown)));
    return err_set(err, FAIL_STATE, "%s %s%s: %ld %s: %.*s: %.*s", method, s->endpoint.url, path,
                   reply->status, reason_phrase(reply->status), BYTES_FMT(buf_bytes(&word)),
                   BYTES_FMT(buf_bytes(&shown)));
}

static bool take_answer(struct session *s, const struct call *call, const char *path,
                        struct answer *answer, struct err *err)
{
    struct err why = { 0 };
    const struct json *const top =
        json_parse(buf_bytes(&answer->reply.body), JSON_TRAILING_REFUSED, &answer->arena, &why);

    if (answer->reply.status != HTTP_OK)
        return refusal(s, call, path, &answer->reply, top, err);
    if (top == NULL || top->type != JSON_OBJECT)
        return err_set(err, FAIL_MALFORMED, "%s%s: the answer is not that of a Coordinator%s%.100s",
                       s->endpoint.url, path, top == NULL ? ": " : "", why.text);
    answer->data = json_member(top, "data");
    return true;
}

bool session_call(struct session *s, const struct call *call, struct answer *answer,
                  struct err *err)
{
    auto_string *path = mem_printf("/api/v2/%s", call->path);
    auto_string *v1_path = mem_printf("/%s", call->v1_path == NULL ? "" : call->v1_path);

    if (s->transport == NULL)
        s->transport = transport_new(s->cli, &s->endpoint, err);
    if (s->transport == NULL)
        return false;
    answer_clear(answer);
    if (!transport_send(s->transport, path, call->body, &answer->reply, err))
        return false;
    if (s->pinned_by != NULL)
        output_check(&s->cli->out, true, "root certificate and name, against %s", s->pinned_by);
    free(s->pinned_by);
    s->pinned_by = NULL;
    if (answer->reply.status != HTTP_NO_METHOD || call->v1_path == NULL)
        return take_answer(s, call, path, answer, err);
    answer_clear(answer);
    answer->is_v1 = true;
    return transport_send(s->transport, v1_path, call->v1_body, &answer->reply, err) &&
           take_answer(s, call, v1_path, answer, err);
}

const struct json *answer_member(const struct json *object, const char *name)
{
    const struct json *found = NULL;

    for (const struct json *m = object == NULL ? NULL : json_first(object); m != NULL;
         m = json_next(m)) {
        if (object->type == JSON_OBJECT && json_name_is(m, name))
            found = m;
    }
    return found;
}

bool answer_text(const struct json *object, const char *name, struct bytes *text, struct err *err)
{
    const struct json *const member = answer_member(object, name);

    *text = BYTES_NONE;
    return member == NULL || json_get_string(member, text, err);
}

/* ---- whom we talk to ---- */

/* Only a quote over a nonce of ours is fresh: without one it is that of the Coordinator's start. */
static bool choose_nonce(struct session *s, struct err *err)
{
    const char *const typed = option_text(&s->cli->options, "nonce");
    uint8_t fresh[NONCE_LEN];

    if (typed != NULL && typed[0] != '\0')
        buf_add_string(&s->nonce, typed);
    if (s->nonce.len > 0 || option_switch(&s->cli->options, "insecure"))
        return true;
    if (!random_bytes(fresh, sizeof fresh, err))
        return false;
    buf_add(&s->nonce, bytes_of(fresh, sizeof fresh));
    return true;
}

static char *quote_path(struct bytes nonce)
{
    auto_buf path = { 0 };

    buf_add_string(&path, "quote");
    if (nonce.len > 0) {
        auto_buf text = { 0 };
        base64_encode(&text, BASE64_URL, nonce);
        buf_add_string(&path, "?nonce=");
        for (size_t i = 0; i < text.len; i++)
            buf_add_format(&path, text.at[i] == '=' ? "%%3D" : "%c", text.at[i]);
    }
    return bytes_to_string(buf_bytes(&path));
}

static bool parse_quote(struct session *s, const struct json *data, struct err *err)
{
    const struct json *const quote = answer_member(data, "quote");
    struct bytes chain = BYTES_NONE;
    bool present = false;

    if (!answer_text(data, "cert", &chain, err) ||
        (quote != NULL && !json_get_octets(quote, &s->quote, &present, err)))
        return err_in(err, "unmarshalling Coordinator response");
    if (!chain_parse(chain, &s->intermediate, &s->root, err))
        return err_in(err, "parsing Coordinator certificate chain");
    if (cert_issued_by(s->intermediate, s->root))
        return true;
    (void)cli_fail(s->cli, EXIT_TRUST, NULL);
    return err_set(err, FAIL_DENIED,
                   "parsing Coordinator certificate chain: the intermediate "
                   "certificate is not signed by the root");
}

static bool judge_quote(struct session *s, struct err *err)
{
    struct output *const out = &s->cli->out;

    if (option_switch(&s->cli->options, "insecure")) {
        output_warn(out, "skipping quote verification");
        output_check(out, false, "quote of the Coordinator (--insecure)");
        return true;
    }
    if (s->quote.len == 0) {
        (void)cli_fail(s->cli, EXIT_ATTESTATION,
                       "the Coordinator runs in simulation mode; --insecure accepts that");
        return err_set(err, FAIL_DENIED, "verifying Coordinator quote: empty report");
    }
    const struct coordinator_claim claim = { .quote = buf_bytes(&s->quote),
                                             .root = s->root,
                                             .nonce = buf_bytes(&s->nonce),
                                             .at = env_now_ms(NULL) / 1000 };
    return coordinator_judge(s->cli, &claim, err);
}

/* Of an earlier verification. */
static void forget(struct session *s)
{
    cert_free(s->root);
    cert_free(s->intermediate);
    s->root = s->intermediate = NULL;
    buf_clear(&s->nonce);
    buf_clear(&s->quote);
}

bool session_certificates(struct session *s, struct err *err)
{
    auto_answer answer = { 0 };
    auto_string *path = quote_path(buf_bytes(&s->nonce));
    const struct call call = { path, s->nonce.len > 0 ? NULL : "quote", NULL, NULL };

    if (!session_call(s, &call, &answer, err))
        return err_in(err, "retrieving Coordinator quote");
    return parse_quote(s, answer.data, err);
}

bool session_verify(struct session *s, struct err *err)
{
    forget(s);
    if (!choose_nonce(s, err) || !session_certificates(s, err) || !judge_quote(s, err))
        return false;
    output_check(&s->cli->out, true, "the intermediate certificate is signed by the root");
    return true;
}

bool session_bind(struct session *s, struct err *err)
{
    struct tls_pin *const pin = transport_pin(s->transport);

    if (!tls_pin_accepts(pin, s->root, err))
        return cli_fail(s->cli, EXIT_TRUST, NULL);
    /* From here on also for a connection that libcurl has to open anew. */
    pin->root = s->root;
    output_check(&s->cli->out, true, "%s holds the key of that root, which names it", s->typed);
    return true;
}

bool session_pin(struct session *s, struct err *err)
{
    auto_cache cache = { 0 };

    s->transport = transport_new(s->cli, &s->endpoint, err);
    if (s->transport == NULL)
        return false;
    struct tls_pin *const pin = transport_pin(s->transport);
    pin->cert = s->own;
    pin->key = s->own_key;
    if (option_switch(&s->cli->options, "insecure")) {
        output_check(&s->cli->out, false, "who answers at %s (--insecure)", s->typed);
        return true;
    }
    if (!cache_read(s->cli, &cache, err))
        return false;
    s->pinned = cert_ref(cache.root);
    pin->root = s->pinned;
    if (cache.unverified)
        output_warn(&s->cli->out, "the pinned certificate in %s was stored with --insecure",
                    cache.path);
    s->pinned_by = TAKE(cache.path);
    return true;
}

bool session_open_as_user(struct session *s, struct cli *cli, const char *endpoint, struct err *err)
{
    return session_open(s, cli, endpoint, err) && identity_user(cli, &s->own, &s->own_key, err) &&
           session_pin(s, err);
}

bool session_open_as_user_or_nobody(struct session *s, struct cli *cli, const char *endpoint,
                                    struct err *err)
{
    return identity_has_user(cli) ? session_open_as_user(s, cli, endpoint, err)
                                  : session_open(s, cli, endpoint, err) && session_pin(s, err);
}

bool session_save_quote(struct session *s, struct err *err)
{
    const char *const path = option_text(&s->cli->options, "save-sgx-quote");

    if (path == NULL || path[0] == '\0')
        return true;
    if (s->quote.len == 0) {
        output_warn(&s->cli->out,
                    "there is no quote to save: the Coordinator runs in simulation mode");
        return true;
    }
    return save_file(path, buf_bytes(&s->quote), SAVE_REPLACE, err) ||
           err_in(err, "saving the quote");
}

bool session_save_cache(struct session *s, struct err *err)
{
    return cache_write(s->cli, s->typed, s->root, s->intermediate,
                       option_switch(&s->cli->options, "insecure"), err);
}
