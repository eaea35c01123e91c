#include "mta-under-test/refmta/queue/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { NAME_BYTES = 32 };

static const char SUFFIX[] = ".log";
static const char SPARE_SUFFIX[] = ".spare";

static const char *file_of(uint32_t number, const char *suffix, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%010u%s", number, suffix);
    return name;
}

static struct store_segment *segment_of(int fd, uint32_t number)
{
    struct store_segment *segment = mem_alloc(sizeof *segment);
    list_init(&segment->link);
    list_init(&segment->entries);
    segment->number = number;
    segment->fd = fd;
    return segment;
}

struct store_segment *segment_create(int folder_fd, uint32_t number, const uint32_t *spare,
                                     bool sync)
{
    char name[NAME_BYTES];
    char spare_name[NAME_BYTES];
    file_of(number, SUFFIX, name);
    if (spare != NULL &&
        renameat(folder_fd, file_of(*spare, SPARE_SUFFIX, spare_name), folder_fd, name) != 0)
        spare = NULL;
    int fd =
        openat(folder_fd, name, O_RDWR | (spare != NULL ? 0 : O_CREAT | O_EXCL) | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    if (sync && fsync(folder_fd) != 0) {
        int saved = errno;
        close(fd);
        unlinkat(folder_fd, name, 0);
        errno = saved;
        return NULL;
    }
    return segment_of(fd, number);
}

struct store_segment *segment_open(int folder_fd, uint32_t number)
{
    char name[NAME_BYTES];
    int fd = openat(folder_fd, file_of(number, SUFFIX, name), O_RDWR | O_CLOEXEC);
    return fd >= 0 ? segment_of(fd, number) : NULL;
}

void segment_close(struct store_segment **where)
{
    struct store_segment *segment = *where;
    *where = NULL;
    if (segment == NULL)
        return;
    list_remove(&segment->link);
    close(segment->fd);
    free(segment);
}

void segment_delete(int folder_fd, struct store_segment **segment, bool keep, bool sync)
{
    char name[NAME_BYTES];
    char spare_name[NAME_BYTES];
    uint32_t number = (*segment)->number;
    file_of(number, SUFFIX, name);
    file_of(number, SPARE_SUFFIX, spare_name);
    if (!keep || renameat(folder_fd, name, folder_fd, spare_name) != 0)
        unlinkat(folder_fd, name, 0);
    /* The deletions must reach the disk in order: see store.h. */
    if (sync)
        fsync(folder_fd);
    segment_close(segment);
}

void segment_delete_spare(int folder_fd, uint32_t number)
{
    char name[NAME_BYTES];
    unlinkat(folder_fd, file_of(number, SPARE_SUFFIX, name), 0);
}

void segment_trim(const struct store_segment *segment, uint64_t bytes)
{
    /* Only to give back what nobody needs: what stays behind the end is passed over. */
    if (ftruncate(segment->fd, (off_t)bytes) != 0)
        return;
}

int segment_write(const struct store_segment *segment, struct iovec *parts, int count,
                  uint64_t offset)
{
    while (count > 0) {
        int now = count < IOV_MAX ? count : IOV_MAX;
        ssize_t written = pwritev(segment->fd, parts, now, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        if (written == 0)
            return EIO;
        offset += (uint64_t)written;
        size_t left = (size_t)written;
        while (count > 0 && left >= parts->iov_len) {
            left -= parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + left;
            parts->iov_len -= left;
        }
    }
    return 0;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

int segment_list(int folder_fd, bool spares, uint32_t **numbers, size_t *count)
{
    const char *suffix = spares ? SPARE_SUFFIX : SUFFIX;
    int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL)
        return -1;
    size_t size = 0;
    *numbers = NULL;
    *count = 0;
    for (struct dirent *item; (item = readdir(folder)) != NULL;) {
        struct slice name = slice_of(item->d_name);
        uint64_t number = 0;
        if (!slice_ends_with_nocase(name, slice_of(suffix)) ||
            text_to_u64(slice_first(name, name.len - strlen(suffix)), &number) != 0 ||
            number > UINT32_MAX)
            continue;
        if (*count == size) {
            size = size > 0 ? size * 2 : 16;
            *numbers = mem_grow(*numbers, size, sizeof **numbers);
        }
        (*numbers)[(*count)++] = (uint32_t)number;
    }
    closedir(folder);
    if (*count > 1)
        qsort(*numbers, *count, sizeof **numbers, compare_numbers);
    return 0;
}

/* The bytes of the whole record at `at`, or 0 if there is none. */
static uint64_t record_len(const struct store_segment *segment, struct slice file, uint64_t at,
                           struct record_header *header)
{
    struct slice rest = slice_skip(file, at);
    if (rest.len < RECORD_HEADER_BYTES || !record_open(rest.data, header))
        return 0;
    uint64_t len = RECORD_HEADER_BYTES + (uint64_t)header->meta_len + header->content_len;
    if (rest.len < len)
        return 0;
    struct slice meta = slice_from(rest.data + RECORD_HEADER_BYTES, header->meta_len);
    struct slice content = slice_from(meta.data + meta.len, header->content_len);
    if (!record_meta_is_right(header, segment->number, meta) ||
        !record_content_is_right(header, content))
        return 0;
    return len;
}

int segment_walk(struct store_segment *segment,
                 void (*take)(void *arg, const struct record_header *header, uint64_t offset,
                              struct slice meta),
                 void *arg, uint64_t *damaged_bytes)
{
    struct stat status;
    if (fstat(segment->fd, &status) != 0)
        return -1;
    size_t size = (size_t)status.st_size;
    if (size == 0)
        return 0;
    char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, segment->fd, 0);
    if (map == MAP_FAILED)
        return -1;
    struct slice file = slice_from(map, size);
    uint64_t at = 0;
    while (at < size) {
        struct record_header header;
        uint64_t len = record_len(segment, file, at, &header);
        if (len == 0) {
            size_t next = record_search(file, at + 1);
            *damaged_bytes += (next == SIZE_MAX ? size : next) - at;
            at = next == SIZE_MAX ? size : next;
            continue;
        }
        take(arg, &header, at, slice_from(map + at + RECORD_HEADER_BYTES, header.meta_len));
        at += len;
        segment->bytes = at;
    }
    munmap(map, size);
    return 0;
}
