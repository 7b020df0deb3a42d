/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/search.h"
#include "codec/json.h"
#include "codec/text.h"

#include <string.h>
#include <strings.h>

/* The configuration file of the original, and the flags that go with it. */

static bool get_text(const struct json *value, struct arena *arena, struct bytes *out,
                     struct err *err)
{
    struct bytes text = BYTES_NONE;

    if (!json_get_string(value, &text, err))
        return false;
    if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL)
        return json_fail(value, err, "has a NUL in it");
    *out = arena_bytes(arena, text);
    return true;
}

static bool get_pin(const struct json *value, struct token_search *s, struct err *err)
{
    struct bytes pin = BYTES_NONE;

    if (!json_get_string(value, &pin, err))
        return false;
    secret_free(s->pin);
    s->pin = pin.len == 0 ? NULL : secret_copy(pin, err);
    return s->pin != NULL || pin.len == 0;
}

static bool get_slot(const struct json *value, struct token_search *s, struct err *err)
{
    s->has_slot = value->type != JSON_NULL;
    return json_get_uint(value, INT64_MAX, &s->slot, err);
}

static bool get_member(const struct json *m, struct token_search *s, struct err *err)
{
    if (json_name_is(m, "Path"))
        return get_text(m, &s->arena, &s->module_path, err);
    if (json_name_is(m, "TokenSerial"))
        return get_text(m, &s->arena, &s->serial, err);
    if (json_name_is(m, "TokenLabel"))
        return get_text(m, &s->arena, &s->token, err);
    if (json_name_is(m, "SlotNumber"))
        return get_slot(m, s, err);
    if (json_name_is(m, "Pin"))
        return get_pin(m, s, err);
    if (json_name_is(m, "LoginNotSupported"))
        return json_get_bool(m, &s->no_login, err);
    return true;
}

static bool get_config(struct bytes text, struct token_search *s, struct err *err)
{
    auto_arena arena = { 0 };
    const struct json *const top = json_parse(text, JSON_TRAILING_IGNORED, &arena, err);

    if (top == NULL)
        return false;
    if (top->type != JSON_OBJECT)
        return json_fail(top, err, "is no object");
    for (const struct json *m = json_first(top); m != NULL; m = json_next(m)) {
        if (!get_member(m, s, err))
            return false;
    }
    if (s->module_path.len == 0)
        return err_set(err, FAIL_MALFORMED, "Path of the module is missing");
    if ((s->serial.len > 0) + (s->token.len > 0) + s->has_slot != 1)
        return err_set(err, FAIL_MALFORMED,
                       "exactly one of TokenSerial, TokenLabel and SlotNumber is needed");
    return true;
}

/* What else the text of an id may mean: 0x01, 01, %01. */
static struct bytes decoded_id(const char *id, struct arena *arena)
{
    const struct bytes text = bytes_of_string(id);
    const size_t prefix = strncasecmp(id, "0x", 2) == 0 ? 2 : 0;
    auto_buf decoded = { 0 };
    struct err ignored = { 0 };

    if (hex_decode(&decoded, bytes_of(text.at + prefix, text.len - prefix), &ignored) ||
        (strchr(id, '%') != NULL && token_percent_decode(text, &decoded)))
        return arena_bytes(arena, buf_bytes(&decoded));
    return BYTES_NONE;
}

bool token_search_from_config(struct bytes json, const char *id, const char *label,
                              enum token_object object, struct token_search *search,
                              struct err *err)
{
    search->object = object;
    search->by_flags = true;
    if (id != NULL && id[0] != '\0') {
        search->id = arena_bytes(&search->arena, bytes_of_string(id));
        search->other_id = decoded_id(id, &search->arena);
    }
    search->label = arena_bytes(&search->arena, bytes_of_string(label));
    return get_config(json, search, err);
}
