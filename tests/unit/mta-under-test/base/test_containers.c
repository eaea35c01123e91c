/* Lists, maps, random numbers, files, errors. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/list.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/recent.h"
#include "mta-under-test/base/rng.h"
#include "tests/unit/unit.h"

struct item {
    int number;
    struct list link;
};

START_TEST(test_a_list_keeps_its_order_while_elements_leave)
{
    struct list head;
    struct item items[4] = {{.number = 0}, {.number = 1}, {.number = 2}, {.number = 3}};
    list_init(&head);
    for (int i = 0; i < 4; i++)
        list_push_back(&head, &items[i].link);
    LIST_EACH(link, &head)
    {
        if (LIST_ENTRY(link, struct item, link)->number % 2 == 0)
            list_remove(link);
    }
    ck_assert_int_eq(LIST_ENTRY(list_pop_front(&head), struct item, link)->number, 1);
    ck_assert_int_eq(LIST_ENTRY(list_pop_front(&head), struct item, link)->number, 3);
    ck_assert_ptr_null(list_pop_front(&head));
}
END_TEST

START_TEST(test_a_map_of_many_keys_is_walked_in_the_order_of_insertion)
{
    enum { COUNT = 1000 };
    static int values[COUNT];
    struct map map;
    map_init(&map);
    char key[16];
    for (int i = 0; i < COUNT; i++) {
        values[i] = i;
        snprintf(key, sizeof key, "key-%d", i);
        ck_assert_ptr_null(map_set_text(&map, key, &values[i]));
    }
    ck_assert_ptr_eq(map_remove(&map, SLICE("key-0")), &values[0]);
    ck_assert_ptr_null(map_get_text(&map, "key-0"));
    ck_assert_ptr_eq(map_set_text(&map, "key-1", &values[0]), &values[1]);
    int expected = 1;
    for (struct map_entry *entry = map_first(&map); entry != NULL; entry = map_next(entry)) {
        snprintf(key, sizeof key, "key-%d", expected++);
        ck_assert_str_eq(map_key(entry), key);
    }
    ck_assert_int_eq(expected, COUNT);
    map_deinit(&map, NULL);
}
END_TEST

START_TEST(test_the_same_seed_gives_the_same_numbers)
{
    struct rng a;
    struct rng b;
    struct rng salted;
    rng_init(&a, 42);
    rng_init(&b, 42);
    rng_init_salted(&salted, 42, "dns");
    uint64_t first = rng_u64(&a);
    ck_assert_uint_eq(first, rng_u64(&b));
    ck_assert_uint_ne(first, rng_u64(&salted));
    int hits = 0;
    for (int i = 0; i < 10000; i++)
        hits += rng_chance(&a, 300000);
    ck_assert_int_gt(hits, 2800);
    ck_assert_int_lt(hits, 3200);
}
END_TEST

START_TEST(test_files_are_whole_or_not_there)
{
    char folder[] = "/tmp/base-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char path[64];
    snprintf(path, sizeof path, "%s/a/b/file", folder);
    struct err err = {0};
    ck_assert_int_eq(file_make_parents(path, &err), 0);
    ck_assert_int_eq(file_write(path, SLICE("twelve bytes"), &err), 0);
    struct buf bytes;
    buf_init(&bytes, 12);
    ck_assert_int_eq(file_read(path, &bytes, &err), 0);
    ck_assert_str_eq(buf_text(&bytes), "twelve bytes");
    buf_deinit(&bytes);
    buf_init(&bytes, 11);
    ck_assert_int_eq(file_read(path, &bytes, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "larger than 11 bytes"));
    buf_deinit(&bytes);
    ck_assert_str_eq(file_name(path), "file");
    ck_assert(slice_is(file_folder_name(path), "b"));
    ck_assert(slice_is(file_folder_name("b/file"), "b"));
    ck_assert(slice_is(file_folder_name("file"), ""));
    unlink(path);
    snprintf(path, sizeof path, "%s/a/b", folder);
    rmdir(path);
    snprintf(path, sizeof path, "%s/a", folder);
    rmdir(path);
    rmdir(folder);
}
END_TEST

START_TEST(test_errors_gather_their_place)
{
    struct err err = {0};
    errno = ENOENT;
    ck_assert_int_eq(err_set_errno(&err, "%s: cannot be opened", "x"), -1);
    err_prefix(&err, "scenario %d", 3);
    ck_assert_str_eq(err.text, "scenario 3: x: cannot be opened: No such file or directory");
}
END_TEST

START_TEST(test_what_is_not_recent_is_forgotten)
{
    struct recent recent;
    recent_init(&recent, sizeof(int), 2, 100);
    *(int *)recent_touch(&recent, SLICE("a"), 1) = 1;
    *(int *)recent_touch(&recent, SLICE("a\0b"), 2) = 2;
    ck_assert_int_eq(*(int *)recent_touch(&recent, SLICE("a"), 3), 1);
    /* There is room for two: the one that was quiet for longer goes. */
    ck_assert_int_eq(*(int *)recent_touch(&recent, SLICE("c"), 4), 0);
    ck_assert_ptr_null(recent_find(&recent, SLICE("a\0b"), 4));
    ck_assert_int_eq(*(int *)recent_find(&recent, SLICE("a"), 102), 1);
    ck_assert_ptr_null(recent_find(&recent, SLICE("a"), 103));
    ck_assert_ptr_nonnull(recent_find(&recent, SLICE("c"), 103));
    recent_deinit(&recent);
}
END_TEST

UNIT_MAIN(test_a_list_keeps_its_order_while_elements_leave,
          test_a_map_of_many_keys_is_walked_in_the_order_of_insertion,
          test_what_is_not_recent_is_forgotten, test_the_same_seed_gives_the_same_numbers,
          test_files_are_whole_or_not_there, test_errors_gather_their_place)
