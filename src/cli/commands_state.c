/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands_parts.h"

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
    END_OF_COMMANDS,
};
