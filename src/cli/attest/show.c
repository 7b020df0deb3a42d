/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/attest/show.h"

#include "base/reader.h"
#include "cli/io/output.h"
#include "codec/json.h"
#include "codec/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMN = 24 };

struct moment moment_of(int64_t seconds)
{
    const time_t t = (time_t)seconds;
    struct moment m = { "" };
    struct tm utc;

    if (gmtime_r(&t, &utc) != NULL)
        (void)strftime(m.text, sizeof m.text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return m;
}

/* ---- parts of JSON ---- */

static void put_text(struct buf *json, const char *name, const char *text)
{
    json_put_name(json, name);
    json_put_string(json, bytes_of_string(text));
}

static void put_number(struct buf *json, const char *name, uint64_t value)
{
    json_put_name(json, name);
    buf_add_decimal(json, value);
}

static void put_flag(struct buf *json, const char *name, bool value)
{
    json_put_name(json, name);
    buf_add_string(json, value ? "true" : "false");
}

static void put_hex(struct buf *json, const char *name, struct bytes value)
{
    json_put_name(json, name);
    buf_add_u8(json, '"');
    hex_encode(json, value);
    buf_add_u8(json, '"');
}

static void put_moment(struct buf *json, const char *name, int64_t seconds)
{
    if (seconds != 0)
        put_text(json, name, moment_of(seconds).text);
}

static void put_list(struct buf *json, const char *name, const struct bytes *list, size_t count)
{
    json_put_name(json, name);
    buf_add_u8(json, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_comma(json);
        json_put_string(json, list[i]);
    }
    buf_add_u8(json, ']');
}

/* ---- fields ---- */

/* Sets of bits are easier to read in hex than in decimal. */
static bool is_bits(const char *name)
{
    static const char *const bits[] = { "policy", "platform_info", "launch_mit_vector",
                                        "current_mit_vector" };

    for (size_t i = 0; i < COUNT_OF(bits); i++) {
        if (strcmp(name, bits[i]) == 0)
            return true;
    }
    return false;
}

static uint64_t number_of(struct bytes value)
{
    uint64_t number = 0;

    for (size_t i = value.len; i-- > 0;)
        number = number << 8 | value.at[i];
    return number;
}

static void put_field(struct buf *json, const struct verdict_field *field)
{
    if (!field->is_number) {
        put_hex(json, field->name, field->value);
    } else if (is_bits(field->name)) {
        json_put_name(json, field->name);
        buf_add_format(json, "\"0x%" PRIx64 "\"", number_of(field->value));
    } else {
        put_number(json, field->name, number_of(field->value));
    }
}

static void put_fields(const struct verdict *v, struct buf *json)
{
    if (v->field_count == 0)
        return;
    json_put_name(json, "fields");
    buf_add_u8(json, '{');
    for (size_t i = 0; i < v->field_count; i++)
        put_field(json, &v->fields[i]);
    if (v->signing_key != NULL)
        put_text(json, "signing_key", v->signing_key);
    buf_add_u8(json, '}');
}

/* ---- JSON ---- */

static bool is_quote(const struct verdict *v)
{
    return v->tee == TEE_SGX || v->tee == TEE_TDX;
}

static void put_tcb_parts(struct buf *json, const char *name, const struct snp_tcb *tcb)
{
    json_put_name(json, name);
    buf_add_u8(json, '{');
    if (tcb->has_fmc)
        put_number(json, "fmc", tcb->fmc);
    put_number(json, "bl", tcb->boot_loader);
    put_number(json, "tee", tcb->tee);
    put_number(json, "snp", tcb->snp);
    put_number(json, "ucode", tcb->microcode);
    buf_add_u8(json, '}');
}

void show_evidence_json(const struct verdict *v, struct buf *json)
{
    if (v->tee != TEE_NONE)
        put_text(json, "tee", tee_text(v->tee));
    if (v->version == 0)
        return;
    put_number(json, "quote_version", v->version);
    if (is_quote(v)) {
        if (v->body_type != 0)
            put_number(json, "body_type", v->body_type);
        if (v->cert_data_type != 0)
            put_number(json, "cert_data_type", v->cert_data_type);
        put_flag(json, "wrapped", v->wrapped);
        put_number(json, "trailing_zero_bytes", v->trailing_zero_bytes);
    }
    put_flag(json, "debug", v->debug);
    put_fields(v, json);
    if (v->product == NULL)
        return;
    put_text(json, "product", v->product);
    put_tcb_parts(json, "reported_tcb_parts", &v->reported_tcb);
    put_tcb_parts(json, "current_tcb_parts", &v->current_tcb);
    put_tcb_parts(json, "committed_tcb_parts", &v->committed_tcb);
    put_tcb_parts(json, "launch_tcb_parts", &v->launch_tcb);
}

void show_pck_json(const struct verdict *v, struct buf *json)
{
    put_hex(json, "fmspc", v->fmspc);
    put_hex(json, "pceid", v->pceid);
    put_number(json, "pcesvn", v->pcesvn);
    put_hex(json, "ppid", v->ppid);
    if (v->pck_ca != NULL)
        put_text(json, "pck_ca", v->pck_ca);
    json_put_name(json, "pck_cpusvn_components");
    buf_add_u8(json, '[');
    for (size_t i = 0; i < PCK_COMPONENTS; i++) {
        json_put_comma(json);
        buf_add_decimal(json, v->pck_components[i]);
    }
    buf_add_u8(json, ']');
}

static void put_level(const struct verdict *v, struct buf *json)
{
    put_text(json, "tcb_status", tcb_status_text(v->tcb_status));
    put_text(json, "platform_tcb_status", tcb_status_text(v->platform_tcb_status));
    put_text(json, "qe_tcb_status", tcb_status_text(v->qe_tcb_status));
    if (v->tee == TEE_TDX) {
        json_put_name(json, "tdx_module_tcb_status");
        if (v->module_tcb_status == TCB_STATUS_NONE)
            buf_add_string(json, "null");
        else
            json_put_string(json, bytes_of_string(tcb_status_text(v->module_tcb_status)));
    }
    put_list(json, "advisory_ids", v->advisories, v->advisory_count);
    put_list(json, "platform_advisory_ids", v->platform_advisories, v->platform_advisory_count);
    put_list(json, "qe_advisory_ids", v->qe_advisories, v->qe_advisory_count);
    put_moment(json, "tcb_date", v->tcb_date);
    put_moment(json, "qe_tcb_date", v->qe_tcb_date);
    put_number(json, "tcb_evaluation_data_number", v->evaluation_number);
}

void show_platform_json(const struct verdict *v, struct buf *json)
{
    if (v->tcb_status != TCB_STATUS_NONE)
        put_level(v, json);
    if (v->fmspc.len > 0)
        show_pck_json(v, json);
    if (v->tee == TEE_SNP)
        put_flag(json, "crl_checked", v->revocation_checked);
    put_moment(json, "collateral_earliest_issue", v->earliest_issue);
    put_moment(json, "collateral_latest_issue", v->latest_issue);
    put_moment(json, "collateral_earliest_expiration", v->earliest_expiration);
}

void show_steps_json(const struct verdict *v, struct buf *json)
{
    json_put_name(json, "steps");
    buf_add_u8(json, '[');
    for (size_t i = 0; i < v->step_count; i++) {
        const struct verdict_step *const step = &v->steps[i];
        json_put_comma(json);
        buf_add_u8(json, '{');
        put_text(json, "name", step->name);
        put_flag(json, "passed", step->passed);
        if (step->expected.len > 0 || step->found.len > 0) {
            json_put_name(json, "expected");
            json_put_string(json, step->expected);
            json_put_name(json, "found");
            json_put_string(json, step->found);
        }
        buf_add_u8(json, '}');
    }
    buf_add_u8(json, ']');
}

/* ---- text ---- */

void show_line(struct buf *text, const char *name, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    auto_string *value = mem_vprintf(fmt, args);
    va_end(args);
    buf_add_format(text, "%-*s", COLUMN, name);
    /* A name in a certificate makes no lines of its own. */
    output_visible(text, bytes_of_string(value), false);
    buf_add_u8(text, '\n');
}

void show_kind(const struct verdict *v, struct buf *out)
{
    static const char *const kinds[] = { [TEE_NONE] = "evidence",
                                         [TEE_SGX] = "SGX quote",
                                         [TEE_TDX] = "TDX quote",
                                         [TEE_SNP] = "SEV-SNP report" };

    buf_add_string(out, kinds[v->tee]);
    if (v->version != 0)
        buf_add_format(out, ", version %u", v->version);
    if (v->wrapped)
        buf_add_string(out, ", in the header of Open Enclave");
    if (v->trailing_zero_bytes > 0)
        buf_add_format(out, ", %zu zero bytes behind it", v->trailing_zero_bytes);
}

void show_fields_text(const struct verdict *v, struct buf *text)
{
    if (v->field_count == 0)
        return;
    buf_add_string(text, "\nfields, in the order of their bytes:\n");
    for (size_t i = 0; i < v->field_count; i++) {
        const struct verdict_field *const field = &v->fields[i];
        buf_add_format(text, "  %-*s", COLUMN - 2, field->name);
        if (!field->is_number)
            hex_encode(text, field->value);
        else
            buf_add_format(text, is_bits(field->name) ? "0x%" PRIx64 : "%" PRIu64,
                           number_of(field->value));
        buf_add_u8(text, '\n');
    }
}

static void show_hex(struct buf *text, const char *name, struct bytes value)
{
    auto_buf digits = { 0 };

    hex_encode(&digits, value);
    show_line(text, name, "%.*s", BYTES_FMT(buf_bytes(&digits)));
}

static void show_level(const struct verdict *v, struct buf *text)
{
    auto_buf list = { 0 };

    show_line(text, "TCB status", "%s", tcb_status_text(v->tcb_status));
    show_line(text, "  platform", "%s", tcb_status_text(v->platform_tcb_status));
    if (v->module_tcb_status != TCB_STATUS_NONE)
        show_line(text, "  TDX module", "%s", tcb_status_text(v->module_tcb_status));
    show_line(text, "  quoting enclave", "%s", tcb_status_text(v->qe_tcb_status));
    for (size_t i = 0; i < v->advisory_count; i++) {
        buf_add_string(&list, i > 0 ? ", " : "");
        buf_add(&list, v->advisories[i]);
    }
    buf_add_format(text, "%-*s", COLUMN, "advisories");
    buf_add(text, list.len > 0 ? buf_bytes(&list) : BYTES_LITERAL("none"));
    buf_add_u8(text, '\n');
    show_line(text, "TCB date", "%s", moment_of(v->tcb_date).text);
    show_line(text, "TCB evaluation data", "number %" PRIu64, v->evaluation_number);
}

static void show_tcb_parts(struct buf *text, const char *name, const struct snp_tcb *tcb)
{
    auto_string *fmc = tcb->has_fmc ? mem_printf("FMC %u, ", tcb->fmc) : mem_string("");

    show_line(text, name, "%sboot loader %u, TEE %u, SNP %u, microcode %u", fmc, tcb->boot_loader,
              tcb->tee, tcb->snp, tcb->microcode);
}

void show_platform_text(const struct verdict *v, struct buf *text)
{
    if (v->version != 0)
        show_line(text, "debug", "%s", v->debug ? "yes: its memory can be read" : "no");
    if (v->tcb_status != TCB_STATUS_NONE)
        show_level(v, text);
    if (v->fmspc.len > 0) {
        show_hex(text, "FMSPC", v->fmspc);
        show_hex(text, "PCEID", v->pceid);
        show_line(text, "PCESVN", "%u", v->pcesvn);
        show_line(text, "PCK CA", "%s", v->pck_ca == NULL ? "not known" : v->pck_ca);
    }
    if (v->signing_key != NULL)
        show_line(text, "signed by", "%s", v->signing_key);
    if (v->product != NULL) {
        show_line(text, "product", "%s", v->product);
        show_tcb_parts(text, "reported TCB", &v->reported_tcb);
        show_tcb_parts(text, "committed TCB", &v->committed_tcb);
        show_tcb_parts(text, "launch TCB", &v->launch_tcb);
    }
    if (v->earliest_expiration != 0)
        show_line(text, "collateral good until", "%s", moment_of(v->earliest_expiration).text);
}

void show_steps_text(const struct verdict *v, struct buf *text)
{
    buf_add_string(text, "\nchecks, in their order:\n");
    for (size_t i = 0; i < v->step_count; i++) {
        const struct verdict_step *const step = &v->steps[i];
        buf_add_format(text, "  %s  %s\n", step->passed ? "ok    " : "FAILED", step->name);
        if (step->passed || (step->expected.len == 0 && step->found.len == 0))
            continue;
        buf_add_string(text, "            expected  ");
        output_visible(text, step->expected, false);
        buf_add_string(text, "\n            found     ");
        output_visible(text, step->found, false);
        buf_add_u8(text, '\n');
    }
}
