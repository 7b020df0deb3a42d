/* SPDX-License-Identifier: Apache-2.0 */
#include "attestation/intel_chain.h"

#include "crypto/key.h"

static const struct bytes root_name = BYTES_LITERAL("Intel SGX Root CA");
static const struct bytes pck_name = BYTES_LITERAL("Intel SGX PCK Certificate");
static const struct bytes signer_name = BYTES_LITERAL("Intel SGX TCB Signing");

/* What is expected of a chain, and how its steps are called. */
static const struct form {
    size_t count;
    bool begins_with_ca;
    const char *read, *root, *names, *links;
    const char *valid[INTEL_CHAIN_MAX];
} forms[] = {
    [INTEL_CHAIN_PCK] = { 3,
                          false,
                          "PCK chain: three certificates",
                          "PCK chain: the root key is a trust anchor",
                          "PCK chain: names",
                          "PCK chain: roles and signatures",
                          { "PCK certificate", "CA of the PCK certificate",
                            "root of the PCK chain" } },
    [INTEL_CHAIN_CRL_ISSUER] = { 2,
                                 true,
                                 "PCK CRL issuer chain: two certificates",
                                 "PCK CRL issuer chain: the root key is a trust anchor",
                                 "PCK CRL issuer chain: names",
                                 "PCK CRL issuer chain: roles and signatures",
                                 { "issuer of the PCK CRL", "root of the PCK CRL issuer chain" } },
    [INTEL_CHAIN_TCB_INFO] = { 2,
                               false,
                               "TCB info issuer chain: two certificates",
                               "TCB info issuer chain: the root key is a trust anchor",
                               "TCB info issuer chain: names",
                               "TCB info issuer chain: roles and signatures",
                               { "TCB info signing certificate",
                                 "root of the TCB info issuer chain" } },
    [INTEL_CHAIN_QE_IDENTITY] = { 2,
                                  false,
                                  "QE identity issuer chain: two certificates",
                                  "QE identity issuer chain: the root key is a trust anchor",
                                  "QE identity issuer chain: names",
                                  "QE identity issuer chain: roles and signatures",
                                  { "QE identity signing certificate",
                                    "root of the QE identity issuer chain" } },
};

static struct cert *find_known(void *ctx, struct bytes der)
{
    const struct intel_known *const known = ctx;

    for (size_t i = 0; known->chain != NULL && i < known->chain->count; i++) {
        if (bytes_equal(cert_der(known->chain->certs[i]), der))
            return cert_ref(known->chain->certs[i]);
    }
    return known->leaves == NULL ? NULL : leaf_cache_find(known->leaves, der);
}

bool intel_chain_read(const struct judgement *j, struct bytes pem, const struct intel_known *known,
                      struct intel_chain *chain)
{
    const struct form *const form = &forms[chain->kind];
    struct intel_known ctx = *known;
    const struct known_certs those = { &ctx, find_known };
    struct err err = { 0 };

    if (!cert_chain_from_pem_knowing(pem, chain->certs, form->count, &those, &err))
        return verdict_fail(j, form->read, REASON_CERT_CHAIN, "%s: %s", form->read, err.text);
    chain->count = form->count;
    verdict_passed(j, form->read);
    return true;
}

static bool is_anchor(const struct cert *root, const struct trust_anchors *anchors)
{
    struct err err = { 0 };
    uint8_t point[P256_POINT_LEN];
    auto_key *key = cert_public_key(root, &err);

    if (key == NULL || !key_p256_point(key, point))
        return false;
    for (size_t i = 0; i < anchors->intel_count; i++) {
        if (bytes_equal(anchors->intel_root_keys[i], bytes_of(point, sizeof point)))
            return true;
    }
    return false;
}

const char *pck_ca_name(struct bytes name)
{
    if (bytes_equal_string(name, "Intel SGX PCK Platform CA"))
        return "platform";
    return bytes_equal_string(name, "Intel SGX PCK Processor CA") ? "processor" : NULL;
}

static bool name_suits(const struct intel_chain *chain, size_t i)
{
    const struct bytes name = cert_common_name(chain->certs[i]);

    if (i == chain->count - 1)
        return bytes_equal(name, root_name);
    switch (chain->kind) {
    case INTEL_CHAIN_PCK:
        return i == 0 ? bytes_equal(name, pck_name) : pck_ca_name(name) != NULL;
    case INTEL_CHAIN_CRL_ISSUER:
        return pck_ca_name(name) != NULL;
    case INTEL_CHAIN_TCB_INFO:
    case INTEL_CHAIN_QE_IDENTITY:
        return bytes_equal(name, signer_name);
    }
    return false;
}

static bool check_names(const struct judgement *j, const struct intel_chain *chain)
{
    const struct form *const form = &forms[chain->kind];

    for (size_t i = 0; i < chain->count; i++) {
        if (!name_suits(chain, i))
            return verdict_fail(j, form->names, REASON_CERT_CHAIN,
                                "%s: the common name of certificate %zu is another one",
                                form->names, i + 1);
    }
    verdict_passed(j, form->names);
    return true;
}

/* Must certificate i of the chain be a CA? */
static bool must_be_ca(const struct intel_chain *chain, size_t i)
{
    return i > 0 || forms[chain->kind].begins_with_ca;
}

/*
 * Has everything from this certificate on been judged as part of `known`? The certificates are shared, so they are the same
 * bytes: their roles, names and signatures are what they were, and whether the root is an anchor is asked anew.
 * Time and revocation are no part of this.
 */
static bool is_known_from(const struct intel_chain *chain, size_t first,
                          const struct intel_chain *known)
{
    const size_t count = chain->count - first;

    if (known == NULL || !known->good || count > known->count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t here = first + i, there = known->count - count + i;
        if (chain->certs[here] != known->certs[there] ||
            must_be_ca(chain, here) != must_be_ca(known, there))
            return false;
    }
    return true;
}

/* Is all but the leaf the known chain, whose first certificate signed everything that is kept? */
static bool may_keep_leaf(const struct intel_chain *chain, const struct intel_known *known)
{
    return chain->kind == INTEL_CHAIN_PCK && known->leaves != NULL &&
           is_known_from(chain, 1, known->chain);
}

static bool has_kept_leaf(const struct intel_chain *chain, const struct intel_known *known)
{
    return may_keep_leaf(chain, known) && leaf_cache_holds(known->leaves, chain->certs[0]);
}

static bool check_link(const struct intel_chain *chain, size_t i, struct err *err)
{
    const bool is_root = i == chain->count - 1;

    return cert_is_signed_by(chain->certs[i], chain->certs[is_root ? i : i + 1],
                             SIGNATURE_ECDSA_P256_SHA256, err) &&
           cert_has_role(chain->certs[i], must_be_ca(chain, i), err);
}

static bool check_links(const struct judgement *j, const struct intel_known *known,
                        const struct intel_chain *chain)
{
    const char *const step = forms[chain->kind].links;
    struct err err = { 0 };

    for (size_t i = has_kept_leaf(chain, known) ? 1 : 0;
         i < chain->count && !is_known_from(chain, i, known->chain); i++) {
        if (!check_link(chain, i, &err))
            return verdict_fail(j, step, REASON_CERT_CHAIN, "%s: certificate %zu: %s", step, i + 1,
                                err.text);
    }
    verdict_passed(j, step);
    return true;
}

bool intel_chain_judge(const struct judgement *j, const struct trust_anchors *anchors,
                       const struct intel_known *known, struct intel_chain *chain)
{
    const struct form *const form = &forms[chain->kind];

    if (!verdict_check(j, form->root, is_anchor(intel_chain_root(chain), anchors),
                       REASON_CERT_CHAIN, "%s: it is none", form->root) ||
        !check_names(j, chain) || !check_links(j, known, chain))
        return false;
    if (may_keep_leaf(chain, known))
        leaf_cache_add(known->leaves, chain->certs[0]);
    chain->good = true;
    return true;
}

void intel_chain_clear(struct intel_chain *chain)
{
    for (size_t i = 0; i < INTEL_CHAIN_MAX; i++)
        cert_free(chain->certs[i]);
    *chain = (struct intel_chain){ 0 };
}

const struct cert *intel_chain_root(const struct intel_chain *chain)
{
    return chain->certs[chain->count - 1];
}

void intel_chain_add_validities(const struct intel_chain *chain, struct validities *all)
{
    for (size_t i = 0; i < chain->count; i++)
        validities_add(all, forms[chain->kind].valid[i], cert_not_before(chain->certs[i]),
                       cert_not_after(chain->certs[i]));
}

bool cert_same_authority(const struct cert *a, const struct cert *b)
{
    struct err err = { 0 };

    if (a == b || bytes_equal(cert_der(a), cert_der(b)))
        return true;
    auto_key *key_a = cert_public_key(a, &err), *key_b = cert_public_key(b, &err);
    return key_a != NULL && key_b != NULL && key_equal_public(key_a, key_b) &&
           bytes_equal(cert_subject_der(a), cert_subject_der(b));
}
