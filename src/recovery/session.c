/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/session.h"

#include "codec/json.h"
#include "crypto/share.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SHAMIR_SHARE_LEN = 33, KEY_LEN_OLD = 16, KEY_LEN = 32 };

struct accepted {
    const struct recovery_holder *holder; /* NULL: not known */
    struct secret *share;
    struct buf signature;
    uint8_t hash[SHA256_LEN]; /* of the share */
};

/* The shares of one recovery set. */
struct pile {
    const struct recovery_metadata *metadata; /* NULL: a foreign state */
    size_t count;
    struct accepted accepted[RECOVERY_MAX_HOLDERS];
};

struct recovery_session {
    pthread_mutex_t lock;
    struct recovery_sets sets; /* none: a foreign state */
    size_t hash_count;         /* foreign: of its shares */
    uint8_t (*hashes)[SHA256_LEN];
    char id[2 * RECOVERY_ID_LEN + 1]; /* tells a holder that the count began anew */
    bool over;                        /* opened or given up: nothing is taken any more */
    size_t latest;                    /* the pile that the latest share went to */
    size_t pile_count;
    struct pile piles[RECOVERY_MAX_SETS];
};

static struct recovery_session *session_new(const struct env *env, struct err *err)
{
    auto_recovery_session *s = mem_zero_alloc(1, sizeof *s);

    (void)pthread_mutex_init(&s->lock, NULL);
    return recovery_new_id(env, s->id, err) ? TAKE(s) : NULL;
}

struct recovery_session *recovery_session_new(const struct env *env, struct recovery_sets *sets,
                                              struct err *err)
{
    struct recovery_session *const s = session_new(env, err);

    if (s == NULL) {
        recovery_sets_clear(sets);
        return NULL;
    }
    s->sets = *sets;
    *sets = (struct recovery_sets){ 0 };
    s->pile_count = s->sets.count;
    for (size_t i = 0; i < s->pile_count; i++)
        s->piles[i].metadata = s->sets.at[i];
    return s;
}

struct recovery_session *recovery_session_new_foreign(const struct env *env,
                                                      const uint8_t (*hashes)[SHA256_LEN],
                                                      size_t count, struct err *err)
{
    if (count > RECOVERY_MAX_HOLDERS) {
        (void)err_set(err, FAIL_DAMAGED, "recovery metadata: %zu shares", count);
        return NULL;
    }
    struct recovery_session *const s = session_new(env, err);
    if (s == NULL)
        return NULL;
    s->pile_count = 1;
    if (count > 0) {
        s->hash_count = count;
        s->hashes = mem_zero_alloc(count, sizeof s->hashes[0]);
        memcpy(s->hashes, hashes, count * sizeof s->hashes[0]);
    }
    return s;
}

static void accepted_clear(struct accepted *a)
{
    secret_free(a->share);
    buf_clear(&a->signature);
    *a = (struct accepted){ 0 };
}

/* Under the lock: the shares have done their work, or will have none. */
static void finish(struct recovery_session *s)
{
    for (size_t i = 0; i < s->pile_count; i++) {
        struct pile *const pile = &s->piles[i];
        while (pile->count > 0)
            accepted_clear(&pile->accepted[--pile->count]);
    }
    s->over = true;
}

void recovery_session_end(struct recovery_session *s)
{
    (void)pthread_mutex_lock(&s->lock);
    finish(s);
    (void)pthread_mutex_unlock(&s->lock);
}

void recovery_session_free(struct recovery_session *s)
{
    if (s == NULL)
        return;
    finish(s);
    recovery_sets_clear(&s->sets);
    free(s->hashes);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

static bool is_known_hash(const uint8_t (*hashes)[SHA256_LEN], size_t count, const uint8_t *hash)
{
    bool known = false;

    for (size_t i = 0; i < count; i++)
        known |= bytes_equal_secretly(bytes_of(hashes[i], SHA256_LEN), bytes_of(hash, SHA256_LEN));
    return known;
}

/* Could it be one of this set, as far as its length and the known hashes tell? */
static bool may_be_of(const struct recovery_metadata *m, struct bytes share, const uint8_t *hash)
{
    return m->scheme != RECOVERY_NONE && share.len == m->secret_size &&
           (m->hash_count == 0 ||
            is_known_hash((const uint8_t(*)[SHA256_LEN])m->hashes, m->hash_count, hash));
}

/* The holder who was given this share; stays NULL when nobody was. */
static bool holder_by_commit(const struct recovery_metadata *m, struct bytes share,
                             const struct recovery_holder **holder, struct err *err)
{
    for (size_t i = 0; i < m->holder_count; i++) {
        uint8_t commit[SHA256_LEN];
        const struct recovery_holder *const h = &m->holders[i];

        if (!h->has_commit)
            continue;
        if (!recovery_commit(m->set, h->name, share, commit, err))
            return false;
        if (bytes_equal_secretly(bytes_of(commit, sizeof commit), bytes_of(h->commit, SHA256_LEN)))
            *holder = h;
    }
    return true;
}

/* The holder whose key signed the share, in a set that does not say who was given which. */
static bool holder_by_signature(const struct recovery_metadata *m, struct bytes share,
                                struct bytes signature, const struct recovery_holder **holder,
                                struct err *err)
{
    for (size_t i = 0; i < m->holder_count && *holder == NULL; i++) {
        struct err not_this_one = { 0 };
        if (key_verify_sha256(m->holders[i].key, share, signature, &not_this_one))
            *holder = &m->holders[i];
    }
    return *holder != NULL ||
           err_set(err, FAIL_DENIED, "the signature was made by none of the recovery keys");
}

/* Does the holder stand behind the share that he was given? */
static bool check_signature(const struct recovery_metadata *m, const struct recovery_holder *holder,
                            struct bytes share, struct bytes signature, struct err *err)
{
    if (signature.len == 0 && m->without_proof)
        return true;
    if (!key_verify_sha256(holder->key, share, signature, err))
        return err_set(err, FAIL_DENIED,
                       "the signature is not by the recovery key \"%.100s\", whose secret this is",
                       holder->name);
    return true;
}

static bool not_of_a_set(const struct recovery_session *s, struct err *err)
{
    return err_set(err, FAIL_DENIED, "uploaded an invalid secret: it belongs to no holder of %s",
                   s->pile_count > 1 ? "the recovery sets in force" : "this recovery set");
}

/* Why a share is of none of the sets. */
static bool explain_refusal(const struct recovery_session *s, struct bytes share, struct err *err)
{
    const struct recovery_metadata *const first = s->sets.at[0];
    const struct recovery_metadata *const last = s->sets.at[s->sets.count - 1];

    if (first->scheme == RECOVERY_NONE)
        return err_set(err, FAIL_DENIED,
                       "the manifest of this state has no recovery keys: it cannot be recovered");
    if (share.len == first->secret_size || share.len == last->secret_size)
        return not_of_a_set(s, err);
    if (first->secret_size != last->secret_size)
        return err_set(err, FAIL_MALFORMED,
                       "invalid secret length: %zu bytes, those of the recovery sets in force have "
                       "%zu and %zu",
                       share.len, first->secret_size, last->secret_size);
    return err_set(err, FAIL_MALFORMED,
                   "invalid secret length: %zu bytes, those of this recovery set have %zu",
                   share.len, first->secret_size);
}

/* Of which set it is, and whose. */
struct origin {
    size_t set;
    const struct recovery_holder *holder; /* NULL: a foreign state */
};

/*
 * Whose share is it, and does its holder stand behind it? Sets that know who was given which are asked first: of the
 * others any signed share might be one. Works on what never changes: no lock.
 */
static bool judge(const struct recovery_session *s, struct bytes share, struct bytes signature,
                  const uint8_t *hash, struct origin *origin, struct err *err)
{
    for (size_t i = 0; i < s->sets.count; i++) {
        const struct recovery_metadata *const m = s->sets.at[i];
        origin->set = i;
        if (!may_be_of(m, share, hash) || !m->holders[0].has_commit)
            continue;
        if (!holder_by_commit(m, share, &origin->holder, err))
            return false;
        if (origin->holder != NULL)
            return check_signature(m, origin->holder, share, signature, err);
    }
    for (size_t i = 0; i < s->sets.count; i++) {
        const struct recovery_metadata *const m = s->sets.at[i];
        origin->set = i;
        if (may_be_of(m, share, hash) && !m->holders[0].has_commit)
            return holder_by_signature(m, share, signature, &origin->holder, err);
    }
    return explain_refusal(s, share, err);
}

static bool judge_foreign(const struct recovery_session *s, struct bytes share, const uint8_t *hash,
                          struct err *err)
{
    const bool possible = share.len == KEY_LEN_OLD || share.len == KEY_LEN ||
                          (share.len == SHAMIR_SHARE_LEN && s->hash_count > 0);

    if (!possible)
        return err_set(err, FAIL_MALFORMED, "invalid secret length: %zu bytes", share.len);
    if (s->hash_count > 0 &&
        !is_known_hash((const uint8_t(*)[SHA256_LEN])s->hashes, s->hash_count, hash))
        return not_of_a_set(s, err);
    return true;
}

static bool is_new(const struct pile *pile, const struct recovery_holder *holder,
                   const uint8_t *hash, struct err *err)
{
    for (size_t i = 0; i < pile->count; i++) {
        const struct accepted *const a = &pile->accepted[i];
        if (holder != NULL && a->holder == holder)
            return err_set(err, FAIL_DENIED,
                           "already used: the secret of \"%.100s\" was accepted before",
                           holder->name);
        if (memcmp(a->hash, hash, SHA256_LEN) == 0)
            return err_set(err, FAIL_DENIED, "already used: this secret was accepted before");
    }
    return true;
}

static bool keep(struct pile *pile, const struct recovery_holder *holder, struct bytes share,
                 struct bytes signature, const uint8_t *hash, struct err *err)
{
    if (pile->count == RECOVERY_MAX_HOLDERS)
        return err_set(err, FAIL_TOO_LARGE, "more than %d secrets", RECOVERY_MAX_HOLDERS);
    struct accepted *const a = &pile->accepted[pile->count];
    a->share = secret_copy(share, err);
    if (a->share == NULL)
        return false;
    a->holder = holder;
    buf_add(&a->signature, signature);
    memcpy(a->hash, hash, SHA256_LEN);
    pile->count++;
    return true;
}

/* How many distinct shares open the state; a foreign Shamir state does not say, its number of shares
 * is an upper bound. */
static unsigned needed(const struct recovery_session *s, const struct pile *pile)
{
    if (pile->metadata != NULL)
        return pile->metadata->needed;
    return s->hash_count > 0 ? (unsigned)s->hash_count : 1;
}

static bool is_shamir(const struct recovery_session *s, const struct pile *pile)
{
    if (pile->metadata != NULL)
        return pile->metadata->scheme == RECOVERY_SHAMIR;
    return s->hash_count > 0 && pile->accepted[0].share->len == SHAMIR_SHARE_LEN;
}

static bool is_worth_a_try(const struct recovery_session *s, const struct pile *pile)
{
    const bool may_be_enough = pile->metadata == NULL && is_shamir(s, pile) && pile->count >= 2;

    return pile->count >= needed(s, pile) || may_be_enough;
}

static struct secret *combine(const struct recovery_session *s, const struct pile *pile,
                              struct err *err)
{
    struct bytes shares[RECOVERY_MAX_HOLDERS];

    for (size_t i = 0; i < pile->count; i++)
        shares[i] = secret_bytes(pile->accepted[i].share);
    if (needed(s, pile) == 1)
        return secret_copy(shares[0], err);
    return is_shamir(s, pile) ? shamir_combine(shares, (unsigned)pile->count, err)
                              : xor_combine(shares, (unsigned)pile->count, err);
}

static void drop(struct pile *pile, size_t i)
{
    accepted_clear(&pile->accepted[i]);
    memmove(&pile->accepted[i], &pile->accepted[i + 1],
            (pile->count - i - 1) * sizeof pile->accepted[0]);
    pile->accepted[--pile->count] = (struct accepted){ 0 };
}

/* Drops what the opener refused; false when it refused none. */
static bool drop_refused(struct pile *pile, const struct recovery_upload *uploads)
{
    const size_t before = pile->count;

    for (size_t i = before; i > 0; i--) {
        if (uploads[i - 1].refused)
            drop(pile, i - 1);
    }
    return pile->count < before;
}

/*
 * Opens the state with what is there. Fewer shares than the unknown threshold of a foreign state open
 * nothing, which is no error: *remaining then says that more are needed. After any other failure the
 * refused shares are gone, or else the one that completed the attempt.
 */
static bool try_to_open(struct recovery_session *s, size_t set,
                        const struct recovery_opener *opener, unsigned *remaining, struct err *err)
{
    struct pile *const pile = &s->piles[set];
    struct recovery_upload uploads[RECOVERY_MAX_HOLDERS];
    auto_secret *candidate = combine(s, pile, err);

    for (size_t i = 0; i < pile->count; i++) {
        const struct accepted *const a = &pile->accepted[i];
        uploads[i] = (struct recovery_upload){ a->holder, secret_bytes(a->share),
                                               buf_bytes(&a->signature), false };
    }
    if (candidate != NULL &&
        opener->open(opener->arg, set, secret_bytes(candidate), uploads, pile->count, err)) {
        *remaining = 0;
        finish(s);
        return true;
    }
    if (drop_refused(pile, uploads))
        return false;
    if (*remaining > 0 && err->kind == FAIL_DENIED)
        return true;
    drop(pile, pile->count - 1);
    return false;
}

/* Under the lock: keeps the share and, when there may be enough of its set, opens the state. */
static bool take_in(struct recovery_session *s, const struct origin *origin, struct bytes share,
                    struct bytes signature, const uint8_t *hash,
                    const struct recovery_opener *opener, unsigned *remaining, struct err *err)
{
    struct pile *const pile = &s->piles[origin->set];

    if (s->over)
        return err_set(err, FAIL_STATE, "the recovery is over");
    if (!is_new(pile, origin->holder, hash, err) ||
        !keep(pile, origin->holder, share, signature, hash, err))
        return false;
    s->latest = origin->set;
    *remaining = needed(s, pile) > pile->count ? needed(s, pile) - (unsigned)pile->count : 0;
    return !is_worth_a_try(s, pile) || try_to_open(s, origin->set, opener, remaining, err);
}

bool recovery_session_offer(struct recovery_session *s, struct bytes share, struct bytes signature,
                            const struct recovery_opener *opener, unsigned *remaining,
                            struct err *err)
{
    struct origin origin = { 0 };
    uint8_t hash[SHA256_LEN];

    if (!sha256(share, hash, err))
        return false;
    if (s->sets.count > 0 ? !judge(s, share, signature, hash, &origin, err)
                          : !judge_foreign(s, share, hash, err))
        return false;
    (void)pthread_mutex_lock(&s->lock);
    const bool done = take_in(s, &origin, share, signature, hash, opener, remaining, err);
    (void)pthread_mutex_unlock(&s->lock);
    return done;
}

bool recovery_session_without_proof(const struct recovery_session *s)
{
    bool without_proof = false;

    if (s->sets.count == 0)
        return s->hash_count == 0;
    for (size_t i = 0; i < s->sets.count; i++)
        without_proof |= s->sets.at[i]->without_proof;
    return without_proof;
}

static bool has_given(const struct pile *pile, const struct recovery_holder *holder)
{
    for (size_t i = 0; i < pile->count; i++) {
        if (pile->accepted[i].holder == holder)
            return true;
    }
    return false;
}

/* The names of the holders who gave (or did not yet give) their share. */
static void put_names(const struct pile *pile, const char *member, bool given, struct buf *out)
{
    const size_t count = pile->metadata == NULL ? 0 : pile->metadata->holder_count;

    json_put_name(out, member);
    buf_add_u8(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct recovery_holder *const h = &pile->metadata->holders[i];
        if (has_given(pile, h) != given)
            continue;
        json_put_comma(out);
        json_put_string(out, bytes_of_string(h->name));
    }
    buf_add_u8(out, ']');
}

static const char *scheme_name(const struct recovery_session *s, const struct pile *pile)
{
    if (pile->metadata != NULL)
        return recovery_scheme_name(pile->metadata->scheme);
    if (s->hash_count == 0)
        return recovery_scheme_name(RECOVERY_SINGLE);
    return recovery_scheme_name(pile->count == 0     ? RECOVERY_SCHEME_UNKNOWN
                                : is_shamir(s, pile) ? RECOVERY_SHAMIR
                                                     : RECOVERY_XOR);
}

static void put_pile(const struct recovery_session *s, const struct pile *pile, struct buf *out)
{
    json_put_name(out, "scheme");
    json_put_string(out, bytes_of_string(scheme_name(s, pile)));
    json_put_name(out, "needed");
    buf_add_format(out, "%u", needed(s, pile));
    json_put_name(out, "received");
    buf_add_format(out, "%zu", pile->count);
    put_names(pile, "accepted", true, out);
    put_names(pile, "missing", false, out);
}

static void put_sets(const struct recovery_session *s, struct buf *out)
{
    json_put_name(out, "sets");
    buf_add_u8(out, '[');
    for (size_t i = 0; i < s->pile_count; i++) {
        json_put_comma(out);
        buf_add_u8(out, '{');
        json_put_name(out, "set");
        json_put_string(out, bytes_of_string(s->piles[i].metadata->set));
        put_pile(s, &s->piles[i], out);
        buf_add_u8(out, '}');
    }
    buf_add_u8(out, ']');
}

void recovery_session_describe(struct recovery_session *s, struct buf *out)
{
    (void)pthread_mutex_lock(&s->lock);
    put_pile(s, &s->piles[0], out);
    json_put_name(out, "session");
    json_put_string(out, bytes_of_string(s->id));
    if (s->pile_count > 1)
        put_sets(s, out);
    (void)pthread_mutex_unlock(&s->lock);
}

void recovery_session_counts(struct recovery_session *s, unsigned *required, unsigned *accepted)
{
    if (pthread_mutex_trylock(&s->lock) != 0)
        return;
    const struct pile *const pile = &s->piles[s->latest];
    *required = needed(s, pile);
    *accepted = (unsigned)pile->count;
    (void)pthread_mutex_unlock(&s->lock);
}

void recovery_session_progress(struct recovery_session *s, struct buf *out)
{
    (void)pthread_mutex_lock(&s->lock);
    const struct pile *const pile = &s->piles[s->latest];
    json_put_name(out, "required");
    buf_add_format(out, "%u", needed(s, pile));
    put_names(pile, "accepted", true, out);
    (void)pthread_mutex_unlock(&s->lock);
}
