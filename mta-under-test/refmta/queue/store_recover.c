#include "mta-under-test/refmta/queue/message.h"
#include "mta-under-test/refmta/queue/store_private.h"

#include "mta-under-test/base/poison.h"

struct recovery {
    struct store *store;
    struct store_segment *segment;
    struct store_found *found;
    void (*take)(void *arg, struct record_item *item);
    void *arg;
};

static void recover_record(void *arg, const struct record_header *header, uint64_t offset,
                           struct slice meta)
{
    struct recovery *recovery = arg;
    struct record_reader reader = {.rest = meta};
    struct record_item item;
    recovery->found->records++;
    int more;
    while ((more = record_next(&reader, &item)) > 0) {
        if (item.message != NULL)
            store_entry_place(recovery->store, &item.message->entry, recovery->segment, offset,
                              header);
        recovery->take(recovery->arg, &item);
    }
    if (more < 0)
        recovery->found->damaged_bytes += reader.rest.len;
}

int store_recover(struct store *store, void (*take)(void *arg, struct record_item *item), void *arg,
                  struct store_found *found, struct err *err)
{
    uint32_t *numbers = NULL;
    size_t count = 0;
    *found = (struct store_found){0};
    if (segment_list(store->folder_fd, true, &numbers, &count) != 0)
        return err_set_errno(err, "cannot read the spool folder");
    for (size_t i = 0; i < count; i++)
        segment_delete_spare(store->folder_fd, numbers[i]);
    free(numbers);
    if (segment_list(store->folder_fd, false, &numbers, &count) != 0)
        return err_set_errno(err, "cannot read the spool folder");
    for (size_t i = 0; i < count; i++) {
        struct store_segment *segment = segment_open(store->folder_fd, numbers[i]);
        struct recovery recovery = {store, segment, found, take, arg};
        if (segment == NULL ||
            segment_walk(segment, recover_record, &recovery, &found->damaged_bytes) != 0) {
            err_set_errno(err, "cannot read segment %u of the spool", numbers[i]);
            segment_close(&segment);
            free(numbers);
            return -1;
        }
        uint64_t bytes = segment->bytes;
        segment->bytes = 0;
        store_segment_grown(store, segment, bytes);
        store->next_number = numbers[i] + 1;
    }
    free(numbers);
    return 0;
}
