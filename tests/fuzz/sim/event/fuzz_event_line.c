/* One line of an event log: what is read of it is what cJSON reads. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "sim/event/event_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct event_line *line = event_line_new();
    const char *text = (const char *)data;
    const cJSON *mine = event_line_read(line, slice_from(text, size));
    cJSON *theirs = mine != NULL ? cJSON_ParseWithLength(text, size) : NULL;
    /* It has limits of its own: for numbers of many digits, for one. */
    if (theirs != NULL) {
        char *a = cJSON_PrintUnformatted(mine);
        char *b = cJSON_PrintUnformatted(theirs);
        assert(a != NULL && b != NULL && strcmp(a, b) == 0);
        free(a);
        free(b);
    }
    cJSON_Delete(theirs);
    event_line_free(&line);
    return 0;
}
