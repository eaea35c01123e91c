#include "sim/mta/mta_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/time_text.h"
#include "sim/mta/mta_spawn.h"

#include "mta-under-test/base/poison.h"

enum { MTA_PROBE_PAUSE_MS = 10, MTA_PROBE_PAUSE_MAX_MS = 50 };

/* How long a server may take to greet, and one connection to say something. */
static const int64_t MTA_PROBE_US = 120 * TIME_SECOND;
static const struct timeval MTA_PROBE_READ = {10, 0};

struct mta_probe {
    struct event_base *base;
    int network_fd;
    struct address address;
    uint16_t port;
    mta_probe_done *done;
    void *context;
    int64_t began_us;
    int pause_ms;
    int fd;
    struct event *socket_event;
    struct event *timer;
};

static void mta_probe_close(struct mta_probe *probe)
{
    if (probe->socket_event != NULL)
        event_free(probe->socket_event);
    probe->socket_event = NULL;
    if (probe->fd >= 0)
        close(probe->fd);
    probe->fd = -1;
}

static void mta_probe_again(struct mta_probe *probe)
{
    mta_probe_close(probe);
    if (time_monotonic_us() - probe->began_us > MTA_PROBE_US) {
        probe->done(probe->context, false);
        return;
    }
    const struct timeval wait = {probe->pause_ms / 1000, probe->pause_ms % 1000 * 1000L};
    event_add(probe->timer, &wait);
    if (probe->pause_ms < MTA_PROBE_PAUSE_MAX_MS)
        probe->pause_ms *= 2;
}

/* Something came, or the connection failed, or nothing came in time. */
static void mta_probe_on_socket(evutil_socket_t fd, short what, void *context)
{
    struct mta_probe *probe = context;
    char line[512];
    ssize_t got = (what & EV_READ) != 0 ? recv(fd, line, sizeof line, 0) : -1;
    if (got < 3 || line[0] != '2') {
        mta_probe_again(probe);
        return;
    }
    /* A polite end, so that no server logs a lost connection. */
    ssize_t ignored = send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored;
    mta_probe_close(probe);
    probe->done(probe->context, true);
}

static void mta_probe_on_time(evutil_socket_t unused, short what, void *context)
{
    struct mta_probe *probe = context;
    struct sockaddr_storage to;
    (void)unused;
    (void)what;
    if (probe->port == 0) {
        probe->done(probe->context, true);
        return;
    }
    socklen_t to_len = address_to_socket(&probe->address, probe->port, &to);
    probe->fd = mta_spawn_socket(probe->network_fd, to.ss_family,
                                 SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (probe->fd < 0 ||
        (connect(probe->fd, (const struct sockaddr *)&to, to_len) != 0 && errno != EINPROGRESS)) {
        mta_probe_again(probe);
        return;
    }
    probe->socket_event = event_new(probe->base, probe->fd, EV_READ, mta_probe_on_socket, probe);
    event_add(probe->socket_event, &MTA_PROBE_READ);
}

bool mta_probe_is_taken(int network_fd, const struct address *address, uint16_t port)
{
    struct sockaddr_storage at;
    socklen_t at_len = address_to_socket(address, port, &at);
    int on = 1;
    int fd = mta_spawn_socket(network_fd, at.ss_family, SOCK_STREAM | SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    /* With it only one who listens is in the way, not the rest of an old connection. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool taken = bind(fd, (const struct sockaddr *)&at, at_len) != 0 && errno == EADDRINUSE;
    close(fd);
    return taken;
}

struct mta_probe *mta_probe_new(struct event_base *base, int network_fd,
                                const struct address *address, uint16_t port, mta_probe_done *done,
                                void *context)
{
    struct mta_probe *probe = mem_alloc(sizeof *probe);
    *probe = (struct mta_probe){
        .base = base,
        .network_fd = network_fd,
        .address = *address,
        .port = port,
        .done = done,
        .context = context,
        .began_us = time_monotonic_us(),
        .pause_ms = MTA_PROBE_PAUSE_MS,
        .fd = -1,
    };
    const struct timeval now = {0, 0};
    probe->timer = evtimer_new(base, mta_probe_on_time, probe);
    event_add(probe->timer, &now);
    return probe;
}

void mta_probe_free(struct mta_probe **probe)
{
    if (*probe == NULL)
        return;
    mta_probe_close(*probe);
    event_free((*probe)->timer);
    free(*probe);
    *probe = NULL;
}
