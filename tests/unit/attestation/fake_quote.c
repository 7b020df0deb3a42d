/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_quote.h"

#include <string.h>

enum { TEE_TYPE_TDX = 0x81, SGX_BODY_LEN = 384, TD_BODY_LEN = 584, TD_15_BODY_LEN = 648 };

static void add_pattern(struct buf *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_add_u8(out, (uint8_t)(i * 7 + 1));
}

static void add_header(struct buf *out, uint16_t version, uint32_t tee_type)
{
    static const uint8_t vendor[] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                      0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

    buf_add_u16le(out, version);
    buf_add_u16le(out, 2); /* ECDSA P-256 */
    buf_add_u32le(out, tee_type);
    buf_add_u16le(out, version == 3 ? 10 : 0); /* QE SVN */
    buf_add_u16le(out, version == 3 ? 16 : 0); /* PCE SVN */
    buf_add(out, bytes_of(vendor, sizeof vendor));
    add_pattern(out, 20); /* user data */
}

void fake_quote_add(struct buf *out, const struct fake_quote *shape,
                    const uint8_t report_data[static REPORT_DATA_LEN])
{
    const bool is_tdx = shape->tee_type == TEE_TYPE_TDX;
    const uint16_t version = shape->version != 0 ? shape->version : is_tdx ? 4 : 3;
    const uint32_t body_len = !is_tdx                 ? SGX_BODY_LEN
                              : shape->body_type == 3 ? TD_15_BODY_LEN
                                                      : TD_BODY_LEN;
    const size_t report_data_at = is_tdx ? 520 : 320;
    const uint32_t signature_len =
        shape->signature_len != 0 ? shape->signature_len : FAKE_SIGNATURE_LEN;

    add_header(out, version, shape->tee_type);
    if (version == 5) {
        buf_add_u16le(out, shape->body_type);
        buf_add_u32le(out, body_len);
    }
    add_pattern(out, report_data_at);
    buf_add(out, bytes_of(report_data, REPORT_DATA_LEN));
    add_pattern(out, body_len - report_data_at - REPORT_DATA_LEN);
    buf_add_u32le(out, signature_len);
    add_pattern(out, signature_len);
}

void fake_snp_report_add(struct buf *out, uint32_t level,
                         const uint8_t report_data[static REPORT_DATA_LEN])
{
    buf_add_u32le(out, 2); /* version */
    add_pattern(out, 0x30 - 4);
    buf_add_u32le(out, level); /* VMPL */
    add_pattern(out, 0x50 - 0x34);
    buf_add(out, bytes_of(report_data, REPORT_DATA_LEN));
    add_pattern(out, SNP_REPORT_LEN - 0x90);
}

void fake_certificate_table_add(struct buf *out)
{
    enum { ENTRY_LEN = 24 };
    static const uint8_t vcek[] = { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
                                    0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd };
    static const uint8_t certificate[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };

    buf_add(out, bytes_of(vcek, sizeof vcek));
    buf_add_u32le(out, 2 * ENTRY_LEN);
    buf_add_u32le(out, sizeof certificate);
    memset(buf_grow(out, ENTRY_LEN), 0, ENTRY_LEN);
    buf_add(out, bytes_of(certificate, sizeof certificate));
}
