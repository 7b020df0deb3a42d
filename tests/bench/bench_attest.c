/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast evidence is verified on one core, and how much of it is anything but the signatures that the procedure has
 * to check.
 *
 *     bench_attest VECTORS
 *
 * VECTORS is a directory of vectors (evidence, collateral, expected.json). The time of the bare signature checks is measured in
 * turns with the rest. Prints rows of the table in docs/benchmarks.md.
 */
#include "figures.h"

#include <stdio.h>
#include <time.h>

#include "attestation/verify.h"
#include "base/files.h"
#include "codec/json.h"
#include "crypto/cert_chain.h"
#include "crypto/p384_accel.h"

enum { TURNS = 7, FILE_MAX = 8 << 20 };
static const double TURN_US = 100e3; /* of processor time */

/* How many signatures of each kind have to be checked. */
struct checks {
    unsigned p256, p384, rsa;
};

/*
 * Intel: QE report and quote; with a platform that was not seen before also the leaf of the PCK chain; with a bundle that was not
 * read before also root, intermediate CA, signing certificate, two CRLs, TCB info, QE identity. AMD: the report; with
 * the bundle, of which the platform's certificate is a part, also ARK, ASK, VCEK.
 */
static const struct kind {
    const char *what, *vector, *evidence;
    struct checks known, warm, cold;
} kinds[] = {
    { "SGX quotes, version 3", "sgx3-processor-2025", "quote.bin", { 2 }, { 3 }, { 10 } },
    { "TDX quotes, version 4", "tdx4-b0c06f-uptodate", "quote.bin", { 2 }, { 3 }, { 10 } },
    { "SEV-SNP reports", "snp3-milan-vcek", "report.bin", { 0 }, { 0, 1 }, { 0, 1, 3 } },
};

struct vector {
    struct buf evidence, bundle;
    int64_t now;
    struct collateral *collateral, *unused;
};

static double processor_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct buf read_part(const char *vectors, const char *vector, const char *file)
{
    auto_string *path = mem_printf("%s/%s/%s", vectors, vector, file);
    struct buf data = { 0 };
    struct err err = { 0 };

    if (!file_read(&files_posix, path, FILE_MAX, &data, &err))
        die_of("vectors", &err);
    return data;
}

static struct collateral *parse_collateral(const struct vector *v)
{
    struct err err = { 0 };
    struct collateral *const collateral =
        collateral_parse(buf_bytes(&v->bundle), &trust_anchors_builtin, &err);

    if (collateral == NULL)
        die_of("collateral", &err);
    return collateral;
}

static struct vector vector_read(const char *vectors, const struct kind *kind)
{
    auto_buf expected = read_part(vectors, kind->vector, "expected.json");
    auto_arena arena = { 0 };
    struct err err = { 0 };
    struct vector v = { .evidence = read_part(vectors, kind->vector, kind->evidence),
                        .bundle = read_part(vectors, kind->vector, "collateral.json") };
    const struct json *const top =
        json_parse(buf_bytes(&expected), JSON_TRAILING_REFUSED, &arena, &err);
    const struct json *const now = top == NULL ? NULL : json_member(top, "verify_time_unix");

    if (now == NULL || !json_get_int(now, &v.now, &err))
        die("%s: expected.json has no time", kind->vector);
    v.collateral = parse_collateral(&v);
    return v;
}

/* ---- what is measured ---- */

static void verify_with(const struct vector *v, const struct collateral *collateral)
{
    auto_arena arena = { 0 };
    struct verdict verdict;

    if (!evidence_verify(buf_bytes(&v->evidence), collateral, &trust_anchors_builtin, v->now,
                         &arena, &verdict))
        die("not valid: %.*s", BYTES_FMT(verdict.detail));
}

static void verify_known(void *arg)
{
    const struct vector *const v = arg;

    verify_with(v, v->collateral);
}

static void verify_cold(void *arg)
{
    const struct vector *const v = arg;
    auto_collateral *collateral = parse_collateral(v);

    verify_with(v, collateral);
}

/* Collateral that has seen no platform; not a part of what is measured. */
static void read_again(void *arg)
{
    struct vector *const v = arg;

    collateral_free(v->unused);
    v->unused = parse_collateral(v);
}

static void verify_warm(void *arg)
{
    const struct vector *const v = arg;

    verify_with(v, v->unused);
}

/* One signature over as many bytes as a QE report has, with its key ready. */
struct signature {
    struct key *key;
    struct buf der;
    struct cert *root; /* RSA: an ARK */
};
static const uint8_t message[384];

static void check_on_curve(void *arg)
{
    const struct signature *const s = arg;
    struct err err = { 0 };

    if (!key_verify_sha256(s->key, bytes_of(message, sizeof message), buf_bytes(&s->der), &err))
        die_of("signature", &err);
}

static void check_rsa(void *arg)
{
    const struct signature *const s = arg;
    struct err err = { 0 };

    if (!cert_is_signed_by(s->root, s->root, SIGNATURE_PSS_SHA384, &err))
        die_of("signature of the ARK", &err);
}

static struct signature sign(unsigned bits)
{
    struct signature s = { 0 };
    struct err err = { 0 };

    s.key = key_generate(KEY_ECDSA, bits, &err);
    if (s.key == NULL || !key_sign_sha256(s.key, bytes_of(message, sizeof message), &s.der, &err))
        die_of("signing", &err);
    return s;
}

static struct signature read_root(const char *vectors)
{
    auto_buf pem = read_part(vectors, "snp3-milan-vcek", "parts/ark.pem");
    struct signature s = { 0 };
    struct err err = { 0 };

    if (!cert_chain_from_pem(buf_bytes(&pem), &s.root, 1, &err))
        die_of("ARK", &err);
    return s;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* Microseconds for one `run`; what `before` takes each time does not count. */
static double measure(void (*before)(void *arg), void (*run)(void *arg), void *arg)
{
    double count = 0, spent = 0;

    while (spent < TURN_US) {
        before(arg);
        const double start = processor_us();
        run(arg);
        count++;
        spent += processor_us() - start;
    }
    return spent / count;
}

/* The least time of one signature check of each kind. */
struct bare {
    struct samples p256, p384, rsa;
};

static const double AIM_RATIO = 1.5, AIM_WARM_MS = 0.35, AIM_COLD_MS = 1;

/* aim_ms: 0 for none. */
static void print_kind(const char *what, const char *how, const struct samples *all, double aim_ms,
                       const struct checks *checks, const struct bare *bare)
{
    const double ms = samples_least(all) / 1e3;
    const double bare_us = checks->p256 * samples_least(&bare->p256) +
                           checks->p384 * samples_least(&bare->p384) +
                           checks->rsa * samples_least(&bare->rsa);
    const double ratio = ms * 1e3 / bare_us;
    auto_string *row = mem_printf("%s: verified on one core, %s", what, how);
    auto_string *figure = mem_printf("%.3f ms (%.2f × the bare signature checks), %.0f per second",
                                     ms, ratio, 1e3 / ms);
    auto_string *aim = mem_printf("%g ms, %g ×", aim_ms, AIM_RATIO);

    if (aim_ms > 0)
        print_row_with_aim(row, figure, aim, ms <= aim_ms && ratio <= AIM_RATIO);
    else
        print_row(row, figure);
}

static void compare(const struct kind *kind, struct vector *v,
                    struct signature signatures[static 3])
{
    struct samples known = { 0 }, warm = { 0 }, cold = { 0 };
    struct bare bare = { 0 };

    for (int turn = 0; turn < TURNS; turn++) {
        samples_add(&known, measure(nothing, verify_known, v));
        samples_add(&bare.p256, measure(nothing, check_on_curve, &signatures[0]));
        samples_add(&warm, measure(read_again, verify_warm, v));
        samples_add(&bare.p384, measure(nothing, check_on_curve, &signatures[1]));
        samples_add(&cold, measure(nothing, verify_cold, v));
        samples_add(&bare.rsa, measure(nothing, check_rsa, &signatures[2]));
    }
    if (kind->known.p256 > 0)
        print_kind(kind->what, "platform seen before", &known, 0, &kind->known, &bare);
    print_kind(kind->what, "with collateral that was read before", &warm, AIM_WARM_MS, &kind->warm,
               &bare);
    print_kind(kind->what, "bundle read each time", &cold, AIM_COLD_MS, &kind->cold, &bare);
}

int main(int argc, char **argv)
{
    struct err err = { 0 };

    if (argc != 2)
        die("usage: bench_attest VECTORS");
    if (!p384_accelerate(&err))
        die_of("accelerating", &err);
    struct signature signatures[] = { sign(256), sign(384), read_root(argv[1]) };
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct vector v = vector_read(argv[1], &kinds[i]);
        compare(&kinds[i], &v, signatures);
    }
    return 0;
}
