/* SPDX-License-Identifier: Apache-2.0 */
#include "http/message.h"

#include <stdlib.h>
#include <string.h>

#include "http/internal.h"

static void wipe_string(char *text)
{
    mem_wipe_free(text, text != NULL ? strlen(text) : 0);
}

static void fields_clear(struct http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(fields[i].name);
        wipe_string(fields[i].value);
    }
    free(fields);
}

void http_fields_add(struct http_field **fields, size_t *count, struct bytes name,
                     struct bytes value)
{
    /* Room for 4, then twice as much each time it is full. */
    if (*count == 0)
        *fields = mem_alloc(4 * sizeof(**fields));
    else if (*count >= 4 && (*count & (*count - 1)) == 0)
        *fields = mem_resize(*fields, 2 * *count * sizeof(**fields));
    struct http_field *const field = &(*fields)[(*count)++];
    field->name = bytes_to_string(name);
    field->value = bytes_to_string(value);
    for (char *c = field->name; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    }
}

void http_request_clear(struct http_request *request)
{
    free(request->method);
    wipe_string(request->path);
    wipe_string(request->query);
    fields_clear(request->fields, request->field_count);
    buf_clear(&request->body);
    free(request->peer_leaf);
    *request = (struct http_request){ 0 };
}

const char *http_request_field(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++) {
        if (strcmp(request->fields[i].name, name) == 0)
            return request->fields[i].value;
    }
    return NULL;
}

/* Text from a request may end up in a value (Location, grpc-message): it must not start a line. */
static void add_sent(struct http_field **fields, size_t *count, const char *name, const char *value)
{
    http_fields_add(fields, count, bytes_of_string(name), bytes_of_string(value));
    for (char *c = (*fields)[*count - 1].value; *c != '\0'; c++) {
        if ((*c > '\0' && *c < ' ' && *c != '\t') || *c == 0x7f)
            *c = ' ';
    }
}

void http_response_add_field(struct http_response *response, const char *name, const char *value)
{
    add_sent(&response->fields, &response->field_count, name, value);
}

void http_response_add_trailer(struct http_response *response, const char *name, const char *value)
{
    add_sent(&response->trailers, &response->trailer_count, name, value);
}

void http_response_clear(struct http_response *response)
{
    fields_clear(response->fields, response->field_count);
    fields_clear(response->trailers, response->trailer_count);
    buf_clear(&response->body);
    if (response->over != NULL)
        response->over(response->over_arg, response->left);
    *response = (struct http_response){ 0 };
}
