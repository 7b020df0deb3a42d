/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

int device_open(const struct issuer_system *system, const char *path, int flags)
{
    const struct files *const fs = system->files;
    auto_string *full = mem_printf("%s%s", system->root, path);
    int fd = -1;

    do
        fd = fs->open(fs->ctx, full, flags, 0);
    while (fd < 0 && errno == EINTR);
    return fd;
}

void device_close(const struct issuer_system *system, int fd)
{
    const int kept = errno;

    (void)system->files->close(system->files->ctx, fd);
    errno = kept;
}

static bool read_to_end(const struct files *fs, int fd, size_t max, struct buf *out)
{
    enum { CHUNK = 16 * 1024 };

    for (const size_t start = out->len;;) {
        buf_reserve(out, CHUNK);
        const ssize_t got = fs->read(fs->ctx, fd, out->at + out->len, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        out->len += (size_t)got;
        errno = EFBIG;
        if (out->len - start > max)
            return false;
    }
}

bool device_read(const struct issuer_system *system, const char *path, size_t max, struct buf *out)
{
    const int fd = device_open(system, path, O_RDONLY);

    if (fd < 0)
        return false;
    const bool done = read_to_end(system->files, fd, max, out);
    device_close(system, fd);
    return done;
}

bool device_write(const struct issuer_system *system, const char *path, struct bytes data)
{
    const struct files *const fs = system->files;
    const int fd = device_open(system, path, O_WRONLY);
    ssize_t put = -1;

    if (fd < 0)
        return false;
    do
        put = fs->write(fs->ctx, fd, data.at, data.len);
    while (put < 0 && errno == EINTR);
    if (put >= 0)
        errno = EIO;
    device_close(system, fd);
    return put >= 0 && (size_t)put == data.len;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\0';
}

/* It ends up in messages, so only what prints. text has less than DEVICE_WORD_LEN bytes. */
static bool take_word(const struct buf *text, char word[static DEVICE_WORD_LEN])
{
    size_t len = text->len;

    while (len > 0 && is_blank(text->at[len - 1]))
        len--;
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text->at[i] <= ' ' || text->at[i] > '~')
            return false;
        word[i] = (char)text->at[i];
    }
    word[len] = '\0';
    return true;
}

bool device_read_word(const struct issuer_system *system, const char *path,
                      char word[static DEVICE_WORD_LEN], struct err *err)
{
    auto_buf text = { 0 };

    if (!device_read(system, path, DEVICE_WORD_LEN - 1, &text))
        return err_errno(err, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE, "cannot read %s",
                         path);
    return take_word(&text, word) ||
           err_set(err, FAIL_UNAVAILABLE, "%s does not hold one short word", path);
}

bool device_check_quote(struct bytes raw, enum tee tee,
                        const uint8_t report_data[static REPORT_DATA_LEN], struct quote *q,
                        struct err *err)
{
    if (!quote_parse(raw, q, err))
        return false;
    if (q->tee != tee)
        return err_set(err, FAIL_MALFORMED, "the quote is of another kind of TEE");
    return quote_is_over(q, report_data) ||
           err_set(err, FAIL_MALFORMED, "the quote is about other report data than was given");
}

bool device_add_sgx_evidence(struct bytes raw, const uint8_t report_data[static REPORT_DATA_LEN],
                             struct buf *evidence, struct err *err)
{
    struct quote q;

    if (!device_check_quote(raw, TEE_SGX, report_data, &q, err))
        return false;
    quote_wrap(q.whole, evidence);
    return true;
}

struct quote_issuer *device_issuer(const struct issuer_system *system, const char *name,
                                   bool (*issue)(void *ctx,
                                                 const uint8_t report_data[static REPORT_DATA_LEN],
                                                 struct buf *evidence, struct err *err))
{
    struct quote_issuer *const issuer = mem_alloc(sizeof *issuer);
    struct device *const device = mem_alloc(sizeof *device);

    *device = (struct device){ system };
    *issuer = (struct quote_issuer){ device, name, issue, free };
    return issuer;
}
