#include "sim/check/check_route.h"

#include "mta-under-test/base/text.h"
#include "sim/event/event_file.h"
#include "sim/value/address.h"

#include "mta-under-test/base/poison.h"

struct check_route_name {
    const char **targets; /* of MX records */
    size_t target_count;
    const char **addresses;
    size_t address_count;
    const char *alias; /* of a CNAME, or NULL */
    bool cut;          /* the event has not all records of an answer */
};

enum { CHECK_ROUTE_ALIASES_MAX = 16, CHECK_ROUTE_NAME_BYTES_MAX = 64 * 1024 };

void check_route_init(struct check_route *route, struct arena *arena)
{
    *route = (struct check_route){.arena = arena};
    map_init(&route->names);
    buf_init(&route->plain, CHECK_ROUTE_NAME_BYTES_MAX);
}

static void free_name(void *value)
{
    struct check_route_name *name = value;
    free(name->targets);
    free(name->addresses);
    free(name);
}

void check_route_deinit(struct check_route *route)
{
    map_deinit(&route->names, free_name);
    buf_deinit(&route->plain);
}

/* Lower case, without the final dot; valid until the next call. */
static const char *plain_name(struct check_route *route, struct slice text)
{
    if (text.len > 1 && text.data[text.len - 1] == '.')
        text = slice_first(text, text.len - 1);
    buf_reset(&route->plain);
    buf_add_slice(&route->plain, text);
    if (route->plain.data != NULL)
        text_to_lower(route->plain.data);
    return buf_text(&route->plain);
}

/* Answers come again and again: only what is new is kept. */
static void add_text(struct check_route *route, const char ***list, size_t *count, const char *text)
{
    for (size_t i = 0; i < *count; i++) {
        if (strcmp((*list)[i], text) == 0)
            return;
    }
    *list = mem_grow(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = arena_text(route->arena, text);
}

/* One text of the answer section: "10 mx.a.test", "198.18.0.1", or the target of an alias. */
static void note_record(struct check_route *route, struct check_route_name *name,
                        struct slice record)
{
    struct address address;
    char text[ADDRESS_TEXT_BYTES];
    uint64_t preference = 0;
    size_t space = slice_find(record, ' ');
    if (address_from_text(record, &address) == 0) {
        add_text(route, &name->addresses, &name->address_count, address_to_text(&address, text));
    } else if (space != SIZE_MAX && text_to_u64(slice_first(record, space), &preference) == 0) {
        struct slice target = slice_skip(record, space + 1);
        if (slice_find(target, ' ') == SIZE_MAX)
            add_text(route, &name->targets, &name->target_count, plain_name(route, target));
    } else if (space == SIZE_MAX) {
        const char *alias = plain_name(route, record);
        if (name->alias == NULL || strcmp(name->alias, alias) != 0)
            name->alias = arena_text(route->arena, alias);
    }
}

void check_route_note(struct check_route *route, const cJSON *event)
{
    static const char *const TYPES[] = {"MX", "A", "AAAA", "CNAME", NULL};
    const char *type = event_text(event, "type");
    size_t t = 0;
    while (TYPES[t] != NULL && strcmp(TYPES[t], type) != 0)
        t++;
    if (TYPES[t] == NULL)
        return;
    const char *key = plain_name(route, slice_of(event_text(event, "name")));
    struct check_route_name *name = map_get_text(&route->names, key);
    if (name == NULL) {
        name = mem_alloc(sizeof *name);
        map_set_text(&route->names, key, name);
    }
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(event, "data");
    const cJSON *record = NULL;
    cJSON_ArrayForEach(record, data)
    {
        if (cJSON_IsString(record))
            note_record(route, name, slice_of(record->valuestring));
    }
    if (event_int(event, "answers", 0) > cJSON_GetArraySize(data))
        name->cut = true;
}

/* Does the name have the address? Follows aliases. *cut is set where an answer was not whole. */
static bool has_address(const struct check_route *route, const char *name, const char *server,
                        bool *cut)
{
    for (size_t i = 0; name != NULL && i < CHECK_ROUTE_ALIASES_MAX; i++) {
        const struct check_route_name *found = map_get_text(&route->names, name);
        if (found == NULL)
            return false;
        *cut = *cut || found->cut;
        for (size_t k = 0; k < found->address_count; k++) {
            if (strcmp(found->addresses[k], server) == 0)
                return true;
        }
        name = found->alias;
    }
    return false;
}

/* The entry that holds the MX records of a domain, which may be an alias (RFC 5321 section 5.1). */
static const struct check_route_name *find_mx(const struct check_route *route, const char *domain)
{
    const struct check_route_name *found = map_get_text(&route->names, domain);
    for (size_t i = 0; found != NULL && found->target_count == 0 && found->alias != NULL &&
                       i < CHECK_ROUTE_ALIASES_MAX;
         i++) {
        const struct check_route_name *next = map_get_text(&route->names, found->alias);
        if (next == NULL)
            break;
        found = next;
    }
    return found;
}

enum check_route_verdict check_route_judge(struct check_route *route, const char *recipient,
                                           const char *server)
{
    const char *at = strrchr(recipient, '@');
    if (at == NULL || at[1] == '[' || at[1] == '\0')
        return CHECK_ROUTE_UNKNOWN;
    const char *domain = plain_name(route, slice_of(at + 1));
    const struct check_route_name *mx = find_mx(route, domain);
    bool cut = mx != NULL && mx->cut;
    if (mx != NULL && mx->target_count > 0) {
        for (size_t i = 0; i < mx->target_count; i++) {
            if (has_address(route, mx->targets[i], server, &cut))
                return CHECK_ROUTE_RIGHT;
        }
    } else if (has_address(route, domain, server, &cut)) {
        return CHECK_ROUTE_RIGHT;
    }
    return cut ? CHECK_ROUTE_UNKNOWN : CHECK_ROUTE_WRONG;
}
