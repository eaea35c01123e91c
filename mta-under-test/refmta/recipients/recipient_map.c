#include "mta-under-test/refmta/recipients/recipient_map.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/refmta/recipients/recipient_sqlite.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 64 << 20, KEY_BYTES_MAX = 400 };

struct recipient_entry {
    const char *const *targets;
    size_t count;
};

struct recipient_map {
    struct arena arena;
    struct map entries;   /* key in lower case -> struct recipient_entry */
    struct map mailboxes; /* name in lower case -> name */
    struct map domains;
};

/* A mailbox is a folder's name: it must not lead anywhere else. */
static bool is_mailbox_name(struct slice name)
{
    if (name.len == 0 || name.len > RECIPIENT_NAME_BYTES_MAX || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        if (!text_is_alnum(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

static const char *lower(struct arena *arena, struct slice text)
{
    char *copy = arena_text_of(arena, text);
    text_to_lower(copy);
    return copy;
}

/* "a, b": NULL, or what is wrong with it. */
static const char *parse_targets(struct recipient_map *map, struct slice rest,
                                 struct recipient_entry *entry)
{
    const char **targets = arena_alloc_array(&map->arena, RECIPIENT_TARGETS_MAX, sizeof *targets);
    struct slice part;
    entry->targets = targets;
    if (slice_is_nocase(slice_trim(rest), "null"))
        return NULL;
    while (slice_split(&rest, ',', &part)) {
        part = slice_trim(part);
        if (entry->count == RECIPIENT_TARGETS_MAX)
            return "has more than 100 targets";
        const char *target = arena_text_of(&map->arena, part);
        size_t at = slice_find_last(part, '@');
        if (at == SIZE_MAX) {
            if (!is_mailbox_name(part))
                return "expected mailboxes (letters, digits, \".\", \"_\", \"-\") or addresses "
                       "behind the colon";
            target = lower(&map->arena, part);
            map_set_text(&map->mailboxes, target, arena_text(&map->arena, target));
        } else if (at == 0 || at + 1 == part.len) {
            return "has a target that is no address";
        }
        targets[entry->count++] = target;
    }
    return entry->count > 0 ? NULL : "has no target behind the colon";
}

static const char *parse_line(struct recipient_map *map, struct slice line)
{
    size_t colon = slice_find_last(line, ':');
    struct slice key = slice_trim(slice_first(line, colon));
    if (colon == SIZE_MAX || key.len == 0 || key.len > KEY_BYTES_MAX)
        return "expected \"address: target, target ...\"";
    struct recipient_entry *entry = arena_alloc(&map->arena, sizeof *entry);
    const char *problem = parse_targets(map, slice_skip(line, colon + 1), entry);
    if (problem != NULL)
        return problem;
    if (map_set_text(&map->entries, lower(&map->arena, key), entry) != NULL)
        return "this address stood in the file before";
    return NULL;
}

struct recipient_map *recipient_map_parse(const char *name, struct slice text,
                                          const char *const *domains, size_t domain_count,
                                          struct err *err)
{
    struct recipient_map *map = mem_alloc(sizeof *map);
    struct slice line;
    unsigned number = 0;
    for (size_t i = 0; i < domain_count; i++)
        map_set_text(&map->domains, domains[i], map);
    while (map != NULL && slice_split(&text, '\n', &line)) {
        number++;
        line = slice_trim(slice_first(line, slice_find(line, '#')));
        const char *problem = line.len > 0 ? parse_line(map, line) : NULL;
        if (problem != NULL) {
            err_set(err, "%s:%u: %s", name, number, problem);
            recipient_map_free(&map);
        }
    }
    /* RFC 5321 4.5.1. */
    if (map != NULL && map_get_text(&map->entries, "postmaster") == NULL) {
        err_set(err, "%s: has no line for \"postmaster\", who must get mail (RFC 5321 4.5.1)",
                name);
        recipient_map_free(&map);
    }
    return map;
}

struct recipient_map *recipient_map_load(const char *path, const char *const *domains,
                                         size_t domain_count, struct err *err)
{
    struct buf text;
    struct recipient_map *map = NULL;
    buf_init(&text, FILE_BYTES_MAX);
    int result = file_read(path, &text, err);
    if (result == 0 && recipient_sqlite_is(buf_slice(&text))) {
        buf_reset(&text);
        result = recipient_sqlite_read(path, &text, err);
    }
    if (result == 0)
        map = recipient_map_parse(path, buf_slice(&text), domains, domain_count, err);
    buf_deinit(&text);
    return map;
}

void recipient_map_free(struct recipient_map **where)
{
    struct recipient_map *map = *where;
    *where = NULL;
    if (map == NULL)
        return;
    map_deinit(&map->entries, NULL);
    map_deinit(&map->mailboxes, NULL);
    map_deinit(&map->domains, NULL);
    arena_deinit(&map->arena);
    free(map);
}

/* The value of `local` + `at` + `domain`, in lower case. */
static void *get_joined(const struct map *map, struct slice local, const char *at,
                        struct slice domain)
{
    char key[KEY_BYTES_MAX + 1];
    int len = snprintf(key, sizeof key, "%.*s%s%.*s", SLICE_ARG(local), at, SLICE_ARG(domain));
    if (len < 0 || (size_t)len >= sizeof key)
        return NULL;
    text_to_lower(key);
    return map_get_text(map, key);
}

static void *get_lower(const struct map *map, struct slice name)
{
    return get_joined(map, name, "", SLICE(""));
}

bool recipient_map_is_local(const struct recipient_map *map, struct slice domain)
{
    return map != NULL && get_lower(&map->domains, domain) != NULL;
}

/* What is asked for, without the quotes of a Quoted-string that needs none. */
struct question {
    struct slice local;
    struct slice base; /* in front of "+"; the whole without a tag */
    struct slice domain;
};

static struct question question_of(struct slice local, struct slice domain)
{
    if (local.len > 2 && local.data[0] == '"' && local.data[local.len - 1] == '"')
        local = slice_first(slice_skip(local, 1), local.len - 2);
    size_t plus = slice_find(local, '+');
    return (struct question){local, plus != 0 ? slice_first(local, plus) : local, domain};
}

/* The nearest entry: the whole address, the local part, both without the tag, the catch-all. *tag
 * is what the entry left of the local part. */
static const struct recipient_entry *entry_of(const struct recipient_map *map,
                                              const struct question *question, struct slice *tag)
{
    const struct slice names[] = {question->local, question->base};
    const struct recipient_entry *entry = NULL;
    for (size_t i = 0; i < 2 && entry == NULL; i++) {
        *tag = slice_skip(question->local, names[i].len);
        entry = get_joined(&map->entries, names[i], "@", question->domain);
        if (entry == NULL)
            entry = get_lower(&map->entries, names[i]);
    }
    return entry != NULL ? entry : get_joined(&map->entries, SLICE(""), "@", question->domain);
}

static void add(struct recipient_targets *targets, const char *address)
{
    for (size_t i = 0; i < targets->count; i++)
        if (slice_equal_nocase(slice_of(targets->addresses[i]), slice_of(address)))
            return;
    if (targets->count < RECIPIENT_TARGETS_MAX)
        targets->addresses[targets->count++] = address;
}

static bool find(const struct recipient_map *map, const struct question *question, unsigned depth,
                 struct arena *arena, struct recipient_targets *targets)
{
    struct slice tag;
    const struct recipient_entry *entry = entry_of(map, question, &tag);
    if (entry == NULL)
        return false;
    for (size_t i = 0; i < entry->count; i++) {
        struct slice target = slice_of(entry->targets[i]);
        size_t at = slice_find_last(target, '@');
        struct slice domain = at != SIZE_MAX ? slice_skip(target, at + 1) : SLICE("");
        if (at == SIZE_MAX) {
            add(targets, arena_format(arena, "%s%.*s@%.*s", entry->targets[i], SLICE_ARG(tag),
                                      SLICE_ARG(question->domain)));
        } else if (!recipient_map_is_local(map, domain)) {
            add(targets, entry->targets[i]);
        } else if (depth < RECIPIENT_DEPTH_MAX && targets->count < RECIPIENT_TARGETS_MAX) {
            struct question next = question_of(slice_first(target, at), domain);
            (void)find(map, &next, depth + 1, arena,
                       targets); /* one that is unknown gets nothing */
        }
    }
    return entry->count == 0 || targets->count > 0;
}

bool recipient_map_find(const struct recipient_map *map, struct slice local, struct slice domain,
                        struct arena *arena, struct recipient_targets *targets)
{
    struct question question = question_of(local, domain);
    *targets = (struct recipient_targets){.count = 0};
    return find(map, &question, 0, arena, targets);
}

const char *recipient_map_mailbox(const struct recipient_map *map, const char *address)
{
    struct slice whole = slice_of(address);
    size_t at = slice_find_last(whole, '@');
    if (at == SIZE_MAX || !recipient_map_is_local(map, slice_skip(whole, at + 1)))
        return NULL;
    struct question question = question_of(slice_first(whole, at), slice_skip(whole, at + 1));
    return get_lower(&map->mailboxes, question.base);
}
