#include "mta-under-test/refmta/auth/auth_passwd.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/refmta/auth/auth_users.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 64 << 20, FILE_MODE = 0600 };

/* Whole or not there, and with the mode that the file had: it is another user's than ours perhaps.
 */
static int write_users(const char *path, struct slice text, struct err *err)
{
    struct stat old;
    bool is_there = stat(path, &old) == 0;
    char *next = mem_text_format("%s.new", path);
    int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
    int result = -1;
    if (fd < 0)
        err_set_errno(err, "cannot write %s", next);
    else if ((is_there &&
              (fchmod(fd, old.st_mode & 07777) != 0 || fchown(fd, old.st_uid, old.st_gid) != 0)) ||
             file_write_fd(fd, text) != 0 || fsync(fd) != 0 || rename(next, path) != 0)
        err_set_errno(err, "cannot write %s", path);
    else
        result = 0;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && result != 0)
        unlink(next);
    free(next);
    return result;
}

static int change(const char *path, const char *name, const struct auth_secret *secret,
                  struct err *err)
{
    struct buf old;
    struct buf text;
    struct auth_users users = {.iterations = 0};
    int result = 0;
    buf_init(&old, FILE_BYTES_MAX);
    buf_init(&text, FILE_BYTES_MAX);
    if (file_exists(path))
        result = file_read(path, &old, err);
    /* A file of something else is not touched. */
    if (result == 0)
        result = auth_users_parse(&users, path, buf_slice(&old), err);
    if (result == 0 && secret == NULL && map_get_text(&users.secrets, name) == NULL)
        result = err_set(err, "%s: there is no user %s", path, name);
    if (result == 0) {
        auth_users_set(buf_slice(&old), name, secret, &text);
        result = write_users(path, buf_slice(&text), err);
    }
    auth_users_deinit(&users);
    buf_deinit(&old);
    buf_deinit(&text);
    return result;
}

int auth_passwd_set(const char *path, const char *name, struct slice password, struct err *err)
{
    struct auth_secret secret = {.iterations = AUTH_ITERATIONS_DEFAULT,
                                 .salt_bytes = AUTH_SALT_BYTES};
    if (!auth_users_is_name(slice_of(name)))
        return err_set(err, "a user's name is 1 to %d bytes without spaces, not \"%s\"",
                       AUTH_NAME_BYTES_MAX, name);
    if (password.len == 0 || password.len > AUTH_PASSWORD_BYTES_MAX)
        return err_set(err, "a password is 1 to %d bytes", AUTH_PASSWORD_BYTES_MAX);
    if (RAND_bytes(secret.salt, AUTH_SALT_BYTES) != 1)
        return err_set(err, "no random numbers");
    auth_secret_make(&secret, password);
    return change(path, name, &secret, err);
}

/* Reads the first line of standard input; the length. */
static size_t read_password(const char *name, char *out, size_t size)
{
    struct termios shown;
    bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
    if (is_terminal) {
        struct termios hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        fprintf(stderr, "Password of %s: ", name);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool got = fgets(out, (int)size, stdin) != NULL;
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    return got ? strcspn(out, "\r\n") : 0;
}

int auth_passwd(const char *path, const char *name, bool is_removal, struct err *err)
{
    char password[AUTH_PASSWORD_BYTES_MAX + 3];
    if (is_removal)
        return change(path, name, NULL, err);
    size_t len = read_password(name, password, sizeof password);
    int result = auth_passwd_set(path, name, slice_from(password, len), err);
    OPENSSL_cleanse(password, sizeof password);
    return result;
}
