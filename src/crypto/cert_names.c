/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert_internal.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>

enum { IPV4_LEN = 4, IPV6_LEN = 16 }; /* bytes */

ASN1_STRING *asn1_string_new(int type, struct bytes value, struct err *err)
{
    auto_asn1_string *string = ASN1_STRING_type_new(type);

    if (string == NULL || value.len > INT_MAX ||
        ASN1_STRING_set(string, value.at, (int)value.len) != 1) {
        (void)libcrypto_refused(err, FAIL_INTERNAL, "ASN.1 string");
        return NULL;
    }
    return TAKE(string);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/*
 * Digits and dots as X.660 wants them. libcrypto takes more (blanks between arcs, leading zeros), and
 * two spellings of one OID would look like two extensions.
 */
static bool is_dotted_oid(struct bytes dotted)
{
    size_t arcs = 0, start = 0;
    unsigned first = 0;

    for (size_t i = 0; i <= dotted.len; i++) {
        if (i < dotted.len && is_digit(dotted.at[i]))
            continue;
        const size_t len = i - start;
        if ((i < dotted.len && dotted.at[i] != '.') || len == 0 || len > 40 ||
            (len > 1 && dotted.at[start] == '0'))
            return false;
        const unsigned tens = len > 2 ? 99 : len > 1 ? (unsigned)(dotted.at[start] - '0') : 0;
        const unsigned value = tens * 10 + (unsigned)(dotted.at[i - 1] - '0');
        if ((arcs == 0 && value > 2) || (arcs == 1 && first < 2 && value > 39))
            return false;
        first = arcs == 0 ? value : first;
        arcs++;
        start = i + 1;
    }
    return arcs >= 2;
}

ASN1_OBJECT *oid_from_dotted(struct bytes dotted, const char *member, struct err *err)
{
    if (dotted.len > 1000 || !is_dotted_oid(dotted)) {
        (void)err_set(err, FAIL_MALFORMED, "%s: not an object identifier", member);
        return NULL;
    }
    auto_string *text = bytes_to_string(dotted);
    ASN1_OBJECT *const oid = OBJ_txt2obj(text, 1);
    if (oid == NULL)
        (void)libcrypto_refused(err, FAIL_MALFORMED, member);
    return oid;
}

const char *name_check_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] > 0x7f)
            return "not ASCII";
    }
    return NULL;
}

/* Labels of visible ASCII, none of them empty, with single dots between. */
static bool is_domain(struct bytes text)
{
    size_t label = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < 33 || text.at[i] > 126 || (text.at[i] == '.' && label == 0))
            return false;
        label = text.at[i] == '.' ? 0 : label + 1;
    }
    return label > 0;
}

static struct bytes bytes_from(struct bytes b, size_t pos)
{
    return pos == 0 ? b : bytes_of(b.at + pos, b.len - pos);
}

/* The offset of the first (or last) of some characters, or the length. */
static size_t find_any(struct bytes text, const char *any, bool last)
{
    size_t found = text.len;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] != '\0' && strchr(any, text.at[i]) != NULL) {
            found = i;
            if (!last)
                break;
        }
    }
    return found;
}

/* RFC 3986, 3.2.3: a colon and digits, or nothing. */
static bool is_port(struct bytes text)
{
    if (text.len > 0 && text.at[0] != ':')
        return false;
    for (size_t i = 1; i < text.len; i++) {
        if (!is_digit(text.at[i]))
            return false;
    }
    return true;
}

/*
 * Host and port of an authority (RFC 3986, 3.2.2). An escape is no part of a host name that DNS could
 * resolve, and readers of certificates disagree about it.
 */
static bool is_host(struct bytes host)
{
    if (host.len > 0 && host.at[0] == '[') {
        const size_t close = find_any(host, "]", false);
        return close > 1 && close < host.len && is_port(bytes_from(host, close + 1));
    }
    const size_t colon = find_any(host, ":", false);
    const struct bytes name = bytes_of(host.at, colon);
    return is_port(bytes_from(host, colon)) &&
           (name.len == 0 || (is_domain(name) && find_any(name, "%", false) == name.len));
}

const char *name_check_uri(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < 0x20 || text.at[i] > 0x7e)
            return "not ASCII, or a control character";
    }
    const size_t scheme = find_any(text, ":/?#", false);
    const bool has_scheme = scheme < text.len && text.at[scheme] == ':';
    const struct bytes rest = bytes_from(text, has_scheme ? scheme + 1 : 0);
    if (!bytes_start_with(rest, BYTES_LITERAL("//")))
        return NULL;
    struct bytes authority = bytes_from(rest, 2);
    authority.len = find_any(authority, "/?#", false);
    const size_t at = find_any(authority, "@", true);
    const struct bytes host = at < authority.len ? bytes_from(authority, at + 1) : authority;
    return is_host(host) ? NULL : "malformed host";
}

const char *name_check_domain(struct bytes text)
{
    const bool subdomains = text.len > 0 && text.at[0] == '.';
    const struct bytes domain = subdomains ? bytes_from(text, 1) : text;

    return domain.len == 0 || is_domain(domain) ? NULL : "not a domain name";
}

static bool is_ip_text(struct bytes text)
{
    uint8_t address[IPV6_LEN];
    auto_string *terminated = bytes_to_string(text);

    return strlen(terminated) == text.len && (inet_pton(AF_INET, terminated, address) == 1 ||
                                              inet_pton(AF_INET6, terminated, address) == 1);
}

const char *name_check_uri_domain(struct bytes text)
{
    return is_ip_text(text) ? "an IP address, not a domain name" : name_check_domain(text);
}

const char *name_check_mailbox(struct bytes text)
{
    const size_t at = find_any(text, "@", true);

    if (at == text.len)
        return name_check_domain(text);
    if (name_check_ascii(text) != NULL || at == 0 || !is_domain(bytes_from(text, at + 1)))
        return "not a mailbox";
    return NULL;
}

/* Appends one name whose value is an ASN.1 string of `string_type`. */
static bool names_add(GENERAL_NAMES *names, int type, int string_type, struct bytes value,
                      struct err *err)
{
    auto_asn1_string *string = asn1_string_new(string_type, value, err);
    if (string == NULL)
        return false;
    GENERAL_NAME *const name = GENERAL_NAME_new();
    if (name == NULL || sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        return libcrypto_refused(err, FAIL_INTERNAL, "general name");
    }
    GENERAL_NAME_set0_value(name, type, TAKE(string));
    return true;
}

bool names_add_texts(GENERAL_NAMES *names, int type, const struct text_list *texts,
                     name_check *check, const char *member, struct err *err)
{
    for (size_t i = 0; i < texts->count; i++) {
        const char *const wrong = check(texts->at[i]);
        if (wrong != NULL)
            return err_set(err, FAIL_MALFORMED, "%s[%zu]: %s", member, i, wrong);
        if (!names_add(names, type, V_ASN1_IA5STRING, texts->at[i], err))
            return false;
    }
    return true;
}

/* RFC 4291, 2.5.5.2 */
static const uint8_t mapped_prefix[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static struct bytes address_unmapped(struct bytes address)
{
    const struct bytes prefix = bytes_of(mapped_prefix, sizeof mapped_prefix);

    return address.len == IPV6_LEN && bytes_start_with(address, prefix)
               ? bytes_from(address, sizeof mapped_prefix)
               : address;
}

bool names_add_addresses(GENERAL_NAMES *names, const struct text_list *addresses,
                         const char *member, struct err *err)
{
    for (size_t i = 0; i < addresses->count; i++) {
        const struct bytes address = address_unmapped(addresses->at[i]);
        if (address.len != IPV4_LEN && address.len != IPV6_LEN)
            return err_set(err, FAIL_MALFORMED, "%s[%zu]: %zu bytes are not an IP address", member,
                           i, address.len);
        if (!names_add(names, GEN_IPADD, V_ASN1_OCTET_STRING, address, err))
            return false;
    }
    return true;
}

/* Ones, then zeros (RFC 4632, 5.1). */
static bool is_mask(struct bytes mask)
{
    bool zeros = false;

    for (size_t bit = 0; bit < 8 * mask.len; bit++) {
        const bool one = (mask.at[bit / 8] >> (7 - bit % 8) & 1) != 0;
        if (one && zeros)
            return false;
        zeros = !one;
    }
    return true;
}

bool names_add_ranges(GENERAL_NAMES *names, const struct cert_ip_range *ranges, size_t count,
                      const char *member, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct bytes mask = ranges[i].mask;
        const struct bytes ip =
            mask.len == IPV4_LEN ? address_unmapped(ranges[i].ip) : ranges[i].ip;
        uint8_t network[2 * IPV6_LEN];

        if (ip.len != mask.len || (ip.len != IPV4_LEN && ip.len != IPV6_LEN))
            return err_set(err, FAIL_MALFORMED, "%s[%zu]: IP of %zu bytes with Mask of %zu bytes",
                           member, i, ranges[i].ip.len, mask.len);
        if (!is_mask(mask))
            return err_set(err, FAIL_MALFORMED, "%s[%zu]: Mask is not ones followed by zeros",
                           member, i);
        for (size_t b = 0; b < ip.len; b++) {
            network[b] = ip.at[b] & mask.at[b];
            network[ip.len + b] = mask.at[b];
        }
        if (!names_add(names, GEN_IPADD, V_ASN1_OCTET_STRING, bytes_of(network, 2 * ip.len), err))
            return false;
    }
    return true;
}
