#include "reports/report_index.h"

#include "mta-under-test/base/mem.h"

#include "mta-under-test/base/poison.h"

size_t report_index_get(const struct report_index *index, const char *text)
{
    const size_t *number = map_get_text(&index->map, text);
    return number != NULL ? *number : 0;
}

size_t report_index_set(struct report_index *index, const char *text, size_t number)
{
    size_t *known = map_get_text(&index->map, text);
    size_t before = 0;
    if (known != NULL) {
        before = *known;
    } else {
        known = mem_alloc(sizeof *known);
        map_set_text(&index->map, text, known);
    }
    *known = number;
    return before;
}

void report_index_deinit(struct report_index *index)
{
    map_deinit(&index->map, free);
}
