#include "mta-under-test/refmta/http/webhook_outbox.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/refmta-outbox-XXXXXX";
static struct webhook_outbox *outbox;

static void reopen(void)
{
    struct err err = {.text = ""};
    webhook_outbox_close(&outbox);
    outbox = webhook_outbox_open(path, &err);
    ck_assert_msg(outbox != NULL, "%s", err.text);
}

static void start(void)
{
    memcpy(path, "/tmp/refmta-outbox-XXXXXX", sizeof path);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    reopen();
}

static void stop(void)
{
    webhook_outbox_close(&outbox);
    ck_assert_int_eq(unlink(path), 0);
}

static void add(const char *json)
{
    struct err err = {.text = ""};
    ck_assert_msg(webhook_outbox_add(outbox, slice_of(json), 5, &err) == 0, "%s", err.text);
}

static void expect(size_t max, const char *text)
{
    struct buf out;
    buf_init(&out, 4096);
    webhook_outbox_write(outbox, max, &out);
    ck_assert_str_eq(buf_text(&out), text);
    buf_deinit(&out);
}

START_TEST(events_leave_in_their_order_and_once)
{
    struct err err = {.text = ""};
    start();
    expect(9, "[]");
    add("{\"a\":1}");
    add("{\"b\":2}");
    add("{\"c\":3}");
    expect(2, "[{\"id\":1,\"a\":1},{\"id\":2,\"b\":2}]");
    reopen();
    expect(2, "[{\"id\":1,\"a\":1},{\"id\":2,\"b\":2}]");
    ck_assert_int_eq(webhook_outbox_done(outbox, 2, &err), 0);
    reopen();
    expect(9, "[{\"id\":3,\"c\":3}]");
    ck_assert_int_eq(webhook_outbox_done(outbox, 1, &err), 0);
    reopen();
    add("{\"d\":4}");
    expect(9, "[{\"id\":4,\"d\":4}]"); /* a number is never used twice */
    ck_assert_int_eq(webhook_outbox_oldest_us(outbox), 5);
    stop();
}
END_TEST

START_TEST(a_torn_line_is_left_out)
{
    struct buf text;
    struct err err = {.text = ""};
    start();
    add("{\"a\":1}");
    buf_init(&text, 4096);
    ck_assert_int_eq(file_read(path, &text, &err), 0);
    buf_add_text(&text, "nonsense\n2 7 {\"b\"");
    ck_assert_int_eq(file_write(path, buf_slice(&text), &err), 0);
    buf_deinit(&text);
    reopen();
    ck_assert_uint_eq(webhook_outbox_count(outbox), 1);
    stop();
}
END_TEST

UNIT_MAIN(events_leave_in_their_order_and_once, a_torn_line_is_left_out)
