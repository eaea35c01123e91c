#include "sim/inside/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "sim/world/world.h"

#include "mta-under-test/base/poison.h"

static const char EVIDENCE_FOLDER[] = WORLD_FOLDER "/evidence";

enum { EVIDENCE_COPY_BYTES = 64 * 1024 * 1024 };

char *evidence_open(const char *folder, bool in_memory, struct err *err)
{
    const char *place = in_memory ? EVIDENCE_FOLDER : folder;
    return file_make_folders(place, err) == 0 ? mem_text_copy(place) : NULL;
}

static int evidence_copy_fd(int from, int to)
{
    for (;;) {
        ssize_t copied = sendfile(to, from, NULL, EVIDENCE_COPY_BYTES);
        if (copied < 0 && errno == EINTR)
            continue;
        if (copied <= 0)
            return (int)copied;
    }
}

static int evidence_copy_file(const char *from, const char *to, struct err *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int result = in >= 0 && out >= 0 ? evidence_copy_fd(in, out) : -1;
    if (out >= 0 && close(out) != 0)
        result = -1;
    if (result != 0)
        err_set_errno(err, "%s: cannot be written", to);
    if (in >= 0)
        close(in);
    return result;
}

/* One entry of the walk: folders on the way down, files, and their removal on the way up. */
static int evidence_keep_entry(const FTSENT *entry, const char *written, const char *folder,
                               struct err *err)
{
    char *to = mem_text_format("%s%s", folder, entry->fts_path + strlen(written));
    int result = 0;
    if (entry->fts_info == FTS_D) {
        result = file_make_folders(to, err);
    } else if (entry->fts_info == FTS_F) {
        result = evidence_copy_file(entry->fts_path, to, err);
        unlink(entry->fts_path);
    }
    free(to);
    return result;
}

int evidence_keep(const char *written, const char *folder, struct err *err)
{
    if (slice_is(slice_of(written), folder))
        return 0;
    char *root = mem_text_copy(written);
    char *roots[] = {root, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry = NULL;
    int result = walk != NULL ? 0 : err_set_errno(err, "%s: cannot be read", written);
    while (result == 0 && (entry = fts_read(walk)) != NULL)
        result = evidence_keep_entry(entry, written, folder, err);
    if (walk != NULL)
        fts_close(walk);
    free(root);
    return result;
}
