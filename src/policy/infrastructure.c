/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/judging.h"

#include "codec/text.h"
#include "crypto/hash.h"

#include <inttypes.h>

/*
 * The platform against the infrastructures of a manifest (manifest.md, 5), which the original stores and does not look at.
 * All members of an entry have to fit, at least one entry does, and an entry that says nothing fits nothing.
 */

static struct bytes entry_member(const struct judging *j, const struct manifest_infrastructure *x,
                                 const char *member)
{
    auto_buf text = { 0 };

    buf_add_string(&text, "Infrastructures.");
    json_put_path_name(&text, x->name);
    buf_add_format(&text, "%s%s", *member == '\0' ? "" : ".", member);
    return arena_bytes(j->arena, buf_bytes(&text));
}

/* The evidence has nothing to compare the member with. */
static bool refuse_absent(const struct judging *j, struct bytes member, struct bytes expected)
{
    return add_finding(j, &(struct policy_finding){ .subject = POLICY_INFRASTRUCTURE,
                                                    .member = member,
                                                    .expected = expected,
                                                    .got = BYTES_LITERAL("nothing") });
}

static bool is_intel(const struct verdict *v)
{
    return v->tee == TEE_SGX || v->tee == TEE_TDX;
}

static bool check_svn(const struct judging *j, const struct manifest_infrastructure *x,
                      const char *name, struct optional_uint wanted, uint16_t got)
{
    if (!wanted.present)
        return true;
    const struct bytes member = entry_member(j, x, name);
    const struct bytes expected = text_of(j, "at least %" PRIu64, wanted.value);
    if (!is_intel(j->verdict))
        return refuse_absent(j, member, expected);
    return got >= wanted.value ||
           add_difference(j, POLICY_INFRASTRUCTURE, member, expected, text_of(j, "%u", got));
}

static struct bytes text_of_numbers(const struct judging *j, struct bytes numbers)
{
    auto_buf text = { 0 };

    buf_add_string(&text, "[");
    for (size_t i = 0; i < numbers.len; i++)
        buf_add_format(&text, "%s%u", i > 0 ? "," : "", numbers.at[i]);
    buf_add_string(&text, "]");
    return arena_bytes(j->arena, buf_bytes(&text));
}

/* The raw CPUSVN of a report cannot be compared; its components stand in the PCK certificate (attestation.md, 3.3). */
static bool check_cpu_svn(const struct judging *j, const struct manifest_infrastructure *x)
{
    const uint8_t *const got = j->verdict->pck_components;
    const struct bytes wanted = x->cpu_svn.value;
    bool fits = wanted.len == PCK_COMPONENTS;

    if (!x->cpu_svn.present)
        return true;
    for (size_t i = 0; fits && i < PCK_COMPONENTS; i++)
        fits = got[i] >= wanted.at[i];
    const struct bytes member = entry_member(j, x, "CPUSVN");
    const struct bytes expected =
        text_of(j, "components of at least %.*s", BYTES_FMT(text_of_numbers(j, wanted)));
    if (!is_intel(j->verdict))
        return refuse_absent(j, member, expected);
    return fits || add_difference(j, POLICY_INFRASTRUCTURE, member, expected,
                                  text_of_numbers(j, bytes_of(got, PCK_COMPONENTS)));
}

/* The root as DER, or its SHA-256. */
static bool check_root(const struct judging *j, const struct manifest_infrastructure *x)
{
    const struct bytes wanted = x->root_ca.value, root = j->verdict->root_ca;
    static const char expected[] = "the root certificate of the platform, or its SHA-256";
    uint8_t hash[SHA256_LEN];
    auto_buf text = { 0 };
    struct err err = { 0 };

    if (!x->root_ca.present)
        return true;
    const struct bytes member = entry_member(j, x, "RootCA");
    if (root.len == 0 || !sha256(root, hash, &err))
        return refuse_absent(j, member, BYTES_LITERAL(expected));
    if (bytes_equal(wanted, root) || bytes_equal(wanted, bytes_of(hash, sizeof hash)))
        return true;
    json_put_octets(&text, bytes_of(hash, sizeof hash));
    return add_difference(j, POLICY_INFRASTRUCTURE, member, BYTES_LITERAL(expected),
                          arena_bytes(j->arena, buf_bytes(&text)));
}

/* A masked chip says zeros. */
static struct bytes chip_of(const struct verdict *v)
{
    const struct bytes chip = verdict_field_value(v, "chip_id");

    return is_zero(chip) ? BYTES_NONE : chip;
}

static bool refuse_empty(const struct judging *j, const struct manifest_infrastructure *x)
{
    const struct bytes member = entry_member(j, x, is_intel(j->verdict) ? "FMSPC" : "ChipIDs");
    const struct bytes expected = BYTES_LITERAL("an entry that says something");
    const struct bytes got = is_intel(j->verdict) ? j->verdict->fmspc : chip_of(j->verdict);

    if (got.len == 0)
        return refuse_absent(j, member, expected);
    return add_difference(j, POLICY_INFRASTRUCTURE, member, expected, text_of_hex(j, got));
}

static bool entry_fits(const struct judging *j, const struct manifest_infrastructure *x)
{
    const struct text_list *const r = x->references;
    bool fits = true;

    if (!x->cpu_svn.present && !x->qe_svn.present && !x->pce_svn.present && !x->root_ca.present &&
        !r[PLATFORM_FMSPC].present && !r[PLATFORM_CHIP_IDS].present)
        return refuse_empty(j, x);
    auto_string *where = bytes_to_string(entry_member(j, x, ""));
    fits &= check_cpu_svn(j, x);
    fits &= check_svn(j, x, "QESVN", x->qe_svn, j->verdict->qe_isvsvn);
    fits &= check_svn(j, x, "PCESVN", x->pce_svn, j->verdict->pcesvn);
    fits &= check_root(j, x);
    fits &=
        check_reference(j, POLICY_INFRASTRUCTURE, where, &platform_reference_kinds[PLATFORM_FMSPC],
                        &r[PLATFORM_FMSPC], is_intel(j->verdict) ? j->verdict->fmspc : BYTES_NONE);
    fits &= check_reference(j, POLICY_INFRASTRUCTURE, where,
                            &platform_reference_kinds[PLATFORM_CHIP_IDS], &r[PLATFORM_CHIP_IDS],
                            chip_of(j->verdict));
    return fits;
}

bool check_infrastructures(const struct judging *j, const struct manifest_infrastructure *at,
                           size_t count)
{
    const size_t before = j->report->count;

    for (size_t i = 0; i < count; i++) {
        if (!entry_fits(j, &at[i]))
            continue;
        j->report->count = before;
        return true;
    }
    return count == 0;
}
