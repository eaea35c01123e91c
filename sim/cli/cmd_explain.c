/*
 * `explain`: the plan of a scenario in words; with --visit, what its hosts would do to a client.
 */
#include "sim/cli/cli.h"

#include "sim/mta/mta_adapter.h"
#include "sim/run/run_plan.h"
#include "sim/scenario/scenario_predict.h"

#include "mta-under-test/base/poison.h"

enum { CLI_EXPLAIN_BYTES_MAX = 16 * 1024 * 1024 };

/* Takes "--visit" and the KEY=VALUE words behind it out of the arguments. How many are left, or -1
 * after saying what is wrong. */
static int cli_take_visit(const struct cli_command *command, int argc, char **argv, bool *given,
                          struct scenario_visit *visit)
{
    int kept = 0;
    bool inside = false;
    struct err err = {0};
    *given = false;
    for (int i = 0; i < argc; i++) {
        if (slice_is(slice_of(argv[i]), "--visit")) {
            *given = true;
            inside = true;
        } else if (!inside || strchr(argv[i], '=') == NULL || argv[i][0] == '-') {
            argv[kept++] = argv[i];
        } else if (scenario_visit_take(visit, argv[i], &err) != 0) {
            cli_usage_error(command, "--visit: %s", err.text);
            return -1;
        }
    }
    return kept;
}

/* The commands of the adapter by which the case is run; nothing where a program is. */
static int cli_explain_adapter(const struct run_options *options, const char *mta, struct buf *text,
                               struct err *err)
{
    if (mta[0] == '\0' || slice_is(slice_of(mta), "command"))
        return 0;
    struct arena arena = {0};
    struct mta_adapter *adapter = mta_adapter_load(options->root, mta, &arena, err);
    if (adapter != NULL)
        mta_adapter_explain(adapter, text);
    int result = adapter != NULL ? 0 : -1;
    mta_adapter_release(adapter);
    arena_deinit(&arena);
    return result;
}

static int cli_explain_plan(const struct run_plan *plan, const struct run_options *options,
                            const struct scenario_visit *visit, struct buf *text, struct err *err)
{
    for (size_t i = 0; i < plan->case_count; i++) {
        const struct scenario *scenario = plan->cases[i].scenario;
        if (i > 0)
            buf_add_char(text, '\n');
        if (visit == NULL) {
            scenario_explain(scenario, text);
            if (cli_explain_adapter(options, plan->cases[i].mta, text, err) != 0)
                return -1;
            continue;
        }
        if (scenario->cell[0] != '\0')
            buf_format(text, "with %s\n", scenario->cell);
        if (scenario_predict(scenario, visit, text, err) != 0)
            return -1;
    }
    return 0;
}

int cli_cmd_explain(const struct cli_command *command, int argc, char **argv)
{
    struct run_options options;
    struct run_plan plan;
    struct scenario_visit visit = {0};
    bool visits;
    argc = cli_take_visit(command, argc, argv, &visits, &visit);
    if (argc < 0 || cli_plan(command, argc, argv, &options, &plan) != 0)
        return RUN_EXIT_USAGE;
    struct err err = {0};
    struct buf text;
    buf_init(&text, CLI_EXPLAIN_BYTES_MAX);
    int code = plan.invalid_count > 0 ? RUN_EXIT_USAGE : RUN_EXIT_PASSED;
    if (cli_explain_plan(&plan, &options, visits ? &visit : NULL, &text, &err) != 0) {
        cli_usage_error(command, "%s%s", visits ? "--visit: " : "", err.text);
        code = RUN_EXIT_USAGE;
    } else {
        fputs(buf_text(&text), stdout);
    }
    buf_deinit(&text);
    run_plan_deinit(&plan);
    return code;
}
