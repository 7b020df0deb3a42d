/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct bytes bytes_of(const void *at, size_t len)
{
    return (struct bytes){ at, len };
}

struct bytes bytes_of_string(const char *text)
{
    return text == NULL ? BYTES_NONE : bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool bytes_equal_string(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_string(text));
}

bool bytes_equal_nocase(struct bytes a, const char *text)
{
    return a.len == strlen(text) &&
           (a.len == 0 || strncasecmp((const char *)a.at, text, a.len) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    const size_t common = a.len < b.len ? a.len : b.len;
    const int order = common == 0 ? 0 : memcmp(a.at, b.at, common);

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool bytes_start_with(struct bytes whole, struct bytes prefix)
{
    return whole.len >= prefix.len && bytes_equal(bytes_of(whole.at, prefix.len), prefix);
}

bool bytes_line(struct bytes text, size_t number, struct bytes *line)
{
    for (size_t i = 0;; i++) {
        const uint8_t *const end = text.len == 0 ? NULL : memchr(text.at, '\n', text.len);
        const size_t len = end == NULL ? text.len : (size_t)(end - text.at);
        if (i == number) {
            *line = bytes_of(text.at, len);
            return true;
        }
        if (end == NULL)
            return false;
        text = bytes_of(end + 1, text.len - len - 1);
    }
}

bool bytes_to_port(struct bytes text, uint16_t *port)
{
    unsigned value = 0;

    if (text.len == 0 || text.len > 5)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.at[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

char *bytes_to_string(struct bytes b)
{
    char *copy = mem_alloc(b.len + 1);

    if (b.len > 0)
        memcpy(copy, b.at, b.len);
    copy[b.len] = '\0';
    return copy;
}

uint8_t *bytes_copy(struct bytes b)
{
    return (uint8_t *)bytes_to_string(b);
}

static void *mem_or_die(void *at)
{
    if (at == NULL) {
        (void)fputs("out of memory\n", stderr);
        abort();
    }
    return at;
}

void *mem_alloc(size_t size)
{
    return mem_or_die(malloc(size > 0 ? size : 1));
}

void *mem_zero_alloc(size_t count, size_t size)
{
    return mem_or_die(calloc(count > 0 ? count : 1, size));
}

void *mem_resize(void *old, size_t size)
{
    return mem_or_die(realloc(old, size > 0 ? size : 1));
}

char *mem_string(const char *text)
{
    return mem_or_die(strdup(text));
}

char *mem_vprintf(const char *fmt, va_list args)
{
    char *text = NULL;
    const int len = vasprintf(&text, fmt, args);

    return mem_or_die(len < 0 ? NULL : text);
}

char *mem_printf(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    char *const text = mem_vprintf(fmt, args);
    va_end(args);
    return text;
}

void mem_wipe_free(void *at, size_t len)
{
    if (at == NULL)
        return;
    explicit_bzero(at, len);
    free(at);
}
