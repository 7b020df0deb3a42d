/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/activate.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "codec/text.h"
#include "marble/answer.h"
#include "marble/backoff.h"
#include "marble/connection.h"
#include "marble/credentials.h"
#include "marble/roots.h"
#include "marble/uuid_file.h"

enum {
    CONNECT_MS = 20 * 1000, /* TCP, TLS and settings of one try (marble-api.md, 1.9) */
    ANSWER_MS = 300 * 1000, /* quote verification and RSA keys take their time */
    ACTIVATION_ID_LEN = 16, /* bytes */
};

static const char ALPN[] = "\x02h2";

/* One activation: what stays the same in all tries. */
struct attempt {
    const struct marble_config *config;
    const struct marble_world *world;
    struct marble_address address;
    struct marble_credentials credentials;
    struct roots roots;
    struct buf quote;
    struct buf request; /* with the prefix of gRPC */
    struct buf id;      /* hex digits and a NUL */
    int64_t deadline;   /* of all tries together */
};

static void attempt_clear(struct attempt *a)
{
    marble_credentials_clear(&a->credentials);
    roots_clear(&a->roots);
    buf_clear(&a->quote);
    buf_clear(&a->request);
    buf_clear(&a->id);
}

static bool fail(struct marble_failure *failure, enum marble_outcome outcome)
{
    /* A full disk and an unreadable file are the surroundings' fault, memory and libcrypto ours. */
    failure->outcome = failure->err.kind == FAIL_INTERNAL ? MARBLE_INTERNAL : outcome;
    return false;
}

static bool issue_quote(const struct attempt *a, struct buf *quote, struct err *err)
{
    uint8_t report_data[REPORT_DATA_LEN];

    if (!report_data_of(cert_der(a->credentials.cert), BYTES_NONE, report_data, err))
        return false;
    auto_quote_issuer *issuer = issuer_detect(a->world->system, err);
    return issuer != NULL && issuer_issue(issuer, report_data, quote, err);
}

/* No quote means simulation, unless that was ruled out. */
static bool get_quote(struct attempt *a, struct err *err)
{
    const struct marble_log *const log = &a->world->log;

    say_info(log, "generating quote");
    if (issue_quote(a, &a->quote, err))
        return true;
    buf_clear(&a->quote);
    if (a->config->require_quote) {
        /* Whatever failed: the machine cannot do what was asked for. */
        err->kind = FAIL_UNAVAILABLE;
        return err_in(err, "failed to get quote, and TAW_MARBLE_REQUIRE_QUOTE is 1");
    }
    say_warn(log, "failed to get quote: %s. Proceeding in simulation mode", err->text);
    return true;
}

static bool make_id(struct attempt *a, struct err *err)
{
    uint8_t random[ACTIVATION_ID_LEN];

    if (!a->world->env->random(a->world->env->ctx, random, sizeof random, err))
        return false;
    hex_encode(&a->id, bytes_of(random, sizeof random));
    buf_add_u8(&a->id, '\0');
    return true;
}

static bool make_request(struct attempt *a, const char *uuid, struct err *err)
{
    auto_buf message = { 0 };
    const struct activation_request request = {
        .quote = buf_bytes(&a->quote),
        .csr = buf_bytes(&a->credentials.csr),
        .marble_type = bytes_of_string(a->config->marble_type),
        .uuid = bytes_of_string(uuid),
    };

    activation_request_encode(&request, &message);
    if (message.len > GRPC_MESSAGE_MAX)
        return err_set(err, FAIL_TOO_LARGE, "the request has %zu bytes, more than %d", message.len,
                       GRPC_MESSAGE_MAX);
    grpc_frame(buf_bytes(&message), &a->request);
    return true;
}

/* Steps 3 to 6 of marble-api.md, 6.2. */
static bool prepare(struct attempt *a, char uuid[static UUID_TEXT_LEN + 1], struct err *err)
{
    const struct marble_config *const config = a->config;
    const struct marble_log *const log = &a->world->log;
    const int64_t now = a->world->env->now_ms(a->world->env->ctx) / 1000;

    if (!marble_address_parse(config->coordinator_address, &a->address, err) ||
        !roots_load(a->world->env->files, config->coordinator_root, &a->roots, err))
        return false;
    say_info(log, "loading TLS Credentials");
    if (!marble_credentials_make(&config->names, now, &a->credentials, err) ||
        !marble_uuid_load(a->world, config->uuid_file, uuid, err))
        return false;
    say_info(log, "generating CSR");
    return marble_credentials_request(&config->names, &a->credentials, err) && get_quote(a, err) &&
           make_id(a, err) && make_request(a, uuid, err);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* One try. Its response's body is the answer's message. */
static void call(const struct attempt *a, struct exchange *exchange, struct answer *answer)
{
    const struct tls_client tls = {
        .cert = a->credentials.cert,
        .key = a->credentials.key,
        .alpn = BYTES_LITERAL(ALPN),
        .roots = (const struct cert *const *)a->roots.at,
        .root_count = a->roots.count,
    };
    const struct http_field fields[] = {
        { (char[]){ "content-type" }, (char[]){ "application/grpc" } },
        { (char[]){ "user-agent" }, (char[]){ "taw-marble/" TAW_VERSION } },
        { (char[]){ "te" }, (char[]){ "trailers" } },
        { (char[]){ "taw-activation" }, (char *)a->id.at },
    };
    const struct http_client_request request = {
        .method = "POST",
        .path = "/rpc.Marble/Activate",
        .authority = a->address.authority,
        .fields = fields,
        .field_count = COUNT_OF(fields),
        .body = buf_bytes(&a->request),
    };
    struct err err = { 0 };
    const int64_t start = monotonic_ms();
    auto_connection *connection =
        connection_open(&a->address, &tls, earlier(a->deadline, start + CONNECT_MS), &err);

    if (connection == NULL)
        answer_fail(answer, VERDICT_RETRY, GRPC_UNAVAILABLE, "%s", err.text);
    else if (connection_exchange(connection, &request,
                                 earlier(a->deadline, monotonic_ms() + ANSWER_MS), exchange, &err))
        answer_read(exchange->outcome, exchange->reset_code, &exchange->response, answer);
    else if (err.kind == FAIL_TOO_LARGE)
        answer_fail(answer, VERDICT_MALFORMED, GRPC_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED: %s",
                    err.text);
    else
        answer_fail(answer, VERDICT_RETRY, GRPC_UNAVAILABLE, "%s", err.text);
}

static void sleep_ms(int64_t milliseconds)
{
    const int64_t until = monotonic_ms() + milliseconds;

    for (int64_t left = milliseconds; left > 0; left = until - monotonic_ms())
        (void)poll(NULL, 0, (int)left);
}

/* Says what failed and waits for the next try; false when there is none. */
static bool may_retry(const struct attempt *a, unsigned failed, const struct answer *answer)
{
    uint32_t random = 0;
    int64_t pause = 0;
    struct err ignored;
    const int64_t left = a->deadline - monotonic_ms();
    /* Without chance the pauses are only less spread. */
    const bool by_chance =
        a->world->env->random(a->world->env->ctx, (uint8_t *)&random, sizeof random, &ignored);

    (void)by_chance;
    if (!backoff_next(failed, random, left, &pause))
        return false;
    say_warn(&a->world->log,
             "cannot reach the Coordinator at %s: %s; next try in %" PRId64 ".%" PRId64
             " s, giving up in %" PRId64 " s",
             a->config->coordinator_address, answer->err.text, pause / 1000, pause % 1000 / 100,
             left / 1000);
    sleep_ms(pause);
    return true;
}

static bool give_up(const struct attempt *a, unsigned tries, const struct answer *answer,
                    struct marble_failure *failure)
{
    failure->err = answer->err;
    switch (answer->verdict) {
    case VERDICT_REFUSED:
        failure->outcome = MARBLE_REFUSED;
        failure->status = answer->status;
        return err_in(&failure->err, "the Coordinator refused the activation");
    case VERDICT_RETRY:
        failure->outcome = MARBLE_UNREACHABLE;
        return err_in(&failure->err, "the Coordinator at %s was not reachable in %u %s",
                      a->config->coordinator_address, tries, tries == 1 ? "try" : "tries");
    case VERDICT_NONE:
    case VERDICT_ANSWERED:
    case VERDICT_MALFORMED:
        break;
    }
    failure->outcome = MARBLE_ANSWER;
    return err_in(&failure->err, "the Coordinator's answer");
}

static bool accept_answer(struct exchange *exchange, const struct answer *answer,
                          struct marble_activation *activation, struct marble_failure *failure)
{
    activation->body = exchange->response.body;
    exchange->response.body = (struct buf){ 0 };
    if (parameters_read(answer->message, &activation->arena, &activation->parameters,
                        &failure->err))
        return true;
    failure->outcome = MARBLE_ANSWER;
    return err_in(&failure->err, "the Coordinator's answer");
}

static bool call_until_answered(const struct attempt *a, struct marble_activation *activation,
                                struct marble_failure *failure)
{
    for (unsigned tries = 1;; tries++) {
        struct exchange exchange = { 0 };
        struct answer answer = { 0 };
        call(a, &exchange, &answer);
        const bool accepted = answer.verdict == VERDICT_ANSWERED &&
                              accept_answer(&exchange, &answer, activation, failure);
        http_response_clear(&exchange.response);
        if (answer.verdict == VERDICT_ANSWERED)
            return accepted;
        if (answer.verdict != VERDICT_RETRY || a->config->timeout_ms == 0 ||
            !may_retry(a, tries, &answer))
            return give_up(a, tries, &answer, failure);
    }
}

bool marble_activate(const struct marble_config *config, const struct marble_world *world,
                     struct marble_activation *activation, struct marble_failure *failure)
{
    struct attempt attempt = {
        .config = config,
        .world = world,
        .deadline = config->timeout_ms == 0 ? NO_DEADLINE : monotonic_ms() + config->timeout_ms,
    };
    const struct marble_log *const log = &world->log;

    *activation = (struct marble_activation){ 0 };
    *failure = (struct marble_failure){ 0 };
    bool done = prepare(&attempt, activation->uuid, &failure->err) || fail(failure, MARBLE_SETUP);
    if (done) {
        say_info(log, "activating marble of type %s", config->marble_type);
        roots_say(&attempt.roots, config->coordinator_root, log);
        done = call_until_answered(&attempt, activation, failure);
    }
    attempt_clear(&attempt);
    if (!done) {
        marble_activation_clear(activation);
        one_line(failure->err.text);
    }
    return done;
}

void marble_activation_clear(struct marble_activation *activation)
{
    arena_clear(&activation->arena);
    buf_clear(&activation->body);
    *activation = (struct marble_activation){ 0 };
}
