/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_test.h"

#define PACKAGES "\"Packages\":{\"app\":{\"UniqueID\":\"00\"}}"
#define MARBLES "\"Marbles\":{\"m\":{\"Package\":\"app\"}}"
#define BASE PACKAGES "," MARBLES ",\n"
#define PACKAGE(members) "{" MARBLES ",\n\"Packages\":{\"app\":{" members "}}}"
#define SECRETS(entries) "{" BASE "\"Secrets\":{" entries "}}"
#define SECRET(members) SECRETS("\"x\":{" members "}")
#define TAG(members) "{" BASE "\"TLS\":{\"t\":{" members "}}}"
#define USERS(entries, roles) "{" BASE "\"Users\":{" entries "},\"Roles\":{" roles "}}"
#define ROLE(members)                                                                              \
    "{" BASE "\"Secrets\":{\"priv\":{\"Type\":\"symmetric-key\",\"Size\":128},"                    \
    "\"shared\":{\"Type\":\"symmetric-key\",\"Size\":128,\"Shared\":true},"                        \
    "\"up\":{\"Type\":\"plain\",\"UserDefined\":true}},\n\"Roles\":{\"r\":{" members "}}}"
#define CONFIG(rest) "{" BASE rest "}"
#define FILES(files)                                                                               \
    "{" PACKAGES ",\n\"Marbles\":{\"m\":{\"Package\":\"app\",\"Parameters\":{" files "}}}}"

struct check_case {
    const char *name, *text;
    const char *want; /* NULL: accepted */
};

static const struct check_case rules[] = {
    { "V1 accepted", "{" PACKAGES "," MARBLES "}", NULL },
    { "V1 no packages", "{" MARBLES "}", "no allowed packages defined (line 1:1)" },
    { "V1 null", "null", "no allowed packages defined (line 1:1)" },
    { "V1 empty packages", "{\n  \"Packages\": {}," MARBLES "}",
      "no allowed packages defined (at Packages, line 2:15)" },
    { "V2 no marbles", "{" PACKAGES "}", "no allowed marbles defined (line 1:1)" },
    { "V2 empty marbles", "{" PACKAGES ",\n\"Marbles\":{}}",
      "no allowed marbles defined (at Marbles, line 2:11)" },
    { "V3 unknown package", "{" PACKAGES ",\n\"Marbles\":{\"m\":{\"Package\":\"nope\"}}}",
      "manifest does not contain marble package nope (at Marbles.m.Package, line 2:27)" },
    { "V3 no package named", "{" PACKAGES ",\n\"Marbles\":{\"m\":{}}}",
      "manifest does not contain marble package  (at Marbles.m, line 2:16)" },
    { "V3 names in sorted order",
      "{" PACKAGES ",\n\"Marbles\":{\"z\":{\"Package\":\"1\"},\"b\":{\"Package\":\"2\"}}}",
      "manifest does not contain marble package 2 (at Marbles.b.Package, line 2:47)" },
    { "V3 the empty name is a name",
      "{\"Packages\":{\"\":{\"UniqueID\":\"00\"}},\"Marbles\":{\"\":null}}", NULL },
    { "V4 UniqueID alone", PACKAGE("\"UniqueID\":\"00\""), NULL },
    { "V4 signer", PACKAGE("\"SignerID\":\"no hex\",\"ProductID\":0,\"SecurityVersion\":0"), NULL },
    { "V4 debug with nothing", PACKAGE("\"Debug\":true"), NULL },
    { "V4 debug with everything",
      PACKAGE("\"Debug\":true,\"UniqueID\":\"1\",\"SignerID\":\"2\",\"ProductID\":3"), NULL },
    { "V4 null is absent", PACKAGE("\"UniqueID\":\"00\",\"ProductID\":null"), NULL },
    { "V4 both", PACKAGE("\"UniqueID\":\"00\",\"SignerID\":\"aa\""),
      "manifest specifies both UniqueID *and* SignerID/ProductID/SecurityVersion in package app "
      "(at Packages.app.UniqueID, line 2:31)" },
    { "V4 zero counts", PACKAGE("\"UniqueID\":\"00\",\"ProductID\":0"),
      "manifest specifies both UniqueID *and* SignerID/ProductID/SecurityVersion in package app "
      "(at Packages.app.UniqueID, line 2:31)" },
    { "V4 both, only a version", PACKAGE("\"UniqueID\":\"00\",\"SecurityVersion\":1"),
      "manifest specifies both UniqueID *and* SignerID/ProductID/SecurityVersion in package app "
      "(at Packages.app.UniqueID, line 2:31)" },
    { "V4 empty", PACKAGE(""),
      "manifest misses value for SignerID in package app (at Packages.app, line 2:19)" },
    { "V4 without SignerID", PACKAGE("\"ProductID\":1,\"SecurityVersion\":3"),
      "manifest misses value for SignerID in package app (at Packages.app, line 2:19)" },
    { "V4 without ProductID", PACKAGE("\"SignerID\":\"aa\",\"SecurityVersion\":3"),
      "manifest misses value for ProductID in package app (at Packages.app, line 2:19)" },
    { "V4 without SecurityVersion",
      PACKAGE("\"SignerID\":\"aa\",\"ProductID\":1,\"SecurityVersion\":null"),
      "manifest misses value for SecurityVersion in package app "
      "(at Packages.app.SecurityVersion, line 2:68)" },
    { "V4 unreferenced package may be anything",
      "{\"Packages\":{\"app\":{\"UniqueID\":\"zz\"},\"other\":{}}," MARBLES "}", NULL },
    { "V5 known tag",
      "{" PACKAGES ",\"Marbles\":{\"m\":{\"Package\":\"app\",\"TLS\":[\"t\"]}},\"TLS\":{\"t\":{}}}",
      NULL },
    { "V5 unknown tag",
      "{" PACKAGES
      ",\n\"Marbles\":{\"m\":{\"Package\":\"app\",\"TLS\":[\"t\",\"nope\"]}},\"TLS\":{\"t\":{}}}",
      "manifest misses TLS entry for nope (at Marbles.m.TLS, line 2:39)" },
    { "V6 port", TAG("\"Incoming\":[{\"Port\":\"http\",\"Addr\":\"x\"}]"), NULL },
    { "V6 no port", TAG("\"Incoming\":[{\"Port\":\"1\"},{}]"),
      "manifest misses Port in TLS.Incoming.t (at TLS.t.Incoming[1], line 2:38)" },
    { "V7 undefined secret",
      TAG("\"Incoming\":[{\"Port\":\"1\",\"Cert\":\"nope\",\"DisableClientAuth\":true}]"),
      "TLS.Incoming.t references undefined secret nope (at TLS.t.Incoming[0].Cert, line 2:44)" },
    { "V7 secret of any type",
      CONFIG("\"TLS\":{\"t\":{\"Incoming\":[{\"Port\":\"1\",\"Cert\":\"c\",\"DisableClientAuth\":"
             "true}]}},"
             "\"Secrets\":{\"c\":{\"Type\":\"plain\",\"UserDefined\":true}}"),
      NULL },
    { "V8 Cert with client authentication",
      CONFIG("\"TLS\":{\"t\":{\"Incoming\":[{\"Port\":\"1\",\"Cert\":\"c\"}]}},"
             "\"Secrets\":{\"c\":{\"Type\":\"cert-ed25519\",\"Shared\":true}}"),
      "TLS.Incoming.t defines Cert but does not disable client authentication "
      "(at TLS.t.Incoming[0], line 2:25)" },
    { "V9 no Cert", TAG("\"Incoming\":[{\"Port\":\"1\",\"DisableClientAuth\":true}]"),
      "TLS.Incoming.t disables client authentication "
      "(at TLS.t.Incoming[0].DisableClientAuth, line 2:57)" },
    { "V10 outgoing, Cert is ignored",
      TAG("\"Outgoing\":[{\"Port\":\"1\",\"Addr\":\"a\",\"Cert\":\"nope\",\"DisableClientAuth\":"
          "true}]"),
      NULL },
    { "V10 no address", TAG("\"Outgoing\":[{}]"),
      "manifest misses Addr in TLS.Outgoing.t (at TLS.t.Outgoing[0], line 2:25)" },
    { "V10 no port", TAG("\"Outgoing\":[{\"Addr\":\"a\",\"Port\":\"\"}]"),
      "manifest misses Port in TLS.Outgoing.t (at TLS.t.Outgoing[0].Port, line 2:44)" },
    { "V11 no certificate", USERS("\"u\":{\"Roles\":[]}", ""),
      "manifest does not contain a certificate for user u (at Users.u, line 2:14)" },
    { "V11 certificate", USERS("\"u\":{\"Certificate\":\"@alice\"}", ""), NULL },
    { "V12 role",
      USERS("\"u\":{\"Certificate\":\"@alice\",\"Roles\":[\"r\",\"r\"]}",
            "\"r\":{\"ResourceType\":\"Manifest\"}"),
      NULL },
    { "V12 unknown role", USERS("\"u\":{\"Roles\":[\"nope\"],\"Certificate\":\"@alice\"}", ""),
      "manifest specifies role nope for user u, but role does not exist "
      "(at Users.u.Roles, line 2:23)" },
    { "V13 different certificates",
      USERS("\"a\":{\"Certificate\":\"@alice\"},\"b\":{\"Certificate\":\"@bob\"}", ""), NULL },
    { "V13 same certificate",
      USERS("\"b\":{\"Certificate\":\"x\"},\"c\":{\"Certificate\":\"y\"},\"a\":{\"Certificate\":"
            "\"x\"}",
            ""),
      "manifest contains the same certificate for users a and b "
      "(at Users.b.Certificate, line 2:29)" },
    { "V14 type", ROLE("\"ResourceType\":\"Bogus\",\"Actions\":[]"),
      "unrecognized resource type: Bogus for role: r (at Roles.r.ResourceType, line 3:30)" },
    { "V14 case", ROLE("\"ResourceType\":\"manifest\""),
      "unrecognized resource type: manifest for role: r (at Roles.r.ResourceType, line 3:30)" },
    { "V14 no type", ROLE(""), "unrecognized resource type:  for role: r (at Roles.r, line 3:14)" },
    { "V15 packages",
      ROLE("\"ResourceType\":\"Packages\",\"ResourceNames\":[\"app\"],"
           "\"Actions\":[\"updatesecurityVERSION\"]"),
      NULL },
    { "V15 unknown package before the action",
      ROLE("\"ResourceType\":\"Packages\",\"ResourceNames\":[\"nope\"],\"Actions\":[\"x\"]"),
      "role r: resource nope of type Packages is not defined in manifest "
      "(at Roles.r.ResourceNames, line 3:57)" },
    { "V15 unknown secret",
      ROLE("\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"nope\"],"
           "\"Actions\":[\"ReadSecret\",\"WriteSecret\"]"),
      "role r: resource nope of type Secrets is not defined in manifest "
      "(at Roles.r.ResourceNames, line 3:56)" },
    { "V15 names for Manifest before the action",
      ROLE("\"ResourceType\":\"Manifest\",\"ResourceNames\":[\"app\"],\"Actions\":[\"x\"]"),
      "role r: resource names are not allowed for type Manifest "
      "(at Roles.r.ResourceNames, line 3:57)" },
    { "V16 package action", ROLE("\"ResourceType\":\"Packages\",\"Actions\":[\"ReadSecret\"]"),
      "unknown action: ReadSecret for type Packages in role: r (at Roles.r.Actions, line 3:51)" },
    { "V16 secret action before the resource",
      ROLE("\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"nope\"],\"Actions\":["
           "\"UpdateManifest\"]"),
      "unknown action: UpdateManifest for type Secrets in role: r (at Roles.r.Actions, line "
      "3:75)" },
    { "V16 manifest action",
      ROLE("\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateSecurityVersion\"]"),
      "unknown action: UpdateSecurityVersion for type Manifest in role: r "
      "(at Roles.r.Actions, line 3:51)" },
    { "V17 read shared and uploaded, write uploaded",
      ROLE("\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"shared\",\"up\"],\"Actions\":["
           "\"readsecret\"]"),
      NULL },
    { "V17 write a generated secret",
      ROLE("\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"up\",\"shared\"],\"Actions\":["
           "\"WriteSecret\"]"),
      "manifest specifies write permission for role r and secret shared, but secret is not "
      "user-defined (at Roles.r.ResourceNames, line 3:56)" },
    { "V17 read a private secret",
      ROLE(
          "\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"priv\"],\"Actions\":[\"ReadSecret\"]"),
      "manifest specifies read permission for role r and per-marble-unique secret priv "
      "(at Roles.r.ResourceNames, line 3:56)" },
    { "V17 no action, private secret",
      ROLE("\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"priv\"],\"Actions\":[]"), NULL },
    { "V18 type", SECRET("\"Size\":128,\"Type\":\"raw\""),
      "unknown type: raw for secret: x (at Secrets.x.Type, line 2:35)" },
    { "V18 case", SECRET("\"Type\":\"Symmetric-Key\",\"Size\":128"),
      "unknown type: Symmetric-Key for secret: x (at Secrets.x.Type, line 2:24)" },
    { "V18 null entry", SECRETS("\"x\":null"),
      "unknown type:  for secret: x (at Secrets.x, line 2:16)" },
    { "V18 two validities",
      SECRET("\"Type\":\"cert-ecdsa\",\"Size\":256,\"ValidFor\":3,"
             "\"Cert\":{\"NotAfter\":\"2040-01-01T00:00:00Z\"}"),
      "ambiguous certificate validity duration for secret: x, both NotAfter and ValidFor are "
      "specified (at Secrets.x.ValidFor, line 2:59)" },
    { "V18 two validities of a user-defined one",
      SECRET("\"Type\":\"cert-rsa\",\"UserDefined\":true,\"ValidFor\":3,"
             "\"Cert\":{\"NotAfter\":\"2040-01-01T00:00:00Z\"}"),
      "ambiguous certificate validity duration for secret: x, both NotAfter and ValidFor are "
      "specified (at Secrets.x.ValidFor, line 2:65)" },
    { "V18 the zero time is none",
      SECRET("\"Type\":\"cert-ecdsa\",\"Size\":256,\"ValidFor\":3,"
             "\"Cert\":{\"NotAfter\":\"0001-01-01T00:00:00Z\"}"),
      NULL },
    { "V18 Cert of a key is ignored",
      SECRET("\"Type\":\"symmetric-key\",\"Size\":8,\"ValidFor\":3,"
             "\"Cert\":{\"NotAfter\":\"2040-01-01T00:00:00Z\"}"),
      NULL },
    { "V19 without users", CONFIG("\"Config\":{\"UpdateThreshold\":1}"),
      "not enough users with manifest update permissions (0) to meet the threshold of 1 "
      "(at Config.UpdateThreshold, line 2:29)" },
    { "V19 one user with two such roles",
      CONFIG("\"Users\":{\"a\":{\"Certificate\":\"@alice\",\"Roles\":[\"r\",\"r2\",\"r\"]}},\n"
             "\"Roles\":{\"r\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]},"
             "\"r2\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"UpdateManifest\"]}},\n"
             "\"Config\":{\"UpdateThreshold\":2}"),
      "not enough users with manifest update permissions (1) to meet the threshold of 2 "
      "(at Config.UpdateThreshold, line 4:29)" },
    { "V19 met",
      CONFIG("\"Users\":{\"a\":{\"Certificate\":\"@alice\",\"Roles\":[\"r\"]}},"
             "\"Roles\":{\"r\":{\"ResourceType\":\"Manifest\",\"Actions\":[\"updatemanifest\"]}},"
             "\"Config\":{\"UpdateThreshold\":1}"),
      NULL },
    { "V20 modes", CONFIG("\"Config\":{\"SealMode\":\"UniqueKey\"}"), NULL },
    { "V20 empty", CONFIG("\"Config\":{\"SealMode\":\"\"}"), NULL },
    { "V20 case", CONFIG("\"Config\":{\"SealMode\":\"productkey\"}"),
      "unknown seal mode: productkey (at Config.SealMode, line 2:22)" },
    { "V21 gates, any case, repeated",
      CONFIG("\"Config\":{\"FeatureGates\":[\"signquoteendpoint\",\"MONOTONICCOUNTER\","
             "\"MonotonicCounter\"]}"),
      NULL },
    { "V21 unknown", CONFIG("\"Config\":{\"FeatureGates\":[\"Bogus\"]}"),
      "unknown feature gate: Bogus (at Config.FeatureGates, line 2:26)" },
    { "V21 environment missing", CONFIG("\"Config\":{\"FeatureGates\":[\"AzureHSMSealing\"]}"),
      "manifest enables sealing with Azure HSM key, but required environment variables are not "
      "set: [EDG_MAA_URL EDG_AZURE_HSM_VAULT_URL EDG_AZURE_HSM_KEY_NAME EDG_AZURE_CLIENT_ID "
      "EDG_AZURE_TENANT_ID EDG_AZURE_CLIENT_SECRET EDG_AZURE_AUTHORITY_HOST "
      "EDG_AZURE_FEDERATED_TOKEN_FILE] (at Config.FeatureGates, line 2:26)" },
    { "V22 too few keys",
      CONFIG("\"RecoveryKeys\":{\"a\":\"@ops\"},\n\"Config\":{\"RecoveryThreshold\":2}"),
      "not enough recovery keys (1) defined to meet the recovery threshold of 2 "
      "(at Config.RecoveryThreshold, line 3:31)" },
    { "V22 met",
      CONFIG(
          "\"RecoveryKeys\":{\"a\":\"@ops\",\"b\":\"@ops\"},\"Config\":{\"RecoveryThreshold\":2}"),
      NULL },
    { "V23 one",
      CONFIG("\"RecoveryKeys\":{\"a\":\"@ops\",\"b\":\"@ops\"},\n\"Config\":{\"RecoveryThreshold\":"
             "1}"),
      "invalid recovery threshold: if set, threshold must be at least 2 "
      "(at Config.RecoveryThreshold, line 3:31)" },
};

static const struct check_case material[] = {
    { "M1 no size", SECRET("\"Type\":\"symmetric-key\""),
      "invalid secret size: x (at Secrets.x, line 2:16)" },
    { "M1 size 12", SECRET("\"Type\":\"symmetric-key\",\"Size\":12"),
      "invalid secret size: x (at Secrets.x.Size, line 2:47)" },
    { "M1 most that HKDF derives", SECRET("\"Type\":\"symmetric-key\",\"Size\":65280"), NULL },
    { "M1 HKDF limit", SECRET("\"Type\":\"symmetric-key\",\"Size\":65288"),
      "invalid secret size: x: more than 65280 bits (at Secrets.x.Size, line 2:47)" },
    { "M1 shared keys may be longer",
      SECRET("\"Type\":\"symmetric-key\",\"Size\":65288,\"Shared\":true"), NULL },
    { "M1 but not endless",
      SECRET("\"Type\":\"symmetric-key\",\"Size\":18446744073709551608,\"Shared\":true"),
      "invalid secret size: x: more than 8388608 bits (at Secrets.x.Size, line 2:47)" },
    { "M1 user-defined key without size", SECRET("\"Type\":\"symmetric-key\",\"UserDefined\":true"),
      NULL },
    { "M1 odd RSA", SECRET("\"Type\":\"cert-rsa\",\"Size\":2050"), NULL },
    { "M1 RSA 512", SECRET("\"Type\":\"cert-rsa\",\"Size\":512"),
      "invalid secret size for cert-rsa secret x: 512-bit keys are not between 1024 and 16384 "
      "bits (at Secrets.x.Size, line 2:42)" },
    { "M1 RSA without size", SECRET("\"Type\":\"cert-rsa\""),
      "invalid secret size for cert-rsa secret x: 0-bit keys are not between 1024 and 16384 bits "
      "(at Secrets.x, line 2:16)" },
    { "M1 curve", SECRET("\"Type\":\"cert-ecdsa\",\"Size\":255"),
      "invalid secret size for cert-ecdsa secret x: unsupported size 255: does not map to a "
      "supported curve (at Secrets.x.Size, line 2:44)" },
    { "M1 Ed25519 with size", SECRET("\"Type\":\"cert-ed25519\",\"Size\":256"),
      "invalid secret size for cert-ed25519 secret x: none is expected, got: 256 "
      "(at Secrets.x.Size, line 2:46)" },
    { "M1 generated plain", SECRET("\"Type\":\"plain\""),
      "secret x is invalid: unsupported secret of type plain (at Secrets.x.Type, line 2:24)" },
    { "M1 extended key usage",
      SECRET("\"Type\":\"cert-ecdsa\",\"Size\":256,\"Cert\":{\"ExtKeyUsage\":[1,99]}"),
      "unknown extended key usage (at Secrets.x.Cert.ExtKeyUsage, line 2:70)" },
    { "M2 no PEM", CONFIG("\"RecoveryKeys\":{\"k\":\"nope\"}"),
      "generating recovery encryption key: given PEM data is not a public key "
      "(at RecoveryKeys.k, line 2:21)" },
    { "M2 PEM of a certificate", CONFIG("\"RecoveryKeys\":{\"k\":\"@alice\"}"),
      "generating recovery encryption key: given PEM data is not a public key "
      "(at RecoveryKeys.k, line 2:21)" },
    { "M2 null", CONFIG("\"RecoveryKeys\":{\"k\":null}"),
      "generating recovery encryption key: given PEM data is not a public key "
      "(at RecoveryKeys.k, line 2:21)" },
    { "M2 PEM that breaks off",
      CONFIG("\"RecoveryKeys\":{\"k\":\"-----BEGIN PUBLIC KEY-----\\nAAAA?AAA\\n"
             "-----END PUBLIC KEY-----\"}"),
      "generating recovery encryption key: given PEM data is not a public key "
      "(at RecoveryKeys.k, line 2:21)" },
    { "M2 EC key",
      CONFIG("\"RecoveryKeys\":{\"k\":\"-----BEGIN PUBLIC KEY-----\\n"
             "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbdEZmivXZs2tRAbo5ISulBVJtXeBiZQGiLe+8goJbs/"
             "rmtvGimRhMyp1vKolNe4ZKc7YF/xHbET09wLfRkQPhA==\\n-----END PUBLIC KEY-----\\n\"}"),
      "generating recovery encryption key: unsupported type of public key "
      "(at RecoveryKeys.k, line 2:21)" },
    { "M3 no PEM", USERS("\"u\":{\"Certificate\":\"x\"}", ""),
      "received invalid certificate for user u (at Users.u.Certificate, line 2:29)" },
    { "M3 PEM that breaks off",
      USERS("\"u\":{\"Certificate\":\"-----BEGIN X-----\\nAAAA?AAA\\n-----END X-----\"}", ""),
      "received invalid certificate for user u (at Users.u.Certificate, line 2:29)" },
    { "M3 one certificate in two texts",
      USERS("\"a\":{\"Certificate\":\"@alice\"},\n\"b\":{\"Certificate\":\"text before\\n@alice\"}",
            ""),
      "manifest contains the same certificate for users a and b "
      "(at Users.b.Certificate, line 3:20)" },
    { "T1 unterminated", FILES("\"Files\":{\"/f\":\"{{\"}"),
      "in Marble m: file /f: template: data:1: unclosed action "
      "(at Marbles.m.Parameters.Files.\"/f\", line 2:61)" },
    { "T1 string exists only in Env", FILES("\"Files\":{\"/f\":\"{{ string .Secrets.k }}\"}"),
      "in Marble m: file /f: template: data:1: function \"string\" not defined "
      "(at Marbles.m.Parameters.Files.\"/f\", line 2:61)" },
    { "T1 not with NoTemplates", FILES("\"Files\":{\"/f\":{\"Data\":\"{{\",\"NoTemplates\":true}}"),
      NULL },
    { "T1 decoded data is the template",
      FILES("\"Files\":{\"/f\":{\"Data\":\"e3s=\",\"Encoding\":\"base64\"}}"),
      "in Marble m: file /f: template: data:1: unclosed action "
      "(at Marbles.m.Parameters.Files.\"/f\".Data, line 2:69)" },
    { "T2 NUL in Env, even without templates",
      FILES("\"Env\":{\"E\":{\"Data\":\"a\\u0000b\",\"NoTemplates\":true}}"),
      "in Marble m: env variable: E: content contains null bytes "
      "(at Marbles.m.Parameters.Env.E.Data, line 2:66)" },
    { "T2 NUL in Files", FILES("\"Files\":{\"/f\":\"a\\u0000b\"}"), NULL },
    { "T3 raw exists only in Files", FILES("\"Env\":{\"E\":\"{{ raw .Secrets.k }}\"}"),
      "in Marble m: env variable E: template: data:1: function \"raw\" not defined "
      "(at Marbles.m.Parameters.Env.E, line 2:58)" },
};

static const struct check_case surprising[] = {
    { "unreferenced package {}, IDs that are not hex",
      "{\"Packages\":{\"app\":{\"UniqueID\":\"zz\"},\"b\":{}}," MARBLES "}", NULL },
    { "ProductID null with UniqueID", PACKAGE("\"UniqueID\":\"00\",\"ProductID\":null"), NULL },
    { "AcceptedTCBStatuses bogus",
      PACKAGE("\"UniqueID\":\"00\",\"AcceptedTCBStatuses\":[\"bogus\"]"), NULL },
    { "empty tag", TAG(""), NULL },
    { "outgoing with undefined Cert",
      TAG("\"Outgoing\":[{\"Addr\":\"a\",\"Port\":\"1\",\"Cert\":\"nope\"}]"), NULL },
    { "opaque port", TAG("\"Incoming\":[{\"Port\":\"http\"}]"), NULL },
    { "role without actions on a private secret",
      ROLE("\"ResourceType\":\"Secrets\",\"ResourceNames\":[\"priv\"]"), NULL },
    { "user-defined symmetric key without Size",
      SECRET("\"Type\":\"symmetric-key\",\"UserDefined\":true"), NULL },
    { "template with an unknown secret", FILES("\"Files\":{\"/f\":\"{{ .Secrets.typo }}\"}"),
      NULL },
    /* Where the original accepts and we refuse, as the reference allows. */
    { "Admins", CONFIG("\"Admins\":{\"a\":\"@alice\"}"),
      "Admins of releases before 0.4 are not supported, use Users and Roles (at Admins, line "
      "2:10)" },
    { "Clients", CONFIG("\"clients\":{\"a\":\"AAAA\"}"),
      "Clients of releases before 0.5 never had an effect, remove them (at clients, line 2:11)" },
    { "empty Admins and Clients", CONFIG("\"Admins\":{},\"Clients\":null"), NULL },
    { "RecoveryKey counts", CONFIG("\"RecoveryKey\":\"@ops\""), NULL },
    { "empty RecoveryKey does not",
      CONFIG("\"RecoveryKey\":\"\",\"RecoveryKeys\":{\"a\":\"@ops\"}"), NULL },
    { "both kinds of recovery keys",
      CONFIG("\"RecoveryKey\":\"@ops\",\"RecoveryKeys\":{\"a\":\"@ops\"}"),
      "both RecoveryKey and RecoveryKeys are specified (at RecoveryKey, line 2:15)" },
    { "Cert that is not base64", SECRET("\"Type\":\"cert-ed25519\",\"Cert\":\"%%%\""),
      "Cert is neither an object nor the base64 text of a DER certificate "
      "(at Secrets.x.Cert, line 2:46)" },
    { "Raw in a user-defined Cert",
      SECRET("\"Type\":\"cert-rsa\",\"Cert\":{\"Raw\":\"AAAA\"},\"UserDefined\":true"),
      "Raw is not allowed in the Cert object of a user-defined secret (at Secrets.x.Cert, line "
      "2:42)" },
    { "Raw in a generated Cert is ignored",
      SECRET("\"Type\":\"cert-ed25519\",\"Cert\":{\"Raw\":\"AAAA\"}"), NULL },
    { "null in URIs",
      SECRET("\"Type\":\"cert-ed25519\",\"Cert\":{\"URIs\":[{\"Scheme\":\"a\",\"Opaque\":\"b\"},"
             "null]}"),
      "null is not a URI (at Secrets.x.Cert.URIs[1], line 2:83)" },
};

static void run_cases(const struct check_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct err err = { 0 };
        auto_manifest *m = test_parse(cases[i].text, &err);
        if (m == NULL)
            fail_msg("%s: does not parse: %s", cases[i].name, err.text);
        const bool accepted = manifest_check(m, NULL, &err);
        if (cases[i].want == NULL && !accepted)
            fail_msg("%s: refused: %s", cases[i].name, err.text);
        if (cases[i].want != NULL && accepted)
            fail_msg("%s: accepted", cases[i].name);
        if (cases[i].want != NULL && strcmp(err.text, cases[i].want) != 0)
            fail_msg("%s:\n  is   %s\n  want %s", cases[i].name, err.text, cases[i].want);
        assert_int_equal(err.kind, cases[i].want == NULL ? FAIL_NONE : FAIL_MALFORMED);
    }
}

static void manifest_check_applies_every_rule_and_names_the_place(void **state)
{
    (void)state;
    run_cases(rules, COUNT_OF(rules));
}

static void manifest_check_finds_unusable_material_and_templates(void **state)
{
    (void)state;
    run_cases(material, COUNT_OF(material));
}

static void consistency_alone_leaves_material_and_templates_aside(void **state)
{
    const struct manifest_check_options options = { .consistency_only = true };
    struct err err = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(material); i++) {
        /* An unknown key usage is refused like what does not decode. */
        if (strstr(material[i].name, "key usage") != NULL)
            continue;
        auto_manifest *m = test_parse(material[i].text, &err);
        assert_ok(m != NULL && manifest_check(m, &options, &err), &err);
    }
    auto_manifest *inconsistent = test_parse("{}", &err);
    assert_non_null(inconsistent);
    assert_false(manifest_check(inconsistent, &options, &err));
}

static void manifest_check_accepts_what_only_looks_wrong(void **state)
{
    (void)state;
    run_cases(surprising, COUNT_OF(surprising));
}

static const char *azure_variable(void *ctx, const char *name)
{
    const char *const *const missing = ctx;

    for (size_t i = 0; missing[i] != NULL; i++) {
        if (strcmp(missing[i], name) == 0)
            return i % 2 == 0 ? NULL : "";
    }
    return "value";
}

/* The rule about its variables runs first; then this version has no such key to seal with. */
static void assert_azure_is_refused(const char *const *missing, const char *words)
{
    struct err err = { 0 };
    auto_manifest *m =
        test_parse(CONFIG("\"Config\":{\"FeatureGates\":[\"azurehsmsealing\"]}"), &err);
    const struct manifest_check_options options = { azure_variable, (void *)(uintptr_t)missing };

    assert_non_null(m);
    assert_false(manifest_check(m, &options, &err));
    if (err.kind != FAIL_MALFORMED || strstr(err.text, words) == NULL)
        fail_msg("%s", err.text);
}

static void azure_sealing_is_refused_after_a_look_at_its_variables(void **state)
{
    static const char *const federated[] = { "EDG_AZURE_CLIENT_SECRET", NULL };
    static const char *const secret[] = { "EDG_AZURE_AUTHORITY_HOST",
                                          "EDG_AZURE_FEDERATED_TOKEN_FILE", NULL };
    static const char *const neither[] = { "EDG_AZURE_CLIENT_SECRET", "EDG_AZURE_AUTHORITY_HOST",
                                           NULL };
    static const char *const no_url[] = { "EDG_MAA_URL", NULL };

    (void)state;
    assert_azure_is_refused(federated, "AzureHSMSealing is not supported by this version");
    assert_azure_is_refused(secret, "AzureHSMSealing is not supported by this version");
    assert_azure_is_refused(neither, "[EDG_AZURE_CLIENT_SECRET EDG_AZURE_AUTHORITY_HOST]");
    assert_azure_is_refused(no_url, "[EDG_MAA_URL]");
}

static void errors_stay_one_line_and_keep_the_place_with_long_and_odd_names(void **state)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_string(&text, "{" BASE "\"Users\":{\"");
    for (int i = 0; i < 300; i++)
        buf_add_string(&text, "\\n\\u001b");
    buf_add_string(&text, "\":{\"Certificate\":\"x\",\n\"Roles\":[\"");
    for (int i = 0; i < 1000; i++)
        buf_add_string(&text, "r");
    buf_add_string(&text, "\"]}}}");
    auto_manifest *m = manifest_parse(buf_bytes(&text), &err);
    assert_non_null(m);
    assert_false(manifest_check(m, NULL, &err));
    assert_one_line(&err);
    assert_null(strchr(err.text, 0x1b));
    assert_string_equal(err.text + strlen(err.text) - strlen(", line 3:9)"), ", line 3:9)");
}

static void a_threshold_below_the_count_allows_255_keys(void **state)
{
    auto_buf text = { 0 };
    struct err err = { 0 };

    (void)state;
    buf_add_string(&text, "{" BASE "\"RecoveryKeys\":{");
    for (int i = 0; i < 256; i++)
        buf_add_format(&text, "%s\"k%d\":\"x\"", i == 0 ? "" : ",", i);
    buf_add_string(&text, "},\n\"Config\":{\"RecoveryThreshold\":2}}");
    auto_manifest *m = manifest_parse(buf_bytes(&text), &err);
    assert_non_null(m);
    assert_false(manifest_check(m, NULL, &err));
    assert_string_equal(err.text, "a recovery threshold allows at most 255 recovery keys "
                                  "(at Config.RecoveryThreshold, line 3:31)");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(manifest_check_applies_every_rule_and_names_the_place),
    cmocka_unit_test(manifest_check_finds_unusable_material_and_templates),
    cmocka_unit_test(consistency_alone_leaves_material_and_templates_aside),
    cmocka_unit_test(manifest_check_accepts_what_only_looks_wrong),
    cmocka_unit_test(azure_sealing_is_refused_after_a_look_at_its_variables),
    cmocka_unit_test(errors_stay_one_line_and_keep_the_place_with_long_and_odd_names),
    cmocka_unit_test(a_threshold_below_the_count_allows_255_keys),
};
TEST_MAIN(tests)
