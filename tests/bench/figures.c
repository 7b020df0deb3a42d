/* SPDX-License-Identifier: Apache-2.0 */
#include "figures.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)fputs("benchmark: ", stderr);
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void die_of(const char *what, const struct err *err)
{
    die("%s: %s", what, err->text);
}

double now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void samples_add(struct samples *samples, double value)
{
    if (samples->count == MAX_SAMPLES)
        die("more than %d samples", MAX_SAMPLES);
    samples->at[samples->count++] = value;
    qsort(samples->at, samples->count, sizeof samples->at[0], compare);
}

double samples_least(const struct samples *samples)
{
    return samples->at[0];
}

double samples_most(const struct samples *samples)
{
    return samples->at[samples->count - 1];
}

double samples_median(const struct samples *samples)
{
    const size_t middle = samples->count / 2;

    return samples->count % 2 == 1 ? samples->at[middle]
                                   : (samples->at[middle - 1] + samples->at[middle]) / 2;
}

void print_row(const char *what, const char *figure)
{
    (void)printf("| %s | %s | | |\n", what, figure);
    (void)fflush(stdout);
}

void print_row_with_aim(const char *what, const char *figure, const char *aim, bool met)
{
    (void)printf("| %s | %s | %s | %s |\n", what, figure, aim, met ? "yes" : "**no**");
    (void)fflush(stdout);
}

void manifest_with_secrets(struct buf *out, size_t secrets, const char *recovery)
{
    buf_add_format(out,
                   "{\"Packages\":{\"p\":{\"UniqueID\":\"%064d\",\"Debug\":false}},%s"
                   "\"Marbles\":{\"m\":{\"Package\":\"p\",\"Parameters\":{}}},\"Secrets\":{",
                   1, recovery);
    for (size_t i = 0; i < secrets; i++)
        buf_add_format(out,
                       "%s\"s%05zu\":{\"Type\":\"symmetric-key\",\"Size\":256,\"Shared\":true}",
                       i == 0 ? "" : ",", i);
    buf_add_string(out, "}}");
}
