/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/records.h"

#include <string.h>

/* A policy for a Coordinator that is read names the software, and is the same as a stored record. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        __builtin_trap();
}

static bool names_an_enclave(const struct manifest_package *p)
{
    return p->unique_id.len == 64 ||
           (p->signer_id.len == 64 && p->product_id.present && p->security_version.present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_arena arena = { 0 };
    auto_buf record = { 0 }, again = { 0 };
    struct manifest_package package, stored;
    struct err err = { 0 };

    if (!manifest_package_parse(bytes_of(data, size), BYTES_LITERAL("app"), &arena, &package,
                                &err)) {
        require(err.kind != FAIL_NONE && err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
        return 0;
    }
    require(names_an_enclave(&package) || package.tdx.present || package.snp.present);
    require(!manifest_package_has_sgx(&package) || names_an_enclave(&package));
    require(!package.tdx.present || manifest_tdx_identifies(&package.tdx));
    require(!package.snp.present || manifest_snp_identifies(&package.snp));
    record_write_package(&package, &record);
    require(record_parse_package(buf_bytes(&record), &arena, &stored, &err));
    record_write_package(&stored, &again);
    require(bytes_equal(buf_bytes(&record), buf_bytes(&again)));
    return 0;
}
