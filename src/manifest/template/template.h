/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/*
 * The template language of Files and Env values (manifest.md, section 14): the part of Go's
 * text/template that manifests use.
 *
 *   template_compile   source -> struct template    once, when the manifest is set or loaded
 *   template_execute   + secrets -> bytes           at every dry run and activation
 *
 * A compiled template never changes and can be executed by several threads at once. Execution
 * neither parses nor recurses: it steps through instructions under the limits below.
 */

enum template_context { TEMPLATE_CONTEXT_NONE = 0, TEMPLATE_FILE, TEMPLATE_ENV };

enum {
    /* Refused by template_compile. */
    TEMPLATE_SOURCE_MAX = 4 << 20,  /* bytes of source */
    TEMPLATE_CODE_MAX = 1 << 18,    /* instructions; one operand or action is one to three */
    TEMPLATE_NESTING_MAX = 1000,    /* if, with, range, define and block inside each other */
    TEMPLATE_PARENTHESES_MAX = 100, /* parentheses inside each other */
    TEMPLATE_NAMES_MAX = 256,       /* different variables, and different template names */
    /* Refused by template_execute. */
    TEMPLATE_OUTPUT_MAX = 4 << 20,    /* bytes of output, and of any one value */
    TEMPLATE_WORK_MAX = 32 << 20,     /* bytes of all intermediate values together */
    TEMPLATE_STEPS_MAX = 10000000,    /* instructions; also for each 32 bytes, and 16 a secret */
    TEMPLATE_DEPTH_MAX = 1000,        /* templates that call each other */
    TEMPLATE_FRAMES_MAX = 1 << 17,    /* open blocks of all these calls together */
    TEMPLATE_VARIABLES_MAX = 1 << 16, /* variables alive at one time */
};

/* Opaque. */
struct template;

/*
 * The source is copied. FAIL_MALFORMED: `template: data:<line>: <what>`. The function `raw`
 * exists only in Files, `string` only in Env.
 */
struct template *template_compile(struct bytes source, enum template_context context,
                                  struct err *err) MUST_CHECK;
/* NULL is fine. */
void template_free(struct template *t);
DEFINE_CLEANUP(struct template, template_cleanup, template_free)
#define auto_template struct template CLEANUP(template_cleanup)

/* True when there are no actions: the output is the same whatever the data. */
bool template_is_constant(const struct template *t) MUST_CHECK;
/*
 * The secrets that the template can touch, current or previous: as `.Secrets.<name>` or
 * `index .Secrets "<name>"`, in whatever branch. All of them when `.Secrets` is used as a whole
 * (range, len, a subscript that is not a literal).
 */
bool template_uses_all_secrets(const struct template *t) MUST_CHECK;
/* How many names there are, sorted and each once; they may or may not exist. */
size_t template_secret_count(const struct template *t) MUST_CHECK;
/* A view, valid as long as the template is; index < template_secret_count. */
struct bytes template_secret_name(const struct template *t, size_t index) MUST_CHECK;

/* What a template sees of a secret. Views, valid during the execution. */
struct template_secret {
    struct bytes type;  /* `symmetric-key`, `cert-rsa`, ... */
    uint64_t size;      /* bits */
    uint64_t valid_for; /* days */
    bool shared, user_defined;
    struct bytes cert_der;
    struct bytes private_bytes; /* a symmetric key, or PKCS#8 */
    struct bytes public_bytes;  /* the same symmetric key, the plain value, or SPKI */
};

/*
 * The data of one execution. The caller decides how secrets are kept; the functions may be asked
 * often and in any order, and always give the same answers. `previous` asks for
 * `.Previous.Secrets`.
 */
struct template_data {
    const void *ctx;
    /* False when there is no such secret. */
    bool (*secret)(const void *ctx, bool previous, struct bytes name, struct template_secret *out);
    /*
     * The smallest name in byte order that is greater than `after`, or with `first` the smallest
     * of all; false at the end. The name is a view, valid during the execution.
     */
    bool (*next_secret)(const void *ctx, bool previous, struct bytes after, bool first,
                        struct bytes *name);
    struct bytes root_ca_cert;                               /* .MarbleRun.RootCA.Cert, DER */
    struct bytes marble_cert, marble_private, marble_public; /* DER, PKCS#8, SPKI */
    struct bytes coordinator_root_cert;                      /* DER */
    struct bytes coordinator_intermediate_cert;              /* DER */
};

/*
 * Appends the output to *out; on failure nothing is appended. FAIL_MALFORMED:
 * `template: data:<line>:<column>: executing "<template>" at <source>: <what>`, without any value.
 */
bool template_execute(const struct template *t, const struct template_data *data, struct buf *out,
                      struct err *err) MUST_CHECK;
