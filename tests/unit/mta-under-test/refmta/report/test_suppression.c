#include "mta-under-test/refmta/report/suppression.h"

#include <stdio.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

#define NOW (1000 * TIME_DAY)

static char path[] = "/tmp/refmta-suppression-XXXXXX";
static struct suppression *list;

static void reopen(int64_t now_us)
{
    struct err err = {.text = ""};
    struct suppression_options options = {.path = path,
                                          .life_us = {[SUPPRESSION_BOUNCE] = 10 * TIME_DAY}};
    suppression_close(&list);
    list = suppression_open(&options, now_us, &err);
    ck_assert_msg(list != NULL, "%s", err.text);
}

static void start(void)
{
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, "rubbish\nhard-bounce x y\n", 24), 24);
    close(fd);
    reopen(NOW);
}

static void stop(void)
{
    suppression_close(&list);
    unlink(path);
}

static const char *find(const char *address, int64_t now_us)
{
    enum suppression_kind kind;
    return suppression_find(list, address, true, now_us, &kind) ? suppression_kind_name(kind) : "";
}

static void add(enum suppression_kind kind, const char *address)
{
    struct err err = {.text = ""};
    ck_assert_int_eq(suppression_add(list, kind, address, "550 no\nsuch user", NOW, &err), 0);
}

START_TEST(kinds_are_kept_apart_and_run_out_each_in_its_time)
{
    start();
    ck_assert_str_eq(find("ann@x.test", NOW), "");
    add(SUPPRESSION_BOUNCE, "Ann@X.test");
    ck_assert_str_eq(find("ann@x.TEST", NOW + 9 * TIME_DAY), "hard-bounce");
    ck_assert_str_eq(find("ann@x.test", NOW + 10 * TIME_DAY), "");
    ck_assert_str_eq(find("bob@x.test", NOW), "");
    add(SUPPRESSION_COMPLAINT, "ann@x.test");
    ck_assert_str_eq(find("ann@x.test", NOW), "complaint");
    ck_assert_str_eq(find("ann@x.test", NOW + 1000 * TIME_DAY), "complaint");
    stop();
}
END_TEST

START_TEST(the_file_remembers_and_forgets)
{
    start();
    add(SUPPRESSION_BOUNCE, "ann@x.test");
    add(SUPPRESSION_UNSUBSCRIBE, "bob@x.test");
    reopen(NOW + TIME_DAY);
    ck_assert_str_eq(find("ann@x.test", NOW + TIME_DAY), "hard-bounce");
    ck_assert_str_eq(find("bob@x.test", NOW + TIME_DAY), "unsubscribe");
    reopen(NOW + 20 * TIME_DAY);
    char text[512] = "";
    FILE *file = fopen(path, "r");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    ck_assert_ptr_null(strstr(text, "ann@x.test"));
    ck_assert_ptr_nonnull(strstr(text, "bob@x.test 550 no such user\n"));
    stop();
}
END_TEST

START_TEST(only_a_missing_mailbox_is_hard)
{
    struct reason reason;
    reason_set(&reason, "5.1.1", true, "mx", "550 5.1.1 no");
    ck_assert(suppression_is_hard(&reason));
    reason_set(&reason, "5.7.1", true, "mx", "550 5.7.1 spam");
    ck_assert(!suppression_is_hard(&reason));
    reason_set(&reason, "5.2.2", true, "mx", "552 5.2.2 full");
    ck_assert(!suppression_is_hard(&reason));
}
END_TEST

START_TEST(an_unsubscription_holds_for_bulk_mail_only)
{
    enum suppression_kind kind;
    start();
    add(SUPPRESSION_UNSUBSCRIBE, "ann@x.test");
    ck_assert_str_eq(find("ann@x.test", NOW), "unsubscribe");
    ck_assert(!suppression_find(list, "ann@x.test", false, NOW, &kind));
    add(SUPPRESSION_BOUNCE, "ann@x.test");
    ck_assert(suppression_find(list, "ann@x.test", false, NOW, &kind));
    ck_assert_int_eq(kind, SUPPRESSION_BOUNCE);
    stop();
}
END_TEST

UNIT_MAIN(an_unsubscription_holds_for_bulk_mail_only,
          kinds_are_kept_apart_and_run_out_each_in_its_time, the_file_remembers_and_forgets,
          only_a_missing_mailbox_is_hard)
