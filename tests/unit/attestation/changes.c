/* SPDX-License-Identifier: Apache-2.0 */
#include "changes.h"

#include "test.h"

#include "base/reader.h"

enum {
    WRAPPER_LEN = 16,  /* the header of Open Enclave */
    REPORT_LEN = 1184, /* of SEV-SNP */
    STEP = 53,         /* between the places of a sample */
    BLANK_STEP = 16,   /* between the lines of a sample */
    CERT_DATA_LEN = 4, /* bytes of the length in front of the PCK chain */
    TRIED_AT_BLANKS =
        40, /* values 0 .. 39 stand in the place of white space: all that is white space is among them */
};

/*
 * What no signature covers, by offset: nothing of an SNP report, and of a quote
 *
 *   from `chain` on   the PEM text of the PCK chain. What is signed is what it decodes to; white space between and in
 *                     the blocks may be other white space. Where zeros end it, the first of them may be white space, and
 *                     white space in front of them may be zero.
 *   behind the quote  zero bytes, any number, because quotes come in buffers of a fixed size. Not in the header of Open Enclave,
 *                     which says how long the quote is.
 *
 * `length` is where the length of the signature data stands, and `chain` where the PEM text begins, behind 4 bytes of its length, when
 * the QE has authentication data of 32 bytes, as all have.
 */
static const struct form {
    const char *name;
    unsigned version, tee, body_type; /* body_type 0: there is none */
    size_t length, chain;
} forms[] = {
    { "SGX, version 3", 3, 0x00, 0, 432, 1052 },
    { "SGX, version 4", 4, 0x00, 0, 432, 1058 },
    { "SGX, version 5", 5, 0x00, 1, 438, 1064 },
    { "TDX, version 4", 4, 0x81, 0, 632, 1258 },
    { "TDX, version 5, report 1.0", 5, 0x81, 2, 638, 1264 },
    { "TDX, version 5, report 1.5", 5, 0x81, 3, 702, 1328 },
};

/* Where things are in the evidence at hand. */
struct places {
    struct bytes evidence;
    bool wrapped;
    size_t chain, chain_end, end; /* all at the end of a report: it has none */
};

bool changes_are_all(void)
{
    return getenv("TAW_SOAK") != NULL;
}

static uint32_t number_at(struct bytes in, size_t at)
{
    struct reader r = reader_over(bytes_of(in.at + at, in.len - at));
    const uint32_t number = reader_u32le(&r, "number");

    assert_true(reader_ok(&r));
    return number;
}

static const struct form *form_of(struct bytes quote)
{
    const unsigned version = number_at(quote, 0) & 0xffff, tee = number_at(quote, 4);
    const unsigned body_type = version == 5 ? number_at(quote, 48) & 0xffff : 0;

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (forms[i].version == version && forms[i].tee == tee && forms[i].body_type == body_type)
            return &forms[i];
    }
    fail_msg("no form of quote: version %u, TEE %u, body type %u", version, tee, body_type);
    return NULL;
}

static void find_places(struct bytes evidence, struct places *p)
{
    const struct bytes begin = BYTES_LITERAL("-----BEGIN CERTIFICATE-----");

    *p = (struct places){ evidence, false, evidence.len, evidence.len, evidence.len };
    if (evidence.len == REPORT_LEN)
        return;
    p->wrapped = number_at(evidence, 0) == 1;
    const size_t start = p->wrapped ? WRAPPER_LEN : 0;
    const struct form *const form = form_of(bytes_of(evidence.at + start, evidence.len - start));
    p->end = start + form->length + 4 + number_at(evidence, start + form->length);
    p->chain = start + form->chain;
    p->chain_end = p->chain + number_at(evidence, p->chain - CERT_DATA_LEN);
    assert_true(p->chain_end == p->end && p->end <= evidence.len);
    assert_true(bytes_start_with(bytes_of(evidence.at + p->chain, p->end - p->chain), begin));
}

static bool is_blank(unsigned c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* White space between and in the blocks; that in their marks is a part of them. */
static bool is_free(const struct places *p, size_t at)
{
    const struct bytes rest = bytes_of(p->evidence.at + at, p->evidence.len - at);

    return is_blank(rest.at[0]) && !bytes_start_with(rest, BYTES_LITERAL(" CERTIFICATE-----"));
}

static bool zeros_only(const struct places *p, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (p->evidence.at[i] != 0)
            return false;
    }
    return true;
}

/* Is another value at this place listed above? */
static bool is_listed(const struct places *p, size_t at, unsigned value)
{
    const unsigned was = p->evidence.at[at];

    if (at < p->chain || at >= p->chain_end)
        return false;
    if (is_free(p, at) && is_blank(value))
        return true;
    if (was == 0 && is_blank(value))
        return p->evidence.at[at - 1] != 0;
    return is_free(p, at) && value == 0 && zeros_only(p, at + 1, p->chain_end);
}

static void try_value(const struct changes *c, const struct places *p, uint8_t *copy, size_t at,
                      unsigned value)
{
    const uint8_t was = copy[at];

    if (value == was)
        return;
    copy[at] = (uint8_t)value;
    const bool valid = c->is_valid(c->ctx, bytes_of(copy, p->evidence.len));
    if (valid != is_listed(p, at, value))
        fail_msg("%s with %02x instead of %02x at %zu", valid ? "valid" : "refused", value, was,
                 at);
    copy[at] = was;
}

/* Lines and ends of the chain, with every value that may stand there. */
static void try_uncovered(const struct changes *c, const struct places *p, uint8_t *copy)
{
    const size_t step = changes_are_all() ? 1 : BLANK_STEP;
    size_t seen = 0;

    for (size_t at = p->chain; at < p->chain_end; at++) {
        const bool near_end = at + 2 >= p->chain_end;
        if ((!is_blank(copy[at]) && copy[at] != 0) || (seen++ % step != 0 && !near_end))
            continue;
        for (unsigned value = 0; value < TRIED_AT_BLANKS; value++)
            try_value(c, p, copy, at, value);
    }
}

/* The padding behind a quote may be shorter and longer; nothing else has another length. */
static void try_lengths(const struct changes *c, const struct places *p)
{
    const bool may_pad = p->chain < p->evidence.len && !p->wrapped;
    const size_t step = changes_are_all() ? 1 : STEP;
    uint8_t *const longer = mem_zero_alloc(1, p->evidence.len + 1);

    for (size_t len = 0; len < p->evidence.len; len += step) {
        uint8_t *const exact = bytes_copy(bytes_of(p->evidence.at, len));
        const bool valid = c->is_valid(c->ctx, bytes_of(exact, len));
        free(exact);
        if (valid != (may_pad && len >= p->end))
            fail_msg("%s with %zu bytes", valid ? "valid" : "refused", len);
    }
    memcpy(longer, p->evidence.at, p->evidence.len);
    for (unsigned last = 0; last < 256; last += changes_are_all() ? 1 : STEP) {
        longer[p->evidence.len] = (uint8_t)last;
        const bool valid = c->is_valid(c->ctx, bytes_of(longer, p->evidence.len + 1));
        if (valid != (may_pad && last == 0))
            fail_msg("%s with %02x behind it", valid ? "valid" : "refused", last);
    }
    free(longer);
}

void changes_expect_refused(const struct changes *c)
{
    static const uint8_t bits[] = { 0x01, 0x80 };
    const size_t step = changes_are_all() ? 1 : STEP;
    struct places p;

    assert_true(c->is_valid(c->ctx, c->evidence));
    find_places(c->evidence, &p);
    uint8_t *const copy = bytes_copy(c->evidence);
    for (size_t at = 0; at < c->evidence.len; at += step) {
        for (size_t i = 0; i < COUNT_OF(bits); i++)
            try_value(c, &p, copy, at, copy[at] ^ bits[i]);
        try_value(c, &p, copy, at, 0);
    }
    try_uncovered(c, &p, copy);
    free(copy);
    try_lengths(c, &p);
}
