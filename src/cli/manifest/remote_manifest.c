/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/remote_manifest.h"

#include "cli/manifest/updated_manifest.h"

#include <string.h>

void remote_manifest_clear(struct remote_manifest *remote)
{
    buf_clear(&remote->manifest);
    *remote = (struct remote_manifest){ 0 };
}

bool remote_manifest_get(struct session *s, struct answer *answer, struct remote_manifest *remote,
                         struct err *err)
{
    const struct call call = { "manifest", "manifest", NULL, NULL };
    bool present = false;

    if (!session_call(s, &call, answer, err) ||
        !answer_text(answer->data, answer->is_v1 ? "ManifestSignature" : "manifestFingerprint",
                     &remote->fingerprint, err))
        return false;
    const struct json *const manifest = answer_member(answer->data, "manifest");
    if (manifest == NULL)
        return err_set(err, FAIL_MALFORMED, "the answer has no manifest");
    return json_get_octets(manifest, &remote->manifest, &present, err);
}

/* v2 has an array of lines, v1 one string of lines. */
static bool put_log(const struct answer *answer, struct buf *lines, struct err *err)
{
    const struct json *const list = answer->is_v1 ? NULL : answer_member(answer->data, "updateLog");
    struct bytes line = BYTES_NONE;

    if (answer->is_v1) {
        if (answer->data == NULL || !json_get_string(answer->data, &line, err))
            return answer->data == NULL || err_in(err, "update log");
        while (line.len > 0 && strchr(" \t\r\n", line.at[line.len - 1]) != NULL)
            line.len--;
        buf_add(lines, line);
        return true;
    }
    for (const struct json *item = list == NULL ? NULL : json_first(list); item != NULL;
         item = json_next(item)) {
        if (!json_get_string(item, &line, err))
            return err_in(err, "update log");
        buf_add_string(lines, lines->len > 0 ? "\n" : "");
        buf_add(lines, line);
    }
    return true;
}

bool remote_log_get(struct session *s, struct buf *lines, struct err *err)
{
    const struct call call = { "update", "update", NULL, NULL };
    auto_answer answer = { 0 };

    return session_call(s, &call, &answer, err) && put_log(&answer, lines, err);
}

bool remote_manifest_in_force(struct session *s, const struct remote_manifest *remote,
                              struct buf *updated, struct err *err)
{
    auto_buf lines = { 0 };

    return remote_log_get(s, &lines, err) &&
           updated_manifest_put(buf_bytes(&remote->manifest), buf_bytes(&lines), updated, err);
}

struct manifest *remote_manifest_parse(struct session *s, struct err *err)
{
    auto_answer answer = { 0 };
    auto_remote_manifest remote = { 0 };

    if (!remote_manifest_get(s, &answer, &remote, err)) {
        (void)err_in(err, "asking for the manifest");
        return NULL;
    }
    if (remote.manifest.len == 0) {
        (void)cli_fail(s->cli, EXIT_STATE, NULL);
        (void)err_set(err, FAIL_STATE, "the Coordinator has no manifest");
        return NULL;
    }
    struct manifest *const m = manifest_parse(buf_bytes(&remote.manifest), err);
    if (m == NULL)
        (void)err_in(err, "the Coordinator's manifest");
    return m;
}

const struct manifest_user *manifest_user_of(const struct manifest *m, const struct cert *cert)
{
    for (size_t i = 0; i < m->user_count; i++) {
        struct err ignored = { 0 };
        auto_cert *theirs = manifest_user_certificate(&m->users[i], &ignored);
        if (theirs != NULL && bytes_equal(cert_der(theirs), cert_der(cert)))
            return &m->users[i];
    }
    return NULL;
}
