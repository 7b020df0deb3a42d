/* SPDX-License-Identifier: Apache-2.0 */
#include "api/marble_series.h"

#include "metrics/text.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2048 }; /* a power of two, twice as many as may be used */

/* A pair, or a type with everything that has no pair. */
struct row {
    char *type, *uuid; /* type NULL: the slot is free */
    uint64_t attempts, successes;
    uint64_t results[MARBLE_SERIES_RESULTS]; /* of a type only */
};
/* Open addressing with linear probing; nothing is ever removed. */
struct table {
    size_t used;
    struct row rows[SLOTS];
};
struct marble_series {
    pthread_mutex_t lock; /* for a few comparisons each time */
    struct table pairs, types;
    struct row unknown;
};

struct marble_series *marble_series_new(void)
{
    struct marble_series *const s = mem_zero_alloc(1, sizeof *s);

    (void)pthread_mutex_init(&s->lock, NULL);
    s->unknown = (struct row){ .type = mem_string("unknown"), .uuid = mem_string("other") };
    return s;
}

static void row_clear(struct row *row)
{
    free(row->type);
    free(row->uuid);
}

void marble_series_free(struct marble_series *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++) {
        row_clear(&s->pairs.rows[i]);
        row_clear(&s->types.rows[i]);
    }
    row_clear(&s->unknown);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* FNV-1a. Only who is activated gets a row, so nobody can fill the table with collisions at will; and 1,000
 * comparisons are the most that he could cause. */
static size_t home(struct bytes type, struct bytes uuid)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < type.len + uuid.len; i++) {
        hash ^= i < type.len ? type.at[i] : uuid.at[i - type.len];
        hash *= 16777619u;
    }
    return hash % SLOTS;
}

/* The row, or the free slot where it would be. */
static struct row *find(struct table *table, struct bytes type, struct bytes uuid)
{
    size_t i = home(type, uuid);

    while (table->rows[i].type != NULL && !(bytes_equal_string(type, table->rows[i].type) &&
                                            bytes_equal_string(uuid, table->rows[i].uuid)))
        i = (i + 1) % SLOTS;
    return &table->rows[i];
}

/* A NUL would cut the name when it is kept, so that two names looked the same. */
static bool is_usual(struct bytes name)
{
    return name.len <= MARBLE_SERIES_LONGEST &&
           (name.len == 0 || memchr(name.at, '\0', name.len) == NULL);
}

/* The row with this name; NULL when it is not there and `add` is false or there is no room. */
static struct row *row_of(struct table *table, struct bytes type, struct bytes uuid, bool add)
{
    if (!is_usual(type) || !is_usual(uuid))
        return NULL;
    struct row *const row = find(table, type, uuid);
    if (row->type != NULL)
        return row;
    if (!add || table->used == MARBLE_SERIES_MOST)
        return NULL;
    table->used++;
    row->type = bytes_to_string(type);
    row->uuid = bytes_to_string(uuid);
    return row;
}

void marble_series_count(struct marble_series *s, struct bytes type, struct bytes uuid, bool known,
                         bool success, size_t result)
{
    assert(result < MARBLE_SERIES_RESULTS);
    (void)pthread_mutex_lock(&s->lock);
    /* A type of that very name shares its series. */
    const bool own = known && !bytes_equal_string(type, s->unknown.type);
    struct row *of_type = own ? row_of(&s->types, type, BYTES_LITERAL("other"), true) : NULL;
    if (of_type == NULL)
        of_type = &s->unknown;
    struct row *const pair = row_of(&s->pairs, type, uuid, success);
    struct row *const row = pair != NULL ? pair : of_type;
    row->attempts++;
    row->successes += success;
    of_type->results[result]++;
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- text ---- */

static void write_row(const struct row *row, const char *name, uint64_t value, struct buf *out)
{
    const struct text_label labels[] = { { "type", bytes_of_string(row->type) },
                                         { "uuid", bytes_of_string(row->uuid) } };

    if (row->type == NULL || value == 0)
        return;
    text_series(out, name, labels, COUNT_OF(labels));
    text_count(out, (int64_t)value);
}

static void write_family(const struct marble_series *s, const char *name, const char *help,
                         bool successes, struct buf *out)
{
    text_family(out, name, METRIC_COUNTER, help);
    for (size_t i = 0; i < SLOTS; i++) {
        const struct row *const pair = &s->pairs.rows[i], *const type = &s->types.rows[i];
        write_row(pair, name, successes ? pair->successes : pair->attempts, out);
        write_row(type, name, successes ? type->successes : type->attempts, out);
    }
    write_row(&s->unknown, name, successes ? s->unknown.successes : s->unknown.attempts, out);
}

static void write_results(const struct row *row, const char *const *results, size_t count,
                          struct buf *out)
{
    static const char name[] = "taw_marble_activations_total";

    for (size_t i = 0; row->type != NULL && i < count; i++) {
        const struct text_label labels[] = { { "result", bytes_of_string(results[i]) },
                                             { "type", bytes_of_string(row->type) } };
        if (row->results[i] == 0)
            continue;
        text_series(out, name, labels, COUNT_OF(labels));
        text_count(out, (int64_t)row->results[i]);
    }
}

void marble_series_write(struct marble_series *s, const char *const *results, size_t count,
                         struct buf *out)
{
    assert(count <= MARBLE_SERIES_RESULTS);
    /* Names never change once they are there, so a copy of the rows is enough. */
    struct marble_series *const now = mem_alloc(sizeof *now);
    (void)pthread_mutex_lock(&s->lock);
    memcpy(&now->pairs, &s->pairs, sizeof now->pairs);
    memcpy(&now->types, &s->types, sizeof now->types);
    now->unknown = s->unknown;
    (void)pthread_mutex_unlock(&s->lock);

    write_family(now, "coordinator_marble_activations_total",
                 "Attempts of Marbles to activate themselves, when they are answered.", false, out);
    write_family(now, "coordinator_marble_activations_success_total",
                 "Marbles that were activated.", true, out);
    text_family(out, "taw_marble_activations_total", METRIC_COUNTER,
                "Attempts of Marbles to activate themselves, by what came out.");
    for (size_t i = 0; i < SLOTS; i++)
        write_results(&now->types.rows[i], results, count, out);
    write_results(&now->unknown, results, count, out);
    free(now);
}
