#include "sim/world/init.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "sim/world/ids.h"
#include "sim/world/network.h"

#include "mta-under-test/base/poison.h"

/* The world dies with its runner. The signal alone leaves a gap, the time before it is set: so the
 * runner's end of a pipe must still be open after that. */
static void bind_to_runner(int lifeline)
{
    char word;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        _exit(1);
    ssize_t len;
    do
        len = read(lifeline, &word, 1);
    while (len < 0 && errno == EINTR);
    if (len != 1)
        _exit(1);
}

/* Sets the signal once more, since changed credentials take it away, and looks once more. */
static void bind_again(int lifeline)
{
    struct pollfd waited = {.fd = lifeline, .events = POLLIN};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || poll(&waited, 1, 0) != 0)
        _exit(1);
}

/* What the runner does with signals is no business of the world's programs. */
static void reset_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int number = 1; number < SIGRTMAX; number++)
        (void)sigaction(number, &action, NULL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool is_kept(const struct world_options *options, const struct init_links *links, int fd)
{
    if (fd <= STDERR_FILENO || fd == links->lifeline || fd == links->result)
        return true;
    for (size_t i = 0; i < options->fd_count; i++)
        if (options->fds[i] == fd)
            return true;
    return false;
}

/* Closes what the runner has open for itself; what is passed on stays open at exec. */
static void select_fds(const struct world_options *options, const struct init_links *links)
{
    int highest = links->lifeline > links->result ? links->lifeline : links->result;
    for (size_t i = 0; i < options->fd_count; i++) {
        highest = options->fds[i] > highest ? options->fds[i] : highest;
        (void)fcntl(options->fds[i], F_SETFD, 0);
    }
    for (int fd = STDERR_FILENO + 1; fd <= highest; fd++)
        if (!is_kept(options, links, fd))
            close(fd);
    (void)close_range((unsigned)highest + 1, ~0U, 0);
}

static int build(const struct world_options *options, const struct root_paths *paths,
                 struct err *err)
{
    const struct network_options network = {.mta = options->mta,
                                            .mta_count = options->mta_count,
                                            .extra = options->extra,
                                            .extra_count = options->extra_count};
    int mta_fd = -1;
    if (network_build(&network, &mta_fd, err) != 0)
        return -1;
    int result = 0;
    if (sethostname(options->hostname, strlen(options->hostname)) != 0 || setdomainname("", 0) != 0)
        result = err_set_errno(err, "cannot set the host name to %s", options->hostname);
    if (result == 0)
        result = root_build(options, paths, mta_fd, err);
    close(mta_fd);
    if (result == 0)
        result = ids_drop_capabilities(err);
    return result;
}

/* Without a limit: longer than anybody waits, and short enough for sums of times. */
static const int64_t NO_LIMIT_US = INT64_C(100) * 365 * TIME_DAY;

static void run_clock(const struct world_options *options, struct clock_progress *progress,
                      struct world_result *result)
{
    const struct clock_options clock = {
        .start_us = options->start_us,
        .limit_us = options->limit_us > 0 ? options->limit_us : NO_LIMIT_US,
        .seed = options->seed,
        .cpu = -1,
        .slot = options->slot,
        .virtual_time = options->virtual_clock,
        .progress = progress,
    };
    struct clock_result end;
    int64_t started_us = time_monotonic_us();
    if (clock_run(&clock, options->argv, &end, &result->err) != 0)
        return;
    static const enum world_reason REASONS[] = {[CLOCK_END_EXITED] = WORLD_EXITED,
                                                [CLOCK_END_LIMIT] = WORLD_LIMIT,
                                                [CLOCK_END_IDLE] = WORLD_IDLE};
    result->reason = REASONS[end.end];
    result->status = end.status;
    result->jumps = end.jumps;
    result->elapsed_us = options->virtual_clock ? end.virtual_us - options->start_us
                                                : time_monotonic_us() - started_us;
    if (end.end == CLOCK_END_IDLE)
        err_set(&result->err, "nothing in the world waits for anything any more");
}

void init_main(const struct world_options *options, const struct root_paths *paths,
               const struct init_links *links)
{
    struct world_result result = {.reason = WORLD_FAILED};
    bind_to_runner(links->lifeline);
    if (!options->keep_terminal)
        (void)setsid();
    reset_signals();
    select_fds(options, links);
    /* Refused where only one group is mapped; then there are no others to be left. */
    (void)setgroups(0, NULL);
    if (build(options, paths, &result.err) == 0) {
        bind_again(links->lifeline);
        run_clock(options, links->progress, &result);
    }
    ssize_t len = write(links->result, &result, sizeof result);
    _exit(len == (ssize_t)sizeof result ? 0 : 1);
}
