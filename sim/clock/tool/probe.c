#include "sim/clock/tool/probe.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *probe_self;
char **probe_args;

_Noreturn void probe_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
    exit(1);
}

int64_t probe_now_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool probe_near(int64_t us, int64_t expected_us)
{
    if (us >= expected_us - 2000 && us <= expected_us + 2000)
        return true;
    fprintf(stderr, "took %.6f s, expected %.6f s\n", (double)us / 1e6, (double)expected_us / 1e6);
    return false;
}

int probe_wait(int pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    const struct probe *const groups[] = {probe_waits,     probe_timers, probe_signals,
                                          probe_processes, probe_worlds, probe_shortcuts};
    static char self[4096];
    ssize_t got = readlink("/proc/self/exe", self, sizeof self - 1);
    probe_self = got > 0 ? self : argv[0];
    probe_args = argv + 2;
    for (size_t g = 0; argc > 1 && g < sizeof groups / sizeof groups[0]; g++)
        for (const struct probe *probe = groups[g]; probe->name != NULL; probe++)
            if (strcmp(probe->name, argv[1]) == 0) {
                probe->run();
                return 0;
            }
    fprintf(stderr, "usage: clock_probe NAME; this name is not known\n");
    return 2;
}
