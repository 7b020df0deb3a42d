/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "codec/json.h"
#include "codec/text.h"
#include "import/marblerun.h"
#include "recovery/sets.h"
#include "store/inspect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* state inspect: what is in a seal directory, without keys and without touching it. */

enum { LOOKS = 4, PAUSE_NS = 50 * 1000 * 1000 };

/* What is known, and what it means. */
struct finding {
    struct store_inspection in;
    struct recovery_sets sets;
    const char *verdict; /* for programs */
    const char *meaning;
    struct buf reason; /* why it is damaged; empty: it is not */
    size_t foreign_shares;
};
static void finding_clear(struct finding *f)
{
    store_inspection_clear(&f->in);
    recovery_sets_clear(&f->sets);
    buf_clear(&f->reason);
}
#define auto_finding struct finding CLEANUP(finding_clear)

/* A Coordinator that writes meanwhile can make a good state look damaged: only what lasts counts. */
static bool look(const char *directory, struct store_inspection *in, struct err *err)
{
    const struct log quiet = { .fd = STDERR_FILENO, .level = LOG_ERROR };
    const struct env env = { .files = &files_posix, .log = &quiet };
    const struct timespec pause = { 0, PAUSE_NS };
    bool read = false;

    for (int i = 0; i < LOOKS; i++) {
        store_inspection_clear(in);
        *err = (struct err){ 0 };
        read = store_inspect(&env, directory, in, err);
        if (read ? in->verdict != STORE_STOPPED : err->kind != FAIL_NOT_FOUND)
            return read;
        (void)nanosleep(&pause, NULL);
    }
    return read;
}

static void set_verdict(struct finding *f, const char *verdict, const char *meaning)
{
    f->verdict = verdict;
    f->meaning = meaning;
}

static void set_damaged(struct finding *f, const struct err *why)
{
    set_verdict(f, "stopped", "damaged or incomplete: a Coordinator does not start on it");
    buf_add_string(&f->reason, why->text);
}

static void judge_ours(struct finding *f)
{
    struct err why = { 0 };

    if (!recovery_sets_parse(buf_bytes(&f->in.metadata), &f->sets, &why))
        set_damaged(f, &why);
    else if (f->in.own_slots > 0)
        set_verdict(f, "complete",
                    "complete: it opens on the machine that wrote it, elsewhere it waits for its "
                    "recovery");
    else
        set_verdict(f, "recovery", "complete, but without a key slot: it waits for its recovery");
}

static void judge_foreign(struct finding *f)
{
    uint8_t(*hashes)[SHA256_LEN] = mem_zero_alloc(MARBLERUN_MAX_SHARES, sizeof *hashes);
    const struct bytes data = buf_bytes(&f->in.foreign);
    struct err why = { 0 };

    if (!marblerun_check_frame(data, &why) ||
        !marblerun_share_hashes(data, hashes, &f->foreign_shares, &why))
        set_damaged(f, &why);
    else
        set_verdict(f, "import",
                    f->in.has_key_file
                        ? "a state of the original: a Coordinator takes it over when its key opens "
                          "here, else it waits for its recovery"
                        : "a state of the original without its key: it waits for its recovery");
    free(hashes);
}

static void judge(struct finding *f)
{
    struct err ignored = { 0 };

    switch (f->in.verdict) {
    case STORE_FRESH:
        set_verdict(f, "fresh", "nothing is here: a Coordinator awaits a manifest");
        break;
    case STORE_LOCKED:
        judge_ours(f);
        break;
    case STORE_FOREIGN:
        judge_foreign(f);
        break;
    case STORE_STOPPED:
        set_damaged(f, &f->in.damage);
        if (f->in.metadata.len > 0 &&
            !recovery_sets_parse(buf_bytes(&f->in.metadata), &f->sets, &ignored))
            f->sets.count = 0;
        break;
    case STORE_UNKNOWN:
    case STORE_OPEN:
        break;
    }
}

static const char *format_of(const struct finding *f)
{
    if (f->in.verdict == STORE_FOREIGN)
        return "original";
    return f->in.generation > 0 ? "taw" : "none";
}

/* ---- as data ---- */

static void put_text(struct buf *out, const char *name, const char *text)
{
    json_put_name(out, name);
    json_put_string(out, bytes_of_string(text));
}

static void put_number(struct buf *out, const char *name, uint64_t number)
{
    json_put_name(out, name);
    buf_add_format(out, "%" PRIu64, number);
}

static void put_bool(struct buf *out, const char *name, bool value)
{
    json_put_name(out, name);
    buf_add_string(out, value ? "true" : "false");
}

static void put_set_data(const struct recovery_metadata *m, struct buf *out)
{
    json_put_comma(out);
    buf_add_u8(out, '{');
    put_text(out, "set", m->set);
    put_text(out, "scheme", recovery_scheme_name(m->scheme));
    put_number(out, "needed", m->needed);
    json_put_name(out, "holders");
    buf_add_u8(out, '[');
    for (size_t i = 0; i < m->holder_count; i++) {
        json_put_comma(out);
        json_put_string(out, bytes_of_string(m->holders[i].name));
    }
    buf_add_u8(out, ']');
    put_number(out, "secretSize", m->secret_size);
    put_text(out, "manifestFingerprint", m->manifest);
    buf_add_u8(out, '}');
}

static void put_state_data(const struct finding *f, struct buf *out)
{
    json_put_name(out, "deployment");
    buf_add_u8(out, '"');
    hex_encode(out, bytes_of(f->in.deployment, sizeof f->in.deployment));
    buf_add_u8(out, '"');
    put_number(out, "generation", f->in.generation);
    put_number(out, "commits", f->in.seq);
    put_number(out, "journalSegments", f->in.journal_segments);
    put_number(out, "journalBytes", f->in.journal_bytes);
    put_number(out, "tornBytes", f->in.torn_bytes);
    put_number(out, "coveredSegments", f->in.covered_segments);
    json_put_name(out, "recoverySets");
    buf_add_u8(out, '[');
    for (size_t i = 0; i < f->sets.count; i++)
        put_set_data(f->sets.at[i], out);
    buf_add_u8(out, ']');
}

static void put_data(const struct finding *f, const char *directory, struct buf *out)
{
    buf_add_u8(out, '{');
    put_text(out, "directory", directory);
    put_text(out, "format", format_of(f));
    put_text(out, "verdict", f->verdict);
    if (f->reason.len > 0) {
        json_put_name(out, "reason");
        json_put_string(out, buf_bytes(&f->reason));
    }
    put_number(out, "snapshotBytes", f->in.snapshot_bytes);
    put_bool(out, "keyFile", f->in.has_key_file);
    put_bool(out, "unfinishedSnapshot", f->in.unfinished);
    if (f->in.verdict == STORE_FOREIGN)
        put_number(out, "recoveryShares", f->foreign_shares);
    if (f->in.generation > 0) {
        put_number(out, "keySlots", f->in.key_slots);
        put_number(out, "ownKeySlots", f->in.own_slots);
        put_state_data(f, out);
    }
    buf_add_u8(out, '}');
}

/* ---- for people ---- */

static void put_set_line(const struct recovery_metadata *m, struct buf *out)
{
    buf_add_format(out, "recovery:   %s, ", recovery_scheme_name(m->scheme));
    if (m->scheme == RECOVERY_NONE) {
        buf_add_string(out, "nothing brings it back without its machine\n");
        return;
    }
    buf_add_format(out, "%u of %zu needed (", m->needed, m->holder_count);
    for (size_t i = 0; i < m->holder_count; i++)
        buf_add_format(out, "%s%s", i > 0 ? ", " : "", m->holders[i].name);
    buf_add_format(out, "), set %s\n", m->set);
}

static void put_state_lines(const struct finding *f, struct buf *out)
{
    buf_add_string(out, "deployment: ");
    hex_encode(out, bytes_of(f->in.deployment, sizeof f->in.deployment));
    buf_add_format(out, "\ngeneration: %" PRIu64 ", %" PRIu64 " commits\n", f->in.generation,
                   f->in.seq);
    if (f->sets.count > 0)
        buf_add_format(out, "manifest:   %s at the last change of recovery secrets\n",
                       f->sets.at[0]->manifest);
    for (size_t i = 0; i < f->sets.count; i++)
        put_set_line(f->sets.at[i], out);
    buf_add_format(out,
                   "journal:    %" PRIu64 " segments, %" PRIu64 " bytes\n"
                   "key slots:  %" PRIu64 " of this generation, %" PRIu64 " in all\n",
                   f->in.journal_segments, f->in.journal_bytes, f->in.own_slots, f->in.key_slots);
    if (f->in.torn_bytes > 0)
        buf_add_format(out,
                       "torn end:   %" PRIu64 " bytes of a commit that was never acknowledged, or "
                       "is being written\n",
                       f->in.torn_bytes);
    if (f->in.covered_segments > 0)
        buf_add_format(out, "leftovers:  %" PRIu64 " segments that the snapshot covers\n",
                       f->in.covered_segments);
}

static void put_foreign_line(const struct finding *f, struct buf *out)
{
    if (f->foreign_shares == 0)
        buf_add_string(out, "recovery:   one secret, if there is any\n");
    else
        buf_add_format(out, "recovery:   %zu shares\n", f->foreign_shares);
}

static void put_lines(const struct finding *f, struct buf *out)
{
    buf_add_format(out, "verdict:    %s\n", f->meaning);
    if (f->reason.len > 0)
        buf_add_format(out, "reason:     %.*s\n", BYTES_FMT(buf_bytes(&f->reason)));
    buf_add_format(out, "format:     %s\n", format_of(f));
    if (f->in.snapshot_bytes > 0)
        buf_add_format(out, "snapshot:   %" PRIu64 " bytes\n", f->in.snapshot_bytes);
    if (f->in.verdict == STORE_FOREIGN)
        put_foreign_line(f, out);
    if (f->in.generation > 0)
        put_state_lines(f, out);
    if (f->in.unfinished)
        buf_add_string(out, "unfinished: sealed_data.new, of a change that was not acknowledged\n");
}

bool run_state_inspect(struct cli *cli, struct err *err)
{
    const char *const directory = cli_argument(cli, 0);
    auto_finding finding = { 0 };
    auto_buf data = { 0 }, text = { 0 };

    if (!look(directory, &finding.in, err))
        return cli_fail(cli, EXIT_USAGE, NULL);
    judge(&finding);
    put_data(&finding, directory, &data);
    put_lines(&finding, &text);
    if (finding.reason.len > 0)
        cli->status = EXIT_FAILED;
    return output_result(&cli->out, "StateInspection", buf_bytes(&data), buf_bytes(&text), err);
}
