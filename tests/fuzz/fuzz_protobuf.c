/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages of the Marble API: what a decoder accepts it accepts again, unchanged, from our own
 * encoder, whose bytes are then always the same; what it refuses it names.
 */
#include "base/utf8.h"
#include "grpc/marble_messages.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void check_refusal(const struct err *err)
{
    static const char format[] = "proto: cannot parse invalid wire-format data (";

    if (err->kind == FAIL_TOO_LARGE)
        return;
    require(err->kind == FAIL_MALFORMED);
    require(strncmp(err->text, format, sizeof format - 1) == 0 ||
            strcmp(err->text, "string field contains invalid UTF-8") == 0);
}

static void check_request(struct bytes in)
{
    struct activation_request first, second;
    auto_buf encoded = { 0 };
    struct err err = { 0 };

    if (!activation_request_decode(in, &first, &err)) {
        check_refusal(&err);
        return;
    }
    require(utf8_valid(first.marble_type) && utf8_valid(first.uuid));
    activation_request_encode(&first, &encoded);
    require(encoded.len <= in.len);
    require(activation_request_decode(buf_bytes(&encoded), &second, &err));
    require(bytes_equal(first.quote, second.quote) && bytes_equal(first.csr, second.csr) &&
            bytes_equal(first.marble_type, second.marble_type) &&
            bytes_equal(first.uuid, second.uuid));
}

static void check_map(const struct marble_parameter *a, size_t a_count,
                      const struct marble_parameter *b, size_t b_count)
{
    require(a_count == b_count);
    for (size_t i = 0; i < a_count; i++) {
        require(bytes_equal(a[i].name, b[i].name) && bytes_equal(a[i].value, b[i].value));
        require(utf8_valid(a[i].name));
        for (size_t k = 0; a_count <= 200 && k < i; k++)
            require(!bytes_equal(a[i].name, a[k].name));
    }
}

static void check_response(struct bytes in)
{
    struct marble_parameters first, second;
    auto_buf encoded = { 0 }, again = { 0 };
    auto_arena arena = { 0 };
    struct err err = { 0 };

    if (!activation_response_decode(in, &arena, &first, &err)) {
        check_refusal(&err);
        return;
    }
    require(first.file_count + first.env_count + first.argv_count <= MARBLE_PARAMETERS_MAX);
    activation_response_encode(&first, &encoded);
    require(activation_response_decode(buf_bytes(&encoded), &arena, &second, &err));
    check_map(first.files, first.file_count, second.files, second.file_count);
    check_map(first.env, first.env_count, second.env, second.env_count);
    require(first.argv_count == second.argv_count);
    for (size_t i = 0; i < first.argv_count; i++)
        require(bytes_equal(first.argv[i], second.argv[i]) && utf8_valid(first.argv[i]));
    activation_response_encode(&second, &again);
    require(bytes_equal(buf_bytes(&encoded), buf_bytes(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request(bytes_of(data, size));
    check_response(bytes_of(data, size));
    return 0;
}
