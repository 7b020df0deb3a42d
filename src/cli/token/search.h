/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"

/*
 * Which object on which token is meant: a URI (RFC 7512), or the configuration file and the flags of the original
 * (cli.md, 9.1).
 */
enum token_object { TOKEN_PRIVATE_KEY = 1, TOKEN_CERTIFICATE };

struct token_search {
    enum token_object object;
    struct arena arena; /* of all that follows; empty views: anything */
    struct bytes module_path, module_name;
    struct bytes token, manufacturer, model, serial;
    bool has_slot;
    uint64_t slot;
    struct bytes label;
    struct bytes id, other_id; /* what a text from a flag may mean: as it is, else decoded */
    struct bytes pin_source;   /* a path */
    struct secret *pin;        /* owned; NULL: not known yet */
    bool no_login;
    bool by_flags; /* texts then are those of the original */
};
void token_search_clear(struct token_search *search);
#define auto_token_search struct token_search CLEANUP(token_search_clear)

/* Does it begin with "pkcs11:"? */
bool token_is_uri(const char *text) MUST_CHECK;
/*
 * Path: token, manufacturer, model, serial, slot-id, object, id, type. Query: module-path, module-name, pin-source (a path or file:).
 * Everything else is refused, pin-value too, as argv is no place for it; also an attribute that stands there twice. No error shows
 * a value. FAIL_MALFORMED.
 */
bool token_search_from_uri(const char *uri, enum token_object object, struct token_search *search,
                           struct err *err) MUST_CHECK;
/* The configuration file; id and label, as they were typed, may be NULL. An id is its text, or where no
 * object has that one, what the text means in hex (01, 0x01) or percent-encoded (%01). FAIL_MALFORMED. */
bool token_search_from_config(struct bytes json, const char *id, const char *label,
                              enum token_object object, struct token_search *search,
                              struct err *err) MUST_CHECK;
/* Appends the URI of what is looked for, without the way to the PIN. */
void token_search_put(const struct token_search *search, struct buf *out);
/* Appends bytes as they stand in a URI. */
void token_percent_encode(struct bytes in, struct buf *out);
/* Appends the bytes; false, with what came before appended, for a % without two hex digits. */
bool token_percent_decode(struct bytes in, struct buf *out) MUST_CHECK;
