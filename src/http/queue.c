/* SPDX-License-Identifier: Apache-2.0 */
#include "http/internal.h"

void http_queue_add(struct http_queue *queue, struct bytes more)
{
    buf_add(&queue->buf, more);
}

struct bytes http_queue_view(const struct http_queue *queue)
{
    if (queue->buf.len == 0)
        return BYTES_NONE;
    return bytes_of(queue->buf.at + queue->taken, queue->buf.len - queue->taken);
}

void http_queue_take(struct http_queue *queue, size_t len)
{
    queue->taken += len;
    /* Only when at least as much goes as stays: a client that sends many small requests at once
     * must not make us move the rest for each of them. */
    if (queue->taken >= queue->buf.len - queue->taken) {
        buf_drop_front(&queue->buf, queue->taken);
        queue->taken = 0;
    }
}

void http_queue_clear(struct http_queue *queue)
{
    buf_clear(&queue->buf);
    queue->taken = 0;
}
