/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One input as each of the things that gRPC sends: an accepted body is what framing its message
 * gives; a text survives grpc-message, or comes back as valid UTF-8; a time-out is what it says.
 */
#include "base/utf8.h"
#include "grpc/grpc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_body(struct bytes body)
{
    struct bytes message;
    enum grpc_status status;
    auto_buf framed = { 0 };
    struct err err = { 0 };

    if (grpc_unframe(body, &message, &status, &err)) {
        grpc_frame(message, &framed);
        require(bytes_equal(buf_bytes(&framed), body) && message.len <= GRPC_MESSAGE_MAX);
        require(err.kind == FAIL_NONE && status == GRPC_OK);
        return;
    }
    require(err.kind == FAIL_MALFORMED ? status == GRPC_INTERNAL
                                       : status == GRPC_RESOURCE_EXHAUSTED);
    require(strncmp(err.text, "grpc: ", 6) == 0);
}

static void check_text(struct bytes text)
{
    auto_buf value = { 0 }, back = { 0 };

    grpc_message_encode(text, &value);
    for (size_t i = 0; i < value.len; i++)
        require(value.at[i] >= ' ' && value.at[i] <= '~');
    grpc_message_decode(buf_bytes(&value), &back);
    require(utf8_valid(text) ? bytes_equal(buf_bytes(&back), text) : utf8_valid(buf_bytes(&back)));
}

static void check_value(struct bytes value)
{
    auto_buf text = { 0 };

    grpc_message_decode(value, &text);
    require(text.len <= value.len);
    if (value.len == 0 || memchr(value.at, '%', value.len) == NULL)
        require(bytes_equal(buf_bytes(&text), value));
}

static void check_timeout(struct bytes value)
{
    static const struct {
        char letter;
        uint64_t unit;
    } units[] = { { 'H', 3600000000000 }, { 'M', 60000000000 }, { 'S', 1000000000 },
                  { 'm', 1000000 },       { 'u', 1000 },        { 'n', 1 } };
    uint64_t is;
    struct err err = { 0 };

    if (!grpc_timeout_parse(value, &is, &err)) {
        require(err.kind == FAIL_MALFORMED);
        return;
    }
    require(value.len >= 2 && value.len <= 9 && is <= GRPC_TIMEOUT_MAX);
    auto_string *digits = bytes_to_string(bytes_of(value.at, value.len - 1));
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (units[i].letter == (char)value.at[value.len - 1])
            require(is == GRPC_TIMEOUT_MAX || is / units[i].unit == strtoull(digits, NULL, 10));
    }
}

static void check_status(struct bytes in)
{
    auto_string *text = bytes_to_string(in);
    const enum grpc_status status = grpc_status_from_text(text);

    require(status <= GRPC_UNAUTHENTICATED && grpc_status_name(status)[0] != '\0');
    require(status == GRPC_UNKNOWN || strtoull(text, NULL, 10) == (unsigned long long)status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes in = bytes_of(data, size);

    check_body(in);
    check_text(in);
    check_value(in);
    check_timeout(in);
    check_status(in);
    return 0;
}
