#include "mta-under-test/refmta/queue/fair_list.h"

#include "tests/unit/unit.h"

struct thing {
    struct list link;
    const char *name;
};

static struct thing things[16];
static size_t thing_count;
static struct fair_list list;

static void add(const char *name, const char *sender, int priority)
{
    struct thing *thing = &things[thing_count++];
    thing->name = name;
    list_init(&thing->link);
    fair_list_add(&list, &thing->link, slice_of(sender), priority);
}

static const char *take(void)
{
    struct list *link = fair_list_take(&list);
    return link != NULL ? LIST_ENTRY(link, struct thing, link)->name : "nothing";
}

START_TEST(senders_take_turns)
{
    add("news 1", "a@news.test", 0);
    add("news 2", "b@news.test", 0);
    add("news 3", "a@NEWS.test", 0);
    add("reset 1", "a@bank.test", 0);
    add("reset 2", "a@bank.test", 0);
    ck_assert_uint_eq(list.count, 5);
    /* Whoever is first: by the fourth at the latest both of the bank are through. */
    unsigned bank = 0;
    for (unsigned i = 0; i < 4; i++)
        bank += strncmp(take(), "reset", 5) == 0 ? 1 : 0;
    ck_assert_uint_eq(bank, 2);
    ck_assert_str_eq(take(), "news 3");
    ck_assert_str_eq(take(), "nothing");
    ck_assert_ptr_null(list.classes);
}
END_TEST

START_TEST(what_is_urgent_comes_first)
{
    add("low", "a@x.test", -4);
    add("usual", "a@x.test", 0);
    add("high", "a@x.test", 3);
    add("highest", "", 9);
    add("lowest", "a@x.test", -9);
    ck_assert_str_eq(take(), "highest");
    ck_assert_str_eq(take(), "high");
    ck_assert_str_eq(take(), "usual");
    ck_assert_str_eq(take(), "low");
    ck_assert_str_eq(take(), "lowest");
}
END_TEST

static bool is_named(void *arg, struct list *link)
{
    return strncmp(LIST_ENTRY(link, struct thing, link)->name, arg, 3) == 0;
}

START_TEST(some_are_chosen)
{
    static char wanted[] = "yes";
    struct list out;
    list_init(&out);
    add("yes 1", "a@x.test", 0);
    add("no", "a@x.test", 0);
    add("yes 2", "a@y.test", 5);
    fair_list_choose(&list, is_named, wanted, &out);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(LIST_ENTRY(list_pop_front(&out), struct thing, link)->name, "yes 2");
    ck_assert_str_eq(LIST_ENTRY(list_pop_front(&out), struct thing, link)->name, "yes 1");
    ck_assert(list_is_empty(&out));
    ck_assert_str_eq(take(), "no");
    ck_assert_ptr_null(list.classes);
    fair_list_choose(&list, is_named, wanted, &out);
}
END_TEST

UNIT_MAIN(senders_take_turns, what_is_urgent_comes_first, some_are_chosen)
