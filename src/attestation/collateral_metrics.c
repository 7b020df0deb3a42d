/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/collateral_store.h"
#include "metrics/text.h"

#include <stdlib.h>

enum { MOST_SERIES = 100 }; /* of each family */

static int by_expiration(const void *a, const void *b)
{
    const struct collateral_file *const x = *(const struct collateral_file *const *)a;
    const struct collateral_file *const y = *(const struct collateral_file *const *)b;
    const int64_t left = x->summary.earliest_expiration, right = y->summary.earliest_expiration;

    return (left > right) - (left < right);
}

static void put_expiry(const struct collateral_file *file, struct buf *out)
{
    static const char name[] = "taw_collateral_expiry_timestamp_seconds";
    auto_buf platform = { 0 };

    collateral_put_platform(&platform, &file->summary);
    const struct text_label labels[] = {
        { "tee", bytes_of_string(tee_text(file->summary.tee)) },
        { "platform", buf_bytes(&platform) },
        { "file", bytes_of_string(file->name) },
    };
    text_series(out, name, labels, COUNT_OF(labels));
    text_count(out, file->summary.earliest_expiration);
}

/* Those that expire first; all of them count. */
static void put_used(const struct collateral_set *set, struct buf *out)
{
    const struct collateral_file *used[COLLATERAL_FILES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        if (set->files[i].collateral != NULL)
            used[count++] = &set->files[i];
    }
    qsort((void *)used, count, sizeof used[0], by_expiration);
    text_gauge(out, "taw_collateral_bundles", "Collateral bundles in use.", (double)count);
    if (count > 0)
        text_family(out, "taw_collateral_expiry_timestamp_seconds", METRIC_GAUGE,
                    "When a collateral bundle expires; the 100 that expire first.");
    for (size_t i = 0; i < count && i < MOST_SERIES; i++)
        put_expiry(used[i], out);
}

static void put_refused(const struct collateral_set *set, struct buf *out)
{
    static const char name[] = "taw_collateral_refused";
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct collateral_file *const file = &set->files[i];
        if (file->refusal == NULL || count == MOST_SERIES)
            continue;
        if (count++ == 0)
            text_family(out, name, METRIC_GAUGE,
                        "1 for a file of collateral that is not used as it is now; the log says "
                        "why. 100 at most.");
        const struct text_label labels[] = {
            { "reason", bytes_of_string(file->reason == REASON_NONE ? "unreadable"
                                                                    : reason_text(file->reason)) },
            { "file", bytes_of_string(file->name) },
        };
        text_series(out, name, labels, COUNT_OF(labels));
        text_count(out, 1);
    }
}

static void collect(void *arg, struct buf *out)
{
    auto_collateral_set *set = collateral_store_set(arg);

    put_used(set, out);
    put_refused(set, out);
}

void collateral_store_observe(struct collateral_store *store, struct metrics *metrics)
{
    if (store != NULL)
        metrics_add_collector(metrics, collect, store);
}
