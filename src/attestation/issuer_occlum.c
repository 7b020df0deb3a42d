/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/device.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

/* Occlum's device and its two requests (marble-api.md, 6.5). */
#define DEVICE_FILE "/dev/sgx"
static const unsigned long request_quote_len = 0x80047307UL;
static const unsigned long request_quote = 0xC0187308UL;

struct quote_request {
    const uint8_t *report_data; /* REPORT_DATA_LEN bytes */
    uint32_t *len;              /* in: room for the quote; out: bytes of it */
    uint8_t *quote;
};
static_assert(sizeof(struct quote_request) == 24 && offsetof(struct quote_request, len) == 8 &&
                  offsetof(struct quote_request, quote) == 16,
              "this is the layout that Occlum reads");

/* A quote without signature data, and more than any has; the number comes from the host. */
enum { QUOTE_MIN_LEN = 436, QUOTE_MAX_LEN = 64 * 1024 };

static bool control(const struct issuer_system *system, int fd, unsigned long request,
                    void *argument)
{
    int result = -1;

    do
        result = system->control(system->ctx, fd, request, argument);
    while (result < 0 && errno == EINTR);
    return result >= 0;
}

/* An Occlum without DCAP, or in simulation mode, has the device but not the request. */
static bool is_unknown_request(int error)
{
    return error == ENOTTY || error == EINVAL || error == ENOSYS;
}

static bool ask_quote_len(const struct issuer_system *system, int fd, uint32_t *len,
                          struct err *err)
{
    *len = 0;
    if (!control(system, fd, request_quote_len, len))
        return err_errno(err, is_unknown_request(errno) ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE,
                         "%s does not say how long a DCAP quote is", DEVICE_FILE);
    return (*len >= QUOTE_MIN_LEN && *len <= QUOTE_MAX_LEN) ||
           err_set(err, FAIL_UNAVAILABLE,
                   "%s says that a quote has %u bytes, but it has between %d and %d", DEVICE_FILE,
                   *len, QUOTE_MIN_LEN, QUOTE_MAX_LEN);
}

static bool ask_quote(const struct issuer_system *system, int fd,
                      const uint8_t report_data[static REPORT_DATA_LEN], struct buf *raw,
                      struct err *err)
{
    uint32_t room = 0;

    if (!ask_quote_len(system, fd, &room, err))
        return false;
    uint32_t len = room;
    struct quote_request request = { report_data, &len, buf_grow(raw, room) };
    memset(request.quote, 0, room);
    if (!control(system, fd, request_quote, &request))
        return err_errno(err, FAIL_UNAVAILABLE,
                         "the host made no quote for %s: its quoting service (AESM) does not run, "
                         "cannot be reached or refused",
                         DEVICE_FILE);
    if (len > room)
        return err_set(err, FAIL_UNAVAILABLE, "%s says that it put %u bytes into room for %u",
                       DEVICE_FILE, len, room);
    buf_truncate(raw, len);
    return true;
}

static int open_device(const struct issuer_system *system, struct err *err)
{
    const int fd = device_open(system, DEVICE_FILE, O_RDONLY);

    if (fd < 0)
        (void)err_errno(err, errno == ENOENT ? FAIL_NOT_FOUND : FAIL_UNAVAILABLE, "cannot open %s",
                        DEVICE_FILE);
    return fd;
}

static bool occlum_issue(void *ctx, const uint8_t report_data[static REPORT_DATA_LEN],
                         struct buf *evidence, struct err *err)
{
    const struct device *const device = ctx;
    auto_buf raw = { 0 };
    const int fd = open_device(device->system, err);

    if (fd < 0)
        return false;
    const bool done = ask_quote(device->system, fd, report_data, &raw, err);
    device_close(device->system, fd);
    return done && device_add_sgx_evidence(buf_bytes(&raw), report_data, evidence, err);
}

static bool occlum_attests(const struct issuer_system *system, struct err *err)
{
    uint32_t len = 0;
    const int fd = open_device(system, err);

    if (fd < 0)
        return false;
    const bool done = ask_quote_len(system, fd, &len, err);
    device_close(system, fd);
    return done;
}

struct quote_issuer *issuer_open_occlum(const struct issuer_system *system, struct err *err)
{
    if (!occlum_attests(system, err)) {
        (void)err_in(err, "Occlum");
        return NULL;
    }
    return device_issuer(system, "Occlum", occlum_issue);
}
