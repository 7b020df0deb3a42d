/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/recovery/answer.h"

#include <assert.h>

#define FORMAT "taw recovery answer"
static const char NOTE[] =
    "An answer with one holder's recovery secret, made by `taw recover answer`. The secret is "
    "encrypted: only the Coordinator that the request came from can read it, and only until it is "
    "started again. Take it back and run `taw recover submit`.";
/* As long as RSA keys of 1024 to 16384 bits. */
enum { LEAST = 128, MOST = 2048 }; /* bytes */

void recovery_answer_clear(struct recovery_answer *a)
{
    buf_clear(&a->secret);
    buf_clear(&a->signature);
    arena_clear(&a->arena);
    *a = (struct recovery_answer){ 0 };
}

void recovery_answer_write(const struct recovery_answer *a, struct buf *out)
{
    assert(a->secret.len >= LEAST);
    carried_begin(out, FORMAT, NOTE);
    carried_put_text(out, "made", a->made);
    carried_put_text(out, "endpoint", a->endpoint);
    carried_put_text(out, "session", a->session);
    carried_put_text(out, "publicKey", bytes_of_string(a->key));
    carried_put_text(out, "holder", bytes_of_string(a->holder));
    carried_put_octets(out, "recoverySecret", buf_bytes(&a->secret));
    carried_put_octets(out, "recoverySecretSignature", buf_bytes(&a->signature));
    carried_end(out);
}

static bool read_fingerprint(const struct json *top, const char *name,
                             char hex[static FINGERPRINT_LEN + 1], struct err *err)
{
    const struct json *value;

    return carried_value(top, name, JSON_STRING, &value, err) &&
           json_get_hex_text(value, hex, SHA256_LEN, err);
}

bool recovery_answer_read(struct bytes text, struct recovery_answer *a, struct err *err)
{
    const struct json *const top = carried_open(text, FORMAT, &a->arena, err);

    return top != NULL && carried_time(top, "made", &a->made, err) &&
           carried_endpoint(top, &a->endpoint, err) && carried_session(top, &a->session, err) &&
           read_fingerprint(top, "publicKey", a->key, err) &&
           read_fingerprint(top, "holder", a->holder, err) &&
           carried_octets(top, "recoverySecret", LEAST, MOST, &a->secret, err) &&
           carried_octets(top, "recoverySecretSignature", LEAST, MOST, &a->signature, err);
}
