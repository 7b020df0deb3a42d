/* SPDX-License-Identifier: Apache-2.0 */
#include "core/budget.h"

#include "base/buf.h"
#include "codec/text.h"
#include "crypto/hash.h"
#include "state/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MARKS_LOOKED_AT = 4 };

/* Lower-case hex without prefix (state-and-recovery.md, 5.2). */
static bool read_count(const struct snapshot *now, struct bytes marble, uint64_t *count,
                       struct err *err)
{
    struct bytes text;

    *count = 0;
    if (!snapshot_value(now, PREFIX_ACTIVATIONS, marble, &text))
        return true;
    bool good = text.len > 0 && text.len <= 16;
    for (size_t i = 0; good && i < text.len; i++) {
        const uint8_t c = text.at[i];
        const bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';
        good = digit || letter;
        *count = *count << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    return good ||
           err_set(err, FAIL_DAMAGED, "value " PREFIX_ACTIVATIONS "%.*s of the state is no count",
                   BYTES_FMT(marble));
}

static void put_count(struct change *change, struct bytes marble, uint64_t count)
{
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRIx64, count);
    change_put_named(change, PREFIX_ACTIVATIONS, marble, bytes_of_string(text));
}

bool budget_check(const struct snapshot *now, struct bytes marble, uint64_t most, struct err *err)
{
    uint64_t count = 0;

    if (most == 0)
        return true;
    if (!read_count(now, marble, &count, err))
        return false;
    return count < most ||
           err_set(err, FAIL_DENIED,
                   "reached max activations count (%" PRIu64 ") for marble type \"%.*s\"", most,
                   BYTES_FMT(marble));
}

/* A hash over all parts with their lengths, so that no two attempts share a mark. */
bool budget_mark(const struct attempt *a, char **mark, struct err *err)
{
    uint8_t lengths[3][8], digest[SHA256_LEN];
    auto_buf hex = { 0 };
    const struct bytes *const long_parts[] = { &a->marble, &a->uuid, &a->leaf };

    *mark = NULL;
    if (a->name.len == 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(long_parts); i++) {
        for (unsigned byte = 0; byte < 8; byte++)
            lengths[i][byte] = (uint8_t)(long_parts[i]->len >> 8 * byte);
    }
    const struct bytes parts[] = { bytes_of(lengths[0], 8),
                                   a->marble,
                                   bytes_of(lengths[1], 8),
                                   a->uuid,
                                   bytes_of(lengths[2], 8),
                                   a->leaf,
                                   a->name };
    if (!sha256_parts(parts, COUNT_OF(parts), digest, err))
        return false;
    hex_encode(&hex, bytes_of(digest, sizeof digest));
    *mark = mem_printf(PREFIX_ACTIVATION_MARK "%.*s", (int)hex.len, (const char *)hex.at);
    return true;
}

struct mark {
    int64_t at_ms;    /* when it was counted */
    uint64_t answers; /* given for it and not lost */
};

static bool read_number(struct bytes *text, uint64_t *value)
{
    size_t len = 0;

    *value = 0;
    while (len < text->len && len < 18 && text->at[len] >= '0' && text->at[len] <= '9')
        *value = *value * 10 + (uint64_t)(text->at[len++] - '0');
    *text = bytes_of(text->at + len, text->len - len);
    return len > 0;
}

/* "<milliseconds> <answers>" */
static bool read_mark(const struct snapshot *now, const char *name, struct mark *mark)
{
    struct bytes text;
    uint64_t at_ms = 0;

    if (name == NULL || !omap_get(now->values, bytes_of_string(name), &text) ||
        !read_number(&text, &at_ms) || text.len == 0 || text.at[0] != ' ')
        return false;
    text = bytes_of(text.at + 1, text.len - 1);
    mark->at_ms = (int64_t)at_ms;
    return read_number(&text, &mark->answers) && text.len == 0;
}

static void put_mark(struct change *change, const char *name, const struct mark *mark)
{
    char text[48];

    (void)snprintf(text, sizeof text, "%" PRId64 " %" PRIu64, mark->at_ms, mark->answers);
    change_put(change, name, bytes_of_string(text));
}

/* A clock that was set back makes none last longer. */
static bool is_over(const struct mark *mark, int64_t now_ms)
{
    return mark->at_ms > now_ms + BUDGET_MARK_MS || now_ms - mark->at_ms > BUDGET_MARK_MS;
}

bool budget_is_counted(const struct snapshot *now, const char *name, int64_t now_ms)
{
    struct mark mark;

    return read_mark(now, name, &mark) && !is_over(&mark, now_ms);
}

/*
 * Looks at the marks that follow the new one. Their names are hashes, so in the long run every mark comes
 * up, and the ones that are over stay few without a list in the order of time.
 */
static void remove_old_marks(const struct snapshot *now, const char *mark, int64_t now_ms,
                             struct change *change)
{
    struct bytes from = bytes_of_string(mark);
    struct omap_entry e;
    struct mark old;

    for (unsigned i = 0; i < MARKS_LOOKED_AT; i++) {
        if (!omap_seek(now->values, from, true, &e) ||
            !bytes_start_with(e.key, BYTES_LITERAL(PREFIX_ACTIVATION_MARK)))
            return;
        auto_string *name = bytes_to_string(e.key);
        if (!read_mark(now, name, &old) || is_over(&old, now_ms))
            change_delete(change, name);
        from = e.key;
    }
}

bool budget_count(const struct snapshot *now, struct bytes marble, const char *mark, int64_t now_ms,
                  struct change *change, struct err *err)
{
    uint64_t count = 0;

    if (!read_count(now, marble, &count, err))
        return false;
    put_count(change, marble, count + 1);
    if (mark == NULL)
        return true;
    put_mark(change, mark, &(struct mark){ now_ms, 1 });
    remove_old_marks(now, mark, now_ms, change);
    return true;
}

bool budget_answer_again(const struct snapshot *now, const char *name, int64_t now_ms,
                         struct change *change, int64_t *counted_ms)
{
    struct mark mark;

    if (!read_mark(now, name, &mark) || is_over(&mark, now_ms))
        return false;
    mark.answers++;
    put_mark(change, name, &mark);
    *counted_ms = mark.at_ms;
    return true;
}

/* *last: no other answer for the attempt may have arrived. FAIL_STATE when its mark is gone or newer. */
static bool forget_answer(const struct snapshot *now, const char *name, int64_t counted_ms,
                          struct change *change, bool *last, struct err *err)
{
    struct mark mark;

    if (!read_mark(now, name, &mark) || mark.at_ms != counted_ms || mark.answers == 0)
        return err_set(err, FAIL_STATE, "too much time has passed");
    *last = --mark.answers == 0;
    if (*last)
        change_delete(change, name);
    else
        put_mark(change, name, &mark);
    return true;
}

bool budget_give_back(const struct snapshot *now, struct bytes marble, const char *mark,
                      int64_t counted_ms, struct change *change, struct err *err)
{
    uint64_t count = 0;
    bool last = true;

    if (mark != NULL && !forget_answer(now, mark, counted_ms, change, &last, err))
        return false;
    if (!last)
        return true;
    if (!read_count(now, marble, &count, err))
        return false;
    if (count == 0)
        return err_set(err, FAIL_STATE, "there is nothing to give back");
    put_count(change, marble, count - 1);
    return true;
}
