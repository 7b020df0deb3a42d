/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manifest/remote_manifest.h"
#include "manifest/permissions.h"

#include <inttypes.h>

/* secret list: what the manifest says. */

struct row {
    const struct manifest_secret *secret;
    bool may_read, may_set;
};

static const char *kind_of(const struct manifest_secret *secret)
{
    return secret->user_defined ? "user-defined" : secret->shared ? "shared" : "per Marble";
}

static void put_data(const struct row *row, struct buf *data)
{
    const struct manifest_secret *const secret = row->secret;

    json_put_comma(data);
    buf_add_string(data, "{\"name\":");
    json_put_string(data, secret->name);
    json_put_name(data, "type");
    json_put_string(data, secret->type_text);
    buf_add_format(
        data,
        ",\"size\":%" PRIu64 ",\"shared\":%s,\"userDefined\":%s,\"mayRead\":%s,\"maySet\":%s}",
        secret->size, secret->shared ? "true" : "false", secret->user_defined ? "true" : "false",
        row->may_read ? "true" : "false", row->may_set ? "true" : "false");
}

/* Appends the text as it can be shown, and blanks up to the column. */
static void put_column(struct buf *text, struct bytes value, size_t width)
{
    const size_t begin = text->len;

    output_visible(text, value, false);
    do
        buf_add_u8(text, ' ');
    while (text->len < begin + width);
}

static void put_text(const struct row *row, size_t width, struct buf *text)
{
    const struct manifest_secret *const secret = row->secret;
    auto_buf type = { 0 };

    buf_add(&type, secret->type_text);
    if (secret->size > 0)
        buf_add_format(&type, " %" PRIu64, secret->size);
    put_column(text, secret->name, width);
    put_column(text, buf_bytes(&type), sizeof "symmetric-key 12345 ");
    put_column(text, bytes_of_string(kind_of(secret)), sizeof "user-defined ");
    buf_add_string(text, row->may_read && row->may_set ? "read, set\n"
                         : row->may_read               ? "read\n"
                         : row->may_set                ? "set\n"
                                                       : "-\n");
}

static size_t name_width(const struct manifest *m)
{
    size_t width = 0;

    for (size_t i = 0; i < m->secret_count; i++) {
        auto_buf shown = { 0 };
        output_visible(&shown, m->secrets[i].name, false);
        width = shown.len > width ? shown.len : width;
    }
    return width + 2;
}

static bool show(struct cli *cli, const struct manifest *m, const struct manifest_user *user,
                 struct err *err)
{
    const size_t width = name_width(m);
    auto_arena arena = { 0 };
    auto_buf data = { 0 }, text = { 0 };
    struct permissions may = { 0 };

    buf_add_string(&data, "{\"user\":");
    if (user == NULL)
        buf_add_string(&data, "null");
    else
        json_put_string(&data, user->name);
    buf_add_string(&data, ",\"secrets\":[");
    if (user == NULL)
        output_warn(&cli->out, "the certificate is no user's, as the manifest says");
    else
        may = permissions_of_user(m, user, &arena);
    for (size_t i = 0; i < m->secret_count; i++) {
        const struct bytes name = m->secrets[i].name;
        const struct row row = { &m->secrets[i],
                                 permissions_allow(&may, PERMISSION_READ_SECRET, &name, 1),
                                 permissions_allow(&may, PERMISSION_WRITE_SECRET, &name, 1) };
        put_data(&row, &data);
        put_text(&row, width, &text);
    }
    buf_add_string(&data, "]}");
    return output_result(&cli->out, "SecretList", buf_bytes(&data), buf_bytes(&text), err);
}

bool run_secret_list(struct cli *cli, struct err *err)
{
    auto_session s = { 0 };

    if (!session_open_as_user(&s, cli, cli_argument(cli, 0), err))
        return false;
    auto_manifest *m = remote_manifest_parse(&s, err);
    return m != NULL && show(cli, m, manifest_user_of(m, s.own), err);
}
