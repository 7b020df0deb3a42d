/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/collateral/items.h"

#include "cli/io/text_forms.h"
#include "codec/json.h"
#include "codec/text.h"
#include "crypto/cert.h"
#include "http/url.h"

#include <string.h>

/* ---- forms ---- */

enum { DER_SEQUENCE = 0x30 }; /* the digits of it in hex begin with another byte */

static bool is_der(struct bytes answer)
{
    return answer.len > 0 && answer.at[0] == DER_SEQUENCE;
}

bool crl_answer_decode(struct bytes answer, struct buf *der, struct err *err)
{
    auto_pem_block block = { 0 };
    auto_buf decoded = { 0 };
    struct bytes rest = answer;

    if (is_der(answer))
        buf_add(der, answer);
    else if (pem_next(&rest, &block) && bytes_equal_string(block.label, "X509 CRL"))
        buf_add(der, buf_bytes(&block.der));
    else if (text_from_hex(answer, &decoded) && is_der(buf_bytes(&decoded)))
        buf_add(der, buf_bytes(&decoded));
    else
        return err_set(err, FAIL_MALFORMED, "the answer is no CRL in DER, PEM or hex");
    return true;
}

bool chain_header_decode(struct bytes header, struct buf *pem, struct err *err)
{
    auto_buf decoded = { 0 };
    auto_pem_block block = { 0 };

    /* A plus sign is one: base64 has it. */
    const bool unescaped = http_unescape(header, false, &decoded);
    struct bytes rest = buf_bytes(&decoded);
    if (!unescaped || !pem_next(&rest, &block))
        return err_set(err, FAIL_MALFORMED,
                       "the header with the issuer chain is no URL-encoded PEM");
    buf_add(pem, buf_bytes(&decoded));
    return true;
}

bool certificate_decode(struct bytes text, struct buf *der, struct err *err)
{
    auto_pem_block block = { 0 };
    struct bytes rest = text;
    const bool is_pem = pem_next(&rest, &block);
    const struct bytes candidate = is_pem ? buf_bytes(&block.der) : text;
    auto_cert *cert = cert_from_der(candidate, err);

    if (cert == NULL)
        return false;
    buf_add(der, candidate);
    return true;
}

static void put_text(struct buf *json, const char *name, struct bytes text)
{
    json_put_name(json, name);
    json_put_string(json, text);
}

static void put_pem(struct buf *json, const char *name, struct bytes der)
{
    auto_buf pem = { 0 };

    pem_encode(&pem, "CERTIFICATE", der);
    put_text(json, name, buf_bytes(&pem));
}

/* ---- Intel ---- */

static bool put_chain(struct buf *json, const char *name, const struct got *got, struct err *err)
{
    auto_buf pem = { 0 };

    if (!chain_header_decode(buf_bytes(&got->issuer_chain), &pem, err))
        return false;
    put_text(json, name, buf_bytes(&pem));
    return true;
}

/* JSON as it came, byte for byte. */
static bool get_document(struct getter *getter, const char *url, const char *name,
                         const char *chain_name, struct buf *json, struct err *err)
{
    auto_got got = { 0 };

    if (!getter_get(getter, url, &got, err))
        return false;
    put_text(json, name, buf_bytes(&got.body));
    return put_chain(json, chain_name, &got, err) || err_in(err, "GET %s", url);
}

static bool get_crl(struct getter *getter, const char *url, const char *name,
                    const char *chain_name, struct buf *json, struct err *err)
{
    auto_got got = { 0 };
    auto_buf der = { 0 };

    if (!getter_get(getter, url, &got, err))
        return false;
    if (!crl_answer_decode(buf_bytes(&got.body), &der, err))
        return err_in(err, "GET %s", url);
    json_put_name(json, name);
    json_put_octets(json, buf_bytes(&der));
    return chain_name == NULL || put_chain(json, chain_name, &got, err) ||
           err_in(err, "GET %s", url);
}

/* "?qeid=0a0b" or "&qeid=0a0b": bytes in their order; nothing for none. */
static void put_query(struct buf *url, const char *name, struct bytes value)
{
    if (value.len == 0)
        return;
    buf_add_format(url, "%c%s=", memchr(url->at, '?', url->len) == NULL ? '?' : '&', name);
    hex_encode(url, value);
}

/* So many certificates and no more, each block anew, because nothing may stand between them. */
static bool put_certificates(struct bytes text, size_t count, struct buf *pem, struct err *err)
{
    auto_pem_block block = { 0 };
    size_t found = 0;

    for (; pem_next(&text, &block); found++)
        pem_encode(pem, "CERTIFICATE", buf_bytes(&block.der));
    return found == count || err_set(err, FAIL_MALFORMED,
                                     "the answer has %zu certificates and not %zu", found, count);
}

static bool can_be_asked(const struct services *services, const struct pck_id *id, struct err *err)
{
    if (id->pceid.len == 0)
        return err_set(err, FAIL_STATE,
                       "the quote does not name the PCE: --pck-chain has to give its PCK "
                       "certificate chain");
    return services->is_pccs || id->encrypted_ppid.len > 0 ||
           err_set(err, FAIL_STATE,
                   "the quote names its platform in the clear, which only a PCCS takes: --pccs, or "
                   "--pck-chain has to give the PCK certificate chain");
}

bool collateral_get_pck(struct getter *getter, const struct services *services,
                        const struct pck_id *id, struct buf *pem, struct err *err)
{
    auto_buf url = { 0 }, issuers = { 0 };
    auto_got got = { 0 };

    if (!can_be_asked(services, id, err))
        return false;
    buf_add_format(&url, "%s/sgx/certification/v4/pckcert", services->pcs);
    put_query(&url, "qeid", services->is_pccs ? id->qe_id : BYTES_NONE);
    put_query(&url, "encrypted_ppid", id->encrypted_ppid);
    put_query(&url, "cpusvn", id->cpusvn);
    put_query(&url, "pcesvn", id->pcesvn);
    put_query(&url, "pceid", id->pceid);
    auto_string *text = bytes_to_string(buf_bytes(&url));
    if (!getter_get_with_key(getter, text, services->api_key, &got, err))
        return false;
    return (put_certificates(buf_bytes(&got.body), 1, pem, err) &&
            chain_header_decode(buf_bytes(&got.issuer_chain), &issuers, err) &&
            put_certificates(buf_bytes(&issuers), 2, pem, err)) ||
           err_in(err, "GET %.100s", text);
}

bool collateral_get_intel(struct getter *getter, const struct services *services,
                          const struct platform *platform, struct buf *json, struct err *err)
{
    const char *const tee = tee_text(platform->tee);
    auto_string *base = mem_printf("%s/sgx/certification/v4", services->pcs);
    auto_string *tcb = mem_printf("%s/%s/certification/v4/tcb?fmspc=%s&update=%s", services->pcs,
                                  tee, platform->fmspc, services->update);
    auto_string *identity = mem_printf("%s/%s/certification/v4/qe/identity?update=%s",
                                       services->pcs, tee, services->update);
    auto_string *pck_crl = mem_printf("%s/pckcrl?ca=%s&encoding=der", base, platform->pck_ca);
    auto_string *root_crl = services->root_crl != NULL ? mem_string(services->root_crl)
                                                       : mem_printf("%s/rootcacrl", base);

    if (platform->pck_pem.len > 0)
        put_text(json, "pck_certificate_chain", platform->pck_pem);
    return get_document(getter, tcb, "tcb_info", "tcb_info_issuer_chain", json, err) &&
           get_document(getter, identity, "qe_identity", "qe_identity_issuer_chain", json, err) &&
           get_crl(getter, pck_crl, "pck_crl", "pck_crl_issuer_chain", json, err) &&
           get_crl(getter, root_crl, "root_ca_crl", NULL, json, err);
}

/* ---- AMD ---- */

static bool get_vek(struct getter *getter, const char *base, const struct platform *platform,
                    struct buf *json, struct err *err)
{
    auto_string *url = mem_printf("%s/%s?%s", base, platform->hardware_id, platform->levels);
    auto_got got = { 0 };
    auto_buf der = { 0 };

    if (platform->certificate.len == 0) {
        if (!getter_get(getter, url, &got, err))
            return false;
        if (!certificate_decode(buf_bytes(&got.body), &der, err))
            return err_in(err, "GET %s", url);
    }
    put_pem(json, "vek", platform->certificate.len > 0 ? platform->certificate : buf_bytes(&der));
    put_text(json, "vek_type", bytes_of_string(platform->signing_key));
    return true;
}

/* ASK or ASVK, then ARK, and no more. */
static bool get_issuers(struct getter *getter, const char *base, struct buf *json, struct err *err)
{
    static const char *const names[] = { "ask", "ark" };
    auto_string *url = mem_printf("%s/cert_chain", base);
    auto_got got = { 0 };
    auto_pem_block block = { 0 };

    if (!getter_get(getter, url, &got, err))
        return false;
    struct bytes rest = buf_bytes(&got.body);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!pem_next(&rest, &block))
            return err_set(err, FAIL_MALFORMED, "GET %s: the answer has not two certificates", url);
        put_pem(json, names[i], buf_bytes(&block.der));
    }
    return !pem_next(&rest, &block) ||
           err_set(err, FAIL_MALFORMED, "GET %s: the answer has more than two certificates", url);
}

bool collateral_get_amd(struct getter *getter, const struct services *services,
                        const struct platform *platform, struct buf *json, struct err *err)
{
    auto_string *base =
        mem_printf("%s/%s/v1/%s", services->kds, platform->signing_key, platform->product);
    auto_string *crl = mem_printf("%s/crl", base);

    return get_vek(getter, base, platform, json, err) && get_issuers(getter, base, json, err) &&
           (services->without_crl || get_crl(getter, crl, "crl", NULL, json, err));
}
