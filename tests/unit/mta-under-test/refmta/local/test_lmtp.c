#include "mta-under-test/refmta/local/lmtp.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/buf.h"
#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

/* A server in a process of its own: says `script` line by line, "<" in front of a line waits for as
 * many lines of the client. */
static pid_t serve(const char *path, const char *const *script)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    pid_t pid = fork();
    if (pid != 0) {
        close(fd);
        return pid;
    }
    FILE *peer = fdopen(accept(fd, NULL, NULL), "r+");
    char line[1000];
    for (; *script != NULL; script++) {
        if ((*script)[0] != '<') {
            (void)dprintf(fileno(peer), "%s\r\n", *script);
            continue;
        }
        size_t want = strlen(*script);
        for (size_t i = 0; i < want; i++)
            if (fgets(line, sizeof line, peer) == NULL)
                _exit(1);
    }
    _exit(0);
}

static int deliver(const char *const *script, struct lmtp_recipient recipients[2], struct err *err)
{
    char folder[] = "/tmp/test-lmtp-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *path = mem_text_format("%s/s", folder);
    pid_t pid = serve(path, script);
    struct lmtp_request request = {.server = path,
                                   .hostname = "h.test",
                                   .sender = "a@s.test",
                                   .content = SLICE("Subject: x\r\n\r\n.\r\n"),
                                   .recipients = recipients,
                                   .recipient_count = 2,
                                   .timeout_ms = 10000};
    recipients[0] = (struct lmtp_recipient){.address = "ann@a.test"};
    recipients[1] = (struct lmtp_recipient){.address = "bob@a.test"};
    int result = lmtp_deliver(&request, err);
    waitpid(pid, NULL, 0);
    unlink(path);
    rmdir(folder);
    free(path);
    return result;
}

START_TEST(each_recipient_has_its_own_reply)
{
    static const char *const SCRIPT[] = {"220 x LMTP",
                                         "<",
                                         "250-x",
                                         "250 PIPELINING",
                                         "<",
                                         "250 2.1.0 ok",
                                         "<",
                                         "250 2.1.5 ok",
                                         "<",
                                         "250 2.1.5 ok",
                                         "<",
                                         "354 go",
                                         "<<<<",
                                         "250 2.0.0 saved",
                                         "452 4.2.2 full",
                                         "<",
                                         "221 bye",
                                         NULL};
    struct lmtp_recipient recipients[2];
    struct err err;
    ck_assert_int_eq(deliver(SCRIPT, recipients, &err), 0);
    ck_assert_int_eq(recipients[0].code, 250);
    ck_assert_str_eq(recipients[0].text, "250 2.0.0 saved");
    ck_assert_int_eq(recipients[1].code, 452);
}
END_TEST

START_TEST(refused_recipients_have_no_second_reply)
{
    static const char *const SCRIPT[] = {"220 x LMTP",      "<", "250 x",   "<", "250 ok", "<",
                                         "550 5.1.1 who",   "<", "250 ok",  "<", "354 go", "<<<<",
                                         "250 2.0.0 saved", "<", "221 bye", NULL};
    struct lmtp_recipient recipients[2];
    struct err err;
    ck_assert_int_eq(deliver(SCRIPT, recipients, &err), 0);
    ck_assert_int_eq(recipients[0].code, 550);
    ck_assert_int_eq(recipients[1].code, 250);
}
END_TEST

START_TEST(a_lost_server_leaves_it_open)
{
    static const char *const SCRIPT[] = {"220 x LMTP", "<", "250 x", "<", "250 ok", NULL};
    struct lmtp_recipient recipients[2];
    struct err err;
    ck_assert_int_eq(deliver(SCRIPT, recipients, &err), -1);
    ck_assert(err.text[0] != '\0');
    ck_assert_int_eq(recipients[0].code, 0);
}
END_TEST

UNIT_MAIN(each_recipient_has_its_own_reply, refused_recipients_have_no_second_reply,
          a_lost_server_leaves_it_open)
