#include "mta-under-test/refmta/queue/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/refmta/queue/message.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/refmta-store-XXXXXX";

/* Whether the stores of this test sync; without, no file is used again. */
static bool want_sync;

static void folder_make(void)
{
    memcpy(folder, "/tmp/refmta-store-XXXXXX", sizeof folder);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void folder_remove(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static struct store *open_with(struct event_base *base, uint64_t segment_bytes)
{
    struct err err = {.text = ""};
    struct store_options options = {.folder = folder,
                                    .sync = want_sync || base != NULL,
                                    .segment_bytes = segment_bytes,
                                    .base = base};
    struct store *store = store_open(&options, &err);
    ck_assert_msg(store != NULL, "%s", err.text);
    return store;
}

/* What a recovery finds: the messages, by id. */
struct found {
    struct store *store;
    struct map messages;
};

static struct slice key_of(const uint64_t *id)
{
    return slice_from((const char *)id, sizeof *id);
}

static void forget(struct found *found, struct message *message)
{
    if (message == NULL)
        return;
    store_release(found->store, &message->entry);
    message_free(&message);
}

static void take(void *arg, struct record_item *item)
{
    struct found *found = arg;
    if (item->change == RECORD_ADD)
        forget(found, map_set(&found->messages, key_of(&item->id), item->message));
    if (item->change == RECORD_REMOVE)
        forget(found, map_remove(&found->messages, key_of(&item->id)));
}

static struct store_found recover(struct store *store, struct found *found)
{
    struct store_found result;
    struct err err = {.text = ""};
    *found = (struct found){.store = store};
    ck_assert_msg(store_recover(store, take, found, &result, &err) == 0, "%s", err.text);
    return result;
}

static void close_found(struct store **store, struct found *found)
{
    store_close(store);
    for (struct map_entry *at = map_first(&found->messages); at != NULL; at = map_next(at)) {
        struct message *message = map_value(at);
        message_free(&message);
    }
    map_deinit(&found->messages, NULL);
}

static struct message *message_of(uint64_t id)
{
    struct envelope envelope;
    envelope_init(&envelope);
    envelope_set_sender(&envelope, SLICE("a@s.test"));
    envelope_add_recipient(&envelope, SLICE("b@x.test"));
    struct message *message = message_new(&envelope, id, 1);
    envelope_deinit(&envelope);
    return message;
}

static void count_error(void *arg, int error)
{
    *(int *)arg = error;
}

/* Stores a message with `len` bytes of content that tell its id. */
static struct message *add(struct store *store, uint64_t id, char *content, size_t len, int *error)
{
    struct message *message = message_of(id);
    struct store_commit *commit = store_commit_new();
    memset(content, 'a' + (int)(id % 26), len);
    record_add(&commit->meta, message);
    commit->content = slice_from(content, len);
    commit->entry = &message->entry;
    commit->done = count_error;
    commit->arg = error;
    *error = -1;
    store_submit(store, commit);
    return message;
}

static void drop(struct store *store, struct message *message, bool release)
{
    struct store_commit *commit = store_commit_new();
    record_remove(&commit->meta, message->id);
    commit->must_succeed = true;
    store_submit(store, commit);
    store_flush(store);
    if (release)
        store_release(store, &message->entry);
}

static uint64_t total_bytes(const struct store *store)
{
    struct store_figures figures;
    store_figures(store, &figures);
    return figures.total_bytes;
}

START_TEST(what_was_stored_is_found_again)
{
    char content[5000];
    char read[5000];
    int error;
    struct found found;
    folder_make();
    struct store *store = open_with(NULL, 0);
    recover(store, &found);
    struct message *first = add(store, 1, content, 100, &error);
    ck_assert_int_eq(error, -1);
    store_flush(store);
    ck_assert_int_eq(error, 0);
    struct message *second = add(store, 2, content, sizeof content, &error);
    store_flush(store);
    drop(store, first, true);
    ck_assert_int_eq(store_read(&second->entry, 0, read, sizeof read), 5000);
    ck_assert_mem_eq(read, content, sizeof read);
    close_found(&store, &found);
    message_free(&first);
    message_free(&second);

    store = open_with(NULL, 0);
    struct store_found result = recover(store, &found);
    ck_assert_uint_eq(result.records, 3);
    ck_assert_uint_eq(result.damaged_bytes, 0);
    ck_assert_uint_eq(found.messages.count, 1);
    second = map_value(map_first(&found.messages));
    ck_assert_uint_eq(second->id, 2);
    ck_assert_int_eq(store_read(&second->entry, 4990, read, sizeof read), 10);
    ck_assert_int_eq(read[0], 'c');
    ck_assert_int_eq(store_read(&second->entry, 5000, read, sizeof read), 0);
    close_found(&store, &found);
    folder_remove();
}
END_TEST

START_TEST(a_spool_has_one_owner)
{
    struct err err;
    folder_make();
    struct store *store = open_with(NULL, 0);
    struct store_options options = {.folder = folder};
    ck_assert_ptr_null(store_open(&options, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "in use by another refmta"));
    store_close(&store);
    folder_remove();
}
END_TEST

/* Cuts the only segment to each length: all whole records before the cut are found, no more. */
START_TEST(a_torn_end_costs_only_itself)
{
    char content[64];
    int error;
    char path[128];
    struct found found;
    struct stat status;
    uint64_t ends[4] = {0};
    folder_make();
    snprintf(path, sizeof path, "%s/0000000000.log", folder);
    struct store *store = open_with(NULL, 0);
    recover(store, &found);
    for (uint64_t i = 1; i <= 3; i++) {
        struct message *message = add(store, i, content, sizeof content, &error);
        store_flush(store);
        store_release(store, &message->entry);
        message_free(&message);
        ck_assert_int_eq(stat(path, &status), 0);
        ends[i] = (uint64_t)status.st_size;
    }
    close_found(&store, &found);
    for (uint64_t len = ends[3]; len-- > 0;) {
        ck_assert_int_eq(truncate(path, (off_t)len), 0);
        store = open_with(NULL, 0);
        struct store_found result = recover(store, &found);
        size_t whole = len >= ends[2] ? 2 : len >= ends[1] ? 1 : 0;
        ck_assert_uint_eq(found.messages.count, whole);
        ck_assert_uint_eq(result.damaged_bytes, len - ends[whole]);
        close_found(&store, &found);
    }
    folder_remove();
}
END_TEST

START_TEST(a_damaged_record_does_not_hide_the_next)
{
    char content[64];
    int error;
    char path[128];
    struct found found;
    folder_make();
    snprintf(path, sizeof path, "%s/0000000000.log", folder);
    struct store *store = open_with(NULL, 0);
    recover(store, &found);
    for (uint64_t i = 1; i <= 3; i++) {
        struct message *message = add(store, i, content, sizeof content, &error);
        store_flush(store);
        store_release(store, &message->entry);
        message_free(&message);
    }
    uint64_t third = total_bytes(store) / 3;
    close_found(&store, &found);
    int fd = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "!", 1, (off_t)third + 30), 1);
    close(fd);
    store = open_with(NULL, 0);
    struct store_found result = recover(store, &found);
    ck_assert_uint_eq(found.messages.count, 2);
    ck_assert_uint_eq(result.damaged_bytes, third);
    close_found(&store, &found);
    folder_remove();
}
END_TEST

START_TEST(space_comes_back_from_the_oldest_end)
{
    enum { COUNT = 200, SEGMENT = 20000 };
    static char content[COUNT][1000];
    static struct message *messages[COUNT];
    int error;
    struct found found;
    folder_make();
    struct store *store = open_with(NULL, SEGMENT);
    recover(store, &found);
    for (uint64_t i = 0; i < COUNT; i++) {
        messages[i] = add(store, i + 1, content[i], sizeof content[i], &error);
        store_flush(store);
    }
    ck_assert_uint_gt(total_bytes(store), 10 * SEGMENT);
    /* All but the first: it holds everything back, and is worth moving. */
    for (size_t i = 1; i < COUNT; i++)
        drop(store, messages[i], true);
    ck_assert_uint_gt(total_bytes(store), 10 * SEGMENT);
    struct store_entry *oldest = store_oldest_entry(store);
    ck_assert_ptr_eq(oldest, &messages[0]->entry);
    struct store_commit *commit = store_commit_new();
    record_add(&commit->meta, messages[0]);
    commit->content = slice_from(content[0], sizeof content[0]);
    commit->entry = oldest;
    commit->must_succeed = true;
    store_submit(store, commit);
    store_flush(store);
    ck_assert_uint_lt(total_bytes(store), 2 * SEGMENT);
    ck_assert_ptr_null(store_oldest_entry(store));
    char byte;
    ck_assert_int_eq(store_read(&messages[0]->entry, 0, &byte, 1), 1);
    ck_assert_int_eq(byte, 'b');
    close_found(&store, &found);
    for (size_t i = 0; i < COUNT; i++)
        message_free(&messages[i]);

    store = open_with(NULL, SEGMENT);
    recover(store, &found);
    ck_assert_uint_eq(found.messages.count, 1);
    close_found(&store, &found);
    folder_remove();
}
END_TEST

START_TEST(old_files_are_used_again_and_their_records_are_not)
{
    enum { COUNT = 60, SEGMENT = 5000 };
    static char content[COUNT][1000];
    static struct message *messages[COUNT];
    char path[128];
    int error;
    struct found found;
    struct stat status;
    folder_make();
    want_sync = true;
    struct store *store = open_with(NULL, SEGMENT);
    recover(store, &found);
    for (uint64_t i = 0; i < COUNT; i++) {
        messages[i] = add(store, i + 1, content[i], sizeof content[i], &error);
        store_flush(store);
        ck_assert_int_eq(error, 0);
        if (i > 0)
            drop(store, messages[i - 1], true);
    }
    /* The oldest is gone, and its blocks live on in a younger one, with old records behind its end.
     */
    snprintf(path, sizeof path, "%s/0000000000.log", folder);
    ck_assert_int_eq(stat(path, &status), -1);
    ck_assert_uint_lt(total_bytes(store), 4 * SEGMENT);
    close_found(&store, &found);
    for (size_t i = 0; i < COUNT; i++)
        message_free(&messages[i]);
    store = open_with(NULL, SEGMENT);
    recover(store, &found);
    ck_assert_uint_eq(found.messages.count, 1);
    ck_assert_ptr_nonnull(map_get(&found.messages, key_of(&(uint64_t){COUNT})));
    close_found(&store, &found);
    folder_remove();
}
END_TEST

/* A file size limit stands for a full disk: new mail is refused, states are kept and written when
 * there is room again. */
START_TEST(a_full_disk_loses_nothing)
{
    char content[3000];
    int error;
    struct found found;
    struct rlimit limit;
    folder_make();
    signal(SIGXFSZ, SIG_IGN);
    struct store *store = open_with(NULL, 0);
    recover(store, &found);
    struct message *first = add(store, 1, content, 100, &error);
    store_flush(store);
    ck_assert_int_eq(error, 0);
    uint64_t bytes = total_bytes(store);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = bytes + 10;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct message *second = add(store, 2, content, sizeof content, &error);
    store_flush(store);
    ck_assert_int_ne(error, 0);
    struct store_commit *commit = store_commit_new();
    int removed = -1;
    record_remove(&commit->meta, 1);
    commit->must_succeed = true;
    commit->done = count_error;
    commit->arg = &removed;
    store_submit(store, commit);
    store_flush(store);
    ck_assert_int_eq(removed, -1);
    limit.rlim_cur = before;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    store_flush(store);
    ck_assert_int_eq(removed, 0);
    store_release(store, &first->entry);
    message_free(&first);
    message_free(&second);
    close_found(&store, &found);
    store = open_with(NULL, 0);
    struct store_found result = recover(store, &found);
    ck_assert_uint_eq(found.messages.count, 0);
    ck_assert_uint_eq(result.damaged_bytes, 0);
    close_found(&store, &found);
    folder_remove();
}
END_TEST

/* The child stores messages as fast as it can, says each id when it is durable, and is killed. */
static void child_main(int out)
{
    static char content[8][4096];
    struct message *messages[8];
    int errors[8];
    struct found found;
    struct store *store = open_with(NULL, 100000);
    recover(store, &found);
    for (uint64_t id = 1;; id += 8) {
        for (uint64_t i = 0; i < 8; i++)
            messages[i] = add(store, id + i, content[i], sizeof content[i], &errors[i]);
        store_flush(store);
        for (uint64_t i = 0; i < 8; i++) {
            uint64_t done = id + i;
            if (errors[i] != 0 || write(out, &done, sizeof done) != (ssize_t)sizeof done)
                _exit(1);
        }
        /* Every second one is ended again, which is said with the top bit. */
        for (uint64_t i = 0; i < 8; i += 2) {
            uint64_t done = (id + i) | UINT64_C(1) << 63;
            drop(store, messages[i], true);
            if (write(out, &done, sizeof done) != (ssize_t)sizeof done)
                _exit(1);
        }
    }
}

START_TEST(a_killed_writer_has_lost_nothing_it_promised)
{
    for (unsigned round = 0; round < 10; round++) {
        want_sync = round % 4 == 3;
        int pipes[2];
        struct found found;
        uint64_t id;
        struct map alive = {0};
        uint64_t last_ended = 0;
        folder_make();
        ck_assert_int_eq(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) {
            close(pipes[0]);
            child_main(pipes[1]);
        }
        close(pipes[1]);
        /* Killed after a number of promises, so that no clock is needed. */
        for (unsigned said = 0; read(pipes[0], &id, sizeof id) == (ssize_t)sizeof id; said++) {
            uint64_t plain = id & ~(UINT64_C(1) << 63);
            if (said == 100 + round * 37)
                kill(child, SIGKILL);
            if (id == plain)
                map_set(&alive, key_of(&plain), folder);
            else
                map_remove(&alive, key_of(&plain));
            last_ended = id == plain ? last_ended : plain;
        }
        close(pipes[0]);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        struct store *store = open_with(NULL, 100000);
        recover(store, &found);
        for (struct map_entry *at = map_first(&alive); at != NULL; at = map_next(at)) {
            uint64_t kept;
            memcpy(&kept, map_key(at), sizeof kept);
            const struct message *message = map_get(&found.messages, key_of(&kept));
            char content[4096];
            /* The one that was being ended just then may be gone. */
            if (message == NULL && kept == last_ended + 2)
                continue;
            ck_assert_msg(message != NULL, "message %llu is lost", (unsigned long long)kept);
            ck_assert_int_eq(store_read(&message->entry, 0, content, sizeof content), 4096);
            ck_assert_int_eq(content[4095], 'a' + (int)(kept % 26));
        }
        for (struct map_entry *at = map_first(&found.messages); at != NULL; at = map_next(at)) {
            const struct message *message = map_value(at);
            ck_assert_msg(message->id % 2 == 0 || message->id > last_ended, "message %llu is back",
                          (unsigned long long)message->id);
        }
        close_found(&store, &found);
        map_deinit(&alive, NULL);
        folder_remove();
    }
}
END_TEST

static void stop_loop(void *arg, int error)
{
    ck_assert_int_eq(error, 0);
    event_base_loopbreak(arg);
}

START_TEST(the_thread_tells_the_loop)
{
    char content[10];
    int error = 0;
    struct found found;
    folder_make();
    struct event_base *base = event_base_new();
    struct store *store = open_with(base, 0);
    recover(store, &found);
    for (unsigned i = 0; i < 50; i++) {
        struct message *message = add(store, i + 1, content, sizeof content, &error);
        struct store_commit *commit = store_commit_new();
        record_warned(&commit->meta, i + 1);
        commit->done = stop_loop;
        commit->arg = base;
        store_submit(store, commit);
        event_base_dispatch(base);
        ck_assert_int_eq(error, 0);
        store_release(store, &message->entry);
        message_free(&message);
    }
    close_found(&store, &found);
    event_base_free(base);
    folder_remove();
}
END_TEST

UNIT_MAIN(what_was_stored_is_found_again, a_spool_has_one_owner, a_torn_end_costs_only_itself,
          a_damaged_record_does_not_hide_the_next, space_comes_back_from_the_oldest_end,
          old_files_are_used_again_and_their_records_are_not, a_full_disk_loses_nothing,
          a_killed_writer_has_lost_nothing_it_promised, the_thread_tells_the_loop)
