/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc/marble_messages.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "grpc/protobuf.h"

/* Field numbers: marble-api.md, 1.2. */
enum { REQUEST_QUOTE = 1, REQUEST_CSR, REQUEST_MARBLE_TYPE, REQUEST_UUID };
enum { RESPONSE_PARAMETERS = 1 };
enum { PARAMETERS_FILES = 1, PARAMETERS_ENV, PARAMETERS_ARGV };
enum { ENTRY_KEY = 1, ENTRY_VALUE };

/* The current field as a `string`. */
static bool take_text(const struct protobuf_walk *walk, struct bytes *text, struct err *err)
{
    if (!utf8_valid(walk->value))
        return err_set(err, FAIL_MALFORMED, "string field contains invalid UTF-8");
    *text = walk->value;
    return true;
}

bool activation_request_decode(struct bytes in, struct activation_request *request, struct err *err)
{
    struct protobuf_walk walk = protobuf_over(in, "ActivationReq");
    struct activation_request got = { 0 };

    while (protobuf_next(&walk)) {
        switch (walk.number) {
        case REQUEST_QUOTE:
            got.quote = walk.value;
            break;
        case REQUEST_CSR:
            got.csr = walk.value;
            break;
        case REQUEST_MARBLE_TYPE:
            if (!take_text(&walk, &got.marble_type, err))
                return false;
            break;
        case REQUEST_UUID:
            if (!take_text(&walk, &got.uuid, err))
                return false;
            break;
        default:
            break;
        }
    }
    if (!protobuf_end(&walk, err))
        return false;
    *request = got;
    return true;
}

static void add_unless_empty(struct buf *out, uint32_t number, struct bytes value)
{
    if (value.len > 0)
        protobuf_add_bytes(out, number, value);
}

void activation_request_encode(const struct activation_request *request, struct buf *out)
{
    add_unless_empty(out, REQUEST_QUOTE, request->quote);
    add_unless_empty(out, REQUEST_CSR, request->csr);
    add_unless_empty(out, REQUEST_MARBLE_TYPE, request->marble_type);
    add_unless_empty(out, REQUEST_UUID, request->uuid);
}

static size_t entry_size(const struct marble_parameter *entry)
{
    return protobuf_size(ENTRY_KEY, entry->name.len) + protobuf_size(ENTRY_VALUE, entry->value.len);
}

static size_t map_size(uint32_t number, const struct marble_parameter *entries, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += protobuf_size(number, entry_size(&entries[i]));
    return size;
}

static size_t parameters_size(const struct marble_parameters *p)
{
    size_t size = map_size(PARAMETERS_FILES, p->files, p->file_count) +
                  map_size(PARAMETERS_ENV, p->env, p->env_count);

    for (size_t i = 0; i < p->argv_count; i++)
        size += protobuf_size(PARAMETERS_ARGV, p->argv[i].len);
    return size;
}

static void add_map(struct buf *out, uint32_t number, const struct marble_parameter *entries,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        protobuf_add_head(out, number, entry_size(&entries[i]));
        protobuf_add_bytes(out, ENTRY_KEY, entries[i].name);
        protobuf_add_bytes(out, ENTRY_VALUE, entries[i].value);
    }
}

void activation_response_encode(const struct marble_parameters *parameters, struct buf *out)
{
    const size_t size = parameters_size(parameters);

    buf_reserve(out, protobuf_size(RESPONSE_PARAMETERS, size));
    protobuf_add_head(out, RESPONSE_PARAMETERS, size);
    add_map(out, PARAMETERS_FILES, parameters->files, parameters->file_count);
    add_map(out, PARAMETERS_ENV, parameters->env, parameters->env_count);
    for (size_t i = 0; i < parameters->argv_count; i++)
        protobuf_add_bytes(out, PARAMETERS_ARGV, parameters->argv[i]);
}

/* An entry of a map in the order of the wire. */
struct entry {
    struct marble_parameter parameter;
    bool repeats; /* one before it has the same name and, by now, the value of the last */
};

/* What was read so far: arrays of struct entry and struct bytes that grow. */
struct collection {
    size_t count; /* of all three */
    struct buf files, env, argv;
};

static void collection_clear(struct collection *c)
{
    buf_clear(&c->files);
    buf_clear(&c->env);
    buf_clear(&c->argv);
}

static bool count_one(struct collection *c, struct err *err)
{
    if (c->count == MARBLE_PARAMETERS_MAX)
        return err_set(err, FAIL_TOO_LARGE, "response with more than %d parameters",
                       MARBLE_PARAMETERS_MAX);
    c->count++;
    return true;
}

static bool read_entry(const struct protobuf_walk *outer, struct buf *entries, struct err *err)
{
    struct protobuf_walk walk = protobuf_within(outer, "map entry");
    struct entry entry = { 0 };

    while (protobuf_next(&walk)) {
        if (walk.number == ENTRY_KEY && !take_text(&walk, &entry.parameter.name, err))
            return false;
        if (walk.number == ENTRY_VALUE)
            entry.parameter.value = walk.value;
    }
    buf_add(entries, bytes_of(&entry, sizeof entry));
    return protobuf_end(&walk, err);
}

static bool read_argument(const struct protobuf_walk *outer, struct buf *argv, struct err *err)
{
    struct bytes argument;

    if (!take_text(outer, &argument, err))
        return false;
    buf_add(argv, bytes_of(&argument, sizeof argument));
    return true;
}

static bool read_parameters(const struct protobuf_walk *outer, struct collection *c,
                            struct err *err)
{
    struct protobuf_walk walk = protobuf_within(outer, "Parameters");

    while (protobuf_next(&walk)) {
        if (walk.number < PARAMETERS_FILES || walk.number > PARAMETERS_ARGV)
            continue;
        if (!count_one(c, err))
            return false;
        if (walk.number == PARAMETERS_FILES && !read_entry(&walk, &c->files, err))
            return false;
        if (walk.number == PARAMETERS_ENV && !read_entry(&walk, &c->env, err))
            return false;
        if (walk.number == PARAMETERS_ARGV && !read_argument(&walk, &c->argv, err))
            return false;
    }
    return protobuf_end(&walk, err);
}

/* By name, equal ones as on the wire: they lie in one array. */
static int compare_entries(const void *a, const void *b)
{
    const struct entry *const left = *(struct entry *const *)a;
    const struct entry *const right = *(struct entry *const *)b;
    const int order = bytes_compare(left->parameter.name, right->parameter.name);

    return order != 0 ? order : (left > right) - (left < right);
}

/* Sorting finds equal names in O(n log n), whoever chose them; returns how many differ. */
static size_t merge_repeated(struct entry *entries, size_t count)
{
    struct entry **const sorted = mem_zero_alloc(count, sizeof *sorted);
    struct entry *first = NULL;
    size_t different = 0;

    for (size_t i = 0; i < count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, count, sizeof *sorted, compare_entries);
    for (size_t i = 0; i < count; i++) {
        if (first != NULL && bytes_equal(first->parameter.name, sorted[i]->parameter.name)) {
            sorted[i]->repeats = true;
            first->parameter.value = sorted[i]->parameter.value;
        } else {
            first = sorted[i];
            different++;
        }
    }
    free(sorted);
    return different;
}

/* The entries of a map, each name once. */
static const struct marble_parameter *finish_map(struct buf *wire, struct arena *arena,
                                                 size_t *count)
{
    struct entry *const entries = (struct entry *)(void *)wire->at;
    const size_t on_wire = wire->len / sizeof *entries;

    *count = 0;
    if (on_wire == 0)
        return NULL;
    struct marble_parameter *const map =
        arena_alloc(arena, merge_repeated(entries, on_wire) * sizeof *map);
    for (size_t i = 0; i < on_wire; i++) {
        if (!entries[i].repeats)
            map[(*count)++] = entries[i].parameter;
    }
    return map;
}

bool activation_response_decode(struct bytes in, struct arena *arena,
                                struct marble_parameters *parameters, struct err *err)
{
    struct protobuf_walk walk = protobuf_over(in, "ActivationResp");
    struct collection c CLEANUP(collection_clear) = { 0 };

    while (protobuf_next(&walk)) {
        if (walk.number == RESPONSE_PARAMETERS && !read_parameters(&walk, &c, err))
            return false;
    }
    if (!protobuf_end(&walk, err))
        return false;
    const struct bytes argv = arena_bytes(arena, buf_bytes(&c.argv));
    parameters->argv = (const struct bytes *)(const void *)argv.at;
    parameters->argv_count = argv.len / sizeof *parameters->argv;
    parameters->files = finish_map(&c.files, arena, &parameters->file_count);
    parameters->env = finish_map(&c.env, arena, &parameters->env_count);
    return true;
}
