/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands_parts.h"

#define CERTIFICATE_TEXT                                                                           \
    "Verifies the Coordinator, compares its root certificate with that of the certificate cache "  \
    "(not with --insecure),\n"                                                                     \
    "and writes PEM. The intermediate is one that the root has signed."

const struct command COMMANDS_USER[] = {
    { .words = "certificate", .summary = "fetch the certificates of a Coordinator" },
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
    { .words = "secret", .summary = "read and write secrets as a user" },
    { .words = "secret set",
      .arguments = "<file> <IP:PORT>",
      FILE_AND_ENDPOINT,
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
              "and Private, in base64.",
      .examples = "secret set secrets.json coordinator.example.com:4433 -c alice.crt -k alice.key\n"
                  "secret set server.pem coordinator.example.com:4433 --from-pem web -c alice.crt "
                  "-k alice.key" },
    { .words = "secret get",
      .arguments = "<name> ... <IP:PORT>",
      .least = 2,
      .most = ARGUMENTS_ANY,
      .run = run_secret_get,
      .flags = FLAGS(USER_FLAGS, OUTPUT("write the secrets to FILE, as JSON", NULL)),
      .groups = USER_GROUPS,
      .summary = "read secrets",
      .text =
          "Shows secrets by name; values are base64. The Coordinator gives all of them or none.",
      .examples = "secret get tokenKey coordinator.example.com:4433 -c alice.crt -k alice.key -o "
                  "secrets.json" },
    END_OF_COMMANDS,
};
