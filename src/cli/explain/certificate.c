/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain/explain.h"

/* Templates of certificates: Cert of a secret (manifest.md 7.6 and 7.7). */

#define CERT "Secrets.*.Cert."
#define NAMES(name, what)                                                                          \
    {                                                                                              \
        CERT "Subject." name, "list of texts", "none", "0.2", "Of the subject: " what ".",         \
            "\"" name "\": [\"Example\"]"                                                          \
    }
#define CONSTRAINT(name, what)                                                                     \
    {                                                                                              \
        CERT name, "list of texts", "none", "0.2", "Name constraints of a CA: " what ".",          \
            "\"" name "\": [\".example.com\"]"                                                     \
    }
#define IGNORED(name, type)                                                                        \
    {                                                                                              \
        CERT name, type, NULL, "0.2",                                                              \
            "Taken, because templates that were written by programs have it, and without effect.", \
            NULL                                                                                   \
    }
#define RANGE(name, what)                                                                          \
    { CERT name,                                                                                   \
      "list of objects",                                                                           \
      "none",                                                                                      \
      "0.2",                                                                                       \
      "Name constraints of a CA: " what ".",                                                       \
      "\"" name "\": [{ \"IP\": \"192.0.2.0\", \"Mask\": \"////AA==\" }]" },                       \
        { CERT name ".IP",        "text", NULL, "0.2", "An address of the network, IPv4 or IPv6.", \
          "\"IP\": \"192.0.2.0\"" },                                                               \
    {                                                                                              \
        CERT name ".Mask", "bytes: base64 or list of numbers", NULL, "0.2",                        \
            "Its mask, 4 or 16 bytes as the address.", "\"Mask\": \"////AA==\""                    \
    }
#define URI(name, type, what, example)                                                             \
    {                                                                                              \
        CERT "URIs." name, type, NULL, "0.2", what, example                                        \
    }

const struct explanation EXPLAIN_CERTIFICATE[] = {
    { CERT "Subject", "object", "only a common name", "0.2", "The subject of the certificate.",
      "\"Subject\": { \"CommonName\": \"web\", \"Organization\": [\"Example\"] }" },
    NAMES("Country", "the country"),
    NAMES("Organization", "the organization"),
    NAMES("OrganizationalUnit", "its part"),
    NAMES("Locality", "the place"),
    NAMES("Province", "the state or province"),
    NAMES("StreetAddress", "the street"),
    NAMES("PostalCode", "the postal code"),
    { CERT "Subject.SerialNumber", "text", "none", "0.2",
      "Of the subject: its serial number, which is not that of the certificate.",
      "\"SerialNumber\": \"S-1\"" },
    { CERT "Subject.CommonName", "text",
      "the DNS name if there is exactly one, else MarbleRun Generated Certificate", "0.2",
      "Of the subject: the common name.", "\"CommonName\": \"web\"" },
    { CERT "Subject.ExtraNames", "list of objects", "none", "0.2",
      "More attributes, at the end. One with the OID of a standard attribute takes its place.",
      "\"ExtraNames\": [{ \"Type\": [2, 5, 4, 12], \"Value\": \"Chief\" }]" },
    { CERT "Subject.ExtraNames.Type", "list of numbers", NULL, "0.2",
      "The OID of the attribute. Has to be there.", "\"Type\": [2, 5, 4, 12]" },
    { CERT "Subject.ExtraNames.Value", "text", "empty", "0.2", "The value of the attribute.",
      "\"Value\": \"Chief\"" },
    IGNORED("Subject.Names", "list of objects"),
    IGNORED("Subject.Names.Type", "list of numbers"),
    { CERT "DNSNames", "list of texts", "[\"localhost\"]", "0.2",
      "DNS names of the certificate. An empty list is none, which differs from leaving it out.",
      "\"DNSNames\": [\"web.example.com\"]" },
    { CERT "EmailAddresses", "list of texts", "none", "0.2", "E-mail addresses of the certificate.",
      "\"EmailAddresses\": [\"ops@example.com\"]" },
    { CERT "IPAddresses", "list of texts", "[\"127.0.0.1\", \"::1\"]", "0.2",
      "IP addresses of the certificate. An empty list is none, which differs from leaving it out.",
      "\"IPAddresses\": [\"192.0.2.1\"]" },
    { CERT "URIs", "list of objects", "none", "0.2", "URIs of the certificate, in parts; no texts.",
      "\"URIs\": [{ \"Scheme\": \"spiffe\", \"Host\": \"example.com\", \"Path\": \"/web\" }]" },
    URI("Scheme", "text", "The part before the first colon.", "\"Scheme\": \"spiffe\""),
    URI("Opaque", "text", "What follows scheme and colon, instead of host and path.",
        "\"Opaque\": \"isbn:12\""),
    URI("User", "object", "Not supported: only null or an empty object.", NULL),
    URI("Host", "text", "Host, or host and port.", "\"Host\": \"example.com\""),
    URI("Path", "text", "The path.", "\"Path\": \"/web\""),
    URI("RawPath", "text", "Not supported: only empty.", NULL),
    URI("OmitHost", "boolean", "No // where the host is empty.", "\"OmitHost\": true"),
    URI("ForceQuery", "boolean", "A ? also before an empty query.", "\"ForceQuery\": true"),
    URI("RawQuery", "text", "What follows the ?, as it is.", "\"RawQuery\": \"a=b\""),
    URI("Fragment", "text", "What follows the #.", "\"Fragment\": \"top\""),
    URI("RawFragment", "text", "Not supported: only empty.", NULL),
    { CERT "NotAfter", "text, RFC 3339", "365 days, or ValidFor", "0.2",
      "The end of the certificate's time, with seconds. Not together with ValidFor.",
      "\"NotAfter\": \"2040-06-30T10:00:00Z\"" },
    { CERT "KeyUsage", "number: a sum", "33", "0.2",
      "The sum of 1 digitalSignature, 2 contentCommitment, 4 keyEncipherment, 8 dataEncipherment, "
      "16 "
      "keyAgreement, 32 keyCertSign, 64 "
      "cRLSign, 128 encipherOnly, 256 decipherOnly.",
      "\"KeyUsage\": 5" },
    { CERT "ExtKeyUsage", "list of numbers", "[1, 2]", "0.2",
      "Of these: 0 any, 1 serverAuth, 2 clientAuth, 3 codeSigning, 4 emailProtection, 8 "
      "timeStamping, 9 "
      "OCSPSigning, and others to 13. "
      "An empty list is none.",
      "\"ExtKeyUsage\": [1]" },
    { CERT "UnknownExtKeyUsage", "list of lists of numbers", "none", "0.2",
      "OIDs of further extended key usages.",
      "\"UnknownExtKeyUsage\": [[1, 3, 6, 1, 4, 1, 99999, 1]]" },
    { CERT "IsCA", "boolean", "false", "0.2", "The certificate may sign others.",
      "\"IsCA\": true" },
    { CERT "MaxPathLen", "number", "no limit", "0.2",
      "How many CAs may follow this one. -1 is no limit; 0 counts only with MaxPathLenZero.",
      "\"MaxPathLen\": 1" },
    { CERT "MaxPathLenZero", "boolean", "false", "0.2",
      "A MaxPathLen of 0 means that no CA may follow. Needs IsCA.", "\"MaxPathLenZero\": true" },
    { CERT "SubjectKeyId", "bytes: base64 or list of numbers", "of a CA the hash of its key", "0.2",
      "The subject key identifier.", "\"SubjectKeyId\": \"AQIDBA==\"" },
    { CERT "SignatureAlgorithm", "number", "0", "0.2",
      "0 as the signing key has it; 10, 11 and 12 are ECDSA with SHA-256, SHA-384 and SHA-512.",
      "\"SignatureAlgorithm\": 11" },
    { CERT "OCSPServer", "list of texts", "none", "0.2", "URLs of OCSP servers.",
      "\"OCSPServer\": [\"http://ocsp.example.com\"]" },
    { CERT "IssuingCertificateURL", "list of texts", "none", "0.2",
      "URLs of the issuer's certificate.",
      "\"IssuingCertificateURL\": [\"http://ca.example.com/ca.crt\"]" },
    { CERT "CRLDistributionPoints", "list of texts", "none", "0.2", "URLs of revocation lists.",
      "\"CRLDistributionPoints\": [\"http://crl.example.com/1.crl\"]" },
    { CERT "Policies", "list of texts", "none", "0.2", "OIDs of certificate policies.",
      "\"Policies\": [\"1.2.3.4\"]" },
    { CERT "PermittedDNSDomainsCritical", "boolean", "false", "0.2",
      "Whoever does not know name constraints has to refuse the certificate.",
      "\"PermittedDNSDomainsCritical\": true" },
    CONSTRAINT("PermittedDNSDomains", "the only DNS domains that it may sign for"),
    CONSTRAINT("ExcludedDNSDomains", "DNS domains that it may not sign for"),
    CONSTRAINT("PermittedEmailAddresses",
               "the only e-mail addresses or domains that it may sign for"),
    CONSTRAINT("ExcludedEmailAddresses", "e-mail addresses or domains that it may not sign for"),
    CONSTRAINT("PermittedURIDomains", "the only domains of URIs that it may sign for"),
    CONSTRAINT("ExcludedURIDomains", "domains of URIs that it may not sign for"),
    RANGE("PermittedIPRanges", "the only networks that it may sign for"),
    RANGE("ExcludedIPRanges", "networks that it may not sign for"),
    { CERT "ExtraExtensions", "list of objects", "none", "0.2",
      "More extensions, at the end. One with the OID of a generated extension takes its place.",
      "\"ExtraExtensions\": [{ \"Id\": [1, 3, 6, 1, 4, 1, 99999, 2], \"Value\": \"BAIBAg==\" }]" },
    { CERT "ExtraExtensions.Id", "list of numbers", NULL, "0.2", "The OID of the extension.",
      "\"Id\": [1, 3, 6, 1, 4, 1, 99999, 2]" },
    { CERT "ExtraExtensions.Critical", "boolean", "false", "0.2",
      "Whoever does not know the extension has to refuse the certificate.", "\"Critical\": true" },
    { CERT "ExtraExtensions.Value", "bytes: base64 or list of numbers", "empty", "0.2",
      "Its value in DER.", "\"Value\": \"BAIBAg==\"" },
    { CERT "Raw", "bytes: base64 or list of numbers", NULL, "0.2",
      "Without effect for generated secrets, and refused for user-defined ones.", NULL },
    { CERT "RawSubject", "bytes: base64 or list of numbers", NULL, "0.2",
      "Not supported: only empty. Use Subject.", NULL },
    IGNORED("SerialNumber", "number"),
    IGNORED("AuthorityKeyId", "bytes: base64 or list of numbers"),
    IGNORED("Issuer", "object"),
    IGNORED("NotBefore", "text, RFC 3339"),
    IGNORED("BasicConstraintsValid", "boolean"),
    IGNORED("Version", "number"),
    IGNORED("PublicKeyAlgorithm", "number"),
    IGNORED("Signature", "bytes: base64 or list of numbers"),
    IGNORED("Extensions", "list of objects"),
    IGNORED("Extensions.Id", "list of numbers"),
    IGNORED("Extensions.Critical", "boolean"),
    IGNORED("Extensions.Value", "bytes: base64 or list of numbers"),
    IGNORED("RawTBSCertificate", "bytes: base64 or list of numbers"),
    IGNORED("RawSubjectPublicKeyInfo", "bytes: base64 or list of numbers"),
    IGNORED("RawIssuer", "bytes: base64 or list of numbers"),
    IGNORED("PolicyIdentifiers", "list of lists of numbers"),
    IGNORED("UnhandledCriticalExtensions", "list of lists of numbers"),
    END_OF_EXPLANATIONS,
};
