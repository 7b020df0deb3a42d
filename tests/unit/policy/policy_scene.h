/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "test.h"

#include "policy/policy.h"

#include <string.h>

/* A verdict whose fields a test sets, and a manifest that judges it. */

#define HEX16 "0102030405060708090a0b0c0d0e0f10"
#define HEX32 HEX16 HEX16
#define HEX48 HEX32 HEX16
#define HEX64 HEX32 HEX32
#define ZERO16 "00000000000000000000000000000000"
#define ZERO48 ZERO16 ZERO16 ZERO16

struct policy_scene {
    struct verdict verdict;
    struct policy_report report;
    struct arena arena;
};

static inline void policy_scene_clear(struct policy_scene *s)
{
    arena_clear(&s->arena);
}
#define auto_policy_scene struct policy_scene CLEANUP(policy_scene_clear)

/* Replaces the field when it is there; "" takes it away. */
static inline void set_field(struct policy_scene *s, const char *name, const char *hex)
{
    struct verdict *const v = &s->verdict;
    auto_buf value = test_unhex(hex);
    size_t i = 0;

    while (i < v->field_count && strcmp(v->fields[i].name, name) != 0)
        i++;
    v->field_count += i == v->field_count;
    v->fields[i] =
        (struct verdict_field){ .name = name, .value = arena_bytes(&s->arena, buf_bytes(&value)) };
}

/* package, infrastructures: members of the JSON objects. */
static inline bool judge(struct policy_scene *s, const char *package, const char *infrastructures)
{
    auto_string *text = mem_printf("{\"Packages\":{\"app\":{%s}},\"Infrastructures\":{%s}}",
                                   package, infrastructures);
    struct err err = { 0 };
    auto_manifest *m = manifest_parse(bytes_of_string(text), &err);

    assert_ok(m != NULL, &err);
    return policy_judge(&m->packages[0], m->infrastructures, m->infrastructure_count, &s->verdict,
                        &s->arena, &s->report);
}

static inline void assert_fits(struct policy_scene *s, const char *package, const char *what)
{
    if (!judge(s, package, ""))
        fail_msg("%s: %.*s", what, (int)s->report.at[0].sentence.len,
                 (const char *)s->report.at[0].sentence.at);
    assert_int_equal(s->report.count, 0);
}

/* Exactly one finding, with these texts. */
static inline void assert_finding(const struct policy_scene *s, const char *what,
                                  const char *sentence, const char *accepts)
{
    const struct policy_finding *const f = &s->report.at[0];

    if (s->report.count != 1)
        fail_msg("%s: %zu findings", what, s->report.count);
    if (!bytes_equal_string(f->sentence, sentence))
        fail_msg("%s: %.*s", what, (int)f->sentence.len, (const char *)f->sentence.at);
    if (!bytes_equal_string(f->accepts, accepts))
        fail_msg("%s: accepted by %.*s", what, (int)f->accepts.len, (const char *)f->accepts.at);
}

static inline void assert_refused(struct policy_scene *s, const char *package, const char *what,
                                  const char *sentence, const char *accepts)
{
    if (judge(s, package, ""))
        fail_msg("%s: fits", what);
    assert_finding(s, what, sentence, accepts);
}
