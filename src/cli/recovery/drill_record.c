/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery/drill_record.h"

#include "base/env.h"
#include "base/files.h"
#include "codec/json.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void drill_record_clear(struct drill_record *record)
{
    if (record->path != NULL && record->fd >= 0)
        (void)close(record->fd);
    free(record->path);
    buf_clear(&record->holder);
    buf_clear(&record->coordinator);
    *record = (struct drill_record){ .fd = -1 };
}

static bool open_file(struct drill_record *record, struct err *err)
{
    struct stat there;

    record->fd = open(record->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (record->fd < 0 || fstat(record->fd, &there) != 0)
        return err_errno(err, FAIL_UNAVAILABLE, "%s", record->path);
    return S_ISREG(there.st_mode) ||
           err_set(err, FAIL_MALFORMED, "%s is no regular file", record->path);
}

bool drill_record_open(struct cli *cli, const struct key *key, struct drill_record *record,
                       struct err *err)
{
    const char *const path = option_text(&cli->options, "record");

    if (path == NULL)
        return true;
    record->path = mem_string(path);
    if (open_file(record, err))
        return fingerprint_of(key, record->key, err);
    (void)cli_fail(cli, EXIT_USAGE, "nothing was tried");
    return err_in(err, "record");
}

void drill_record_holder(struct drill_record *record, struct bytes name)
{
    buf_truncate(&record->holder, 0);
    json_put_string(&record->holder, name);
}

bool drill_record_coordinator(struct drill_record *record, const struct cert *root, struct err *err)
{
    char hex[2 * SHA256_LEN + 1] = "unverified";

    if (root != NULL && !sha256_hex(cert_der(root), hex, err))
        return false;
    json_put_string(&record->coordinator, bytes_of_string(hex));
    return true;
}

static void put_known(struct buf *line, const char *name, const struct buf *json)
{
    json_put_name(line, name);
    buf_add(line, json->len > 0 ? buf_bytes(json) : BYTES_LITERAL("null"));
}

static void put_text(struct buf *line, const char *name, const char *text)
{
    json_put_name(line, name);
    json_put_string(line, bytes_of_string(text));
}

static void put_line(const struct drill_record *record, const char *why, struct buf *line)
{
    buf_add_u8(line, '{');
    json_put_time(line, "time", env_now_ms(NULL));
    put_known(line, "holder", &record->holder);
    put_text(line, "key", record->key);
    if (record->secret[0] != '\0')
        put_text(line, "secretSha256Prefix", record->secret);
    else
        put_known(line, "secretSha256Prefix", &(struct buf){ 0 });
    put_known(line, "coordinator", &record->coordinator);
    put_text(line, "result", why == NULL ? "ok" : "failed");
    if (why != NULL)
        put_text(line, "error", why);
    buf_add_string(line, "}\n");
}

/* A line that the power ended stays by itself. */
static bool ends_inside_a_line(int fd)
{
    struct stat there;
    char last = '\n';

    return fstat(fd, &there) == 0 && there.st_size > 0 &&
           pread(fd, &last, 1, there.st_size - 1) == 1 && last != '\n';
}

static bool refuse(const char *why, struct err *err)
{
    return err_in(err, "the drill %s but is not recorded", why == NULL ? "succeeded" : "failed");
}

bool drill_record_add(struct drill_record *record, const char *why, struct err *err)
{
    auto_buf line = { 0 };

    if (record->path == NULL || record->is_written)
        return true;
    record->is_written = true;
    if (ends_inside_a_line(record->fd))
        buf_add_u8(&line, '\n');
    put_line(record, why, &line);
    if (!file_write_all(&files_posix, record->fd, buf_bytes(&line), err))
        return refuse(why, err);
    if (fsync(record->fd) != 0) {
        (void)err_errno(err, FAIL_UNAVAILABLE, "%s", record->path);
        return refuse(why, err);
    }
    return file_sync_parent(&files_posix, record->path, err) || refuse(why, err);
}
