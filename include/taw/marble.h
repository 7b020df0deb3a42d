/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TAW_MARBLE_H
#define TAW_MARBLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * libtaw-marble: what taw-premain does, for programs that want to call it.
 *
 *   taw_marble_activate    proves this process to the Coordinator; blocks
 *   taw_marble_get_tls     certificate chain, key and trust anchors, ready for a TLS library
 *   taw_marble_file ...    files, environment and arguments of the manifest, as data
 *   taw_marble_apply       puts them in place, if that is wanted
 *   taw_marble_free        wipes everything
 *
 * All functions may be called from several threads at once, one handle only by readers. Nothing is
 * printed and no signal, umask or variable of the process is changed, except by taw_marble_apply.
 * The environment is read (getenv), so no thread may change it during taw_marble_activate.
 */
#ifdef __cplusplus
extern "C" {
#endif

/* How a call ended; also exit statuses of taw-premain. Later versions may add others. */
enum taw_marble_result {
    TAW_MARBLE_OK = 0,
    TAW_MARBLE_INTERNAL = 1,    /* memory, cryptographic library */
    TAW_MARBLE_USAGE = 2,       /* wrong arguments of a call */
    TAW_MARBLE_SETUP = 3,       /* configuration, UUID file, quote, a file that cannot be written */
    TAW_MARBLE_UNREACHABLE = 4, /* the Coordinator did not answer in the given time */
    TAW_MARBLE_REFUSED = 5,     /* the Coordinator refused the activation */
    TAW_MARBLE_ANSWER = 6       /* its answer is malformed, or lacks what was asked for */
};

/* Set by a call that fails, untouched by one that succeeds. This struct never changes its size. */
struct taw_marble_error {
    int result;        /* enum taw_marble_result */
    int grpc_status;   /* TAW_MARBLE_REFUSED: the status as a number of gRPC; otherwise 0 */
    char message[504]; /* one line, NUL-terminated, without secrets */
};

enum taw_marble_level { TAW_MARBLE_LEVEL_INFO = 2, TAW_MARBLE_LEVEL_WARNING = 3 };
/*
 * Called from within taw_marble_activate. message: one line, without secrets, valid during the
 * call.
 */
typedef void taw_marble_log_fn(void *context, int level, const char *message);

/*
 * Start with TAW_MARBLE_OPTIONS_INIT. NULL or "", and a negative number, stand for the variable in
 * the comment, and that for its default.
 */
struct taw_marble_options {
    size_t size;                     /* of this struct, as the caller knows it */
    const char *marble_type;         /* EDG_MARBLE_TYPE; one of the two is mandatory */
    const char *coordinator_address; /* EDG_MARBLE_COORDINATOR_ADDR; localhost:2001 */
    const char *dns_names;           /* EDG_MARBLE_DNS_NAMES; localhost. Separated by commas */
    const char *uuid_file; /* EDG_MARBLE_UUID_FILE; uuid in EDG_CWD or in the working directory */
    const char *coordinator_root; /* TAW_MARBLE_COORDINATOR_ROOT; none. PEM file */
    int timeout_seconds;          /* TAW_MARBLE_TIMEOUT; 300. 0: one try */
    int require_quote;            /* TAW_MARBLE_REQUIRE_QUOTE; 0. 1: fail without a quote */
    taw_marble_log_fn *log;       /* NULL: silence */
    void *log_context;
};
/* clang-format off */
#define TAW_MARBLE_OPTIONS_INIT \
    { sizeof(struct taw_marble_options), NULL, NULL, NULL, NULL, NULL, -1, -1, NULL, NULL }
/* clang-format on */

/* An activated Marble and what it was given. */
struct taw_marble;

/*
 * Activates this process. options NULL: everything from the environment. On success *marble is a
 * handle for taw_marble_free; on failure it is NULL and *error, unless NULL, says why. Blocks until
 * the Coordinator has answered or the time is over. Each success counts as one activation of the
 * Marble.
 */
int taw_marble_activate(const struct taw_marble_options *options, struct taw_marble **marble,
                        struct taw_marble_error *error);
/* Wipes and frees; NULL is fine. All pointers that came from the handle end here. */
void taw_marble_free(struct taw_marble *marble);

/* The UUID that the sealing keys of this Marble depend on: 36 characters, lower case. */
const char *taw_marble_uuid(const struct taw_marble *marble);

/*
 * TLS material for this Marble. The strings are PEM and belong to the handle. Peers are other
 * Marbles: present the chain, trust root_ca alone.
 */
struct taw_marble_tls {
    size_t size;                     /* of this struct, as the caller knows it */
    const char *certificate_chain;   /* this Marble's certificate, then the intermediate */
    const char *private_key;         /* PKCS#8 */
    const char *root_ca;             /* whom Marbles trust */
    const char *coordinator_root_ca; /* whom clients of the Coordinator trust; NULL: none came */
};
/* clang-format off */
#define TAW_MARBLE_TLS_INIT { sizeof(struct taw_marble_tls), NULL, NULL, NULL, NULL }
/* clang-format on */
/* TAW_MARBLE_ANSWER when the Coordinator sent none. */
int taw_marble_get_tls(const struct taw_marble *marble, struct taw_marble_tls *tls,
                       struct taw_marble_error *error);

/* One file or variable. value has len bytes, which may be any, and a NUL behind them. */
struct taw_marble_parameter {
    const char *name; /* path, or name of the variable */
    const uint8_t *value;
    size_t len;
};
size_t taw_marble_file_count(const struct taw_marble *marble);
/* The file with that index, all zero beyond the last. */
struct taw_marble_parameter taw_marble_file(const struct taw_marble *marble, size_t index);
size_t taw_marble_variable_count(const struct taw_marble *marble);
struct taw_marble_parameter taw_marble_variable(const struct taw_marble *marble, size_t index);
/*
 * The value of the file with exactly that path, of the variable with that name; NULL when there is
 * none.
 */
const uint8_t *taw_marble_find_file(const struct taw_marble *marble, const char *path, size_t *len);
const char *taw_marble_find_variable(const struct taw_marble *marble, const char *name);
size_t taw_marble_argument_count(const struct taw_marble *marble);
/* NULL beyond the last. */
const char *taw_marble_argument(const struct taw_marble *marble, size_t index);

enum taw_marble_what { TAW_MARBLE_FILES = 1, TAW_MARBLE_ENVIRONMENT = 2 };
/*
 * Writes the files (keys of Gramine's file systems first, mode 0600) and, or, sets the environment:
 * what, a sum of taw_marble_what. The latter is for programs that have one thread yet. Nothing is
 * undone after a failure.
 */
int taw_marble_apply(const struct taw_marble *marble, unsigned what,
                     struct taw_marble_error *error);

/* "0.1.0" */
const char *taw_marble_version(void);

#ifdef __cplusplus
}
#endif

#endif
