#include "sim/mta/mta_syslog.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/slice.h"

#include "mta-under-test/base/poison.h"

enum { SYSLOG_LINE_BYTES_MAX = 8192 };

struct mta_syslog {
    int fd;
    int output_fd;
    struct event *readable;
};

/* "<22>Nov 28 20:21:30 sendmail[17]: text": what stands in <> is the priority (RFC 3164 4.1.1). */
static struct slice syslog_line(struct slice datagram)
{
    while (datagram.len > 0 &&
           (datagram.data[datagram.len - 1] == '\0' || datagram.data[datagram.len - 1] == '\n'))
        datagram = slice_first(datagram, datagram.len - 1);
    size_t end = slice_find(datagram, '>');
    if (datagram.len > 0 && datagram.data[0] == '<' && end != SIZE_MAX)
        datagram = slice_skip(datagram, end + 1);
    return datagram;
}

static void syslog_take(struct mta_syslog *syslog)
{
    char bytes[SYSLOG_LINE_BYTES_MAX + 1];
    ssize_t got;
    while ((got = recv(syslog->fd, bytes, SYSLOG_LINE_BYTES_MAX, MSG_DONTWAIT)) >= 0) {
        struct slice line = syslog_line(slice_from(bytes, (size_t)got));
        bytes[line.data + line.len - bytes] = '\n';
        (void)!file_write_fd(syslog->output_fd, slice_from(line.data, line.len + 1));
    }
}

static void syslog_on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    syslog_take(context);
}

struct mta_syslog *mta_syslog_open(struct event_base *base, const char *path, int output_fd,
                                   struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct mta_syslog *syslog = mem_alloc(sizeof *syslog);
    *syslog = (struct mta_syslog){.output_fd = output_fd};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    syslog->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Servers write to it as users of their own. */
    if (syslog->fd < 0 ||
        bind(syslog->fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, 0666) != 0) {
        err_set_errno(err, "%s: cannot be made for the server's log", path);
        mta_syslog_close(&syslog);
        return NULL;
    }
    syslog->readable =
        event_new(base, syslog->fd, EV_READ | EV_PERSIST, syslog_on_readable, syslog);
    event_add(syslog->readable, NULL);
    return syslog;
}

void mta_syslog_close(struct mta_syslog **syslog_at)
{
    struct mta_syslog *syslog = *syslog_at;
    if (syslog == NULL)
        return;
    *syslog_at = NULL;
    if (syslog->readable != NULL) {
        syslog_take(syslog);
        event_free(syslog->readable);
    }
    if (syslog->fd >= 0)
        close(syslog->fd);
    free(syslog);
}
