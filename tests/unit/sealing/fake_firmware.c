/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_firmware.h"

#include "base/buf.h"
#include "base/reader.h"
#include "crypto/hash.h"

#include <assert.h>
#include <errno.h>
#include <linux/sev-guest.h>
#include <string.h>
#include <sys/ioctl.h>

enum { INVALID_PARAM = 0x16, INVALID_KEY = 0x27 };

struct fake_firmware fake_firmware_new(void)
{
    struct fake_firmware f = {
        .chip = 7,
        .committed_tcb = 0xd516000000000004,
        .guest_policy = 0x30000,
        .report_len = 1184,
    };

    memset(f.measurement, 0x5a, sizeof f.measurement);
    return f;
}

/* Each part counts by itself. */
static bool tcb_is_committed(const struct fake_firmware *f, uint64_t tcb)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        if ((tcb >> shift & 0xff) > (f->committed_tcb >> shift & 0xff))
            return false;
    }
    return true;
}

/* The request of publication 56860, table MSG_KEY_REQ, by offsets. */
struct key_request {
    uint32_t root, reserved;
    uint64_t fields;
    uint32_t level, svn;
    uint64_t tcb;
};

static struct key_request read_request(const uint8_t *at)
{
    struct reader r = reader_over(bytes_of(at, 32));
    struct key_request q = { 0 };

    q.root = reader_u32le(&r, "0x00");
    q.reserved = reader_u32le(&r, "0x04");
    q.fields = reader_u64le(&r, "0x08");
    q.level = reader_u32le(&r, "0x10");
    q.svn = reader_u32le(&r, "0x14");
    q.tcb = reader_u64le(&r, "0x18");
    return q;
}

static uint32_t judge(const struct fake_firmware *f, const struct key_request *q)
{
    const uint32_t select = q->root >> 1;

    if (f->status != 0)
        return f->status;
    if (q->root > 7 || select == 3 || q->reserved != 0 || (q->fields >> 6) != 0 ||
        q->level < f->level || q->level > 3 || q->svn > f->guest_svn ||
        !tcb_is_committed(f, q->tcb))
        return INVALID_PARAM;
    return f->masks_chip_key && (q->root & 1) == 0 && select != 2 ? INVALID_KEY : 0;
}

static void derive(const struct fake_firmware *f, const struct key_request *q, uint8_t key[32])
{
    const uint32_t select = q->root >> 1;
    const bool is_vlek = select == 2 || (select == 0 && f->vlek != 0);
    auto_buf mixed = { 0 };
    struct err err = { 0 };

    buf_add_string(&mixed, (q->root & 1) != 0 ? "VMRK" : is_vlek ? "VLEK" : "VCEK");
    buf_add_u8(&mixed, (q->root & 1) != 0 ? 0 : is_vlek ? f->vlek : f->chip);
    buf_add_u64le(&mixed, q->fields);
    buf_add_u32le(&mixed, q->level);
    buf_add_u64le(&mixed, (q->fields & 1) != 0 ? f->guest_policy : 0);
    buf_add_u8(&mixed, (q->fields & 2) != 0 ? f->image_id : 0);
    buf_add_u8(&mixed, (q->fields & 4) != 0 ? f->family_id : 0);
    if ((q->fields & 8) != 0)
        buf_add(&mixed, bytes_of(f->measurement, sizeof f->measurement));
    buf_add_u32le(&mixed, (q->fields & 16) != 0 ? q->svn : 0);
    buf_add_u64le(&mixed, (q->fields & 32) != 0 ? q->tcb : 0);
    const bool done = sha256(buf_bytes(&mixed), key, &err);
    assert(done);
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void give_key(struct fake_firmware *f, const uint8_t *request, uint8_t *response)
{
    const struct key_request q = read_request(request);
    const uint32_t status = judge(f, &q);

    f->keys++;
    memset(response, 0, sizeof(struct snp_derived_key_resp));
    put_u32(response, status);
    /* A key beside a status of our making, so that nobody looks at the key alone. */
    if ((status == 0 || f->status != 0) && !f->zero_key)
        derive(f, &q, response + 0x20);
}

/* Level at 0x40 of the request; in the answer status, length, and the report at 0x20 with the committed TCB at 0x1e0. */
static void give_report(const struct fake_firmware *f, const uint8_t *request, uint8_t *response)
{
    memset(response, 0, sizeof(struct snp_report_resp));
    if (request[0x40] < f->level || request[0x40] > 3) {
        put_u32(response, INVALID_PARAM);
        return;
    }
    put_u32(response, f->status);
    put_u32(response + 4, f->report_len);
    put_u32(response + 0x20, 3);
    put_u32(response + 0x20 + 0x1e0, (uint32_t)f->committed_tcb);
    put_u32(response + 0x20 + 0x1e4, (uint32_t)(f->committed_tcb >> 32));
}

int fake_firmware_control(struct fake_firmware *f, unsigned long request, void *argument)
{
    struct snp_guest_request_ioctl *const call = argument;

    f->calls++;
    if (f->errors > 0) {
        f->errors--;
        errno = f->error;
        call->exitinfo2 = f->failure;
        return -1;
    }
    if (call->msg_version != 1) {
        errno = EINVAL;
        return -1;
    }
    call->exitinfo2 = f->failure;
    if (f->failure != 0 && !f->succeeds) {
        errno = EIO;
        return -1;
    }
    if (request == SNP_GET_REPORT) {
        give_report(f, (const uint8_t *)(uintptr_t)call->req_data,
                    (uint8_t *)(uintptr_t)call->resp_data);
    } else if (request == SNP_GET_DERIVED_KEY) {
        give_key(f, (const uint8_t *)(uintptr_t)call->req_data,
                 (uint8_t *)(uintptr_t)call->resp_data);
    } else {
        errno = ENOTTY;
        return -1;
    }
    return 0;
}
