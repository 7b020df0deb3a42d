/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LARGEST = 1 << 30 }; /* bytes; the sizes below cannot wrap */

static size_t pages_for(size_t len)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (sizeof(struct secret) + len + page - 1) / page * page;
}

struct secret *secret_new(size_t len, struct err *err)
{
    if (len > LARGEST) {
        (void)err_set(err, FAIL_INTERNAL, "%zu secret bytes are too many", len);
        return NULL;
    }
    const size_t size = pages_for(len);
    struct secret *s = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (s == MAP_FAILED) {
        (void)err_errno(err, FAIL_INTERNAL, "memory for %zu secret bytes", len);
        return NULL;
    }
    /* Best effort: a process that may not lock pages still keeps them out of dumps. */
    (void)mlock(s, size);
    (void)madvise(s, size, MADV_DONTDUMP);
    (void)madvise(s, size, MADV_DONTFORK);
    s->len = len;
    return s;
}

struct secret *secret_copy(struct bytes from, struct err *err)
{
    struct secret *s = secret_new(from.len, err);

    if (s != NULL && from.len > 0)
        memcpy(s->at, from.at, from.len);
    return s;
}

bool bytes_equal_secretly(struct bytes a, struct bytes b)
{
    volatile uint8_t difference = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        difference = (uint8_t)(difference | (a.at[i] ^ b.at[i]));
    return difference == 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    return a != NULL && b != NULL && bytes_equal_secretly(secret_bytes(a), secret_bytes(b));
}

struct bytes secret_bytes(const struct secret *s)
{
    return s == NULL ? BYTES_NONE : bytes_of(s->at, s->len);
}

void secret_free(struct secret *s)
{
    if (s == NULL)
        return;
    const size_t size = pages_for(s->len);
    explicit_bzero(s, sizeof *s + s->len);
    (void)munmap(s, size);
}
