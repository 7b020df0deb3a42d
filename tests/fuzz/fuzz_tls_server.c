/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stranger's first bytes do to a TLS session. Fixed bytes cannot complete a handshake, because
 * the server's half of the key exchange is fresh; a session that fails stays over and says so to the
 * peer; and it makes no difference in what pieces the bytes arrive.
 */
#include "crypto/tls.h"

#include <stdlib.h>

#include "tls_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct tls_identity *identity_once(void)
{
    static struct tls_identity *identity;
    struct err err = { 0 };

    if (identity != NULL)
        return identity;
    auto_cert *cert = cert_from_der(bytes_of(certificate_der, sizeof certificate_der), &err);
    auto_key *key = key_from_private_sec1(bytes_of(private_key_der, sizeof private_key_der), &err);
    if (cert == NULL || key == NULL)
        abort();
    identity =
        tls_identity_new(cert, key, BYTES_LITERAL("\2h2\10http/1.1"), TLS_DEMAND_NOTHING, &err);
    if (identity == NULL)
        abort();
    return identity;
}

static bool survives(struct bytes in, size_t step)
{
    struct err err = { 0 };
    auto_tls_session *session = tls_accept(identity_once(), &err);

    if (session == NULL)
        abort();
    const bool alive = feed_in_steps(session, in, step, &err);
    trap_unless_unestablished(session, in, alive, SIZE_MAX);
    return alive;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes in = bytes_of(data, size);

    if (survives(in, size + 1) != survives(in, size > 4096 ? 97 : 1))
        __builtin_trap();
    return 0;
}
