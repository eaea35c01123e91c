/*
 * refmta: see the README beside this file. Exit codes: 0 all well, 1 it could not run, 2 bad usage
 * or a bad configuration.
 */
#include "mta-under-test/refmta/app/app.h"
#include "mta-under-test/refmta/auth/auth_passwd.h"
#include "mta-under-test/refmta/config/config_schema.h"
#include "mta-under-test/refmta/control/control.h"

#include "mta-under-test/base/poison.h"

enum { COMMAND_BYTES_MAX = 1000, ANSWER_BYTES_MAX = 256 << 20, TABLE_BYTES_MAX = 1 << 20 };

static const char USAGE[] = "usage: refmta --config FILE    run in the foreground until SIGTERM\n"
                            "       refmta --check FILE     read the configuration, say what is "
                            "wrong\n"
                            "       refmta --schema        print the JSON schema of the "
                            "configuration\n"
                            "       refmta --keys          print all its keys, as a table\n"
                            "       refmta queue --config FILE COMMAND\n"
                            "           list [FILTER]     one JSON object for each message\n"
                            "           show FILTER       all that is known of them\n"
                            "           explain FILTER    in words: why they wait, until when\n"
                            "           flush [FILTER]    tries now what waits\n"
                            "           hold | release FILTER\n"
                            "           delete | bounce FILTER\n"
                            "           stats [FILTER]    counts, and where most waits\n"
                            "           reload            reads the configuration anew\n"
                            "           trace client=ADDRESS | destination=NAME | off\n"
                            "                             every byte of new sessions in the log\n"
                            "         FILTER: a queue id, domain=D, sender=A, older=SPAN,\n"
                            "         newer=SPAN, reason=TEXT, held, all; all of them must fit\n"
                            "       refmta passwd [--remove] FILE USER\n"
                            "           makes or changes a user; asks for the password\n"
                            "       refmta --help\n";

/* Changes one user of the file; the password is the first line of standard input. */
static int passwd(const char *path, const char *name, bool is_removal)
{
    struct err err = {.text = ""};
    if (auth_passwd(path, name, is_removal, &err) == 0)
        return 0;
    fprintf(stderr, "refmta: %s\n", err.text);
    return 1;
}

static int print(void (*write)(struct buf *out))
{
    struct buf out;
    buf_init(&out, TABLE_BYTES_MAX);
    write(&out);
    fputs(buf_text(&out), stdout);
    buf_deinit(&out);
    return 0;
}

static int usage(void)
{
    fputs(USAGE, stderr);
    return 2;
}

static int run(const char *path, bool only_check)
{
    struct err err = {.text = ""};
    int code = 0;
    struct settings *settings = settings_open(path, &err);
    if (settings == NULL)
        code = 2;
    else if (only_check)
        settings_close(&settings);
    else
        code = app_run(path, settings, &err) == 0 ? 0 : 1;
    if (code != 0)
        fprintf(stderr, "refmta: %s\n", err.text);
    return code;
}

/* Gives the words as one command to the running server; its exit code is ours. */
static int queue_command(const char *path, char **words, int count)
{
    struct config config;
    struct err err = {.text = ""};
    struct buf command;
    struct buf answer;
    int result = -1;
    buf_init(&command, COMMAND_BYTES_MAX);
    buf_init(&answer, ANSWER_BYTES_MAX);
    for (int i = 0; i < count; i++)
        buf_format(&command, "%s%s", i > 0 ? " " : "", words[i]);
    if (config_load(&config, path, &err) == 0) {
        if (config.control == NULL)
            err_set(&err, "%s names no \"control\" socket", path);
        else
            result = control_ask(config.control, buf_text(&command), &answer, &err);
    }
    fputs(buf_text(&answer), result == 0 ? stdout : stderr);
    if (result < 0)
        fprintf(stderr, "refmta: %s\n", err.text);
    config_deinit(&config);
    buf_deinit(&command);
    buf_deinit(&answer);
    return result == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(USAGE, stdout);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--schema") == 0)
        return print(config_schema_write);
    if (argc == 2 && strcmp(argv[1], "--keys") == 0)
        return print(config_keys_write);
    if (argc >= 5 && strcmp(argv[1], "queue") == 0 && strcmp(argv[2], "--config") == 0)
        return queue_command(argv[3], argv + 4, argc - 4);
    if (argc == 4 && strcmp(argv[1], "passwd") == 0)
        return passwd(argv[2], argv[3], false);
    if (argc == 5 && strcmp(argv[1], "passwd") == 0 && strcmp(argv[2], "--remove") == 0)
        return passwd(argv[3], argv[4], true);
    if (argc != 3)
        return usage();
    if (strcmp(argv[1], "--config") == 0)
        return run(argv[2], false);
    if (strcmp(argv[1], "--check") == 0)
        return run(argv[2], true);
    return usage();
}
