/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

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
    { .name = "no-input",
      .kind = FLAG_SWITCH,
      .help = "never ask: what would ask fails, and says which flag answers it" },
    { .name = "require-confirmation",
      .kind = FLAG_SWITCH,
      .help = "what asks on a terminal fails without one, unless --yes answers it; so it is, too, "
              "with TAW_REQUIRE_CONFIRMATION" },
    END_OF_FLAGS,
};

const struct command COMMANDS_PROGRAM[] = {
    { .words = "",
      .summary = "the command line of taw",
      .text = "Talks to a Coordinator: sets, shows and verifies its manifest, reads and writes "
              "secrets,\n"
              "and brings its state back when it cannot be unsealed.",
      .examples = "manifest verify manifest.json coordinator.example.com:4433\n"
                  "status coordinator.example.com:4433" },
    END_OF_COMMANDS,
};

const struct command COMMANDS_OWN[] = {
    { .words = "version", .run = run_version, .summary = "print the version" },
    { .words = "help",
      .arguments = "[command]",
      .most = 4,
      .run = run_help,
      .summary = "show help for a command" },
    { .words = "explain",
      .arguments = "[path]",
      .most = 1,
      .run = run_explain,
      .completes = COMPLETES_EXPLANATIONS,
      .summary = "say what a member of the manifest means",
      .text =
          "Shows type, default and meaning of a member of the manifest, with an example; without "
          "a path, of the whole.\n\n"
          "Names that the manifest's author gave may be there or not: Packages.app.Debug is "
          "Packages.Debug. Letter case does not count.\n"
          "Needs no network.",
      .examples = "explain Packages.SecurityVersion\n"
                  "explain Secrets" },
    { .words = "completion",
      .arguments = "<bash|zsh|fish>",
      .least = 1,
      .most = 1,
      .run = run_completion,
      .completes = COMPLETES_SHELLS,
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
    END_OF_COMMANDS,
};
