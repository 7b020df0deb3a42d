/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_pck.h"

#include <string.h>

#include "codec/der.h"

/* 1.2.840.113741.1.13.1, to which each entry adds an arc. */
static const struct bytes prefix = BYTES_LITERAL("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01");

enum {
    DER_ENUMERATED = 0x0a,
    /* The last arcs of the entries and of those of the TCB (attestation.md, 4). */
    ARC_PPID = 1,
    ARC_TCB = 2,
    ARC_PCEID = 3,
    ARC_FMSPC = 4,
    ARC_SGX_TYPE = 5,
    ARC_INSTANCE = 6,
    ARC_CONFIGURATION = 7,
    ARC_TCB_PCESVN = 17,
    ARC_TCB_CPUSVN = 18,
    ARC_CONFIGURATION_LAST = 3,
};

/* One SEQUENCE { OID, value } off the front of *in. */
struct entry {
    struct bytes oid;
    uint8_t tag;
    struct bytes value;
};

static bool take_entry(struct bytes *in, struct entry *entry)
{
    struct bytes pair;

    return der_take(in, DER_SEQUENCE, &pair) && der_take(&pair, DER_OID, &entry->oid) &&
           der_next(&pair, &entry->tag, &entry->value) && pair.len == 0;
}

/* The arc behind `above` when there is exactly one; 0 for every other OID. */
static unsigned last_arc(struct bytes oid, struct bytes above)
{
    if (oid.len != above.len + 1 || !bytes_start_with(oid, above) || oid.at[above.len] >= 0x80)
        return 0;
    return oid.at[above.len];
}

static bool get_octets(const struct entry *entry, uint8_t *out, size_t len)
{
    if (entry->tag != DER_OCTET_STRING || entry->value.len != len)
        return false;
    memcpy(out, entry->value.at, len);
    return true;
}

/* A number from 0 to max, at most 65535, in its shortest form. */
static bool get_number(const struct entry *entry, uint8_t tag, unsigned max, uint16_t *out)
{
    enum { LEN_MAX = 3 };
    const struct bytes v = entry->value;
    unsigned number = 0;

    if (entry->tag != tag || v.len == 0 || v.len > LEN_MAX || (v.at[0] & 0x80) != 0 ||
        (v.len > 1 && v.at[0] == 0 && (v.at[1] & 0x80) == 0))
        return false;
    for (size_t i = 0; i < v.len; i++)
        number = number << 8 | v.at[i];
    *out = (uint16_t)number;
    return number <= max;
}

/* Marks the arc as seen; false when it was. */
static bool see(uint32_t *seen, unsigned arc)
{
    const uint32_t bit = UINT32_C(1) << arc;
    const bool is_new = (*seen & bit) == 0;

    *seen |= bit;
    return is_new;
}

static uint32_t arcs_up_to(unsigned last)
{
    return (UINT32_C(2) << last) - 2;
}

static bool read_tcb_entry(struct pck *pck, unsigned arc, const struct entry *entry)
{
    uint16_t number = 0;

    if (arc == ARC_TCB_CPUSVN)
        return get_octets(entry, pck->cpusvn, sizeof pck->cpusvn);
    if (arc == ARC_TCB_PCESVN)
        return get_number(entry, DER_INTEGER, UINT16_MAX, &pck->pcesvn);
    if (!get_number(entry, DER_INTEGER, UINT8_MAX, &number))
        return false;
    pck->components[arc - 1] = (uint8_t)number;
    return true;
}

static bool fail_entry(struct err *err, const char *list, unsigned arc)
{
    return err_set(err, FAIL_MALFORMED,
                   "SGX extension: entry %s%u is there twice, or of another type or size", list,
                   arc);
}

static bool read_tcb(struct pck *pck, const struct entry *entry, struct err *err)
{
    const struct bytes above = BYTES_LITERAL("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01\x02");
    struct bytes list = entry->value;
    uint32_t seen = 0;

    if (entry->tag != DER_SEQUENCE)
        return fail_entry(err, "", ARC_TCB);
    while (list.len > 0) {
        struct entry inner;
        if (!take_entry(&list, &inner))
            return err_set(err, FAIL_MALFORMED, "SGX extension: the TCB is not a list of entries");
        const unsigned arc = last_arc(inner.oid, above);
        if (arc == 0 || arc > ARC_TCB_CPUSVN)
            continue;
        if (!see(&seen, arc) || !read_tcb_entry(pck, arc, &inner))
            return fail_entry(err, "2.", arc);
    }
    return seen == arcs_up_to(ARC_TCB_CPUSVN) ||
           err_set(err, FAIL_MALFORMED, "SGX extension: an entry of the TCB is missing");
}

/* Flags of the platform; only their shape matters here. */
static bool is_configuration(const struct entry *entry)
{
    const struct bytes above = BYTES_LITERAL("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01\x07");
    struct bytes list = entry->value;
    uint32_t seen = 0;

    if (entry->tag != DER_SEQUENCE)
        return false;
    while (list.len > 0) {
        struct entry inner;
        if (!take_entry(&list, &inner))
            return false;
        const unsigned arc = last_arc(inner.oid, above);
        if (arc == 0 || arc > ARC_CONFIGURATION_LAST)
            continue;
        if (!see(&seen, arc) || inner.tag != DER_BOOLEAN || inner.value.len != 1)
            return false;
    }
    return true;
}

static bool read_entry(struct pck *pck, unsigned arc, const struct entry *entry, struct err *err)
{
    enum { SGX_TYPE_MAX = 2 };
    uint8_t instance[PCK_INSTANCE_ID_LEN];
    uint16_t type = 0;
    bool fits = false;

    if (arc == ARC_TCB)
        return read_tcb(pck, entry, err);
    if (arc == ARC_PPID)
        fits = get_octets(entry, pck->ppid, sizeof pck->ppid);
    else if (arc == ARC_PCEID)
        fits = get_octets(entry, pck->pceid, sizeof pck->pceid);
    else if (arc == ARC_FMSPC)
        fits = get_octets(entry, pck->fmspc, sizeof pck->fmspc);
    else if (arc == ARC_SGX_TYPE)
        fits = get_number(entry, DER_ENUMERATED, SGX_TYPE_MAX, &type);
    else if (arc == ARC_INSTANCE)
        fits = get_octets(entry, instance, sizeof instance);
    else
        fits = is_configuration(entry);
    if (arc == ARC_SGX_TYPE)
        pck->sgx_type = (uint8_t)type;
    return fits || fail_entry(err, "", arc);
}

bool pck_parse(struct bytes extension, struct pck *pck, struct err *err)
{
    struct bytes list;
    uint32_t seen = 0;

    *pck = (struct pck){ 0 };
    if (!der_take(&extension, DER_SEQUENCE, &list) || extension.len != 0)
        return err_set(err, FAIL_MALFORMED, "SGX extension: not one DER sequence");
    while (list.len > 0) {
        struct entry entry;
        if (!take_entry(&list, &entry))
            return err_set(err, FAIL_MALFORMED, "SGX extension: not a list of entries");
        const unsigned arc = last_arc(entry.oid, prefix);
        if (arc == 0 || arc > ARC_CONFIGURATION)
            continue;
        if (!see(&seen, arc))
            return fail_entry(err, "", arc);
        if (!read_entry(pck, arc, &entry, err))
            return false;
    }
    return (seen & arcs_up_to(ARC_SGX_TYPE)) == arcs_up_to(ARC_SGX_TYPE) ||
           err_set(err, FAIL_MALFORMED, "SGX extension: one of the entries 1 to 5 is missing");
}
