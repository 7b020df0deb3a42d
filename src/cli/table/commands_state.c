/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

const struct command COMMANDS_STATE[] = {
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
    { .words = "state backup",
      .arguments = "<dir> <new-dir>",
      .least = 2,
      .most = 2,
      .run = run_state_backup,
      .summary = "copy a seal directory, also of a Coordinator that is running",
      .text =
          "Makes <new-dir> with the files of the state and their SHA256SUMS, and looks at the "
          "copy as `state inspect` does.\n"
          "It has everything that was acknowledged before. Elsewhere it takes the recovery keys "
          "to open it; on the\n"
          "machine that wrote it, nothing: keep it like the seal directory.",
      .examples = "state backup /var/lib/tawd /backup/tawd-2026-11-24" },
    { .words = "state restore",
      .arguments = "<backup> <dir>",
      .least = 2,
      .most = 2,
      .run = run_state_restore,
      .flags = FLAGS(YES),
      .summary = "put a backup into a seal directory",
      .text =
          "Checks the backup, then puts it in the place of what is in the directory, which is "
          "kept in <dir>/replaced-<time>.\n"
          "A state that is there is only replaced with --yes, or when you say so at the "
          "terminal, and never while a\n"
          "Coordinator runs on it. Interrupted, it can be repeated. What was acknowledged after "
          "the backup (secrets,\n"
          "updates, activations) is gone; the Coordinator cannot notice that.",
      .examples = "state restore /backup/tawd-2026-11-24 /var/lib/tawd" },
    END_OF_COMMANDS,
};
