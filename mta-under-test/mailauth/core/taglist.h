/*
 * Tag lists, the form of DKIM signatures and keys, ARC header fields, and DMARC records (RFC 6376
 * section 3.2):
 *
 *     tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
 *     tag-spec = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
 *
 * The grammar is kept to the letter: a tag twice, an empty tag-spec, a name that does not start
 * with a letter, or folding that is no FWS make the whole list invalid. Tag names are compared
 * with case.
 */
#pragma once

#include "mta-under-test/base/arena.h"
#include "mta-under-test/base/slice.h"

enum { TAGLIST_TAGS_MAX = 100 };

struct tag {
    struct slice name;
    struct slice value; /* without FWS around it; may have FWS inside */
    size_t at;          /* where the value, with FWS around it, starts in the text ... */
    size_t end;         /* ... and ends: the place of the ";" or the end of the text */
};

struct taglist {
    size_t count;
    struct tag *tags;
};

/* Reads the whole text; returns NULL, or in few words what is wrong with it. */
const char *taglist_parse(struct arena *arena, struct slice text, struct taglist *list);

/* The tag of that name, or NULL. */
const struct tag *taglist_find(const struct taglist *list, const char *name);
/* Its value, or the empty slice with data == NULL. */
struct slice taglist_value(const struct taglist *list, const char *name);

/* A copy of the value without any white space, as b=, bh= and p= are read. */
struct slice taglist_without_space(struct arena *arena, struct slice value);

/* Base64 of RFC 6376 2.10 with FWS allowed inside, with or without "=" at the end; false if it is
 * none. Empty is false. */
bool taglist_base64(struct arena *arena, struct slice value, struct slice *bytes);

/* FWS of RFC 6376 2.8 at the front: its length (0 if there is none). A line end that no white
 * space follows is no FWS. */
size_t taglist_fws_len(struct slice text);

/* Takes the next item of a list with the separator `c` and FWS around items. False at the end.
 * Start with *rest.data set; an empty value gives one empty item. */
bool taglist_next_item(struct slice *rest, char c, struct slice *item);
