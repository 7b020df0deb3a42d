/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/share.h"

#include "crypto/hash.h"

/*
 * Arithmetic in GF(2^8) without tables and without branches on the operands: both would show in
 * caches and timing.
 */

/* Keeps the compiler from turning a mask back into a branch. */
static inline uint8_t opaque(uint8_t value)
{
    __asm__("" : "+r"(value));
    return value;
}

/* 0xff when the lowest bit is set, else 0. */
static inline uint8_t mask_of_bit(uint8_t bit)
{
    return (uint8_t)-opaque(bit & 1);
}

static uint8_t gf_multiply(uint8_t a, uint8_t b)
{
    uint8_t product = 0;

    for (unsigned i = 0; i < 8; i++) {
        product = (uint8_t)(product ^ (mask_of_bit((uint8_t)(b >> i)) & a));
        a = (uint8_t)((a << 1) ^ (mask_of_bit(a >> 7) & 0x1b));
    }
    return product;
}

/* a^254, the inverse of every a but 0. */
static uint8_t gf_inverse(uint8_t a)
{
    uint8_t power = a; /* a^(2^n - 1) */

    for (unsigned n = 1; n < 7; n++)
        power = gf_multiply(gf_multiply(power, power), a);
    return gf_multiply(power, power);
}

static void free_shares(struct secret **shares, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        secret_free(shares[i]);
        shares[i] = NULL;
    }
}

/* Either all or none; NULL where there is none. */
static bool new_shares(struct secret **shares, unsigned count, size_t len, struct err *err)
{
    for (unsigned i = 0; i < count; i++) {
        shares[i] = secret_new(len, err);
        if (shares[i] == NULL) {
            free_shares(shares, i);
            return false;
        }
    }
    return true;
}

/* Distinct, random, not zero. They are public, so rejecting one tells nothing. */
static bool draw_x(uint8_t *x, unsigned count, struct err *err)
{
    /* 255 distinct bytes need some 1,600 draws; 65,536 are short of it less than once in 2^300. */
    enum { ROUNDS = 256, DRAWS = 256 };
    bool used[256] = { [0] = true };
    unsigned found = 0;

    for (unsigned round = 0; round < ROUNDS && found < count; round++) {
        uint8_t drawn[DRAWS];
        if (!random_bytes(drawn, sizeof drawn, err))
            return false;
        for (unsigned i = 0; i < DRAWS && found < count; i++) {
            if (!used[drawn[i]])
                x[found++] = drawn[i];
            used[drawn[i]] = true;
        }
    }
    return found == count ||
           err_set(err, FAIL_INTERNAL, "the random generator repeats itself: no distinct shares");
}

uint8_t shamir_evaluate(const uint8_t *coefficients, size_t count, uint8_t x)
{
    uint8_t value = 0;

    for (size_t i = count; i > 0; i--)
        value = gf_multiply(value, x) ^ coefficients[i - 1];
    return value;
}

bool shamir_split(struct bytes secret, unsigned threshold, unsigned count, struct secret **shares,
                  struct err *err)
{
    uint8_t x[SHAMIR_MAX_SHARES];

    if (secret.len == 0)
        return err_set(err, FAIL_MALFORMED, "an empty secret cannot be split");
    if (threshold < 2 || threshold > count || count > SHAMIR_MAX_SHARES)
        return err_set(err, FAIL_MALFORMED,
                       "%u of %u shares: the threshold is at least 2 and at most the count, "
                       "the count at most %d",
                       threshold, count, SHAMIR_MAX_SHARES);
    auto_secret *polynomial = secret_new(threshold, err);
    if (polynomial == NULL || !draw_x(x, count, err) ||
        !new_shares(shares, count, secret.len + 1, err))
        return false;
    for (size_t i = 0; i < secret.len; i++) {
        polynomial->at[0] = secret.at[i];
        if (!random_bytes(polynomial->at + 1, threshold - 1, err)) {
            free_shares(shares, count);
            return false;
        }
        for (unsigned s = 0; s < count; s++)
            shares[s]->at[i] = shamir_evaluate(polynomial->at, threshold, x[s]);
    }
    for (unsigned s = 0; s < count; s++)
        shares[s]->at[secret.len] = x[s];
    return true;
}

static uint8_t x_of(struct bytes share)
{
    return share.at[share.len - 1];
}

static bool shares_fit(const struct bytes *shares, unsigned count, struct err *err)
{
    bool used[256] = { false };

    if (count < 2)
        return err_set(err, FAIL_MALFORMED, "%u shares, at least 2 are needed", count);
    for (unsigned i = 0; i < count; i++) {
        if (shares[i].len < 2 || shares[i].len != shares[0].len)
            return err_set(err, FAIL_MALFORMED, "share %u has %zu bytes, the first one %zu", i + 1,
                           shares[i].len, shares[0].len);
        const uint8_t x = x_of(shares[i]);
        if (x == 0)
            return err_set(err, FAIL_MALFORMED, "share %u stands at x = 0", i + 1);
        if (used[x])
            return err_set(err, FAIL_MALFORMED, "share %u repeats the x of another one", i + 1);
        used[x] = true;
    }
    return true;
}

/* What y of this share counts in the value at 0: the product of x_j / (x_j - x_i) over the others.
 */
static uint8_t weight_of(const struct bytes *shares, unsigned count, unsigned index)
{
    const uint8_t x = x_of(shares[index]);
    uint8_t above = 1, below = 1;

    for (unsigned j = 0; j < count; j++) {
        if (j == index)
            continue;
        above = gf_multiply(above, x_of(shares[j]));
        below = gf_multiply(below, x_of(shares[j]) ^ x);
    }
    return gf_multiply(above, gf_inverse(below));
}

struct secret *shamir_combine(const struct bytes *shares, unsigned count, struct err *err)
{
    if (!shares_fit(shares, count, err))
        return NULL;
    struct secret *const secret = secret_new(shares[0].len - 1, err);
    for (unsigned s = 0; secret != NULL && s < count; s++) {
        const uint8_t weight = weight_of(shares, count, s);
        for (size_t i = 0; i < secret->len; i++)
            secret->at[i] ^= gf_multiply(weight, shares[s].at[i]);
    }
    return secret;
}

bool xor_split(struct bytes secret, unsigned count, struct secret **shares, struct err *err)
{
    if (count < 2)
        return err_set(err, FAIL_MALFORMED, "%u shares, at least 2 are needed", count);
    if (!new_shares(shares, count, secret.len, err))
        return false;
    struct secret *const last = shares[count - 1];
    for (size_t i = 0; i < secret.len; i++)
        last->at[i] = secret.at[i];
    for (unsigned s = 0; s < count - 1; s++) {
        if (!random_bytes(shares[s]->at, secret.len, err)) {
            free_shares(shares, count);
            return false;
        }
        for (size_t i = 0; i < secret.len; i++)
            last->at[i] ^= shares[s]->at[i];
    }
    return true;
}

struct secret *xor_combine(const struct bytes *shares, unsigned count, struct err *err)
{
    if (count == 0) {
        (void)err_set(err, FAIL_MALFORMED, "no shares to combine");
        return NULL;
    }
    struct secret *const secret = secret_new(shares[0].len, err);
    for (unsigned s = 0; secret != NULL && s < count; s++) {
        if (shares[s].len != secret->len) {
            (void)err_set(err, FAIL_MALFORMED, "share %u has %zu bytes, the first one %zu", s + 1,
                          shares[s].len, secret->len);
            secret_free(secret);
            return NULL;
        }
        for (size_t i = 0; i < secret->len; i++)
            secret->at[i] ^= shares[s].at[i];
    }
    return secret;
}
