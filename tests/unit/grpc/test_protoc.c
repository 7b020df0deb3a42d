/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "base/files.h"
#include "grpc/marble_messages.h"

#include <unistd.h>

/*
 * protobuf's own compiler, if it is there, reads what we write and writes what we read. Its schema
 * is marble.proto.
 */
enum { OUTPUT_MAX = 1 << 20 };

/* Runs protoc with `in` as its input; false when it refuses. mode: "encode", "decode". */
static bool run_protoc(const char *mode, const char *message, struct bytes in, struct buf *out)
{
    char dir[] = "/tmp/taw-protoc-XXXXXX";
    struct err err = { 0 };

    assert_non_null(mkdtemp(dir));
    auto_string *input = mem_printf("%s/in", dir);
    auto_string *output = mem_printf("%s/out", dir);
    auto_string *command = mem_printf("protoc --%s=rpc.%s -I '%s' marble.proto <%s >%s 2>/dev/null",
                                      mode, message, TEST_SCHEMA_DIR, input, output);
    assert_ok(file_replace(&files_posix, dir, "in", in, &err), &err);
    const bool accepted = system(command) == 0;
    if (accepted)
        assert_ok(file_read(&files_posix, output, OUTPUT_MAX, out, &err), &err);
    assert_int_equal(unlink(input) | unlink(output) | rmdir(dir), 0);
    return accepted;
}

static void assert_text(const struct buf *is, const char *want)
{
    if (!bytes_equal_string(buf_bytes(is), want))
        fail_msg("is\n%.*s, not\n%s", BYTES_FMT(buf_bytes(is)), want);
}

static const char request_text[] = "Quote: \"\\001\\000\"\n"
                                   "CSR: \"0\\003\"\n"
                                   "MarbleType: \"backend\"\n"
                                   "UUID: \"6ba7b810\"\n";

static void protoc_and_we_agree_on_a_request(void **state)
{
    const struct activation_request request = { BYTES_LITERAL("\1\0"), BYTES_LITERAL("0\3"),
                                                BYTES_LITERAL("backend"),
                                                BYTES_LITERAL("6ba7b810") };
    auto_buf ours = { 0 }, theirs = { 0 }, text = { 0 };

    (void)state;
    activation_request_encode(&request, &ours);
    assert_true(run_protoc("decode", "ActivationReq", buf_bytes(&ours), &text));
    assert_text(&text, request_text);
    assert_true(run_protoc("encode", "ActivationReq", bytes_of_string(request_text), &theirs));
    assert_bytes_equal(buf_bytes(&theirs), buf_bytes(&ours));
}

static const char response_text[] = "Parameters {\n"
                                    "  Files {\n"
                                    "    key: \"/run/a\"\n"
                                    "    value: \"x\\000\\377\"\n"
                                    "  }\n"
                                    "  Env {\n"
                                    "    key: \"K\"\n"
                                    "    value: \"\"\n"
                                    "  }\n"
                                    "  Argv: \"./app\"\n"
                                    "  Argv: \"\"\n"
                                    "}\n";

static void protoc_and_we_agree_on_a_response(void **state)
{
    const struct marble_parameter file = { BYTES_LITERAL("/run/a"), BYTES_LITERAL("x\0\xff") };
    const struct marble_parameter env = { BYTES_LITERAL("K"), BYTES_NONE };
    const struct bytes argv[] = { BYTES_LITERAL("./app"), BYTES_NONE };
    const struct marble_parameters parameters = { 1, 1, 2, &file, &env, argv };
    auto_buf ours = { 0 }, theirs = { 0 }, text = { 0 };

    (void)state;
    activation_response_encode(&parameters, &ours);
    assert_true(run_protoc("decode", "ActivationResp", buf_bytes(&ours), &text));
    assert_text(&text, response_text);
    assert_true(run_protoc("encode", "ActivationResp", bytes_of_string(response_text), &theirs));
    assert_bytes_equal(buf_bytes(&theirs), buf_bytes(&ours));
}

static const struct marble_parameter *find(const struct marble_parameter *map, size_t count,
                                           struct bytes name)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(map[i].name, name))
            return &map[i];
    }
    return NULL;
}

/* In any order: protoc sorts. */
static void assert_same_map(const struct marble_parameter *a, size_t a_count,
                            const struct marble_parameter *b, size_t b_count)
{
    assert_int_equal(a_count, b_count);
    for (size_t i = 0; i < a_count; i++) {
        const struct marble_parameter *const other = find(b, b_count, a[i].name);
        assert_non_null(other);
        assert_bytes_equal(a[i].value, other->value);
    }
}

/*
 * What we make of `in` is what we make of it after protoc read it and wrote it again. Unknown fields
 * come out of protoc by their number, which it does not read again: these it can only accept.
 * Equal keys it shows each, so how they merge it does not judge.
 */
static void check_response(const char *name, struct bytes in, bool unknown)
{
    auto_arena arena = { 0 };
    auto_buf text = { 0 }, again = { 0 };
    struct marble_parameters direct, round;
    struct err err = { 0 };
    const bool ours = activation_response_decode(in, &arena, &direct, &err);

    if (run_protoc("decode", "ActivationResp", in, &text) != ours)
        fail_msg("%s: protoc does not agree: %s", name, ours ? "we accept" : err.text);
    if (!ours || unknown)
        return;
    assert_true(run_protoc("encode", "ActivationResp", buf_bytes(&text), &again));
    assert_ok(activation_response_decode(buf_bytes(&again), &arena, &round, &err), &err);
    assert_same_map(direct.files, direct.file_count, round.files, round.file_count);
    assert_same_map(direct.env, direct.env_count, round.env, round.env_count);
    assert_int_equal(direct.argv_count, round.argv_count);
    for (size_t i = 0; i < direct.argv_count; i++)
        assert_bytes_equal(direct.argv[i], round.argv[i]);
}

static void protoc_and_we_agree_on_odd_encodings(void **state)
{
    static const struct {
        const char *name, *hex;
        bool unknown;
    } rows[] = {
        { "nothing", "" },
        { "any order", "0a 10 1a 01 61 12 06 12 01 76 0a 01 6b 1a 01 62 0a 00" },
        { "no key, no value", "0a 0a 0a 03 12 01 76 12 03 0a 01 6b" },
        { "equal keys", "0a 18 0a 06 0a 01 61 12 01 31 0a 06 0a 01 62 12 01 32"
                        "      0a 06 0a 01 61 12 01 33" },
        { "the last key of an entry", "0a 0b 0a 09 0a 01 61 0a 01 62 12 01 32" },
        { "parameters twice", "0a 0b 0a 06 0a 01 61 12 01 31 1a 01 78"
                              "0a 0b 0a 06 0a 01 61 12 01 33 1a 01 79" },
        { "other types", "08 01 0a 10 08 01 15 01020304 19 0102030405060708", true },
        { "unknown groups", "2b 08 01 13 14 2c 0a 04 1a 02 6162", true },
        { "long varints", "8a 80 00 83 80 80 00 1a 01 61" },
        { "key that is no UTF-8", "0a 05 0a 03 0a 01 ff" },
        { "argument that is no UTF-8", "0a 03 1a 01 80" },
        { "argument cut off", "0a 02 1a 01 41" },
        { "end of group without a start", "2c" },
        { "group without an end", "2b" },
        { "end of another group", "2b 34" },
        { "field number 0", "02 00" },
        { "wire type 6", "2e 00" },
        { "varint of eleven bytes", "28 80 80 80 80 80 80 80 80 80 80 00" },
        { "length of 2^32-1", "2a ff ff ff ff 0f" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        auto_buf in = test_unhex(rows[i].hex);
        check_response(rows[i].name, buf_bytes(&in), rows[i].unknown);
    }
}

/* The same in every run. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void protoc_and_we_agree_on_responses_of_all_sizes(void **state)
{
    enum { COUNT = 30 };
    static uint8_t bytes[5000];
    static char names[COUNT][16];
    uint32_t seed = 7;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)next_random(&seed);
    for (unsigned round = 0; round < 10; round++) {
        struct marble_parameter map[COUNT];
        struct bytes argv[COUNT];
        auto_buf in = { 0 };
        for (unsigned i = 0; i < COUNT; i++) {
            (void)snprintf(names[i], sizeof names[i], "%x\xc3\xa9", i * (round + 1) % 16);
            argv[i] = map[i].name = bytes_of_string(names[i]);
            map[i].value = bytes_of(bytes, next_random(&seed) % (sizeof bytes >> (i % 12)));
        }
        activation_response_encode(
            &(struct marble_parameters){ round * 2, COUNT - round, round, map, map, argv }, &in);
        check_response("random", buf_bytes(&in), false);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(protoc_and_we_agree_on_a_request),
    cmocka_unit_test(protoc_and_we_agree_on_a_response),
    cmocka_unit_test(protoc_and_we_agree_on_odd_encodings),
    cmocka_unit_test(protoc_and_we_agree_on_responses_of_all_sizes),
};

/* Not cmocka's skip(): in 1.1.5 its TAP says "not ok", which Meson takes for a failure. */
int main(void)
{
    if (system("protoc --version >/dev/null 2>&1") != 0) {
        (void)puts("1..0 # SKIP protoc is not installed");
        return 0;
    }
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
