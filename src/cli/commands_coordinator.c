/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands_parts.h"

const struct command COMMANDS_COORDINATOR[] = {
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
    END_OF_COMMANDS,
};
