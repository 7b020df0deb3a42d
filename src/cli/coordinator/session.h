/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/coordinator/transport.h"
#include "codec/json.h"

/*
 * A conversation with one Coordinator, and why it is believed to be the right one.
 *
 *   session_open     where it is; nothing is sent
 *   session_verify   asks who it is: quote and certificates (cli.md, 6.4)
 *   session_bind     this connection is with the holder of that root's key, under this name
 *   session_pin      instead of both: the root of the certificate cache
 *   session_open_as_user  session_open and session_pin, with the certificate of a user
 *   session_call     one operation
 */
struct session {
    struct cli *cli;
    const char *typed; /* the endpoint */
    struct endpoint endpoint;
    struct transport *transport;
    struct cert *root, *intermediate; /* of session_verify */
    struct cert *pinned;              /* of session_pin */
    char *pinned_by;                  /* path of the cache, until the first answer has come */
    struct buf nonce;                 /* of session_verify; empty: none was sent */
    struct buf quote;                 /* empty: none */
    struct cert *own;                 /* the user's */
    struct key *own_key;
};
void session_clear(struct session *s);
#define auto_session struct session CLEANUP(session_clear)

bool session_open(struct session *s, struct cli *cli, const char *endpoint,
                  struct err *err) MUST_CHECK;
bool session_verify(struct session *s, struct err *err) MUST_CHECK;
/* Only fetches the certificates, which nobody vouches for. */
bool session_certificates(struct session *s, struct err *err) MUST_CHECK;
bool session_bind(struct session *s, struct err *err) MUST_CHECK;
bool session_pin(struct session *s, struct err *err) MUST_CHECK;
/* With --cert and --key. */
bool session_open_as_user(struct session *s, struct cli *cli, const char *endpoint,
                          struct err *err) MUST_CHECK;
/* The same, or without a user where none is named. */
bool session_open_as_user_or_nobody(struct session *s, struct cli *cli, const char *endpoint,
                                    struct err *err) MUST_CHECK;
/* What a command that verifies leaves behind: the quote (--save-sgx-quote). */
bool session_save_quote(struct session *s, struct err *err) MUST_CHECK;
/* And the certificate cache. */
bool session_save_cache(struct session *s, struct err *err) MUST_CHECK;

struct call {
    const char *path;         /* with query, below the API's base: "manifest" */
    const char *v1_path;      /* NULL: v1 has no such operation */
    const struct bytes *body; /* NULL: GET */
    const struct bytes *v1_body;
};
struct answer {
    struct reply reply;
    struct arena arena;
    const struct json *data; /* NULL or JSON null: none */
    bool is_v1;
};
void answer_clear(struct answer *answer);
#define auto_answer struct answer CLEANUP(answer_clear)

/* v2 first, v1 only after 405 (cli.md, 4.1). Sets the status of a refusal. */
bool session_call(struct session *s, const struct call *call, struct answer *answer,
                  struct err *err) MUST_CHECK;

/* The last member with this name, without regard to case; NULL: none. */
const struct json *answer_member(const struct json *object, const char *name) MUST_CHECK;
/* A member that has to be text; *text empty when it is absent. */
bool answer_text(const struct json *object, const char *name, struct bytes *text,
                 struct err *err) MUST_CHECK;
/* The states, by their numbers in the API. */
enum session_state { STATE_RECOVERY = 1, STATE_AWAITS_MANIFEST = 2, STATE_RUNNING = 3 };
/* For programs; empty for a number that is not known. */
const char *session_state_name(uint64_t code) MUST_CHECK;
/* What --exit-code ends with. */
enum exit_status session_state_exit(uint64_t code) MUST_CHECK;
/* The state's number and text, which lives in the answer. */
bool session_status(struct session *s, uint64_t *code, struct answer *answer, struct bytes *message,
                    struct err *err) MUST_CHECK;
