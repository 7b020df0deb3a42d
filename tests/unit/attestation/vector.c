/* SPDX-License-Identifier: Apache-2.0 */
#include "vector.h"

#include "test.h"

#include <assert.h>

#include "base/files.h"
#include "codec/text.h"

enum { VECTORS_MAX = 512, FILE_MAX = 8 << 20 };

/* ---- reading ---- */

static struct buf read_part(const char *vector, const char *file)
{
    auto_string *path = mem_printf("%s/%s/%s", TEST_VECTORS, vector, file);
    struct buf data = { 0 };
    struct err err = { 0 };

    assert_ok(file_read(&files_posix, path, FILE_MAX, &data, &err), &err);
    return data;
}

struct bytes vector_text(const struct json *object, const char *name)
{
    const struct json *const member = json_member(object, name);

    return member != NULL && member->type == JSON_STRING ? member->text : BYTES_NONE;
}

int64_t vector_number(const struct json *value)
{
    struct err err = { 0 };
    int64_t number = 0;

    assert_int_equal(value->type, JSON_NUMBER);
    assert_ok(json_get_int(value, &number, &err), &err);
    return number;
}

static struct bytes unhex(struct arena *arena, struct bytes digits)
{
    struct err err = { 0 };
    auto_buf out = { 0 };

    assert_ok(hex_decode(&out, digits, &err), &err);
    return arena_bytes(arena, buf_bytes(&out));
}

/* The root of the vector instead of the real ones, if it names one. */
static struct trust_anchors anchors_of(struct arena *arena, const struct json *expected)
{
    const struct json *const override = json_member(expected, "trust_anchor");
    struct trust_anchors anchors = trust_anchors_builtin;

    if (override == NULL)
        return anchors;
    struct bytes *const key = arena_alloc(arena, sizeof *key);
    struct ark_anchor *const arks = arena_alloc(arena, 8 * sizeof *arks);
    *key = unhex(arena, vector_text(override, "intel_root_key"));
    anchors = (struct trust_anchors){ .intel_count = key->len > 0, .intel_root_keys = key };
    anchors.arks = arks;
    const struct json *const products = json_member(override, "ark_spki_sha256");
    for (const struct json *ark = products == NULL ? NULL : json_first(products); ark != NULL;
         ark = json_next(ark))
        arks[anchors.ark_count++] =
            (struct ark_anchor){ arena_string(arena, ark->name), unhex(arena, ark->text) };
    return anchors;
}

void vector_read(struct vector *v, const char *name)
{
    struct err err = { 0 };

    *v = (struct vector){ .name = name, .text = read_part(name, "expected.json") };
    v->expected = json_parse(buf_bytes(&v->text), JSON_TRAILING_REFUSED, &v->arena, &err);
    assert_non_null(v->expected);
    auto_string *file = bytes_to_string(vector_text(v->expected, "evidence_file"));
    v->evidence = read_part(name, file);
    v->bundle = read_part(name, "collateral.json");
    v->anchors = anchors_of(&v->arena, v->expected);
    v->now = vector_number(json_member(v->expected, "verify_time_unix"));
    v->collateral = collateral_parse(buf_bytes(&v->bundle), &v->anchors, &err);
    if (v->collateral == NULL)
        fail_msg("%s", err.text);
}

void vector_clear(struct vector *v)
{
    buf_clear(&v->evidence);
    buf_clear(&v->bundle);
    buf_clear(&v->text);
    arena_clear(&v->arena);
    collateral_free(v->collateral);
}

/* ---- all of them ---- */

struct found {
    void (*test)(void **state);
    size_t count;
    struct CMUnitTest tests[VECTORS_MAX];
};

static bool note_vector(void *arg, const char *name)
{
    struct found *const found = arg;
    auto_string *path = mem_printf("%s/%s/expected.json", TEST_VECTORS, name);
    auto_buf ignored = { 0 };
    struct err err = { 0 };

    /* README.md lies among them. */
    if (strchr(name, '.') != NULL && !file_read(&files_posix, path, FILE_MAX, &ignored, &err))
        return true;
    assert(found->count < VECTORS_MAX);
    char *const copy = mem_string(name);
    found->tests[found->count++] =
        (struct CMUnitTest){ .name = copy, .test_func = found->test, .initial_state = copy };
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct CMUnitTest *)a)->name, ((const struct CMUnitTest *)b)->name);
}

int vectors_run(const char *group, void (*test)(void **state))
{
    struct found *const found = mem_zero_alloc(1, sizeof *found);

    found->test = test;
    if (files_posix.list(NULL, TEST_VECTORS, note_vector, found) != 0 || found->count == 0) {
        (void)printf("1..0 # SKIP the vectors in ../shared are not here\n");
        free(found);
        return 0;
    }
    qsort(found->tests, found->count, sizeof found->tests[0], by_name);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const int failed = _cmocka_run_group_tests(group, found->tests, found->count, NULL, NULL);
    for (size_t i = 0; i < found->count; i++)
        free(found->tests[i].initial_state);
    free(found);
    return failed;
}
