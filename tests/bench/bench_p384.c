/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the accelerator for P-384 saves: processor time of single operations and of what a
 * Coordinator does with them, with it and with libcrypto alone.
 *
 *     bench_p384
 *
 * Two processes take turns, because a process that is accelerated stays so. Prints rows of the table
 * in docs/benchmarks.md.
 */
#include "figures.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/csr.h"
#include "crypto/p384_accel.h"
#include "crypto/tls.h"

enum { TURNS = 7, NOW = 1800000000 };
static const double TURN_US = 100e3; /* of processor time */

/* What the operations work on; made anew in each of the two processes. */
struct materials {
    struct key *root_key, *marble_key;
    struct cert *root, *marble;
    struct tls_identity *identity;
    struct buf signature, request;
};

/* The processor time of what counts in one operation. */
typedef double operation(const struct materials *m);

static double processor_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct materials materials_new(void)
{
    struct err err = { 0 };
    struct materials m = { 0 };
    const struct cert_template t = { 0 };
    const struct text_list none = { 0 };

    m.root_key = key_generate(KEY_ECDSA, 384, &err);
    m.marble_key = key_generate(KEY_ECDSA, 384, &err);
    if (m.root_key == NULL || m.marble_key == NULL)
        die_of("keys", &err);
    m.root = cert_issue(&t, m.root_key, NULL, m.root_key, NOW, &err);
    m.marble = cert_issue(&t, m.marble_key, NULL, m.marble_key, NOW, &err);
    if (m.root == NULL || m.marble == NULL)
        die_of("certificates", &err);
    m.identity = tls_identity_new(m.root, m.root_key, BYTES_LITERAL("\2h2"), TLS_DEMAND_ALPN, &err);
    if (m.identity == NULL || !csr_make(m.marble_key, &none, &none, &m.request, &err) ||
        !key_sign_sha256(m.root_key, BYTES_LITERAL("a"), &m.signature, &err))
        die_of("materials", &err);
    return m;
}

/* ---- operations ---- */

static double generate(const struct materials *m)
{
    struct err err = { 0 };
    const double before = processor_us();
    auto_key *key = key_generate(KEY_ECDSA, 384, &err);

    (void)m;
    if (key == NULL)
        die_of("generating", &err);
    return processor_us() - before;
}

static double sign(const struct materials *m)
{
    struct err err = { 0 };
    auto_buf signature = { 0 };
    const double before = processor_us();

    if (!key_sign_sha256(m->root_key, BYTES_LITERAL("a"), &signature, &err))
        die_of("signing", &err);
    return processor_us() - before;
}

static double verify(const struct materials *m)
{
    struct err err = { 0 };
    const double before = processor_us();

    if (!key_verify_sha256(m->root_key, BYTES_LITERAL("a"), buf_bytes(&m->signature), &err))
        die_of("verifying", &err);
    return processor_us() - before;
}

static double issue(const struct materials *m)
{
    struct err err = { 0 };
    const struct cert_template t = { 0 };
    const double before = processor_us();
    auto_cert *cert = cert_issue(&t, m->marble_key, m->root, m->root_key, NOW, &err);

    if (cert == NULL)
        die_of("issuing", &err);
    return processor_us() - before;
}

/* Hands over what one side has ready; whether it was anything. The time counts for the server only. */
static bool carry(struct tls_session *from, struct tls_session *to, double *spent)
{
    struct err err = { 0 };
    auto_buf bytes = { 0 };
    const double before = processor_us();

    if (!tls_drain(from, &bytes, &err) || (bytes.len > 0 && !tls_feed(to, buf_bytes(&bytes), &err)))
        die_of("handshake", &err);
    *spent += processor_us() - before;
    return bytes.len > 0;
}

/* A handshake of TLS 1.3 with X25519, certificates on both sides: the time of the server. */
static double shake_hands(const struct materials *m)
{
    struct err err = { 0 };
    double server_us = 0, client_us = 0;
    const struct tls_client client_is = {
        .cert = m->marble, .key = m->marble_key, .alpn = BYTES_LITERAL("\2h2"), .server_name = ""
    };
    auto_tls_session *client = tls_connect(&client_is, &err);
    const double before = processor_us();
    auto_tls_session *server = tls_accept(m->identity, &err);

    server_us += processor_us() - before;
    if (client == NULL || server == NULL)
        die_of("sessions", &err);
    while (carry(client, server, &server_us) || carry(server, client, &client_us))
        continue;
    if (!tls_established(server) || tls_peer_leaf(server).len == 0)
        die("the handshake did not end");
    return server_us;
}

/* The cryptography of an activation: handshake, request, a key and a certificate; no quote, no manifest. */
static double activate(const struct materials *m)
{
    struct err err = { 0 };
    struct cert_template t = { 0 };
    auto_arena arena = { 0 };
    const double handshake_us = shake_hands(m);
    const double before = processor_us();

    if (!csr_read(buf_bytes(&m->request), &arena, &t, &err))
        die_of("request", &err);
    return handshake_us + processor_us() - before + generate(m) + issue(m);
}

static const struct {
    const char *what;
    operation *run;
} operations[] = {
    { "P-384 keys made", generate },
    { "P-384 signatures made", sign },
    { "P-384 signatures verified", verify },
    { "P-384 certificates issued", issue },
    { "TLS 1.3 handshakes, P-384 certificates on both sides, server's side", shake_hands },
    { "cryptography of an activation: handshake, request, key, certificate", activate },
};

/* ---- two processes ---- */

struct worker {
    int order, answer; /* numbers of operations go in, operations per second come out */
};

static double measure(const struct materials *m, operation *run)
{
    double spent = 0, count = 0;

    while (spent < TURN_US) {
        spent += run(m);
        count++;
    }
    return count / spent * 1e6;
}

static _Noreturn void work(int order, int answer, bool accelerated)
{
    struct err err = { 0 };
    size_t number;

    if (accelerated && !p384_accelerate(&err))
        die_of("accelerating", &err);
    const struct materials m = materials_new();
    while (read(order, &number, sizeof number) == sizeof number) {
        const double per_second = measure(&m, operations[number].run);
        if (write(answer, &per_second, sizeof per_second) != sizeof per_second)
            break;
    }
    _exit(0);
}

static struct worker worker_start(bool accelerated)
{
    int order[2], answer[2];

    if (pipe(order) != 0 || pipe(answer) != 0)
        die("no pipes");
    const pid_t pid = fork();
    if (pid < 0)
        die("no second process");
    if (pid == 0) {
        (void)close(order[1]);
        work(order[0], answer[1], accelerated);
    }
    (void)close(order[0]);
    (void)close(answer[1]);
    return (struct worker){ order[1], answer[0] };
}

static double ask(struct worker w, size_t number)
{
    double per_second = 0;

    if (write(w.order, &number, sizeof number) != sizeof number ||
        read(w.answer, &per_second, sizeof per_second) != sizeof per_second)
        die("a process that measures has ended");
    return per_second;
}

int main(void)
{
    if (strcmp(p384_accelerator_name(), "none") == 0) {
        print_row("accelerator for P-384", p384_accelerator_name());
        return 0;
    }
    const struct worker plain = worker_start(false);
    const struct worker accelerated = worker_start(true);

    for (size_t i = 0; i < COUNT_OF(operations); i++) {
        struct samples without = { 0 }, with = { 0 };
        for (int turn = 0; turn < TURNS; turn++) {
            samples_add(&without, ask(plain, i));
            samples_add(&with, ask(accelerated, i));
        }
        const double most = samples_most(&with), least = samples_most(&without);
        auto_string *what = mem_printf("%s, per second: libcrypto, with %s", operations[i].what,
                                       p384_accelerator_name());
        auto_string *figure = mem_printf("%.0f, %.0f (%.1f ×)", least, most, most / least);
        print_row(what, figure);
    }
    (void)close(plain.order);
    (void)close(accelerated.order);
    while (wait(NULL) > 0)
        continue;
    return 0;
}
