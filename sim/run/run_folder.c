#include "sim/run/run_folder.h"

#include <errno.h>
#include <fts.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"

#include "mta-under-test/base/poison.h"

static const char *const RUN_FILES[] = {
    RUN_RESULTS_FILE,
    RUN_ERROR_FILE,
    RUN_SKIPPED_FILE,
    RUN_EVENTS_FILE,
    RUN_TIMING_FILE,
    RUN_CHECKS_FILE,
    "capture.pcapng",
    "packets.tsv",
    "server.log",
    "queue.txt",
    NULL,
};

char *run_folder_file(const char *folder, const char *name)
{
    return mem_text_format("%s/%s", folder, name);
}

/* The messages that simulated hosts stored, with their folders. */
static void run_remove_store(const char *folder)
{
    char *path = run_folder_file(folder, "store");
    char *roots[] = {path, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
    FTSENT *entry = NULL;
    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_DP)
            rmdir(entry->fts_accpath);
        else if (entry->fts_info != FTS_D)
            unlink(entry->fts_accpath);
    }
    if (walk != NULL)
        fts_close(walk);
    free(path);
}

int run_folder_prepare(const char *folder, struct err *err)
{
    if (file_make_folders(folder, err) != 0)
        return -1;
    for (size_t i = 0; RUN_FILES[i] != NULL; i++) {
        char *path = run_folder_file(folder, RUN_FILES[i]);
        int failed = unlink(path) != 0 && errno != ENOENT;
        if (failed)
            err_set_errno(err, "%s: an earlier run's file cannot be removed", path);
        free(path);
        if (failed)
            return -1;
    }
    run_remove_store(folder);
    return 0;
}
