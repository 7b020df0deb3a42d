/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain/explain.h"

/* Users, roles, recovery keys and settings, and what older manifests had (manifest.md 9 to 12, 16). */
const struct explanation EXPLAIN_ACCESS[] = {
    { "Users", "map of name to object", "none", "0.4",
      "Who may change secrets, packages and the manifest, each with a certificate and roles.",
      "\"Users\": { \"alice\": { \"Certificate\": \"<PEM>\", \"Roles\": [\"secrets\"] } }" },
    { "Users.*.Certificate", "text, PEM", NULL, "0.4",
      "The user's certificate, compared byte by byte; issuer and dates do not count. Has to be "
      "there, and no two users may have "
      "the same one. `taw user keygen` makes one.",
      "\"Certificate\": \"-----BEGIN CERTIFICATE-----\\n...\\n-----END CERTIFICATE-----\\n\"" },
    { "Users.*.Roles", "list of texts", "none", "0.4",
      "Entries of Roles; the user may do what any of them allows.",
      "\"Roles\": [\"secrets\", \"updates\"]" },
    { "Roles", "map of name to object", "none", "0.4", "What users with the role may do.",
      "\"Roles\": { \"updates\": { \"ResourceType\": \"Manifest\", \"Actions\": "
      "[\"UpdateManifest\"] } }" },
    { "Roles.*.ResourceType", "\"Packages\", \"Secrets\" or \"Manifest\"", NULL, "0.4",
      "What the role is about. Has to be there; letter case counts.",
      "\"ResourceType\": \"Secrets\"" },
    { "Roles.*.ResourceNames", "list of texts", "none", "0.4",
      "The entries of Packages or Secrets that the role is about; none for Manifest.",
      "\"ResourceNames\": [\"token\"]" },
    { "Roles.*.Actions", "list of texts", "none", "0.4",
      "For Packages UpdateSecurityVersion, for Secrets ReadSecret and WriteSecret, for Manifest "
      "UpdateManifest. WriteSecret "
      "is for user-defined secrets, ReadSecret for these and shared ones.",
      "\"Actions\": [\"ReadSecret\", \"WriteSecret\"]" },
    { "RecoveryKeys", "map of name to text, PEM", "nobody can bring the state back", "0.3.0",
      "Public RSA keys of the holders of recovery secrets, at least 1024 bits; 3072 or more are "
      "recommended. With several, "
      "all of them are needed, or as many as Config.RecoveryThreshold says.",
      "\"RecoveryKeys\": { \"anna\": \"-----BEGIN PUBLIC KEY-----\\n...\\n-----END PUBLIC "
      "KEY-----\\n\" }" },
    { "Config", "object", "its members' defaults", "1.5", "Settings of the Coordinator.",
      "\"Config\": { \"UpdateThreshold\": 2, \"RecoveryThreshold\": 2 }" },
    { "Config.SealMode", "\"ProductKey\", \"UniqueKey\" or \"Disabled\"", "ProductKey", "1.5",
      "To what the state is sealed: the signer and product of the Coordinator's enclave, or "
      "exactly this enclave. With "
      "Disabled the state is not written to disk. In a confidential VM both mean the same.",
      "\"SealMode\": \"UniqueKey\"" },
    { "Config.FeatureGates", "list of texts", "none", "1.5",
      "What is switched on: SignQuoteEndpoint and MonotonicCounter enable that part of the API. "
      "AzureHSMSealing is taken when "
      "its environment variables are set, and changes nothing.",
      "\"FeatureGates\": [\"MonotonicCounter\"]" },
    { "Config.UpdateThreshold", "number", "0, all who may", "1.7",
      "How many of the users with UpdateManifest have to agree to a full update.",
      "\"UpdateThreshold\": 2" },
    { "Config.RecoveryThreshold", "number", "0, all of them", "1.9",
      "How many recovery secrets bring the state back; not 1, and at most as many as there are "
      "RecoveryKeys.",
      "\"RecoveryThreshold\": 2" },
    { "Config.RotateRootSecret", "boolean", "false", "1.9",
      "A full update with it makes a new root secret and new symmetric keys; .Previous.Secrets in "
      "templates has the old ones. "
      "It acts with each full update that has it, and not when the manifest is set.",
      "\"RotateRootSecret\": true" },
    { "RecoveryKey", "text", NULL, "0.1",
      "Of manifests before 0.3: one recovery key. Use RecoveryKeys.", NULL },
    { "Admins", "object or list", NULL, "0.2",
      "Of manifests before 0.4, and refused. Use Users and Roles.", NULL },
    { "Clients", "object or list", NULL, "0.1",
      "Of manifests before 0.5, never had an effect, and refused. Remove it.", NULL },
    END_OF_EXPLANATIONS,
};
