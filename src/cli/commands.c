/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

/* The table. The first row is the program itself. */

#define END_OF_FLAGS                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define FLAGS(...) ((const struct flag[]){ __VA_ARGS__, END_OF_FLAGS })
#define GROUPS(...) ((const struct flag_group[]){ __VA_ARGS__, { 0 } })
#define OUTPUT(what, file)                                                                         \
    {                                                                                              \
        .name = "output", .letter = 'o', .kind = FLAG_FILE, .value = "FILE", .standard = (file),   \
        .help = (what)                                                                             \
    }
#define RECOVERY_DATA                                                                              \
    { .name = "recoverydata",                                                                      \
      .letter = 'r',                                                                               \
      .kind = FLAG_FILE,                                                                           \
      .value = "FILE",                                                                             \
      .alias = "recovery-data",                                                                    \
      .help = "write the recovery secrets to FILE instead of showing them" },                      \
    {                                                                                              \
        .name = "force", .kind = FLAG_SWITCH, .help = "let FILE replace one that is there"         \
    }
#define YES                                                                                        \
    {                                                                                              \
        .name = "yes", .kind = FLAG_SWITCH, .help = "do not ask"                                   \
    }
#define USER_FLAGS                                                                                 \
    { .name = "cert",                                                                              \
      .letter = 'c',                                                                               \
      .kind = FLAG_FILE,                                                                           \
      .value = "FILE",                                                                             \
      .help = "the user's certificate, PEM" },                                                     \
    {                                                                                              \
        .name = "key", .letter = 'k', .kind = FLAG_FILE, .value = "FILE",                          \
        .help = "its private key, PEM; an encrypted one asks for its passphrase"                   \
    }
#define USER_GROUPS GROUPS({ GROUP_ALL_OR_NONE, "key cert" }, { GROUP_AT_LEAST_ONE, "cert" })
#define KEY_FLAG                                                                                   \
    {                                                                                              \
        .name = "key", .letter = 'k', .kind = FLAG_FILE, .value = "FILE",                          \
        .help = "private RSA key of the secret's holder, PEM; an encrypted one asks for its "      \
                "passphrase"                                                                       \
    }
#define KEY_GROUPS GROUPS({ GROUP_AT_LEAST_ONE, "key" })
#define EXIT_PENDING_FLAG                                                                          \
    {                                                                                              \
        .name = "exit-pending", .kind = FLAG_SWITCH,                                               \
        .help = "end with 10 when it was accepted but more parties are needed"                     \
    }
#define BINARY_OUTPUT                                                                              \
    {                                                                                              \
        .name = "output", .letter = 'o', .kind = FLAG_FILE, .value = "FILE", .required = true,     \
        .help = "where to write it; must not be there yet"                                         \
    }
#define CERTIFICATE_TEXT                                                                           \
    "Verifies the Coordinator, compares its root certificate with that of the certificate cache "  \
    "(not with --insecure),\n"                                                                     \
    "and writes PEM. The intermediate is one that the root has signed."
#define ONE_ENDPOINT .arguments = "<IP:PORT>", .least = 1, .most = 1
#define ONE_EVIDENCE .arguments = "<evidence>", .least = 1, .most = 1
#define EVIDENCE_TEXT                                                                              \
    "The file has a quote of SGX or TDX, bare or in the header of Open Enclave, or a report of "   \
    "SEV-SNP: as it is,\n"                                                                         \
    "in hex or base64, or in the answer of a Coordinator's GET quote."
#define AT_FLAG                                                                                    \
    {                                                                                              \
        .name = "at", .kind = FLAG_TEXT, .value = "UNIX-SECONDS",                                  \
        .help = "judge for this moment instead of now"                                             \
    }
#define ANCHOR_FLAGS                                                                               \
    { .name = "intel-root-key",                                                                    \
      .kind = FLAG_LIST,                                                                           \
      .value = "HEX",                                                                              \
      .help = "trust these roots instead of Intel's: uncompressed points on P-256" },              \
    {                                                                                              \
        .name = "ark-spki-sha256", .kind = FLAG_LIST, .value = "HEX",                              \
        .help = "trust these roots instead of AMD's: SHA-256 of public keys"                       \
    }
/* Of commands that verify the Coordinator. */
#define VERIFY_FLAGS                                                                               \
    { .name = "collateral",                                                                        \
      .kind = FLAG_FILE,                                                                           \
      .value = "BUNDLE",                                                                           \
      .help = "what Intel or AMD say about the Coordinator's platform, as `collateral fetch` "     \
              "writes it" },                                                                       \
        ANCHOR_FLAGS
#define FILE_AND_ENDPOINT .least = 2, .most = 2

const struct flag GLOBAL_FLAGS[] = {
    { .name = "coordinator-cert",
      .kind = FLAG_FILE,
      .value = "FILE",
      .help = "certificate cache instead of marblerun/coordinator-cert.pem in the configuration "
              "directory" },
    { .name = "insecure",
      .letter = 'i',
      .kind = FLAG_SWITCH,
      .help = "do without quotes, as in simulation, and without the certificate cache" },
    { .name = "era-config",
      .kind = FLAG_FILE,
      .value = "FILE",
      .help = "policy for the Coordinator's quote, JSON with the members of a package; without it "
              "era-config.json or coordinator-era.json in the working directory" },
    { .name = "accepted-tcb-statuses",
      .kind = FLAG_LIST,
      .value = "LIST",
      .standard = "UpToDate,SWHardeningNeeded",
      .help =
          "TCB statuses of the Coordinator's platform that are accepted; typed, it replaces the "
          "list of the policy" },
    { .name = "accepted-advisories",
      .kind = FLAG_LIST,
      .value = "LIST",
      .help = "advisories that are accepted, all without a list; typed, it replaces that of the "
              "policy" },
    { .name = "nonce",
      .kind = FLAG_TEXT,
      .value = "TEXT",
      .help = "have the Coordinator make its quote over these bytes instead of random ones" },
    { .name = "save-sgx-quote",
      .kind = FLAG_FILE,
      .value = "FILE",
      .help = "keep the Coordinator's quote, where a command asks for it" },
    { .name = "namespace",
      .letter = 'n',
      .kind = FLAG_TEXT,
      .value = "NAME",
      .standard = "marblerun",
      .help = "taken for scripts of the original, without effect" },
    { .name = "format",
      .kind = FLAG_CHOICE,
      .value = "FORMAT",
      .standard = "text",
      .choices = "text json yaml",
      .help = "text, json or yaml; TAW_FORMAT sets another default" },
    { .name = "color",
      .kind = FLAG_CHOICE,
      .value = "WHEN",
      .standard = "auto",
      .choices = "auto always never",
      .help = "auto, always or never" },
    { .name = "connect-timeout",
      .kind = FLAG_COUNT,
      .value = "SECONDS",
      .standard = "10",
      .help = "how long connecting may take; 0: as long as --timeout" },
    { .name = "timeout",
      .kind = FLAG_COUNT,
      .value = "SECONDS",
      .standard = "60",
      .help = "how long each request may take; 0: for ever" },
    { .name = "retry",
      .kind = FLAG_COUNT,
      .value = "TIMES",
      .standard = "0",
      .help = "try again what cannot have reached the Coordinator, and what only reads" },
    END_OF_FLAGS,
};

const struct command COMMANDS[] = {
    { .words = "",
      .summary = "the command line of taw",
      .text = "Talks to a Coordinator: sets, shows and verifies its manifest, reads and writes "
              "secrets,\n"
              "and brings its state back when it cannot be unsealed.",
      .examples = "manifest verify manifest.json coordinator.example.com:4433\n"
                  "status coordinator.example.com:4433" },
    { .words = "precheck",
      .run = run_precheck,
      .summary = "show which TEEs this machine offers",
      .text = "Looks for the devices of SGX, TDX and SEV-SNP on this machine. It knows nothing of "
              "Kubernetes." },
    { .words = "check",
      .arguments = "[IP:PORT]",
      .most = 1,
      .run = run_check,
      .summary = "wait until a Coordinator answers",
      .text = "Asks once a second until the Coordinator answers or --timeout is over, whoever it "
              "is. It knows nothing\n"
              "of Kubernetes, so that the Coordinator has to be named.",
      .examples = "check localhost:4433 --timeout 30" },
    { .words = "manifest", .summary = "set, show, verify and check manifests" },
    { .words = "manifest get",
      ONE_ENDPOINT,
      .run = run_manifest_get,
      .flags = FLAGS({ .name = "signature",
                       .letter = 's',
                       .kind = FLAG_SWITCH,
                       .help = "wrap the manifest and its hash in one JSON object" },
                     { .name = "display-update",
                       .letter = 'u',
                       .kind = FLAG_SWITCH,
                       .help = "show it with the security versions of later updates of packages" },
                     OUTPUT("write the manifest to FILE", NULL),
                     { .name = "keep-cert",
                       .kind = FLAG_SWITCH,
                       .help = "store the Coordinator's certificate in the certificate cache" },
                     VERIFY_FLAGS),
      .summary = "show the manifest of a Coordinator",
      .text = "Verifies the Coordinator and shows the manifest byte by byte as it was set. With "
              "--output the\n"
              "file has exactly these bytes; on standard output a newline follows.",
      .examples = "manifest get coordinator.example.com:4433 -o manifest.json" },
    { .words = "manifest log",
      ONE_ENDPOINT,
      .run = run_manifest_log,
      .flags = FLAGS(OUTPUT("write the entries to FILE", NULL)),
      .summary = "show the update log",
      .text = "Shows what has happened to the manifest and the secrets, one JSON object in each "
              "line. Talks to\n"
              "the Coordinator whose certificate is in the cache.",
      .examples = "manifest log coordinator.example.com:4433" },
    { .words = "manifest set",
      .arguments = "<manifest.json|yaml> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_manifest_set,
      .flags = FLAGS(RECOVERY_DATA, YES, VERIFY_FLAGS),
      .summary = "set the manifest",
      .text = "Verifies the Coordinator, sets the manifest, and stores the Coordinator's "
              "certificate in the\n"
              "certificate cache. The manifest may be JSON, which is sent as it is, or YAML.\n\n"
              "The reply has the recovery secrets: for each recovery key one, encrypted with it. "
              "They are never\n"
              "given out again. With --recoverydata the file is made, with room on the disk, "
              "before the manifest\n"
              "is sent; should writing fail even then, they are shown instead.\n\n"
              "A Coordinator in recovery mode dismisses its old state when a manifest is set: on a "
              "terminal that\n"
              "has to be confirmed.",
      .examples = "manifest set manifest.yaml coordinator.example.com:4433 -r recovery.json" },
    { .words = "manifest signature",
      .arguments = "<manifest.json|yaml>",
      .least = 1,
      .most = 1,
      .run = run_manifest_signature,
      .summary = "print the hash that names a manifest",
      .text = "Prints the SHA-256 of the manifest as a Coordinator gets it: of the file when it is "
              "JSON, of the\n"
              "JSON that it becomes when it is YAML. Nothing is sent.",
      .examples = "manifest signature manifest.yaml" },
    { .words = "manifest verify",
      .arguments = "<manifest.json|yaml|hash> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_manifest_verify,
      .flags = FLAGS(VERIFY_FLAGS),
      .summary = "compare a Coordinator's manifest with a file or a hash",
      .text = "Verifies the Coordinator, compares the hash of its manifest with that of the file, "
              "or with the hash\n"
              "itself (64 hexadecimal digits), prints OK, and stores the Coordinator's certificate "
              "in the\n"
              "certificate cache. Another hash ends with status 9.\n\n"
              "An update of packages does not change the hash; it is in the update log.",
      .examples = "manifest verify manifest.json coordinator.example.com:4433" },
    { .words = "manifest check",
      .arguments = "<manifest.json|yaml>",
      .least = 1,
      .most = 1,
      .run = run_manifest_check,
      .summary = "check a manifest before any secret is generated, print its fingerprint",
      .text = "Checks the manifest as a Coordinator does before it generates anything. Nothing is "
              "sent.",
      .examples = "manifest check manifest.json" },
    { .words = "manifest lint",
      .arguments = "<manifest.json|yaml>",
      .least = 1,
      .most = 1,
      .run = run_manifest_lint,
      .flags = FLAGS({ .name = "strict",
                       .kind = FLAG_SWITCH,
                       .help = "end with 8 also when there are only warnings" }),
      .summary = "show all that is wrong with a manifest, and what its author may not have meant",
      .text = "Shows every finding with file:line:column, also in YAML, the name of the rule, and "
              "what to do about it.\n"
              "Errors are what a Coordinator refuses, found by its own rules; they end with status "
              "8. Warnings are what it\n"
              "takes in silence: unknown keys, packages for debugging, weak recovery keys, "
              "certificates that expire,\n"
              "rights that one person holds alone, words that YAML takes for something else. "
              "Nothing is sent.",
      .examples = "manifest lint manifest.yaml --strict" },
    { .words = "manifest diff",
      .arguments = "<old.json|yaml> <new.json|yaml>",
      .least = 2,
      .most = 2,
      .run = run_manifest_diff,
      .flags = FLAGS(
          { .name = "exit-code", .kind = FLAG_SWITCH, .help = "end with 9 when they differ" }),
      .summary = "show what an update would change, and what follows from it",
      .text = "Compares the manifest in force with that of an update by meaning, not by text, and "
              "says for each change\n"
              "what follows: which certificates and keys are made anew, who gains and loses which "
              "right, whether there\n"
              "are new recovery secrets, and who has to agree. Nothing is sent.",
      .examples = "manifest diff manifest.json update.json" },
    { .words = "manifest check-log",
      .arguments = "<log>",
      .least = 1,
      .most = 1,
      .run = run_manifest_check_log,
      .flags = FLAGS({ .name = "root",
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "PEM with the Coordinator's root certificate as its last one" },
                     { .name = "earlier",
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .help = "a log that was kept before, which this one has to continue" }),
      .summary = "prove that an update log is complete and continues an earlier one",
      .text = "Checks the answer of GET /api/v2/update/chain: the Coordinator's signed statement "
              "about its update\n"
              "log. Nothing is sent.",
      .examples = "manifest check-log today.json --root root.pem --earlier last-month.json" },
    { .words = "manifest update", .summary = "update the manifest" },
    { .words = "manifest update apply",
      .arguments = "<manifest.json|yaml> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_update_apply,
      .flags = FLAGS(USER_FLAGS, RECOVERY_DATA, EXIT_PENDING_FLAG),
      .groups = USER_GROUPS,
      .summary = "apply an update, or submit it to the other users",
      .text = "Sends an update manifest as a user. One with packages only takes effect at once; a "
              "complete manifest may\n"
              "have to be acknowledged by other users first. An update that changes the recovery "
              "keys gives new\n"
              "recovery secrets to whoever completes it: see --recoverydata of `manifest set`.",
      .examples = "manifest update apply update.json coordinator.example.com:4433 --cert alice.crt "
                  "--key alice.key" },
    { .words = "manifest update acknowledge",
      .arguments = "<manifest.json|yaml> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_update_acknowledge,
      .flags = FLAGS(USER_FLAGS, RECOVERY_DATA, EXIT_PENDING_FLAG),
      .groups = USER_GROUPS,
      .summary = "acknowledge the pending update",
      .text = "Sends the manifest once more, as a user who agrees. It has to be the pending one "
              "byte for byte, or YAML\n"
              "that becomes these bytes.",
      .examples = "manifest update acknowledge update.json coordinator.example.com:4433 -c bob.crt "
                  "-k bob.key" },
    { .words = "manifest update cancel",
      ONE_ENDPOINT,
      .run = run_update_cancel,
      .flags = FLAGS(USER_FLAGS, YES),
      .groups = USER_GROUPS,
      .summary = "cancel the pending update",
      .examples = "manifest update cancel coordinator.example.com:4433 -c alice.crt -k alice.key" },
    { .words = "manifest update get",
      ONE_ENDPOINT,
      .run = run_update_get,
      .flags = FLAGS(OUTPUT("write the pending manifest to FILE", NULL),
                     { .name = "missing",
                       .kind = FLAG_SWITCH,
                       .help = "show who has not acknowledged yet, instead of the manifest" }),
      .summary = "show the pending update",
      .text = "Prints the pending manifest byte by byte, without a final newline.",
      .examples = "manifest update get coordinator.example.com:4433 | taw manifest signature -" },
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
    { .words = "status",
      ONE_ENDPOINT,
      .run = run_status,
      .summary = "show the state of a Coordinator",
      .flags = FLAGS(
          { .name = "exit-code",
            .kind = FLAG_SWITCH,
            .help = "end with 0 when it runs, 20 when it awaits a manifest, 21 in recovery mode" }),
      .text = "Prints the number and the meaning of the state: 1 recovery mode, 2 ready to accept "
              "a manifest, 3\n"
              "running. Talks to the Coordinator whose certificate is in the cache. In recovery "
              "mode a Coordinator\n"
              "has a temporary certificate, so that it is not recognised.",
      .examples = "status coordinator.example.com:4433" },
    { .words = "recovery", .summary = "prepare for recoveries, and see how far one is" },
    { .words = "recovery status",
      ONE_ENDPOINT,
      .run = run_recovery_status,
      .flags = FLAGS(
          { .name = "exit-code",
            .kind = FLAG_SWITCH,
            .help = "end with 0 when it runs, 20 when it awaits a manifest, 21 in recovery mode" },
          VERIFY_FLAGS),
      .summary = "show how far a recovery is, or how well one would go",
      .text = "In recovery mode: how many secrets are needed, who gave his and who is missing. "
              "`session` is another one after\n"
              "a restart of the Coordinator, which forgets what was given.\n\n"
              "When it runs: the holders, when each of them last proved his secret, whether too "
              "few have (alarm), and\n"
              "whether new secrets are being issued. Verifies the Coordinator as `recover` does, "
              "because the temporary\n"
              "certificate of recovery mode is not that of the cache.",
      .examples = "recovery status coordinator.example.com:4433" },
    { .words = "recovery keygen",
      .arguments = "<name>",
      .least = 1,
      .most = 1,
      .run = run_recovery_keygen,
      .flags = FLAGS({ .name = "output",
                       .letter = 'o',
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .help = "where to write the private key instead of <name>.key; must not be "
                               "there yet" },
                     { .name = "no-passphrase",
                       .kind = FLAG_SWITCH,
                       .help = "do not encrypt the private key" }),
      .summary = "make the recovery key of a holder",
      .text = "Makes an RSA key of 4096 bits. The private key is encrypted (PKCS#8, "
              "AES-256) with a passphrase that is asked\n"
              "for twice. Prints the holder's line for RecoveryKeys of the manifest. Needs no "
              "network.",
      .examples = "recovery keygen anna -o anna.key" },
    { .words = "recovery drill",
      .arguments = "[IP:PORT]",
      .most = 1,
      .run = run_recovery_drill,
      .flags = FLAGS({ .name = "key",
                       .letter = 'k',
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "private recovery key of the holder, PEM; an encrypted one asks for "
                               "its passphrase" },
                     { .name = "secret",
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "his recovery secret: plain, encrypted, in base64, or the reply of "
                               "`manifest set`" },
                     { .name = "name",
                       .kind = FLAG_TEXT,
                       .value = "NAME",
                       .help = "whose secret it is; without it: whoever has the key" },
                     { .name = "offline",
                       .kind = FLAG_SWITCH,
                       .help = "only try key and secret on this machine" }),
      .summary = "prove a recovery secret to a running Coordinator",
      .text = "Asks for a challenge and answers it; the secret is not in the answer. The "
              "Coordinator notes when the\n"
              "holder proved his secret. While re-issued secrets wait for their proofs it asks for "
              "the new one.\n\n"
              "With --offline nothing is sent: the key has to open the secret and to sign. Shown "
              "is the beginning of the\n"
              "SHA-256 of the secret, to compare.",
      .examples = "recovery drill coordinator.example.com:4433 --key anna.key --secret reply.json\n"
                  "recovery drill --offline --key anna.key --secret reply.json" },
    { .words = "recovery rotate",
      ONE_ENDPOINT,
      .run = run_recovery_rotate,
      .flags = FLAGS(
          USER_FLAGS,
          { .name = "recoverydata",
            .letter = 'o',
            .kind = FLAG_FILE,
            .value = "FILE",
            .alias = "output",
            .help = "write the new recovery secrets to FILE instead of showing them" },
          { .name = "force", .kind = FLAG_SWITCH, .help = "let FILE replace one that is there" },
          { .name = "cancel",
            .kind = FLAG_SWITCH,
            .help = "take a re-issue back: the new secrets never come into force" },
          YES, EXIT_PENDING_FLAG),
      .groups = USER_GROUPS,
      .summary = "issue new recovery secrets for the same recovery keys",
      .text = "Asks for new recovery secrets as a user with the right UpdateManifest. As many of "
              "them have to ask as an update of\n"
              "the manifest needs; the last one gets the secrets, encrypted to their holders, and "
              "whoever asks again gets\n"
              "them once more. The old ones stay in force until as many holders as a recovery "
              "needs have proven the\n"
              "new ones with `recovery drill`.",
      .examples = "recovery rotate coordinator.example.com:4433 -c una.crt -k una.key -o new.json\n"
                  "recovery rotate coordinator.example.com:4433 -c una.crt -k una.key --cancel" },
    { .words = "recovery prove",
      .run = run_recovery_prove,
      .flags = FLAGS({ .name = "key",
                       .letter = 'k',
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "private recovery key of the holder, PEM" },
                     { .name = "secret",
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "his recovery secret: plain, encrypted, in base64, or the reply of "
                               "`manifest set`" },
                     { .name = "name",
                       .kind = FLAG_TEXT,
                       .value = "NAME",
                       .help = "whose secret it is; without it: whoever has the key" }),
      .summary = "prove a recovery secret in a drill: challenge from standard input, answer to "
                 "standard output",
      .text = "Answers the challenge of POST /api/v2/recovery/drill. Needs no network; the secret "
              "is not in the answer.",
      .examples =
          "recovery prove --key anna.key --secret reply.json < challenge.json > answer.json" },
    { .words = "state", .summary = "look after seal directories" },
    { .words = "state inspect",
      .arguments = "<dir>",
      .least = 1,
      .most = 1,
      .run = run_state_inspect,
      .summary = "show what is in a seal directory, as far as it is known without keys",
      .text = "Shows whose format it is, generation, deployment, who can recover it, sizes, and "
              "what a Coordinator would make\n"
              "of it. Only reads and takes no lock, so that a Coordinator may be running on the "
              "directory. Ends with 1\n"
              "when the state is damaged. Nothing that is shown is authenticated: that takes the "
              "keys.",
      .examples = "state inspect /var/lib/tawd" },
    { .words = "recover",
      .arguments = "<recovery_key_file> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_recover,
      .flags = FLAGS(KEY_FLAG, EXIT_PENDING_FLAG, VERIFY_FLAGS),
      .groups = KEY_GROUPS,
      .summary = "give a Coordinator in recovery mode one party's recovery secret",
      .text =
          "Decrypts the recovery secret with the private key of its holder, signs it and sends it. "
          "The file may be the\n"
          "reply of `manifest set`, of which the secret that the key opens is taken, one party's "
          "secret in base64\n"
          "or as it is, or a secret that was decrypted before (16, 32 or 33 bytes). Nothing is "
          "sent unless\n"
          "the key opens the secret. The secrets of all parties must reach the same Coordinator.",
      .examples = "recover recovery.json coordinator.example.com:4433 --key recovery.key" },
    { .words = "recover-with-signature",
      .arguments = "<recovery_key_file> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_recover_with_signature,
      .flags = FLAGS({ .name = "signature",
                       .letter = 's',
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "signature over the plain secret, as sign-secret makes it" },
                     EXIT_PENDING_FLAG, VERIFY_FLAGS),
      .summary = "the same with a signature that was made elsewhere",
      .text = "Sends both files as they are. The secret is plain (16, 32 or 33 bytes) or encrypted "
              "with `encrypt-secret`.\n"
              "A file that is named like one of the commands below goes with ./ in front.",
      .examples = "recover-with-signature secret.enc coordinator.example.com:4433 -s secret.sig" },
    { .words = "recover-with-signature public-key",
      ONE_ENDPOINT,
      .run = run_recovery_public_key,
      .flags =
          FLAGS(OUTPUT("write the key to FILE, which must not be there yet", NULL), VERIFY_FLAGS),
      .summary = "fetch the key to which a recovery secret can be encrypted",
      .text = "The key lives as long as that process of the Coordinator and is only there in "
              "recovery mode.",
      .examples =
          "recover-with-signature public-key coordinator.example.com:4433 -o coordinator.pem" },
    { .words = "recover-with-signature encrypt-secret",
      .arguments = "<recovery_key_file>",
      .least = 1,
      .most = 1,
      .run = run_encrypt_secret,
      .flags = FLAGS({ .name = "coordinator-pub-key",
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "the Coordinator's key, as public-key fetches it" },
                     BINARY_OUTPUT, KEY_FLAG),
      .summary = "encrypt a recovery secret for a Coordinator",
      .text = "Needs no network. With --key the secret is decrypted with it first.",
      .examples = "recover-with-signature encrypt-secret recovery.json --coordinator-pub-key "
                  "coordinator.pem -k "
                  "recovery.key -o secret.enc" },
    { .words = "recover-with-signature sign-secret",
      .arguments = "<recovery_key_file>",
      .least = 1,
      .most = 1,
      .run = run_sign_secret,
      .flags = FLAGS(BINARY_OUTPUT, KEY_FLAG),
      .groups = KEY_GROUPS,
      .summary = "sign a recovery secret",
      .text = "Needs no network.",
      .examples =
          "recover-with-signature sign-secret recovery.json -k recovery.key -o secret.sig" },
    { .words = "attest", .summary = "look at evidence of SGX, TDX and SEV-SNP, and verify it" },
    { .words = "attest inspect",
      ONE_EVIDENCE,
      .run = run_attest_inspect,
      .summary = "show what a quote or report says, without verifying it",
      .text = EVIDENCE_TEXT "\n\nNeeds no network.",
      .examples = "attest inspect quote.bin" },
    { .words = "attest verify",
      ONE_EVIDENCE,
      .run = run_attest_verify,
      .flags = FLAGS({ .name = "collateral",
                       .kind = FLAG_FILE,
                       .value = "BUNDLE",
                       .help = "what Intel or AMD say about the platform; without it nothing is "
                               "valid" },
                     AT_FLAG, ANCHOR_FLAGS),
      .summary = "verify a quote or report with collateral from a file",
      .text = EVIDENCE_TEXT
      "\n\nShows each check, where it failed, and what was expected there. Ends with 0 when the "
      "evidence is valid,\n"
      "with 3 when it is not or when evidence or collateral do not parse. Valid says that a "
      "genuine platform made it:\n"
      "TCB status, debug flag and measurements are shown for you to compare. Needs no network.",
      .examples = "attest verify quote.bin --collateral bundle.json\n"
                  "attest verify quote.bin --collateral bundle.json --at 1751624924 --format "
                  "json" },
    { .words = "collateral", .summary = "what Intel and AMD publish about their platforms" },
    { .words = "collateral fetch",
      ONE_EVIDENCE,
      .run = run_collateral_fetch,
      .flags = FLAGS(
          { .name = "output",
            .letter = 'o',
            .kind = FLAG_FILE,
            .value = "BUNDLE",
            .required = true,
            .help = "write the bundle to this file, or replace it in one step" },
          { .name = "pcs",
            .kind = FLAG_TEXT,
            .value = "URL",
            .standard = "https://api.trustedservices.intel.com",
            .help = "ask this service of Intel's kind" },
          { .name = "pccs",
            .kind = FLAG_TEXT,
            .value = "URL",
            .help = "ask this caching service instead" },
          { .name = "root-ca-crl",
            .kind = FLAG_TEXT,
            .value = "URL",
            .standard = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der",
            .help = "where the list of Intel's root is; a PCCS has it itself" },
          { .name = "kds",
            .kind = FLAG_TEXT,
            .value = "URL",
            .standard = "https://kdsintf.amd.com",
            .help = "ask this service of AMD's kind" },
          { .name = "update",
            .kind = FLAG_CHOICE,
            .value = "WHEN",
            .standard = "standard",
            .choices = "standard early",
            .help = "TCB levels as everybody has them by now, or as soon as they are published" },
          { .name = "pck-chain",
            .kind = FLAG_FILE,
            .value = "FILE",
            .help = "PCK certificate chain, PEM, of a quote that does not have it" },
          { .name = "vek",
            .kind = FLAG_FILE,
            .value = "FILE",
            .help = "certificate of the key that signed the report; that of a VLEK comes from the "
                    "provider" },
          { .name = "without-crl",
            .kind = FLAG_SWITCH,
            .help = "for a service that has no list of AMD's revoked keys; `attest verify` then "
                    "says that it was not looked at" },
          { .name = "product",
            .kind = FLAG_CHOICE,
            .value = "NAME",
            .choices = "Milan Genoa Turin",
            .help = "for reports of version 2, which do not say it" },
          { .name = "ca-file",
            .kind = FLAG_FILE,
            .value = "FILE",
            .help = "authorities for HTTPS instead of the system's" },
          AT_FLAG, ANCHOR_FLAGS),
      .groups = GROUPS({ GROUP_EXCLUSIVE, "pcs pccs" }),
      .summary = "fetch the collateral that evidence needs into a file",
      .text = "Asks Intel's PCS or a PCCS, or AMD's KDS, for what is published about the platform "
              "of the "
              "evidence, judges it,\n"
              "and writes a bundle for `attest verify` and for the Coordinator. What does not "
              "verify, has "
              "expired, or belongs to\n"
              "another platform never replaces a file. All of it is signed: the service needs no "
              "trust, "
              "and may be asked\n"
              "by plain HTTP. What fails for a moment is tried three times more, unless --retry "
              "says otherwise.",
      .examples = "collateral fetch quote.bin -o bundle.json\n"
                  "collateral fetch quote.bin -o bundle.json --pccs https://localhost:8081 "
                  "--ca-file pccs.pem" },
    { .words = "version", .run = run_version, .summary = "print the version" },
    { .words = "help",
      .arguments = "[command]",
      .most = 4,
      .run = run_help,
      .summary = "show help for a command" },
    { .words = "completion",
      .arguments = "<bash|zsh|fish>",
      .least = 1,
      .most = 1,
      .run = run_completion,
      .flags = FLAGS({ .name = "no-descriptions",
                       .kind = FLAG_SWITCH,
                       .help = "taken for scripts of the original, without effect" }),
      .summary = "print a completion script for a shell",
      .text = "Prints a script for bash, zsh or fish.",
      .examples = "completion bash > /etc/bash_completion.d/taw" },
    { .words = "manual",
      .arguments = "[page]",
      .most = 1,
      .hidden = true,
      .run = run_manual,
      .summary = "print a page of the manual as scdoc, or the names of all pages" },
};
const size_t COMMAND_COUNT = COUNT_OF(COMMANDS);
