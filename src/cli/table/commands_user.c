/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

#define CERTIFICATE_TEXT                                                                           \
    "Verifies the Coordinator, compares its root certificate with that of the certificate cache "  \
    "(not with --insecure),\n"                                                                     \
    "and writes PEM. The intermediate is one that the root has signed."

const struct command COMMANDS_USER[] = {
    { .words = "certificate",
      .summary = "fetch the certificates of a Coordinator, and look at any" },
    { .words = "certificate root",
      ONE_ENDPOINT,
      .run = run_certificate_root,
      .flags = FLAGS(OUTPUT("where to write it", "marblerunRootCA.crt"), VERIFY_FLAGS),
      .summary = "fetch the root certificate",
      .text = CERTIFICATE_TEXT,
      .examples = "certificate root coordinator.example.com:4433" },
    { .words = "certificate intermediate",
      ONE_ENDPOINT,
      .run = run_certificate_intermediate,
      .flags = FLAGS(OUTPUT("where to write it", "marblerunIntermediateCA.crt"), VERIFY_FLAGS),
      .summary = "fetch the intermediate certificate",
      .text = CERTIFICATE_TEXT },
    { .words = "certificate chain",
      ONE_ENDPOINT,
      .run = run_certificate_chain,
      .flags = FLAGS(OUTPUT("where to write them", "marblerunChainCA.crt"), VERIFY_FLAGS),
      .summary = "fetch the intermediate and the root certificate",
      .text = CERTIFICATE_TEXT },
    { .words = "certificate inspect",
      .arguments = "<file>",
      .least = 1,
      .most = 1,
      .run = run_certificate_inspect,
      .flags =
          FLAGS({ .name = "key",
                  .letter = 'k',
                  .kind = FLAG_FILE,
                  .value = "FILE",
                  .help = "does this private key, PEM or a pkcs11: URI, belong to the first "
                          "certificate? An encrypted one asks for its passphrase, a token for its "
                          "PIN" }),
      .summary = "show what is in a file with certificates",
      .text =
          "The file is PEM with one or more certificates, whatever else is in it, or DER with "
          "one. Warns of those that have expired\n"
          "or will within 30 days. Ends with 9 when the key does not belong to the certificate. "
          "Shows, and verifies nothing but\n"
          "which certificates of the file signed which. Needs no network.",
      .examples = "certificate inspect alice.crt --key alice.key" },
    { .words = "secret", .summary = "read and write secrets as a user" },
    { .words = "secret set",
      .arguments = "<file> | <name>=@<file> | <name>=- ... <IP:PORT>",
      .least = 2,
      .most = ARGUMENTS_ANY,
      .run = run_secret_set,
      .flags = FLAGS(
          USER_FLAGS,
          { .name = "from-pem",
            .kind = FLAG_TEXT,
            .value = "NAME",
            .help = "the file is PEM: its certificate and its private key become this secret" }),
      .groups = USER_GROUPS,
      .summary = "set secrets",
      .text = "The file is JSON: an object with the secrets by name, each with Key, or with Cert "
              "and Private, in base64.\n\n"
              "Or by name: <name>=@<file> takes the bytes of a file as they are, <name>=- those of "
              "standard input. Where the manifest\n"
              "says that the secret is a certificate, they are PEM with the certificate and its "
              "private key. Several are set in one\n"
              "request, all or none. Values are never arguments: others can read those.",
      .examples = "secret set secrets.json coordinator.example.com:4433 -c alice.crt -k alice.key\n"
                  "secret set server.pem coordinator.example.com:4433 --from-pem web -c alice.crt "
                  "-k alice.key\n"
                  "secret set web=@server.pem dbPassword=- coordinator.example.com:4433 -c "
                  "alice.crt -k alice.key" },
    { .words = "secret list",
      ONE_ENDPOINT,
      .run = run_secret_list,
      .flags = FLAGS(USER_FLAGS),
      .groups = USER_GROUPS,
      .summary = "list the secrets of the manifest, and what the user may do with them",
      .text = "Reads the manifest of the Coordinator. Secrets are not asked for: neither their "
              "values nor whether they have one.",
      .examples = "secret list coordinator.example.com:4433 -c alice.crt -k alice.key" },
    { .words = "secret get",
      .arguments = "<name> ... <IP:PORT>",
      .least = 2,
      .most = ARGUMENTS_ANY,
      .run = run_secret_get,
      .flags =
          FLAGS(USER_FLAGS,
                OUTPUT("write the secrets to FILE, as JSON or in the form that is asked for", NULL),
                { .name = "raw",
                  .kind = FLAG_SWITCH,
                  .help = "the bytes of one secret, not to a terminal; of a certificate what "
                          "--field says, as DER" },
                { .name = "pem",
                  .kind = FLAG_SWITCH,
                  .help = "certificate and private key of one secret, as PEM" },
                { .name = "field",
                  .kind = FLAG_CHOICE,
                  .value = "PART",
                  .choices = "cert private public key",
                  .help = "with --raw or --pem: only this part; key is that of a symmetric "
                          "key or a plain secret" },
                { .name = "env", .kind = FLAG_SWITCH, .help = "lines NAME='value' for a shell" },
                { .name = "dotenv",
                  .kind = FLAG_SWITCH,
                  .help = "the same for files of settings; refuses values that their readers "
                          "take differently" }),
      .groups = GROUPS(USER_GROUP_ROWS, { GROUP_EXCLUSIVE, "raw pem env dotenv" }),
      .summary = "read secrets",
      .text =
          "Shows secrets by name; values are base64. The Coordinator gives all of them or none.\n\n"
          "In variables, symmetric keys are base64, certificates with their private keys are PEM, "
          "and plain secrets are as they are;\n"
          "plain secrets that are not text are refused. In the name of a variable, what is no "
          "letter, digit or _ is _.",
      .examples = "secret get tokenKey coordinator.example.com:4433 -c alice.crt -k alice.key -o "
                  "secrets.json\n"
                  "secret get tokenKey coordinator.example.com:4433 -c "
                  "'pkcs11:token=work;object=alice' -k 'pkcs11:token=work;object=alice'\n"
                  "secret get web coordinator.example.com:4433 --pem -c alice.crt -k alice.key -o "
                  "web.pem\n"
                  "secret get dbPassword apiToken coordinator.example.com:4433 --env -c alice.crt "
                  "-k alice.key" },
    { .words = "user", .summary = "make a user's key, and see who a certificate is" },
    { .words = "user keygen",
      .arguments = "<name>",
      .least = 1,
      .most = 1,
      .run = run_user_keygen,
      .flags = FLAGS({ .name = "type",
                       .kind = FLAG_CHOICE,
                       .value = "TYPE",
                       .standard = "ec",
                       .choices = "ec rsa",
                       .help = "ec: on P-256; rsa: 3072 bits" },
                     { .name = "days",
                       .kind = FLAG_COUNT,
                       .value = "DAYS",
                       .standard = "365",
                       .help = "how long the certificate is valid" },
                     { .name = "output",
                       .letter = 'o',
                       .kind = FLAG_FILE,
                       .value = "BASE",
                       .help = "write BASE.key and BASE.crt instead of <name>.key and <name>.crt" },
                     { .name = "no-passphrase",
                       .kind = FLAG_SWITCH,
                       .help = "do not encrypt the private key" }),
      .summary = "make the key and the certificate of a user",
      .text =
          "Makes a private key, encrypted (PKCS#8, AES-256) with a passphrase that is asked for "
          "twice, and a self-signed certificate for\n"
          "it. Neither file may be there yet. Prints the user's line for Users of the manifest. "
          "Needs no network.\n\n"
          "A Coordinator knows a user by the bytes of the certificate and does not look at its "
          "dates; other programs may.",
      .examples = "user keygen alice\n"
                  "user keygen ci --no-passphrase -o secrets/ci" },
    { .words = "user whoami",
      ONE_ENDPOINT,
      .run = run_user_whoami,
      .flags = FLAGS(USER_FLAGS),
      .groups = USER_GROUPS,
      .summary = "say which user of the manifest has a certificate, and what he may do",
      .text =
          "Reads the manifest of the Coordinator and looks there for the certificate. Ends with "
          "5 when it is nobody's.",
      .examples = "user whoami coordinator.example.com:4433 -c alice.crt -k alice.key" },
    END_OF_COMMANDS,
};
