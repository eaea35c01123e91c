/*
 * Power cuts. The system calls of the store are taken over by this file, which remembers what each
 * write replaced until a sync has made it safe. At a cut, which comes at any call, nothing more
 * reaches the files, and of what was not synced some writes are lost, some are torn into sectors,
 * and some stay; of changes to the folder, only the first ones stay. What the store had confirmed
 * must be there, and what it had confirmed to be gone must not come back.
 */
#include "mta-under-test/refmta/queue/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mta-under-test/base/map.h"
#include "mta-under-test/base/rng.h"
#include "mta-under-test/refmta/queue/message.h"
#include "tests/unit/unit.h"

enum {
    CUTS = 400,
    BATCHES_MAX = 12,
    OPERATIONS_MAX = 12,
    MESSAGES_MAX = 40000,
    CONTENT_MAX = 3000,
    SEGMENT = 16 << 10,
    SECTOR = 512,
    UNSYNCED_MAX = 4096,
    CALLS_MAX = 60, /* until the cut comes */
};

static struct rng rng;
static char folder[] = "/tmp/refmta-power-XXXXXX";

/* --- the disk --------------------------------------------------------------------------------- */

struct replaced { /* a write that is not synced */
    int fd;       /* our own */
    ino_t inode;
    off_t offset;
    size_t len;
    off_t size; /* of the file, before */
    char *bytes;
};

enum change_kind { CHANGE_MADE, CHANGE_RENAMED, CHANGE_REMOVED };

struct change { /* of the folder, not synced */
    enum change_kind kind;
    char name[64];
    char other[64]; /* the old name; where what was removed is kept */
};

static struct replaced writes[UNSYNCED_MAX];
static size_t write_count;
static struct change changes[UNSYNCED_MAX];
static size_t change_count;
static int folder_fd = -1;
static unsigned kept_number;
static bool is_armed;
static bool is_cut;
static uint64_t calls_left;
static uint64_t dropped_writes;
static uint64_t torn_writes;
static uint64_t dropped_changes;

/* Whether this call still reaches the disk. */
static bool has_power(void)
{
    if (is_armed && calls_left-- == 0)
        is_cut = true;
    if (is_cut)
        errno = EIO;
    return !is_cut;
}

static void forget_write(size_t index)
{
    close(writes[index].fd);
    free(writes[index].bytes);
    writes[index] = writes[--write_count];
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    struct stat status;
    size_t len = 0;
    bool was_cut = is_cut;
    bool is_last = !has_power(); /* a write on its way when the power goes may still arrive */
    if (was_cut)
        return -1;
    for (int i = 0; i < count; i++)
        len += parts[i].iov_len;
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_uint_lt(write_count, UNSYNCED_MAX);
    struct replaced *write = &writes[write_count++];
    *write = (struct replaced){dup(fd), status.st_ino, offset, len, status.st_size, mem_alloc(len)};
    ck_assert_int_ge(pread(fd, write->bytes, len, offset), 0);
    ssize_t written = syscall(SYS_pwritev, fd, parts, count, offset, 0);
    errno = EIO;
    return is_last ? -1 : written;
}

static void sync_file(ino_t inode)
{
    for (size_t i = write_count; i-- > 0;)
        if (writes[i].inode == inode)
            forget_write(i);
}

int fdatasync(int fd)
{
    struct stat status;
    if (!has_power())
        return -1;
    ck_assert_int_eq(fstat(fd, &status), 0);
    sync_file(status.st_ino);
    return 0;
}

int fsync(int fd)
{
    struct stat status;
    if (!has_power())
        return -1;
    ck_assert_int_eq(fstat(fd, &status), 0);
    if (!S_ISDIR(status.st_mode)) {
        sync_file(status.st_ino);
        return 0;
    }
    for (size_t i = 0; i < change_count; i++)
        if (changes[i].kind == CHANGE_REMOVED)
            syscall(SYS_unlinkat, folder_fd, changes[i].other, 0);
    change_count = 0;
    return 0;
}

static struct change *note_change(enum change_kind kind, const char *name)
{
    ck_assert_uint_lt(change_count, UNSYNCED_MAX);
    struct change *change = &changes[change_count++];
    change->kind = kind;
    snprintf(change->name, sizeof change->name, "%s", name);
    return change;
}

int openat(int where, const char *name, int flags, ...)
{
    bool is_ours = (flags & O_CREAT) != 0 && strstr(name, ".log") != NULL;
    if (is_ours && !has_power())
        return -1;
    int fd = (int)syscall(SYS_openat, where, name, flags, 0600);
    if (is_ours && fd >= 0)
        note_change(CHANGE_MADE, name);
    return fd;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    if (!has_power())
        return -1;
    int result = (int)syscall(SYS_renameat, from_fd, from, to_fd, to);
    if (result == 0) {
        struct change *change = note_change(CHANGE_RENAMED, to);
        snprintf(change->other, sizeof change->other, "%s", from);
    }
    return result;
}

int unlinkat(int where, const char *name, int flags)
{
    char kept[64];
    if (!has_power())
        return -1;
    snprintf(kept, sizeof kept, "kept-%u", kept_number++);
    if (syscall(SYS_linkat, where, name, where, kept, 0) == 0) {
        struct change *change = note_change(CHANGE_REMOVED, name);
        snprintf(change->other, sizeof change->other, "%s", kept);
    }
    return (int)syscall(SYS_unlinkat, where, name, flags);
}

static void put_back(const struct replaced *write, size_t from, size_t len)
{
    ck_assert_int_eq(pwrite(write->fd, write->bytes + from, len, write->offset + (off_t)from),
                     (ssize_t)len);
}

/* The last write first. A file keeps the length that its surviving part needs. */
static void lose_writes(void)
{
    while (write_count > 0) {
        const struct replaced *write = &writes[write_count - 1];
        uint64_t fate = rng_below(&rng, 3);
        if (fate == 0) {
            put_back(write, 0, write->len);
            dropped_writes++;
            if (write->offset + (off_t)write->len > write->size)
                ck_assert_int_eq(ftruncate(write->fd, write->size), 0);
        }
        for (size_t at = 0; fate == 1 && at < write->len; at += SECTOR)
            if (rng_below(&rng, 2) == 0)
                put_back(write, at, write->len - at < SECTOR ? write->len - at : SECTOR);
        torn_writes += fate == 1 ? 1 : 0;
        forget_write(write_count - 1);
    }
}

static void lose_changes(void)
{
    size_t stay = (size_t)rng_below(&rng, change_count + 1);
    while (change_count > 0) {
        const struct change *change = &changes[--change_count];
        bool is_lost = change_count >= stay;
        dropped_changes += is_lost ? 1 : 0;
        if (change->kind == CHANGE_MADE && is_lost)
            syscall(SYS_unlinkat, folder_fd, change->name, 0);
        if (change->kind == CHANGE_RENAMED && is_lost)
            syscall(SYS_renameat, folder_fd, change->name, folder_fd, change->other);
        if (change->kind == CHANGE_REMOVED && is_lost)
            syscall(SYS_renameat, folder_fd, change->other, folder_fd, change->name);
        else if (change->kind == CHANGE_REMOVED)
            syscall(SYS_unlinkat, folder_fd, change->other, 0);
    }
}

/* The machine is on again. */
static void boot(void)
{
    is_armed = false;
    is_cut = false;
    lose_writes();
    lose_changes();
}

/* --- what the store has said ------------------------------------------------------------------ */

enum state { ABSENT, ADDING, PRESENT, REMOVING };

struct known {
    enum state state;
    uint32_t len;
    struct message *message;
};

static struct known known[MESSAGES_MAX];
static uint64_t next_id = 1;
static uint64_t confirmed;
static struct store *store;

static char byte_of(uint64_t id, size_t at)
{
    return (char)('a' + (id * 7 + at) % 26);
}

static void take(void *arg, struct record_item *item)
{
    (void)arg;
    struct known *one = &known[item->id];
    if (item->change != RECORD_ADD && item->change != RECORD_REMOVE)
        return;
    if (one->message != NULL) {
        store_release(store, &one->message->entry);
        message_free(&one->message);
    }
    one->message = item->message;
}

static void check_content(uint64_t id)
{
    char content[CONTENT_MAX];
    const struct known *one = &known[id];
    ck_assert_int_eq(store_read(&one->message->entry, 0, content, sizeof content),
                     (ssize_t)one->len);
    for (size_t i = 0; i < one->len; i++)
        ck_assert_msg(content[i] == byte_of(id, i), "message %llu is spoilt",
                      (unsigned long long)id);
}

/* Opens the store after a cut and holds what is in it against what was said. */
static void recover(unsigned cut)
{
    struct err err = {.text = ""};
    struct store_found found;
    struct store_options options = {.folder = folder, .sync = true, .segment_bytes = SEGMENT};
    store = store_open(&options, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    ck_assert_msg(store_recover(store, take, NULL, &found, &err) == 0, "%s", err.text);
    for (uint64_t id = 1; id < next_id; id++) {
        struct known *one = &known[id];
        bool is_there = one->message != NULL;
        ck_assert_msg(is_there || one->state != PRESENT, "cut %u: message %llu is lost", cut,
                      (unsigned long long)id);
        ck_assert_msg(!is_there || one->state != ABSENT, "cut %u: message %llu came back", cut,
                      (unsigned long long)id);
        one->state = is_there ? PRESENT : ABSENT;
        if (is_there)
            check_content(id);
    }
}

static void on_added(void *arg, int error)
{
    struct known *one = arg;
    if (error == 0) {
        one->state = PRESENT;
        confirmed++;
    }
}

static void on_removed(void *arg, int error)
{
    struct known *one = arg;
    ck_assert_int_eq(error, 0); /* it must succeed, or stay in doubt */
    one->state = ABSENT;
    store_release(store, &one->message->entry);
    message_free(&one->message);
}

static void add(char content[CONTENT_MAX])
{
    struct envelope envelope;
    uint64_t id = next_id++;
    ck_assert_uint_lt(id, MESSAGES_MAX);
    struct known *one = &known[id];
    envelope_init(&envelope);
    envelope_set_sender(&envelope, SLICE("a@s.test"));
    envelope_add_recipient(&envelope, SLICE("b@x.test"));
    *one = (struct known){ADDING, (uint32_t)rng_below(&rng, CONTENT_MAX),
                          message_new(&envelope, id, 1)};
    envelope_deinit(&envelope);
    for (size_t i = 0; i < one->len; i++)
        content[i] = byte_of(id, i);
    struct store_commit *commit = store_commit_new();
    record_add(&commit->meta, one->message);
    commit->content = slice_from(content, one->len);
    commit->entry = &one->message->entry;
    commit->done = on_added;
    commit->arg = one;
    store_submit(store, commit);
}

static void remove_some(void)
{
    for (uint64_t id = next_id; id-- > 1;) {
        if (known[id].state != PRESENT || rng_below(&rng, 8) == 0)
            continue;
        struct store_commit *commit = store_commit_new();
        known[id].state = REMOVING;
        record_remove(&commit->meta, id);
        commit->must_succeed = true;
        commit->done = on_removed;
        commit->arg = &known[id];
        store_submit(store, commit);
    }
}

/* Batches of work until the power is gone. */
static void work(void)
{
    static char contents[OPERATIONS_MAX][CONTENT_MAX];
    calls_left = rng_below(&rng, CALLS_MAX);
    is_armed = true;
    for (unsigned i = 0; i < BATCHES_MAX && !is_cut; i++) {
        uint64_t count = 1 + rng_below(&rng, OPERATIONS_MAX - 1);
        for (uint64_t j = 0; j < count; j++)
            add(contents[j]);
        if (rng_below(&rng, 2) == 0)
            remove_some();
        store_flush(store);
    }
    is_cut = true;
    store_close(&store);
    for (uint64_t id = 1; id < next_id; id++)
        message_free(&known[id].message);
}

START_TEST(what_was_confirmed_survives_every_cut)
{
    rng_init(&rng, 7);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned cut = 0; cut < CUTS; cut++) {
        recover(cut);
        work();
        boot();
    }
    recover(CUTS);
    printf("%d cuts: %llu messages confirmed; lost: %llu writes, %llu torn, %llu changes of the "
           "folder\n",
           CUTS, (unsigned long long)confirmed, (unsigned long long)dropped_writes,
           (unsigned long long)torn_writes, (unsigned long long)dropped_changes);
    ck_assert_uint_gt(confirmed, CUTS);
    ck_assert_uint_gt(dropped_writes, CUTS / 10);
    ck_assert_uint_gt(torn_writes, CUTS / 10);
    ck_assert_uint_gt(dropped_changes, CUTS / 10);
    store_close(&store);
    for (uint64_t id = 1; id < next_id; id++)
        message_free(&known[id].message);
    close(folder_fd);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

UNIT_MAIN(what_was_confirmed_survives_every_cut)
