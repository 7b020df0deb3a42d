/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

#define UNIFIED                                                                                    \
    {                                                                                              \
        .name = "unified", .kind = FLAG_SWITCH,                                                    \
        .help = "show the lines that go and come in sorted JSON, with values, instead of changes"  \
    }
#define EXIT_CODE                                                                                  \
    {                                                                                              \
        .name = "exit-code", .kind = FLAG_SWITCH, .help = "end with 9 when they differ"            \
    }

const struct command COMMANDS_MANIFEST[] = {
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
      .flags = FLAGS(
          OUTPUT("write the entries to FILE", NULL),
          { .name = "table",
            .kind = FLAG_SWITCH,
            .help = "show when, who and what in columns instead of JSON" },
          { .name = "since",
            .kind = FLAG_TEXT,
            .value = "TIME",
            .help = "leave out what was before this date (UTC) or time (RFC 3339)" },
          { .name = "until",
            .kind = FLAG_TEXT,
            .value = "TIME",
            .help = "leave out what was behind this date or from this time on" },
          { .name = "user",
            .kind = FLAG_TEXT,
            .value = "NAME",
            .help = "show only what this user did" },
          { .name = "follow",
            .kind = FLAG_SWITCH,
            .help =
                "go on and show what is new until interrupted, as JSON one envelope in each line" },
          INTERVAL,
          { .name = "verify",
            .kind = FLAG_SWITCH,
            .help = "have the Coordinator prove with the pinned root's key that the log is "
                    "complete" }),
      .groups = GROUPS({ GROUP_EXCLUSIVE, "output table" }, { GROUP_EXCLUSIVE, "output follow" }),
      .summary = "show the update log",
      .text = "Shows what has happened to the manifest and the secrets, one JSON object in each "
              "line. Talks to\n"
              "the Coordinator whose certificate is in the cache.",
      .examples = "manifest log coordinator.example.com:4433\n"
                  "manifest log coordinator.example.com:4433 --table --verify --since 2026-11-01\n"
                  "manifest log coordinator.example.com:4433 --follow --user alice" },
    { .words = "manifest set",
      .arguments = "<manifest.json|yaml> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_manifest_set,
      .flags = FLAGS(RECOVERY_DATA, YES, VERIFY_FLAGS),
      .summary = "set the manifest",
      .text = "Verifies the Coordinator, sets the manifest, and stores the Coordinator's "
              "certificate in the\n"
              "certificate cache. The manifest may be JSON, which is sent as it is, or YAML.\n\n"
              "The reply has the recovery secrets: for each recovery key one, encrypted with it; "
              "`recovery secrets`\n"
              "fetches them again. With --recoverydata the file is made, with room on the disk, "
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
                       .help = "end with 8 also when there are only warnings" },
                     { .name = "format",
                       .kind = FLAG_CHOICE,
                       .value = "FORMAT",
                       .standard = "text",
                       .choices = "text json yaml sarif github",
                       .help = "text, json, yaml, sarif (2.1.0) or github (annotations of a "
                               "workflow); TAW_FORMAT sets another default" }),
      .summary = "show all that is wrong with a manifest, and what its author may not have meant",
      .text = "Shows every finding with file:line:column, also in YAML, the name of the rule, and "
              "what to do about it.\n"
              "Errors are what a Coordinator refuses, found by its own rules; they end with status "
              "8. Warnings are what it\n"
              "takes in silence: unknown keys, packages for debugging, weak recovery keys, "
              "certificates that expire,\n"
              "rights that one person holds alone, words that YAML takes for something else. "
              "Nothing is sent.",
      .examples = "manifest lint manifest.yaml --strict\n"
                  "manifest lint manifest.yaml --format sarif > lint.sarif" },
    { .words = "manifest diff",
      .arguments = "<old.json|yaml> <new.json|yaml>",
      .least = 2,
      .most = 2,
      .run = run_manifest_diff,
      .flags = FLAGS(UNIFIED, EXIT_CODE),
      .summary = "show what an update would change, and what follows from it",
      .text = "Compares the manifest in force with that of an update by meaning, not by text, and "
              "says for each change\n"
              "what follows: which certificates and keys are made anew, who gains and loses which "
              "right, whether there\n"
              "are new recovery secrets, and who has to agree. Nothing is sent.",
      .examples = "manifest diff manifest.json update.json\n"
                  "manifest diff manifest.json update.json --unified" },
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
    { .words = "manifest update plan",
      .arguments = "<manifest.json|yaml> <IP:PORT>",
      FILE_AND_ENDPOINT,
      .run = run_update_plan,
      .flags = FLAGS(UNIFIED, EXIT_CODE),
      .summary = "show what an update would do, without sending it",
      .text =
          "Compares an update manifest with the one that the Coordinator has in force, the "
          "security versions of later\n"
          "updates of packages included, as `manifest diff` does; finds in it what `manifest "
          "lint` finds; and says who\n"
          "has to agree and whether an update is pending. One that the Coordinator would refuse "
          "ends with 8.\n\n"
          "Talks to the Coordinator whose certificate is in the cache. Nothing is sent.",
      .examples = "manifest update plan update.json coordinator.example.com:4433" },
    { .words = "manifest update review",
      .arguments = "<IP:PORT> [manifest.json|yaml]",
      .least = 1,
      .most = 2,
      .run = run_update_review,
      .flags = FLAGS(UNIFIED,
                     { .name = "acknowledge",
                       .kind = FLAG_SWITCH,
                       .help = "acknowledge it when the file is what is pending" },
                     YES, USER_FLAGS, RECOVERY_DATA, EXIT_PENDING_FLAG),
      .groups = GROUPS({ GROUP_ALL_OR_NONE, "key cert" }),
      .summary = "show what the pending update does, and acknowledge it",
      .text =
          "Shows the pending update as `plan` shows one, its hash, and who has acknowledged. With "
          "a file it also says\n"
          "whether that is what is pending, byte for byte; another one ends with 9 and is held "
          "against it.\n\n"
          "With the file, --cert and --key it asks on a terminal whether to acknowledge; scripts "
          "say --acknowledge\n"
          "--yes. Nobody can agree to a hash, or to what the Coordinator shows: it takes the "
          "file.",
      .examples = "manifest update review coordinator.example.com:4433\n"
                  "manifest update review coordinator.example.com:4433 update.json -c bob.crt -k "
                  "bob.key" },
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
    END_OF_COMMANDS,
};
