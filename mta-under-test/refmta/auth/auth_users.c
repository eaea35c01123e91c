#include "mta-under-test/refmta/auth/auth_users.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 64 << 20 };

bool auth_users_is_name(struct slice name)
{
    if (name.len == 0 || name.len > AUTH_NAME_BYTES_MAX || name.data[0] == '#' ||
        !text_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.data[i] <= ' ' || name.data[i] == 0x7f)
            return false;
    return true;
}

static int take_line(struct auth_users *users, struct slice line)
{
    struct slice name;
    struct auth_secret secret;
    line = slice_trim(line);
    if (line.len == 0 || line.data[0] == '#')
        return 0;
    if (!slice_split(&line, ' ', &name) || !auth_users_is_name(name) ||
        auth_secret_from_text(slice_trim(line), &secret) != 0)
        return -1;
    if (users->secrets.count == 0) {
        users->iterations = secret.iterations;
        auth_hmac(secret.server_key, SLICE("salts of nobody"), users->salt_key);
    }
    struct auth_secret *copy = mem_alloc(sizeof *copy);
    *copy = secret;
    free(map_set(&users->secrets, name, copy));
    return 0;
}

int auth_users_parse(struct auth_users *users, const char *name, struct slice text, struct err *err)
{
    struct slice line;
    *users = (struct auth_users){.iterations = AUTH_ITERATIONS_DEFAULT};
    map_init(&users->secrets);
    for (size_t number = 1; text.len > 0 && slice_split(&text, '\n', &line); number++)
        if (take_line(users, line) != 0)
            return err_set(err,
                           "%s:%zu: expected \"NAME SCRAM-SHA-256$...\", as refmta passwd makes it",
                           name, number);
    return 0;
}

int auth_users_load(struct auth_users *users, const char *path, struct err *err)
{
    struct buf text;
    *users = (struct auth_users){.iterations = 0};
    buf_init(&text, FILE_BYTES_MAX);
    int result = file_read(path, &text, err);
    if (result == 0)
        result = auth_users_parse(users, path, buf_slice(&text), err);
    buf_deinit(&text);
    return result;
}

void auth_users_deinit(struct auth_users *users)
{
    map_deinit(&users->secrets, free);
}

bool auth_users_find(const struct auth_users *users, struct slice name, struct auth_secret *secret)
{
    const struct auth_secret *found = map_get(&users->secrets, name);
    if (found != NULL) {
        *secret = *found;
        return true;
    }
    unsigned char salt[AUTH_KEY_BYTES];
    *secret = (struct auth_secret){.iterations = users->iterations, .salt_bytes = AUTH_SALT_BYTES};
    auth_hmac(users->salt_key, name, salt);
    memcpy(secret->salt, salt, AUTH_SALT_BYTES);
    return false;
}

static void add_user(const char *name, const struct auth_secret *secret, struct buf *out)
{
    buf_format(out, "%s ", name);
    auth_secret_to_text(secret, out);
    buf_add_char(out, '\n');
}

void auth_users_set(struct slice text, const char *name, const struct auth_secret *secret,
                    struct buf *out)
{
    struct slice line;
    bool done = secret == NULL;
    while (text.len > 0 && slice_split(&text, '\n', &line)) {
        struct slice rest = slice_trim(line);
        struct slice found;
        if (rest.len == 0 || !slice_split(&rest, ' ', &found) || !slice_is(found, name)) {
            buf_add_slice(out, line);
            buf_add_char(out, '\n');
        } else if (!done) {
            add_user(name, secret, out);
            done = true;
        }
    }
    if (!done)
        add_user(name, secret, out);
}
