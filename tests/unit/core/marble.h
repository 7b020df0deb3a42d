/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Marbles for tests: what they send, and what they are answered.
 *
 *   set_manifest_with     the manifest of fixture.h and more
 *   marble_request        a request that succeeds; the test spoils what it wants
 *   activate              waits; pending_start and pending_wait do not
 *   outcome_file ...      what came out
 */
#include "attestation/verifier.h"
#include "core/activate.h"
#include "fixture.h"
#include "grpc/marble_messages.h"

#include <semaphore.h>

#define MARBLE_UUID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define OTHER_UUID "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"

/* extra: as in manifest_text. Without recovery keys. */
void set_manifest_with(const struct machine *m, const char *extra);
/* Puts one value into the state, or removes it when value.at is NULL. */
void put_value(const struct machine *m, const char *name, struct bytes value);

/* Made once for a program: by a P-256 key, for marble.example and 192.0.2.1. */
struct bytes marble_csr(void);
struct activation marble_request(const char *type);

struct outcome {
    enum activation_result result;
    char text[512];
    struct spent_activation *spent; /* kept when the outcome is cleared */
    struct buf message;
    struct arena arena;
    struct marble_parameters parameters; /* of the message; none unless DONE */
};
void outcome_clear(struct outcome *outcome);
#define auto_outcome struct outcome CLEANUP(outcome_clear)

struct outcome activate(const struct machine *m, const struct activation *request);
/* One that runs while the test does something else. */
struct pending {
    sem_t over;
    unsigned times; /* how often it was answered */
    struct outcome outcome;
};
void pending_start(struct pending *p, struct core *core, const struct activation *request);
struct outcome pending_wait(struct pending *p);

/* A text that ends with "..." is how the outcome's begins. */
void assert_outcome(const struct outcome *o, enum activation_result want, const char *text);
void assert_refused(const struct machine *m, const struct activation *request,
                    enum activation_result want, const char *text);
void assert_activated(const struct machine *m, const struct activation *request);
/* What was answered to a request that has to succeed. */
struct outcome activate_ok(const struct machine *m, const struct activation *request);
bool outcome_has_variable(const struct outcome *o, const char *name);
/* A test fails when there is none. */
struct bytes outcome_file(const struct outcome *o, const char *name);
struct bytes outcome_variable(const struct outcome *o, const char *name);
/* The certificate at this place of a variable in PEM. */
struct cert *outcome_cert(const struct outcome *o, const char *variable, unsigned place);

/* A verifier that says what the test wants. */
struct fake_verifier {
    struct quote_verifier as;
    struct verdict says; /* and these of an enclave */
    struct bytes unique_id, signer_id;
    uint8_t product_id, security_version;
    const char *refuses; /* NULL: it does not */
    struct buf report_data;
    unsigned calls; /* atomic */
};
void fake_verifier_begin(struct fake_verifier *v, struct bytes leaf);
void fake_verifier_end(struct fake_verifier *v);
#define auto_fake_verifier struct fake_verifier CLEANUP(fake_verifier_end)
