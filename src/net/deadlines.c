/* SPDX-License-Identifier: Apache-2.0 */
#include "net/internal.h"

void deadlines_init(struct deadlines *d, struct event_base *base, event_callback_fn fire, void *arg)
{
    *d = (struct deadlines){ 0 };
    (void)event_assign(&d->timer, base, -1, 0, fire, arg);
}

void deadlines_stop(struct deadlines *d)
{
    (void)event_del(&d->timer);
}

void deadlines_while(struct deadlines *d, enum deadline which, bool applies, unsigned ms,
                     int64_t now)
{
    if (!applies)
        d->by[which] = 0;
    else if (d->by[which] == 0)
        d->by[which] = now + ms;
}

/*
 * The timer is only ever moved to an earlier time; when it fires too early it is set anew. So a
 * connection that goes from request to request hardly touches it.
 */
void deadlines_arm(struct deadlines *d, int64_t now)
{
    int64_t first = 0;

    for (size_t i = 0; i < DEADLINE_COUNT; i++) {
        if (d->by[i] != 0 && (first == 0 || d->by[i] < first))
            first = d->by[i];
    }
    if (first == 0 || (d->timer_at != 0 && d->timer_at <= first))
        return;
    const int64_t wait = first > now ? first - now : 1;
    const struct timeval time = { wait / 1000, wait % 1000 * 1000 };
    (void)event_add(&d->timer, &time);
    d->timer_at = first;
}

enum deadline deadlines_fired(struct deadlines *d, int64_t now)
{
    d->timer_at = 0;
    for (size_t i = DEADLINE_NONE + 1; i < DEADLINE_COUNT; i++) {
        if (d->by[i] != 0 && d->by[i] <= now)
            return (enum deadline)i;
    }
    return DEADLINE_NONE;
}
