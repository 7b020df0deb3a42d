/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codec/text.h"
#include "manifest/template/functions.h"

/*
 * pem, hex, base64, raw and string: what makes text of secrets (manifest.md, 14.3).
 */

static bool missing(struct exec *x, const char *name)
{
    return exec_fail(x, "error calling %s: secret does not exist", name);
}

static bool empty(struct exec *x, const char *name)
{
    return exec_fail(x, "error calling %s: tried to parse secret with empty value", name);
}

/* The bytes that hex, base64 and raw see in a value. */
static bool bytes_of_value(struct exec *x, const char *name, const struct value *v,
                           struct bytes *bytes)
{
    struct template_secret secret;

    if (v->kind == VALUE_NIL)
        return missing(x, name);
    *bytes = v->bytes;
    if (v->kind == VALUE_SECRET) {
        value_secret(x->data, v, &secret);
        *bytes = secret.public_bytes;
    } else if (v->kind != VALUE_CERTIFICATE && v->kind != VALUE_BYTES) {
        return exec_fail(x, "error calling %s: invalid secret type", name);
    }
    return bytes->len > 0 || empty(x, name);
}

/* NULL for what is neither a certificate nor a key. */
static const char *pem_label(const struct value *v)
{
    if (v->kind == VALUE_CERTIFICATE)
        return "CERTIFICATE";
    if (v->kind != VALUE_BYTES || v->is.flavour == BYTES_PLAIN)
        return NULL;
    return v->is.flavour == BYTES_PRIVATE ? "PRIVATE KEY" : "PUBLIC KEY";
}

bool function_pem(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    const char *const label = pem_label(args);

    (void)count;
    if (args[0].kind == VALUE_NIL)
        return missing(x, "pem");
    if (label == NULL)
        return exec_fail(x, "error calling pem: invalid secret type for pem encoding");
    if (args[0].bytes.len == 0)
        return empty(x, "pem");
    pem_encode(&x->scratch, label, args[0].bytes);
    return exec_take_string(x, result);
}

bool function_hex(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct bytes bytes;

    (void)count;
    if (!bytes_of_value(x, "hex", args, &bytes))
        return false;
    hex_encode(&x->scratch, bytes);
    return exec_take_string(x, result);
}

bool function_base64(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct bytes bytes;

    (void)count;
    if (!bytes_of_value(x, "base64", args, &bytes))
        return false;
    base64_encode(&x->scratch, BASE64_STANDARD, bytes);
    return exec_take_string(x, result);
}

bool function_raw(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct bytes bytes;

    (void)count;
    if (!bytes_of_value(x, "raw", args, &bytes))
        return false;
    *result = value_string(bytes);
    return true;
}

bool function_string(struct exec *x, const struct value *args, size_t count, struct value *result)
{
    struct template_secret secret = { 0 };

    (void)count;
    if (args[0].kind == VALUE_NIL)
        return missing(x, "string");
    if (args[0].kind == VALUE_SECRET)
        value_secret(x->data, args, &secret);
    if (!bytes_equal_string(secret.type, "plain"))
        return exec_fail(x, "error calling string: only secrets of type plain are allowed to use "
                            "string encoding for environment variables");
    if (secret.public_bytes.len == 0)
        return empty(x, "string");
    if (memchr(secret.public_bytes.at, 0, secret.public_bytes.len) != NULL)
        return exec_fail(x, "error calling string: secret contains null bytes");
    *result = value_string(secret.public_bytes);
    return exec_charge(x, secret.public_bytes.len);
}
