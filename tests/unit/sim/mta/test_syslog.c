/*
 * The world's /dev/log: what programs send there becomes lines of a file, without the priority.
 */
#include "sim/mta/mta_syslog.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static void send_line(const char *path, const char *text)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    close(fd);
}

START_TEST(test_lines_lose_their_priority)
{
    char folder[] = "/tmp/mta-syslog-XXXXXX";
    char path[64];
    char output[64];
    struct err err = {{0}};
    struct buf text;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(output, sizeof output, "%s/output", folder);
    int fd = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    struct event_base *base = event_base_new();
    struct mta_syslog *syslog = mta_syslog_open(base, path, fd, &err);
    ck_assert_msg(syslog != NULL, "%s", err.text);
    send_line(path, "<22>Mar  2 09:00:00 sendmail[24]: starting");
    event_base_loop(base, EVLOOP_ONCE);
    send_line(path, "no priority, but a line's end\n");
    send_line(path, "<22>");
    mta_syslog_close(&syslog);
    ck_assert_ptr_null(syslog);
    buf_init(&text, 1000);
    ck_assert_int_eq(file_read(output, &text, &err), 0);
    ck_assert_str_eq(buf_text(&text),
                     "Mar  2 09:00:00 sendmail[24]: starting\nno priority, but a line's end\n\n");
    buf_deinit(&text);
    event_base_free(base);
    close(fd);
    unlink(path);
    unlink(output);
    rmdir(folder);
}
END_TEST

START_TEST(test_a_folder_that_is_not_there_is_told)
{
    struct err err = {{0}};
    struct event_base *base = event_base_new();
    ck_assert_ptr_null(mta_syslog_open(base, "/nonexistent/log", 1, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/log: cannot be made"));
    event_base_free(base);
}
END_TEST

UNIT_MAIN(test_lines_lose_their_priority, test_a_folder_that_is_not_there_is_told)
