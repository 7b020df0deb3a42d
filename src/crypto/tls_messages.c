/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"
#include "crypto/key_kind.h"
#include "crypto/tls_internal.h"

/*
 * A Certificate message of the peer, before libssl decodes the keys in it, all of them, for whoever connects. A
 * certificate whose curve is made up (key_kind.h) would cost a tenth of a second, and a hundred of them fit into a
 * message. libssl has no hook that could refuse them, but it shows the message in the buffer from which it
 * goes on to read; there such a certificate is spoiled, so that its decoding fails at the first byte.
 */
enum { CERTIFICATE_MESSAGE = 11, MESSAGE_HEAD_LEN = 4 }; /* RFC 8446, 4 */

static uint32_t read_u24(struct reader *r, const char *what)
{
    const uint32_t high = reader_u8(r, what);
    const uint32_t middle = reader_u8(r, what);

    return high << 16 | middle << 8 | reader_u8(r, what);
}

static void spoil_certificates(uint8_t *message, size_t len, bool is_tls13)
{
    struct reader r = reader_over(bytes_of(message, len));

    (void)reader_bytes(&r, MESSAGE_HEAD_LEN, "head");
    if (is_tls13)
        (void)reader_bytes(&r, reader_u8(&r, "context length"), "context");
    (void)read_u24(&r, "list length");
    while (reader_left(&r) > 0) {
        const struct bytes cert = reader_bytes(&r, read_u24(&r, "length"), "certificate");
        if (is_tls13) {
            const size_t high = reader_u8(&r, "extensions length");
            (void)reader_bytes(&r, high << 8 | reader_u8(&r, "extensions length"), "extensions");
        }
        if (cert.len > 0 && !cert_curve_is_named(cert))
            message[cert.at - message] = 0; /* no type of ASN.1 */
    }
}

void tls_on_message(int is_sent, int version, int content_type, const void *message, size_t len,
                    SSL *ssl, void *arg)
{
    (void)arg;
    if (is_sent != 0 || content_type != SSL3_RT_HANDSHAKE || len < MESSAGE_HEAD_LEN ||
        *(const uint8_t *)message != CERTIFICATE_MESSAGE)
        return;
    (void)version;
    /* The buffer is libssl's own, and not const. */
    spoil_certificates((uint8_t *)(uintptr_t)message, len, SSL_version(ssl) == TLS1_3_VERSION);
}
