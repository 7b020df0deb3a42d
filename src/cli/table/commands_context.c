/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

#define ONE_NAME .arguments = "<name>", .least = 1, .most = 1

const struct command COMMANDS_CONTEXT[] = {
    { .words = "context",
      .summary = "give Coordinators names",
      .text = "After `context add prod HOST`, every command takes @prod in the place of HOST. A "
              "context has its own\n"
              "certificate cache, and may have a policy and collateral, which stand in where "
              "--era-config and\n"
              "--collateral are not typed. There is no current context: a command talks to the "
              "one that its command line\n"
              "names." },
    { .words = "context add",
      .arguments = "<name> <host:port>",
      .least = 2,
      .most = 2,
      .run = run_context_add,
      .flags = FLAGS({ .name = "collateral",
                       .kind = FLAG_FILE,
                       .value = "BUNDLE",
                       .help = "as `collateral fetch` writes it" },
                     { .name = "force",
                       .kind = FLAG_SWITCH,
                       .help = "replace one of this name; with another endpoint its pinned root "
                               "certificate goes" }),
      .summary = "name a Coordinator, with the policy of --era-config",
      .examples = "context add prod coordinator.example.com:4433 --era-config policy.json\n"
                  "manifest verify manifest.json @prod\n"
                  "status @prod" },
    { .words = "context list", .run = run_context_list, .summary = "list all contexts" },
    { .words = "context show",
      ONE_NAME,
      .run = run_context_show,
      .completes = COMPLETES_CONTEXTS,
      .summary = "show a context and its pinned root certificate" },
    { .words = "context remove",
      ONE_NAME,
      .run = run_context_remove,
      .completes = COMPLETES_CONTEXTS,
      .flags = FLAGS(YES),
      .summary = "remove a context and its pinned root certificate" },
    END_OF_COMMANDS,
};
