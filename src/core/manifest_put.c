/* SPDX-License-Identifier: Apache-2.0 */
#include "core/internal.h"
#include "manifest/records.h"
#include "state/names.h"

static void put_authority_value(void *change, const char *name, struct bytes value)
{
    change_put(change, name, value);
}

static void put_record(struct change *change, const char *prefix, struct bytes name,
                       struct buf *record)
{
    change_put_named(change, prefix, name, buf_bytes(record));
    buf_truncate(record, 0);
}

void change_put_parts(struct change *change, const struct manifest *m)
{
    auto_buf record = { 0 };

    for (size_t i = 0; i < m->package_count; i++) {
        record_write_package(&m->packages[i], &record);
        put_record(change, PREFIX_PACKAGE, m->packages[i].name, &record);
    }
    for (size_t i = 0; i < m->infrastructure_count; i++) {
        record_write_infrastructure(&m->infrastructures[i], &record);
        put_record(change, PREFIX_INFRASTRUCTURE, m->infrastructures[i].name, &record);
    }
    for (size_t i = 0; i < m->marble_count; i++) {
        record_write_marble(&m->marbles[i], &record);
        put_record(change, PREFIX_MARBLE, m->marbles[i].name, &record);
    }
    for (size_t i = 0; i < m->tls_tag_count; i++) {
        record_write_tls_tag(&m->tls_tags[i], &record);
        put_record(change, PREFIX_TLS, m->tls_tags[i].name, &record);
    }
}

bool change_put_users(struct change *change, const struct manifest *m, struct err *err)
{
    auto_buf record = { 0 };
    auto_arena arena = { 0 };

    for (size_t i = 0; i < m->user_count; i++) {
        struct stored_user user;
        if (!stored_user_from_manifest(m, &m->users[i], &arena, &user, err))
            return false;
        stored_user_write(&user, &record);
        put_record(change, PREFIX_USER, m->users[i].name, &record);
    }
    return true;
}

bool change_put_authority(struct change *change, const struct authority *authority, struct err *err)
{
    return authority_values(authority, put_authority_value, change, err);
}
