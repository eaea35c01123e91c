/*
 * Who gets mail in the local domains: mailboxes, aliases, subaddresses and catch-alls, from a table
 * of SQLite (recipient_sqlite.h) or a file of lines
 *
 *     ann:             ann                      a mailbox, in all local domains
 *     sales@a.test:    ann, bob@elsewhere.test  an alias
 *     @a.test:         postbox                  all else in that domain
 *     noreply:         null                     taken, and thrown away
 *
 * A target without "@" is a mailbox, one with "@" an address (local ones are looked up in turn).
 * Of "ann+tag" the whole is looked for first, then "ann"; the mailbox sees the tag. Letters of
 * US-ASCII compare without case. Pure functions but for reading the file.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/err.h"

enum { RECIPIENT_TARGETS_MAX = 100, RECIPIENT_DEPTH_MAX = 10, RECIPIENT_NAME_BYTES_MAX = 64 };

struct recipient_map;

/* `domains` are the local ones, in lower case; copied. NULL with a text that has the line (the row
 * of a table). */
struct recipient_map *recipient_map_parse(const char *name, struct slice text,
                                          const char *const *domains, size_t domain_count,
                                          struct err *err) MUST_CHECK;
struct recipient_map *recipient_map_load(const char *path, const char *const *domains,
                                         size_t domain_count, struct err *err) MUST_CHECK;
void recipient_map_free(struct recipient_map **map);

/* Whether mail for the domain (any case) ends here. */
bool recipient_map_is_local(const struct recipient_map *map, struct slice domain);

/* Where mail for an address goes: "mailbox@domain" of a local domain, or an address elsewhere. */
struct recipient_targets {
    const char *addresses[RECIPIENT_TARGETS_MAX]; /* from the arena, none twice */
    size_t count;                                 /* 0 and found: thrown away */
};

/* False if nobody has the address. The domain must be local. */
bool recipient_map_find(const struct recipient_map *map, struct slice local, struct slice domain,
                        struct arena *arena, struct recipient_targets *targets);

/* The mailbox of a target in a local domain, without its tag; NULL if there is none. */
const char *recipient_map_mailbox(const struct recipient_map *map, const char *address);
