/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/show.h"
#include "cli/io/cert_text.h"
#include "cli/io/input.h"
#include "cli/user/identity.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "manifest/records.h"

#include <inttypes.h>
#include <time.h>

/* certificate inspect */

enum { LARGEST_FILE = 1 << 20, MOST_CERTIFICATES = 256, SOON_DAYS = 30, SECONDS_A_DAY = 86400 };

struct inspection {
    struct cert *certs[MOST_CERTIFICATES];
    size_t count;
    int64_t now;
    const char *key_path; /* NULL: no key to compare */
    bool key_matches;
    struct buf data, text;
};
static void inspection_clear(struct inspection *in)
{
    for (size_t i = 0; i < in->count; i++)
        cert_free(in->certs[i]);
    buf_clear(&in->data);
    buf_clear(&in->text);
}
#define auto_inspection struct inspection CLEANUP(inspection_clear)

/* ---- reading ---- */

static bool add(struct inspection *in, struct bytes der, struct err *err)
{
    if (in->count == MOST_CERTIFICATES)
        return err_set(err, FAIL_TOO_LARGE, "more than %d certificates", MOST_CERTIFICATES);
    in->certs[in->count] = cert_from_der(der, err);
    if (in->certs[in->count] == NULL)
        return err_in(err, "certificate %zu", in->count + 1);
    in->count++;
    return true;
}

/* The certificates in PEM, whatever else is there; or one in DER. */
static bool read_all(struct inspection *in, struct bytes file, struct err *err)
{
    auto_pem_block block = { 0 };
    struct bytes rest = file;

    while (pem_next(&rest, &block)) {
        if (bytes_equal_string(block.label, "CERTIFICATE") && !add(in, buf_bytes(&block.der), err))
            return false;
    }
    if (in->count == 0 && file.len > 0 && file.at[0] == 0x30)
        return add(in, file, err);
    return in->count > 0 || err_set(err, FAIL_MALFORMED, "there is no certificate in it");
}

static bool compare_key(struct cli *cli, struct inspection *in, struct err *err)
{
    in->key_path = option_text(&cli->options, "key");
    if (in->key_path == NULL)
        return true;
    auto_key *private = identity_key(cli, in->key_path, err);
    auto_key *public = private == NULL ? NULL : cert_public_key(in->certs[0], err);
    in->key_matches = public != NULL && key_equal_public(private, public);
    return public != NULL;
}

/* ---- one certificate ---- */

static void put_key(const struct cert *cert, struct buf *text)
{
    struct err ignored = { 0 };
    uint8_t point[P256_POINT_LEN];
    auto_key *key = cert_public_key(cert, &ignored);
    const enum key_type type = key == NULL ? KEY_OTHER : key_type(key);

    if (type == KEY_RSA)
        buf_add_format(text, "RSA %u", key_bits(key));
    else if (type == KEY_ED25519)
        buf_add_string(text, "Ed25519");
    else if (type != KEY_ECDSA)
        buf_add_string(text, "of another type");
    else if (key_p256_point(key, point))
        buf_add_string(text, "ECDSA P-256");
    else if (key_is_p384(key))
        buf_add_string(text, "ECDSA P-384");
    else
        buf_add_format(text, "ECDSA, %u bits", key_bits(key));
}

static int64_t days_left(const struct inspection *in, const struct cert *cert)
{
    return (cert_not_after(cert) - in->now) / SECONDS_A_DAY;
}

/* For programs; NULL in *warning: nothing to warn of. */
static const char *validity_of(const struct inspection *in, const struct cert *cert,
                               const char **warning)
{
    *warning = "is not valid yet";
    if (cert_not_before(cert) > in->now)
        return "not-yet-valid";
    *warning = "has expired";
    if (cert_not_after(cert) < in->now)
        return "expired";
    *warning = "expires soon";
    if (days_left(in, cert) < SOON_DAYS)
        return "expires-soon";
    *warning = NULL;
    return "valid";
}

/* By whose key it is signed: a number of this file from 1; 0: not in this file. */
static size_t issuer_of(const struct inspection *in, size_t i)
{
    for (size_t j = 0; j < in->count; j++) {
        const size_t candidate = (i + j) % in->count;
        if (cert_issued_by(in->certs[i], in->certs[candidate]))
            return candidate + 1;
    }
    return 0;
}

static void put_line(struct buf *text, const char *label, struct bytes value)
{
    buf_add_format(text, "%-15s", label);
    output_visible(text, value, false);
    buf_add_u8(text, '\n');
}

struct facts {
    const struct cert *cert;
    size_t number;    /* from 1 */
    size_t signed_by; /* a number, 0: none of this file */
    const char *validity, *warning;
    struct cert_names names;
    struct buf key;
    char fingerprint[2 * SHA256_LEN + 1];
};
static void facts_clear(struct facts *f)
{
    cert_names_clear(&f->names);
    buf_clear(&f->key);
}
#define auto_facts struct facts CLEANUP(facts_clear)

static void put_text(const struct facts *f, struct buf *text)
{
    auto_string *valid =
        mem_printf("%s to %s%s%s", moment_of(cert_not_before(f->cert)).text,
                   moment_of(cert_not_after(f->cert)).text, f->warning == NULL ? "" : ", ",
                   f->warning == NULL ? "" : f->warning);
    auto_string *signer = f->signed_by == 0           ? mem_string("none of this file")
                          : f->signed_by == f->number ? mem_string("itself")
                                                      : mem_printf("certificate %zu", f->signed_by);

    put_line(text, "Subject:", f->names.subject);
    put_line(text, "Issuer:", f->names.issuer);
    put_line(text, "Signed by:", bytes_of_string(signer));
    for (size_t n = 0; n < f->names.alternative.count; n++)
        put_line(text, n == 0 ? "Names:" : "", f->names.alternative.at[n]);
    put_line(text, "Valid:", bytes_of_string(valid));
    put_line(text, "Key:", buf_bytes(&f->key));
    put_line(text, "SHA-256:", bytes_of_string(f->fingerprint));
}

static void put_data(const struct facts *f, int64_t left, struct buf *data)
{
    const struct text_list alternative = { true, f->names.alternative.count,
                                           f->names.alternative.at };

    json_put_comma(data);
    buf_add_string(data, "{\"subject\":");
    json_put_string(data, f->names.subject);
    json_put_name(data, "issuer");
    json_put_string(data, f->names.issuer);
    json_put_texts(data, "names", &alternative);
    json_put_name(data, "key");
    json_put_string(data, buf_bytes(&f->key));
    json_put_name(data, "signedBy");
    if (f->signed_by == 0)
        buf_add_string(data, "null");
    else
        buf_add_decimal(data, f->signed_by);
    buf_add_format(data,
                   ",\"notBefore\":\"%s\",\"notAfter\":\"%s\",\"daysLeft\":%" PRId64
                   ",\"validity\":\"%s\",\"certificateFingerprint\":\"%s\"}",
                   moment_of(cert_not_before(f->cert)).text,
                   moment_of(cert_not_after(f->cert)).text, left, f->validity, f->fingerprint);
}

static bool put_certificate(struct cli *cli, struct inspection *in, size_t i, struct err *err)
{
    const struct cert *const cert = in->certs[i];
    auto_facts f = { .cert = cert, .number = i + 1, .signed_by = issuer_of(in, i) };

    if (!cert_names_read(cert, &f.names, err) || !sha256_hex(cert_der(cert), f.fingerprint, err))
        return err_in(err, "certificate %zu", f.number);
    f.validity = validity_of(in, cert, &f.warning);
    put_key(cert, &f.key);
    if (in->count > 1)
        buf_add_format(&in->text, "%sCertificate %zu\n", i > 0 ? "\n" : "", f.number);
    put_text(&f, &in->text);
    put_data(&f, days_left(in, cert), &in->data);
    if (f.warning != NULL)
        output_warn(&cli->out, "certificate %zu %s", f.number, f.warning);
    return true;
}

static bool show(struct cli *cli, struct inspection *in, struct err *err)
{
    buf_add_string(&in->data, "{\"certificates\":[");
    for (size_t i = 0; i < in->count; i++) {
        if (!put_certificate(cli, in, i, err))
            return false;
    }
    buf_add_u8(&in->data, ']');
    if (in->key_path != NULL) {
        buf_add_format(&in->data, ",\"keyMatches\":%s", in->key_matches ? "true" : "false");
        buf_add_string(&in->text, in->count > 1 ? "\n" : "");
        auto_string *match = mem_printf("%s to %s", in->key_matches ? "belongs" : "does not belong",
                                        in->count > 1 ? "certificate 1" : "the certificate");
        put_line(&in->text, "Private key:", bytes_of_string(match));
    }
    buf_add_u8(&in->data, '}');
    return output_result(&cli->out, "CertificateInspection", buf_bytes(&in->data),
                         buf_bytes(&in->text), err);
}

bool run_certificate_inspect(struct cli *cli, struct err *err)
{
    const char *const path = cli_argument(cli, 0);
    auto_inspection in = { .now = time(NULL) };
    auto_buf file = { 0 };

    if (!input_file(cli, path, LARGEST_FILE, &file, err))
        return false;
    if (!read_all(&in, buf_bytes(&file), err)) {
        (void)cli_fail(cli, EXIT_USAGE, NULL);
        return err_in(err, "%.200s", path);
    }
    if (!compare_key(cli, &in, err) || !show(cli, &in, err))
        return false;
    if (in.key_path != NULL && !in.key_matches)
        cli->status = EXIT_DIFFERENT;
    return true;
}
