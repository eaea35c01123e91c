#include "sim/mta/mta_process.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "sim/mta/mta_log.h"
#include "sim/mta/mta_place.h"
#include "sim/mta/mta_probe.h"
#include "sim/mta/mta_skew.h"
#include "sim/mta/mta_spawn.h"
#include "sim/mta/mta_syslog.h"

#include "mta-under-test/base/poison.h"

static const char MTA_SYSLOG_PATH[] = "/dev/log";

enum {
    MTA_WHY_BYTES = 1500,
    MTA_LOG_TAIL_BYTES = 600,
    MTA_QUEUE_BYTES_MAX = 64 * 1024 * 1024,
    MTA_PID_TEXT_BYTES = 64
};

/* What the process at hand is. */
enum mta_role {
    MTA_ROLE_NONE,
    MTA_ROLE_BEFORE,
    MTA_ROLE_START,
    MTA_ROLE_MAIN,
    MTA_ROLE_STOP,
    MTA_ROLE_QUEUE,
    MTA_ROLE_RELOAD
};

struct mta_process {
    struct mta_process_options options;
    enum mta_state state;
    struct arena arena;
    int output_fd;
    bool placed;         /* its files are there */
    bool restart;        /* start again when it has ended */
    bool killed;         /* its end is our doing */
    size_t next_command; /* of before_start */

    /* The server's own process: `start` itself, or the daemon of the pid file. */
    pid_t main_pid;
    int main_fd;
    struct event *main_event;
    /* The command that runs now: before-start, the start of a daemon, or stop. */
    enum mta_role helper_role;
    pid_t helper_pid;
    int helper_fd;
    struct event *helper_event;
    struct mta_probe *probe;
    struct mta_syslog *syslog;  /* NULL where the adapter does not ask for it */
    struct mta_log *server_log; /* NULL where the adapter has no patterns */
};

static void mta_process_run_next(struct mta_process *process);

static void mta_process_log(struct mta_process *process, const char *kind, const char *reason)
{
    struct json_out *event = event_begin(process->options.log, "mta", kind, NULL);
    json_out_text(event, "name", process->options.adapter->name);
    if (reason != NULL)
        json_out_text(event, "reason", reason);
    event_end(process->options.log);
}

/* The only writer of the state. */
static void mta_process_set_state(struct mta_process *process, enum mta_state state)
{
    process->state = state;
}

enum mta_state mta_process_state(const struct mta_process *process)
{
    return process->state;
}

struct mta_process *mta_process_new(const struct mta_process_options *options)
{
    struct mta_process *process = mem_alloc(sizeof *process);
    process->options = *options;
    process->main_fd = -1;
    process->helper_fd = -1;
    process->output_fd = open(options->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return process;
}

static void mta_forget(struct event **event, int *fd)
{
    if (*event != NULL)
        event_free(*event);
    *event = NULL;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void mta_process_finish(struct mta_process *process)
{
    if (process->main_pid > 0 || process->helper_pid > 0)
        mta_spawn_signal_all(process->options.network_fd, process->main_pid,
                             process->options.spared, SIGKILL);
    process->main_pid = 0;
    process->helper_pid = 0;
    mta_probe_free(&process->probe);
    mta_syslog_close(&process->syslog);
    if (process->server_log != NULL)
        mta_log_end(process->server_log);
    mta_forget(&process->main_event, &process->main_fd);
    mta_forget(&process->helper_event, &process->helper_fd);
}

void mta_process_free(struct mta_process **process_at)
{
    struct mta_process *process = *process_at;
    if (process == NULL)
        return;
    *process_at = NULL;
    mta_process_finish(process);
    mta_log_close(&process->server_log);
    if (process->output_fd >= 0)
        close(process->output_fd);
    arena_deinit(&process->arena);
    free(process);
}

static const char *mta_process_log_path(const struct mta_process *process)
{
    const char *log = process->options.adapter->log;
    return log != NULL ? log : process->options.output;
}

/* The end of what the server wrote, for the message about its early end. */
static void mta_process_tail(const struct mta_process *process, struct buf *out)
{
    const char *path = mta_process_log_path(process);
    char tail[MTA_LOG_TAIL_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = size > MTA_LOG_TAIL_BYTES ? size - MTA_LOG_TAIL_BYTES : 0;
    ssize_t got = pread(fd, tail, sizeof tail, from);
    close(fd);
    if (got <= 0)
        return;
    struct slice text = slice_from(tail, (size_t)got);
    size_t line = from > 0 ? slice_find(text, '\n') : SIZE_MAX;
    text = slice_trim(slice_skip(text, line == SIZE_MAX ? 0 : line + 1));
    if (text.len > 0)
        buf_format(out, "; the end of its log:\n%.*s", SLICE_ARG(text));
}

/* It is down: the caller is told, or it starts again. */
static void mta_process_end(struct mta_process *process, int status, const char *what)
{
    bool expected = process->state == MTA_STOPPING || process->killed;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    mta_probe_free(&process->probe);
    mta_forget(&process->main_event, &process->main_fd);
    process->main_pid = 0;
    process->killed = false;
    mta_process_set_state(process, MTA_DOWN);
    struct json_out *event = event_begin(process->options.log, "mta", "exit", NULL);
    json_out_text(event, "name", process->options.adapter->name);
    json_out_int(event, "status", code);
    json_out_bool(event, "expected", expected);
    event_end(process->options.log);
    struct err err = {0};
    if (process->restart) {
        process->restart = false;
        if (mta_process_start(process, &err) == 0)
            return;
    }
    struct buf why;
    buf_init(&why, MTA_WHY_BYTES);
    buf_format(&why, "%s %s with %d", process->options.adapter->name, what, code);
    if (code == -SIGSYS)
        buf_add_text(&why, MTA_SPAWN_SIGSYS);
    if (!expected)
        mta_process_tail(process, &why);
    process->options.ended(process->options.context, expected,
                           err.text[0] != '\0' ? err.text : buf_text(&why));
    buf_deinit(&why);
}

static void mta_process_on_main_exit(evutil_socket_t fd, short what, void *context)
{
    struct mta_process *process = context;
    int status = 0;
    (void)fd;
    (void)what;
    /* A daemon is no child of ours: its status is not known, and it has no zombie to wait for. */
    waitpid(process->main_pid, &status, WNOHANG);
    mta_process_end(process, status,
                    process->state == MTA_STARTING ? "ended at its start" : "ended");
}

static void mta_process_watch_main(struct mta_process *process, pid_t pid, int pid_fd)
{
    process->main_pid = pid;
    process->main_fd = pid_fd;
    process->main_event =
        event_new(process->options.base, pid_fd, EV_READ, mta_process_on_main_exit, process);
    event_add(process->main_event, NULL);
}

static void mta_process_on_probe(void *context, bool greeted)
{
    struct mta_process *process = context;
    mta_probe_free(&process->probe);
    if (!greeted) {
        struct buf why;
        buf_init(&why, MTA_WHY_BYTES);
        buf_format(&why, "%s never answered on port %d", process->options.adapter->name,
                   (int)process->options.adapter->port);
        mta_process_tail(process, &why);
        mta_process_kill(process);
        process->options.ended(process->options.context, false, buf_text(&why));
        buf_deinit(&why);
        return;
    }
    mta_process_set_state(process, MTA_READY);
    mta_process_log(process, "ready", NULL);
    process->options.ready(process->options.context);
}

static void mta_process_probe(struct mta_process *process)
{
    const struct mta_process_options *options = &process->options;
    process->probe =
        mta_probe_new(options->base, options->network_fd, &options->settings->sources[0],
                      (uint16_t)options->adapter->port, mta_process_on_probe, process);
}

/* The daemon that `start` left behind, by its pid file. */
static int mta_process_find_daemon(struct mta_process *process, struct err *err)
{
    struct buf text;
    uint64_t pid = 0;
    const char *path = process->options.adapter->pid_file;
    buf_init(&text, MTA_PID_TEXT_BYTES);
    int result = file_read(path, &text, err);
    if (result == 0 && text_to_u64(slice_trim(buf_slice(&text)), &pid) != 0)
        result = err_set(err, "%s: has no process id in it", path);
    buf_deinit(&text);
    if (result != 0)
        return -1;
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd < 0)
        return err_set_errno(err, "process %d of %s cannot be watched", (int)pid, path);
    mta_process_watch_main(process, (pid_t)pid, fd);
    return 0;
}

/* A server that refuses its new configuration goes on with the old one: that is no run to judge. */
static void mta_process_on_reloaded(struct mta_process *process, int status)
{
    struct buf why;
    if (status == 0 || process->state != MTA_READY)
        return;
    buf_init(&why, MTA_WHY_BYTES);
    buf_format(&why, "%s: its reload command failed", process->options.adapter->name);
    mta_process_tail(process, &why);
    process->options.ended(process->options.context, false, buf_text(&why));
    buf_deinit(&why);
}

static void mta_process_ask_to_end(struct mta_process *process);

static void mta_process_on_listed(struct mta_process *process, int status)
{
    const regex_t *empty = process->options.adapter->queue_empty;
    struct buf text;
    struct err ignored = {0};
    int64_t lines = 0;
    buf_init(&text, MTA_QUEUE_BYTES_MAX);
    bool is_read = file_read(process->options.queue, &text, &ignored) == 0;
    for (size_t i = 0; is_read && i < text.len; i++)
        lines += text.data[i] == '\n';
    bool is_empty =
        is_read && status == 0 && empty != NULL && regexec(empty, buf_text(&text), 0, NULL, 0) == 0;
    buf_deinit(&text);
    struct json_out *event = event_begin(process->options.log, "mta", "queue", NULL);
    json_out_text(event, "name", process->options.adapter->name);
    json_out_int(event, "status", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    json_out_int(event, "lines", lines);
    json_out_bool(event, "empty", is_empty);
    event_end(process->options.log);
    mta_process_ask_to_end(process);
}

static void mta_process_on_helper_exit(evutil_socket_t unused, short what, void *context)
{
    struct mta_process *process = context;
    int status = 0;
    enum mta_role role = process->helper_role;
    (void)unused;
    (void)what;
    waitpid(process->helper_pid, &status, WNOHANG);
    process->helper_pid = 0;
    process->helper_role = MTA_ROLE_NONE;
    mta_forget(&process->helper_event, &process->helper_fd);
    if (role == MTA_ROLE_RELOAD) {
        mta_process_on_reloaded(process, status);
        return;
    }
    if (role == MTA_ROLE_QUEUE && process->state == MTA_STOPPING) {
        mta_process_on_listed(process, status);
        return;
    }
    if (role == MTA_ROLE_STOP || process->state != MTA_STARTING)
        return;
    struct err err = {0};
    if (status != 0)
        mta_process_end(process, status,
                        role == MTA_ROLE_START ? "failed to start" : "has a failing before-start");
    else if (role == MTA_ROLE_BEFORE)
        mta_process_run_next(process);
    else if (mta_process_find_daemon(process, &err) != 0)
        process->options.ended(process->options.context, false, err.text);
    else
        mta_process_probe(process);
}

static struct mta_setup mta_process_setup(const struct mta_process *process)
{
    const struct mta_process_options *options = &process->options;
    return (struct mta_setup){
        .adapter = options->adapter, .settings = options->settings, .programs = options->programs};
}

/* Starts one command in the server's network; -1 with `err`. */
static pid_t mta_process_spawn(struct mta_process *process, const struct mta_command *command,
                               int output_fd, int *pid_fd, struct err *err)
{
    const struct mta_process_options *options = &process->options;
    const struct mta_setup setup = mta_process_setup(process);
    const char *const *variables = NULL;
    char **argv = mta_fill_command(&setup, command, &process->arena, err);
    if (argv == NULL ||
        mta_skew_variables(options->settings, &process->arena, &variables, err) != 0)
        return -1;
    const struct mta_spawn spawn = {
        .argv = argv,
        .network_fd = options->network_fd,
        .output_fd = output_fd,
        .home = options->home,
        .variables = variables,
    };
    return mta_spawn_start(&spawn, pid_fd, err);
}

static int mta_process_help(struct mta_process *process, const struct mta_command *command,
                            enum mta_role role, struct err *err)
{
    mta_forget(&process->helper_event, &process->helper_fd); /* of one that has not ended yet */
    int output = role == MTA_ROLE_QUEUE
                     ? open(process->options.queue, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)
                     : process->output_fd;
    process->helper_pid = mta_process_spawn(process, command, output, &process->helper_fd, err);
    if (role == MTA_ROLE_QUEUE && output >= 0)
        close(output);
    if (process->helper_pid < 0)
        return -1;
    process->helper_role = role;
    process->helper_event = event_new(process->options.base, process->helper_fd, EV_READ,
                                      mta_process_on_helper_exit, process);
    event_add(process->helper_event, NULL);
    return 0;
}

/* The next command of before_start, or the start itself. */
static int mta_process_step(struct mta_process *process, struct err *err)
{
    const struct mta_adapter *adapter = process->options.adapter;
    if (process->next_command < adapter->before_start_count)
        return mta_process_help(process, &adapter->before_start[process->next_command++],
                                MTA_ROLE_BEFORE, err);
    if (adapter->port > 0 &&
        mta_probe_is_taken(process->options.network_fd, &process->options.settings->sources[0],
                           (uint16_t)adapter->port))
        return err_set(err,
                       "port %d is in use inside the world before %s is started: does one of its "
                       "before-start commands leave a program behind?",
                       (int)adapter->port, adapter->name);
    if (adapter->pid_file != NULL)
        return mta_process_help(process, &adapter->start, MTA_ROLE_START, err);
    int fd = -1;
    pid_t pid = mta_process_spawn(process, &adapter->start, process->output_fd, &fd, err);
    if (pid < 0)
        return -1;
    mta_process_watch_main(process, pid, fd);
    mta_process_probe(process);
    return 0;
}

static void mta_process_run_next(struct mta_process *process)
{
    struct err err = {0};
    if (mta_process_step(process, &err) != 0) {
        mta_process_set_state(process, MTA_DOWN);
        process->options.ended(process->options.context, false, err.text);
    }
}

static int mta_process_open_logs(struct mta_process *process, struct err *err)
{
    const struct mta_process_options *options = &process->options;
    if (process->syslog == NULL && options->adapter->has_syslog) {
        process->syslog = mta_syslog_open(options->base, MTA_SYSLOG_PATH, process->output_fd, err);
        if (process->syslog == NULL)
            return -1;
    }
    if (process->server_log == NULL && options->adapter->pattern_count > 0) {
        process->server_log =
            mta_log_open(options->base, options->log, options->adapter,
                         mta_process_log_path(process), options->log_pause_us, err);
        if (process->server_log == NULL)
            return -1;
    }
    return 0;
}

int mta_process_start(struct mta_process *process, struct err *err)
{
    const struct mta_process_options *options = &process->options;
    assert(process->state == MTA_DOWN);
    if (process->output_fd < 0)
        return err_set(err, "%s: cannot be written", options->output);
    const struct mta_setup setup = mta_process_setup(process);
    if (!process->placed && mta_place(&setup, err) != 0)
        return -1;
    if (mta_process_open_logs(process, err) != 0)
        return -1;
    process->next_command = process->placed ? options->adapter->before_start_count : 0;
    process->placed = true;
    mta_process_set_state(process, MTA_STARTING);
    mta_process_log(process, "start", NULL);
    if (mta_process_step(process, err) == 0)
        return 0;
    mta_process_set_state(process, MTA_DOWN);
    return -1;
}

static void mta_process_ask_to_end(struct mta_process *process)
{
    const struct mta_command *stop = &process->options.adapter->stop;
    struct err err = {0};
    mta_process_log(process, "stop", NULL);
    if (process->main_pid == 0) /* still in its start commands */
        mta_process_kill(process);
    else if (stop->word_count == 0 || mta_process_help(process, stop, MTA_ROLE_STOP, &err) != 0)
        kill(process->main_pid, SIGTERM);
}

void mta_process_stop(struct mta_process *process)
{
    const struct mta_command *queue = &process->options.adapter->queue;
    struct err err = {0};
    if (process->state == MTA_DOWN || process->state == MTA_STOPPING)
        return;
    if (process->state == MTA_PAUSED)
        mta_process_continue(process);
    bool lists = process->state == MTA_READY && !process->restart && queue->word_count > 0 &&
                 process->options.queue != NULL;
    mta_process_set_state(process, MTA_STOPPING);
    mta_probe_free(&process->probe);
    if (!lists || mta_process_help(process, queue, MTA_ROLE_QUEUE, &err) != 0)
        mta_process_ask_to_end(process);
}

void mta_process_kill(struct mta_process *process)
{
    if (process->state == MTA_DOWN)
        return;
    mta_process_log(process, "kill", NULL);
    process->killed = true;
    bool had_main = process->main_pid > 0;
    mta_spawn_signal_all(process->options.network_fd, process->main_pid, process->options.spared,
                         SIGKILL);
    if (!had_main)
        mta_process_end(process, 0, "was killed");
}

void mta_process_restart(struct mta_process *process)
{
    process->restart = true;
    mta_process_stop(process);
}

int mta_process_reload(struct mta_process *process, const struct mta_settings *settings,
                       struct err *err)
{
    const struct mta_command *reload = &process->options.adapter->reload;
    process->options.settings = settings;
    const struct mta_setup setup = mta_process_setup(process);
    if (mta_place(&setup, err) != 0)
        return -1;
    if (process->state != MTA_READY)
        return 0;
    mta_process_log(process, "reload",
                    reload->word_count > 0 ? "by its reload command"
                                           : "it has no reload command: stopped and started");
    if (reload->word_count > 0)
        return mta_process_help(process, reload, MTA_ROLE_RELOAD, err);
    mta_process_restart(process);
    return 0;
}

void mta_process_pause(struct mta_process *process)
{
    if (process->state != MTA_READY)
        return;
    mta_spawn_signal_all(process->options.network_fd, process->main_pid, process->options.spared,
                         SIGSTOP);
    mta_process_set_state(process, MTA_PAUSED);
    mta_process_log(process, "pause", NULL);
}

void mta_process_continue(struct mta_process *process)
{
    if (process->state != MTA_PAUSED)
        return;
    mta_spawn_signal_all(process->options.network_fd, process->main_pid, process->options.spared,
                         SIGCONT);
    mta_process_set_state(process, MTA_READY);
    mta_process_log(process, "continue", NULL);
}
