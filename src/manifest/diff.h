/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "manifest/manifest.h"

/*
 * What an update would change, by meaning, and what follows from each change (client-api.md, 11 and 12;
 * cli.md, 16.6).
 *
 * old: the manifest in force. new: that of the update; one with packages only is an update of packages, of
 * which nothing else counts. Both decode; whether a Coordinator takes them is what manifest_check tells.
 */
enum change_kind { CHANGE_ADDED = 1, CHANGE_REMOVED, CHANGE_CHANGED };
struct manifest_change {
    const char *section; /* "Packages", in the order of manifest_diff's sections */
    struct bytes name;   /* of the entry; empty for Config */
    enum change_kind kind;
    struct bytes what;        /* "SecurityVersion 3 -> 5, Debug no -> yes" */
    struct bytes consequence; /* in plain words; empty: none of its own */
};
enum update_kind { UPDATE_NONE = 0, UPDATE_PACKAGES, UPDATE_FULL };
struct manifest_diff {
    enum update_kind kind; /* UPDATE_NONE: the manifests mean the same */
    size_t count, room;
    struct manifest_change *at;
    /* What follows from the update as a whole, in plain words. */
    size_t consequence_count, consequence_room;
    struct bytes *consequences;
    /* Users of `old` who may do this update, and how many of them have to agree: one for packages. */
    size_t holder_count, acknowledgments;
    struct bytes *holders;
    bool new_recovery_secrets;
    bool
        refused; /* what follows from something is that no Coordinator takes it; "refused: ..." tells what */
    struct arena arena;
};

/* Views live as long as both manifests and *out. */
void manifest_diff(const struct manifest *old, const struct manifest *new,
                   struct manifest_diff *out);
void manifest_diff_clear(struct manifest_diff *diff);
#define auto_manifest_diff struct manifest_diff CLEANUP(manifest_diff_clear)

/* "added", "removed", "changed"; "none", "packages", "full". */
const char *change_kind_text(enum change_kind kind) MUST_CHECK;
const char *update_kind_text(enum update_kind kind) MUST_CHECK;

/* Inside of the room. */
struct differ {
    const struct manifest *old, *new;
    struct manifest_diff *out;
};
/* Adds a change unless it is CHANGE_CHANGED with nothing in `what`. consequence may be NULL. */
void diff_add(struct differ *d, const char *section, struct bytes name, enum change_kind kind,
              const struct buf *what, const char *consequence);
void diff_say(struct differ *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Appends "<field> <old> -> <new>" when they differ, with a comma before it. */
void diff_text(struct buf *what, const char *field, struct bytes old, struct bytes new);
void diff_number(struct buf *what, const char *field, uint64_t old, uint64_t new);
void diff_bool(struct buf *what, const char *field, bool old, bool new);
void diff_optional(struct buf *what, const char *field, struct optional_uint old,
                   struct optional_uint new);
/* "<field> changed" when `differs`. */
void diff_flag(struct buf *what, const char *field, bool differs);
bool diff_json_same(const struct json *a, const struct json *b) MUST_CHECK;
bool diff_texts_same(const struct text_list *a, const struct text_list *b) MUST_CHECK;
/* Every name of two sorted tables; the rows begin with name and source; NULL where there is none. */
struct diff_table {
    const void *at;
    size_t count, size;
};
#define DIFF_TABLE(m, table, number)                                                               \
    ((struct diff_table){ (m)->table, (m)->number, sizeof *(m)->table })
typedef void diff_visit(struct differ *d, const void *old, const void *new);
void diff_walk(struct differ *d, struct diff_table old, struct diff_table new, diff_visit *visit);
void diff_secrets(struct differ *d);
/* Users, roles and recovery keys. */
void diff_access(struct differ *d);
/* Who has to agree. */
void diff_holders(struct differ *d);
/* Who may raise the packages that are named. */
void diff_raisers(struct differ *d);
