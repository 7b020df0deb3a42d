/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "http/message.h"

/*
 * A Coordinator on a thread and a real socket, as simple as one can be: it answers each request as
 * it is told and keeps what the last one was.
 */
struct coordinator;

/* What answers; *response is all zero. seen: requests before this one. */
typedef void answer_fn(unsigned seen, struct http_response *response);

struct coordinator *coordinator_start(answer_fn *answer) MUST_CHECK;
/* "127.0.0.1:PORT" */
const char *coordinator_address(const struct coordinator *c) MUST_CHECK;
/* Ends the thread; what follows may be asked only then. */
void coordinator_stop(struct coordinator *c);
unsigned coordinator_seen(const struct coordinator *c) MUST_CHECK;
/* Of the last request: its gRPC message without prefix, the certificate of the client, a field. */
struct bytes coordinator_message(const struct coordinator *c) MUST_CHECK;
struct bytes coordinator_peer(const struct coordinator *c) MUST_CHECK;
const char *coordinator_field(const struct coordinator *c, const char *name) MUST_CHECK;
/* Stops it too. */
void coordinator_free(struct coordinator *c);
DEFINE_CLEANUP(struct coordinator, coordinator_cleanup, coordinator_free)
#define auto_coordinator struct coordinator CLEANUP(coordinator_cleanup)
