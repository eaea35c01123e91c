#include "sim/cli/cli_watch.h"

#include <ftw.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/poison.h"

enum { WATCH_PAUSE_US = 300 * 1000, WATCH_DEPTH_MAX = 16 };

/* Of all files looked at: changes whenever one of them does, comes or goes. nftw() has no context.
 */
static uint64_t watch_sum;

static int watch_add(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)at;
    if (type != FTW_F)
        return 0;
    uint64_t one = (uint64_t)status->st_mtim.tv_sec * 1000000007u +
                   (uint64_t)status->st_mtim.tv_nsec * 31u + (uint64_t)status->st_size;
    for (const char *p = path; *p != '\0'; p++)
        one = one * 131 + (unsigned char)*p;
    watch_sum += one * 0x9e3779b97f4a7c15u; /* a sum, since the order of a folder may change */
    return 0;
}

static uint64_t watch_look(const struct run_options *options, char **paths, int count)
{
    char *fixtures = mem_text_format("%s/fixtures", options->root);
    char *scenarios = mem_text_format("%s/scenarios", options->root);
    watch_sum = 0;
    nftw(fixtures, watch_add, WATCH_DEPTH_MAX, 0);
    if (count == 0)
        nftw(scenarios, watch_add, WATCH_DEPTH_MAX, 0);
    for (int i = 0; i < count; i++)
        nftw(paths[i], watch_add, WATCH_DEPTH_MAX, 0);
    free(fixtures);
    free(scenarios);
    return watch_sum;
}

/* In a process of its own: a run leaves signals and memory as it needs them. */
static int watch_run(const struct run_options *options, char **paths, int count, cli_watched *run)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        return RUN_EXIT_INTERNAL;
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        int code = run(options, paths, count);
        fflush(NULL);
        _exit(code);
    }
    while (waitpid(pid, &status, 0) != pid)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : RUN_EXIT_INTERNAL;
}

static volatile sig_atomic_t watch_over;

static void watch_on_end(int signal_number)
{
    watch_over = signal_number;
}

int cli_watch(const struct run_options *options, char **paths, int count, cli_watched *run)
{
    const struct sigaction end = {.sa_handler = watch_on_end};
    int code = RUN_EXIT_PASSED;
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    while (watch_over == 0) {
        uint64_t seen = watch_look(options, paths, count);
        code = watch_run(options, paths, count, run);
        if (watch_over == 0)
            fprintf(stderr, "watching for changes; Ctrl-C ends it\n");
        while (watch_over == 0 && watch_look(options, paths, count) == seen)
            usleep(WATCH_PAUSE_US);
    }
    return code;
}
