/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "codec/text.h"

/* client-api.md, 4.1 */
static const char *phase_text(const struct snapshot *now)
{
    switch (now->phase) {
    case PHASE_UNINITIALISED:
        break;
    case PHASE_RECOVERY:
        return "Coordinator is in recovery mode. Either upload a key to unseal the saved state, or "
               "set a new "
               "manifest. For more information on how to proceed, consult the documentation.";
    case PHASE_ACCEPTING_MANIFEST:
        return "Coordinator is ready to accept a manifest.";
    case PHASE_ACCEPTING_MARBLES:
        return now->recovery.without_proof
                   ? "Coordinator is running correctly and ready to accept marbles. "
                     "It was recovered without proof: the recovery secret was not signed."
                   : "Coordinator is running correctly and ready to accept marbles.";
    }
    return "Coordinator is not initialised.";
}

void status_get(struct call *call)
{
    const bool v1 = call->version == API_V1;
    struct buf *const body = reply_begin(call);

    buf_add_string(body, v1 ? "{\"StatusCode\":" : "{\"code\":");
    buf_add_u8(body, (uint8_t)('0' + call->now->phase));
    json_put_name(body, v1 ? "StatusMessage" : "message");
    json_put_string(body, bytes_of_string(phase_text(call->now)));
    buf_add_u8(body, '}');
    reply_end(call);
}

static void put_octets_or_null(struct buf *body, struct bytes octets)
{
    if (octets.len == 0)
        buf_add_string(body, "null");
    else
        json_put_octets(body, octets);
}

static void reply_quote(struct call *call, struct bytes quote)
{
    const bool v1 = call->version == API_V1;
    struct buf *const body = reply_begin(call);

    buf_add_u8(body, '{');
    json_put_name(body, v1 ? "Cert" : "cert");
    json_put_string(body, buf_bytes(&call->now->authority->chain_pem));
    json_put_name(body, v1 ? "Quote" : "quote");
    put_octets_or_null(body, quote);
    buf_add_u8(body, '}');
    reply_end(call);
}

/* v1 ignores the query; an empty nonce means none (client-api.md, 8.4). */
void quote_get(struct call *call)
{
    const struct authority *const authority = call->now->authority;
    auto_buf text = { 0 }, nonce = { 0 }, quote = { 0 };
    struct err err = { 0 };

    if (call->version == API_V1 || !query_value(call, "nonce", &text) || text.len == 0) {
        reply_quote(call, buf_bytes(&authority->quote));
        return;
    }
    if (!base64_decode(&nonce, BASE64_URL, buf_bytes(&text), &err)) {
        (void)err_in(&err, "invalid query: bad nonce format");
        reply_fail(call, 400, err.text);
        return;
    }
    if (!authority_quote(authority, core_env(call->api->core), buf_bytes(&nonce), &quote, &err)) {
        reply_failed(call, &err, 500);
        return;
    }
    reply_quote(call, buf_bytes(&quote));
}
