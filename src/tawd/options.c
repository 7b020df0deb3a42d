/* SPDX-License-Identifier: Apache-2.0 */
#include "tawd/options.h"

#include "base/bytes.h"
#include "tawd/simulation.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_kind { OPTION_NONE = 0, OPTION_SWITCH, OPTION_TEXT, OPTION_NUMBER };

/* One row for each option: its flag, its variable, where it goes, and what --help says. */
struct option_row {
    const char *flag;
    const char *variable; /* NULL: none */
    enum option_kind kind;
    size_t offset; /* in struct options */
    const char *initial;
    unsigned least, most; /* of a number */
    const char *help;
};

#define AT(member) offsetof(struct options, member)
static const struct option_row ROWS[] = {
    { "--simulation", "OE_SIMULATION", OPTION_SWITCH, AT(simulation), "0", 0, 0,
      "run without a TEE, for development: quotes are empty, the platform key is a file" },
    { "--client-address", "EDG_COORDINATOR_CLIENT_ADDR", OPTION_TEXT, AT(client_address), ":4433",
      0, 0, "where the client API (HTTPS) listens" },
    { "--mesh-address", "EDG_COORDINATOR_MESH_ADDR", OPTION_TEXT, AT(mesh_address), ":2001", 0, 0,
      "where the Marble API (gRPC) listens" },
    { "--prometheus-address", "EDG_COORDINATOR_PROMETHEUS_ADDR", OPTION_TEXT,
      AT(prometheus_address), "", 0, 0,
      "where metrics, events and health are served over plain HTTP; empty: nowhere" },
    { "--dns-names", "EDG_COORDINATOR_DNS_NAMES", OPTION_TEXT, AT(dns_names), "localhost", 0, 0,
      "names and IP addresses in the certificates, separated by commas" },
    { "--seal-dir", "EDG_COORDINATOR_SEAL_DIR", OPTION_TEXT, AT(seal_directory), "", 0, 0,
      "directory of the sealed state [./marblerun-coordinator-data]" },
    { "--platform-key", "TAW_PLATFORM_KEY", OPTION_TEXT, AT(platform_key), "", 0, 0,
      "file of the platform key, made when it is missing. In simulation it stands for this machine "
      "[platform_key in the seal directory]; in a confidential VM whose processor has no seal key "
      "it "
      "must stay in memory, on a tmpfs or ramfs [/run/tawd/platform_key]" },
    { "--platform-key-on-encrypted-disk", "TAW_PLATFORM_KEY_ON_ENCRYPTED_DISK", OPTION_SWITCH,
      AT(platform_key_on_encrypted_disk), "0", 0, 0,
      "confidential VM: use the file of --platform-key, wherever it is, because its disk is "
      "encrypted "
      "by this VM; whoever reads the file opens the state" },
    { "--collateral-dir", "TAW_COLLATERAL_DIR", OPTION_TEXT, AT(collateral_directory), "", 0, 0,
      "directory of collateral bundles (*.json), without which no quote can be verified; needed "
      "but in simulation, read again at SIGHUP" },
    { "--collateral-interval", "TAW_COLLATERAL_INTERVAL_MS", OPTION_NUMBER,
      AT(collateral_interval_ms), "60000", 100, 3600000,
      "milliseconds after which that directory is read again" },
    { "--startup-manifest", "EDG_STARTUP_MANIFEST", OPTION_TEXT, AT(startup_manifest), "", 0, 0,
      "manifest to set when there is no state yet" },
    { "--late-update-checks", "EDG_LATE_UPDATE_CHECKS", OPTION_SWITCH, AT(late_update_checks), "0",
      0, 0,
      "admit updates of the manifest before they are known to be usable, for a client that "
      "depends on it" },
    { "--debug", "EDG_DEBUG_LOGGING", OPTION_SWITCH, AT(debug), "0", 0, 0, "log at debug level" },
    { "--dev-mode", "EDG_COORDINATOR_DEV_MODE", OPTION_SWITCH, AT(dev_mode), "0", 0, 0,
      "log for people instead of JSON, as at a terminal" },
    { "--threads", "TAW_THREADS", OPTION_NUMBER, AT(threads), "0", 0, 64,
      "event loops; 0: one for each core" },
    { "--max-connections", "TAW_MAX_CONNECTIONS", OPTION_NUMBER, AT(max_connections), "16384", 1,
      1000000, "connections at a time, on each port" },
    { "--max-connections-per-source", "TAW_MAX_CONNECTIONS_PER_SOURCE", OPTION_NUMBER,
      AT(max_connections_per_source), "0", 0, 1000000,
      "the same from one address; 0: no limit of its own" },
    { "--max-streams", "TAW_MAX_STREAMS", OPTION_NUMBER, AT(max_streams), "32", 1, 10000,
      "requests at a time on one HTTP/2 connection" },
    { "--max-header-bytes", "TAW_MAX_HEADER_BYTES", OPTION_NUMBER, AT(max_header_bytes), "65536",
      1024, 1 << 20, "request line and header fields together" },
    { "--max-body-bytes", "TAW_MAX_BODY_BYTES", OPTION_NUMBER, AT(max_body_bytes), "25165824",
      65536, 1 << 30, "request body" },
    { "--handshake-timeout", "TAW_HANDSHAKE_TIMEOUT_MS", OPTION_NUMBER, AT(handshake_timeout_ms),
      "10000", 10, 3600000, "milliseconds from connecting to the end of the TLS handshake" },
    { "--request-timeout", "TAW_REQUEST_TIMEOUT_MS", OPTION_NUMBER, AT(request_timeout_ms), "30000",
      10, 3600000, "milliseconds from the first to the last byte of a request" },
    { "--response-timeout", "TAW_RESPONSE_TIMEOUT_MS", OPTION_NUMBER, AT(response_timeout_ms),
      "30000", 10, 3600000, "milliseconds for the client to take a response" },
    { "--idle-timeout", "TAW_IDLE_TIMEOUT_MS", OPTION_NUMBER, AT(idle_timeout_ms), "120000", 10,
      86400000, "milliseconds between requests on one connection" },
    { "--drain-timeout", "TAW_DRAIN_TIMEOUT_MS", OPTION_NUMBER, AT(drain_timeout_ms), "5000", 0,
      3600000, "milliseconds to finish requests in flight when told to stop" },
    { "--stuck-after", "TAW_STUCK_AFTER_MS", OPTION_NUMBER, AT(stuck_after_ms), "30000", 100,
      3600000, "milliseconds that the disk may take for a change before /healthz says so" },
    { "--help", NULL, OPTION_SWITCH, AT(help), "0", 0, 0, "show this and exit" },
    { "--version", NULL, OPTION_SWITCH, AT(version), "0", 0, 0, "show the version and exit" },
};

static bool set_number(const struct option_row *row, const char *name, const char *text,
                       unsigned *to, struct err *err)
{
    char *end = NULL;

    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value < row->least ||
        value > row->most)
        return err_set(err, FAIL_MALFORMED, "%s: \"%.40s\" is not a number from %u to %u", name,
                       text, row->least, row->most);
    *to = (unsigned)value;
    return true;
}

/* name: the flag or variable that said so. */
static bool set_option(const struct option_row *row, const char *name, const char *text,
                       struct options *o, struct err *err)
{
    char *const place = (char *)o + row->offset;

    switch (row->kind) {
    case OPTION_NONE:
        break;
    case OPTION_SWITCH: {
        const bool on = strcmp(text, "1") == 0;
        memcpy(place, &on, sizeof on);
        return true;
    }
    case OPTION_TEXT:
        memcpy(place, &text, sizeof text);
        return true;
    case OPTION_NUMBER:
        return set_number(row, name, text, (unsigned *)(void *)place, err);
    }
    return err_set(err, FAIL_INTERNAL, "%s has no kind", name);
}

static bool read_environment(struct options *o, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct option_row *const row = &ROWS[i];
        const char *const value = row->variable == NULL ? NULL : getenv(row->variable);
        if (!set_option(row, row->flag, row->initial, o, err))
            return false;
        if (value != NULL && value[0] != '\0' && !set_option(row, row->variable, value, o, err))
            return false;
    }
    return true;
}

/* The row of "--flag" or "--flag=value"; *value is what follows the '=', or NULL. */
static const struct option_row *row_of(const char *argument, const char **value)
{
    const size_t len = strcspn(argument, "=");

    *value = argument[len] == '=' ? argument + len + 1 : NULL;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        if (strlen(ROWS[i].flag) == len && strncmp(ROWS[i].flag, argument, len) == 0)
            return &ROWS[i];
    }
    return NULL;
}

static bool read_flags(int argc, char **argv, struct options *o, struct err *err)
{
    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        const struct option_row *const row = row_of(argv[i], &value);

        if (row == NULL)
            return err_set(err, FAIL_MALFORMED, "unknown argument \"%.60s\"; see tawd --help",
                           argv[i]);
        if (row->kind == OPTION_SWITCH && value != NULL)
            return err_set(err, FAIL_MALFORMED, "%s takes no value", row->flag);
        if (row->kind == OPTION_SWITCH)
            value = "1";
        else if (value == NULL && i + 1 < argc)
            value = argv[++i];
        if (value == NULL)
            return err_set(err, FAIL_MALFORMED, "%s wants a value", row->flag);
        if (!set_option(row, row->flag, value, o, err))
            return false;
    }
    return true;
}

static char *default_seal_directory(void)
{
    const char *const cwd = getenv("EDG_CWD");
    char here[PATH_MAX] = ".";

    if (cwd != NULL && cwd[0] != '\0')
        return mem_printf("%s/marblerun-coordinator-data", cwd);
    return mem_printf("%s/marblerun-coordinator-data",
                      getcwd(here, sizeof here) == NULL ? "." : here);
}

/* Owned. */
static char *default_platform_key(const struct options *o)
{
    return o->simulation ? mem_printf("%s/platform_key", o->seal_directory)
                         : mem_string("/run/tawd/platform_key");
}

/* Where an encrypted disk is nobody knows but the operator. */
static bool disk_fits(const struct options *o, bool key_is_named, struct err *err)
{
    if (!o->platform_key_on_encrypted_disk)
        return true;
    if (o->simulation)
        return err_set(err, FAIL_MALFORMED,
                       "--platform-key-on-encrypted-disk is for confidential VMs, not for "
                       "--simulation");
    return key_is_named || err_set(err, FAIL_MALFORMED,
                                   "--platform-key-on-encrypted-disk wants the file to be named: "
                                   "--platform-key FILE");
}

bool options_read(int argc, char **argv, struct options *o, struct err *err)
{
    *o = (struct options){ 0 };
    const bool good = read_environment(o, err) && read_flags(argc, argv, o, err);
    const char *const directory = o->seal_directory, *const key = o->platform_key;
    const bool key_is_named = key != NULL && key[0] != '\0';

    /* From here on these two are owned. */
    o->seal_directory = directory == NULL || directory[0] == '\0' ? default_seal_directory()
                                                                  : mem_string(directory);
    o->platform_key = key_is_named ? mem_string(key) : default_platform_key(o);
    if (o->startup_manifest != NULL && o->startup_manifest[0] == '\0')
        o->startup_manifest = NULL;
    if (o->collateral_directory != NULL && o->collateral_directory[0] == '\0')
        o->collateral_directory = NULL;
    if (good && o->simulation && !SIMULATION_IS_BUILT)
        return err_set(err, FAIL_MALFORMED, "this build has no simulation mode");
    return good && disk_fits(o, key_is_named, err);
}

void options_clear(struct options *o)
{
    free(o->seal_directory);
    free(o->platform_key);
    *o = (struct options){ 0 };
}

void options_help(FILE *out)
{
    (void)fprintf(
        out,
        "Usage: tawd [OPTION]...\n"
        "The Coordinator of confidential deployments: attests Marbles, keeps their secrets.\n\n");
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        const struct option_row *const row = &ROWS[i];
        (void)fprintf(out, "  %s%s", row->flag, row->kind == OPTION_SWITCH ? "" : " VALUE");
        if (row->kind != OPTION_SWITCH && row->initial[0] != '\0')
            (void)fprintf(out, "  [%s]", row->initial);
        if (row->variable != NULL)
            (void)fprintf(out, "  (%s)", row->variable);
        (void)fprintf(out, "\n      %s\n", row->help);
    }
    (void)fprintf(
        out,
        "\nSwitches are on when their variable is 1.\n\n"
        "Exit status: 0 stopped as asked; 1 something unexpected failed; 2 wrong arguments;\n"
        "3 the surroundings do not allow a start (address, file, directory, no TEE);\n"
        "4 the sealed state is damaged: nothing was changed; 5 another Coordinator runs on it;\n"
        "6 the startup manifest was refused.\n");
}
