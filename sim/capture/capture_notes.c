#include "sim/capture/capture_notes.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum {
    WRITE_AT_BYTES = 64 * 1024,
    LINE_BYTES_MAX = 64,
    EVENTS_MAX = 200 * 1000 * 1000, /* that a file may speak of */
};

struct capture_notes {
    struct capture *capture;
    int fd;
    int write_errno;
    struct buf lines;
};

static void write_lines(struct capture_notes *notes)
{
    if (notes->write_errno == 0 && file_write_fd(notes->fd, buf_slice(&notes->lines)) != 0)
        notes->write_errno = errno;
    buf_reset(&notes->lines);
}

static void note_event(void *context, uint64_t seq, struct slice line)
{
    (void)line;
    struct capture_notes *notes = context;
    capture_drain(notes->capture);
    buf_format(&notes->lines, "%" PRIu64 "\t%" PRIu64 "\n", seq, capture_packets(notes->capture));
    if (notes->lines.len >= WRITE_AT_BYTES)
        write_lines(notes);
}

struct capture_notes *capture_notes_open(struct capture *capture, struct event_log *log, int fd)
{
    struct capture_notes *notes = mem_alloc(sizeof *notes);
    notes->capture = capture;
    notes->fd = fd;
    buf_init(&notes->lines, WRITE_AT_BYTES + LINE_BYTES_MAX);
    event_log_listen(log, note_event, notes);
    return notes;
}

int capture_notes_close(struct capture_notes **where, struct err *err)
{
    struct capture_notes *notes = *where;
    if (notes == NULL)
        return 0;
    *where = NULL;
    write_lines(notes);
    if (close(notes->fd) != 0 && notes->write_errno == 0)
        notes->write_errno = errno;
    int write_errno = notes->write_errno;
    buf_deinit(&notes->lines);
    free(notes);
    if (write_errno == 0)
        return 0;
    errno = write_errno;
    return err_set_errno(err, "the packet numbers of the events could not be written whole");
}

static int read_line(char *line, uint64_t *seq, uint64_t *packet)
{
    struct slice rest = slice_trim(slice_of(line));
    struct slice first;
    if (!slice_split(&rest, '\t', &first))
        return -1;
    if (text_to_u64(first, seq) != 0 || *seq >= EVENTS_MAX)
        return -1;
    return text_to_u64(rest, packet);
}

int capture_notes_read(const char *path, uint64_t **packets, size_t *count, struct err *err)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return err_set_errno(err, "%s: cannot be opened", path);
    char line[LINE_BYTES_MAX];
    size_t size = 0;
    size_t number = 0;
    int result = 0;
    *packets = NULL;
    *count = 0;
    while (result == 0 && fgets(line, sizeof line, stream) != NULL) {
        uint64_t seq;
        uint64_t packet;
        number++;
        /* In order and without gaps, as the log counts. */
        if (read_line(line, &seq, &packet) != 0 || seq != *count) {
            result = err_set(err, "%s:%zu: expected \"SEQ<TAB>PACKET\"", path, number);
            break;
        }
        if (*count == size) {
            size = size == 0 ? 1024 : size * 2;
            *packets = mem_grow(*packets, size, sizeof **packets);
        }
        (*packets)[(*count)++] = packet;
    }
    if (result == 0 && ferror(stream))
        result = err_set_errno(err, "%s: cannot be read", path);
    fclose(stream);
    if (result != 0) {
        free(*packets);
        *packets = NULL;
        *count = 0;
    }
    return result;
}
