/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processor time of the server for the requests that clients repeat: secrets and the manifest, over kept HTTPS
 * connections, compared with the smallest request there is.
 *
 *     bench_api TAWD DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "cores.h"
#include "daemon.h"
#include "figures.h"

#include "codec/json.h"
#include "codec/text.h"
#include "crypto/cert.h"

#include <time.h>

enum {
    TURNS = 20,
    REQUESTS = 2000,
    LARGE_REQUESTS = 50,
    SMALL_BYTES = 5000,
    LARGE_BYTES = 1000000
};

#define GET(target) BYTES_LITERAL("GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n")

/* A context that shows the certificate of a new user, which is appended as PEM. */
static SSL_CTX *make_user(struct buf *pem)
{
    const struct cert_template template = { 0 };
    SSL_CTX *const context = client_context();
    struct err err = { 0 };
    auto_buf private = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    auto_cert *cert = key == NULL ? NULL : cert_issue(&template, key, NULL, key, time(NULL), &err);

    if (cert == NULL || !key_private_pkcs8(key, &private, &err))
        die_of("user", &err);
    const struct bytes der = cert_der(cert);
    if (SSL_CTX_use_certificate_ASN1(context, (int)der.len, der.at) != 1 ||
        SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context, private.at, (long)private.len) != 1)
        die("libssl does not take the user's certificate");
    pem_encode(pem, "CERTIFICATE", der);
    return context;
}

/* Members of the manifest: a user who may read secret s00000, and white space of the wanted size. */
static void put_members(struct buf *out, const struct buf *pem, size_t bytes)
{
    buf_add_string(out, "\"Users\":{\"u\":{\"Certificate\":");
    json_put_string(out, buf_bytes(pem));
    buf_add_string(out, ",\"Roles\":[\"r\"]}},\"Roles\":{\"r\":{\"ResourceType\":\"Secrets\","
                        "\"ResourceNames\":[\"s00000\"],\"Actions\":[\"ReadSecret\"]}},");
    while (out->len < bytes)
        buf_add_u8(out, ' ');
}

/* A Coordinator, and a connection of its user. */
struct side {
    struct daemon daemon;
    SSL_CTX *user;
    struct client client;
};

static void side_begin(const struct surroundings *s, const char *state, size_t bytes,
                       struct side *side)
{
    auto_buf pem = { 0 }, members = { 0 };

    side->user = make_user(&pem);
    put_members(&members, &pem, bytes);
    auto_string *text = bytes_to_string(buf_bytes(&members));
    daemon_make_state(s, state, "api.key", SECRETS_5_KB, text, NULL);
    daemon_run(s, state, "api.key", &side->daemon);
    client_open(side->user, side->daemon.port, &side->client);
}

static void side_end(struct side *side)
{
    client_close(&side->client);
    daemon_stop(&side->daemon);
    SSL_CTX_free(side->user);
}

/* Microseconds of the server for one such request. */
static double time_us(struct side *side, struct bytes request, int count)
{
    const double before = daemon_cpu_us(&side->daemon);
    struct bytes body;

    for (int i = 0; i < count; i++) {
        if (client_request(&side->client, request, &body) != 200)
            die("%.*s: %.*s", BYTES_FMT(request), BYTES_FMT(body));
    }
    return (daemon_cpu_us(&side->daemon) - before) / (double)count;
}

static void print(const char *what, const struct samples *samples, const struct samples *status)
{
    auto_string *row =
        mem_printf("processor time for %s on a kept connection, client on the same core", what);
    auto_string *figure = mem_printf("%.1f µs (%.2f × a status request)", samples_least(samples),
                                     samples_least(samples) / samples_least(status));

    print_row(row, figure);
}

int main(int argc, char **argv)
{
    struct samples status = { 0 }, secret = { 0 }, small_manifest = { 0 }, large_manifest = { 0 };
    struct side small, large;

    if (argc != 3)
        die("usage: bench_api TAWD DIRECTORY");
    const struct surroundings s = { argv[1], argv[2], client_context() };
    const cpu_set_t all = cores_all(), one = cores_first(&all, 1);
    cores_use(&one);
    side_begin(&s, "api-small", SMALL_BYTES, &small);
    side_begin(&s, "api-large", LARGE_BYTES, &large);
    for (int i = 0; i < TURNS; i++) {
        samples_add(&status, time_us(&small, GET("/api/v2/status"), REQUESTS));
        samples_add(&secret, time_us(&small, GET("/api/v2/secrets?s=s00000"), REQUESTS));
        samples_add(&small_manifest, time_us(&small, GET("/api/v2/manifest"), REQUESTS));
        samples_add(&large_manifest, time_us(&large, GET("/api/v2/manifest"), LARGE_REQUESTS));
    }
    side_end(&small);
    side_end(&large);
    SSL_CTX_free(s.context);
    print("GET secrets, one shared secret,", &secret, &status);
    print("GET manifest of 5 kB", &small_manifest, &status);
    print("GET manifest of 1 MB", &large_manifest, &status);
    return 0;
}
