/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

#define KEY_FLAGS                                                                                  \
    { .name = "key",                                                                               \
      .letter = 'k',                                                                               \
      .kind = FLAG_FILE,                                                                           \
      .value = "FILE",                                                                             \
      .help = "private RSA key of the secret's holder, PEM, or a pkcs11: URI; an encrypted one "   \
              "asks for its passphrase, a token for its PIN" },                                    \
        TOKEN_KEY_FLAGS
#define KEY_GROUPS                                                                                 \
    GROUPS({ GROUP_AT_LEAST_ONE, "pkcs11-key-id pkcs11-key-label key" },                           \
           { GROUP_EXCLUSIVE, "pkcs11-config key" })
#define SECRET_FLAGS                                                                               \
    { .name = "secret",                                                                            \
      .kind = FLAG_FILE,                                                                           \
      .value = "FILE",                                                                             \
      .required = true,                                                                            \
      .help =                                                                                      \
          "his recovery secret: plain, encrypted, in base64, or the reply of `manifest set`" },    \
    {                                                                                              \
        .name = "name", .kind = FLAG_TEXT, .value = "NAME", .alias = "party",                      \
        .help = "whose secret it is; without it: whoever has the key"                              \
    }
#define PARTY_FLAG                                                                                 \
    {                                                                                              \
        .name = "party", .kind = FLAG_TEXT, .value = "NAME",                                       \
        .help = "whose secret is meant, when the key opens several in the file"                    \
    }
#define SESSION_FLAG                                                                               \
    {                                                                                              \
        .name = "session", .kind = FLAG_TEXT, .value = "ID",                                       \
        .help = "send nothing unless the recovery is this session, as `recovery status` shows it"  \
    }
#define BINARY_OUTPUT                                                                              \
    {                                                                                              \
        .name = "output", .letter = 'o', .kind = FLAG_FILE, .value = "FILE", .required = true,     \
        .help = "where to write it; must not be there yet"                                         \
    }

const struct command COMMANDS_RECOVERY[] = {
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
      .flags = FLAGS(KEY_FLAGS, SECRET_FLAGS,
                     { .name = "offline",
                       .kind = FLAG_SWITCH,
                       .help = "only try key and secret on this machine" },
                     { .name = "record",
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .help = "append a line of JSON about this drill to FILE, for auditors" }),
      .groups = KEY_GROUPS,
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
          SPLIT_FLAG,
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
    { .words = "recovery secrets",
      ONE_ENDPOINT,
      .run = run_recovery_secrets,
      .flags = FLAGS(
          { .name = "recoverydata",
            .letter = 'o',
            .kind = FLAG_FILE,
            .value = "FILE",
            .alias = "output",
            .help = "write the recovery secrets to FILE instead of showing them" },
          SPLIT_FLAG,
          { .name = "force", .kind = FLAG_SWITCH, .help = "let FILE replace one that is there" },
          { .name = "new",
            .kind = FLAG_SWITCH,
            .help = "those that were re-issued and wait for their proofs" },
          USER_FLAGS),
      .groups =
          GROUPS({ GROUP_ALL_OR_NONE, "key cert" }, { GROUP_EXCLUSIVE, "pkcs11-config cert" }),
      .summary = "fetch the encrypted recovery secrets once more",
      .text =
          "For whoever lost the reply of `manifest set`, of an update, or of `recovery rotate`. "
          "Each secret is encrypted with\n"
          "its holder's recovery key. Takes the certificate of any user of the manifest, and "
          "none when it names no users.\n"
          "The Coordinator has to run: in recovery mode it cannot give them.",
      .examples = "recovery secrets coordinator.example.com:4433 -c una.crt -k una.key -o "
                  "recovery.json" },
    { .words = "recovery prove",
      .run = run_recovery_prove,
      .flags = FLAGS(KEY_FLAGS, SECRET_FLAGS),
      .groups = KEY_GROUPS,
      .summary = "prove a recovery secret in a drill: challenge from standard input, answer to "
                 "standard output",
      .text = "Answers the challenge of POST /api/v2/recovery/drill. Needs no network; the secret "
              "is not in the answer.",
      .examples =
          "recovery prove --key anna.key --secret reply.json < challenge.json > answer.json" },
    { .words = "recover",
      .arguments = "<recovery_key_file> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_recover,
      .flags = FLAGS(KEY_FLAGS, PARTY_FLAG, SESSION_FLAG, EXIT_PENDING_FLAG, VERIFY_FLAGS),
      .groups = KEY_GROUPS,
      .summary = "give a Coordinator in recovery mode one party's recovery secret",
      .text =
          "Decrypts the recovery secret with the private key of its holder, signs it and sends it. "
          "The file may be the\n"
          "reply of `manifest set`, of which the secret that the key opens is taken, one party's "
          "secret in base64\n"
          "or as it is, or a secret that was decrypted before (16, 32 or 33 bytes). Nothing is "
          "sent unless\n"
          "the key opens the secret. The secrets of all parties must reach the same Coordinator.\n"
          "A file that is named like one of the commands below goes with ./ in front.",
      .examples = "recover recovery.json coordinator.example.com:4433 --key recovery.key\n"
                  "recover recovery.json coordinator.example.com:4433 --key "
                  "'pkcs11:token=work;id=%01'" },
    { .words = "recover request",
      ONE_ENDPOINT,
      .run = run_recover_request,
      .flags = FLAGS({ .name = "output",
                       .letter = 'o',
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "where to write the request; must not be there yet" },
                     VERIFY_FLAGS),
      .summary = "first of three steps without a network at the key: ask the Coordinator",
      .text = "Verifies the Coordinator and writes into one file what a holder needs on a machine "
              "without a network: quote,\n"
              "certificates, the collateral that was used, and the signed key to which the secret "
              "is to be encrypted. Shows the\n"
              "fingerprint of that key. With --insecure, and from a Coordinator that signs no key, "
              "it is all that protects the holders\n"
              "from a file that was exchanged: give it to them by another way than the file takes, "
              "for example by telephone.\n\n"
              "The file has no secret in it and is good for all holders, until the Coordinator is "
              "started again.",
      .examples = "recover request coordinator.example.com:4433 -o request.json" },
    { .words = "recover answer",
      .arguments = "<request> <recovery_key_file>",
      .least = 2,
      .most = 2,
      .run = run_recover_answer,
      .flags = FLAGS(KEY_FLAGS, PARTY_FLAG,
                     { .name = "output",
                       .letter = 'o',
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "where to write the answer; must not be there yet" },
                     { .name = "fingerprint",
                       .kind = FLAG_TEXT,
                       .value = "HEX",
                       .help = "what `recover request` showed, at least 20 digits; where it is "
                               "needed and not given, the terminal asks for it" },
                     AT_FLAG, VERIFY_FLAGS),
      .groups = KEY_GROUPS,
      .summary = "second step, without a network: encrypt a recovery secret for the Coordinator",
      .text = "Verifies the quote in the request as `recover` does, with the collateral that came "
              "along or that of --collateral, and\n"
              "against the policy of --era-config, which has to be named here. Shows\n"
              "what the Coordinator runs, and checks that its root has signed the key in the "
              "request. Without quote or signature it\n"
              "asks for the fingerprint. Only then the secret is decrypted with the private key of "
              "its holder, signed, and encrypted\n"
              "to the Coordinator. For the recovery key file see `recover`.",
      .examples =
          "recover answer request.json recovery.json --key anna.key --era-config policy.json "
          "-o answer.json" },
    { .words = "recover submit",
      .arguments = "<answer> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_recover_submit,
      .flags = FLAGS(EXIT_PENDING_FLAG, VERIFY_FLAGS),
      .summary = "last step: give the Coordinator the answer",
      .text = "Verifies the Coordinator once more, and that it is the same process which the "
              "request came from, and sends the\n"
              "answer. After a restart of the Coordinator it cannot be read any more: then "
              "nothing is sent, and a new request\n"
              "has to be made.",
      .examples = "recover submit answer.json coordinator.example.com:4433" },
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
                     SESSION_FLAG, EXIT_PENDING_FLAG, VERIFY_FLAGS),
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
                     BINARY_OUTPUT, KEY_FLAGS, PARTY_FLAG),
      .groups = GROUPS({ GROUP_EXCLUSIVE, "pkcs11-config key" }),
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
      .flags = FLAGS(BINARY_OUTPUT, KEY_FLAGS, PARTY_FLAG),
      .groups = KEY_GROUPS,
      .summary = "sign a recovery secret",
      .text = "Needs no network.",
      .examples =
          "recover-with-signature sign-secret recovery.json -k recovery.key -o secret.sig" },
    END_OF_COMMANDS,
};
