/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "codec/json.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "manifest/tee.h"
#include "manifest/template/template.h"

/*
 * The manifest: the document that defines a deployment (manifest.md), as typed data.
 *
 *   manifest_parse        JSON text -> struct manifest   decoding only: types, encodings
 *   manifest_check        is it consistent and usable?   rules V1 to V23, then sizes, keys,
 *                                                        certificates and template syntax
 *   manifest_package ...  look-ups by name
 *   manifest_free
 *
 * A manifest never changes after manifest_parse and may be read by every thread. Every array is
 * sorted by name in byte order, every view lives as long as the manifest, and `source` is the place
 * in the document, for errors (NULL where a struct was not read from a manifest).
 */

/* A byte string that may be absent, which differs from an empty one. */
struct octets {
    bool present;
    struct bytes value;
};

/* A number that may be absent, which differs from 0. */
struct optional_uint {
    bool present;
    uint64_t value;
};

/* Section 4. An empty string is the same as none. */
struct manifest_package {
    struct bytes name;
    const struct json *source;
    bool debug;
    struct bytes unique_id, signer_id; /* hex as written; letter case does not count */
    struct optional_uint product_id, security_version;
    struct text_list accepted_tcb_statuses; /* none: SWHardeningNeeded */
    struct text_list accepted_advisories;   /* none: all */
    /* For evidence of these TEEs; the members above but Debug and the lists are for SGX. */
    struct manifest_tdx tdx;
    struct manifest_snp snp;
};
/* May evidence of SGX be judged by it? One with parts for other TEEs has to name an enclave for that. */
bool manifest_package_has_sgx(const struct manifest_package *package) MUST_CHECK;
/*
 * Reads a package that stands alone, as the policy for a Coordinator does: a JSON object with the members of a package and no
 * other. It has to name the software, also for debugging, by values that can fit something: UniqueID, or SignerID with
 * ProductID and SecurityVersion, or what TDX and SNP ask for; UniqueID and SignerID may stand together. `name` is only for
 * texts. Views live in the arena. FAIL_MALFORMED with the place of the value.
 */
bool manifest_package_parse(struct bytes text, struct bytes name, struct arena *arena,
                            struct manifest_package *package, struct err *err) MUST_CHECK;

/* Section 5. Unlike the original we hold evidence to it (docs/policy.md). */
struct manifest_infrastructure {
    struct bytes name;
    const struct json *source;
    struct octets cpu_svn, root_ca;
    struct optional_uint qe_svn, pce_svn;                  /* 16 bits */
    struct text_list references[PLATFORM_REFERENCE_COUNT]; /* hex as written */
};

enum manifest_encoding { ENCODING_NONE = 0, ENCODING_STRING, ENCODING_BASE64, ENCODING_HEX };

/* The template of a file or variable, compiled once, when the manifest is parsed. */
struct manifest_program {
    struct manifest_program *next; /* of the manifest, in no particular order */
    struct bytes source;
    enum template_context context;
    struct template *template; /* NULL: it does not compile */
    const char *failure;       /* why */
};

/* One file or variable, section 6.2. */
struct manifest_parameter {
    struct bytes name; /* path or variable */
    const struct json *source;
    struct bytes data; /* decoded; template text unless no_templates */
    enum manifest_encoding encoding;
    struct bytes encoding_text; /* as the manifest spells it; "string" when it does not */
    bool no_templates;
    const struct manifest_program *program; /* NULL: data is the text, there are no actions in it */
};
struct manifest_parameters {
    bool present; /* an empty map differs from an absent one in the stored record */
    size_t count;
    const struct manifest_parameter *at; /* sorted by name */
};

struct manifest_marble {
    struct bytes name;
    const struct json *source;
    struct bytes package;
    uint64_t max_activations; /* 0: unlimited */
    struct manifest_parameters files, env;
    struct text_list argv; /* never templated */
    struct text_list tls;  /* tags, in order */
    bool disable_secret_binding;
};

enum secret_type {
    SECRET_TYPE_NONE = 0, /* not known: refused by V18 */
    SECRET_SYMMETRIC_KEY,
    SECRET_CERT_RSA,
    SECRET_CERT_ECDSA,
    SECRET_CERT_ED25519,
    SECRET_PLAIN,
};
/* SECRET_TYPE_NONE for anything else, also for another letter case. */
enum secret_type secret_type_from_text(struct bytes text) MUST_CHECK;
/* "symmetric-key", ...; "" for SECRET_TYPE_NONE. */
const char *secret_type_text(enum secret_type type) MUST_CHECK;
bool secret_type_is_certificate(enum secret_type type) MUST_CHECK;

/* Section 7. */
struct manifest_secret {
    struct bytes name;
    const struct json *source;
    enum secret_type type;
    struct bytes type_text; /* as written */
    uint64_t size;          /* bits */
    bool shared, user_defined;
    uint64_t valid_for; /* days */
    bool has_cert;      /* `Cert` was an object or a certificate */
    /* From `Cert` and `ValidFor`; never NULL, the empty one without them. */
    const struct cert_template *template;
    /* Initial values of a user-defined secret (7.8): DER, and bytes as given. Of a generated one,
     * `cert` is the certificate that the template was read from; the others are without effect. */
    struct octets cert, private_value, public_value;
};

/* Section 8. */
struct manifest_tls_entry {
    const struct json *source;
    struct bytes port, addr;
    struct bytes cert; /* name of a secret; empty: none */
    bool disable_client_auth;
};
struct manifest_tls_entries {
    bool present;
    size_t count;
    const struct manifest_tls_entry *at; /* in the order of the manifest */
};
struct manifest_tls_tag {
    struct bytes name;
    const struct json *source;
    struct manifest_tls_entries outgoing, incoming;
};

/* Section 9. */
struct manifest_user {
    struct bytes name;
    const struct json *source;
    struct bytes certificate; /* PEM text */
    struct text_list roles;
};

enum resource_type { RESOURCE_NONE = 0, RESOURCE_PACKAGES, RESOURCE_SECRETS, RESOURCE_MANIFEST };

/* Section 10. */
struct manifest_role {
    struct bytes name;
    const struct json *source;
    enum resource_type type; /* RESOURCE_NONE: not known, refused by V14 */
    struct bytes type_text;  /* as written */
    struct text_list resources, actions;
    unsigned grants; /* bits 1 << enum permission of permissions.h */
};

/* Section 11. */
struct manifest_recovery_key {
    struct bytes name; /* "RecoveryKey" for the singular key of 2020 */
    const struct json *source;
    struct bytes pem;
};

enum seal_mode {
    SEAL_MODE_NONE = 0, /* not known: refused by V20 */
    SEAL_MODE_PRODUCT_KEY,
    SEAL_MODE_UNIQUE_KEY,
    SEAL_MODE_DISABLED,
};
/* Bits of manifest_config.feature_gates. */
enum {
    FEATURE_SIGN_QUOTE_ENDPOINT = 1,
    FEATURE_MONOTONIC_COUNTER = 2,
    FEATURE_AZURE_HSM_SEALING = 4,
};

/* Section 12. */
struct manifest_config {
    const struct json *source; /* NULL: no `Config` */
    enum seal_mode seal_mode;  /* `""` is the product key */
    struct bytes seal_mode_text;
    unsigned feature_gates;
    struct text_list feature_gate_texts; /* as written, with unknown ones */
    uint64_t update_threshold;           /* 0: all users that may update */
    uint64_t recovery_threshold;         /* 0: all */
    bool rotate_root_secret;
};

/* Something that decodes, because the original accepts it, but that manifest_check refuses. */
struct manifest_objection {
    const struct json *source;
    const char *text;
};

/* A member that the original, and so the Coordinator, takes no notice of, or takes in spite of its letter case. */
struct manifest_oddity {
    const struct json *source;
    const char *field; /* the name that it is taken for; NULL: ignored */
};

struct manifest {
    struct bytes raw; /* exactly as given to manifest_parse */
    size_t package_count, infrastructure_count, marble_count, secret_count, tls_tag_count,
        user_count, role_count, recovery_key_count;
    const struct manifest_package *packages;
    const struct manifest_infrastructure *infrastructures;
    const struct manifest_marble *marbles;
    const struct manifest_secret *secrets;
    const struct manifest_tls_tag *tls_tags;
    const struct manifest_user *users;
    const struct manifest_role *roles;
    const struct manifest_recovery_key *recovery_keys;
    /* The one recovery key is `RecoveryKey`, the form of 2020: its answers and its recovery are
     * those of state-and-recovery.md, section 9. */
    bool singular_recovery_key;
    struct manifest_config config;

    const struct json *document;
    size_t objection_count;
    const struct manifest_objection *objections;
    size_t oddity_count;
    const struct manifest_oddity *oddities; /* in the order of the text */
    struct manifest_program *programs;      /* all of them; owned */
    struct arena arena;                     /* owns everything else above */
};

/*
 * Decodes a manifest; `raw` is copied. What a release of MarbleRun once accepted, and may thus
 * stand in a state, decodes: a bad rule is found by manifest_check. NULL and FAIL_MALFORMED with
 * path and line:column of the value; the caller puts "unmarshaling manifest" in front.
 */
struct manifest *manifest_parse(struct bytes raw, struct err *err) MUST_CHECK;

struct manifest_check_options {
    /* The Coordinator's environment, for V21: the value or NULL. NULL: nothing is set. */
    const char *(*variable)(void *ctx, const char *name);
    void *ctx;
    /*
     * Stop after phase A. The original admits a full update so, and finds unusable material only
     * when it applies the update (client-api.md, 11.3).
     */
    bool consistency_only;
};
/*
 * Phase A of section 13 in the order of its table, names sorted; then what of phases B and C needs
 * no generation: sizes and types of secrets, recovery keys, user certificates, NUL bytes in
 * variables, the syntax of templates. FAIL_MALFORMED:
 *     <sentence> (at Marbles.m.Package, line 3:14)
 * options may be NULL.
 */
bool manifest_check(const struct manifest *m, const struct manifest_check_options *options,
                    struct err *err) MUST_CHECK;
/*
 * One part of what manifest_check looks at after phase A, for an update: there the order and the errors are others
 * (client-api.md, 11.4). FAIL_MALFORMED as above.
 */
enum manifest_part {
    MANIFEST_USERS = 1,
    MANIFEST_SECRETS,
    MANIFEST_TEMPLATES,
    MANIFEST_RECOVERY_KEYS,
};
bool manifest_check_part(const struct manifest *m, enum manifest_part part,
                         struct err *err) MUST_CHECK;
/* Only packages and `Config`: an update of packages (client-api.md, 11.1). */
bool manifest_is_package_update(const struct manifest *m) MUST_CHECK;
/* Lower-case hex of SHA-256 over the raw bytes, NUL-terminated. FAIL_INTERNAL. */
bool manifest_fingerprint(const struct manifest *m, char out[static 65],
                          struct err *err) MUST_CHECK;
void manifest_free(struct manifest *m);

/* NULL when there is none of that name. */
const struct manifest_package *manifest_package(const struct manifest *m, struct bytes name);
const struct manifest_infrastructure *manifest_infrastructure(const struct manifest *m,
                                                              struct bytes name);
const struct manifest_marble *manifest_marble(const struct manifest *m, struct bytes name);
const struct manifest_secret *manifest_secret(const struct manifest *m, struct bytes name);
const struct manifest_tls_tag *manifest_tls_tag(const struct manifest *m, struct bytes name);
const struct manifest_user *manifest_user(const struct manifest *m, struct bytes name);
const struct manifest_role *manifest_role(const struct manifest *m, struct bytes name);
const struct manifest_recovery_key *manifest_recovery_key(const struct manifest *m,
                                                          struct bytes name);

/* The smallest name of a secret that is greater than `after`, or with `first` the smallest of all; false at
 * the end. */
bool manifest_next_secret(const struct manifest *m, struct bytes after, bool first,
                          struct bytes *name) MUST_CHECK;

/* The certificate of a user: the first PEM block of any type. FAIL_MALFORMED; does not fail after
 * manifest_check. The caller frees it. */
struct cert *manifest_user_certificate(const struct manifest_user *user,
                                       struct err *err) MUST_CHECK;
/* The parsed key of a holder. FAIL_MALFORMED; does not fail after manifest_check. */
struct key *manifest_recovery_public_key(const struct manifest_recovery_key *key,
                                         struct err *err) MUST_CHECK;

/*
 * The template that a certificate stands for; views into `der` and the arena. False when it has
 * something that a template cannot hold or that cannot be issued with the Coordinator's key: a
 * signature that is not ECDSA with SHA-2, no common name, a name of several values, name
 * constraints.
 */
bool cert_template_from_der(struct bytes der, struct arena *arena,
                            struct cert_template *t) MUST_CHECK;

/* Sets FAIL_MALFORMED "<text> (at <path>, line L:C)" and returns false; source NULL: only the text.
 * `member` names the member of the object `source` that is wrong; when it is absent or NULL, the
 * place is that of the object. */
bool manifest_refuse(const struct json *source, const char *member, struct err *err,
                     const char *fmt, ...) PRINTF_LIKE(4, 5);

DEFINE_CLEANUP(struct manifest, manifest_cleanup, manifest_free)
#define auto_manifest struct manifest CLEANUP(manifest_cleanup)
