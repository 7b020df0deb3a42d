/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/template/program.h"

#include <assert.h>
#include <stdlib.h>

struct bytes template_source(const struct template *t)
{
    return bytes_of(t->source, t->source_len);
}

uint32_t names_add(struct names *names, struct bytes name)
{
    if (names->count == names->capacity) {
        names->capacity = names->capacity == 0 ? 8 : names->capacity * 2;
        names->at = mem_resize(names->at, names->capacity * sizeof *names->at);
    }
    names->at[names->count] = name;
    return names->count++;
}

uint32_t names_intern(struct names *names, struct bytes name)
{
    for (uint32_t i = 0; i < names->count; i++) {
        if (bytes_equal(names->at[i], name))
            return i;
    }
    return names->count < TEMPLATE_NAMES_MAX ? names_add(names, name) : NO_INDEX;
}

static int compare_names(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

void names_sort(struct names *names)
{
    uint32_t kept = 0;

    if (names->count == 0)
        return;
    qsort(names->at, names->count, sizeof *names->at, compare_names);
    for (uint32_t i = 1; i < names->count; i++) {
        if (!bytes_equal(names->at[i], names->at[kept]))
            names->at[++kept] = names->at[i];
    }
    names->count = kept + 1;
}

void template_free(struct template *t)
{
    if (t == NULL)
        return;
    arena_clear(&t->arena);
    mem_wipe_free(t->source, t->source_len);
    mem_wipe_free(t->code, t->code_count * sizeof *t->code);
    free(t->strings.at);
    free(t->variables.at);
    free(t->templates.at);
    free(t->secrets.at);
    free(t->entries);
    free(t);
}

bool template_is_constant(const struct template *t)
{
    return t->is_constant;
}

bool template_uses_all_secrets(const struct template *t)
{
    return t->uses_all_secrets;
}

size_t template_secret_count(const struct template *t)
{
    return t->secrets.count;
}

struct bytes template_secret_name(const struct template *t, size_t index)
{
    assert(index < t->secrets.count);
    return t->secrets.at[index];
}
