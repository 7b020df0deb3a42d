/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The names of the logical state, an ordered map from names to values. They are those of the
 * original (state-and-recovery.md, 5.2), so that a state can be imported and exported; what the
 * original does not have begins with `taw:`.
 */
#define NAME_STATE "state" /* ASCII decimal phase */
#define NAME_MANIFEST "manifest"
#define NAME_MANIFEST_SIGNATURE "manifestSignature"
#define NAME_ROOT_CERT "certificate:coordinatorRootCert"
#define NAME_INTERMEDIATE_CERT "certificate:coordinatorIntermediateCert"
#define NAME_MARBLE_ROOT_CERT "certificate:marbleRootCert"
#define NAME_ROOT_KEY "privateKey:coordinatorRootKey"
#define NAME_INTERMEDIATE_KEY "privateKey:coordinatorIntermediateKey"
#define NAME_ROOT_SECRET "rootSecret"
#define NAME_PREVIOUS_ROOT_SECRET "previousRootSecret"
#define NAME_PENDING_UPDATE "pendingUpdate"

#define PREFIX_CERTIFICATE "certificate:"
#define PREFIX_PRIVATE_KEY "privateKey:"
#define PREFIX_PACKAGE "package:"
#define PREFIX_INFRASTRUCTURE "infrastructure:"
#define PREFIX_MARBLE "marble:"
#define PREFIX_TLS "TLS:"
#define PREFIX_USER "user:"
#define PREFIX_SECRET "secret:"
#define PREFIX_PREVIOUS_SECRET "previousSecret:"
#define PREFIX_ACTIVATIONS "activations:"
/* The three parts follow in base64 with colons between them: Marble type, 16 bytes of UUID, name; 8 bytes, little-endian. */
#define PREFIX_MONOTONIC_COUNTER "monotonicCounter:"

/*
 * The update log, one value for each line, named by a decimal number of 20 digits, so that
 * appending costs one line. The original keeps all lines in the value `updateLog`; import takes
 * that apart.
 */
#define NAME_UPDATE_LOG "updateLog"
#define PREFIX_UPDATE_LOG "updateLog:"

/* JSON object, name of the recovery key to the encrypted recovery secret (base64). */
#define NAME_RECOVERY_SECRETS "taw:recoverySecrets"
/* One for each activation of a Marble with a budget that may still be asked for again: decimal milliseconds
 * since 1970, a blank, and how many answers were given; the name ends with a hash (core/budget.h). */
#define PREFIX_ACTIVATION_MARK "taw:activated:"
/* JSON: how often and how the state was recovered (state/snapshot.h, struct recovery_record). */
#define NAME_RECOVERY_RECORD "taw:recovery"
/* JSON: the recovery set in force, and one that was re-issued and waits for its proofs (state/recovery_set.h). */
#define NAME_RECOVERY_SET "taw:recoverySet"
#define NAME_NEW_RECOVERY_SET "taw:newRecoverySet"
/* As NAME_RECOVERY_SECRETS, of the re-issued set. */
#define NAME_NEW_RECOVERY_SECRETS "taw:newRecoverySecrets"
/* The id of the set (hex), a colon, and the name of the holder follow; decimal milliseconds since 1970. */
#define PREFIX_RECOVERY_PROOF "taw:recoveryProof:"
/* JSON: a re-issue that waits for acknowledgments (state/reissue.h). */
#define NAME_PENDING_REISSUE "taw:pendingReissue"
