/* SPDX-License-Identifier: Apache-2.0 */
#include "base/omap.h"

#include <stdatomic.h>
#include <string.h>

/* One key and its value, shared by all nodes of all versions that hold it. */
struct pair {
    atomic_size_t refs;
    size_t key_len, value_len;
    uint8_t at[]; /* key, then value */
};

/* An AVL tree whose nodes never change: balance is guaranteed, also for keys chosen by an enemy. */
struct omap {
    atomic_size_t refs;
    struct pair *pair;
    const struct omap *left, *right;
    size_t count, size; /* of the whole subtree: entries, bytes of keys and values */
    unsigned height;
};

static struct pair *pair_new(struct bytes key, struct bytes value)
{
    struct pair *p = mem_alloc(sizeof *p + key.len + value.len);

    atomic_init(&p->refs, 1);
    p->key_len = key.len;
    p->value_len = value.len;
    if (key.len > 0)
        memcpy(p->at, key.at, key.len);
    if (value.len > 0)
        memcpy(p->at + key.len, value.at, value.len);
    return p;
}

static struct pair *pair_ref(struct pair *p)
{
    (void)atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

static void pair_free(struct pair *p)
{
    if (atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
        mem_wipe_free(p, sizeof *p + p->key_len + p->value_len);
}

static struct bytes pair_key(const struct pair *p)
{
    return bytes_of(p->at, p->key_len);
}

static struct bytes pair_value(const struct pair *p)
{
    return bytes_of(p->at + p->key_len, p->value_len);
}

static unsigned height(const struct omap *map)
{
    return map == NULL ? 0 : map->height;
}

size_t omap_count(const struct omap *map)
{
    return map == NULL ? 0 : map->count;
}

size_t omap_size(const struct omap *map)
{
    return map == NULL ? 0 : map->size;
}

const struct omap *omap_ref(const struct omap *map)
{
    if (map != NULL)
        (void)atomic_fetch_add_explicit(&((struct omap *)(uintptr_t)map)->refs, 1,
                                        memory_order_relaxed);
    return map;
}

void omap_free(const struct omap *map)
{
    if (map == NULL)
        return;
    struct omap *const node = (struct omap *)(uintptr_t)map;
    if (atomic_fetch_sub_explicit(&node->refs, 1, memory_order_acq_rel) != 1)
        return;
    omap_free(node->left);
    omap_free(node->right);
    pair_free(node->pair);
    mem_wipe_free(node, sizeof *node);
}

/* Takes the references to pair, left and right over. */
static const struct omap *node_of(struct pair *pair, const struct omap *left,
                                  const struct omap *right)
{
    struct omap *node = mem_alloc(sizeof *node);

    atomic_init(&node->refs, 1);
    node->pair = pair;
    node->left = left;
    node->right = right;
    node->count = 1 + omap_count(left) + omap_count(right);
    node->size = pair->key_len + pair->value_len + omap_size(left) + omap_size(right);
    node->height = 1 + (height(left) > height(right) ? height(left) : height(right));
    return node;
}

/* ((a) pair (b)) root (c): turns the heavier left side up. Consumes left and right. */
static const struct omap *lean_right(struct pair *pair, const struct omap *left,
                                     const struct omap *right)
{
    const struct omap *top;

    if (height(left->left) >= height(left->right)) {
        top = node_of(pair_ref(left->pair), omap_ref(left->left),
                      node_of(pair, omap_ref(left->right), right));
    } else {
        const struct omap *const mid = left->right;
        top = node_of(pair_ref(mid->pair),
                      node_of(pair_ref(left->pair), omap_ref(left->left), omap_ref(mid->left)),
                      node_of(pair, omap_ref(mid->right), right));
    }
    omap_free(left);
    return top;
}

static const struct omap *lean_left(struct pair *pair, const struct omap *left,
                                    const struct omap *right)
{
    const struct omap *top;

    if (height(right->right) >= height(right->left)) {
        top = node_of(pair_ref(right->pair), node_of(pair, left, omap_ref(right->left)),
                      omap_ref(right->right));
    } else {
        const struct omap *const mid = right->left;
        top = node_of(pair_ref(mid->pair), node_of(pair, left, omap_ref(mid->left)),
                      node_of(pair_ref(right->pair), omap_ref(mid->right), omap_ref(right->right)));
    }
    omap_free(right);
    return top;
}

/* A balanced node of sides whose heights differ by at most two. Consumes all references. */
static const struct omap *balanced(struct pair *pair, const struct omap *left,
                                   const struct omap *right)
{
    if (height(left) > height(right) + 1)
        return lean_right(pair, left, right);
    if (height(right) > height(left) + 1)
        return lean_left(pair, left, right);
    return node_of(pair, left, right);
}

/* Consumes the reference to pair, not the one to map. */
static const struct omap *insert(const struct omap *map, struct pair *pair)
{
    if (map == NULL)
        return node_of(pair, NULL, NULL);
    const int order = bytes_compare(pair_key(pair), pair_key(map->pair));
    if (order == 0)
        return node_of(pair, omap_ref(map->left), omap_ref(map->right));
    if (order < 0)
        return balanced(pair_ref(map->pair), insert(map->left, pair), omap_ref(map->right));
    return balanced(pair_ref(map->pair), omap_ref(map->left), insert(map->right, pair));
}

const struct omap *omap_with(const struct omap *map, struct bytes key, struct bytes value)
{
    return insert(map, pair_new(key, value));
}

/* The map without its first entry, whose pair goes to *first as a new reference. */
static const struct omap *without_first(const struct omap *map, struct pair **first)
{
    if (map->left == NULL) {
        *first = pair_ref(map->pair);
        return omap_ref(map->right);
    }
    return balanced(pair_ref(map->pair), without_first(map->left, first), omap_ref(map->right));
}

static const struct omap *erase(const struct omap *map, struct bytes key)
{
    const int order = bytes_compare(key, pair_key(map->pair));

    if (order < 0)
        return balanced(pair_ref(map->pair), erase(map->left, key), omap_ref(map->right));
    if (order > 0)
        return balanced(pair_ref(map->pair), omap_ref(map->left), erase(map->right, key));
    if (map->left == NULL)
        return omap_ref(map->right);
    if (map->right == NULL)
        return omap_ref(map->left);
    struct pair *next = NULL;
    const struct omap *const right = without_first(map->right, &next);
    return balanced(next, omap_ref(map->left), right);
}

const struct omap *omap_without(const struct omap *map, struct bytes key)
{
    return omap_get(map, key, NULL) ? erase(map, key) : omap_ref(map);
}

bool omap_get(const struct omap *map, struct bytes key, struct bytes *value)
{
    while (map != NULL) {
        const int order = bytes_compare(key, pair_key(map->pair));
        if (order == 0) {
            if (value != NULL)
                *value = pair_value(map->pair);
            return true;
        }
        map = order < 0 ? map->left : map->right;
    }
    return false;
}

bool omap_seek(const struct omap *map, struct bytes from, bool after, struct omap_entry *entry)
{
    const struct pair *best = NULL;

    while (map != NULL) {
        const int order = bytes_compare(pair_key(map->pair), from);
        if (order > 0 || (order == 0 && !after)) {
            best = map->pair;
            map = map->left;
        } else {
            map = map->right;
        }
    }
    if (best == NULL)
        return false;
    *entry = (struct omap_entry){ pair_key(best), pair_value(best) };
    return true;
}

bool omap_next_with_prefix(const struct omap *map, struct bytes prefix, struct omap_entry *entry)
{
    const bool first = entry->key.at == NULL;

    return omap_seek(map, first ? prefix : entry->key, !first, entry) &&
           bytes_start_with(entry->key, prefix);
}
