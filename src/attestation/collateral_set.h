/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "attestation/collateral.h"

/*
 * The collateral of a directory as it was at one moment, file by file. Immutable once others see it, shared by reference
 * count; the store (collateral_store.h) makes a new one when a file has changed.
 */
enum {
    COLLATERAL_FILES_MAX = 256, /* files of a directory that are looked at */
    COLLATERAL_PICKED_MAX = 8,  /* bundles that are tried for one piece of evidence */
};

struct collateral_file {
    char *name;                    /* in the directory; owned */
    uint8_t hash[SHA256_LEN];      /* of its bytes; all zero when they could not be read */
    struct collateral *collateral; /* owned; NULL: it has none that may be used */
    struct collateral_summary summary;
    /*
     * Why what is in the file now is not used; owned, one line, NULL: it is used. `collateral` is then what the file held
     * before, if anything.
     */
    char *refusal;
    enum reason
        reason; /* of the refusal, as far as it is one of a verifier; REASON_NONE: it could not be read */
};

struct collateral_set {
    size_t refs;     /* atomic */
    uint64_t number; /* of the sets of one store, rising; two sets with one number are one */
    size_t count;
    bool left_out; /* the directory has more than COLLATERAL_FILES_MAX files */
    struct collateral_file files[COLLATERAL_FILES_MAX]; /* sorted by name */
};

struct collateral_set *collateral_set_new(void) MUST_CHECK;
struct collateral_set *collateral_set_ref(struct collateral_set *set) MUST_CHECK;
void collateral_set_free(struct collateral_set *set);
/* NULL: there is no such file. */
const struct collateral_file *collateral_set_file(const struct collateral_set *set,
                                                  const char *name) MUST_CHECK;
/*
 * The bundles for evidence that evidence_locate has described: of its TEE, FMSPC and CA only the best, the one that expires
 * last; of SEV-SNP those of its product, kind of key, chip and reported TCB, best first, which are several only when the
 * host hides the chip. Returns how many; views live as long as the set.
 */
size_t collateral_set_pick(const struct collateral_set *set, const struct verdict *located,
                           const struct collateral_file *picked[static COLLATERAL_PICKED_MAX])
    MUST_CHECK;
/* For people: "sgx FMSPC 00906ea10000 (processor CA)", "snp Milan chip 3f0a...". Appends. */
void collateral_put_platform(struct buf *out, const struct collateral_summary *summary);
void collateral_put_wanted(struct buf *out, const struct verdict *located);

DEFINE_CLEANUP(struct collateral_set, collateral_set_cleanup, collateral_set_free)
#define auto_collateral_set struct collateral_set CLEANUP(collateral_set_cleanup)
