/*
 * refmta: see the README beside this file. Exit codes: 0 all well, 1 it could not run, 2 bad usage
 * or a bad configuration.
 */
#include "mta-under-test/refmta/app/app.h"

#include "mta-under-test/base/poison.h"

static const char USAGE[] = "usage: refmta --config FILE    run in the foreground until SIGTERM\n"
                            "       refmta --check FILE     read the configuration, say what is "
                            "wrong\n"
                            "       refmta --help\n";

static int usage(void)
{
    fputs(USAGE, stderr);
    return 2;
}

static int run(const char *path, bool only_check)
{
    struct config config;
    struct err err = {.text = ""};
    int code = 0;
    if (config_load(&config, path, &err) != 0)
        code = 2;
    else if (only_check)
        code = app_check(&config, &err) == 0 ? 0 : 2;
    else
        code = app_run(&config, &err) == 0 ? 0 : 1;
    config_deinit(&config);
    if (code != 0)
        fprintf(stderr, "refmta: %s\n", err.text);
    return code;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(USAGE, stdout);
        return 0;
    }
    if (argc != 3)
        return usage();
    if (strcmp(argv[1], "--config") == 0)
        return run(argv[2], false);
    if (strcmp(argv[1], "--check") == 0)
        return run(argv[2], true);
    return usage();
}
