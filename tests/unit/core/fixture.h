/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A Coordinator without a network: a real directory, a clock that stands still until it is set, real dice, a disk that
 * can be made to fail, and "machines", each with a platform key of its own.
 *
 *   world_begin            a temporary directory
 *   machine_start          the Coordinator on machine "a", "b", ... over the world's state
 *   set_manifest, ...      what its clients would do
 *   machine_stop, world_end
 */
#include "core/core.h"
#include "crypto/key.h"

enum {
    HOLDERS = 3,
    SHARE_MAX = 64, /* bytes */
};

struct disk {
    unsigned fail_from; /* the first changing call that fails, counted from 1; 0: none does */
    bool once;          /* only that one */
    int with;           /* errno */
    unsigned calls;     /* changing calls so far */
    unsigned syncs;     /* fdatasync so far */
};

#define WORLD_START_MS INT64_C(1768478400000) /* 2026-01-15T12:00:00Z */

struct world {
    char path[64];
    char *seal_dir;
    struct disk disk;
    struct files files; /* over the disk */
    struct log log;
    struct env env;
    int64_t now_ms;                        /* see world_set_clock */
    const struct quote_verifier *verifier; /* of machines that start from now on; NULL: no TEE */
    struct metrics *metrics;               /* of the next machine; NULL: nobody counts */
};
void world_begin(struct world *w);
void world_end(struct world *w);
/* From any thread. */
void world_set_clock(struct world *w, int64_t now_ms);
/* The next changing calls fail, as on a full disk, from the nth on. */
void world_fail(struct world *w, unsigned nth, bool once, int with);
void world_heal(struct world *w);
/* Copies all files of the state to or from a place aside. */
void world_keep(struct world *w);
void world_put_back(struct world *w);
/* The contents of one file of the state; a test fails when it is not there. */
struct buf world_read(struct world *w, const char *name);
void world_write(struct world *w, const char *name, struct bytes data);
void world_remove(struct world *w, const char *name);
/* How many entries of the state directory begin so. */
unsigned world_count(struct world *w, const char *prefix);

struct machine {
    struct sealing *sealing;
    struct core *core;
};
/* plain_import: an original's sealed_key is the plain data key. FAIL_...: as core_open. */
bool machine_try(struct world *w, const char *name, bool plain_import, struct machine *m,
                 struct err *err);
struct machine machine_start(struct world *w, const char *name);
void machine_stop(struct machine *m);
enum phase machine_phase(const struct machine *m);
void assert_phase(const struct machine *m, enum phase want);
/* A value of the state; freed by the caller. */
struct buf machine_value(const struct machine *m, const char *name);
/* Fingerprint of everything that has to survive: root certificate, secrets, manifest. */
struct buf machine_identity(const struct machine *m);

/* ---- key holders ---- */

struct key *holder_key(unsigned i); /* RSA, made once for a program */
extern const char *const holder_names[HOLDERS];
void put_holder_key(struct buf *out, unsigned i); /* appends its public part as a JSON string */
/* A manifest with `holders` recovery keys and, unless it is 0, a threshold; one holder and `singular`:
 * the form of 2020. extra: JSON members, each with a comma at its end. */
struct buf manifest_text(unsigned holders, unsigned threshold, bool singular, const char *extra);

struct share {
    uint8_t at[SHARE_MAX];
    size_t len;
    struct buf signature;
};
struct deal {
    unsigned count;
    struct share shares[HOLDERS];
};
/* Sets the manifest and decrypts what each holder gets. */
struct deal set_manifest(const struct machine *m, unsigned holders, unsigned threshold,
                         bool singular);
/* The same for a test that needs no share. */
void set_any_manifest(const struct machine *m);
/* From the object of name to base64 that the reply has. */
struct deal deal_from_json(struct bytes object, unsigned holders, bool singular);
/* Signs anew, with the key of another holder if wanted. */
void share_sign(struct share *share, unsigned holder);
void deal_clear(struct deal *deal);
#define auto_deal struct deal CLEANUP(deal_clear)
struct bytes share_bytes(const struct share *share);

/* ---- uploads ---- */

/* One upload to /api/v2/recover. */
enum recover_result upload(const struct machine *m, struct bytes share, struct bytes signature,
                           unsigned *remaining, struct err *err);
/* Holder i gives his share and is answered so. */
void give(const struct machine *m, const struct deal *deal, unsigned i, unsigned want_remaining);
/* The upload fails, with these words in the error. */
void refuse(const struct machine *m, struct bytes share, struct bytes signature, const char *words);
