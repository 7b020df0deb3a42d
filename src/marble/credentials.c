/* SPDX-License-Identifier: Apache-2.0 */
#include "marble/credentials.h"

#include <stdlib.h>

#include "crypto/csr.h"

enum { KEY_BITS = 384, LOOPBACKS = 2 };

static const uint8_t LOOPBACK4[] = { 127, 0, 0, 1 };
static const uint8_t LOOPBACK6[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

/*
 * The addresses of the configuration and the two of the machine itself, which the certificate has
 * behind and the request before them. Freed by the caller.
 */
static struct bytes *all_ips(const struct marble_names *names, bool loopbacks_first)
{
    struct bytes *const all = mem_zero_alloc(names->ip_count + LOOPBACKS, sizeof *all);
    struct bytes *const loopbacks = loopbacks_first ? all : all + names->ip_count;
    struct bytes *const others = loopbacks_first ? all + LOOPBACKS : all;

    for (size_t i = 0; i < names->ip_count; i++)
        others[i] = names->ips[i];
    loopbacks[0] = bytes_of(LOOPBACK4, sizeof LOOPBACK4);
    loopbacks[1] = bytes_of(LOOPBACK6, sizeof LOOPBACK6);
    return all;
}

bool marble_credentials_make(const struct marble_names *names, int64_t now,
                             struct marble_credentials *credentials, struct err *err)
{
    struct bytes *const ips = all_ips(names, false);
    const struct cert_template template = {
        .subject.common_name = BYTES_LITERAL("MarbleRun Marble"),
        .dns_names = { true, names->dns_count, names->dns },
        .ip_addresses = { true, names->ip_count + LOOPBACKS, ips },
        .has_not_after = true,
        .not_after = now + CERT_FOREVER_SECONDS,
        .key_usage = CERT_USAGE_SIGNATURE | CERT_USAGE_KEY_AGREEMENT,
    };

    credentials->key = key_generate(KEY_ECDSA, KEY_BITS, err);
    if (credentials->key != NULL)
        credentials->cert =
            cert_issue(&template, credentials->key, NULL, credentials->key, now, err);
    free(ips);
    return credentials->cert != NULL || err_in(err, "the Marble's certificate");
}

bool marble_credentials_request(const struct marble_names *names,
                                struct marble_credentials *credentials, struct err *err)
{
    struct bytes *const ips = all_ips(names, true);
    const struct text_list dns_names = { true, names->dns_count, names->dns };
    const struct text_list addresses = { true, names->ip_count + LOOPBACKS, ips };
    const bool made = csr_make(credentials->key, &dns_names, &addresses, &credentials->csr, err);

    free(ips);
    return made || err_in(err, "the Marble's certificate request");
}

void marble_credentials_clear(struct marble_credentials *credentials)
{
    key_free(credentials->key);
    cert_free(credentials->cert);
    buf_clear(&credentials->csr);
    *credentials = (struct marble_credentials){ 0 };
}
