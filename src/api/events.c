/* SPDX-License-Identifier: Apache-2.0 */
#include "api/events.h"

#include "codec/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct event {
    struct event *next;
    atomic_size_t refs; /* of the list, and of those who write it down */
    int64_t at_ms;
    size_t type_len, uuid_len, quote_len;
    uint8_t bytes[]; /* the three, one behind the other */
};

struct events {
    pthread_mutex_t lock;
    struct event *first, **end;
    size_t count, bytes;
};

struct events *events_new(void)
{
    struct events *const e = mem_zero_alloc(1, sizeof *e);

    (void)pthread_mutex_init(&e->lock, NULL);
    e->end = &e->first;
    return e;
}

static size_t size_of(const struct event *event)
{
    return sizeof *event + event->type_len + event->uuid_len + event->quote_len;
}

static void event_unref(struct event *event)
{
    if (atomic_fetch_sub(&event->refs, 1) == 1)
        free(event);
}

/* Under the lock. */
static void forget_oldest(struct events *e)
{
    struct event *const oldest = e->first;

    e->first = oldest->next;
    if (e->first == NULL)
        e->end = &e->first;
    e->count--;
    e->bytes -= size_of(oldest);
    event_unref(oldest);
}

void events_free(struct events *e)
{
    if (e == NULL)
        return;
    while (e->first != NULL)
        forget_oldest(e);
    (void)pthread_mutex_destroy(&e->lock);
    free(e);
}

static uint8_t *put(uint8_t *to, struct bytes from)
{
    if (from.len > 0)
        memcpy(to, from.at, from.len);
    return to + from.len;
}

static struct event *event_new(int64_t now_ms, struct bytes type, struct bytes uuid,
                               struct bytes quote)
{
    struct event *const event = mem_alloc(sizeof *event + type.len + uuid.len + quote.len);

    *event = (struct event){ NULL, 1, now_ms, type.len, uuid.len, quote.len };
    (void)put(put(put(event->bytes, type), uuid), quote);
    return event;
}

void events_add_activation(struct events *e, int64_t now_ms, struct bytes type, struct bytes uuid,
                           struct bytes quote)
{
    if (e == NULL)
        return;
    struct event *const event =
        event_new(now_ms, type, uuid, quote.len > EVENTS_LARGEST_QUOTE ? BYTES_NONE : quote);
    (void)pthread_mutex_lock(&e->lock);
    *e->end = event;
    e->end = &event->next;
    e->count++;
    e->bytes += size_of(event);
    while (e->count > EVENTS_MOST || e->bytes > EVENTS_BYTES)
        forget_oldest(e);
    (void)pthread_mutex_unlock(&e->lock);
}

/* ---- JSON ---- */

/* RFC 3339 in local time; zeros at the end of the fraction are left out. */
static void put_time(struct buf *out, int64_t at_ms)
{
    const time_t seconds = (time_t)(at_ms / 1000);
    const int ms = (int)(at_ms % 1000);
    struct tm local = { 0 };
    char text[32] = "";

    (void)localtime_r(&seconds, &local);
    (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &local);
    buf_add_string(out, text);
    if (ms % 10 != 0)
        buf_add_format(out, ".%03d", ms);
    else if (ms % 100 != 0)
        buf_add_format(out, ".%02d", ms / 10);
    else if (ms != 0)
        buf_add_format(out, ".%d", ms / 100);
    const long minutes = local.tm_gmtoff / 60;
    if (minutes == 0)
        buf_add_u8(out, 'Z');
    else
        buf_add_format(out, "%c%02ld:%02ld", minutes < 0 ? '-' : '+', labs(minutes) / 60,
                       labs(minutes) % 60);
}

static void put_event(struct buf *out, const struct event *event)
{
    const uint8_t *const uuid = event->bytes + event->type_len;

    json_put_comma(out);
    buf_add_string(out, "{\"time\":\"");
    put_time(out, event->at_ms);
    buf_add_string(out, "\",\"activation\":{\"marbleType\":");
    json_put_string(out, bytes_of(event->bytes, event->type_len));
    json_put_name(out, "uuid");
    json_put_string(out, bytes_of(uuid, event->uuid_len));
    json_put_name(out, "quote");
    if (event->quote_len > 0)
        json_put_octets(out, bytes_of(uuid + event->uuid_len, event->quote_len));
    else
        buf_add_string(out, "null");
    buf_add_string(out, "}}");
}

/* References to all that are there now; the caller gives them back and frees the array. */
static struct event **take_all(struct events *e, size_t *count)
{
    (void)pthread_mutex_lock(&e->lock);
    struct event **const all = mem_alloc((e->count + 1) * sizeof(struct event *));
    *count = 0;
    for (struct event *event = e->first; event != NULL; event = event->next) {
        (void)atomic_fetch_add(&event->refs, 1);
        all[(*count)++] = event;
    }
    (void)pthread_mutex_unlock(&e->lock);
    return all;
}

/* Written without the lock: activations do not wait for a reader. */
void events_write(struct events *e, struct buf *out)
{
    size_t count = 0;
    struct event **const all = take_all(e, &count);

    buf_add_string(out, count == 0 ? "null" : "[");
    for (size_t i = 0; i < count; i++) {
        put_event(out, all[i]);
        event_unref(all[i]);
    }
    if (count > 0)
        buf_add_u8(out, ']');
    free(all);
}
