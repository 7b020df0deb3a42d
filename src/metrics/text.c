/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/text.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *type_name(enum metric_type type)
{
    switch (type) {
    case METRIC_NONE:
        break;
    case METRIC_COUNTER:
        return "counter";
    case METRIC_GAUGE:
        return "gauge";
    case METRIC_HISTOGRAM:
        return "histogram";
    }
    return "untyped";
}

/* A backslash and a line feed are escaped everywhere, a quote in values of labels. */
static void put_byte(struct buf *out, uint8_t byte, bool in_label)
{
    if (byte == '\n')
        buf_add_string(out, "\\n");
    else if (byte == '\\')
        buf_add_string(out, "\\\\");
    else if (byte == '"' && in_label)
        buf_add_string(out, "\\\"");
    else
        buf_add_u8(out, byte);
}

static void put_escaped(struct buf *out, struct bytes text, bool in_label)
{
    while (text.len > 0) {
        uint32_t point = 0;
        const size_t len = utf8_sequence(text, &point);
        if (len == 0)
            buf_add_string(out, "\xef\xbf\xbd");
        else if (len == 1)
            put_byte(out, text.at[0], in_label);
        else
            buf_add(out, bytes_of(text.at, len));
        text = bytes_of(text.at + (len == 0 ? 1 : len), text.len - (len == 0 ? 1 : len));
    }
}

void text_family(struct buf *out, const char *name, enum metric_type type, const char *help)
{
    buf_add_format(out, "# HELP %s ", name);
    put_escaped(out, bytes_of_string(help), false);
    buf_add_format(out, "\n# TYPE %s %s\n", name, type_name(type));
}

void text_series(struct buf *out, const char *name, const struct text_label *labels, size_t count)
{
    buf_add_string(out, name);
    for (size_t i = 0; i < count; i++) {
        buf_add_u8(out, i == 0 ? '{' : ',');
        buf_add_string(out, labels[i].name);
        buf_add_string(out, "=\"");
        put_escaped(out, labels[i].value, true);
        buf_add_u8(out, '"');
    }
    buf_add_string(out, count == 0 ? " " : "} ");
}

void text_number(struct buf *out, double value)
{
    char text[40];

    if (isnan(value) || isinf(value)) {
        buf_add_string(out, isnan(value) ? "NaN\n" : value > 0 ? "+Inf\n" : "-Inf\n");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (digits == 17 || !(strtod(text, NULL) < value || strtod(text, NULL) > value))
            break;
    }
    buf_add_string(out, text);
    buf_add_u8(out, '\n');
}

void text_count(struct buf *out, int64_t value)
{
    buf_add_format(out, "%" PRId64 "\n", value);
}

void text_gauge(struct buf *out, const char *name, const char *help, double value)
{
    text_family(out, name, METRIC_GAUGE, help);
    text_series(out, name, NULL, 0);
    text_number(out, value);
}
