/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An update of a package in a deployment with many shared certificates, all of which get a new key and a new
 * certificate: until it is durable.
 *
 *     bench_update DIRECTORY
 *
 * DIRECTORY is there and on a real disk. Prints rows of the table in docs/benchmarks.md.
 */
#include "codec/json.h"
#include "core/update.h"
#include "crypto/hash.h"
#include "figures.h"

#include <stdio.h>

enum { CERTIFICATES = 200, UPDATES = 15 };

static bool no_quote(void *ctx, const uint8_t report_data[static 64], struct buf *quote,
                     struct err *err)
{
    (void)ctx, (void)report_data, (void)quote, (void)err;
    return true;
}

static const char *no_variable(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

/* Of one who may raise the package. */
static struct cert *user_certificate(void)
{
    const struct cert_template t = { .subject.common_name = BYTES_LITERAL("user") };
    struct err err = { 0 };
    auto_key *key = key_generate(KEY_ECDSA, 256, &err);
    struct cert *const cert =
        key == NULL ? NULL : cert_issue(&t, key, NULL, key, env_now_ms(NULL) / 1000, &err);

    if (cert == NULL)
        die_of("certificate of the user", &err);
    return cert;
}

static void put_manifest(struct buf *out, const struct cert *user)
{
    auto_buf pem = { 0 };

    cert_pem(user, &pem);
    buf_add_string(out, "{\"Packages\":{\"p\":{\"SecurityVersion\":1,\"ProductID\":1,\"SignerID\":"
                        "\"00\"}},\"Marbles\":{\"m\":{\"Package\":\"p\"}},\"Roles\":{\"r\":{"
                        "\"ResourceType\":\"Packages\",\"ResourceNames\":[\"p\"],\"Actions\":["
                        "\"UpdateSecurityVersion\"]}},\"Users\":{\"user\":{\"Certificate\":");
    json_put_string(out, buf_bytes(&pem));
    buf_add_string(out, ",\"Roles\":[\"r\"]}},\"Secrets\":{");
    for (unsigned i = 0; i < CERTIFICATES; i++) {
        json_put_comma(out);
        buf_add_format(out, "\"s%u\":{\"Type\":\"cert-ecdsa\",\"Size\":256,\"Shared\":true}", i);
    }
    buf_add_string(out, "}}");
}

static struct core *core_with_certificates(const struct env *env, struct sealing *sealing,
                                           const char *directory, const struct cert *user)
{
    const struct bytes name = BYTES_LITERAL("localhost");
    const struct core_config config = {
        .env = env,
        .seal_directory = directory,
        .sealing = sealing,
        .names = &name,
        .name_count = 1,
        .variable = no_variable,
    };
    auto_buf manifest = { 0 };
    struct manifest_reply reply = { 0 };
    struct err err = { 0 };
    struct core *const core = core_open(&config, &err);

    put_manifest(&manifest, user);
    if (core == NULL || !core_set_manifest(core, buf_bytes(&manifest), &reply, &err))
        die_of("making a state", &err);
    manifest_reply_clear(&reply);
    return core;
}

static double processor_us(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void raise_package(struct core *core, const struct cert *user, unsigned version)
{
    auto_snapshot *now = core_snapshot(core);
    auto_string *text = mem_printf("{\"Packages\":{\"p\":{\"SecurityVersion\":%u}}}", version);
    auto_update_result result = { 0 };
    struct err err = { 0 };

    if (!core_update(core, now, deployment_user(now->deployment, cert_der(user)),
                     bytes_of_string(text), &result, &err))
        die_of("update", &err);
}

static void print_ms(const char *what, const struct samples *us)
{
    auto_string *name =
        mem_printf("update of a package with %d shared certificates: %s", CERTIFICATES, what);
    auto_string *figure = mem_printf("%.0f ms (%.0f to %.0f)", samples_median(us) / 1e3,
                                     samples_least(us) / 1e3, samples_most(us) / 1e3);

    print_row(name, figure);
}

int main(int argc, char **argv)
{
    struct log log = { 0 };
    const struct env env = { .now_ms = env_now_ms,
                             .random = env_random,
                             .issue_quote = no_quote,
                             .files = &files_posix,
                             .log = &log };
    struct samples wall = { 0 }, processor = { 0 };
    struct err err = { 0 };

    if (argc != 2)
        die("usage: bench_update DIRECTORY");
    auto_string *directory = mem_printf("%s/update", argv[1]);
    auto_string *machine = mem_printf("%s/update.key", argv[1]);
    struct sealing *const sealing = sealing_open_file(&env, machine, &err);
    if (sealing == NULL)
        die_of("platform key", &err);
    auto_cert *user = user_certificate();
    struct core *const core = core_with_certificates(&env, sealing, directory, user);
    for (unsigned i = 0; i < UPDATES; i++) {
        const double begin = now_us(), processor_begin = processor_us();
        raise_package(core, user, i + 2);
        samples_add(&wall, now_us() - begin);
        samples_add(&processor, processor_us() - processor_begin);
    }
    core_free(core);
    sealing_free(sealing);
    print_ms("time", &wall);
    print_ms("processor time", &processor);
    return 0;
}
