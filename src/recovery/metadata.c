/* SPDX-License-Identifier: Apache-2.0 */
#include "recovery/metadata.h"

#include "base/arena.h"
#include "codec/json.h"
#include "codec/text.h"

#include <stdlib.h>
#include <string.h>

enum { VERSION = 2, KEY_LEN_OLD = 16, KEY_LEN = 32 };

static const char *const SCHEME_NAMES[] = {
    [RECOVERY_SCHEME_UNKNOWN] = "unknown", [RECOVERY_NONE] = "none",
    [RECOVERY_SINGLE] = "single",          [RECOVERY_XOR] = "xor",
    [RECOVERY_SHAMIR] = "shamir",
};

enum recovery_scheme recovery_scheme_for(size_t parties, uint64_t threshold)
{
    if (parties == 0)
        return RECOVERY_NONE;
    if (parties == 1)
        return RECOVERY_SINGLE;
    return threshold == 0 || threshold == parties ? RECOVERY_XOR : RECOVERY_SHAMIR;
}

const char *recovery_scheme_name(enum recovery_scheme scheme)
{
    return SCHEME_NAMES[scheme];
}

static enum recovery_scheme scheme_from_name(struct bytes name)
{
    for (size_t i = RECOVERY_NONE; i < COUNT_OF(SCHEME_NAMES); i++) {
        if (bytes_equal_string(name, SCHEME_NAMES[i]))
            return (enum recovery_scheme)i;
    }
    return RECOVERY_SCHEME_UNKNOWN;
}

bool recovery_new_id(const struct env *env, char out[static 2 * RECOVERY_ID_LEN + 1],
                     struct err *err)
{
    uint8_t raw[RECOVERY_ID_LEN];
    auto_buf text = { 0 };

    if (!env->random(env->ctx, raw, sizeof raw, err))
        return false;
    hex_encode(&text, bytes_of(raw, sizeof raw));
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return true;
}

bool recovery_commit(const char *set, const char *name, struct bytes secret,
                     uint8_t out[static SHA256_LEN], struct err *err)
{
    const struct bytes parts[] = { BYTES_LITERAL("mr-share-1"), bytes_of_string(set),
                                   bytes_of_string(name), secret };

    return sha256_parts(parts, COUNT_OF(parts), out, err);
}

void recovery_metadata_free(struct recovery_metadata *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->holder_count; i++) {
        free(m->holders[i].name);
        key_free(m->holders[i].key);
    }
    free(m->holders);
    free(m->hashes);
    free(m);
}

static bool get_uint(const struct json *value, uint64_t max, unsigned *out, struct err *err)
{
    uint64_t number = 0;

    if (!json_get_uint(value, max, &number, err))
        return false;
    *out = (unsigned)number;
    return true;
}

/* {"name":…,"spki":…,"x":…,"commit":…,"key":…} */
static bool parse_holder(const struct json *object, struct recovery_holder *h, struct err *err)
{
    bool null = false;
    struct bytes name = BYTES_NONE;

    if (!json_expect(object, JSON_OBJECT, &null, err))
        return false;
    for (const struct json *v = json_first(object); v != NULL; v = json_next(v)) {
        bool good = true;
        if (bytes_equal_string(v->name, "name"))
            good = json_get_string(v, &name, err);
        else if (bytes_equal_string(v->name, "key"))
            good = key_get_json(v, &h->key, err);
        else if (bytes_equal_string(v->name, "x"))
            good = get_uint(v, 255, &h->x, err);
        else if (bytes_equal_string(v->name, "commit"))
            good = h->has_commit = json_get_hex(v, h->commit, sizeof h->commit, err);
        if (!good)
            return false;
    }
    if (memchr(name.at == NULL ? (const uint8_t *)"" : name.at, '\0', name.len) != NULL)
        return json_fail(object, err, "has a NUL byte in its name");
    h->name = bytes_to_string(name);
    return h->key != NULL || json_fail(object, err, "has no key");
}

static size_t count_elements(const struct json *array)
{
    size_t count = 0;

    for (const struct json *v = json_first(array); v != NULL; v = json_next(v))
        count++;
    return count;
}

static bool parse_holders(const struct json *array, struct recovery_metadata *m, struct err *err)
{
    bool null = false;

    if (!json_expect(array, JSON_ARRAY, &null, err))
        return false;
    const size_t count = count_elements(array);
    if (count > RECOVERY_MAX_HOLDERS || m->holders != NULL)
        return json_fail(array, err, "lists %zu holders", count);
    m->holders = mem_zero_alloc(count, sizeof m->holders[0]);
    for (const struct json *v = json_first(array); v != NULL; v = json_next(v)) {
        if (!parse_holder(v, &m->holders[m->holder_count++], err))
            return false;
    }
    return true;
}

static bool parse_hashes(const struct json *array, struct recovery_metadata *m, struct err *err)
{
    bool null = false;

    if (!json_expect(array, JSON_ARRAY, &null, err))
        return false;
    const size_t count = count_elements(array);
    if (count > RECOVERY_MAX_HOLDERS || m->hashes != NULL)
        return json_fail(array, err, "lists %zu hashes", count);
    m->hashes = mem_zero_alloc(count, sizeof m->hashes[0]);
    for (const struct json *v = json_first(array); v != NULL; v = json_next(v)) {
        if (!json_get_hex(v, m->hashes[m->hash_count++], SHA256_LEN, err))
            return false;
    }
    return true;
}

static bool get_version(const struct json *value, struct err *err)
{
    unsigned version = 0;

    return get_uint(value, UINT8_MAX, &version, err) &&
           (version == VERSION || json_fail(value, err, "is a version that is not known"));
}

static bool parse_member(const struct json *v, struct recovery_metadata *m, struct err *err)
{
    struct bytes text = BYTES_NONE;

    if (bytes_equal_string(v->name, "scheme")) {
        if (!json_get_string(v, &text, err))
            return false;
        m->scheme = scheme_from_name(text);
    } else if (bytes_equal_string(v->name, "proof")) {
        if (!json_get_string(v, &text, err))
            return false;
        m->without_proof = bytes_equal_string(text, "none");
    } else if (bytes_equal_string(v->name, "v")) {
        return get_version(v, err);
    } else if (bytes_equal_string(v->name, "t")) {
        return get_uint(v, RECOVERY_MAX_HOLDERS, &m->needed, err);
    } else if (bytes_equal_string(v->name, "secretSize")) {
        unsigned size = 0;
        if (!get_uint(v, 64, &size, err))
            return false;
        m->secret_size = size;
    } else if (bytes_equal_string(v->name, "createdSeq")) {
        return json_get_uint(v, UINT64_MAX, &m->created_seq, err);
    } else if (bytes_equal_string(v->name, "set")) {
        return json_get_hex_text(v, m->set, RECOVERY_ID_LEN, err);
    } else if (bytes_equal_string(v->name, "deployment")) {
        return json_get_hex_text(v, m->deployment, RECOVERY_ID_LEN, err);
    } else if (bytes_equal_string(v->name, "manifest")) {
        return json_get_hex_text(v, m->manifest, SHA256_LEN, err);
    } else if (bytes_equal_string(v->name, "holders")) {
        return parse_holders(v, m, err);
    } else if (bytes_equal_string(v->name, "hashes")) {
        return parse_hashes(v, m, err);
    }
    return true;
}

/* Each holder counts once, so none may be listed twice. */
static bool names_rise(const struct recovery_metadata *m, struct err *err)
{
    for (size_t i = 1; i < m->holder_count; i++) {
        if (strcmp(m->holders[i - 1].name, m->holders[i].name) >= 0)
            return err_set(err, FAIL_DAMAGED, "the holders are not listed by name, each once");
    }
    return true;
}

static bool is_complete(const struct recovery_metadata *m, struct err *err)
{
    return (m->set[0] != '\0' && m->deployment[0] != '\0' && m->manifest[0] != '\0') ||
           err_set(err, FAIL_DAMAGED, "set, deployment or manifest is missing");
}

/* A share is as long as the key; one of Shamir's scheme has one byte more. */
static bool secret_size_fits(const struct recovery_metadata *m, struct err *err)
{
    const size_t key = m->secret_size - (m->scheme == RECOVERY_SHAMIR);

    return (m->scheme == RECOVERY_NONE ? m->secret_size == 0
                                       : key == KEY_LEN || key == KEY_LEN_OLD) ||
           err_set(err, FAIL_DAMAGED, "scheme \"%s\" has no secrets of %zu bytes",
                   recovery_scheme_name(m->scheme), m->secret_size);
}

static bool scheme_fits(const struct recovery_metadata *m, struct err *err)
{
    const size_t n = m->holder_count;
    bool good = false;

    switch (m->scheme) {
    case RECOVERY_SCHEME_UNKNOWN:
        break;
    case RECOVERY_NONE:
        good = n == 0;
        break;
    case RECOVERY_SINGLE:
        good = n == 1 && m->needed == 1;
        break;
    case RECOVERY_XOR:
        good = n >= 2 && m->needed == n;
        break;
    case RECOVERY_SHAMIR:
        good = n >= 2 && m->needed >= 2 && m->needed < n;
        break;
    }
    if (!good)
        return err_set(err, FAIL_DAMAGED,
                       "scheme \"%s\" does not go with %zu holders of whom %u are needed",
                       recovery_scheme_name(m->scheme), n, m->needed);
    return true;
}

struct recovery_metadata *recovery_metadata_parse(struct bytes json, struct err *err)
{
    auto_arena arena = { 0 };
    auto_recovery_metadata *m = mem_zero_alloc(1, sizeof *m);
    const struct json *const root = json_parse(json, JSON_TRAILING_REFUSED, &arena, err);
    bool null = false;
    bool good = root != NULL && json_expect(root, JSON_OBJECT, &null, err);

    for (const struct json *v = good ? json_first(root) : NULL; v != NULL && good; v = json_next(v))
        good = parse_member(v, m, err);
    if (!good || !is_complete(m, err) || !scheme_fits(m, err) || !secret_size_fits(m, err) ||
        !names_rise(m, err)) {
        err->kind = FAIL_DAMAGED;
        (void)err_in(err, "recovery metadata");
        return NULL;
    }
    return TAKE(m);
}

static void put_text(struct buf *out, const char *name, const char *text)
{
    json_put_name(out, name);
    json_put_string(out, bytes_of_string(text));
}

static void put_raw_hex(struct buf *out, struct bytes raw)
{
    buf_add_u8(out, '"');
    hex_encode(out, raw);
    buf_add_u8(out, '"');
}

static bool put_holder(struct buf *out, const struct recovery_holder *h, struct err *err)
{
    auto_buf der = { 0 };
    char spki[2 * SHA256_LEN + 1];

    if (!key_public_der(h->key, &der, err) || !sha256_hex(buf_bytes(&der), spki, err))
        return false;
    json_put_comma(out);
    buf_add_u8(out, '{');
    put_text(out, "name", h->name);
    put_text(out, "spki", spki);
    if (h->x != 0) {
        json_put_name(out, "x");
        buf_add_format(out, "%u", h->x);
    }
    if (h->has_commit) {
        json_put_name(out, "commit");
        put_raw_hex(out, bytes_of(h->commit, sizeof h->commit));
    }
    json_put_name(out, "key");
    json_put_octets(out, buf_bytes(&der));
    buf_add_u8(out, '}');
    return true;
}

bool recovery_metadata_write(const struct recovery_metadata *m, struct buf *out, struct err *err)
{
    buf_add_string(out, "{\"v\":2");
    put_text(out, "deployment", m->deployment);
    put_text(out, "set", m->set);
    put_text(out, "scheme", recovery_scheme_name(m->scheme));
    buf_add_format(out, ",\"n\":%zu,\"t\":%u", m->holder_count, m->needed);
    if (m->scheme == RECOVERY_SHAMIR)
        put_text(out, "field", "11b");
    buf_add_format(out, ",\"secretSize\":%zu", m->secret_size);
    put_text(out, "manifest", m->manifest);
    buf_add_format(out, ",\"createdSeq\":%llu", (unsigned long long)m->created_seq);
    put_text(out, "proof", m->without_proof ? "none" : "signature");
    json_put_name(out, "holders");
    buf_add_u8(out, '[');
    for (size_t i = 0; i < m->holder_count; i++) {
        if (!put_holder(out, &m->holders[i], err))
            return false;
    }
    buf_add_u8(out, ']');
    if (m->hash_count > 0) {
        json_put_name(out, "hashes");
        buf_add_u8(out, '[');
        for (size_t i = 0; i < m->hash_count; i++) {
            json_put_comma(out);
            put_raw_hex(out, bytes_of(m->hashes[i], SHA256_LEN));
        }
        buf_add_u8(out, ']');
    }
    buf_add_u8(out, '}');
    return true;
}
