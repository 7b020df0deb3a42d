/* SPDX-License-Identifier: Apache-2.0 */
#include "sealing/snp_device.h"

#include "base/reader.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define DEVICE_FILE "/dev/sev-guest"
#define LEVEL_FILE "/sys/devices/system/cpu/sev/vmpl"
static const unsigned long request_report = 0xC0205300UL;
static const unsigned long request_derived_key = 0xC0205301UL;

/* The argument of every request on the device. */
struct guest_request {
    uint8_t version; /* of the message: 1 */
    const uint8_t *request;
    uint8_t *response;
    uint64_t failure; /* low half: the firmware's status; high half: the hypervisor's */
};
static_assert(sizeof(struct guest_request) == 32 && offsetof(struct guest_request, request) == 8 &&
                  offsetof(struct guest_request, response) == 16 &&
                  offsetof(struct guest_request, failure) == 24,
              "this is the layout that Linux reads");

/* Status inside of an answer (SEV-SNP ABI, table of status codes). */
enum { STATUS_SUCCESS = 0, STATUS_INVALID_PARAM = 0x16, STATUS_INVALID_KEY = 0x27 };

static int open_device(const struct sealing_system *system, struct err *err)
{
    auto_string *path = mem_printf("%s" DEVICE_FILE, system->root);
    int fd = -1;

    do
        fd = system->files->open(system->files->ctx, path, O_RDWR, 0);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        /* A node without a driver behind it is none. */
        (void)err_errno(err,
                        errno == ENOENT || errno == ENXIO || errno == ENODEV ? FAIL_NOT_FOUND
                                                                             : FAIL_UNAVAILABLE,
                        "cannot open " DEVICE_FILE);
    return fd;
}

bool snp_device_is_there(const struct sealing_system *system, struct err *err)
{
    const int fd = open_device(system, err);

    if (fd < 0)
        return false;
    (void)system->files->close(system->files->ctx, fd);
    return true;
}

/* The host may be busy, or limit how often its firmware is asked. */
static bool control(const struct sealing_system *system, int fd, unsigned long number,
                    struct guest_request *request)
{
    enum { TRIES = 16 };
    static const struct timespec pause = { 0, 20 * 1000 * 1000 };

    for (int left = TRIES; left > 0; left--) {
        request->failure = 0;
        if (system->control(system->ctx, fd, number, request) >= 0)
            return true;
        if (errno != EINTR && errno != EAGAIN)
            return false;
        if (errno == EAGAIN && left > 1)
            (void)nanosleep(&pause, NULL);
    }
    return false;
}

/* Appends the answer, len bytes of it; the rest of what the kernel knows is in them. */
static bool ask(const struct sealing_system *system, unsigned long number, struct bytes message,
                size_t len, struct buf *answer, struct err *err)
{
    const int fd = open_device(system, err);

    if (fd < 0)
        return false;
    struct guest_request request = { 1, message.at, buf_grow(answer, len), 0 };
    memset(request.response, 0, len);
    const bool done = control(system, fd, number, &request);
    const int error = errno;
    (void)system->files->close(system->files->ctx, fd);
    if (done && request.failure == 0)
        return true;
    errno = error;
    return done ? err_set(err, FAIL_UNAVAILABLE, DEVICE_FILE ": failure 0x%016" PRIx64,
                          request.failure)
                : err_errno(err, FAIL_UNAVAILABLE, DEVICE_FILE ": failure 0x%016" PRIx64,
                            request.failure);
}

static bool read_level(struct bytes text, uint32_t *level)
{
    if (text.len == 0 || text.len > 2 || text.at[0] < '0' || text.at[0] > '3' ||
        (text.len == 2 && text.at[1] != '\n'))
        return false;
    *level = (uint32_t)(text.at[0] - '0');
    return true;
}

bool snp_device_level(const struct sealing_system *system, uint32_t *level, struct err *err)
{
    enum { MOST = 64 };
    auto_string *path = mem_printf("%s" LEVEL_FILE, system->root);
    auto_buf text = { 0 };

    *level = 0;
    if (!file_read(system->files, path, MOST, &text, err)) {
        if (err->kind != FAIL_NOT_FOUND) {
            err->kind = FAIL_UNAVAILABLE;
            return false;
        }
        *err = (struct err){ 0 };
        return true;
    }
    return read_level(buf_bytes(&text), level) ||
           err_set(err, FAIL_UNAVAILABLE, LEVEL_FILE " does not hold a level from 0 to 3");
}

/* Message MSG_REPORT_REQ: report data (64), level, 28 zero bytes. */
static void add_report_request(uint32_t level, struct buf *message)
{
    static const uint8_t zeros[64];

    buf_add(message, bytes_of(zeros, 64));
    buf_add_u32le(message, level);
    buf_add(message, bytes_of(zeros, 28));
}

/* MSG_REPORT_RSP: status, length of the report, 24 zero bytes, the report (attestation.md, 8.1). */
static bool read_tcb(struct bytes answer, uint64_t *tcb, struct err *err)
{
    enum { COMMITTED_TCB_AT = 0x1E0, REPORT_LEN = 0x4A0 };
    struct reader r = reader_over(answer);
    const uint32_t status = reader_u32le(&r, "status"), len = reader_u32le(&r, "length");

    (void)reader_bytes(&r, 24, "reserved");
    (void)reader_bytes(&r, COMMITTED_TCB_AT, "report");
    *tcb = reader_u64le(&r, "committed TCB");
    if (!reader_fits(&r, "report", err))
        return false;
    if (status != STATUS_SUCCESS)
        return err_set(err, FAIL_UNAVAILABLE, "the firmware makes no report: status 0x%x", status);
    return len >= REPORT_LEN ||
           err_set(err, FAIL_UNAVAILABLE, "the firmware made a report of %u bytes instead of %d",
                   len, REPORT_LEN);
}

bool snp_device_tcb(const struct sealing_system *system, uint32_t level, uint64_t *tcb,
                    struct err *err)
{
    enum { ANSWER_LEN = 4000 };
    auto_buf message = { 0 }, answer = { 0 };

    add_report_request(level, &message);
    return ask(system, request_report, buf_bytes(&message), ANSWER_LEN, &answer, err) &&
           read_tcb(buf_bytes(&answer), tcb, err);
}

/* Message MSG_KEY_REQ. */
static void add_key_request(uint32_t level, uint64_t tcb, struct buf *message)
{
    enum { ROOT_VCEK = 0, SELECT_VCEK = 1 << 1 };
    enum { MIX_GUEST_POLICY = 1 << 0, MIX_MEASUREMENT = 1 << 3, MIX_TCB_VERSION = 1 << 5 };

    /* Without the second bit field the firmware takes a VLEK when the host has put one in. */
    buf_add_u32le(message, ROOT_VCEK | SELECT_VCEK);
    buf_add_u32le(message, 0);
    buf_add_u64le(message, MIX_GUEST_POLICY | MIX_MEASUREMENT | MIX_TCB_VERSION);
    buf_add_u32le(message, level);
    buf_add_u32le(message, 0); /* guest SVN: not mixed */
    buf_add_u64le(message, tcb);
}

static bool key_failed(uint32_t status, struct err *err)
{
    if (status == STATUS_INVALID_KEY)
        return err_set(err, FAIL_NOT_FOUND,
                       "the host does not let the key of this processor be used");
    return err_set(err, FAIL_UNAVAILABLE, "the firmware gives no key: status 0x%x%s", status,
                   status == STATUS_INVALID_PARAM ? " (perhaps it is older than VLEK)" : "");
}

/* MSG_KEY_RSP: status, 28 zero bytes, the key. */
static bool read_key(struct bytes answer, struct buf *key, struct err *err)
{
    static const uint8_t zeros[SNP_DERIVED_KEY_LEN];
    struct reader r = reader_over(answer);
    const uint32_t status = reader_u32le(&r, "status");

    (void)reader_bytes(&r, 28, "reserved");
    const struct bytes found = reader_bytes(&r, SNP_DERIVED_KEY_LEN, "key");
    if (!reader_end(&r, "derived key", err))
        return false;
    if (status != STATUS_SUCCESS)
        return key_failed(status, err);
    if (bytes_equal_secretly(found, bytes_of(zeros, sizeof zeros)))
        return err_set(err, FAIL_UNAVAILABLE, "the firmware gave a key of zeros");
    buf_add(key, found);
    return true;
}

bool snp_device_derive_key(const struct sealing_system *system, uint32_t level, uint64_t tcb,
                           struct buf *key, struct err *err)
{
    enum { ANSWER_LEN = 64 };
    auto_buf message = { 0 }, answer = { 0 };

    add_key_request(level, tcb, &message);
    return ask(system, request_derived_key, buf_bytes(&message), ANSWER_LEN, &answer, err) &&
           read_key(buf_bytes(&answer), key, err);
}
