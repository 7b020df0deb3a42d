/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/explain/explain.h"

/* What a package asks of confidential VMs (docs/policy.md). */

#define TDX(name, bytes, standard_text, words)                                                     \
    {                                                                                              \
        "Packages.*.TDX." name, "text or list of texts, hex of " bytes " bytes", (standard_text),  \
            "taw", words, "\"" name "\": \"<hex>\""                                                \
    }
#define MASKED(name, words)                                                                        \
    { "Packages.*.TDX." name,                                                                      \
      "text, hex of 8 bytes, or object",                                                           \
      "any",                                                                                       \
      "taw",                                                                                       \
      words,                                                                                       \
      "\"" name "\": { \"Value\": \"0000001000000000\", \"Mask\": \"ff00001000000000\" }" },       \
        { "Packages.*.TDX." name ".Value", "text, hex of 8 bytes",           NULL, "taw",          \
          "The bits as they have to be.",  "\"Value\": \"0000001000000000\"" },                    \
    {                                                                                              \
        "Packages.*.TDX." name ".Mask", "text, hex of 8 bytes", NULL, "taw",                       \
            "Which bits are compared: those that are 1.", "\"Mask\": \"ff00001000000000\""         \
    }
#define SNP(name, bytes, words)                                                                    \
    {                                                                                              \
        "Packages.*.SNP." name, "text or list of texts, hex of " bytes " bytes", "any", "taw",     \
            words, "\"" name "\": \"<hex>\""                                                       \
    }
#define TCB(name, words)                                                                           \
    {                                                                                              \
        "Packages.*.SNP.MinimumTCB." name, "number to 255", "0", "taw", words, "\"" name "\": 4"   \
    }
#define POLICY(name, standard_text, words)                                                         \
    {                                                                                              \
        "Packages.*.SNP.Policy." name, "boolean", standard_text, "taw", words,                     \
            "\"" name "\": true"                                                                   \
    }

const struct explanation EXPLAIN_PLATFORM[] = {
    { "Packages.*.TDX", "object", "no TDX guest is taken", "taw",
      "What the evidence of a TDX guest has to say. MRTD is required unless Debug; a member that "
      "is not known is an error.",
      "\"TDX\": { \"MRTD\": \"<96 hex digits>\", \"RTMR1\": [\"<kernel>\", \"<next kernel>\"] }" },
    TDX("MRTD", "48", NULL, "The initial memory: the virtual firmware. Required unless Debug."),
    TDX("RTMR0", "48", "any", "The configuration of the firmware, ACPI and secure boot."),
    TDX("RTMR1", "48", "any",
        "Boot loader and kernel. MRTD alone is the firmware, which boots any kernel."),
    TDX("RTMR2", "48", "any", "Command line, initrd and operating system."),
    TDX("RTMR3", "48", "any", "The application, where the guest extends it."),
    TDX("MRSEAM", "48", "any", "The TDX module, in addition to what verification asks of it."),
    TDX("MRConfigID", "48", "any",
        "Set by the host at launch: pin it if the deployment gives it a meaning."),
    TDX("MROwner", "48", "any",
        "Set by the host at launch: pin it if the deployment gives it a meaning."),
    TDX("MROwnerConfig", "48", "any",
        "Set by the host at launch: pin it if the deployment gives it a meaning."),
    TDX("MRServiceTD", "48", "zeros", "Service TDs, as for migration: another TD that had a say."),
    MASKED("TDAttributes", "Attributes of the guest; the bits under the mask have to be equal. Bit "
                           "28 is SEPT_VE_DISABLE."),
    MASKED("XFAM",
           "The processor features of the guest; the bits under the mask have to be equal."),
    { "Packages.*.SNP", "object", "no SEV-SNP guest is taken", "taw",
      "What the report of an SEV-SNP guest has to say. Measurement or IDKeyDigest is required "
      "unless Debug; a member that is "
      "not known is an error.",
      "\"SNP\": { \"Measurement\": \"<96 hex digits>\", \"MinimumTCB\": { \"SNP\": 22 } }" },
    SNP("Measurement", "48",
        "The launch digest: firmware and, as the stack has it, kernel hashes, number and model of "
        "CPUs."),
    SNP("IDKeyDigest", "48",
        "Who signed the ID block, which names the measurement: the publisher. A digest of zeros is "
        "none."),
    SNP("AuthorKeyDigest", "48", "Who vouched for the key that signed the ID block."),
    SNP("FamilyID", "16", "From the ID block; needs IDKeyDigest or AuthorKeyDigest beside it."),
    SNP("ImageID", "16", "From the ID block; needs IDKeyDigest or AuthorKeyDigest beside it."),
    { "Packages.*.SNP.MinimumGuestSVN", "number", "0", "taw",
      "The least version in the ID block; needs IDKeyDigest or AuthorKeyDigest beside it.",
      "\"MinimumGuestSVN\": 2" },
    SNP("HostData", "32", "Set by the host at launch, often the hash of a configuration."),
    { "Packages.*.SNP.MinimumTCB", "object", "all 0", "taw",
      "The least firmware, part by part: the reported, the committed and the launch TCB have to "
      "reach it. Without it every "
      "firmware is accepted that AMD ever signed.",
      "\"MinimumTCB\": { \"BootLoader\": 4, \"SNP\": 22, \"Microcode\": 213 }" },
    TCB("BootLoader", "The least version of the secure processor's boot loader."),
    TCB("TEE", "The least version of the secure processor's operating system."),
    TCB("SNP", "The least version of the SEV-SNP firmware."),
    TCB("Microcode", "The least version of the microcode."),
    TCB("FMC", "The least version of the FMC, which only Turin has: above 0 the other processors "
               "are refused."),
    { "Packages.*.SNP.VMPL", "number, 0 to 3", "0", "taw",
      "The privilege level of who asked for the report. A paravisor changes it.", "\"VMPL\": 0" },
    { "Packages.*.SNP.Policy", "object", "as its members say", "taw",
      "What the guest was launched with. Debug is a bit of the same policy and goes with Debug of "
      "the package.",
      "\"Policy\": { \"SMT\": false, \"ABIMajor\": 1, \"ABIMinor\": 51 }" },
    POLICY("SMT", "true", "May the guest run with SMT?"),
    POLICY("MigrationAgent", "false", "May the guest be migrated?"),
    POLICY("CXL", "false", "May the guest's memory be on CXL?"),
    POLICY("SingleSocket", "false", "Must the guest have asked for one socket?"),
    POLICY("AES256XTS", "false", "Must the guest have asked for AES-256 in XTS mode?"),
    POLICY("RAPLDisabled", "false", "Must the guest have asked for no RAPL, which measures power?"),
    POLICY("CiphertextHiding", "false",
           "Must the guest have asked that the host cannot read its ciphertext?"),
    POLICY("PageSwapDisabled", "false",
           "Must the guest have asked that its pages are not swapped?"),
    { "Packages.*.SNP.Policy.ABIMajor", "number to 255", "0", "taw",
      "At least this firmware interface, its first number.", "\"ABIMajor\": 1" },
    { "Packages.*.SNP.Policy.ABIMinor", "number to 255", "0", "taw",
      "At least this firmware interface, its second number.", "\"ABIMinor\": 51" },
    { "Packages.*.SNP.Products", "list of \"Milan\", \"Genoa\", \"Turin\"", "any", "taw",
      "Which processors may run it. Bergamo and Siena report as Genoa.",
      "\"Products\": [\"Milan\"]" },
    END_OF_EXPLANATIONS,
};
