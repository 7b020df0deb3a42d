/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and answers that were carried, a request after an even first byte. What is taken can be written, is read again
 * as the same, and has no text that could pretend to be another line; an answer never has a plain secret.
 */
#include "base/reader.h"
#include "cli/recovery/answer.h"
#include "cli/recovery/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static void require_line(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        require(text.at[i] >= 0x20 && text.at[i] != 0x7f);
}

static void read_request(struct bytes in)
{
    auto_recovery_request r = { 0 }, again = { 0 };
    auto_buf first = { 0 }, second = { 0 };
    struct err err = { 0 };

    if (!recovery_request_read(in, &r, &err)) {
        require(err.kind == FAIL_MALFORMED || err.kind == FAIL_TOO_LARGE);
        return;
    }
    require_line(r.made);
    require_line(r.endpoint);
    require_line(r.session);
    for (const struct json *v = json_first(r.missing); v != NULL; v = json_next(v))
        require_line(v->text);
    require(recovery_request_write(&r, &first, &err) &&
            recovery_request_read(buf_bytes(&first), &again, &err) &&
            recovery_request_write(&again, &second, &err));
    require(bytes_equal(buf_bytes(&first), buf_bytes(&second)) &&
            key_equal_public(r.key, again.key) && bytes_equal(r.quote, again.quote) &&
            bytes_equal(r.collateral, again.collateral));
}

static void read_answer(struct bytes in)
{
    auto_recovery_answer a = { 0 }, again = { 0 };
    auto_buf first = { 0 }, second = { 0 };
    struct err err = { 0 };

    if (!recovery_answer_read(in, &a, &err)) {
        require(err.kind == FAIL_MALFORMED || err.kind == FAIL_TOO_LARGE);
        return;
    }
    require(a.secret.len > 33 && a.signature.len > 0);
    recovery_answer_write(&a, &first);
    require(recovery_answer_read(buf_bytes(&first), &again, &err));
    recovery_answer_write(&again, &second);
    require(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_over(bytes_of(data, size));

    if (reader_u8(&r, "what") % 2 == 0)
        read_request(reader_rest(&r));
    else
        read_answer(reader_rest(&r));
    return 0;
}
