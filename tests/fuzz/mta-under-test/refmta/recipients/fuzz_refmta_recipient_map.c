/* A file of recipients, and behind a NUL an address that is looked up in it: whatever is found
 * leads to a mailbox or out of the local domains. */
#include <assert.h>

#include "mta-under-test/refmta/recipients/recipient_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const DOMAINS[] = {"a.test"};
    struct slice rest = slice_from((const char *)data, size);
    struct slice text;
    struct arena arena = {0};
    struct recipient_targets targets;
    struct err err;
    if (size == 0 || !slice_split(&rest, '\0', &text))
        return 0;
    struct recipient_map *map = recipient_map_parse("r", text, DOMAINS, 1, &err);
    if (map != NULL && recipient_map_find(map, rest.data != NULL ? rest : SLICE(""),
                                          SLICE("a.test"), &arena, &targets)) {
        assert(targets.count <= RECIPIENT_TARGETS_MAX);
        for (size_t i = 0; i < targets.count; i++) {
            struct slice target = slice_of(targets.addresses[i]);
            size_t at = slice_find_last(target, '@');
            assert(at != SIZE_MAX);
            /* A mailbox is a folder's name. */
            const char *mailbox = recipient_map_mailbox(map, targets.addresses[i]);
            assert(mailbox == NULL || (mailbox[0] != '.' && strchr(mailbox, '/') == NULL));
        }
    }
    recipient_map_free(&map);
    arena_deinit(&arena);
    return 0;
}
