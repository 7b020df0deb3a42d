/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

/* Members of `Cert` with forms of their own: object identifiers, subjects, addresses, URIs. */

static bool arcs_fit(const int64_t *arcs, size_t count)
{
    if (count < 2 || arcs[0] > 2 || (arcs[0] < 2 && arcs[1] >= 40))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (arcs[i] < 0 || arcs[i] > INT32_MAX)
            return false;
    }
    return true;
}

bool read_oid(struct parse *p, const struct json *value, void *out)
{
    struct bytes *const dotted = out;
    auto_buf text = { 0 };
    struct list list;

    if (!parse_list(p, value, sizeof(int64_t), &list, read_int64))
        return false;
    const int64_t *const arcs = list.at;
    for (size_t i = 0; i < list.count; i++)
        buf_add_format(&text, "%s%" PRId64, i == 0 ? "" : ".", arcs[i]);
    if (!arcs_fit(arcs, list.count))
        parse_objection(p, value, "not an object identifier");
    *dotted = arena_bytes(p->arena, buf_bytes(&text));
    return true;
}

static bool read_name_value(struct parse *p, const struct json *value, void *out)
{
    struct bytes *const text = out;

    /* Any JSON value decodes in the original; at issue only a string has an encoding. */
    if (value->type != JSON_STRING)
        parse_objection(p, value, "the Value of a name is not a string");
    else
        *text = value->text;
    return true;
}

static bool read_extra_name(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Type", struct cert_extra_name, dotted, read_oid),
        FIELD("Value", struct cert_extra_name, value, read_name_value),
    };
    struct cert_extra_name *const name = out;

    if (!parse_fields(p, value, fields, COUNT_OF(fields), name))
        return false;
    if (name->dotted.len == 0)
        parse_objection(p, value, "a name without Type");
    return true;
}

/* out: the whole template. */
static bool read_extra_names(struct parse *p, const struct json *value, void *out)
{
    struct cert_template *const template = out;
    struct list list;

    if (!parse_list(p, value, sizeof(struct cert_extra_name), &list, read_extra_name))
        return false;
    template->subject.extra_count = list.count;
    template->subject.extra = list.at;
    return true;
}

bool read_ignored_ints(struct parse *p, const struct json *value, void *out)
{
    struct list list;

    (void)out;
    return parse_list(p, value, sizeof(int64_t), &list, read_int64);
}

static bool read_ignored_name(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = { { "Type", read_ignored_ints, 0 } };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

static bool read_ignored_names(struct parse *p, const struct json *value, void *out)
{
    struct list list;

    (void)out;
    return parse_list(p, value, 1, &list, read_ignored_name);
}

bool read_cert_subject(struct parse *p, const struct json *value, void *out)
{
#define SUBJECT(name, member, read) FIELD(name, struct cert_template, subject.member, read)
    static const struct field fields[] = {
        SUBJECT("Country", country, read_texts),
        SUBJECT("Organization", organization, read_texts),
        SUBJECT("OrganizationalUnit", organizational_unit, read_texts),
        SUBJECT("Locality", locality, read_texts),
        SUBJECT("Province", province, read_texts),
        SUBJECT("StreetAddress", street_address, read_texts),
        SUBJECT("PostalCode", postal_code, read_texts),
        SUBJECT("SerialNumber", serial_number, read_text),
        SUBJECT("CommonName", common_name, read_text),
        { "ExtraNames", read_extra_names, 0 },
        { "Names", read_ignored_names, 0 },
    };
#undef SUBJECT

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

static bool is_mapped_ipv4(const uint8_t ip[static 16])
{
    static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

    return memcmp(ip, prefix, sizeof prefix) == 0;
}

bool read_ip(struct parse *p, const struct json *value, void *out)
{
    struct bytes *const ip = out;
    struct bytes text = BYTES_NONE;
    char terminated[INET6_ADDRSTRLEN + 1] = { 0 };
    uint8_t raw[16];

    if (!json_get_string(value, &text, p->err))
        return false;
    if (text.len == 0) {
        /* Decodes to no address in the original, and fails at issue. */
        parse_objection(p, value, "an empty IP address");
        return true;
    }
    if (text.len < sizeof terminated && memchr(text.at, '\0', text.len) == NULL) {
        memcpy(terminated, text.at, text.len);
        if (inet_pton(AF_INET, terminated, raw) == 1) {
            *ip = arena_bytes(p->arena, bytes_of(raw, 4));
            return true;
        }
        if (inet_pton(AF_INET6, terminated, raw) == 1) {
            const size_t skip = is_mapped_ipv4(raw) ? 12 : 0;
            *ip = arena_bytes(p->arena, bytes_of(raw + skip, sizeof raw - skip));
            return true;
        }
    }
    return json_fail(value, p->err, "invalid IP address: %.*s", BYTES_FMT(text));
}

bool read_ips(struct parse *p, const struct json *value, void *out)
{
    struct text_list *const ips = out;
    struct list list;

    if (!parse_list(p, value, sizeof(struct bytes), &list, read_ip))
        return false;
    *ips = (struct text_list){ list.present, list.count, list.at };
    return true;
}

bool read_ip_range(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("IP", struct cert_ip_range, ip, read_ip),
        FIELD("Mask", struct cert_ip_range, mask, read_octets_as_bytes),
    };
    struct cert_ip_range *const range = out;

    if (!parse_fields(p, value, fields, COUNT_OF(fields), range))
        return false;
    if (range->ip.len != range->mask.len || range->ip.len == 0) {
        parse_objection(p, value, "IP and Mask are not 4 or 16 bytes each");
        return true;
    }
    uint8_t *const network = arena_alloc(p->arena, range->ip.len);
    for (size_t i = 0; i < range->ip.len; i++)
        network[i] = range->ip.at[i] & range->mask.at[i];
    range->ip.at = network;
    return true;
}
