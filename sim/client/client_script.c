#include "sim/client/client_script.h"

#include "mta-under-test/base/text.h"
#include "sim/client/client_request.h"

#include "mta-under-test/base/poison.h"

enum { PORT_DEFAULT = 25, TIMES_MAX = 1000000, ID_BYTES_MAX = 100 };

/* "say" or "send", and how often. */
static int read_words(struct spec spec, struct client_step *step, struct err *err)
{
    struct spec say;
    struct spec send;
    struct spec member;
    bool says = spec_get(spec, "say", &say);
    bool sends = spec_get(spec, "send", &send);
    if (says && sends)
        return spec_error(send, err, "a step has \"say\" (a line) or \"send\" (bytes), not both");
    if ((says || sends) && step->login != NULL)
        return spec_error(says ? say : send, err,
                          "a step with \"login\" says nothing else; make it a step of its own");
    if (says || sends) {
        struct spec words = says ? say : send;
        if (!spec_is_text(words))
            return spec_expected(words, err, "a text");
        step->text = words.json->valuestring;
        step->is_line = says;
    }
    if (spec_get(spec, "times", &member) &&
        spec_read_int(member, 1, TIMES_MAX, &step->times, err) != 0)
        return -1;
    if (spec_get(spec, "every", &member) && spec_read_span(member, &step->every_us, err) != 0)
        return -1;
    if (step->text != NULL && step->times * (int64_t)(strlen(step->text) + 2) > CLIENT_BYTES_MAX)
        return spec_error(spec, err, "more than %d bytes in one step", CLIENT_BYTES_MAX);
    return 0;
}

static int read_login(struct spec spec, struct arena *arena, struct client_step *step,
                      struct err *err)
{
    struct spec member;
    if (!spec_get(spec, "login", &member))
        return 0;
    struct client_login *login = arena_alloc(arena, sizeof *login);
    step->login = login;
    step->hears = true;
    return client_login_read(member, login, err);
}

/* What is the same whatever the client speaks. */
static int read_rest(struct spec spec, struct arena *arena, struct client_step *step,
                     struct err *err)
{
    struct spec member;
    if (spec_get(spec, "hear", &member)) {
        step->hears = true;
        if (pattern_read(member, arena, &step->reply, err) != 0)
            return -1;
    }
    if ((spec_get(spec, "wait", &member) && spec_read_span(member, &step->wait_us, err) != 0) ||
        (spec_get(spec, "closed", &member) && spec_read_bool(member, &step->closed, err) != 0) ||
        (spec_get(spec, "tls", &member) && spec_read_bool(member, &step->begins_tls, err) != 0))
        return -1;
    return 0;
}

static int read_smtp_step(struct spec spec, struct arena *arena, struct client_step *step,
                          struct err *err)
{
    static const char *const KEYS[] = {"wait",  "say",  "send",   "login", "times",
                                       "every", "hear", "closed", "tls",   NULL};
    if (spec_is_text(spec)) {
        step->text = spec.json->valuestring;
        step->is_line = true;
        step->hears = true;
        return 0;
    }
    if (client_request_is(spec))
        return spec_error(spec, err,
                          "only a client that speaks HTTP has requests: give it \"speaks\": "
                          "\"http\"");
    return spec_check_keys(spec, KEYS, err) != 0 || read_login(spec, arena, step, err) != 0 ||
                   read_words(spec, step, err) != 0
               ? -1
               : read_rest(spec, arena, step, err);
}

static int read_http_step(struct spec spec, const char *host, struct arena *arena,
                          struct client_step *step, struct err *err)
{
    static const char *const KEYS[] = {CLIENT_REQUEST_KEYS, "wait", "hear", "closed", NULL};
    static const char *const RAW_KEYS[] = {"wait", "send", "hear", "closed", NULL};
    bool is_request = client_request_is(spec);
    if (spec_is_text(spec))
        return spec_error(spec, err,
                          "a step of a client that speaks HTTP is an object: {\"post\": "
                          "\"/v1/messages\", \"json\": {}}");
    if (spec_check_keys(spec, is_request ? KEYS : RAW_KEYS, err) != 0 ||
        (is_request ? client_request_read(spec, host, arena, step, err)
                    : read_words(spec, step, err)) != 0)
        return -1;
    return read_rest(spec, arena, step, err);
}

static int read_steps(struct spec spec, struct arena *arena, struct client_script *script,
                      const char *host, struct err *err)
{
    struct spec dialogue;
    if (spec_need(spec, "dialogue", &dialogue, err) != 0 || spec_check_array(dialogue, err) != 0)
        return -1;
    size_t count = spec_count(dialogue);
    if (count == 0)
        return spec_error(dialogue, err, "no step: the client would say and hear nothing");
    if (count > CLIENT_STEPS_MAX)
        return spec_error(dialogue, err, "more than %d steps", CLIENT_STEPS_MAX);
    struct client_step *steps = arena_alloc_array(arena, count + 1, sizeof *steps);
    script->steps = steps;
    for (size_t i = 0; i < count; i++) {
        struct spec step = spec_at(dialogue, i);
        steps[i] = (struct client_step){.times = 1};
        if ((script->is_http ? read_http_step(step, host, arena, &steps[i], err)
                             : read_smtp_step(step, arena, &steps[i], err)) != 0)
            return -1;
        script->step_count++;
    }
    return 0;
}

static int read_id(struct spec spec, struct client_script *script, struct err *err)
{
    struct spec id;
    if (spec_need(spec, "id", &id, err) != 0 || spec_read_text(id, &script->id, err) != 0)
        return -1;
    bool valid = strlen(script->id) <= ID_BYTES_MAX;
    for (const char *c = script->id; valid && *c != '\0'; c++)
        valid = text_is_alnum(*c) || strchr("-_.", *c) != NULL;
    return valid ? 0 : spec_expected(id, err, "an id of letters, digits, \"-\", \"_\" and \".\"");
}

static int read_place(struct spec spec, struct client_script *script, struct err *err)
{
    static const char *const TLS[] = {"none", "implicit", NULL};
    static const char *const LANGUAGES[] = {"smtp", "http", NULL};
    struct spec member;
    int64_t port = PORT_DEFAULT;
    size_t tls = 0;
    size_t language = 0;
    if (spec_get(spec, "speaks", &member) && spec_read_word(member, LANGUAGES, &language, err) != 0)
        return -1;
    script->is_http = language == 1;
    if (script->is_http && spec_need(spec, "port", &member, err) != 0)
        return -1;
    script->has_source = spec_get(spec, "from", &member);
    if (script->has_source && address_read(member, &script->source, err) != 0)
        return -1;
    if ((spec_get(spec, "at", &member) && spec_read_span(member, &script->at_us, err) != 0) ||
        (spec_get(spec, "port", &member) && spec_read_int(member, 1, 65535, &port, err) != 0) ||
        (spec_get(spec, "tls", &member) && spec_read_word(member, TLS, &tls, err) != 0))
        return -1;
    script->port = (int)port;
    script->is_tls = tls == 1;
    return 0;
}

/* "ann@sender.test", or an object that says what is wrong with it. */
static int read_certificate(struct spec spec, struct client_script *script, struct err *err)
{
    static const char *const KEYS[] = {"name", "identity", NULL};
    struct spec name = spec;
    struct spec member;
    size_t kind = TLS_IDENTITY_VALID;
    if (spec_is_object(spec)) {
        if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "name", &name, err) != 0 ||
            (spec_get(spec, "identity", &member) &&
             spec_read_word(member, TLS_IDENTITY_WORDS, &kind, err) != 0))
            return -1;
    }
    script->identity = (enum tls_identity_kind)kind;
    if (spec_read_text(name, &script->certificate, err) != 0)
        return -1;
    for (const char *c = script->certificate; *c != '\0'; c++)
        if (!text_is_alnum(*c) && strchr("-_.+@", *c) == NULL)
            return spec_expected(name, err, "a host name or a mail address");
    bool has_tls = script->is_tls;
    for (size_t i = 0; i < script->step_count; i++)
        has_tls = has_tls || script->steps[i].begins_tls;
    return has_tls
               ? 0
               : spec_error(spec, err,
                            "a certificate is shown in TLS, which this client never begins: write "
                            "\"tls\": \"implicit\", or a step with STARTTLS and \"tls\": true");
}

static int read_script(struct spec spec, const char *host, struct arena *arena,
                       struct client_script *script, struct err *err)
{
    static const char *const KEYS[] = {"id",   "about", "at",          "speaks",   "from",
                                       "port", "tls",   "certificate", "dialogue", NULL};
    struct spec member;
    const char *about = NULL;
    script->spec = spec;
    if (spec_check_keys(spec, KEYS, err) != 0 || read_id(spec, script, err) != 0 ||
        (spec_get(spec, "about", &member) && spec_read_text(member, &about, err) != 0))
        return -1;
    if (read_place(spec, script, err) != 0 || read_steps(spec, arena, script, host, err) != 0)
        return -1;
    return spec_get(spec, "certificate", &member) ? read_certificate(member, script, err) : 0;
}

int client_list_parse(struct spec spec, struct arena *arena, struct client_list *list,
                      struct err *err)
{
    const char *host = list->hostname != NULL ? list->hostname : "localhost";
    if (spec_check_array(spec, err) != 0)
        return -1;
    size_t count = spec_count(spec);
    struct client_script *items = arena_alloc_array(arena, count + 1, sizeof *items);
    list->items = items;
    for (size_t i = 0; i < count; i++) {
        list->count++;
        if (read_script(spec_at(spec, i), host, arena, &items[i], err) != 0)
            return -1;
        for (size_t k = 0; k < i; k++)
            if (strcmp(items[k].id, items[i].id) == 0)
                return spec_error(items[i].spec, err, "another client has the id \"%s\"",
                                  items[i].id);
    }
    return 0;
}

void client_list_release(struct client_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < list->items[i].step_count; k++)
            pattern_release(list->items[i].steps[k].reply);
    list->count = 0;
}

void client_list_explain(const struct client_list *list, struct buf *out)
{
    char span[TIME_TEXT_BYTES];
    char address[ADDRESS_TEXT_BYTES];
    if (list->count > 0)
        buf_add_text(out, "\nClients that speak to the server:\n");
    for (size_t i = 0; i < list->count; i++) {
        const struct client_script *script = &list->items[i];
        buf_format(out, "  %s: from %s to port %d%s%s%s%s, after %s, %zu steps\n", script->id,
                   script->has_source ? address_to_text(&script->source, address) : "a neighbour",
                   script->port, script->is_http ? " by HTTP" : "", script->is_tls ? " in TLS" : "",
                   script->certificate != NULL ? " with a certificate of " : "",
                   script->certificate != NULL ? script->certificate : "",
                   time_span_to_text(script->at_us, span), script->step_count);
    }
}
