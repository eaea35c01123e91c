/* A place in a program that makes timed calls again and again, and is changed for it. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/clock/tool/probe.h"

enum {
    CALLS = 400, /* enough for the place to be found worth it */
    CODE_BYTES = 4096,
    LONG_S = 60 * 86400, /* longer than 2^32 ms */
    JUMP = 0xe9,
    STACKED = 0x5a5a,
};

/* Behind a nop. epoll_wait as compilers write it: mov $232, %eax; syscall; ret. */
static const uint8_t plain[] = {0x90, 0xb8, 0xe8, 0, 0, 0, 0x0f, 0x05, 0xc3};
/* The same bytes before the call, but they are: mov $232, %r8d. */
static const uint8_t other_register[] = {0xb8, 0xe8, 0, 0, 0,    0x41, 0xb8,
                                         0xe8, 0,    0, 0, 0x0f, 0x05, 0xc3};

/* Not in the program itself, which may be too far from the clock's code, but where libraries are.
 */
static uint8_t *code_map(const uint8_t *bytes, size_t len)
{
    void *code = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(code != MAP_FAILED);
    memcpy(code, bytes, len);
    EXPECT(mprotect(code, CODE_BYTES, PROT_READ | PROT_EXEC) == 0);
    return code;
}

/* Calls epoll_wait at `site`, and expects what the kernel promises: only rax, rcx and r11
 * change. */
static long site_call(const uint8_t *site, long epoll, struct epoll_event *event, long ms)
{
    register long ms_in __asm__("r10") = ms;
    register long eighth __asm__("r8") = 8;
    register long ninth __asm__("r9") = 9;
    long result, first = epoll, count = 1, near, far;
    struct epoll_event *second = event;
    uint8_t carry;
    __asm__ volatile("lea -512(%%rsp), %%rsp\n"
                     "movq %[stacked], -16(%%rsp)\n" /* the 128 bytes that `site` may use */
                     "movq %[stacked], -136(%%rsp)\n"
                     "stc\n"
                     "call *%[site]\n"
                     "setc %[carry]\n"
                     "mov -16(%%rsp), %[near]\n"
                     "mov -136(%%rsp), %[far]\n"
                     "lea 512(%%rsp), %%rsp\n"
                     : "=a"(result), "+D"(first), "+S"(second), "+d"(count), "+r"(ms_in),
                       "+r"(eighth),
                       "+r"(ninth), [carry] "=&r"(carry), [near] "=&r"(near), [far] "=&r"(far)
                     : [site] "r"(site), [stacked] "i"(STACKED)
                     : "rcx", "r11", "memory", "cc");
    EXPECT(first == epoll && second == event && count == 1 && ms_in == ms);
    EXPECT(eighth == 8 && ninth == 9 && carry == 1 && near == STACKED && far == STACKED);
    return result;
}

static int epoll_quiet(int ends[2])
{
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    EXPECT(pipe(ends) == 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0);
    return epoll;
}

static uint8_t *site_changed(int epoll)
{
    uint8_t *site = code_map(plain, sizeof plain) + 1;
    struct epoll_event event;
    EXPECT_SECONDS(CALLS, for (int i = 0; i < CALLS; i++)
                              EXPECT(site_call(site, epoll, &event, 1000) == 0));
    EXPECT(site[0] == JUMP && memcmp(site + 5, plain + 6, 3) == 0);
    return site;
}

static void run_shortcut(void)
{
    int ends[2], epoll = epoll_quiet(ends);
    struct epoll_event event;
    const uint8_t *site = site_changed(epoll);
    EXPECT(site_call(site, -1, &event, 1000) == -EBADF);
    EXPECT_SECONDS(0, EXPECT(site_call(site, epoll, &event, 0) == 0));
    pid_t child = fork();
    if (child == 0) {
        sleep(LONG_S);
        _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
    }
    EXPECT_SECONDS(LONG_S, EXPECT(site_call(site, epoll, &event, -1) == 1));
    EXPECT_SECONDS(0, EXPECT(site_call(site, epoll, &event, 1000) == 1));
    EXPECT(probe_wait(child) == 0);
}

static void on_alarm(int signal)
{
    (void)signal;
    sleep(50); /* a timed call above a timed call */
}

static void run_shortcut_interrupted(void)
{
    int ends[2], epoll = epoll_quiet(ends);
    struct epoll_event event;
    const uint8_t *site = site_changed(epoll);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    EXPECT(sigaction(SIGALRM, &action, NULL) == 0);
    alarm(5);
    EXPECT_SECONDS(55, EXPECT(site_call(site, epoll, &event, 200000) == -EINTR));
    alarm(5);
    EXPECT_SECONDS(55, EXPECT(site_call(site, epoll, &event, -1) == -EINTR));
}

static void run_shortcut_forked(void)
{
    int ends[2], epoll = epoll_quiet(ends);
    struct epoll_event event;
    const uint8_t *site = site_changed(epoll);
    pid_t child = fork();
    if (child == 0) {
        EXPECT_SECONDS(30, EXPECT(site_call(site, epoll, &event, 30000) == 0));
        _exit(0);
    }
    EXPECT_SECONDS(10, EXPECT(site_call(site, epoll, &event, 10000) == 0));
    EXPECT_SECONDS(20, EXPECT(probe_wait(child) == 0));
}

/* Code that only looks like it is left alone. */
static void run_shortcut_refused(void)
{
    int ends[2], epoll = epoll_quiet(ends);
    struct epoll_event event;
    const uint8_t *code = code_map(other_register, sizeof other_register);
    for (int i = 0; i < CALLS; i++) {
        register long ms __asm__("r10") = 1000;
        long result;
        __asm__ volatile("call *%[code]"
                         : "=a"(result)
                         : [code] "r"(code), "D"((long)epoll), "S"(&event), "d"(1L), "r"(ms)
                         : "rcx", "r8", "r11", "memory", "cc");
        EXPECT(result == 0);
    }
    EXPECT(memcmp(code, other_register, sizeof other_register) == 0);
}

const struct probe probe_shortcuts[] = {
    {"shortcut", run_shortcut},
    {"shortcut_interrupted", run_shortcut_interrupted},
    {"shortcut_forked", run_shortcut_forked},
    {"shortcut_refused", run_shortcut_refused},
    {NULL, NULL},
};
