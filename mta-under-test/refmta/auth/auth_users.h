/*
 * The users who may log in, from a file of lines "NAME SECRET" (see auth_secret.h); empty lines and
 * lines that begin with "#" are nothing. Names are compared byte by byte.
 */
#pragma once

#include "mta-under-test/base/err.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/refmta/auth/auth_secret.h"

/* The caller's storage. */
struct auth_users {
    struct map secrets;                     /* of struct auth_secret */
    unsigned iterations;                    /* of the first, for users that do not exist */
    unsigned char salt_key[AUTH_KEY_BYTES]; /* likewise: their salts are made of it */
};

/* -1 with the file and the line; release with auth_users_deinit() in both cases. */
int auth_users_load(struct auth_users *users, const char *path, struct err *err) MUST_CHECK;
int auth_users_parse(struct auth_users *users, const char *name, struct slice text,
                     struct err *err) MUST_CHECK;
void auth_users_deinit(struct auth_users *users);

/*
 * The secret of a user. For one that does not exist: false, and a secret that no password fits,
 * with a salt that stays the same each time, so that the answers (and the time they take) do not
 * tell.
 */
bool auth_users_find(const struct auth_users *users, struct slice name, struct auth_secret *secret);

/* 1 to 255 bytes of UTF-8 without spaces, control characters, and "#" in front. */
bool auth_users_is_name(struct slice name);

/* Adds the user to the text of a file, or gives the one that is there another secret; with a NULL
 * secret the user goes out. */
void auth_users_set(struct slice text, const char *name, const struct auth_secret *secret,
                    struct buf *out);
