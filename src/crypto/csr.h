/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/arena.h"
#include "crypto/cert.h"

/* Bytes of a request; what it asks for ends up in a certificate, and TLS peers take no chain above 100 KiB. */
enum { CSR_MAX = 64 << 10 };

/*
 * Certificate signing requests of Marbles (PKCS#10, RFC 2986): what is kept of one, by
 * marble-api.md 3.4.
 *
 * Fills *t, all else in it zero, with the subject's C, ST, L, street, postalCode, OU and serialNumber
 * and with the DNS names and IP addresses of the SAN; both lists are present, also when empty. Common
 * name, usages and extensions are the caller's to add. The contents live in the arena.
 * Keys are RSA, ECDSA on a curve with a name, or Ed25519, so that a hostile request costs little; RSA is
 * bounded as in key_from_recovery_pem. FAIL_MALFORMED: not a request in DER, or another key; FAIL_DENIED:
 * its signature is not by its own key.
 */
bool csr_read(struct bytes der, struct arena *arena, struct cert_template *t,
              struct err *err) MUST_CHECK;

/*
 * A request as a Marble makes it (marble-api.md, 6.3): empty subject, no attribute but the SAN with the DNS names and
 * IP addresses (4 or 16 raw bytes) of the lists, in their order; signed by `key`, ecdsa-with-SHA384 for P-384. Appends the DER.
 * FAIL_MALFORMED names the entry that cannot be encoded.
 */
bool csr_make(struct key *key, const struct text_list *dns_names,
              const struct text_list *ip_addresses, struct buf *der, struct err *err) MUST_CHECK;
