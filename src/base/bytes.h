/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/base.h"

#include <stdarg.h>

/*
 * A borrowed run of bytes: a view that owns nothing. Text is kept in the same type and need not
 * end with a NUL.
 */
struct bytes {
    const uint8_t *at; /* may be NULL when len is 0 */
    size_t len;        /* bytes */
};

/* The bytes of a string literal, without its NUL. */
#define BYTES_LITERAL(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })
#define BYTES_NONE ((struct bytes){ NULL, 0 })
/* For "%.*s" with a length that fits in an int: long text is cut, never misread. */
#define BYTES_FMT(b)                                                                               \
    (int)((b).len > 200 ? 200 : (b).len), (const char *)((b).at ? (b).at : (const uint8_t *)"")

struct bytes bytes_of(const void *at, size_t len);
/* The bytes of a NUL-terminated string, without the NUL; NULL gives none. */
struct bytes bytes_of_string(const char *text);
/* Not constant-time: for public data only. */
bool bytes_equal(struct bytes a, struct bytes b) MUST_CHECK;
bool bytes_equal_string(struct bytes a, const char *text) MUST_CHECK;
/* ASCII letters compare without regard to case. */
bool bytes_equal_nocase(struct bytes a, const char *text) MUST_CHECK;
/* Byte order, a shorter prefix first: <0, 0, >0. */
int bytes_compare(struct bytes a, struct bytes b) MUST_CHECK;
bool bytes_start_with(struct bytes whole, struct bytes prefix) MUST_CHECK;
/* Line `number`, from 0, of lines joined by '\n': text without one is one line, also when it is empty. False when
 * there are not so many. */
bool bytes_line(struct bytes text, size_t number, struct bytes *line) MUST_CHECK;
/* A port: decimal digits, 0 to 65535, nothing else. */
bool bytes_to_port(struct bytes text, uint16_t *port) MUST_CHECK;
/* A NUL-terminated copy on the heap, freed by the caller. Never fails: a small fixed allocation. */
char *bytes_to_string(struct bytes b) MUST_CHECK;
/* A copy on the heap (at least one byte is allocated), freed by the caller. */
uint8_t *bytes_copy(struct bytes b) MUST_CHECK;

/* malloc, calloc and realloc that end the process when there is no memory; for sizes that are
 * bounded before the call. */
void *mem_alloc(size_t size) MUST_CHECK;
void *mem_zero_alloc(size_t count, size_t size) MUST_CHECK;
void *mem_resize(void *old, size_t size) MUST_CHECK;
char *mem_string(const char *text) MUST_CHECK;
/* The same as a message: a formatted string on the heap. */
char *mem_printf(const char *fmt, ...) PRINTF_LIKE(1, 2) MUST_CHECK;
char *mem_vprintf(const char *fmt, va_list args) PRINTF_LIKE(1, 0) MUST_CHECK;
/* Wipes `len` bytes and frees them; NULL is fine. */
void mem_wipe_free(void *at, size_t len);

static inline void string_cleanup(char **text)
{
    __builtin_free(*text);
}
#define auto_string char CLEANUP(string_cleanup)
