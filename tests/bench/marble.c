/* SPDX-License-Identifier: Apache-2.0 */
#include "marble.h"

#include "figures.h"

#include "codec/text.h"
#include "crypto/csr.h"
#include "grpc/grpc.h"
#include "grpc/marble_messages.h"
#include "http/client.h"

#include <string.h>
#include <time.h>

enum { PIECE = 16384 };

static void make_body(const char *type, const char *uuid, struct key *key, struct buf *body)
{
    struct bytes name = BYTES_LITERAL("localhost");
    const struct text_list names = { .present = true, .count = 1, .at = &name }, none = { 0 };
    auto_buf csr = { 0 }, message = { 0 };
    struct err err = { 0 };

    if (!csr_make(key, &names, &none, &csr, &err))
        die_of("CSR", &err);
    const struct activation_request request = { .csr = buf_bytes(&csr),
                                                .marble_type = bytes_of_string(type),
                                                .uuid = bytes_of_string(uuid) };
    activation_request_encode(&request, &message);
    grpc_frame(buf_bytes(&message), body);
}

static void show(SSL_CTX *context, const struct cert *cert, const struct key *key)
{
    const struct bytes der = cert_der(cert);
    auto_buf private = { 0 };
    struct err err = { 0 };

    if (!key_private_pkcs8(key, &private, &err))
        die_of("key", &err);
    if (SSL_CTX_use_certificate_ASN1(context, (int)der.len, der.at) != 1 ||
        SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context, private.at, (long)private.len) != 1 ||
        SSL_CTX_set_alpn_protos(context, (const uint8_t *)"\2h2", 3) != 0)
        die("libssl does not take the Marble's certificate");
}

void marble_make(const char *type, const char *uuid, struct marble *marble)
{
    const struct cert_template template = { 0 };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 384, &err);

    if (key == NULL)
        die_of("key", &err);
    auto_cert *cert = cert_issue(&template, key, NULL, key, time(NULL), &err);
    if (cert == NULL)
        die_of("certificate", &err);
    *marble = (struct marble){ .context = client_context() };
    show(marble->context, cert, key);
    make_body(type, uuid, key, &marble->body);
}

void marble_clear(struct marble *marble)
{
    SSL_CTX_free(marble->context);
    buf_clear(&marble->body);
}

static void send_ready(struct client *client, struct http_client *http)
{
    auto_buf out = { 0 };
    size_t written = 0;

    http_client_drain(http, &out, PIECE);
    if (out.len > 0 && SSL_write_ex(client->ssl, out.at, out.len, &written) != 1)
        die("a call cannot be sent");
}

static void receive_some(struct client *client, struct http_client *http)
{
    uint8_t piece[PIECE];
    struct err err = { 0 };
    size_t got = 0;

    if (SSL_read_ex(client->ssl, piece, sizeof piece, &got) != 1)
        die("the connection ends inside a call");
    if (!http_client_feed(http, bytes_of(piece, got), &err))
        die_of("answer", &err);
}

static void check(const struct http_response *response)
{
    const char *const failure =
        http_field_value(response->fields, response->field_count, "grpc-message");
    const char *const status =
        http_field_value(response->trailers, response->trailer_count, "grpc-status");

    if (status == NULL || strcmp(status, "0") != 0)
        die("not activated: %s", failure == NULL ? "no status" : failure);
}

/* Connects, calls, and closes. */
static void call(const struct marble *marble, uint16_t port, struct http_response *response)
{
    const struct http_limits limits = {
        .header_bytes = 65536, .header_count = 100, .body_bytes = 2 * GRPC_MESSAGE_MAX, .streams = 1
    };
    struct http_field fields[] = { { "content-type", "application/grpc" }, { "te", "trailers" } };
    const struct http_client_request request = { .method = "POST",
                                                 .path = "/rpc.Marble/Activate",
                                                 .authority = "localhost",
                                                 .fields = fields,
                                                 .field_count = COUNT_OF(fields),
                                                 .body = buf_bytes(&marble->body) };
    auto_http_client *http = http_client_new(&limits);
    struct client client;
    struct err err = { 0 };
    uint32_t reset_code = 0;
    enum http_outcome outcome = HTTP_WAITING;

    client_open(marble->context, port, &client);
    if (!http_client_send(http, &request, &err))
        die_of("call", &err);
    while (outcome == HTTP_WAITING) {
        send_ready(&client, http);
        receive_some(&client, http);
        outcome = http_client_take(http, response, &reset_code);
    }
    if (outcome == HTTP_RESET)
        die("the call is reset with code %u", (unsigned)reset_code);
    check(response);
    http_client_shutdown(http);
    send_ready(&client, http);
    client_close(&client);
}

void marble_activate(const struct marble *marble, uint16_t port)
{
    struct http_response response = { 0 };

    call(marble, port, &response);
    http_response_clear(&response);
}

/* The DER of the first block of a variable in PEM. */
static void read_variable(const struct marble_parameters *got, const char *name,
                          struct pem_block *block)
{
    struct bytes text = BYTES_NONE;

    for (size_t i = 0; i < got->env_count; i++) {
        if (bytes_equal_string(got->env[i].name, name))
            text = got->env[i].value;
    }
    if (!pem_next(&text, block))
        die("the Marble gets no %s", name);
}

void marble_join(const struct marble *marble, uint16_t port, SSL_CTX *context)
{
    struct http_response response = { 0 };
    auto_arena arena = { 0 };
    auto_pem_block cert = { 0 }, key = { 0 };
    struct marble_parameters got;
    struct bytes message;
    enum grpc_status status;
    struct err err = { 0 };

    call(marble, port, &response);
    if (!grpc_unframe(buf_bytes(&response.body), &message, &status, &err) ||
        !activation_response_decode(message, &arena, &got, &err))
        die_of("activation", &err);
    read_variable(&got, "MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN", &cert);
    read_variable(&got, "MARBLE_PREDEFINED_PRIVATE_KEY", &key);
    if (SSL_CTX_use_certificate_ASN1(context, (int)cert.der.len, cert.der.at) != 1 ||
        SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context, key.der.at, (long)key.der.len) != 1)
        die("libssl does not take what the Marble got");
    http_response_clear(&response);
}
