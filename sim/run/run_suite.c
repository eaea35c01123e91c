#include "sim/run/run_suite.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "sim/run/run_case.h"
#include "sim/run/run_follow.h"
#include "sim/run/run_print.h"
#include "sim/run/run_report.h"

#include "mta-under-test/base/poison.h"

enum { RUN_JOBS_MAX = 256, RUN_WAIT_MS = 1000 };

struct run_job {
    pid_t pid; /* 0 = free */
    size_t index;
    unsigned tries;
};

struct run_state {
    const struct run_options *options;
    const struct run_plan *plan;
    struct run_follow *follows; /* of the plan's cases, for the report */
    struct run_job jobs[RUN_JOBS_MAX];
    unsigned running;
    unsigned leaving; /* processes whose case is judged */
    size_t next;
    struct run_tally tally;
    sigset_t signals; /* blocked, and taken only where all is looked at again afterwards */
    int interrupted;  /* the signal that told us to end, or 0 */
    int64_t told_us;  /* when the cases were told so */
};

/* From the process of a case that is judged, with its exit code. */
static int run_judged_signal(void)
{
    return SIGRTMIN;
}

static void run_tell_judged(int code)
{
    (void)sigqueue(getppid(), run_judged_signal(), (union sigval){.sival_int = code});
}

static char *run_case_path(const struct run_state *state, size_t index)
{
    return mem_text_format("%s/%s", state->options->output, state->plan->cases[index].folder);
}

/* Before its process begins to write there. */
static void run_follow_case(struct run_state *state, size_t index)
{
    char *folder = run_case_path(state, index);
    run_follow_deinit(&state->follows[index]); /* of the try before */
    run_follow_to_report(&state->follows[index], folder);
    free(folder);
}

static int run_job_start(struct run_state *state, struct run_job *job)
{
    run_follow_case(state, job->index);
    fflush(NULL);
    pid_t parent = getpid();
    /* The child keeps the signals blocked until it has handlers of its own. */
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0) {
        /* It ends with us, and its world with it; we may have ended before this was asked for. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(RUN_EXIT_INTERNAL);
        char *folder = run_case_path(state, job->index);
        const struct run_case_options options = {
            .run = state->options,
            .one = &state->plan->cases[job->index],
            .folder = folder,
            .slot = (unsigned)(job - state->jobs),
            .judged = run_tell_judged,
        };
        int result = run_case_execute(&options);
        fflush(NULL);
        _exit(result);
    }
    job->pid = pid;
    job->tries++;
    state->running++;
    return 0;
}

static bool run_may_start(const struct run_state *state)
{
    const struct run_options *options = state->options;
    bool enough = options->max_failures > 0 && state->tally.failed >= options->max_failures;
    return state->interrupted == 0 && !enough && state->next < state->plan->case_count &&
           state->running < options->jobs;
}

static int run_fill(struct run_state *state)
{
    for (unsigned slot = 0; slot < state->options->jobs && run_may_start(state); slot++) {
        struct run_job *job = &state->jobs[slot];
        if (job->pid != 0)
            continue;
        job->index = state->next++;
        job->tries = 0;
        if (run_job_start(state, job) != 0)
            return -1;
    }
    return 0;
}

static struct run_job *run_job_of(struct run_state *state, pid_t pid)
{
    for (unsigned slot = 0; slot < state->options->jobs; slot++) {
        if (state->jobs[slot].pid == pid)
            return &state->jobs[slot];
    }
    return NULL;
}

/* A child that ended by a signal is an error of our own, never a failed scenario. */
static int run_exit_code(int status)
{
    if (!WIFEXITED(status))
        return RUN_EXIT_INTERNAL;
    int code = WEXITSTATUS(status);
    return code <= RUN_EXIT_SKIPPED ? code : RUN_EXIT_INTERNAL;
}

static void run_job_end(struct run_state *state, struct run_job *job, int code)
{
    job->pid = 0;
    state->running--;
    /* What a person tried by hand is not judged. */
    if (state->options->interactive && code == RUN_EXIT_FAILED)
        code = RUN_EXIT_PASSED;
    if (code == RUN_EXIT_FAILED && job->tries <= state->options->retries &&
        state->interrupted == 0 && run_job_start(state, job) == 0)
        return;
    char *folder = run_case_path(state, job->index);
    run_tally_add(&state->tally, code, code == RUN_EXIT_PASSED && job->tries > 1);
    run_print_case(state->options, &state->plan->cases[job->index], folder, code);
    free(folder);
}

/* Each case ends in order at the first signal, at once at the second; one that comes within a
 * second (`timeout` sends two) is the same one. */
static void run_tell_all(struct run_state *state)
{
    int64_t now_us = time_monotonic_us();
    if (state->told_us != 0 && now_us - state->told_us < TIME_SECOND)
        return;
    state->told_us = now_us;
    for (unsigned slot = 0; slot < state->options->jobs; slot++) {
        if (state->jobs[slot].pid != 0)
            kill(state->jobs[slot].pid, SIGTERM);
    }
}

static void run_reap(struct run_state *state)
{
    int status = 0;
    pid_t pid = 0;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct run_job *job = run_job_of(state, pid);
        if (job != NULL)
            run_job_end(state, job, run_exit_code(status));
        else if (state->leaving > 0)
            state->leaving--;
    }
}

static void run_on_judged(struct run_state *state, const siginfo_t *info)
{
    struct run_job *job = run_job_of(state, info->si_pid);
    if (job == NULL) /* its end was heard of first */
        return;
    state->leaving++;
    run_job_end(state, job, info->si_value.sival_int);
}

/* Reads of what the cases log; returns how many milliseconds it can wait for more. */
static int run_follow_cases(struct run_state *state)
{
    int wait_ms = RUN_WAIT_MS;
    for (unsigned slot = 0; slot < state->options->jobs; slot++) {
        const struct run_job *job = &state->jobs[slot];
        int ms = job->pid != 0 ? run_follow_step(&state->follows[job->index]) : RUN_WAIT_MS;
        if (ms < wait_ms)
            wait_ms = ms;
    }
    return wait_ms;
}

/* The next signal, or -1. */
static int run_wait_signal(struct run_state *state, siginfo_t *info)
{
    int signal_number = 0;
    do {
        int ms = run_follow_cases(state);
        const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
        signal_number = sigtimedwait(&state->signals, info, &wait);
    } while (signal_number < 0 && errno == EAGAIN);
    return signal_number;
}

static void run_wait_all(struct run_state *state)
{
    while (state->running + state->leaving > 0 || run_may_start(state)) {
        if (run_fill(state) != 0) {
            fprintf(stderr, "mailrange: a process cannot be made: %s\n", strerrordesc_np(errno));
            state->tally.internal++;
            break;
        }
        siginfo_t info;
        int signal_number = run_wait_signal(state, &info);
        if (signal_number == run_judged_signal())
            run_on_judged(state, &info);
        if (signal_number == SIGINT || signal_number == SIGTERM) {
            state->interrupted = signal_number;
            run_tell_all(state);
        }
        run_reap(state);
    }
}

static void run_follows_free(struct run_state *state)
{
    for (size_t i = 0; i < state->plan->case_count; i++)
        run_follow_deinit(&state->follows[i]);
    free(state->follows);
}

static void run_block_signals(struct run_state *state)
{
    sigemptyset(&state->signals);
    sigaddset(&state->signals, SIGINT);
    sigaddset(&state->signals, SIGTERM);
    sigaddset(&state->signals, SIGCHLD);
    sigaddset(&state->signals, run_judged_signal());
    sigprocmask(SIG_BLOCK, &state->signals, NULL);
}

int run_suite(const struct run_options *options, struct run_plan *plan)
{
    struct run_state state = {.options = options, .plan = plan};
    struct err err = {0};
    if (options->jobs > RUN_JOBS_MAX) {
        fprintf(stderr, "mailrange: at most %d worlds can run side by side\n", RUN_JOBS_MAX);
        return RUN_EXIT_USAGE;
    }
    if (file_make_folders(options->output, &err) != 0 ||
        run_report_begin(options->output, &err) != 0) {
        fprintf(stderr, "mailrange: %s\n", err.text);
        return RUN_EXIT_MACHINE;
    }
    run_block_signals(&state);
    run_plan_unload(plan);
    mem_settle();
    state.follows = mem_alloc_array(plan->case_count + 1, sizeof *state.follows);
    run_wait_all(&state);
    if (run_report_write(options, plan, state.follows, &err) != 0) {
        fprintf(stderr, "mailrange: %s\n", err.text);
        state.tally.internal++;
    }
    run_follows_free(&state);
    if (options->interactive)
        return run_tally_exit(&state.tally);
    run_print_tally(options, &state.tally);
    if (state.interrupted != 0)
        return 128 + state.interrupted;
    return run_tally_exit(&state.tally);
}
