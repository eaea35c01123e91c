#include "sim/check/check_auth.h"

#include "sim/check/check_collect.h"

#include "mta-under-test/base/poison.h"

const char *const CHECK_AUTH_WORDS[] = {
#define X(name, word, title) word,
    CHECK_AUTH_METHODS(X)
#undef X
        NULL,
};

const char *const CHECK_AUTH_TITLES[] = {
#define X(name, word, title) title,
    CHECK_AUTH_METHODS(X)
#undef X
        NULL,
};

const struct check_auth *check_auth_read(struct check_collector *c, const cJSON *json)
{
    struct check_auth auth = {0};
    for (unsigned i = 0; i < CHECK_AUTH_COUNT; i++) {
        const cJSON *method = cJSON_GetObjectItemCaseSensitive(json, CHECK_AUTH_WORDS[i]);
        auth.results[i] = check_collect_text(c, method, "result");
        auth.reasons[i] = check_collect_text(c, method, "reason");
    }
    if (c->auth == NULL || memcmp(c->auth, &auth, sizeof auth) != 0) {
        struct check_auth *kept = arena_alloc(c->arena, sizeof *kept);
        *kept = auth;
        c->auth = kept;
    }
    return c->auth;
}

void check_auth_write(const struct check_auth *auth, struct json_out *out)
{
    bool open = false;
    for (unsigned i = 0; i < CHECK_AUTH_COUNT; i++) {
        if (auth->results[i][0] == '\0')
            continue;
        if (!open)
            json_out_object(out, "auth");
        open = true;
        json_out_object(out, CHECK_AUTH_WORDS[i]);
        json_out_text(out, "result", auth->results[i]);
        json_out_text(out, "reason", auth->reasons[i]);
        json_out_end(out);
    }
    if (open)
        json_out_end(out);
}
