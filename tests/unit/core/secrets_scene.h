/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A deployment with user-defined secrets of every type, and users who may or may not write them:
 *
 *   "writer"  all but `vault`      "half"   only `token`
 *   "reader"  reads, never writes   "nobody" has no role
 */
#include "codec/json.h"
#include "crypto/cert.h"
#include "fixture.h"
#include "state/names.h"

enum scene_user { WRITER = 0, HALF, READER, NOBODY, SCENE_USERS };
static const char *const scene_users[SCENE_USERS] = { "writer", "half", "reader", "nobody" };
static const char *const scene_roles[SCENE_USERS] = { "\"read\",\"write\"", "\"half\"", "\"read\"",
                                                      "" };

#define SCENE_READABLE "\"sym\",\"plain\",\"site\",\"token\",\"odd\",\"sizeless\",\"vault\""
#define SCENE_WRITABLE "\"sym\",\"plain\",\"site\",\"token\",\"odd\",\"sizeless\""

/* `m` shows what the dry run has to see: the real values of generated secrets, all 16 bytes of `shared`, and of the
 * user-defined ones a stand-in or the new value. */
static const char scene_parts[] =
    "\"Roles\":{\"read\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":[" SCENE_READABLE "],"
    "\"Actions\":[\"ReadSecret\"]},\"write\":{\"ResourceType\":\"Secrets\",\"ResourceNames\":["
    "" SCENE_WRITABLE "],\"Actions\":[\"writesecret\"]},\"half\":{\"ResourceType\":\"Secrets\","
    "\"ResourceNames\":[\"token\"],\"Actions\":[\"WriteSecret\"]}},"
    "\"Marbles\":{\"t\":{\"Package\":\"p\",\"Parameters\":{"
    "\"Files\":{\"sym\":\"{{ raw .Secrets.sym }}\",\"site\":\"{{ pem .Secrets.site.Cert }}\","
    "\"shared\":\"{{ slice (raw .Secrets.key) 15 }}{{ hex .Secrets.own }}\"},"
    "\"Env\":{\"T\":\"{{ string .Secrets.token }}\"}}}},"
    "\"Secrets\":{\"sym\":{\"Type\":\"symmetric-key\",\"Size\":128,\"UserDefined\":true},"
    "\"token\":{\"Type\":\"plain\",\"UserDefined\":true},"
    "\"plain\":{\"Type\":\"plain\",\"Size\":7,\"UserDefined\":true,\"Shared\":true},"
    "\"site\":{\"Type\":\"cert-ecdsa\",\"UserDefined\":true,\"ValidFor\":7},"
    "\"odd\":{\"Type\":\"symmetric-key\",\"Size\":12,\"UserDefined\":true},"
    "\"sizeless\":{\"Type\":\"symmetric-key\",\"UserDefined\":true},"
    "\"vault\":{\"Type\":\"plain\",\"UserDefined\":true},"
    "\"own\":{\"Type\":\"symmetric-key\",\"Size\":256}},";

/* Made once for a program. */
static inline struct cert *scene_cert(enum scene_user user)
{
    static struct cert *certs[SCENE_USERS];
    const struct cert_template t = { .subject.common_name = bytes_of_string(scene_users[user]) };
    struct err err = { 0 };

    if (certs[user] == NULL) {
        auto_key *key = key_generate(KEY_ECDSA, 256, &err);
        assert_non_null(key);
        certs[user] = cert_issue(&t, key, NULL, key, WORLD_START_MS / 1000, &err);
    }
    assert_ok(certs[user] != NULL, &err);
    return certs[user];
}

/* What the manifest of fixture.h needs besides; extra: more of it, as in manifest_text. Freed by the caller. */
static inline char *secrets_extra(const char *extra)
{
    auto_buf parts = { 0 };

    buf_add_string(&parts, "\"Users\":{");
    for (unsigned i = 0; i < SCENE_USERS; i++) {
        auto_buf pem = { 0 };
        cert_pem(scene_cert(i), &pem);
        json_put_name(&parts, scene_users[i]);
        buf_add_string(&parts, "{\"Certificate\":");
        json_put_string(&parts, buf_bytes(&pem));
        buf_add_format(&parts, ",\"Roles\":[%s]}", scene_roles[i]);
    }
    buf_add_format(&parts, "},%s%s", scene_parts, extra);
    return bytes_to_string(buf_bytes(&parts));
}

/* Everything that the state holds. */
static inline struct buf all_values(const struct machine *m)
{
    auto_snapshot *now = core_snapshot(m->core);
    struct buf all = { 0 };

    for (struct omap_entry e = { 0 }; omap_next_with_prefix(now->values, BYTES_NONE, &e);) {
        buf_add(&all, e.key);
        buf_add_u8(&all, '=');
        buf_add(&all, e.value);
        buf_add_u8(&all, '\n');
    }
    return all;
}

/* The certificate of "half" in base64 as JSON: any will do. */
static inline char *scene_cert_json(void)
{
    auto_buf text = { 0 };

    json_put_octets(&text, cert_der(scene_cert(HALF)));
    return bytes_to_string(buf_bytes(&text));
}
