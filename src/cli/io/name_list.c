/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/name_list.h"

#include "cli/io/json_text.h"

bool name_list_read(const struct json *list, struct buf *text, size_t *count, struct err *err)
{
    bool null = false;
    size_t found = 0;

    if (list != NULL && !json_expect(list, JSON_ARRAY, &null, err))
        return false;
    for (const struct json *v = list == NULL || null ? NULL : json_first(list); v != NULL;
         v = json_next(v)) {
        struct bytes name = BYTES_NONE;
        if (!json_get_string(v, &name, err))
            return false;
        buf_add_string(text, found++ > 0 ? ", " : "");
        buf_add(text, name);
    }
    if (count != NULL)
        *count = found;
    return true;
}

void name_list_put(const struct json *list, struct buf *json)
{
    if (list == NULL || list->type != JSON_ARRAY)
        buf_add_string(json, "[]");
    else
        json_text_put(list, json);
}
