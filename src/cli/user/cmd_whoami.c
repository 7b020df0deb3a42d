/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/remote_manifest.h"
#include "crypto/hash.h"
#include "manifest/permissions.h"
#include "manifest/records.h"

/* user whoami: the API has no such question, so the manifest answers it. */

static const struct {
    enum permission kind;
    const char *member, *words;
} rights[] = {
    { PERMISSION_READ_SECRET, "readSecret", "may read the secrets" },
    { PERMISSION_WRITE_SECRET, "writeSecret", "may set the secrets" },
    { PERMISSION_UPDATE_PACKAGE, "updateSecurityVersion",
      "may raise the security versions of the packages" },
};

static void put_names(struct buf *text, const char *words, const struct bytes *names, size_t count)
{
    buf_add_format(text, "  %s: ", words);
    for (size_t i = 0; i < count; i++) {
        buf_add_string(text, i > 0 ? ", " : "");
        output_visible(text, names[i], false);
    }
    buf_add_string(text, count == 0 ? "none\n" : "\n");
}

static void put_text(const struct manifest_user *user, const struct permissions *may,
                     struct buf *text)
{
    output_visible(text, user->name, false);
    buf_add_string(text, ", as the manifest says\n");
    put_names(text, "roles", user->roles.at, user->roles.count);
    for (size_t i = 0; i < COUNT_OF(rights); i++) {
        const struct permission_grant *const grant = &may->of[rights[i].kind];
        if (grant->count > 0)
            put_names(text, rights[i].words, grant->names, grant->count);
    }
    if (may->of[PERMISSION_UPDATE_MANIFEST].held)
        buf_add_string(text, "  may update the manifest\n");
}

static void put_data(const struct manifest_user *user, const struct permissions *may,
                     const char *fingerprint, struct buf *data)
{
    buf_add_string(data, "{\"name\":");
    json_put_string(data, user->name);
    buf_add_format(data, ",\"certificateFingerprint\":\"%s\"", fingerprint);
    json_put_texts(data, "roles", &user->roles);
    buf_add_string(data, ",\"permissions\":{");
    for (size_t i = 0; i < COUNT_OF(rights); i++) {
        const struct permission_grant *const grant = &may->of[rights[i].kind];
        const struct text_list names = { true, grant->count, grant->names };
        json_put_texts(data, rights[i].member, &names);
    }
    buf_add_format(data, ",\"updateManifest\":%s}}",
                   may->of[PERMISSION_UPDATE_MANIFEST].held ? "true" : "false");
}

static bool show(struct cli *cli, const struct manifest *m, const struct cert *own, struct err *err)
{
    const struct manifest_user *const user = manifest_user_of(m, own);
    char fingerprint[2 * SHA256_LEN + 1];
    auto_arena arena = { 0 };
    auto_buf data = { 0 }, text = { 0 };

    if (!sha256_hex(cert_der(own), fingerprint, err))
        return false;
    if (user == NULL) {
        (void)cli_fail(cli, EXIT_DENIED,
                       "an update of the manifest has to bring \"NAME\":{\"Certificate\":\"<its "
                       "PEM>\",\"Roles\":[...]} into Users");
        return err_set(err, FAIL_DENIED, "no user of the manifest has this certificate, SHA-256 %s",
                       fingerprint);
    }
    const struct permissions may = permissions_of_user(m, user, &arena);
    put_text(user, &may, &text);
    put_data(user, &may, fingerprint, &data);
    return output_result(&cli->out, "User", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_user_whoami(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };

    if (!session_open_as_user(&s, cli, cli_argument(cli, 0), err))
        return false;
    auto_manifest *m = remote_manifest_parse(&s, err);
    return m != NULL && show(cli, m, s.own, err);
}
