/* Worlds as whoever runs the tests; tests/e2e/world does the same as root and as another user. */
#include "sim/world/world.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/world/network.h"
#include "tests/unit/unit.h"

enum { WAIT_MS = 60000 };

/* What a script wrote in the world, and how it ended. */
struct told {
    struct buf text;
    struct world_result result;
};

static struct address address_of(const char *text)
{
    struct address address;
    ck_assert_int_eq(address_from_text(slice_of(text), &address), 0);
    return address;
}

/* The tests need user namespaces, or root; elsewhere they would say nothing about the code. */
static bool machine_gives_no_world(void)
{
    struct err err = {{0}};
    if (world_supported(false, &err) == 0)
        return false;
    printf("skipped: %s\n", err.text);
    return true;
}

/* Runs a shell script as the world's first program; its output comes through a pipe. */
static void run_script(struct world_options options, const char *script, struct told *told)
{
    int out[2];
    struct err err = {{0}};
    ck_assert_int_eq(pipe(out), 0);
    char shell[] = "/bin/sh";
    char flags[] = "-c";
    char text[4096];
    snprintf(text, sizeof text, "exec >&%d 2>&1; %s", out[1], script);
    char *argv[] = {shell, flags, text, NULL};
    struct address mta[] = {address_of("192.0.2.10"), address_of("2001:db8::10")};
    struct address resolver = address_of("198.18.0.53");
    options.hostname = "mail.sender.test";
    options.mta = mta;
    options.mta_count = 2;
    options.resolvers = &resolver;
    options.resolver_count = 1;
    options.argv = argv;
    options.fds = &out[1];
    options.fd_count = 1;
    struct world *world = NULL;
    ck_assert_msg(world_start(&options, &world, &err) == 0, "%s", err.text);
    close(out[1]);
    buf_init(&told->text, 1 << 20);
    for (;;) {
        char *room = buf_reserve(&told->text, 4096);
        ck_assert_ptr_nonnull(room);
        ssize_t len = read(out[0], room, 4096);
        if (len <= 0)
            break;
        buf_commit(&told->text, (size_t)len);
    }
    /* Its end alone is no word from the world. */
    ck_assert_int_eq(world_wait(world, out[0], WAIT_MS, &told->result), WORLD_WAIT_ENDED);
    close(out[0]);
    world_free(&world);
    ck_assert_ptr_null(world);
}

static void expect_in(const struct told *told, const char *part)
{
    ck_assert_msg(strstr(buf_text(&told->text), part) != NULL, "expected \"%s\" in:\n%s\n%s", part,
                  buf_text(&told->text), told->result.err.text);
}

static void expect_not_in(const struct told *told, const char *part)
{
    ck_assert_msg(strstr(buf_text(&told->text), part) == NULL, "did not expect \"%s\" in:\n%s",
                  part, buf_text(&told->text));
}

START_TEST(test_the_first_program_runs_as_root_of_its_own_world)
{
    struct told told;
    if (machine_gives_no_world())
        return;
    run_script((struct world_options){0}, "id -u; hostname; echo $$; exit 7", &told);
    ck_assert_int_eq(told.result.reason, WORLD_EXITED);
    ck_assert_int_eq(WEXITSTATUS(told.result.status), 7);
    ck_assert_str_eq(buf_text(&told.text), "0\nmail.sender.test\n2\n");
    buf_deinit(&told.text);
}
END_TEST

START_TEST(test_the_network_is_two_namespaces_joined_by_one_pair)
{
    struct told told;
    if (machine_gives_no_world())
        return;
    run_script((struct world_options){0},
               "ip -o addr; ip route show table all; ip -6 route show table all; echo MTA; "
               "nsenter --net=" WORLD_MTA_NETWORK " sh -c 'ip -o addr; ip route show table all; "
               "ip -6 route show table all'",
               &told);
    char *mta = strstr(told.text.data, "MTA\n");
    ck_assert_ptr_nonnull(mta);
    ck_assert_ptr_nonnull(strstr(mta, "192.0.2.10/32"));
    ck_assert_ptr_nonnull(strstr(mta, "2001:db8::10/128"));
    ck_assert_ptr_nonnull(strstr(mta, "default via 192.0.2.1 dev eth0"));
    ck_assert_ptr_nonnull(strstr(mta, "default via 2001:db8::1 dev eth0"));
    *mta = '\0';
    /* The internet has no way to anywhere but its own prefixes and the server under test. */
    expect_not_in(&told, "default");
    expect_in(&told, "local 198.18.0.0/15 dev lo");
    expect_in(&told, "local 2001:db8::/32 dev lo");
    expect_in(&told, "192.0.2.10 dev internet0");
    buf_deinit(&told.text);
}
END_TEST

START_TEST(test_a_packet_cannot_leave)
{
    struct told told;
    if (machine_gives_no_world())
        return;
    /* Neither from the internet nor from the server's side is there a route to a real address. */
    run_script((struct world_options){0},
               "ip route get 8.8.8.8; ip -6 route get 2606:4700::1111; ip -o link; "
               "bash -c 'echo > /dev/tcp/8.8.8.8/53'; "
               "nsenter --net=" WORLD_MTA_NETWORK
               " bash -c 'for a in 8.8.8.8 2606:4700::1111 192.0.2.77;"
               " do timeout 5 bash -c \"echo > /dev/tcp/$a/53\"; echo code $?; done'; echo END",
               &told);
    /* ... and the server is told so at once, without running into its time-out (124). */
    expect_in(&told, "code 1");
    expect_not_in(&told, "code 124");
    expect_in(&told, "unreachable");
    expect_in(&told, "END");
    expect_not_in(&told, "8.8.8.8 via");
    expect_not_in(&told, "8.8.8.8 dev");
    buf_deinit(&told.text);
}
END_TEST

START_TEST(test_any_address_of_the_internet_answers_the_server_under_test)
{
    struct told told;
    if (machine_gives_no_world())
        return;
    struct address extra[] = {address_of("8.8.8.8"), address_of("2606:4700::1111")};
    struct world_options options = {.extra = extra, .extra_count = 2};
    run_script(options,
               "cat > /tmp/server.py <<'X'\n"
               "import socket, sys\n"
               "s = socket.create_server(('::', 25), family=socket.AF_INET6, dualstack_ipv6=True)\n"
               "for _ in range(6):\n"
               "    c, peer = s.accept()\n"
               "    c.sendall((c.getsockname()[0] + ' from ' + peer[0]).encode())\n"
               "    c.close()\n"
               "X\n"
               "cat > /tmp/client.py <<'X'\n"
               "import socket, time\n"
               "for host in ('198.18.1.1', '198.19.255.254', '203.0.113.7', '8.8.8.8',\n"
               "             '2001:db8:18::1', '2606:4700::1111'):\n"
               "    print(socket.create_connection((host, 25), 10).recv(200).decode())\n"
               "X\n"
               "python3 /tmp/server.py & while ! ss -ltn | grep -q :25; do :; done; "
               "nsenter --net=" WORLD_MTA_NETWORK " python3 /tmp/client.py",
               &told);
    expect_in(&told, "::ffff:198.18.1.1 from ::ffff:192.0.2.10\n");
    expect_in(&told, "::ffff:198.19.255.254 from ::ffff:192.0.2.10\n");
    expect_in(&told, "::ffff:203.0.113.7 from ::ffff:192.0.2.10\n");
    expect_in(&told, "::ffff:8.8.8.8 from ::ffff:192.0.2.10\n");
    expect_in(&told, "2001:db8:18::1 from 2001:db8::10\n");
    expect_in(&told, "2606:4700::1111 from 2001:db8::10\n");
    buf_deinit(&told.text);
}
END_TEST

START_TEST(test_the_root_is_private)
{
    struct told told;
    if (machine_gives_no_world())
        return;
    char host_file[] = "/tmp/world-test-XXXXXX";
    int fd = mkstemp(host_file);
    ck_assert_int_ge(fd, 0);
    close(fd);
    struct world_file file = {"/etc/some/where/file", SLICE("its text\n"), 0640};
    struct world_file fresh = {"/etc/ssl/certs/ca-certificates.crt", SLICE("trust\n"), 0644};
    struct world_file files[] = {file, fresh};
    char script[1024];
    snprintf(script, sizeof script,
             "cat /etc/some/where/file; stat -c %%a /etc/some/where/file; cat /etc/resolv.conf; "
             "cat /etc/ssl/certs/*; ls -A /tmp /var/log /var/spool; test -e %s && echo SEEN; "
             "echo x > /etc/made-in-world && echo x > /var/made-in-world && echo written; "
             "ls /proc | grep -c '^[0-9]'; ls /dev; grep -c /old /proc/mounts",
             host_file);
    run_script((struct world_options){.files = files, .file_count = 2}, script, &told);
    expect_in(&told, "its text\n640\nnameserver 198.18.0.53\n");
    expect_in(&told, "trust\n");
    expect_in(&told, "written\n");
    expect_in(&told, "urandom");
    expect_not_in(&told, "SEEN");
    ck_assert_int_ne(access("/etc/made-in-world", F_OK), 0);
    ck_assert_int_ne(access("/var/made-in-world", F_OK), 0);
    ck_assert_int_ne(access("/etc/some", F_OK), 0);
    unlink(host_file);
    buf_deinit(&told.text);
}
END_TEST

START_TEST(test_shares_show_the_host_and_keep_it_whole)
{
    struct told told;
    struct err err = {{0}};
    if (machine_gives_no_world())
        return;
    char folder[] = "/tmp/world-test-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char path[128];
    snprintf(path, sizeof path, "%s/file", folder);
    ck_assert_int_eq(file_write(path, SLICE("shared\n"), &err), 0);
    struct world_share shares[] = {{folder, NULL, true}, {folder, "/run/elsewhere/ro", false}};
    char script[1024];
    snprintf(script, sizeof script,
             "cat %s/file /run/elsewhere/ro/file; echo out > %s/out; "
             "echo bad > /run/elsewhere/ro/bad || echo refused",
             folder, folder);
    run_script((struct world_options){.shares = shares, .share_count = 2}, script, &told);
    expect_in(&told, "shared\nshared\n");
    expect_in(&told, "refused");
    snprintf(path, sizeof path, "%s/out", folder);
    ck_assert_int_eq(access(path, F_OK), 0);
    unlink(path);
    snprintf(path, sizeof path, "%s/bad", folder);
    ck_assert_int_ne(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/file", folder);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    buf_deinit(&told.text);
}
END_TEST

START_TEST(test_layers_lie_over_the_host)
{
    struct told told;
    struct err err = {{0}};
    if (machine_gives_no_world())
        return;
    char folder[] = "/tmp/world:te,st-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char path[128];
    snprintf(path, sizeof path, "%s/usr/share/world-test/file", folder);
    ck_assert_int_eq(file_make_parents(path, &err), 0);
    ck_assert_int_eq(file_write(path, SLICE("from the layer\n"), &err), 0);
    const char *layers[] = {folder};
    run_script((struct world_options){.layers = layers, .layer_count = 1},
               "cat /usr/share/world-test/file; echo more > /usr/share/world-test/more; "
               "ls /usr/bin/env",
               &told);
    expect_in(&told, "from the layer\n");
    expect_in(&told, "/usr/bin/env\n");
    char command[256];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    snprintf(path, sizeof path, "%s/usr/share/world-test/more", folder);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(system(command), 0);
    buf_deinit(&told.text);
}
END_TEST

START_TEST(test_a_killed_world_leaves_no_process)
{
    struct err err = {{0}};
    if (machine_gives_no_world())
        return;
    int life[2];
    ck_assert_int_eq(pipe(life), 0);
    char shell[] = "/bin/sh";
    char flags[] = "-c";
    char text[] = "setsid sleep 1000 & setsid sleep 1000 & echo ready; wait";
    char *argv[] = {shell, flags, text, NULL};
    struct address mta = address_of("192.0.2.10");
    struct world_options options = {.hostname = "a.test",
                                    .mta = &mta,
                                    .mta_count = 1,
                                    .argv = argv,
                                    .fds = &life[1],
                                    .fd_count = 1};
    struct world *world = NULL;
    ck_assert_msg(world_start(&options, &world, &err) == 0, "%s", err.text);
    close(life[1]);
    world_kill(world);
    /* Each process of the world holds the pipe; its end says that none is left. */
    char byte;
    ck_assert_int_eq(read(life[0], &byte, 1), 0);
    world_free(&world);
}
END_TEST

START_TEST(test_a_killed_runner_takes_its_world_along)
{
    if (machine_gives_no_world())
        return;
    /* Killed at many moments: while the world is built, and while it runs. */
    for (int delay_us = 0; delay_us < 40000; delay_us += 1000) {
        int life[2];
        ck_assert_int_eq(pipe(life), 0);
        pid_t runner = fork();
        ck_assert_int_ge(runner, 0);
        if (runner == 0) {
            char sleeper[] = "/bin/sleep";
            char long_time[] = "1000";
            char *argv[] = {sleeper, long_time, NULL};
            struct address mta = address_of("192.0.2.10");
            struct world_options options = {.hostname = "a.test",
                                            .mta = &mta,
                                            .mta_count = 1,
                                            .argv = argv,
                                            .fds = &life[1],
                                            .fd_count = 1};
            struct world *world = NULL;
            struct world_result result;
            struct err err = {{0}};
            if (world_start(&options, &world, &err) != 0 ||
                world_wait(world, -1, -1, &result) != WORLD_WAIT_ENDED)
                _exit(1);
            _exit(0);
        }
        close(life[1]);
        usleep((useconds_t)delay_us);
        kill(runner, SIGKILL);
        ck_assert_int_eq(waitpid(runner, NULL, 0), runner);
        char byte;
        ck_assert_int_eq(read(life[0], &byte, 1), 0);
        close(life[0]);
    }
}
END_TEST

START_TEST(test_a_word_from_inside_comes_before_the_end)
{
    struct err err = {{0}};
    int word[2];
    if (machine_gives_no_world())
        return;
    ck_assert_int_eq(pipe(word), 0);
    char text[100];
    snprintf(text, sizeof text, "echo >&%d; exec sleep 100000", word[1]);
    char *argv[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, text, NULL};
    struct address mta = address_of("192.0.2.10");
    struct world_options options = {.hostname = "a.test",
                                    .mta = &mta,
                                    .mta_count = 1,
                                    .argv = argv,
                                    .fds = &word[1],
                                    .fd_count = 1};
    struct world *world = NULL;
    struct world_result result;
    ck_assert_msg(world_start(&options, &world, &err) == 0, "%s", err.text);
    close(word[1]);
    ck_assert_int_eq(world_wait(world, word[0], WAIT_MS, &result), WORLD_WAIT_TOLD);
    world_free(&world);
    close(word[0]);
}
END_TEST

START_TEST(test_what_fails_is_told)
{
    struct err err = {{0}};
    if (machine_gives_no_world())
        return;
    char program[] = "/no/such/program";
    char *argv[] = {program, NULL};
    struct address mta = address_of("192.0.2.10");
    struct world_options options = {
        .hostname = "a.test", .mta = &mta, .mta_count = 1, .argv = argv};
    struct world *world = NULL;
    struct world_result result;
    ck_assert_msg(world_start(&options, &world, &err) == 0, "%s", err.text);
    ck_assert_int_eq(world_wait(world, -1, WAIT_MS, &result), WORLD_WAIT_ENDED);
    world_free(&world);
    ck_assert_int_eq(result.reason, WORLD_FAILED);
    ck_assert_ptr_nonnull(strstr(result.err.text, "/no/such/program"));

    struct address gateway = address_of(NETWORK_GATEWAY_V4);
    options.mta = &gateway;
    ck_assert_msg(world_start(&options, &world, &err) == 0, "%s", err.text);
    ck_assert_int_eq(world_wait(world, -1, WAIT_MS, &result), WORLD_WAIT_ENDED);
    world_free(&world);
    ck_assert_int_eq(result.reason, WORLD_FAILED);
    ck_assert_ptr_nonnull(strstr(result.err.text, "gateway"));

    struct world_share share = {.from = "/no/such/folder"};
    options.shares = &share;
    options.share_count = 1;
    ck_assert_int_eq(world_start(&options, &world, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/no/such/folder"));
}
END_TEST

UNIT_MAIN(test_the_first_program_runs_as_root_of_its_own_world,
          test_the_network_is_two_namespaces_joined_by_one_pair, test_a_packet_cannot_leave,
          test_any_address_of_the_internet_answers_the_server_under_test, test_the_root_is_private,
          test_shares_show_the_host_and_keep_it_whole, test_layers_lie_over_the_host,
          test_a_killed_world_leaves_no_process, test_a_killed_runner_takes_its_world_along,
          test_a_word_from_inside_comes_before_the_end, test_what_fails_is_told)
