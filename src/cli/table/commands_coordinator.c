/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

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
            .help = "end with 0 when it runs, 20 when it awaits a manifest, 21 in recovery mode" },
          { .name = "wide",
            .kind = FLAG_SWITCH,
            .help = "show also whom it is, its manifest, a pending update, and recoveries" },
          { .name = "watch",
            .kind = FLAG_SWITCH,
            .help = "look again and again until Ctrl-C, and show what changes" },
          INTERVAL, ATTEST, VERIFY_FLAGS),
      .groups =
          GROUPS({ GROUP_EXCLUSIVE, "exit-code watch" }, { GROUP_EXCLUSIVE, "attest insecure" }),
      .text =
          "Prints the number and the meaning of the state: 1 recovery mode, 2 ready to accept "
          "a manifest, 3\n"
          "running. Believes the Coordinator whose certificate is in the cache, or with --attest "
          "the one whose quote it\n"
          "verifies. In recovery mode a Coordinator has a temporary certificate: then, too, its "
          "quote is verified, with\n"
          "--collateral and a policy; without a quote only --insecure shows the state.\n\n"
          "--wide asks more: one request for each fact that follows the first line.\n\n"
          "--watch shows the newest state in place on a terminal; elsewhere a line for each "
          "change, with --format json\n"
          "an envelope in each line. A Coordinator that goes away is `unreachable` until it is "
          "back. Ctrl-C ends with 0.",
      .examples = "status coordinator.example.com:4433\n"
                  "status coordinator.example.com:4433 --watch --interval 5\n"
                  "status coordinator.example.com:4433 --wide --format json" },
    { .words = "wait",
      ONE_ENDPOINT,
      .run = run_wait,
      .summary = "wait until a Coordinator is in a state",
      .flags = FLAGS({ .name = "for",
                       .kind = FLAG_CHOICE,
                       .value = "GOAL",
                       .required = true,
                       .choices = "state=running state=recovery state=awaiting-manifest "
                                  "no-pending-update recovered",
                       .help = "state=running, state=recovery, state=awaiting-manifest, "
                               "no-pending-update, or recovered" },
                     { .name = "within",
                       .kind = FLAG_TEXT,
                       .value = "DURATION",
                       .standard = "5m",
                       .help = "how long at most: 90s, 5m, 1h30m" },
                     INTERVAL, ATTEST, VERIFY_FLAGS),
      .groups = GROUPS({ GROUP_EXCLUSIVE, "attest insecure" }),
      .text =
          "Looks at the state, over one connection, until it is as --for says, and prints it as "
          "`status` does. Ends with\n"
          "11 when that takes longer than --within. Waits while nobody answers; ends at once "
          "with 4 when somebody\n"
          "else answers, and with 7 when it waits for `recovered` and there is nothing to "
          "recover. While a Coordinator\n"
          "without a quote is in recovery mode, only --insecure can wait for the end of it.",
      .examples = "wait coordinator.example.com:4433 --for state=running --within 90s\n"
                  "wait coordinator.example.com:4433 --for no-pending-update" },
    { .words = "doctor",
      .arguments = "[IP:PORT]",
      .most = 1,
      .run = run_doctor,
      .summary = "find out why something does not work",
      .flags = FLAGS({ .name = "key",
                       .letter = 'k',
                       .kind = FLAG_LIST,
                       .value = "FILES",
                       .help = "private keys whose permissions are looked at; they are not read" },
                     VERIFY_FLAGS),
      .text = "Makes one check after the other and says for each whether it is ok, and what to do: "
              "the TEEs of this\n"
              "machine, the certificate cache, the policy, the collateral, permissions of keys; "
              "and with a Coordinator\n"
              "its name, port, TLS, certificate, clock, API, state and quote. Changes nothing, and "
              "reads nothing secret.\n"
              "Ends with 1 when a check failed.",
      .examples = "doctor\n"
                  "doctor coordinator.example.com:4433 --collateral bundle.json --key alice.key" },
    END_OF_COMMANDS,
};
