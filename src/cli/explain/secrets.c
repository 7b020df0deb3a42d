/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain/explain.h"

/* Secrets (manifest.md 7). */
const struct explanation EXPLAIN_SECRETS[] = {
    { "Secrets", "map of name to object", "none", "0.2",
      "Keys, certificates and values of users, which templates put into files and variables of "
      "Marbles.",
      "\"Secrets\": { \"key\": { \"Type\": \"symmetric-key\", \"Size\": 128, \"Shared\": true } "
      "}" },
    { "Secrets.*.Type",
      "\"symmetric-key\", \"cert-rsa\", \"cert-ecdsa\", \"cert-ed25519\" or \"plain\"", NULL, "0.2",
      "What it is. Has to be there; letter case counts. plain is any bytes and needs UserDefined.",
      "\"Type\": \"cert-ecdsa\"" },
    { "Secrets.*.Size", "number of bits", "0", "0.2",
      "Of a symmetric key a multiple of 8, of RSA at least 1024, of ECDSA 224, 256, 384 or 521; "
      "not for cert-ed25519. It does "
      "not count for plain.",
      "\"Size\": 256" },
    { "Secrets.*.Shared", "boolean", "false", "0.2",
      "One value for all Marbles, made once. Otherwise each instance of a Marble gets its own: "
      "keys derived from its UUID and "
      "name, certificates issued at each activation.",
      "\"Shared\": true" },
    { "Secrets.*.UserDefined", "boolean", "false", "0.4",
      "A user uploads the value; it is the same for all Marbles and never generated.",
      "\"UserDefined\": true" },
    { "Secrets.*.Cert", "object, or text: base64 of DER", "an empty template", "0.2",
      "What certificates are issued from; for a user-defined secret in base64 its first value. It "
      "does not count for "
      "symmetric-key and plain.",
      "\"Cert\": { \"Subject\": { \"CommonName\": \"web\" }, \"DNSNames\": [\"web.example.com\"] "
      "}" },
    { "Secrets.*.ValidFor", "number of days", "365", "0.2",
      "How long a certificate is valid. Not together with NotAfter of Cert.", "\"ValidFor\": 90" },
    { "Secrets.*.Private", "bytes: base64 or list of numbers", NULL, "0.4",
      "The first private value of a user-defined secret. Whoever reads the manifest can read it.",
      NULL },
    { "Secrets.*.Public", "bytes: base64 or list of numbers", NULL, "0.4",
      "The first public value of a user-defined secret. Templates show this one, also of keys and "
      "plain secrets.",
      NULL },
    END_OF_EXPLANATIONS,
};
