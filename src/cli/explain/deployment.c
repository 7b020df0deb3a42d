/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain/explain.h"

/* The manifest, its packages, Marbles and TLS entries (manifest.md 2 to 6 and 8). */
const struct explanation EXPLAIN_DEPLOYMENT[] = {
    { "", "object", NULL, "0.1",
      "Says which software runs where, which parameters and secrets it gets, and who may change "
      "that. It is sent as it is, "
      "byte for byte; its SHA-256 is its fingerprint.",
      NULL },
    { "Packages", "map of name to object", NULL, "0.1",
      "The software that may run, each with what its evidence has to say. At least one is needed.",
      "\"Packages\": { \"app\": { \"SignerID\": \"<64 hex digits>\", \"ProductID\": 1, "
      "\"SecurityVersion\": 3 } }" },
    { "Packages.*.Debug", "boolean", "false", "0.1",
      "Has to be equal to what the evidence says. A debug package takes no production enclave or "
      "guest, a production package none for debugging. With true, whoever runs the host can read "
      "the secrets, and no other value is required.",
      "\"Debug\": false" },
    { "Packages.*.UniqueID", "text, hex of 32 bytes", NULL, "0.1",
      "The MRENCLAVE of an SGX enclave: exactly this build. Without SignerID, ProductID and "
      "SecurityVersion.",
      "\"UniqueID\": \"<64 hex digits>\"" },
    { "Packages.*.SignerID", "text, hex of 32 bytes", NULL, "0.1",
      "The MRSIGNER of an SGX enclave: whose key signed it. Needs ProductID and SecurityVersion "
      "beside it.",
      "\"SignerID\": \"<64 hex digits>\"" },
    { "Packages.*.ProductID", "number", NULL, "0.1",
      "The ISVPRODID of an SGX enclave, which tells apart what one signer signed. 0 is a value, "
      "too.",
      "\"ProductID\": 1" },
    { "Packages.*.SecurityVersion", "number", NULL, "0.1",
      "The least ISVSVN of an SGX enclave. An update of packages raises it; Marbles are held to it "
      "when they are activated.",
      "\"SecurityVersion\": 3" },
    { "Packages.*.AcceptedTCBStatuses", "list of texts", "[\"SWHardeningNeeded\"]", "1.0",
      "TCB statuses of SGX and TDX platforms that are accepted besides UpToDate. A list replaces "
      "the default; letter case "
      "counts.",
      "\"AcceptedTCBStatuses\": [\"SWHardeningNeeded\", \"ConfigurationNeeded\"]" },
    { "Packages.*.AcceptedAdvisories", "list of texts", "any", "1.6",
      "The only advisories that a platform with status SWHardeningNeeded may have (on TDX also "
      "with "
      "ConfigurationAndSWHardeningNeeded). An empty list accepts any.",
      "\"AcceptedAdvisories\": [\"INTEL-SA-00837\"]" },
    { "Infrastructures", "map of name to object", "any platform", "0.1",
      "The platforms that may run the software: evidence has to fit at least one entry as a whole. "
      "MarbleRun stores it and "
      "compares nothing.",
      "\"Infrastructures\": { \"racks\": { \"FMSPC\": [\"00806f050000\"], \"PCESVN\": 13 } }" },
    { "Infrastructures.*.CPUSVN", "16 bytes: base64 or list of numbers", NULL, "0.1",
      "The least CPUSVN, component by component, of an Intel platform's PCK certificate.",
      "\"CPUSVN\": [4, 4, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]" },
    { "Infrastructures.*.QESVN", "number to 65535", NULL, "0.1",
      "The least ISVSVN of the quoting enclave.", "\"QESVN\": 8" },
    { "Infrastructures.*.PCESVN", "number to 65535", NULL, "0.1",
      "The least PCESVN of the PCK certificate.", "\"PCESVN\": 13" },
    { "Infrastructures.*.RootCA", "bytes: base64 or list of numbers", NULL, "0.1",
      "The root certificate of the chain of an Intel platform in DER, or its SHA-256.",
      "\"RootCA\": \"<base64>\"" },
    { "Infrastructures.*.FMSPC", "text or list of texts, hex of 6 bytes", NULL, "taw",
      "The family of an Intel platform: one of these.", "\"FMSPC\": [\"00806f050000\"]" },
    { "Infrastructures.*.ChipIDs", "text or list of texts, hex of 64 bytes", NULL, "taw",
      "The chip of an SEV-SNP platform: one of these. A host that masks it and a VLEK have none "
      "and fit no list.",
      "\"ChipIDs\": [\"<128 hex digits>\"]" },
    { "Marbles", "map of name to object", NULL, "0.1",
      "The services, each with its package and its parameters. At least one is needed. Any "
      "software of the package may be "
      "activated under the name.",
      "\"Marbles\": { \"web\": { \"Package\": \"app\" } }" },
    { "Marbles.*.Package", "text", NULL, "0.1",
      "The entry of Packages that its evidence is held to. Has to be there.",
      "\"Package\": \"app\"" },
    { "Marbles.*.MaxActivations", "number", "0, no limit", "0.1",
      "How often it may be activated over the life of the deployment. A restart counts again; "
      "updates do not reset it.",
      "\"MaxActivations\": 3" },
    { "Marbles.*.Parameters", "object", "nothing", "0.1",
      "What the Marble gets when it is activated: files, environment variables and arguments.",
      "\"Parameters\": { \"Env\": { \"MODE\": \"production\" } }" },
    { "Marbles.*.Parameters.Files", "map of path to text or object", "none", "0.1",
      "Files that are written before the program starts. A text is a template: {{ pem "
      ".MarbleRun.RootCA.Cert }} and {{ hex "
      ".Secrets.key }} become values.",
      "\"Files\": { \"/etc/tls.crt\": \"{{ pem .Secrets.web.Cert }}\" }" },
    { "Marbles.*.Parameters.Files.*.Data", "text", "empty", "0.5",
      "The contents, written as Encoding says. Templates are run on what was decoded.",
      "\"Data\": \"{{ raw .Secrets.key }}\"" },
    { "Marbles.*.Parameters.Files.*.Encoding", "\"string\", \"base64\" or \"hex\"", "string", "0.5",
      "How Data is written; letter case does not count.", "\"Encoding\": \"base64\"" },
    { "Marbles.*.Parameters.Files.*.NoTemplates", "boolean", "false", "0.5",
      "Takes the contents as they are, with {{ and }}.", "\"NoTemplates\": true" },
    { "Marbles.*.Parameters.Env", "map of name to text or object", "none", "0.1",
      "Environment variables. A text is a template, as in Files; there is string for plain "
      "secrets, and no raw. A value has no "
      "NUL byte.",
      "\"Env\": { \"DB_KEY\": \"{{ base64 .Secrets.key }}\" }" },
    { "Marbles.*.Parameters.Env.*.Data", "text", "empty", "0.5",
      "The value, written as Encoding says. Templates are run on what was decoded.",
      "\"Data\": \"{{ string .Secrets.token }}\"" },
    { "Marbles.*.Parameters.Env.*.Encoding", "\"string\", \"base64\" or \"hex\"", "string", "0.5",
      "How Data is written; letter case does not count.", "\"Encoding\": \"hex\"" },
    { "Marbles.*.Parameters.Env.*.NoTemplates", "boolean", "false", "0.5",
      "Takes the value as it is, with {{ and }}.", "\"NoTemplates\": true" },
    { "Marbles.*.Parameters.Argv", "list of texts", "none", "0.1",
      "The arguments of the program, the first one its name. They are no templates.",
      "\"Argv\": [\"./app\", \"--verbose\"]" },
    { "Marbles.*.TLS", "list of texts", "none", "0.3.1",
      "Entries of TLS that hold for this Marble, in this order.", "\"TLS\": [\"internal\"]" },
    { "Marbles.*.DisableSecretBinding", "boolean", "false", "1.6",
      "Derives the symmetric keys that are not shared without the Marble's name, as MarbleRun did "
      "before 1.6. Then Marbles "
      "with the same UUID get the same keys.",
      "\"DisableSecretBinding\": true" },
    { "TLS", "map of name to object", "none", "0.3.1",
      "Connections that a Marble's runtime wraps into TLS without the program's doing; named in "
      "TLS of Marbles. The Marble "
      "gets them as MARBLE_TTLS_CONFIG.",
      "\"TLS\": { \"internal\": { \"Incoming\": [{ \"Port\": \"8080\" }] } }" },
    { "TLS.*.Outgoing", "list of objects", "none", "0.3.1", "Connections to other Marbles.",
      "\"Outgoing\": [{ \"Addr\": \"db\", \"Port\": \"5432\" }]" },
    { "TLS.*.Outgoing.Port", "text", NULL, "0.3.1",
      "The port that is connected to. Has to be there.", "\"Port\": \"5432\"" },
    { "TLS.*.Outgoing.Addr", "text", NULL, "0.3.1",
      "The name or address that is connected to. Has to be there.", "\"Addr\": \"db\"" },
    { "TLS.*.Outgoing.Cert", "text", NULL, "0.4", "Without effect: only of Incoming.", NULL },
    { "TLS.*.Outgoing.DisableClientAuth", "boolean", NULL, "0.4",
      "Without effect: only of Incoming.", NULL },
    { "TLS.*.Incoming", "list of objects", "none", "0.3.1", "Ports on which the Marble listens.",
      "\"Incoming\": [{ \"Port\": \"8080\" }]" },
    { "TLS.*.Incoming.Port", "text", NULL, "0.3.1", "The port. Has to be there.",
      "\"Port\": \"8080\"" },
    { "TLS.*.Incoming.Addr", "text", NULL, "0.3.1", "Without effect: only of Outgoing.", NULL },
    { "TLS.*.Incoming.Cert", "text", "the Marble's own certificate", "0.4",
      "A secret with the certificate that clients see. Needs DisableClientAuth.",
      "\"Cert\": \"web\"" },
    { "TLS.*.Incoming.DisableClientAuth", "boolean", "false", "0.4",
      "Clients need no certificate. Has to be true with Cert, and false without it.",
      "\"DisableClientAuth\": true" },
    END_OF_EXPLANATIONS,
};
