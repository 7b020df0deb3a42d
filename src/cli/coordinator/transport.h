/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "cli/cli.h"
#include "cli/coordinator/endpoint.h"
#include "crypto/tls_pin.h"

/*
 * Requests to one Coordinator over one connection: HTTP/1.1, TLS by the rules of struct tls_pin, time
 * limits and tries by the flags of the command, a proxy by libcurl's variables.
 */
struct transport;
struct transport *transport_new(struct cli *cli, const struct endpoint *endpoint,
                                struct err *err) MUST_CHECK;
void transport_free(struct transport *t);
/* What to do when it is not the pinned Coordinator. */
#define TRANSPORT_PIN_HINT                                                                         \
    "in recovery mode a Coordinator presents a temporary certificate; `manifest verify` verifies " \
    "the present one and stores it"
/* The next request opens a new connection. */
void transport_renew(struct transport *t);
/* From here on a request takes no longer than this, and than --timeout. */
void transport_limit(struct transport *t, int64_t ms);
/* Valid as long as the transport. */
struct tls_pin *transport_pin(struct transport *t) MUST_CHECK;

struct reply {
    long status;  /* of HTTP */
    int64_t date; /* that of the answer, seconds since 1970; 0: it has none */
    struct buf body;
};
void reply_clear(struct reply *reply);
#define auto_reply struct reply CLEANUP(reply_clear)

/*
 * body NULL: GET; else POST, with an empty one without content type. What fails before the request can have
 * reached the Coordinator is tried again (--retry); GET also after that, and after 503. FAIL_UNAVAILABLE
 * (status unreachable), FAIL_DENIED (status trust), FAIL_TOO_LARGE.
 */
bool transport_send(struct transport *t, const char *path, const struct bytes *body,
                    struct reply *reply, struct err *err) MUST_CHECK;

DEFINE_CLEANUP(struct transport, transport_cleanup, transport_free)
#define auto_transport struct transport CLEANUP(transport_cleanup)
