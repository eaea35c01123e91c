#include "mta-under-test/refmta/local/lmtp.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/net/ip.h"

#include "mta-under-test/base/poison.h"

enum { LMTP_PORT = 24, INPUT_BYTES_MAX = 1 << 16, BLOCK_BYTES = 4096 };

struct lmtp {
    struct lmtp_request *request;
    int fd;
    struct buf in;
    int code; /* of the last reply */
    char text[LMTP_TEXT_BYTES];
};

static int dial(const char *server, struct err *err)
{
    struct sockaddr_storage address = {0};
    socklen_t len = 0;
    if (server[0] == '/') {
        struct sockaddr_un *local = (struct sockaddr_un *)(void *)&address;
        local->sun_family = AF_UNIX;
        snprintf(local->sun_path, sizeof local->sun_path, "%s", server);
        len = sizeof *local;
    } else {
        struct ip_endpoint endpoint;
        if (ip_endpoint_from_text(slice_of(server), LMTP_PORT, &endpoint) != 0)
            return err_set(err, "%s is neither a path nor an address", server);
        len = ip_to_sockaddr(&endpoint, &address);
    }
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, len) != 0) {
        err_set_errno(err, "cannot connect to %s", server);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* Waits for bytes of the server. */
static int read_more(struct lmtp *lmtp, struct err *err)
{
    struct pollfd wait = {.fd = lmtp->fd, .events = POLLIN};
    int ready = poll(&wait, 1, lmtp->request->timeout_ms);
    if (ready == 0)
        return err_set(err, "%s says nothing", lmtp->request->server);
    char *room = buf_reserve(&lmtp->in, BLOCK_BYTES);
    if (ready < 0 || room == NULL)
        return err_set(err, "%s cannot be understood", lmtp->request->server);
    ssize_t got = recv(lmtp->fd, room, BLOCK_BYTES, 0);
    if (got <= 0)
        return err_set(err, "%s closed the connection", lmtp->request->server);
    buf_commit(&lmtp->in, (size_t)got);
    return 0;
}

/* One whole reply; of several lines the last one counts. */
static int read_reply(struct lmtp *lmtp, struct err *err)
{
    for (;;) {
        size_t end = slice_find(buf_slice(&lmtp->in), '\n');
        if (end == SIZE_MAX) {
            if (read_more(lmtp, err) != 0)
                return -1;
            continue;
        }
        struct slice line = slice_trim(slice_first(buf_slice(&lmtp->in), end));
        uint64_t code = 0;
        if (line.len < 3 || text_to_u64(slice_first(line, 3), &code) != 0)
            return err_set(err, "%s cannot be understood", lmtp->request->server);
        bool more = line.len > 3 && line.data[3] == '-';
        lmtp->code = (int)code;
        snprintf(lmtp->text, sizeof lmtp->text, "%.*s", SLICE_ARG(line));
        buf_consume(&lmtp->in, end + 1);
        if (!more)
            return 0;
    }
}

static int send_all(struct lmtp *lmtp, struct slice bytes, struct err *err)
{
    while (bytes.len > 0) {
        ssize_t sent = send(lmtp->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return err_set_errno(err, "cannot write to %s", lmtp->request->server);
        bytes = slice_skip(bytes, (size_t)sent);
    }
    return 0;
}

static int say(struct lmtp *lmtp, struct err *err, const char *format, const char *argument)
{
    struct buf line;
    buf_init(&line, INPUT_BYTES_MAX);
    buf_add_text(&line, format);
    buf_format(&line, "%s%s\r\n", argument, strchr(format, '<') != NULL ? ">" : "");
    int result = send_all(lmtp, buf_slice(&line), err);
    buf_deinit(&line);
    return result == 0 ? read_reply(lmtp, err) : -1;
}

static void decide(struct lmtp *lmtp, struct lmtp_recipient *recipient)
{
    recipient->code = lmtp->code;
    snprintf(recipient->text, sizeof recipient->text, "%s", lmtp->text);
}

static void decide_open(struct lmtp *lmtp)
{
    for (size_t i = 0; i < lmtp->request->recipient_count; i++)
        if (lmtp->request->recipients[i].code == 0)
            decide(lmtp, &lmtp->request->recipients[i]);
}

/* The content with dots stuffed, and its end. */
static int send_content(struct lmtp *lmtp, struct err *err)
{
    struct slice rest = lmtp->request->content;
    struct buf out;
    struct slice line;
    bool whole = true;
    buf_init(&out, rest.len * 2 + 16);
    while (rest.len > 0) {
        size_t end = slice_find(rest, '\n');
        line = slice_first(rest, end != SIZE_MAX ? end + 1 : rest.len);
        whole = end != SIZE_MAX;
        if (line.data[0] == '.')
            buf_add_char(&out, '.');
        buf_add_slice(&out, line);
        rest = slice_skip(rest, line.len);
    }
    buf_add_text(&out, whole ? ".\r\n" : "\r\n.\r\n");
    int result = send_all(lmtp, buf_slice(&out), err);
    buf_deinit(&out);
    return result;
}

static int transact(struct lmtp *lmtp, struct err *err)
{
    struct lmtp_request *request = lmtp->request;
    size_t accepted = 0;
    if (read_reply(lmtp, err) != 0 || say(lmtp, err, "LHLO ", request->hostname) != 0)
        return -1;
    if (lmtp->code != 250)
        return err_set(err, "%s said: %s", request->server, lmtp->text);
    if (say(lmtp, err, "MAIL FROM:<", request->sender) != 0)
        return -1;
    if (lmtp->code / 100 != 2) {
        decide_open(lmtp);
        return 0;
    }
    for (size_t i = 0; i < request->recipient_count; i++) {
        if (say(lmtp, err, "RCPT TO:<", request->recipients[i].address) != 0)
            return -1;
        if (lmtp->code / 100 == 2)
            accepted++;
        else
            decide(lmtp, &request->recipients[i]);
    }
    if (accepted == 0)
        return 0;
    if (say(lmtp, err, "DATA", "") != 0)
        return -1;
    if (lmtp->code != 354) {
        decide_open(lmtp);
        return 0;
    }
    if (send_content(lmtp, err) != 0)
        return -1;
    /* RFC 2033 4.2: one reply for each RCPT that was accepted, in their order. */
    for (size_t i = 0; i < request->recipient_count; i++) {
        if (request->recipients[i].code != 0)
            continue;
        if (read_reply(lmtp, err) != 0)
            return -1;
        decide(lmtp, &request->recipients[i]);
    }
    return 0;
}

int lmtp_deliver(struct lmtp_request *request, struct err *err)
{
    struct lmtp lmtp = {.request = request, .fd = dial(request->server, err)};
    for (size_t i = 0; i < request->recipient_count; i++)
        request->recipients[i].code = 0;
    if (lmtp.fd < 0)
        return -1;
    struct timeval wait = {.tv_sec = request->timeout_ms / 1000};
    setsockopt(lmtp.fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    buf_init(&lmtp.in, INPUT_BYTES_MAX);
    int result = transact(&lmtp, err);
    if (result == 0) {
        struct err ignored;
        (void)say(&lmtp, &ignored, "QUIT", "");
    }
    buf_deinit(&lmtp.in);
    close(lmtp.fd);
    return result;
}
