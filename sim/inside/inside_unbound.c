/*
 * The real Unbound as the resolver of the world: started in the network of the server under test
 * before that server, and ended after it. It belongs to the world, not to the server: what the
 * timeline does to the server's processes leaves it alone.
 */
#include "sim/inside/inside_state.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/dns/dns_unbound.h"
#include "sim/mta/mta_probe.h"
#include "sim/mta/mta_spawn.h"
#include "sim/world/network.h"

#include "mta-under-test/base/poison.h"

#define UNBOUND_FILE "/run/unbound.conf"

enum { UNBOUND_FILE_BYTES_MAX = 1024 * 1024, UNBOUND_PORT = 53, UNBOUND_LOOK_US = 20 * 1000 };

static void inside_unbound_failed(struct inside *inside, const char *why)
{
    inside->exit_code = INSIDE_EXIT_SERVER;
    inside_end(inside, "mta-failed", "unbound %s; resolver.log may say more", why);
}

static void inside_on_unbound_exit(evutil_socket_t fd, short what, void *context)
{
    struct inside *inside = context;
    (void)fd;
    (void)what;
    if (waitpid(inside->unbound, NULL, WNOHANG) != inside->unbound)
        return;
    inside->unbound = 0;
    event_del(inside->unbound_exit);
    event_del(inside->unbound_timer);
    inside_unbound_failed(inside, "has ended");
}

static void inside_look_at_unbound(struct inside *inside)
{
    const struct timeval wait = {0, UNBOUND_LOOK_US};
    event_add(inside->unbound_timer, &wait);
}

static void inside_on_unbound_timer(evutil_socket_t fd, short what, void *context)
{
    struct inside *inside = context;
    struct address address;
    struct err err = {0};
    (void)fd;
    (void)what;
    if (address_from_text(SLICE(DNS_UNBOUND_IPV4), &address) == 0 &&
        !mta_probe_is_taken(inside->server_network, &address, UNBOUND_PORT)) {
        inside_look_at_unbound(inside);
        return;
    }
    if (inside_start_server(inside, &err) != 0) {
        inside->exit_code = INSIDE_EXIT_SERVER;
        inside_end(inside, "mta-failed", "%s", err.text);
    }
}

static int inside_write_unbound_file(const struct inside *inside, struct err *err)
{
    struct buf text;
    buf_init(&text, UNBOUND_FILE_BYTES_MAX);
    dns_unbound_configure(inside->scenario->dns, network_has_ipv6(), &text);
    int result = file_write(UNBOUND_FILE, buf_slice(&text), err);
    buf_deinit(&text);
    return result;
}

int inside_start_unbound(struct inside *inside, struct err *err)
{
    char *const argv[] = {DNS_UNBOUND_PROGRAM, "-d", "-c", UNBOUND_FILE, NULL};
    if (inside_write_unbound_file(inside, err) != 0)
        return -1;
    char *path = mem_text_format("%s/resolver.log", inside->evidence);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    free(path);
    if (log < 0)
        return err_set_errno(err, "resolver.log: cannot be made");
    const struct mta_spawn spawn = {
        .argv = argv, .network_fd = inside->server_network, .output_fd = log};
    inside->unbound = mta_spawn_start(&spawn, &inside->unbound_fd, err);
    close(log);
    if (inside->unbound < 0) {
        inside->unbound = 0;
        return -1;
    }
    inside->unbound_exit = event_new(inside->base, inside->unbound_fd, EV_READ | EV_PERSIST,
                                     inside_on_unbound_exit, inside);
    inside->unbound_timer = evtimer_new(inside->base, inside_on_unbound_timer, inside);
    event_add(inside->unbound_exit, NULL);
    inside_look_at_unbound(inside);
    return 0;
}

void inside_stop_unbound(struct inside *inside)
{
    if (inside->unbound > 0) {
        kill(inside->unbound, SIGKILL);
        waitpid(inside->unbound, NULL, 0);
        inside->unbound = 0;
    }
    if (inside->unbound_exit != NULL)
        event_free(inside->unbound_exit);
    if (inside->unbound_timer != NULL)
        event_free(inside->unbound_timer);
    if (inside->unbound_fd >= 0)
        close(inside->unbound_fd);
    inside->unbound_fd = -1;
}
