/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "metrics/metrics.h"

/*
 * The text exposition format 0.0.4, line by line: for the registry and its collectors.
 *
 *   text_family    once, in front of the samples of a metric
 *   text_sample    a value with up to METRIC_LABELS labels, and le
 */
struct text_label {
    const char *name;
    struct bytes value; /* any bytes: those that are no UTF-8 become U+FFFD */
};

void text_family(struct buf *out, const char *name, enum metric_type type, const char *help);
/* The name and the labels of a sample; its value and a line feed follow by text_number or text_count. */
void text_series(struct buf *out, const char *name, const struct text_label *labels, size_t count);
/* The shortest text that reads back as the same number; "+Inf", "-Inf", "NaN". */
void text_number(struct buf *out, double value);
void text_count(struct buf *out, int64_t value);
/* A family with a single series and no labels. */
void text_gauge(struct buf *out, const char *name, const char *help, double value);
