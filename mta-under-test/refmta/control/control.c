#include "mta-under-test/refmta/control/control.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

enum {
    ANSWER_BYTES_MAX = 256 << 20,
    COMMAND_BYTES_MAX = 1024,
    BACKLOG = 16,
    SECONDS_MAX = 60,
};

struct control {
    struct control_options options;
    struct evconnlistener *listener;
};

static int address_of(const char *path, struct sockaddr_un *address, struct err *err)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address->sun_path)
        return err_set(err, "the path of the control socket is too long: %s", path);
    memcpy(address->sun_path, path, strlen(path));
    return 0;
}

static void on_done(struct bufferevent *peer, void *arg)
{
    (void)arg;
    bufferevent_free(peer);
}

static void on_event(struct bufferevent *peer, short what, void *arg)
{
    (void)what;
    (void)arg;
    bufferevent_free(peer);
}

static void on_command(struct bufferevent *peer, void *arg)
{
    struct control *control = arg;
    struct buf answer;
    size_t len = 0;
    char *line = evbuffer_readln(bufferevent_get_input(peer), &len, EVBUFFER_EOL_LF);
    if (line == NULL) {
        if (evbuffer_get_length(bufferevent_get_input(peer)) > COMMAND_BYTES_MAX)
            bufferevent_free(peer);
        return;
    }
    buf_init(&answer, ANSWER_BYTES_MAX);
    bool good = control_command_run(&control->options.scene, slice_from(line, len), &answer);
    log_text(control->options.log, "control", "%.*s: %s", (int)len, line,
             good ? "done" : "refused");
    bufferevent_write(peer, good ? "+" : "-", 1);
    bufferevent_write(peer, buf_text(&answer), answer.len);
    bufferevent_disable(peer, EV_READ);
    bufferevent_setcb(peer, NULL, on_done, on_event, control);
    buf_deinit(&answer);
    free(line);
}

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *arg)
{
    static const struct timeval WAIT = {.tv_sec = SECONDS_MAX};
    (void)listener;
    (void)address;
    (void)len;
    struct control *control = arg;
    struct bufferevent *peer =
        bufferevent_socket_new(control->options.base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (peer == NULL) {
        close(fd);
        return;
    }
    bufferevent_setcb(peer, on_command, NULL, on_event, control);
    bufferevent_set_timeouts(peer, &WAIT, &WAIT);
    bufferevent_enable(peer, EV_READ | EV_WRITE);
}

struct control *control_open(const struct control_options *options, struct err *err)
{
    const char *path = options->scene.config->control;
    struct sockaddr_un address;
    if (address_of(path, &address, err) != 0 || file_make_parents(path, err) != 0)
        return NULL;
    unlink(path);
    mode_t before = umask(0177);
    struct control *control = mem_alloc(sizeof *control);
    control->options = *options;
    control->listener = evconnlistener_new_bind(
        options->base, on_client, control, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG,
        (struct sockaddr *)&address, (int)sizeof address);
    int saved = errno;
    umask(before);
    if (control->listener == NULL) {
        errno = saved;
        err_set_errno(err, "cannot make the control socket %s", path);
        free(control);
        return NULL;
    }
    return control;
}

void control_set_config(struct control *control, const struct config *config)
{
    control->options.scene.config = config;
}

void control_close(struct control **where)
{
    struct control *control = *where;
    *where = NULL;
    if (control == NULL)
        return;
    unlink(control->options.scene.config->control);
    evconnlistener_free(control->listener);
    free(control);
}

int control_ask(const char *path, const char *command, struct buf *out, struct err *err)
{
    struct sockaddr_un address;
    char part[4096];
    char verdict = '\0';
    if (address_of(path, &address, err) != 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        file_write_fd(fd, slice_of(command)) != 0 || file_write_fd(fd, SLICE("\n")) != 0) {
        err_set_errno(err, "cannot reach a running refmta at %s", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    for (;;) {
        ssize_t got = read(fd, part, sizeof part);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        size_t skip = verdict == '\0' ? 1 : 0;
        if (skip == 1)
            verdict = part[0];
        buf_add(out, part + skip, (size_t)got - skip);
    }
    close(fd);
    if (verdict == '\0')
        return err_set(err, "no answer from %s", path);
    return verdict == '+' ? 0 : 1;
}
