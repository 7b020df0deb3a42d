/* SPDX-License-Identifier: Apache-2.0 */
#include "core/marble_caller.h"

#include "codec/text.h"

#include <string.h>

void marble_caller_clear(struct marble_caller *caller)
{
    buf_clear(&caller->type);
}

static bool is_valid_now(const struct cert *cert, int64_t now_ms)
{
    return cert_not_before(cert) <= now_ms / 1000 && now_ms / 1000 <= cert_not_after(cert);
}

static bool check_cert(const struct cert *cert, const struct authority *authority,
                       struct vouched *vouched, int64_t now_ms, struct err *err)
{
    if (!is_valid_now(cert, now_ms))
        return err_set(err, FAIL_DENIED, "certificate has expired or is not yet valid");
    if (!cert_allows_server_auth(cert))
        return err_set(err, FAIL_DENIED, "certificate is not for the authentication of a server");
    if (!vouched_issued_by(vouched, cert, authority->marble_root))
        return err_set(err, FAIL_DENIED, "certificate was not issued by the current marble root");
    return true;
}

static bool read_uuid(const struct cert *cert, uint8_t uuid[static UUID_LEN], struct err *err)
{
    char text[UUID_TEXT_LEN + 1];
    auto_buf digits = { 0 }, octets = { 0 };

    if (!uuid_canonical(cert_common_name(cert), text, err))
        return err_in(err, "common name of the certificate");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c != '-')
            buf_add_u8(&digits, (uint8_t)*c);
    }
    if (!hex_decode(&octets, buf_bytes(&digits), err))
        return false;
    memcpy(uuid, octets.at, UUID_LEN);
    return true;
}

bool marble_caller_read(const struct authority *authority, struct vouched *vouched,
                        struct bytes leaf, int64_t now_ms, struct marble_caller *caller,
                        struct err *err)
{
    struct bytes type;

    *caller = (struct marble_caller){ 0 };
    if (leaf.len == 0)
        return err_set(err, FAIL_DENIED, "client certificate did not match any Marble");
    auto_cert *cert = cert_from_der(leaf, err);
    const bool good = cert != NULL && check_cert(cert, authority, vouched, now_ms, err) &&
                      read_uuid(cert, caller->uuid, err);
    if (!good) {
        err->kind = FAIL_DENIED;
        return false;
    }
    if (!cert_extension(cert, CERT_OID_MARBLE_TYPE, &type))
        return err_set(err, FAIL_DENIED, "certificate has no Marble type");
    buf_add(&caller->type, type);
    return true;
}
