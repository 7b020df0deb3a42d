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

struct recovery_session {
    pthread_mutex_t lock;
    struct recovery_metadata *metadata; /* NULL: a foreign state */
    size_t hash_count;                  /* foreign: of its shares */
    uint8_t (*hashes)[SHA256_LEN];
    char id[2 * RECOVERY_ID_LEN + 1]; /* tells a holder that the count began anew */
    bool over;                        /* opened or given up: nothing is taken any more */
    size_t count;                     /* accepted */
    struct accepted accepted[RECOVERY_MAX_HOLDERS];
};

static struct recovery_session *session_new(const struct env *env, struct err *err)
{
    auto_recovery_session *s = mem_zero_alloc(1, sizeof *s);

    (void)pthread_mutex_init(&s->lock, NULL);
    return recovery_new_id(env, s->id, err) ? TAKE(s) : NULL;
}

struct recovery_session *recovery_session_new(const struct env *env,
                                              struct recovery_metadata *metadata, struct err *err)
{
    struct recovery_session *const s = session_new(env, err);

    if (s == NULL)
        recovery_metadata_free(metadata);
    else
        s->metadata = metadata;
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
    if (s != NULL && count > 0) {
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
    while (s->count > 0)
        accepted_clear(&s->accepted[--s->count]);
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
    recovery_metadata_free(s->metadata);
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

static bool not_of_this_set(struct err *err)
{
    return err_set(err, FAIL_DENIED,
                   "uploaded an invalid secret: it belongs to no holder of this recovery set");
}

/* The holder who was given this share; NULL when nobody was. */
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
    return *holder != NULL || not_of_this_set(err);
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

/* Whose share is it, and does its holder stand behind it? Works on what never changes: no lock. */
static bool judge(const struct recovery_session *s, struct bytes share, struct bytes signature,
                  const uint8_t *hash, const struct recovery_holder **holder, struct err *err)
{
    const struct recovery_metadata *const m = s->metadata;

    if (m->scheme == RECOVERY_NONE)
        return err_set(err, FAIL_DENIED,
                       "the manifest of this state has no recovery keys: it cannot be recovered");
    if (share.len != m->secret_size)
        return err_set(err, FAIL_MALFORMED,
                       "invalid secret length: %zu bytes, those of this recovery set have %zu",
                       share.len, m->secret_size);
    if (m->hash_count > 0 &&
        !is_known_hash((const uint8_t(*)[SHA256_LEN])m->hashes, m->hash_count, hash))
        return not_of_this_set(err);
    if (!m->holders[0].has_commit)
        return holder_by_signature(m, share, signature, holder, err);
    if (!holder_by_commit(m, share, holder, err))
        return false;
    if (signature.len == 0 && m->without_proof)
        return true;
    if (!key_verify_sha256((*holder)->key, share, signature, err))
        return err_set(err, FAIL_DENIED,
                       "the signature is not by the recovery key \"%.100s\", whose secret this is",
                       (*holder)->name);
    return true;
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
        return not_of_this_set(err);
    return true;
}

static bool is_new(const struct recovery_session *s, const struct recovery_holder *holder,
                   const uint8_t *hash, struct err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct accepted *const a = &s->accepted[i];
        if (holder != NULL && a->holder == holder)
            return err_set(err, FAIL_DENIED,
                           "already used: the secret of \"%.100s\" was accepted before",
                           holder->name);
        if (memcmp(a->hash, hash, SHA256_LEN) == 0)
            return err_set(err, FAIL_DENIED, "already used: this secret was accepted before");
    }
    return true;
}

static bool keep(struct recovery_session *s, const struct recovery_holder *holder,
                 struct bytes share, struct bytes signature, const uint8_t *hash, struct err *err)
{
    if (s->count == RECOVERY_MAX_HOLDERS)
        return err_set(err, FAIL_TOO_LARGE, "more than %d secrets", RECOVERY_MAX_HOLDERS);
    struct accepted *const a = &s->accepted[s->count];
    a->share = secret_copy(share, err);
    if (a->share == NULL)
        return false;
    a->holder = holder;
    buf_add(&a->signature, signature);
    memcpy(a->hash, hash, SHA256_LEN);
    s->count++;
    return true;
}

/* How many distinct shares open the state; a foreign Shamir state does not say, its number of shares
 * is an upper bound. */
static unsigned needed(const struct recovery_session *s)
{
    if (s->metadata != NULL)
        return s->metadata->needed;
    return s->hash_count > 0 ? (unsigned)s->hash_count : 1;
}

static bool is_shamir(const struct recovery_session *s)
{
    if (s->metadata != NULL)
        return s->metadata->scheme == RECOVERY_SHAMIR;
    return s->hash_count > 0 && s->accepted[0].share->len == SHAMIR_SHARE_LEN;
}

static bool is_worth_a_try(const struct recovery_session *s)
{
    const bool may_be_enough = s->metadata == NULL && is_shamir(s) && s->count >= 2;

    return s->count >= needed(s) || may_be_enough;
}

static struct secret *combine(const struct recovery_session *s, struct err *err)
{
    struct bytes shares[RECOVERY_MAX_HOLDERS];

    for (size_t i = 0; i < s->count; i++)
        shares[i] = secret_bytes(s->accepted[i].share);
    if (needed(s) == 1)
        return secret_copy(shares[0], err);
    return is_shamir(s) ? shamir_combine(shares, (unsigned)s->count, err)
                        : xor_combine(shares, (unsigned)s->count, err);
}

static void drop(struct recovery_session *s, size_t i)
{
    accepted_clear(&s->accepted[i]);
    memmove(&s->accepted[i], &s->accepted[i + 1], (s->count - i - 1) * sizeof s->accepted[0]);
    s->accepted[--s->count] = (struct accepted){ 0 };
}

/* Drops what the opener refused; false when it refused none. */
static bool drop_refused(struct recovery_session *s, const struct recovery_upload *uploads)
{
    const size_t before = s->count;

    for (size_t i = before; i > 0; i--) {
        if (uploads[i - 1].refused)
            drop(s, i - 1);
    }
    return s->count < before;
}

/*
 * Opens the state with what is there. Fewer shares than the unknown threshold of a foreign state open
 * nothing, which is no error: *remaining then says that more are needed. After any other failure the
 * refused shares are gone, or else the one that completed the attempt.
 */
static bool try_to_open(struct recovery_session *s, const struct recovery_opener *opener,
                        unsigned *remaining, struct err *err)
{
    struct recovery_upload uploads[RECOVERY_MAX_HOLDERS];
    auto_secret *candidate = combine(s, err);

    for (size_t i = 0; i < s->count; i++) {
        const struct accepted *const a = &s->accepted[i];
        uploads[i] = (struct recovery_upload){ a->holder, secret_bytes(a->share),
                                               buf_bytes(&a->signature), false };
    }
    if (candidate != NULL &&
        opener->open(opener->arg, secret_bytes(candidate), uploads, s->count, err)) {
        *remaining = 0;
        finish(s);
        return true;
    }
    if (drop_refused(s, uploads))
        return false;
    if (*remaining > 0 && err->kind == FAIL_DENIED)
        return true;
    drop(s, s->count - 1);
    return false;
}

/* Under the lock: keeps the share and, when there may be enough, opens the state. */
static bool take_in(struct recovery_session *s, const struct recovery_holder *holder,
                    struct bytes share, struct bytes signature, const uint8_t *hash,
                    const struct recovery_opener *opener, unsigned *remaining, struct err *err)
{
    if (s->over)
        return err_set(err, FAIL_STATE, "the recovery is over");
    if (!is_new(s, holder, hash, err) || !keep(s, holder, share, signature, hash, err))
        return false;
    *remaining = needed(s) > s->count ? needed(s) - (unsigned)s->count : 0;
    return !is_worth_a_try(s) || try_to_open(s, opener, remaining, err);
}

bool recovery_session_offer(struct recovery_session *s, struct bytes share, struct bytes signature,
                            const struct recovery_opener *opener, unsigned *remaining,
                            struct err *err)
{
    const struct recovery_holder *holder = NULL;
    uint8_t hash[SHA256_LEN];

    if (!sha256(share, hash, err))
        return false;
    if (s->metadata != NULL ? !judge(s, share, signature, hash, &holder, err)
                            : !judge_foreign(s, share, hash, err))
        return false;
    (void)pthread_mutex_lock(&s->lock);
    const bool done = take_in(s, holder, share, signature, hash, opener, remaining, err);
    (void)pthread_mutex_unlock(&s->lock);
    return done;
}

bool recovery_session_without_proof(const struct recovery_session *s)
{
    return s->metadata == NULL ? s->hash_count == 0 : s->metadata->without_proof;
}

static bool has_given(const struct recovery_session *s, const struct recovery_holder *holder)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->accepted[i].holder == holder)
            return true;
    }
    return false;
}

/* The names of the holders who gave (or did not yet give) their share. */
static void put_names(const struct recovery_session *s, const char *member, bool given,
                      struct buf *out)
{
    const size_t count = s->metadata == NULL ? 0 : s->metadata->holder_count;

    json_put_name(out, member);
    buf_add_u8(out, '[');
    for (size_t i = 0; i < count; i++) {
        const struct recovery_holder *const h = &s->metadata->holders[i];
        if (has_given(s, h) != given)
            continue;
        json_put_comma(out);
        json_put_string(out, bytes_of_string(h->name));
    }
    buf_add_u8(out, ']');
}

static const char *scheme_name(const struct recovery_session *s)
{
    if (s->metadata != NULL)
        return recovery_scheme_name(s->metadata->scheme);
    if (s->hash_count == 0)
        return recovery_scheme_name(RECOVERY_SINGLE);
    return recovery_scheme_name(s->count == 0  ? RECOVERY_SCHEME_UNKNOWN
                                : is_shamir(s) ? RECOVERY_SHAMIR
                                               : RECOVERY_XOR);
}

void recovery_session_describe(struct recovery_session *s, struct buf *out)
{
    (void)pthread_mutex_lock(&s->lock);
    json_put_name(out, "scheme");
    json_put_string(out, bytes_of_string(scheme_name(s)));
    json_put_name(out, "needed");
    buf_add_format(out, "%u", needed(s));
    json_put_name(out, "received");
    buf_add_format(out, "%zu", s->count);
    put_names(s, "accepted", true, out);
    put_names(s, "missing", false, out);
    json_put_name(out, "session");
    json_put_string(out, bytes_of_string(s->id));
    (void)pthread_mutex_unlock(&s->lock);
}

void recovery_session_progress(struct recovery_session *s, struct buf *out)
{
    (void)pthread_mutex_lock(&s->lock);
    json_put_name(out, "required");
    buf_add_format(out, "%u", needed(s));
    put_names(s, "accepted", true, out);
    (void)pthread_mutex_unlock(&s->lock);
}
