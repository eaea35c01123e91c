/*
 * The language in which the configuration describes its keys: one row for a key, and from the rows
 * follow the reading with its error texts, the defaults, the JSON schema (`refmta --schema`) and
 * the table in the README (`refmta --keys`). A new key is one row and one member of a struct; a new
 * object or list is an own table, in a file of its own in this folder if it is long.
 *
 *     static const struct config_key KEYS[] = {
 *         {"concurrency", CONFIG_WHOLE(struct config, concurrency, 1, 1000), .fallback = "20",
 *          .help = "connections to one destination at a time"},
 *         {"log", CONFIG_TEXT(struct config, log), .fallback = "\"stderr\"", .help = "..."},
 *         CONFIG_END,
 *     };
 *
 * The macros look at the type of the member, so that a row cannot write into a wrong one.
 */
#pragma once

#include <stddef.h>

#include "mta-under-test/refmta/net/ip.h"

struct config_reader;
struct config_object;

enum config_type {
    CONFIG_TYPE_TEXT,          /* const char *, not empty */
    CONFIG_TYPE_FILE,          /* const char *, a path */
    CONFIG_TYPE_HOSTNAME,      /* const char *, lower case; RFC 1123 2.1 */
    CONFIG_TYPE_FLAG,          /* bool */
    CONFIG_TYPE_WHOLE,         /* unsigned, from min to max */
    CONFIG_TYPE_PORT,          /* uint16_t, from min */
    CONFIG_TYPE_SIZE,          /* uint64_t bytes: "25MB" or a number */
    CONFIG_TYPE_SPAN,          /* int64_t microseconds: "5m" */
    CONFIG_TYPE_SPAN_OR_NEVER, /* the same; "never" is 0 */
    CONFIG_TYPE_WORD,          /* an enum: the index in `words` */
    CONFIG_TYPE_ADDRESS,       /* struct ip_address */
    CONFIG_TYPE_NETWORK,       /* struct ip_network */
    CONFIG_TYPE_ENDPOINT,      /* struct ip_endpoint */
    CONFIG_TYPE_PARSED,        /* whatever `parse` makes of a text */
    CONFIG_TYPE_OBJECT,        /* the struct of `object` */
    CONFIG_TYPE_LIST,          /* a pointer to the first of `*count` items, from the arena */
};

struct config_key {
    const char *name;
    enum config_type type;
    size_t offset; /* of the member, in the object's struct */
    unsigned min;  /* of a number */
    unsigned max;
    uint16_t port;                              /* of an endpoint that is written without one */
    const char *const *words;                   /* NULL-terminated */
    int (*parse)(struct slice text, void *out); /* -1 if it is not of that form */
    const char *form;                           /* of what is parsed: "a rate like \"100/1m\"" */
    const struct config_object *object;
    enum config_type item_type; /* of a list */
    size_t count_offset;        /* of a list's count, a size_t */
    unsigned items_min;         /* how many a list must have */
    bool is_needed;
    bool is_fixed;        /* only a restart can change it */
    const char *fallback; /* JSON; NULL leaves the member zero */
    const char *help;     /* part of a sentence, without a full stop */
};

/* An object of JSON and the struct that it becomes. */
struct config_object {
    size_t size; /* of the struct; only looked at for items of a list */
    const struct config_key *keys;
    /* What the rows cannot say: called when all keys are read; -1 with a text. May be NULL. */
    int (*check)(struct config_reader *reader, const char *path, void *target);
};

/* Ends a table. */
#define CONFIG_END   \
    {                \
        .name = NULL \
    }

/* The offset of a member that must have exactly this type. */
#define CONFIG_OFFSET(whole, member, member_type) \
    _Generic(((whole *)NULL)->member, member_type : offsetof(whole, member))

#define CONFIG_TEXT(whole, member) \
    .type = CONFIG_TYPE_TEXT, .offset = CONFIG_OFFSET(whole, member, const char *)
#define CONFIG_FILE(whole, member) \
    .type = CONFIG_TYPE_FILE, .offset = CONFIG_OFFSET(whole, member, const char *)
#define CONFIG_HOSTNAME(whole, member) \
    .type = CONFIG_TYPE_HOSTNAME, .offset = CONFIG_OFFSET(whole, member, const char *)
#define CONFIG_FLAG(whole, member) \
    .type = CONFIG_TYPE_FLAG, .offset = CONFIG_OFFSET(whole, member, bool)
#define CONFIG_WHOLE(whole, member, least, most)                                               \
    .type = CONFIG_TYPE_WHOLE, .offset = CONFIG_OFFSET(whole, member, unsigned), .min = least, \
    .max = most
#define CONFIG_PORT(whole, member, least)                                                     \
    .type = CONFIG_TYPE_PORT, .offset = CONFIG_OFFSET(whole, member, uint16_t), .min = least, \
    .max = UINT16_MAX
#define CONFIG_SIZE(whole, member) \
    .type = CONFIG_TYPE_SIZE, .offset = CONFIG_OFFSET(whole, member, uint64_t)
#define CONFIG_SPAN(whole, member) \
    .type = CONFIG_TYPE_SPAN, .offset = CONFIG_OFFSET(whole, member, int64_t)
#define CONFIG_SPAN_OR_NEVER(whole, member) \
    .type = CONFIG_TYPE_SPAN_OR_NEVER, .offset = CONFIG_OFFSET(whole, member, int64_t)
#define CONFIG_WORD(whole, member, member_type, list) \
    .type = CONFIG_TYPE_WORD, .offset = CONFIG_OFFSET(whole, member, member_type), .words = list
#define CONFIG_ADDRESS(whole, member) \
    .type = CONFIG_TYPE_ADDRESS, .offset = CONFIG_OFFSET(whole, member, struct ip_address)
#define CONFIG_NETWORK(whole, member) \
    .type = CONFIG_TYPE_NETWORK, .offset = CONFIG_OFFSET(whole, member, struct ip_network)
#define CONFIG_ENDPOINT(whole, member, usual)                                                 \
    .type = CONFIG_TYPE_ENDPOINT, .offset = CONFIG_OFFSET(whole, member, struct ip_endpoint), \
    .port = usual
/* A text with a form of its own; not for items of lists. */
#define CONFIG_PARSED(whole, member, member_type, function, what)                    \
    .type = CONFIG_TYPE_PARSED, .offset = CONFIG_OFFSET(whole, member, member_type), \
    .parse = function, .form = what
/* An object whose members stand in the struct of the object around it. */
#define CONFIG_SECTION(what) .type = CONFIG_TYPE_OBJECT, .offset = 0, .object = what
/* An object that has a struct of its own inside the one around it. */
#define CONFIG_OBJECT(whole, member, what) \
    .type = CONFIG_TYPE_OBJECT, .offset = offsetof(whole, member), .object = what
#define CONFIG_LIST(whole, member, item, count)                                     \
    .type = CONFIG_TYPE_LIST, .offset = offsetof(whole, member), .item_type = item, \
    .count_offset = CONFIG_OFFSET(whole, count, size_t)
