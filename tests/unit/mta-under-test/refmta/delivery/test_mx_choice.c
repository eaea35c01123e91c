#include "mta-under-test/refmta/delivery/mx_choice.h"

#include <stdio.h>

#include "tests/unit/unit.h"

enum { HOSTS_MAX = 8 };

START_TEST(hosts_come_by_preference)
{
    static const struct {
        const char *records[HOSTS_MAX]; /* "preference host" */
        enum mx_verdict verdict;
        const char *hosts[HOSTS_MAX];
    } CASES[] = {
        {{NULL}, MX_IMPLICIT, {NULL}},
        {{"20 b", "10 a", "30 c"}, MX_HOSTS, {"a", "b", "c"}},
        {{"10 b", "10 a", "5 c"}, MX_HOSTS, {"c", "b", "a"}},
        {{"0 "}, MX_NULL, {NULL}},
        {{"10 "}, MX_NULL, {NULL}},
        {{"0 ", "10 a"}, MX_HOSTS, {"a"}},
        {{"0 ", "0 "}, MX_BROKEN, {NULL}},
        {{"10 a", "20 me.test", "20 b", "30 c"}, MX_HOSTS, {"a"}},
        {{"10 ME.test", "20 b"}, MX_LOOP, {NULL}},
        {{"0 me.test"}, MX_LOOP, {NULL}},
        {{"20 a", "10 a"}, MX_HOSTS, {"a"}},
        {{"0 a", "65535 b"}, MX_HOSTS, {"a", "b"}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct dns_record records[HOSTS_MAX];
        struct mx_choice choice;
        size_t count = 0;
        for (; CASES[i].records[count] != NULL; count++) {
            const char *space = strchr(CASES[i].records[count], ' ');
            records[count] = (struct dns_record){
                .preference = (uint16_t)strtoul(CASES[i].records[count], NULL, 10),
                .host = space + 1};
        }
        mx_choose(records, count, "me.test", &choice);
        ck_assert_msg(choice.verdict == CASES[i].verdict, "case %zu", i);
        size_t found = 0;
        for (; CASES[i].hosts[found] != NULL; found++)
            ck_assert_msg(found < choice.count &&
                              strcmp(choice.hosts[found].name, CASES[i].hosts[found]) == 0,
                          "case %zu, host %zu", i, found);
        ck_assert_uint_eq(choice.count, found);
    }
}
END_TEST

START_TEST(of_too_many_the_best_are_kept)
{
    enum { COUNT = MX_HOSTS_MAX + 10 };
    static char names[COUNT][8];
    struct dns_record records[COUNT];
    struct mx_choice choice;
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "h%zu", i);
        records[i] = (struct dns_record){.preference = (uint16_t)(COUNT - i), .host = names[i]};
    }
    mx_choose(records, COUNT, "me.test", &choice);
    ck_assert_uint_eq(choice.count, MX_HOSTS_MAX);
    for (size_t i = 0; i < MX_HOSTS_MAX; i++)
        ck_assert_uint_eq(choice.hosts[i].preference, i + 1);
}
END_TEST

START_TEST(equal_preferences_are_shuffled_and_no_others)
{
    struct mx_rank ranks[] = {{10, 1}, {20, 1}, {10, 1}, {5, 1}, {10, 2}};
    unsigned first[5] = {0};
    struct rng rng;
    rng_init(&rng, 1);
    for (unsigned round = 0; round < 3000; round++) {
        size_t order[] = {0, 1, 2, 3, 4};
        mx_shuffle(ranks, 5, &rng, order);
        ck_assert_uint_eq(order[0], 3);
        ck_assert_uint_eq(order[4], 1);
        ck_assert_uint_eq(order[1] + order[2] + order[3], 0 + 2 + 4);
        first[order[1]]++;
    }
    /* Twice the weight is first twice as often. */
    ck_assert(first[0] > 650 && first[0] < 850);
    ck_assert(first[2] > 650 && first[2] < 850);
    ck_assert(first[4] > 1400 && first[4] < 1600);
}
END_TEST

UNIT_MAIN(hosts_come_by_preference, of_too_many_the_best_are_kept,
          equal_preferences_are_shuffled_and_no_others)
