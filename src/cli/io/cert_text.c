/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/io/cert_text.h"

#include "codec/der.h"
#include "codec/text.h"

#include <arpa/inet.h>
#include <string.h>

enum { NUMERIC_STRING = 0x12, VISIBLE_STRING = 0x1a };
enum { EMAIL = 1, DNS = 2, DIRECTORY = 4, URI = 6, ADDRESS = 7 }; /* RFC 5280, GeneralName */
enum { IPV4_LEN = 4, IPV6_LEN = 16 };

void cert_names_clear(struct cert_names *names)
{
    arena_clear(&names->arena);
    *names = (struct cert_names){ 0 };
}

/* RFC 4514, 3, and what certificates of people have besides. */
static struct bytes short_name(struct bytes dotted)
{
    static const char *const known[][2] = {
        { "2.5.4.3", "CN" },
        { "2.5.4.5", "serialNumber" },
        { "2.5.4.6", "C" },
        { "2.5.4.7", "L" },
        { "2.5.4.8", "ST" },
        { "2.5.4.9", "STREET" },
        { "2.5.4.10", "O" },
        { "2.5.4.11", "OU" },
        { "2.5.4.17", "postalCode" },
        { "0.9.2342.19200300.100.1.1", "UID" },
        { "0.9.2342.19200300.100.1.25", "DC" },
        { "1.2.840.113549.1.9.1", "emailAddress" },
    };

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (bytes_equal_string(dotted, known[i][0]))
            return bytes_of_string(known[i][1]);
    }
    return dotted;
}

static bool is_text(uint8_t tag)
{
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING || tag == DER_IA5_STRING ||
           tag == NUMERIC_STRING || tag == VISIBLE_STRING;
}

static void put_escaped(struct buf *out, struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        const uint8_t c = value.at[i];
        const bool special = c != '\0' && strchr(",+\"\\<>;", c) != NULL;
        const bool first = i == 0 && (c == ' ' || c == '#');
        if (special || first || (i + 1 == value.len && c == ' '))
            buf_add_u8(out, '\\');
        buf_add_u8(out, c);
    }
}

/* AttributeTypeAndValue; *in has it and nothing else. */
static bool put_attribute(struct bytes in, struct arena *arena, struct buf *out)
{
    struct bytes oid, dotted, value;
    uint8_t tag;

    if (!der_take(&in, DER_OID, &oid) || !der_oid_text(oid, arena, &dotted))
        return false;
    const struct bytes whole = in;
    if (!der_next(&in, &tag, &value) || in.len > 0)
        return false;
    buf_add(out, short_name(dotted));
    buf_add_u8(out, '=');
    if (is_text(tag)) {
        put_escaped(out, value);
    } else {
        buf_add_u8(out, '#');
        hex_encode(out, whole);
    }
    return true;
}

/* RelativeDistinguishedName: a set of at least one. */
static bool put_relative_name(struct bytes set, struct arena *arena, struct buf *out)
{
    struct bytes pair;

    if (set.len == 0)
        return false;
    for (bool first = true; set.len > 0; first = false) {
        buf_add_string(out, first ? "" : "+");
        if (!der_take(&set, DER_SEQUENCE, &pair) || !put_attribute(pair, arena, out))
            return false;
    }
    return true;
}

static bool put_name(struct bytes der, struct arena *arena, struct buf *out)
{
    struct bytes set;

    for (bool first = true; der.len > 0; first = false) {
        buf_add_string(out, first ? "" : ", ");
        if (!der_take(&der, DER_SET, &set) || !put_relative_name(set, arena, out))
            return false;
    }
    return true;
}

bool cert_name_text(struct bytes der, struct arena *arena, struct bytes *text)
{
    auto_buf out = { 0 };

    if (!put_name(der, arena, &out))
        return false;
    *text = arena_bytes(arena, buf_bytes(&out));
    return true;
}

static bool put_address(struct bytes address, struct buf *out)
{
    char text[INET6_ADDRSTRLEN];
    const int family = address.len == IPV4_LEN ? AF_INET : AF_INET6;

    if ((address.len != IPV4_LEN && address.len != IPV6_LEN) ||
        inet_ntop(family, address.at, text, sizeof text) == NULL)
        return false;
    buf_add_format(out, "IP:%s", text);
    return true;
}

static bool put_general_name(uint8_t tag, struct bytes value, struct bytes whole,
                             struct arena *arena, struct buf *out)
{
    struct bytes name;

    switch (tag) {
    case DER_CONTEXT + EMAIL:
    case DER_CONTEXT + DNS:
    case DER_CONTEXT + URI:
        buf_add_string(out, tag == DER_CONTEXT + EMAIL ? "email:"
                            : tag == DER_CONTEXT + DNS ? "DNS:"
                                                       : "URI:");
        buf_add(out, value);
        return true;
    case DER_CONTEXT + ADDRESS:
        return put_address(value, out);
    case DER_CONTEXT_CONSTRUCTED + DIRECTORY:
        buf_add_string(out, "directory:");
        return der_take(&value, DER_SEQUENCE, &name) && value.len == 0 &&
               put_name(name, arena, out);
    default:
        buf_add_string(out, "other:");
        hex_encode(out, whole);
        return true;
    }
}

bool cert_general_names_text(struct bytes der, struct arena *arena, struct text_list *names)
{
    struct bytes list, value;
    uint8_t tag;

    if (!der_take(&der, DER_SEQUENCE, &list) || der.len > 0)
        return false;
    struct bytes *const texts = arena_alloc(arena, (list.len / 2 + 1) * sizeof *texts);
    *names = (struct text_list){ .present = true, .at = texts };
    while (list.len > 0) {
        auto_buf text = { 0 };
        struct bytes whole = list;
        if (!der_next(&list, &tag, &value))
            return false;
        whole.len -= list.len;
        if (!put_general_name(tag, value, whole, arena, &text))
            return false;
        texts[names->count++] = arena_bytes(arena, buf_bytes(&text));
    }
    return true;
}

/* TBSCertificate up to the subject (RFC 5280, 4.1). */
static bool read_names(struct bytes der, struct cert_names *names)
{
    struct bytes certificate, tbs, part, issuer, subject;
    bool has_version;

    return der_take(&der, DER_SEQUENCE, &certificate) &&
           der_take(&certificate, DER_SEQUENCE, &tbs) &&
           der_take_optional(&tbs, DER_CONTEXT_CONSTRUCTED, &part, &has_version) &&
           der_take(&tbs, DER_INTEGER, &part) &&  /* serial number */
           der_take(&tbs, DER_SEQUENCE, &part) && /* signature */
           der_take(&tbs, DER_SEQUENCE, &issuer) &&
           der_take(&tbs, DER_SEQUENCE, &part) && /* validity */
           der_take(&tbs, DER_SEQUENCE, &subject) &&
           cert_name_text(issuer, &names->arena, &names->issuer) &&
           cert_name_text(subject, &names->arena, &names->subject);
}

bool cert_names_read(const struct cert *cert, struct cert_names *names, struct err *err)
{
    struct bytes alternative;

    if (!read_names(cert_der(cert), names))
        return err_set(err, FAIL_MALFORMED, "a name in the certificate is malformed");
    return !cert_extension(cert, "2.5.29.17", &alternative) ||
           cert_general_names_text(alternative, &names->arena, &names->alternative) ||
           err_set(err, FAIL_MALFORMED, "the alternative names of the certificate are malformed");
}
