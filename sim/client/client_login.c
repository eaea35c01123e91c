#include "sim/client/client_login.h"

#include "mta-under-test/base/text.h"
#include "sim/client/client_scram.h"

#include "mta-under-test/base/poison.h"

enum { MESSAGE_BYTES_MAX = 16384 };

static const char *const MECHANISMS[] = {
#define X(name, word) word,
    CLIENT_MECHANISMS(X)
#undef X
        NULL,
};

/* In the order of enum client_binding, without the first. */
static const char *const BINDINGS[] = {"tls-exporter", "tls-server-end-point", "another-connection",
                                       "not-offered", NULL};

const char *client_mechanism_name(enum client_mechanism mechanism)
{
    return MECHANISMS[mechanism];
}

static bool has_token(enum client_mechanism mechanism)
{
    return mechanism == CLIENT_OAUTHBEARER || mechanism == CLIENT_XOAUTH2;
}

/* What the mechanism needs, and nothing else. */
static int check(struct spec spec, const struct client_login *login, struct err *err)
{
    const char *name = MECHANISMS[login->mechanism];
    bool has_password = login->mechanism != CLIENT_EXTERNAL && !has_token(login->mechanism);
    bool is_plus = login->mechanism == CLIENT_SCRAM_SHA_256_PLUS;
    if (has_password && (login->user == NULL || login->password == NULL))
        return spec_error(spec, err, "%s needs \"user\" and \"password\"", name);
    if (!has_password && login->password != NULL)
        return spec_error(spec, err, "%s has no \"password\"; %s", name,
                          has_token(login->mechanism)
                              ? "write a \"token\""
                              : "the client's \"certificate\" says who it is");
    if (has_token(login->mechanism) && (login->user == NULL || login->token == NULL))
        return spec_error(spec, err, "%s needs \"user\" and \"token\"", name);
    if (!has_token(login->mechanism) && login->token != NULL)
        return spec_error(spec, err, "a \"token\" is for OAUTHBEARER and XOAUTH2, not for %s",
                          name);
    if (login->binding == CLIENT_BINDING_USUAL)
        return 0;
    if (login->mechanism != CLIENT_SCRAM_SHA_256 && !is_plus)
        return spec_error(spec, err, "a \"binding\" is for SCRAM, not for %s", name);
    if (is_plus == (login->binding == CLIENT_BINDING_UNHEARD_OF))
        return spec_error(spec, err, "the binding \"%s\" is for %s", BINDINGS[login->binding - 1],
                          is_plus ? "SCRAM-SHA-256" : "SCRAM-SHA-256-PLUS");
    return 0;
}

int client_login_read(struct spec spec, struct client_login *login, struct err *err)
{
    static const char *const KEYS[] = {"mechanism", "user", "password", "token", "binding", NULL};
    struct spec member;
    size_t mechanism = 0;
    size_t binding = 0;
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "mechanism", &member, err) != 0 ||
        spec_read_word(member, MECHANISMS, &mechanism, err) != 0)
        return -1;
    login->mechanism = (enum client_mechanism)mechanism;
    if ((spec_get(spec, "user", &member) && spec_read_text(member, &login->user, err) != 0) ||
        (spec_get(spec, "password", &member) &&
         spec_read_text(member, &login->password, err) != 0) ||
        (spec_get(spec, "token", &member) && spec_read_text(member, &login->token, err) != 0))
        return -1;
    if (spec_get(spec, "binding", &member)) {
        if (spec_read_word(member, BINDINGS, &binding, err) != 0)
            return -1;
        login->binding = (enum client_binding)(binding + 1);
    }
    return check(spec, login, err);
}

/* What is said without being asked; false where the server speaks first. */
static bool write_first(const struct client_login *login, struct buf *message)
{
    switch (login->mechanism) {
    case CLIENT_PLAIN:
        buf_add(message, "", 1);
        buf_add_text(message, login->user);
        buf_add(message, "", 1);
        buf_add_text(message, login->password);
        return true;
    case CLIENT_EXTERNAL:
        buf_add_text(message, login->user != NULL ? login->user : "");
        return true;
    case CLIENT_OAUTHBEARER:
        buf_format(message, "n,a=%s,\001auth=Bearer %s\001\001", login->user, login->token);
        return true;
    case CLIENT_XOAUTH2:
        buf_format(message, "user=%s\001auth=Bearer %s\001\001", login->user, login->token);
        return true;
    case CLIENT_SCRAM_SHA_256:
    case CLIENT_SCRAM_SHA_256_PLUS:
    case CLIENT_LOGIN:
        break;
    }
    return false;
}

static bool is_scram(const struct client_login *login)
{
    return login->mechanism == CLIENT_SCRAM_SHA_256 ||
           login->mechanism == CLIENT_SCRAM_SHA_256_PLUS;
}

int client_login_begin(struct client_login_course *course, struct buf *line, struct err *err)
{
    struct buf message;
    int result = 0;
    buf_init(&course->binding, MESSAGE_BYTES_MAX);
    buf_init(&course->auth_message, MESSAGE_BYTES_MAX);
    buf_init(&course->server_signature, MESSAGE_BYTES_MAX);
    buf_init(&message, MESSAGE_BYTES_MAX);
    buf_format(line, "AUTH %s", MECHANISMS[course->login->mechanism]);
    bool says = true;
    if (is_scram(course->login))
        result = client_scram_first(course, &message, err);
    else
        says = write_first(course->login, &message);
    if (says) {
        /* RFC 4954 4: an empty response is "=". */
        buf_add_char(line, ' ');
        if (message.len == 0)
            buf_add_char(line, '=');
        text_to_base64(line, message.data, message.len);
    }
    buf_deinit(&message);
    return result;
}

/* The answer to a decoded challenge; false where the mechanism knows none. */
static bool write_answer(struct client_login_course *course, struct buf *message)
{
    const struct client_login *login = course->login;
    if (login->mechanism == CLIENT_LOGIN && course->answers < 2) {
        buf_add_text(message, course->answers == 0 ? login->user : login->password);
        return true;
    }
    /* The reason of the refusal, which the client must acknowledge (RFC 7628 3.2.3). */
    if (login->mechanism == CLIENT_OAUTHBEARER && course->answers == 0)
        buf_add_char(message, '\001');
    return has_token(login->mechanism) && course->answers == 0;
}

int client_login_answer(struct client_login_course *course, struct slice challenge,
                        struct buf *line, struct err *err)
{
    struct buf decoded;
    struct buf message;
    int result = 0;
    bool answers = true;
    buf_init(&decoded, MESSAGE_BYTES_MAX);
    buf_init(&message, MESSAGE_BYTES_MAX);
    if (text_from_base64(&decoded, challenge) != 0)
        result = err_set(err, "the challenge is no base64");
    else if (is_scram(course->login))
        result = client_scram_answer(course, buf_slice(&decoded), &message, err);
    else
        answers = write_answer(course, &message);
    if (answers)
        text_to_base64(line, message.data, message.len);
    else
        buf_add_char(line, '*');
    course->answers++;
    buf_deinit(&message);
    buf_deinit(&decoded);
    return result;
}

void client_login_end(struct client_login_course *course)
{
    buf_deinit(&course->binding);
    buf_deinit(&course->auth_message);
    buf_deinit(&course->server_signature);
}
