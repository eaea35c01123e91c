#include "sim/capture/capture.h"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "sim/capture/capture_file.h"
#include "sim/capture/capture_frame.h"
#include "sim/capture/capture_interface.h"
#include "sim/capture/capture_notes.h"
#include "tests/unit/unit.h"

/* A network namespace of our own, where we may capture and nobody else sends. False if this machine
 * does not give one. */
static bool enter_network(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        puts("skipped: this machine gives no network namespace");
        return false;
    }
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
    return true;
}

static void set_mtu(const char *interface, int bytes)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_mtu = bytes};
    memccpy(request.ifr_name, interface, '\0', sizeof request.ifr_name - 1);
    ck_assert_int_eq(ioctl(fd, SIOCSIFMTU, &request), 0);
    close(fd);
}

static void send_datagrams(int count, size_t bytes)
{
    static char data[60000];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int sink = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof to;
    ck_assert_int_eq(bind(sink, (struct sockaddr *)&to, sizeof to), 0);
    ck_assert_int_eq(getsockname(sink, (struct sockaddr *)&to, &len), 0);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(sendto(fd, data, bytes, 0, (struct sockaddr *)&to, sizeof to),
                         (ssize_t)bytes);
    close(sink);
    close(fd);
}

static char path[] = "/tmp/capture-XXXXXX";

static int temporary_file(void)
{
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static size_t count_datagrams(struct capture_file *file, size_t payload,
                              struct capture_packet *last)
{
    struct err err = {0};
    ck_assert_int_eq(capture_file_open(file, path, &err), 0);
    size_t count = 0;
    int found;
    while ((found = capture_file_next(file, last, &err)) == 1) {
        struct capture_frame frame;
        if (capture_frame_read(&frame, last->link_type, last->data) && frame.payload_len == payload)
            count++;
    }
    ck_assert_msg(found == 0, "%s", err.text);
    return count;
}

START_TEST(test_every_packet_is_there_with_the_time_of_its_draining)
{
    if (!enter_network())
        return;
    struct err err = {0};
    struct capture *capture = capture_open(NULL, "lo", temporary_file(), NULL, &err);
    ck_assert_msg(capture != NULL, "%s", err.text);
    send_datagrams(3, 100);
    ck_assert_uint_eq(capture_packets(capture), 0);
    int64_t before_us = time_now_us();
    capture_drain(capture);
    int64_t after_us = time_now_us();
    ck_assert_uint_eq(capture_packets(capture), 3);
    ck_assert_int_eq(capture_close(&capture, &err), 0);
    ck_assert_ptr_null(capture);

    struct capture_file file;
    struct capture_packet last;
    ck_assert_uint_eq(count_datagrams(&file, 100, &last), 3);
    ck_assert_int_ge(last.at_us, before_us);
    ck_assert_int_le(last.at_us, after_us);
    capture_file_close(&file);
    unlink(path);
}
END_TEST

START_TEST(test_a_prepared_interface_loses_no_burst)
{
    if (!enter_network())
        return;
    struct err err = {0};
    set_mtu("lo", 1500);
    struct capture *capture = capture_open(NULL, "lo", temporary_file(), NULL, &err);
    ck_assert_msg(capture != NULL, "%s", err.text);
    enum { BURST = 200, BURSTS = 20 };
    for (int i = 0; i < BURSTS; i++) {
        send_datagrams(BURST, 1200);
        capture_drain(capture);
    }
    struct capture_stats stats;
    capture_stats(capture, &stats);
    ck_assert_uint_eq(stats.dropped, 0);
    ck_assert_uint_eq(stats.packets, BURST * BURSTS);
    ck_assert_uint_eq(stats.cut, 0);
    ck_assert_int_eq(capture_close(&capture, &err), 0);
    unlink(path);
}
END_TEST

START_TEST(test_a_secret_stands_before_the_packets_that_came_just_before_it)
{
    if (!enter_network())
        return;
    struct err err = {0};
    struct capture *capture = capture_open(NULL, "lo", temporary_file(), NULL, &err);
    ck_assert_msg(capture != NULL, "%s", err.text);
    send_datagrams(1, 100);
    capture_drain(capture);
    capture_add_secret(capture, "CLIENT_RANDOM 00 11");
    send_datagrams(1, 100);
    ck_assert_int_eq(capture_close(&capture, &err), 0);
    struct capture_file file;
    struct capture_packet packet;
    ck_assert_int_eq(capture_file_open(&file, path, &err), 0);
    ck_assert_int_eq(capture_file_next(&file, &packet, &err), 1);
    ck_assert_uint_eq(file.secrets, 1);
    capture_file_close(&file);
    unlink(path);
}
END_TEST

START_TEST(test_a_full_file_says_so_in_its_last_packet)
{
    if (!enter_network())
        return;
    struct err err = {0};
    struct capture_options options = {.file_bytes_max = 10000, .snap_bytes = 400};
    struct capture *capture = capture_open(NULL, "lo", temporary_file(), &options, &err);
    ck_assert_msg(capture != NULL, "%s", err.text);
    send_datagrams(50, 1000);
    capture_drain(capture);
    struct capture_stats stats;
    capture_stats(capture, &stats);
    ck_assert(stats.full);
    ck_assert_uint_gt(stats.cut, 10);
    ck_assert_int_eq(capture_close(&capture, &err), 0);
    struct capture_file file;
    struct capture_packet last;
    count_datagrams(&file, 1000, &last);
    ck_assert_uint_eq(last.number, stats.packets);
    ck_assert(slice_starts_with(last.comment, SLICE("The capture ends here")));
    ck_assert_uint_le(file.bytes.len, 10000);
    capture_file_close(&file);
    unlink(path);
}
END_TEST

START_TEST(test_an_event_knows_its_packet)
{
    if (!enter_network())
        return;
    struct err err = {0};
    struct capture *capture = capture_open(NULL, "lo", temporary_file(), NULL, &err);
    ck_assert_msg(capture != NULL, "%s", err.text);
    unlink(path);
    struct event_log *log = event_log_new(open("/dev/null", O_WRONLY | O_CLOEXEC), 0);
    struct capture_notes *notes = capture_notes_open(capture, log, temporary_file());
    event_begin(log, "run", "start", NULL);
    event_end(log);
    send_datagrams(2, 100);
    event_begin(log, "dns", "query", NULL);
    event_end(log);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
    ck_assert_int_eq(capture_notes_close(&notes, &err), 0);
    ck_assert_int_eq(capture_close(&capture, &err), 0);
    uint64_t *packets;
    size_t count;
    ck_assert_int_eq(capture_notes_read(path, &packets, &count, &err), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(packets[0], 0);
    ck_assert_uint_eq(packets[1], 2);
    free(packets);
    unlink(path);
}
END_TEST

START_TEST(test_notes_that_are_none_are_refused_with_their_line)
{
    int fd = temporary_file();
    ck_assert_int_eq(write(fd, "0\t1\n1\tx\n", 8), 8);
    close(fd);
    uint64_t *packets;
    size_t count;
    struct err err = {0};
    ck_assert_int_eq(capture_notes_read(path, &packets, &count, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, ":2: "));
    ck_assert_ptr_null(packets);
    unlink(path);
}
END_TEST

START_TEST(test_an_interface_that_is_not_there_is_named)
{
    struct err err = {0};
    struct capture *capture =
        capture_open(NULL, "nosuch0", open("/dev/null", O_WRONLY | O_CLOEXEC), NULL, &err);
    ck_assert_ptr_null(capture);
    ck_assert_ptr_nonnull(strstr(err.text, "nosuch0"));
    err.text[0] = '\0';
    ck_assert_int_eq(capture_interface_prepare("nosuch0", &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "nosuch0"));
}
END_TEST

START_TEST(test_no_space_is_reported_at_the_end)
{
    if (!enter_network())
        return;
    struct err err = {0};
    struct capture *capture =
        capture_open(NULL, "lo", open("/dev/full", O_WRONLY | O_CLOEXEC), NULL, &err);
    ck_assert_msg(capture != NULL, "%s", err.text);
    ck_assert_int_eq(capture_close(&capture, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "No space left"));
}
END_TEST

UNIT_MAIN(test_every_packet_is_there_with_the_time_of_its_draining,
          test_a_prepared_interface_loses_no_burst,
          test_a_secret_stands_before_the_packets_that_came_just_before_it,
          test_a_full_file_says_so_in_its_last_packet, test_an_event_knows_its_packet,
          test_notes_that_are_none_are_refused_with_their_line,
          test_an_interface_that_is_not_there_is_named, test_no_space_is_reported_at_the_end)
