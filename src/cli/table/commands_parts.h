/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "cli/cli.h"

/* What rows of the table (commands_*.c) have in common. */

#define END_OF_COMMANDS                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define END_OF_FLAGS                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define FLAGS(...) ((const struct flag[]){ __VA_ARGS__, END_OF_FLAGS })
#define GROUPS(...) ((const struct flag_group[]){ __VA_ARGS__, { 0 } })
#define OUTPUT(what, file)                                                                         \
    {                                                                                              \
        .name = "output", .letter = 'o', .kind = FLAG_FILE, .value = "FILE", .standard = (file),   \
        .help = (what)                                                                             \
    }
#define YES                                                                                        \
    {                                                                                              \
        .name = "yes", .kind = FLAG_SWITCH, .help = "do not ask"                                   \
    }
#define EXIT_PENDING_FLAG                                                                          \
    {                                                                                              \
        .name = "exit-pending", .kind = FLAG_SWITCH,                                               \
        .help = "end with 10 when it was accepted but more parties are needed"                     \
    }
#define TOKEN_KEY_FLAGS                                                                            \
    { .name = "pkcs11-config",                                                                     \
      .kind = FLAG_FILE,                                                                           \
      .value = "FILE",                                                                             \
      .help = "JSON that names a PKCS#11 module, a token and perhaps its PIN" },                   \
        { .name = "pkcs11-key-id",                                                                 \
          .kind = FLAG_TEXT,                                                                       \
          .value = "ID",                                                                           \
          .help = "the private key on that token, by its id: text, or bytes as 0x01 or %01" },     \
    {                                                                                              \
        .name = "pkcs11-key-label", .kind = FLAG_TEXT, .value = "LABEL",                           \
        .help = "the private key on that token, by its label"                                      \
    }
#define USER_FLAGS                                                                                 \
    { .name = "cert",                                                                              \
      .letter = 'c',                                                                               \
      .kind = FLAG_FILE,                                                                           \
      .value = "FILE",                                                                             \
      .help = "the user's certificate, PEM, or a pkcs11: URI" },                                   \
        { .name = "key",                                                                           \
          .letter = 'k',                                                                           \
          .kind = FLAG_FILE,                                                                       \
          .value = "FILE",                                                                         \
          .help = "its private key, PEM, or a pkcs11: URI; an encrypted one asks for its "         \
                  "passphrase, a token for its PIN" },                                             \
        TOKEN_KEY_FLAGS,                                                                           \
        { .name = "pkcs11-cert-id",                                                                \
          .kind = FLAG_TEXT,                                                                       \
          .value = "ID",                                                                           \
          .help = "the certificate on that token, by its id" },                                    \
    {                                                                                              \
        .name = "pkcs11-cert-label", .kind = FLAG_TEXT, .value = "LABEL",                          \
        .help = "the certificate on that token, by its label"                                      \
    }
/* Those of one rule in byte order, which is the order in which they are looked at. */
#define USER_GROUP_ROWS                                                                            \
    { GROUP_ALL_OR_NONE, "key cert" },                                                             \
        { GROUP_AT_LEAST_ONE, "pkcs11-cert-id pkcs11-cert-label cert" },                           \
        { GROUP_AT_LEAST_ONE, "pkcs11-config cert" }, { GROUP_AT_LEAST_ONE, "pkcs11-config key" }, \
        { GROUP_AT_LEAST_ONE, "pkcs11-key-id pkcs11-key-label cert" },                             \
        { GROUP_EXCLUSIVE, "pkcs11-config cert" },                                                 \
    {                                                                                              \
        GROUP_EXCLUSIVE, "pkcs11-config key"                                                       \
    }
#define USER_GROUPS GROUPS(USER_GROUP_ROWS)
#define SPLIT_FLAG                                                                                 \
    {                                                                                              \
        .name = "split", .kind = FLAG_FILE, .value = "DIR",                                        \
        .help = "besides, write each holder's secret into a file of its own in DIR, which is "     \
                "new or empty"                                                                     \
    }
#define RECOVERY_DATA                                                                              \
    { .name = "recoverydata",                                                                      \
      .letter = 'r',                                                                               \
      .kind = FLAG_FILE,                                                                           \
      .value = "FILE",                                                                             \
      .alias = "recovery-data",                                                                    \
      .help = "write the recovery secrets to FILE instead of showing them" },                      \
        SPLIT_FLAG,                                                                                \
    {                                                                                              \
        .name = "force", .kind = FLAG_SWITCH, .help = "let FILE replace one that is there"         \
    }
/* Of commands that look at the state again and again. */
#define INTERVAL                                                                                   \
    {                                                                                              \
        .name = "interval", .kind = FLAG_COUNT, .value = "SECONDS", .standard = "2",               \
        .help = "how long to wait between two looks"                                               \
    }
#define ATTEST                                                                                     \
    {                                                                                              \
        .name = "attest", .kind = FLAG_SWITCH,                                                     \
        .help = "verify the Coordinator by its quote, now, instead of by the certificate cache"    \
    }
#define ONE_ENDPOINT .arguments = "<IP:PORT>", .least = 1, .most = 1
#define FILE_AND_ENDPOINT .least = 2, .most = 2
#define AT_FLAG                                                                                    \
    {                                                                                              \
        .name = "at", .kind = FLAG_TEXT, .value = "UNIX-SECONDS",                                  \
        .help = "judge for this moment instead of now"                                             \
    }
#define ANCHOR_FLAGS                                                                               \
    { .name = "intel-root-key",                                                                    \
      .kind = FLAG_LIST,                                                                           \
      .value = "HEX",                                                                              \
      .help = "trust these roots instead of Intel's: uncompressed points on P-256" },              \
    {                                                                                              \
        .name = "ark-spki-sha256", .kind = FLAG_LIST, .value = "HEX",                              \
        .help = "trust these roots instead of AMD's: SHA-256 of public keys"                       \
    }
/* Of commands that verify the Coordinator. */
#define VERIFY_FLAGS                                                                               \
    { .name = "collateral",                                                                        \
      .kind = FLAG_FILE,                                                                           \
      .value = "BUNDLE",                                                                           \
      .help = "what Intel or AMD say about the Coordinator's platform, as `collateral fetch` "     \
              "writes it" },                                                                       \
        ANCHOR_FLAGS
