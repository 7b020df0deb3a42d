/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "base/files.h"

/*
 * A disk in memory that can be told to misbehave: a call fails, the process is killed, the power
 * goes. It knows which bytes and which names are durable, and which are only readable.
 */
struct fake_disk;

struct fake_disk *fake_disk_new(void) MUST_CHECK;
/* The same contents, all of them durable or not as in the first; no faults, nothing open. */
struct fake_disk *fake_disk_clone(const struct fake_disk *disk) MUST_CHECK;
void fake_disk_free(struct fake_disk *disk);
DEFINE_CLEANUP(struct fake_disk, fake_disk_cleanup, fake_disk_free)
#define auto_disk struct fake_disk CLEANUP(fake_disk_cleanup)

/* Valid as long as the disk. */
const struct files *fake_files(struct fake_disk *disk) MUST_CHECK;

enum fake_call {
    FAKE_OPEN = 0,
    FAKE_READ,
    FAKE_WRITE,
    FAKE_PWRITE,
    FAKE_FTRUNCATE,
    FAKE_FDATASYNC,
    FAKE_FSYNC,
    FAKE_CLOSE,
    FAKE_RENAME,
    FAKE_UNLINK,
    FAKE_MKDIR,
    FAKE_LOCK,
    FAKE_LIST,
    FAKE_CALLS,
};

/* How many calls of a kind were made since the last fake_restart. */
unsigned fake_count(const struct fake_disk *disk, enum fake_call call);

/* The process ends in the n-th call from now (from 1) that changes the disk: with `half`, half of a
 * write is done, and nothing else is. All later calls fail and do nothing. */
void fake_kill_at(struct fake_disk *disk, unsigned n, bool half);
bool fake_is_dead(const struct fake_disk *disk);

/* Calls n, n + 1, ... n + times - 1 of a kind fail with this errno and without effect; with `half`,
 * a write or pwrite stops after half of its bytes, and fails only when that is nothing. */
struct fake_fault {
    enum fake_call call;
    unsigned n, times;
    int error;
    bool half;
};
void fake_set_fault(struct fake_disk *disk, const struct fake_fault *fault);
void fake_clear_fault(struct fake_disk *disk);

/* A new process: nothing is open or locked, counters are zero, kill and fault are gone. */
void fake_restart(struct fake_disk *disk);

/* What of that which was not synced survives a power cut: nothing, the first half, all, or, of
 * names, only the second half: nothing says that a directory is written in order. */
enum fake_survival { FAKE_NONE = 0, FAKE_HALF, FAKE_ALL, FAKE_LATE, FAKE_SURVIVALS };
/* The power goes, then a new process starts. `names`: changes of directories;
 * `data`: contents of files. */
void fake_power_loss(struct fake_disk *disk, enum fake_survival names, enum fake_survival data);

/* The contents of a file, to look at and to spoil; NULL: there is none. Durable is as readable. */
struct buf *fake_file(struct fake_disk *disk, const char *path);
/* Puts a file there, durably. */
void fake_put(struct fake_disk *disk, const char *path, struct bytes contents);
void fake_remove(struct fake_disk *disk, const char *path);
/* The first path that starts so, NULL: none. */
const char *fake_find(const struct fake_disk *disk, const char *prefix);
