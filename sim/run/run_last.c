#include "sim/run/run_last.h"

#include <cjson/cJSON.h>
#include <dirent.h>

#include "mta-under-test/base/file.h"
#include "sim/event/event_file.h"
#include "sim/run/run_folder.h"

#include "mta-under-test/base/poison.h"

enum { RUN_LAST_BYTES_MAX = 512 * 1024 * 1024 };

static bool run_folder_failed(const char *folder)
{
    struct buf text;
    char *results = run_folder_file(folder, RUN_RESULTS_FILE);
    char *error = run_folder_file(folder, RUN_ERROR_FILE);
    buf_init(&text, RUN_LAST_BYTES_MAX);
    bool failed = file_exists(error);
    if (!failed && file_exists(results) && file_read(results, &text, NULL) == 0) {
        cJSON *json = cJSON_Parse(buf_text(&text));
        struct slice verdict = slice_of(event_text(json, "verdict"));
        failed = slice_is(verdict, "failed") || slice_is(verdict, "error");
        cJSON_Delete(json);
    }
    buf_deinit(&text);
    free(results);
    free(error);
    return failed;
}

int run_last_failed(const char *output, struct map *failed, struct err *err)
{
    DIR *folder = opendir(output);
    if (folder == NULL)
        return err_set_errno(err, "%s: has no earlier run", output);
    struct dirent *entry = NULL;
    while ((entry = readdir(folder)) != NULL) {
        char *path = run_folder_file(output, entry->d_name);
        if (entry->d_name[0] != '.' && run_folder_failed(path))
            map_set_text(failed, entry->d_name, failed);
        free(path);
    }
    closedir(folder);
    return 0;
}
