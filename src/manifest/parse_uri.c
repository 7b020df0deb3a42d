/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

#include <string.h>

/*
 * URIs of a certificate: objects of parts, manifest.md 7.7, assembled as RFC 3986, section 5.3, with
 * what a part may not hold escaped.
 */

struct uri {
    struct bytes scheme, opaque, host, path, raw_query, fragment;
    bool omit_host, force_query;
};

static bool is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.~", c) != NULL);
}

static void add_escaped(struct buf *out, struct bytes part, const char *allowed)
{
    for (size_t i = 0; i < part.len; i++) {
        const uint8_t c = part.at[i];
        if (is_unreserved(c) || (c != '\0' && strchr(allowed, c) != NULL))
            buf_add_u8(out, c);
        else
            buf_add_format(out, "%%%02X", c);
    }
}

static void add_authority_and_path(struct buf *out, const struct uri *u)
{
    const bool has_authority = (u->scheme.len > 0 || u->host.len > 0) &&
                               !(u->omit_host && u->host.len == 0) &&
                               (u->host.len > 0 || u->path.len > 0);

    if (has_authority) {
        buf_add_string(out, "//");
        add_escaped(out, u->host, "!$&'()*+,;=:[]<>\"");
    }
    if (u->path.len > 0 && u->path.at[0] != '/' && u->host.len > 0)
        buf_add_u8(out, '/');
    if (bytes_equal_string(u->path, "*"))
        buf_add(out, u->path);
    else
        add_escaped(out, u->path, "$&+,/:;=@");
}

static void assemble(struct buf *out, const struct uri *u)
{
    if (u->scheme.len > 0) {
        buf_add(out, u->scheme);
        buf_add_u8(out, ':');
    }
    if (u->opaque.len > 0)
        buf_add(out, u->opaque);
    else
        add_authority_and_path(out, u);
    if (u->force_query || u->raw_query.len > 0) {
        buf_add_u8(out, '?');
        buf_add(out, u->raw_query);
    }
    if (u->fragment.len > 0) {
        buf_add_u8(out, '#');
        add_escaped(out, u->fragment, "$&+,/:;=?@!()*");
    }
}

/* Variants of other parts, or a user: rather refused than assembled differently. */
static bool read_unsupported_text(struct parse *p, const struct json *value, void *out)
{
    struct bytes text = BYTES_NONE;

    (void)out;
    if (!json_get_string(value, &text, p->err))
        return false;
    if (text.len > 0)
        parse_objection(p, value, "RawPath and RawFragment of a URI are not supported");
    return true;
}

static bool read_unsupported_user(struct parse *p, const struct json *value, void *out)
{
    bool null;

    (void)out;
    if (!json_expect(value, JSON_OBJECT, &null, p->err))
        return false;
    if (!null)
        parse_objection(p, value, "User of a URI is not supported");
    return true;
}

static bool read_uri(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Scheme", struct uri, scheme, read_text),
        FIELD("Opaque", struct uri, opaque, read_text),
        FIELD("User", struct uri, host, read_unsupported_user),
        FIELD("Host", struct uri, host, read_text),
        FIELD("Path", struct uri, path, read_text),
        FIELD("RawPath", struct uri, path, read_unsupported_text),
        FIELD("OmitHost", struct uri, omit_host, read_bool),
        FIELD("ForceQuery", struct uri, force_query, read_bool),
        FIELD("RawQuery", struct uri, raw_query, read_text),
        FIELD("Fragment", struct uri, fragment, read_text),
        FIELD("RawFragment", struct uri, fragment, read_unsupported_text),
    };
    struct bytes *const text = out;
    struct uri uri = { 0 };
    auto_buf assembled = { 0 };

    if (value->type == JSON_NULL)
        parse_objection(p, value, "null is not a URI");
    if (!parse_fields(p, value, fields, COUNT_OF(fields), &uri))
        return false;
    assemble(&assembled, &uri);
    *text = arena_bytes(p->arena, buf_bytes(&assembled));
    return true;
}

bool read_uris(struct parse *p, const struct json *value, void *out)
{
    struct text_list *const uris = out;
    struct list list;

    if (!parse_list(p, value, sizeof(struct bytes), &list, read_uri))
        return false;
    *uris = (struct text_list){ list.present, list.count, list.at };
    return true;
}
