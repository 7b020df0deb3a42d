/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

#include "codec/text.h"

#include <string.h>

/* Marbles with their files, variables and arguments, manifest.md 6. */

struct parameter_object {
    struct bytes data, encoding;
    bool no_templates;
};

static bool decode(struct parse *p, const struct json *value, struct bytes text, bool hex,
                   struct bytes *out)
{
    auto_buf decoded = { 0 };
    struct err cause = { 0 };

    if (hex ? !hex_decode(&decoded, text, &cause)
            : !base64_decode(&decoded, BASE64_STANDARD, text, &cause))
        return json_fail(value, p->err, "%s", cause.text);
    *out = arena_bytes(p->arena, buf_bytes(&decoded));
    return true;
}

static bool decode_parameter(struct parse *p, const struct json *value,
                             const struct parameter_object *object, struct manifest_parameter *out)
{
    out->no_templates = object->no_templates;
    out->encoding_text = object->encoding;
    out->data = object->data;
    if (object->encoding.len == 0 || bytes_equal_nocase(object->encoding, "string")) {
        out->encoding = ENCODING_STRING;
        if (object->encoding.len == 0)
            out->encoding_text = BYTES_LITERAL("string");
        return true;
    }
    if (bytes_equal_nocase(object->encoding, "base64")) {
        out->encoding = ENCODING_BASE64;
        return decode(p, value, object->data, false, &out->data);
    }
    if (bytes_equal_nocase(object->encoding, "hex")) {
        out->encoding = ENCODING_HEX;
        return decode(p, value, object->data, true, &out->data);
    }
    return json_fail(value, p->err, "unknown encoding type: %.*s", BYTES_FMT(object->encoding));
}

static bool parse_parameter(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Data", struct parameter_object, data, read_text),
        FIELD("Encoding", struct parameter_object, encoding, read_text),
        FIELD("NoTemplates", struct parameter_object, no_templates, read_bool),
    };
    struct parameter_object object = { 0 };

    switch (value->type) {
    case JSON_STRING:
        object.data = value->text;
        break;
    case JSON_OBJECT:
        if (!parse_fields(p, value, fields, COUNT_OF(fields), &object))
            return false;
        break;
    case JSON_NONE:
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
    case JSON_ARRAY:
        return json_fail(value, p->err, "neither a string nor an object with Data");
    }
    return decode_parameter(p, value, &object, out);
}

struct parameters_draft {
    struct rows files, env;
    struct text_list argv;
};
struct marble_draft {
    struct manifest_marble marble;
    struct parameters_draft parameters;
};

static bool read_parameter_map(struct parse *p, const struct json *value, void *out)
{
    return parse_map(p, value, out, parse_parameter);
}

static bool read_parameters(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Files", struct parameters_draft, files, read_parameter_map),
        FIELD("Env", struct parameters_draft, env, read_parameter_map),
        FIELD("Argv", struct parameters_draft, argv, read_texts),
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

/* Where there are actions; they are compiled when the whole manifest is read. */
static void announce_programs(struct parse *p, const struct rows *rows,
                              enum template_context context)
{
    struct manifest_parameter *const parameters = (void *)rows->at;

    for (size_t i = 0; i < rows->count; i++) {
        const struct bytes data = parameters[i].data;
        if (parameters[i].no_templates || data.len == 0 ||
            memmem(data.at, data.len, "{{", 2) == NULL)
            continue;
        struct manifest_program *const program = arena_alloc(p->arena, sizeof *program);
        *program = (struct manifest_program){ *p->programs, data, context, NULL, NULL };
        *p->programs = program;
        parameters[i].program = program;
    }
}

static struct manifest_parameters finish_parameters(struct parse *p, struct rows *rows,
                                                    enum template_context context)
{
    rows_sort(rows);
    announce_programs(p, rows, context);
    return (struct manifest_parameters){ .present = rows->present,
                                         .count = rows->count,
                                         .at = (const void *)rows->at };
}

bool parse_marble(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Package", struct marble_draft, marble.package, read_text),
        FIELD("MaxActivations", struct marble_draft, marble.max_activations, read_uint64),
        FIELD("Parameters", struct marble_draft, parameters, read_parameters),
        FIELD("TLS", struct marble_draft, marble.tls, read_texts),
        FIELD("DisableSecretBinding", struct marble_draft, marble.disable_secret_binding,
              read_bool),
    };
    struct manifest_marble *const marble = out;
    struct marble_draft draft = {
        .marble = *marble,
        .parameters = { .files.size = sizeof(struct manifest_parameter),
                        .env.size = sizeof(struct manifest_parameter) },
    };

    if (!parse_fields(p, value, fields, COUNT_OF(fields), &draft))
        return false;
    *marble = draft.marble;
    marble->files = finish_parameters(p, &draft.parameters.files, TEMPLATE_FILE);
    marble->env = finish_parameters(p, &draft.parameters.env, TEMPLATE_ENV);
    marble->argv = draft.parameters.argv;
    return true;
}
