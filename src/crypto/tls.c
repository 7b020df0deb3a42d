/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "crypto/internal.h"

enum { RECORD_LEN = 16384 }; /* bytes of plaintext in a record, RFC 8446, 5.1 */

struct tls_session {
    struct tls_identity *identity;
    SSL *ssl;
    struct buf in;  /* ciphertext of the peer, fed and not yet taken by libssl */
    size_t in_pos;  /* how much of `in` libssl has taken */
    struct buf out; /* ciphertext for the peer, not yet drained */
    struct buf leaf;
    bool established;
    bool over; /* failed: nothing more will be read or written */
};

size_t tls_session_take(struct tls_session *session, void *to, size_t len)
{
    const size_t left = session->in.len - session->in_pos;
    const size_t taken = len < left ? len : left;

    if (taken == 0)
        return 0;
    memcpy(to, session->in.at + session->in_pos, taken);
    session->in_pos += taken;
    if (session->in_pos == session->in.len) {
        buf_clear(&session->in);
        session->in_pos = 0;
    }
    return taken;
}

void tls_session_put(struct tls_session *session, struct bytes ciphertext)
{
    buf_add(&session->out, ciphertext);
}

static struct tls_session *session_new(struct tls_identity *identity, struct err *err)
{
    auto_tls_session *session = mem_zero_alloc(1, sizeof *session);

    session->identity = tls_identity_ref(identity);
    session->ssl = tls_identity_ssl(identity);
    BIO *const bio = tls_identity_bio(identity, session);
    if (session->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        ERR_clear_error();
        (void)err_set(err, FAIL_INTERNAL, "TLS: no memory for a session");
        return NULL;
    }
    SSL_set_bio(session->ssl, bio, bio);
    return TAKE(session);
}

struct tls_session *tls_accept(struct tls_identity *identity, struct err *err)
{
    struct tls_session *const session = session_new(identity, err);

    if (session != NULL)
        SSL_set_accept_state(session->ssl);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (session == NULL)
        return;
    SSL_free(session->ssl);
    tls_identity_free(session->identity);
    buf_clear(&session->in);
    buf_clear(&session->out);
    buf_clear(&session->leaf);
    free(session);
}

/*
 * Takes libssl's own first error out of the queue. What libcrypto found comes before it (a wrong
 * signature: always for RSA, with OpenSSL 3.5 also for ECDSA), what only follows from it after.
 */
static unsigned long libssl_error(void)
{
    const unsigned long first = ERR_peek_error();

    for (unsigned long error; (error = ERR_get_error()) != 0;) {
        if (ERR_GET_LIB(error) == ERR_LIB_SSL)
            return error;
    }
    return first;
}

/* Is a server's choice of protocol what ended the session? It chose none, or says that there is none. */
static bool has_no_protocol(const struct tls_session *session, int reason)
{
    return !SSL_is_server(session->ssl) &&
           (reason == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL ||
            (reason == SSL_R_CERTIFICATE_VERIFY_FAILED &&
             SSL_get_verify_result(session->ssl) == X509_V_ERR_APPLICATION_VERIFICATION));
}

/* An alert of the peer: its number stands behind the offset. Reasons above are those of other libraries. */
static bool is_alert(int reason)
{
    return reason >= SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + UINT8_MAX;
}

/* The session is over for the reason in libssl's queue. */
static bool session_over(struct tls_session *session, const char *during, struct err *err)
{
    const unsigned long error = libssl_error();
    const bool is_libssl = ERR_GET_LIB(error) == ERR_LIB_SSL;
    const int reason = is_libssl ? ERR_GET_REASON(error) : 0;
    const bool no_protocol = has_no_protocol(session, reason);
    const bool denied = !no_protocol && (reason == SSL_R_CERTIFICATE_VERIFY_FAILED ||
                                         reason == SSL_R_BAD_SIGNATURE || is_alert(reason));
    const char *text = ERR_reason_error_string(error);

    if (no_protocol)
        text = "the server chose none of our protocols";
    else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        text = X509_verify_cert_error_string(SSL_get_verify_result(session->ssl));
    session->over = true;
    (void)err_set(err, denied ? FAIL_DENIED : FAIL_MALFORMED, "%s: %s", during,
                  text != NULL ? text : "the peer ended the session");
    ERR_clear_error();
    return false;
}

static bool is_over(const struct tls_session *session, struct err *err)
{
    if (session->over)
        (void)err_set(err, FAIL_MALFORMED, "TLS: the session is over");
    return session->over;
}

/* Keeps the leaf in a form that outlives what libssl does with its copy. */
static bool keep_leaf(struct tls_session *session, struct err *err)
{
    const X509 *const leaf = SSL_get0_peer_certificate(session->ssl);

    if (leaf == NULL)
        return true;
    const int len = i2d_X509(leaf, NULL);
    if (len <= 0)
        return session_over(session, "TLS handshake: certificate of the peer", err);
    uint8_t *at = buf_grow(&session->leaf, (size_t)len);
    (void)i2d_X509(leaf, &at);
    return true;
}

static bool handshake(struct tls_session *session, struct err *err)
{
    ERR_clear_error();
    const int done = SSL_do_handshake(session->ssl);
    if (done == 1) {
        session->established = keep_leaf(session, err);
        return session->established;
    }
    return SSL_get_error(session->ssl, done) == SSL_ERROR_WANT_READ ||
           session_over(session, "TLS handshake", err);
}

struct tls_session *tls_session_connect(struct tls_identity *identity, char *host_name,
                                        struct err *err)
{
    auto_tls_session *session = session_new(identity, err);

    if (session == NULL)
        return NULL;
    SSL_set_connect_state(session->ssl);
    if (host_name != NULL && SSL_set_tlsext_host_name(session->ssl, host_name) != 1) {
        (void)libcrypto_refused(err, FAIL_INTERNAL, "TLS: name of the server");
        return NULL;
    }
    if (!handshake(session, err)) {
        err->kind = FAIL_INTERNAL; /* nobody has answered yet, so it is ours */
        return NULL;
    }
    return TAKE(session);
}

static bool peer_has_closed(const struct tls_session *session)
{
    return (SSL_get_shutdown(session->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool tls_feed(struct tls_session *session, struct bytes ciphertext, struct err *err)
{
    if (is_over(session, err))
        return false;
    if (peer_has_closed(session))
        return true; /* RFC 8446, 6.1: what follows close_notify is ignored */
    buf_add(&session->in, ciphertext);
    return session->established || handshake(session, err);
}

bool tls_drain(struct tls_session *session, struct buf *out, struct err *err)
{
    (void)err; /* draining cannot fail: there is only memory behind it */
    if (out->len == 0) {
        buf_clear(out);
        *out = session->out;
        session->out = (struct buf){ 0 };
        return true;
    }
    buf_add(out, buf_bytes(&session->out));
    buf_clear(&session->out);
    return true;
}

/* Appends what one record gives, at most `room` bytes; *got is 0 when there is no more to decrypt. */
static bool read_record(struct tls_session *session, struct buf *out, size_t room, size_t *got,
                        struct err *err)
{
    /* Not buf_grow and buf_truncate: that would wipe 16 KiB for each short record. */
    buf_reserve(out, room);
    *got = 0;
    ERR_clear_error();
    const int done = SSL_read_ex(session->ssl, out->at + out->len, room, got);
    const int why = SSL_get_error(session->ssl, done);
    out->len += *got;
    return why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_ZERO_RETURN ||
           session_over(session, "TLS", err);
}

bool tls_read(struct tls_session *session, struct buf *out, size_t max, bool *closed,
              struct err *err)
{
    size_t got = 1;

    *closed = false;
    if (is_over(session, err))
        return false;
    while (session->established && max > 0 && got > 0 &&
           (SSL_has_pending(session->ssl) == 1 || session->in.len > 0)) {
        if (!read_record(session, out, max < RECORD_LEN ? max : RECORD_LEN, &got, err))
            return false;
        max -= got;
    }
    *closed = peer_has_closed(session);
    return true;
}

bool tls_write(struct tls_session *session, struct bytes plaintext, struct err *err)
{
    size_t written = 0;

    if (is_over(session, err))
        return false;
    if (!session->established)
        return err_set(err, FAIL_INTERNAL, "TLS: written to before the end of the handshake");
    ERR_clear_error();
    if (plaintext.len > 0 && SSL_write_ex(session->ssl, plaintext.at, plaintext.len, &written) != 1)
        return session_over(session, "TLS", err);
    assert(written == plaintext.len); /* the BIO takes everything */
    return true;
}

void tls_close(struct tls_session *session)
{
    if (session->over || !session->established)
        return;
    ERR_clear_error();
    (void)SSL_shutdown(session->ssl);
    ERR_clear_error();
}

bool tls_established(const struct tls_session *session)
{
    return session->established;
}

struct bytes tls_alpn(const struct tls_session *session)
{
    const unsigned char *name = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(session->ssl, &name, &len);
    return bytes_of(name, len);
}

struct bytes tls_peer_leaf(const struct tls_session *session)
{
    return buf_bytes(&session->leaf);
}
