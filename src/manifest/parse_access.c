/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/parse.h"
#include "manifest/permissions.h"

/* Users, roles and recovery keys, manifest.md 9 to 11. */

bool parse_user(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("Certificate", struct manifest_user, certificate, read_text),
        FIELD("Roles", struct manifest_user, roles, read_texts),
    };

    return parse_fields(p, value, fields, COUNT_OF(fields), out);
}

static enum resource_type resource_type_from_text(struct bytes text)
{
    if (bytes_equal_string(text, "Packages"))
        return RESOURCE_PACKAGES;
    if (bytes_equal_string(text, "Secrets"))
        return RESOURCE_SECRETS;
    return bytes_equal_string(text, "Manifest") ? RESOURCE_MANIFEST : RESOURCE_NONE;
}

/* The bits of the permissions that this type of resource and these actions grant. */
static unsigned grants_of(enum resource_type type, const struct text_list *actions)
{
    unsigned grants = 0;

    for (size_t i = 0; i < actions->count; i++) {
        enum permission kind;
        if (permission_from_action(type, actions->at[i], &kind))
            grants |= 1U << kind;
    }
    return grants;
}

bool parse_role(struct parse *p, const struct json *value, void *out)
{
    static const struct field fields[] = {
        FIELD("ResourceType", struct manifest_role, type_text, read_text),
        FIELD("ResourceNames", struct manifest_role, resources, read_texts),
        FIELD("Actions", struct manifest_role, actions, read_texts),
    };
    struct manifest_role *const role = out;

    if (!parse_fields(p, value, fields, COUNT_OF(fields), role))
        return false;
    role->type = resource_type_from_text(role->type_text);
    role->grants = grants_of(role->type, &role->actions);
    return true;
}

bool parse_recovery_key(struct parse *p, const struct json *value, void *out)
{
    struct manifest_recovery_key *const key = out;

    return read_text(p, value, &key->pem);
}
