/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Marble makes of a Coordinator's answer, from the bytes under TLS to the program it would
 * start.
 *
 * The first byte says what follows: 'h' bytes of an HTTP/2 connection, in pieces of as many bytes
 * as the second byte says (0: all at once); 'b' a body with prefix whose trailers are well; 'm' an
 * ActivationResp; 't' a TTLS configuration.
 *
 * Whatever comes, there is a verdict and a sentence on one line; what is accepted can be given to a
 * process.
 */
#include "http/client.h"
#include "marble/answer.h"
#include "marble/parameters.h"
#include "marble/start.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool property)
{
    if (!property)
        __builtin_trap();
}

static bool has_nul(struct bytes text)
{
    return text.len > 0 && memchr(text.at, '\0', text.len) != NULL;
}

static void check_text(const struct err *err)
{
    require(err->kind != FAIL_NONE && err->text[0] != '\0');
    require(strpbrk(err->text, "\r\n\x1b") == NULL);
}

static void check_parameters(const struct marble_parameters *p)
{
    for (size_t i = 0; i < p->file_count; i++)
        require(p->files[i].name.len > 0 && !has_nul(p->files[i].name));
    for (size_t i = 0; i < p->env_count; i++) {
        const struct bytes name = p->env[i].name;
        require(name.len > 0 && !has_nul(name) && memchr(name.at, '=', name.len) == NULL);
        require(!has_nul(p->env[i].value));
    }
    for (size_t i = 0; i < p->argv_count; i++)
        require(!has_nul(p->argv[i]));
}

static void plan(const struct marble_parameters *p, enum libos libos, int argc)
{
    char name[] = "app";
    char *argv[] = { name };
    const struct start_request request = { libos, "/own", argc, argv, p };
    struct start_plan made = { 0 };
    struct err err = { 0 };

    if (start_plan_make(&request, &made, &err)) {
        size_t count = 0;
        while (made.argv[count] != NULL)
            count++;
        require(made.program != NULL && count > 0);
        require(p->argv_count == 0 || count == p->argv_count);
    } else {
        check_text(&err);
        require(p->argv_count == 0 && argc == 0);
    }
    start_plan_clear(&made);
}

static void feed_message(struct bytes message)
{
    const struct marble_log silent = { 0 };
    struct marble_parameters parameters;
    auto_arena arena = { 0 };
    struct err err = { 0 }, ttls = { 0 };

    if (!parameters_read(message, &arena, &parameters, &err)) {
        check_text(&err);
        return;
    }
    check_parameters(&parameters);
    const bool none = parameters_check_ttls(&parameters, LIBOS_GRAMINE, &silent, &ttls);
    const bool shown = parameters_check_ttls(&parameters, LIBOS_NONE, &silent, &ttls);
    require(!none || shown); /* nothing to refuse: nothing to be wrong */
    for (enum libos libos = LIBOS_NONE; libos <= LIBOS_OCCLUM; libos++) {
        plan(&parameters, libos, 0);
        plan(&parameters, libos, 1);
    }
}

static void judge(enum http_outcome outcome, uint32_t reset_code,
                  const struct http_response *response)
{
    struct answer answer;

    answer_read(outcome, reset_code, response, &answer);
    require(answer.verdict != VERDICT_NONE);
    if (answer.verdict == VERDICT_ANSWERED) {
        require(answer.message.len + GRPC_PREFIX_LEN == response->body.len);
        feed_message(answer.message);
        return;
    }
    require(answer.status != GRPC_OK || answer.verdict == VERDICT_MALFORMED);
    check_text(&answer.err);
}

static void feed_connection(struct bytes in, size_t step)
{
    static const struct http_limits limits = { 4096, 20, 65536, 1 };
    static const struct http_client_request request = {
        .method = "POST", .path = "/", .authority = "a", .body = { (const uint8_t *)"x", 1 }
    };
    auto_http_client *client = http_client_new(&limits);
    struct http_response response = { 0 };
    uint32_t reset_code = 0;
    struct err err = { 0 };
    bool open = http_client_send(client, &request, &err);
    enum http_outcome outcome = HTTP_WAITING;

    while (open && outcome == HTTP_WAITING && in.len > 0) {
        const size_t len = step == 0 || step > in.len ? in.len : step;
        auto_buf out = { 0 };
        http_client_drain(client, &out, 65536);
        open = http_client_feed(client, bytes_of(in.at, len), &err);
        in = bytes_of(in.at + len, in.len - len);
        outcome = http_client_take(client, &response, &reset_code);
    }
    if (outcome != HTTP_WAITING)
        judge(outcome, reset_code, &response);
    else if (!open)
        check_text(&err);
    http_response_clear(&response);
}

static void feed_body(struct bytes body)
{
    struct http_response response = { .status = 200 };

    http_response_add_field(&response, "content-type", "application/grpc");
    http_response_add_trailer(&response, "grpc-status", "0");
    buf_add(&response.body, body);
    judge(HTTP_ANSWERED, 0, &response);
    http_response_clear(&response);
}

static void feed_ttls(struct bytes text)
{
    const struct marble_parameter variable = { BYTES_LITERAL("MARBLE_TTLS_CONFIG"), text };
    const struct marble_parameters parameters = { .env_count = 1, .env = &variable };
    const struct marble_log silent = { 0 };
    struct err err = { 0 };

    if (!parameters_check_ttls(&parameters, LIBOS_NONE, &silent, &err))
        check_text(&err);
    require(!parameters_check_ttls(&parameters, LIBOS_OCCLUM, &silent, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct bytes rest = bytes_of(data + 1, size - 1);
    if (data[0] == 'h')
        feed_connection(bytes_of(data + 2, size - 2), data[1]);
    else if (data[0] == 'b')
        feed_body(rest);
    else if (data[0] == 'm')
        feed_message(rest);
    else if (data[0] == 't')
        feed_ttls(rest);
    return 0;
}
