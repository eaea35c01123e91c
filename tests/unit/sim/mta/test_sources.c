/*
 * Whether a server has kept its addresses, in a network namespace of the test's own.
 */
#include "sim/mta/mta_sources.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void add_address(const char *text)
{
    char command[128];
    snprintf(command, sizeof command, "ip address add %s/32 dev dummy0", text);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(test_new_and_missing_addresses_are_told)
{
    struct err err = {{0}};
    struct arena arena = {0};
    struct mta_settings *settings = NULL;
    struct address one;
    struct spec nothing = {0};
    uid_t uid = geteuid();
    if (unshare(uid == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) != 0 ||
        system("ip link add dummy0 type dummy 2>/dev/null") != 0) {
        printf("skipped: no network of its own, or no iproute2, or no dummy interface\n");
        return;
    }
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(mta_settings_parse(nothing, &arena, &settings, &err), 0);
    ck_assert_int_eq(address_from_text(SLICE("192.0.2.10"), &one), 0);
    settings->sources = &one;
    settings->source_count = 1;
    ck_assert_int_eq(mta_sources_check(network, settings, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "192.0.2.10 is gone"));
    add_address("192.0.2.10");
    ck_assert_int_eq(mta_sources_check(network, settings, &err), 0);
    add_address("192.0.2.77");
    ck_assert_int_eq(mta_sources_check(network, settings, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "192.0.2.77 is new"));
    close(network);
    arena_deinit(&arena);
}
END_TEST

START_TEST(test_without_a_network_of_its_own_nothing_is_compared)
{
    struct err err = {{0}};
    const struct mta_settings settings = {0};
    ck_assert_int_eq(mta_sources_check(-1, &settings, &err), 0);
}
END_TEST

UNIT_MAIN(test_new_and_missing_addresses_are_told,
          test_without_a_network_of_its_own_nothing_is_compared)
