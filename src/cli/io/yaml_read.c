/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/yaml_read.h"

#include "base/arena.h"
#include "codec/json.h"
#include "codec/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum node_type { NODE_NONE = 0, NODE_SCALAR, NODE_LIST, NODE_MAP, NODE_ALIAS };
enum tag { TAG_NONE = 0, TAG_TEXT, TAG_BINARY, TAG_INTEGER, TAG_FLOAT, TAG_BOOL, TAG_NULL };

/* A map has its keys and values in turn. */
struct node {
    enum node_type type;
    enum tag tag;
    bool plain, complete;
    struct bytes text, anchor;
    size_t line, column;       /* from 1 */
    const struct node *target; /* ALIAS */
    struct node *first, *last, *next;
    struct node *older_anchor;
};

struct loader {
    yaml_parser_t parser;
    struct arena arena;
    struct node *anchors; /* newest first: a name may be used again */
    size_t depth;
};

struct writer {
    struct buf *json;
    size_t begin, values, depth;
    struct yaml_surprises *surprises;
    struct yaml_map *map; /* NULL: nobody asks */
    enum yaml_trap trap;  /* of the key of the next value */
};

void yaml_map_clear(struct yaml_map *map)
{
    free(map->at);
    *map = (struct yaml_map){ 0 };
}

const struct yaml_place *yaml_map_find(const struct yaml_map *map, size_t offset)
{
    size_t low = 0, high = map->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (map->at[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &map->at[low - 1];
}

static void note_place(struct writer *w, const struct node *node)
{
    struct yaml_map *const map = w->map;

    if (map == NULL)
        return;
    if (map->count == map->room) {
        map->room = map->room == 0 ? 64 : map->room * 2;
        map->at = mem_resize(map->at, map->room * sizeof *map->at);
    }
    map->at[map->count++] =
        (struct yaml_place){ w->json->len - w->begin, node->line, node->column, w->trap };
    w->trap = YAML_TRAP_NONE;
}

/* Of the value that was noted last. */
static void note_trap(struct writer *w, enum yaml_trap trap)
{
    if (w->map != NULL && w->map->at[w->map->count - 1].trap == YAML_TRAP_NONE)
        w->map->at[w->map->count - 1].trap = trap;
}

static enum tag tag_of(const yaml_char_t *text)
{
    static const struct {
        const char *name;
        enum tag tag;
    } known[] = {
        { YAML_STR_TAG, TAG_TEXT },    { YAML_BOOL_TAG, TAG_BOOL },
        { YAML_INT_TAG, TAG_INTEGER }, { YAML_FLOAT_TAG, TAG_FLOAT },
        { YAML_NULL_TAG, TAG_NULL },   { "tag:yaml.org,2002:binary", TAG_BINARY },
    };

    for (size_t i = 0; text != NULL && i < COUNT_OF(known); i++) {
        if (strcmp((const char *)text, known[i].name) == 0)
            return known[i].tag;
    }
    /* Tags of applications leave text. */
    return text == NULL ? TAG_NONE : TAG_TEXT;
}

static bool fail_at(const struct node *node, struct err *err, const char *what)
{
    return err_set(err, FAIL_MALFORMED, "line %zu: %s", node->line, what);
}

static bool next_event(struct loader *l, yaml_event_t *event, struct err *err)
{
    if (yaml_parser_parse(&l->parser, event) == 1)
        return true;
    return err_set(err, FAIL_MALFORMED, "line %zu: %.200s", (size_t)l->parser.problem_mark.line + 1,
                   l->parser.problem == NULL ? "out of memory" : l->parser.problem);
}

static struct node *new_node(struct loader *l, enum node_type type, const yaml_event_t *event,
                             const yaml_char_t *anchor)
{
    struct node *const node = arena_alloc(&l->arena, sizeof *node);

    node->type = type;
    node->line = event->start_mark.line + 1;
    node->column = event->start_mark.column + 1;
    if (anchor != NULL) {
        node->anchor = arena_bytes(&l->arena, bytes_of_string((const char *)anchor));
        node->older_anchor = l->anchors;
        l->anchors = node;
    }
    return node;
}

static struct node *load_scalar(struct loader *l, const yaml_event_t *event)
{
    struct node *const node = new_node(l, NODE_SCALAR, event, event->data.scalar.anchor);

    node->text =
        arena_bytes(&l->arena, bytes_of(event->data.scalar.value, event->data.scalar.length));
    node->tag = tag_of(event->data.scalar.tag);
    node->plain = event->data.scalar.plain_implicit == 1;
    node->complete = true;
    return node;
}

static struct node *load_alias(struct loader *l, const yaml_event_t *event, struct err *err)
{
    const struct bytes name = bytes_of_string((const char *)event->data.alias.anchor);
    struct node *const node = new_node(l, NODE_ALIAS, event, NULL);

    for (const struct node *a = l->anchors; a != NULL && node->target == NULL; a = a->older_anchor)
        node->target = bytes_equal(a->anchor, name) ? a : NULL;
    if (node->target != NULL && node->target->complete)
        return node;
    (void)err_set(err, FAIL_MALFORMED, "line %zu: %s \"%.*s\"", node->line,
                  node->target == NULL ? "unknown anchor" : "a value contains itself, anchor",
                  BYTES_FMT(name));
    return NULL;
}

static struct node *load_node(struct loader *l, const yaml_event_t *event, struct err *err);

static struct node *load_container(struct loader *l, const yaml_event_t *begin, struct err *err)
{
    const bool list = begin->type == YAML_SEQUENCE_START_EVENT;
    struct node *const node =
        new_node(l, list ? NODE_LIST : NODE_MAP, begin,
                 list ? begin->data.sequence_start.anchor : begin->data.mapping_start.anchor);

    if (++l->depth > YAML_DEPTH_MAX) {
        (void)fail_at(node, err, "nested too deeply");
        return NULL;
    }
    for (;;) {
        yaml_event_t event;
        if (!next_event(l, &event, err))
            return NULL;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            break;
        }
        struct node *const child = load_node(l, &event, err);
        yaml_event_delete(&event);
        if (child == NULL)
            return NULL;
        *(node->last == NULL ? &node->first : &node->last->next) = child;
        node->last = child;
    }
    l->depth--;
    node->complete = true;
    return node;
}

static struct node *load_node(struct loader *l, const yaml_event_t *event, struct err *err)
{
    if (event->type == YAML_SCALAR_EVENT)
        return load_scalar(l, event);
    if (event->type == YAML_ALIAS_EVENT)
        return load_alias(l, event, err);
    return load_container(l, event, err);
}

/* The first document; NULL with FAIL_NONE when there is none. */
static struct node *load_document(struct loader *l, bool *more, struct err *err)
{
    struct node *root = NULL;

    for (bool in_document = false;;) {
        yaml_event_t event;
        if (!next_event(l, &event, err))
            return NULL;
        const yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && root != NULL)
            *more = true;
        const bool ends = type == YAML_STREAM_END_EVENT || *more;
        in_document = in_document || type == YAML_DOCUMENT_START_EVENT;
        const bool is_value = in_document && type != YAML_DOCUMENT_START_EVENT &&
                              type != YAML_DOCUMENT_END_EVENT && !ends;
        if (is_value)
            root = load_node(l, &event, err);
        yaml_event_delete(&event);
        if (ends || (is_value && root == NULL))
            return root;
    }
}

/* ---- values ---- */

static const struct node *behind_alias(const struct node *node)
{
    return node->type == NODE_ALIAS ? node->target : node;
}

static bool tag_takes(enum tag tag, enum yaml_kind kind)
{
    return (tag == TAG_INTEGER && kind == YAML_INTEGER) ||
           (tag == TAG_FLOAT && (kind == YAML_FLOAT || kind == YAML_INTEGER)) ||
           (tag == TAG_BOOL && kind == YAML_BOOL) || (tag == TAG_NULL && kind == YAML_NULL);
}

/* TEXT with a binary tag: *decoded has the text. */
static bool scalar_of(const struct node *node, struct yaml_scalar *out, struct buf *decoded,
                      struct err *err)
{
    *out = (struct yaml_scalar){ .kind = YAML_TEXT };
    if (node->tag == TAG_BINARY)
        return base64_decode(decoded, BASE64_STANDARD, node->text, err) ||
               err_in(err, "line %zu: !!binary", node->line);
    if (node->tag == TAG_TEXT || (node->tag == TAG_NONE && !node->plain))
        return true;
    *out = yaml_resolve(node->text);
    if (out->kind == YAML_MERGE)
        out->kind = YAML_TEXT;
    return node->tag == TAG_NONE || tag_takes(node->tag, out->kind) ||
           fail_at(node, err, "the value does not go with its tag");
}

static struct bytes text_of(const struct node *node, const struct buf *decoded)
{
    return node->tag == TAG_BINARY ? buf_bytes(decoded) : node->text;
}

static bool count_value(struct writer *w, const struct node *node, struct err *err)
{
    if (++w->values <= YAML_VALUES_MAX && w->json->len - w->begin <= YAML_JSON_MAX)
        return true;
    return err_set(err, FAIL_TOO_LARGE, "line %zu: the document is too large", node->line);
}

static void put_number(struct writer *w, const struct node *node, const struct yaml_scalar *scalar)
{
    const size_t begin = w->json->len;

    yaml_put_number(w->json, scalar);
    if (!bytes_equal(bytes_of(w->json->at + begin, w->json->len - begin), node->text))
        note_trap(w, YAML_TRAP_NUMBER);
}

static bool put_scalar(struct writer *w, const struct node *node, struct err *err)
{
    struct yaml_scalar scalar;
    auto_buf decoded = { 0 };

    if (!scalar_of(node, &scalar, &decoded, err))
        return false;
    switch (scalar.kind) {
    case YAML_NONE:
    case YAML_MERGE:
    case YAML_TEXT:
        json_put_string(w->json, text_of(node, &decoded));
        break;
    case YAML_NULL:
        buf_add_string(w->json, "null");
        break;
    case YAML_BOOL:
        if (!bytes_equal_nocase(node->text, scalar.boolean ? "true" : "false"))
            note_trap(w, YAML_TRAP_BOOLEAN);
        buf_add_string(w->json, scalar.boolean ? "true" : "false");
        break;
    case YAML_FLOAT:
        if (!isfinite(scalar.number))
            return fail_at(node, err, "JSON has no infinity and no NaN");
        put_number(w, node, &scalar);
        break;
    case YAML_INTEGER:
        put_number(w, node, &scalar);
        break;
    }
    return true;
}

/* ---- maps ---- */

struct entry {
    struct buf key;
    const struct node *place, *value;
};
struct entries {
    struct entry *at;
    size_t count, room;
};

static void entries_clear(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        buf_clear(&entries->at[i].key);
    free(entries->at);
    *entries = (struct entries){ 0 };
}

static bool key_of(struct writer *w, const struct node *node, struct buf *key, struct err *err)
{
    struct yaml_scalar scalar;
    auto_buf decoded = { 0 };

    if (node->type != NODE_SCALAR)
        return fail_at(node, err, "a key that is a list or a mapping has no form in JSON");
    if (!scalar_of(node, &scalar, &decoded, err))
        return false;
    if (scalar.kind == YAML_NULL)
        return fail_at(node, err, "a key without text has no form in JSON");
    if (scalar.kind == YAML_TEXT) {
        buf_add(key, text_of(node, &decoded));
        return true;
    }
    w->surprises->odd_keys = true;
    if (scalar.kind == YAML_BOOL)
        buf_add_string(key, scalar.boolean ? "true" : "false");
    else
        yaml_put_key_number(key, &scalar);
    return true;
}

static bool add_entry(struct writer *w, struct entries *entries, const struct node *key,
                      const struct node *value, struct err *err)
{
    if (!count_value(w, key, err))
        return false;
    if (entries->count == entries->room) {
        entries->room = entries->room == 0 ? 16 : entries->room * 2;
        entries->at = mem_resize(entries->at, entries->room * sizeof *entries->at);
    }
    struct entry *const entry = &entries->at[entries->count++];
    *entry = (struct entry){ .place = key, .value = value };
    return key_of(w, behind_alias(key), &entry->key, err);
}

static bool is_merge(const struct node *key)
{
    return key->type == NODE_SCALAR && key->plain && key->tag == TAG_NONE &&
           bytes_equal_string(key->text, "<<");
}

static bool collect(struct writer *w, const struct node *map, struct entries *entries,
                    struct err *err);

static bool merge(struct writer *w, const struct node *value, struct entries *entries,
                  struct err *err)
{
    const struct node *const what = behind_alias(value);

    if (what->type == NODE_MAP)
        return collect(w, what, entries, err);
    if (what->type != NODE_LIST)
        return fail_at(value, err, "<< wants a mapping or a list of mappings");
    for (const struct node *item = what->first; item != NULL; item = item->next) {
        if (behind_alias(item)->type != NODE_MAP)
            return fail_at(item, err, "<< wants a mapping or a list of mappings");
        if (!collect(w, behind_alias(item), entries, err))
            return false;
    }
    return true;
}

/* Maps merge maps that merge maps: every step counts, so aliases can make it neither long nor deep. */
static bool collect(struct writer *w, const struct node *map, struct entries *entries,
                    struct err *err)
{
    if (!count_value(w, map, err))
        return false;
    if (++w->depth > YAML_DEPTH_MAX)
        return fail_at(map, err, "nested too deeply");
    for (const struct node *key = map->first; key != NULL; key = key->next->next) {
        const bool good = is_merge(key) ? merge(w, key->next, entries, err)
                                        : add_entry(w, entries, key, key->next, err);
        if (!good)
            return false;
    }
    w->depth--;
    return true;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *const first = a, *const second = b;

    return bytes_compare(buf_bytes(&first->key), buf_bytes(&second->key));
}

static bool put_node(struct writer *w, const struct node *node, struct err *err);

static bool put_entries(struct writer *w, struct entries *entries, struct err *err)
{
    if (entries->count > 1)
        qsort(entries->at, entries->count, sizeof *entries->at, compare_entries);
    buf_add_u8(w->json, '{');
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *const entry = &entries->at[i];
        if (i > 0 && compare_entries(entry - 1, entry) == 0)
            return err_set(err, FAIL_MALFORMED,
                           "line %zu: the key \"%.*s\" is there more than once", entry->place->line,
                           BYTES_FMT(buf_bytes(&entry->key)));
        json_put_comma(w->json);
        json_put_string(w->json, buf_bytes(&entry->key));
        buf_add_u8(w->json, ':');
        if (!bytes_equal(buf_bytes(&entry->key), behind_alias(entry->place)->text) &&
            behind_alias(entry->place)->tag != TAG_BINARY)
            w->trap = YAML_TRAP_KEY;
        if (!put_node(w, entry->value, err))
            return false;
    }
    buf_add_u8(w->json, '}');
    return true;
}

static bool put_map(struct writer *w, const struct node *node, struct err *err)
{
    struct entries entries = { 0 };
    const bool put = collect(w, node, &entries, err) && put_entries(w, &entries, err);

    entries_clear(&entries);
    return put;
}

static bool put_list(struct writer *w, const struct node *node, struct err *err)
{
    buf_add_u8(w->json, '[');
    for (const struct node *item = node->first; item != NULL; item = item->next) {
        json_put_comma(w->json);
        if (!put_node(w, item, err))
            return false;
    }
    buf_add_u8(w->json, ']');
    return true;
}

static bool put_node(struct writer *w, const struct node *alias, struct err *err)
{
    const struct node *const node = behind_alias(alias);

    if (!count_value(w, alias, err))
        return false;
    note_place(w, alias);
    if (node->type == NODE_SCALAR)
        return put_scalar(w, node, err);
    /* Deeper than the document is, through aliases. */
    if (++w->depth > YAML_DEPTH_MAX)
        return fail_at(alias, err, "nested too deeply");
    const bool put = node->type == NODE_LIST ? put_list(w, node, err) : put_map(w, node, err);
    w->depth--;
    return put;
}

static bool convert(struct loader *l, struct buf *json, struct yaml_map *map,
                    struct yaml_surprises *surprises, struct err *err)
{
    struct writer w = { .json = json, .begin = json->len, .surprises = surprises, .map = map };
    const struct node *const root = load_document(l, &surprises->more_documents, err);

    if (root == NULL && err->kind != FAIL_NONE)
        return false;
    surprises->not_a_mapping = root == NULL || root->type != NODE_MAP;
    if (root == NULL) {
        buf_add_string(json, "null");
        return true;
    }
    return put_node(&w, root, err);
}

static bool convert_text(struct bytes yaml, struct buf *json, struct yaml_map *map,
                         struct yaml_surprises *surprises, struct err *err)
{
    struct loader l = { 0 };
    auto_buf out = { 0 };

    *surprises = (struct yaml_surprises){ 0 };
    if (yaml_parser_initialize(&l.parser) != 1)
        return err_set(err, FAIL_INTERNAL, "libyaml does not start");
    /* libyaml takes no NULL, not even for no bytes. */
    yaml_parser_set_input_string(&l.parser, yaml.len == 0 ? (const uint8_t *)"" : yaml.at,
                                 yaml.len);
    const bool converted = convert(&l, &out, map, surprises, err);
    yaml_parser_delete(&l.parser);
    arena_clear(&l.arena);
    if (converted)
        buf_add(json, buf_bytes(&out));
    return converted;
}

bool yaml_to_json(struct bytes yaml, struct buf *json, struct yaml_surprises *surprises,
                  struct err *err)
{
    return convert_text(yaml, json, NULL, surprises, err);
}

bool yaml_to_json_mapped(struct bytes yaml, struct buf *json, struct yaml_map *map,
                         struct yaml_surprises *surprises, struct err *err)
{
    yaml_map_clear(map);
    return convert_text(yaml, json, map, surprises, err);
}
