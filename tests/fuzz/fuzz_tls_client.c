/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a false server can do to a TLS client. Fixed bytes cannot complete a handshake, because the
 * client's half of the key exchange is fresh; a session that fails stays over; and it makes no
 * difference in what pieces the bytes arrive. The first byte of the input says whether the server is
 * verified.
 */
#include "crypto/tls.h"

#include <stdlib.h>

#include "tls_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct fixture {
    struct cert *cert;
    struct key *key;
};

static const struct fixture *fixture_once(void)
{
    static struct fixture made;
    struct err err = { 0 };

    if (made.cert != NULL)
        return &made;
    made.cert = cert_from_der(bytes_of(certificate_der, sizeof certificate_der), &err);
    made.key = key_from_private_sec1(bytes_of(private_key_der, sizeof private_key_der), &err);
    if (made.cert == NULL || made.key == NULL)
        abort();
    return &made;
}

static struct tls_session *connect_to(bool verifies)
{
    const struct fixture *const fixture = fixture_once();
    const struct cert *const roots[] = { fixture->cert };
    const struct tls_client client = {
        .cert = fixture->cert,
        .key = fixture->key,
        .alpn = BYTES_LITERAL("\2h2"),
        .server_name = "localhost",
        .roots = roots,
        .root_count = verifies ? 1 : 0,
    };
    struct err err = { 0 };
    struct tls_session *const session = tls_connect(&client, &err);

    if (session == NULL)
        abort();
    return session;
}

static bool survives(struct bytes in, size_t step, bool verifies)
{
    struct err err = { 0 };
    auto_tls_session *session = connect_to(verifies);
    auto_buf hello = { 0 };

    if (!tls_drain(session, &hello, &err) || hello.len == 0)
        __builtin_trap();
    const bool alive = feed_in_steps(session, in, step, &err);
    if (!alive && err.kind != FAIL_MALFORMED && err.kind != FAIL_DENIED)
        __builtin_trap();
    trap_unless_unestablished(session, in, alive, 4096);
    return alive;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const bool verifies = (data[0] & 1) != 0;
    const struct bytes in = bytes_of(data + 1, size - 1);
    if (survives(in, size, verifies) != survives(in, size > 4096 ? 97 : 1, verifies))
        __builtin_trap();
    return 0;
}
