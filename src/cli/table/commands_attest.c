/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table/commands_parts.h"

#define ONE_EVIDENCE .arguments = "<evidence>", .least = 1, .most = 1
#define EVIDENCE_TEXT                                                                              \
    "The file has a quote of SGX or TDX, bare or in the header of Open Enclave, or a report of "   \
    "SEV-SNP: as it is,\n"                                                                         \
    "in hex or base64, in the answer of a Coordinator's GET quote, in a record of `attest save`, " \
    "or in an extension\n"                                                                         \
    "of an X.509 certificate, alone or in a chain (RA-TLS). - is standard input."

const struct command COMMANDS_ATTEST[] = {
    { .words = "attest", .summary = "look at evidence of SGX, TDX and SEV-SNP, and verify it" },
    { .words = "attest inspect",
      ONE_EVIDENCE,
      .run = run_attest_inspect,
      .summary = "show what a quote or report says, without verifying it",
      .text = EVIDENCE_TEXT "\n\nShows what it says, and has no verdict. Ends with 8 when it is no "
                            "evidence, or is damaged.\n"
                            "Needs no network.",
      .examples = "attest inspect quote.bin" },
    { .words = "attest verify",
      ONE_EVIDENCE,
      .run = run_attest_verify,
      .flags = FLAGS({ .name = "collateral",
                       .kind = FLAG_FILE,
                       .value = "BUNDLE",
                       .help = "what Intel or AMD say about the platform; without it nothing is "
                               "valid" },
                     { .name = "policy",
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .help = "hold valid evidence to this policy, JSON with the members of a "
                               "package" },
                     AT_FLAG, ANCHOR_FLAGS),
      .summary = "verify a quote or report with collateral from a file",
      .text = EVIDENCE_TEXT
      "\n\nShows each check, where it failed, and what was expected there. Ends with 0 when the "
      "evidence is valid,\n"
      "with 3 when it is not or when evidence or collateral do not parse, with 2 when a file "
      "cannot be read.\n"
      "Valid says that a genuine platform made it: TCB status, debug flag and measurements are "
      "shown for you to\n"
      "compare, or compared with --policy. Needs no network.",
      .examples = "attest verify quote.bin --collateral bundle.json\n"
                  "attest verify quote.bin --collateral bundle.json --policy policy.json\n"
                  "attest verify quote.bin --collateral bundle.json --at 1751624924 --format "
                  "json" },
    { .words = "attest quote",
      .run = run_attest_quote,
      .flags = FLAGS({ .name = "output",
                       .letter = 'o',
                       .kind = FLAG_FILE,
                       .value = "FILE",
                       .required = true,
                       .help = "write the evidence to this file, or replace it in one step" },
                     { .name = "report-data",
                       .kind = FLAG_TEXT,
                       .value = "HEX",
                       .help = "what the evidence is to be about: up to 64 bytes, with zeros "
                               "behind them; without it zeros only" }),
      .summary = "let the TEE of this machine make a quote or report",
      .text =
          "Run in a confidential VM, with the rights that the kernel wants for it (configfs-tsm: "
          "root): the evidence\n"
          "that `collateral fetch` needs for this platform, and whose measurements, shown by "
          "`attest inspect`, go into\n"
          "the manifest or a policy. It says what runs here, and of --report-data that "
          "somebody here asked for it. It\n"
          "ends with 6 where there is no TEE.",
      .examples = "attest quote -o rack7.quote\n"
                  "attest quote --report-data 0102 -o - | taw attest inspect -" },
    { .words = "attest save",
      ONE_ENDPOINT,
      .run = run_attest_save,
      .flags = FLAGS({ .name = "output",
                       .letter = 'o',
                       .kind = FLAG_FILE,
                       .value = "RECORD",
                       .required = true,
                       .help = "write the record to this file, or replace it in one step" },
                     VERIFY_FLAGS),
      .summary = "verify a Coordinator and keep what proves it in a file",
      .text = "Verifies the Coordinator as `manifest verify` does, and keeps quote, certificates, "
              "nonce, "
              "collateral and time in one file.\n"
              "`attest verify` takes it without a network, for the moment at which it was saved or "
              "that of "
              "--at, also when\n"
              "collateral and platform have long changed. A Coordinator in simulation mode has "
              "nothing to "
              "save.",
      .examples = "attest save coordinator.example.com:4433 --era-config policy.json --collateral "
                  "bundle.json -o record.json\n"
                  "attest verify record.json --policy policy.json" },
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
          { .name = "force",
            .kind = FLAG_SWITCH,
            .help = "let it replace a bundle whose TCB evaluation data number is higher" },
          { .name = "pcs",
            .kind = FLAG_TEXT,
            .value = "URL",
            .standard = "https://api.trustedservices.intel.com",
            .help = "ask this service of Intel's kind" },
          { .name = "pcs-api-key-file",
            .kind = FLAG_FILE,
            .value = "FILE",
            .help =
                "subscription key that Intel's service wants for the PCK certificate of a quote "
                "that only names it" },
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
            .help = "PCK certificate chain, PEM, of a quote that does not have it; without it the "
                    "certificate that the quote names is fetched" },
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
      .groups =
          GROUPS({ GROUP_EXCLUSIVE, "pcs pccs" }, { GROUP_EXCLUSIVE, "pcs-api-key-file pccs" }),
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
    END_OF_COMMANDS,
};
