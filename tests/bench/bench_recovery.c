/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the last share that a holder sends to a Coordinator that runs: 3 holders, 2 needed, 1 MB of
 * state, over HTTP.
 *
 *     bench_recovery TAWD DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/key.h"
#include "daemon.h"
#include "figures.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOLDERS = 3, KEY_BITS = 3072, RECOVERIES = 10 };

#define STATE "recovery"

struct holder {
    const char *name;
    struct key *key;
    struct buf upload; /* what this holder sends */
};

/* "RecoveryKeys":{"anna":"-----BEGIN PUBLIC KEY...",...},"Config":{"RecoveryThreshold":2}, */
static void put_recovery_members(struct buf *out, const struct holder *holders)
{
    struct err err = { 0 };

    buf_add_string(out, "\"RecoveryKeys\":{");
    for (size_t i = 0; i < HOLDERS; i++) {
        auto_buf der = { 0 }, pem = { 0 };
        if (!key_public_der(holders[i].key, &der, &err))
            die_of("recovery key", &err);
        pem_encode(&pem, "PUBLIC KEY", buf_bytes(&der));
        json_put_name(out, holders[i].name);
        json_put_string(out, buf_bytes(&pem));
    }
    buf_add_string(out, "},\"Config\":{\"RecoveryThreshold\":2},");
}

/* Decrypts what the reply to the manifest has for this holder, and signs it. */
static void make_upload(const struct json *secrets, struct holder *holder)
{
    auto_buf encrypted = { 0 }, secret = { 0 }, signature = { 0 };
    struct err err = { 0 };
    bool present = false;
    const struct json *const value = json_member(secrets, holder->name);

    if (value == NULL || !json_get_octets(value, &encrypted, &present, &err) ||
        !key_oaep_decrypt(holder->key, buf_bytes(&encrypted), &secret, &err) ||
        !key_sign_sha256(holder->key, buf_bytes(&secret), &signature, &err))
        die_of("recovery secret", &err);
    buf_add_u8(&holder->upload, '{');
    json_put_name(&holder->upload, "recoverySecret");
    json_put_octets(&holder->upload, buf_bytes(&secret));
    json_put_name(&holder->upload, "recoverySecretSignature");
    json_put_octets(&holder->upload, buf_bytes(&signature));
    buf_add_u8(&holder->upload, '}');
}

static void make_uploads(struct bytes reply, struct holder *holders)
{
    auto_arena arena = { 0 };
    struct err err = { 0 };
    const struct json *const root = json_parse(reply, JSON_TRAILING_IGNORED, &arena, &err);
    const struct json *const data = root == NULL ? NULL : json_member(root, "data");
    const struct json *const secrets = data == NULL ? NULL : json_member(data, "RecoverySecrets");

    if (secrets == NULL)
        die("the reply to the manifest has no recovery secrets");
    for (size_t i = 0; i < HOLDERS; i++)
        make_upload(secrets, &holders[i]);
}

static void make_state(const struct surroundings *s, struct holder *holders)
{
    auto_buf members = { 0 };
    struct err err = { 0 };

    for (size_t i = 0; i < HOLDERS; i++) {
        holders[i].key = key_generate(KEY_RSA, KEY_BITS, &err);
        if (holders[i].key == NULL)
            die_of("recovery key", &err);
    }
    put_recovery_members(&members, holders);
    buf_add_u8(&members, '\0');
    auto_buf reply = { 0 };
    daemon_make_state(s, STATE, "recovery.key", SECRETS_1_MB, (const char *)members.at, &reply);
    make_uploads(buf_bytes(&reply), holders);
}

static void send_share(struct client *client, const struct holder *holder)
{
    struct bytes body;

    if (client_post(client, "/api/v2/recover", buf_bytes(&holder->upload), &body) != 200)
        die("share refused: %.*s", BYTES_FMT(body));
}

/* Each time on a machine that has never seen the state; the one before cannot open it any more. */
static double time_recovery_ms(const struct surroundings *s, const struct holder *holders,
                               const char *machine)
{
    struct daemon daemon;
    struct client client;

    daemon_start(s, STATE, machine, &daemon);
    if (daemon_first_answer(s, &daemon, &client) != PHASE_RECOVERY)
        die("the state opens without recovery");
    send_share(&client, &holders[0]);
    const double begin = now_us();
    send_share(&client, &holders[1]);
    if (client_status(&client) != PHASE_RUNNING)
        die("the state is not recovered");
    const double took = now_us() - begin;
    client_close(&client);
    daemon_stop(&daemon);
    return took / 1000;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage: bench_recovery TAWD DIRECTORY");
    const struct surroundings s = { argv[1], argv[2], client_context() };
    struct holder holders[HOLDERS] = { { .name = "anna" }, { .name = "ben" }, { .name = "cleo" } };
    struct samples ms = { 0 };

    make_state(&s, holders);
    for (int i = 0; i < RECOVERIES; i++) {
        auto_string *machine = mem_printf("recovery-%d.key", i);
        samples_add(&ms, time_recovery_ms(&s, holders, machine));
    }
    auto_string *figure = mem_printf("%.1f ms, %.1f ms", samples_median(&ms), samples_least(&ms));
    print_row("recovery of a 1 MB state: last of two shares to status 3 (median of 10, least)",
              figure);
    for (size_t i = 0; i < HOLDERS; i++) {
        key_free(holders[i].key);
        buf_clear(&holders[i].upload);
    }
    SSL_CTX_free(s.context);
    return 0;
}
