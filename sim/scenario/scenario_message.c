#include "mta-under-test/base/text.h"
#include "sim/mta/mta_settings.h"
#include "sim/scenario/scenario_reader.h"
#include "sim/value/template.h"

#include "mta-under-test/base/poison.h"

enum {
    ADDRESS_LOCAL_BYTES_MAX = 64, /* RFC 5321 section 4.5.3.1.1 */
    ADDRESS_BYTES_MAX = 254,
    MESSAGE_BYTES_MAX = 1024 * 1024 * 1024,
    MESSAGE_ID_BYTES_MAX = 100,
    PER_CONNECTION_MAX = 1000000,
};

int scenario_check_address(struct spec spec, const char *address, const char **domain,
                           struct err *err)
{
    static const char WHAT[] = "an address like \"bob@bigmail.test\"";
    const char *at = strrchr(address, '@');
    struct arena arena = {0};
    bool valid = at != NULL && at != address && at[1] != '\0' &&
                 at - address <= ADDRESS_LOCAL_BYTES_MAX && strlen(address) <= ADDRESS_BYTES_MAX;
    for (const char *c = address; valid && *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("<>()[],;:\\", *c) != NULL)
            valid = at != NULL && c > at && at[1] == '[';
    }
    bool literal = valid && at[1] == '[';
    if (valid && !literal)
        valid = spec_domain_from_text(at + 1, &arena) != NULL;
    arena_deinit(&arena);
    const char *hint = "";
    if (strchr(address, '<') != NULL)
        hint = "; only what stands between \"<\" and \">\" is the address";
    else if (strchr(address, ',') != NULL)
        hint = "; several addresses are an array, [\"bob@a.test\", \"ann@a.test\"]";
    if (!valid)
        return spec_error(spec, err, "expected %s, found \"%.100s\"%s", WHAT, address, hint);
    if (domain != NULL)
        *domain = literal ? "" : at + 1;
    return 0;
}

/* ---- recipients */

static int check_recipient(struct scenario_reader *r, struct spec spec, const char *to,
                           size_t *count)
{
    struct buf first;
    *count = sequence_count(spec, to, SCENARIO_MESSAGES_MAX, r->err);
    if (*count == 0)
        return -1;
    buf_init(&first, 1000);
    sequence_text(&first, to, *count - 1);
    int result = scenario_check_address(spec, buf_text(&first), NULL, r->err);
    buf_deinit(&first);
    return result;
}

static int read_to(struct scenario_reader *r, struct spec spec, struct scenario_message *message)
{
    struct spec to;
    if (spec_need(spec, "to", &to, r->err) != 0 ||
        spec_read_texts(to, r->arena, &message->to, &message->to_count, r->err) != 0)
        return -1;
    bool plain = false;
    for (size_t i = 0; i < message->to_count; i++) {
        size_t count = 0;
        struct spec place = spec_is_array(to) ? spec_at(to, i) : to;
        if (check_recipient(r, place, message->to[i], &count) != 0)
            return -1;
        if (strchr(message->to[i], '{') != NULL)
            message->instances += count;
        else
            plain = true;
    }
    message->instances += plain ? 1 : 0;
    return 0;
}

static int read_from(struct scenario_reader *r, struct spec spec, struct scenario_message *message)
{
    struct spec from;
    message->from = arena_format(r->arena, "news@%s", mta_settings_domain(r->scenario->mta));
    if (!spec_get(spec, "from", &from))
        return 0;
    if (!spec_is_text(from))
        return spec_expected(from, r->err, "an address, or \"\" for the null reverse-path");
    message->from = from.json->valuestring;
    if (strcmp(message->from, "<>") == 0)
        message->from = "";
    return message->from[0] == '\0' ? 0 : scenario_check_address(from, message->from, NULL, r->err);
}

/* ---- content */

static int read_headers(struct scenario_reader *r, struct spec spec,
                        struct scenario_message *message)
{
    struct spec headers;
    if (!spec_get(spec, "headers", &headers))
        return 0;
    if (spec_read_texts(headers, r->arena, &message->lines, &message->line_count, r->err) != 0)
        return -1;
    for (size_t i = 0; i < message->line_count; i++) {
        const char *colon = strchr(message->lines[i], ':');
        bool valid = colon != NULL && colon != message->lines[i] &&
                     strpbrk(message->lines[i], "\r\n") == NULL;
        for (const char *c = message->lines[i]; valid && c < colon; c++)
            valid = *c > ' ' && *c < 0x7f;
        if (!valid)
            return spec_error(
                spec_is_array(headers) ? spec_at(headers, i) : headers, r->err,
                "expected a header line like \"X-Campaign: spring\", found \"%.100s\"",
                message->lines[i]);
    }
    return 0;
}

static int read_content(struct scenario_reader *r, struct spec spec,
                        struct scenario_message *message)
{
    struct spec member;
    const char *name = NULL;
    if (spec_get(spec, "file", &member)) {
        struct spec text;
        if (spec_read_text(member, &name, r->err) != 0)
            return -1;
        if (spec_get(spec, "text", &text))
            return spec_error(text, r->err, "a message has \"text\" or \"file\", not both");
        message->file = scenario_find_file(r, member, name);
        if (message->file == NULL)
            return -1;
    }
    if (spec_get(spec, "text", &member)) {
        if (!spec_is_text(member))
            return spec_expected(member, r->err, "a text");
        message->text = member.json->valuestring;
    }
    if (spec_get(spec, "subject", &member)) {
        if (spec_read_text(member, &message->subject, r->err) != 0)
            return -1;
        if (strpbrk(message->subject, "\r\n") != NULL)
            return spec_error(member, r->err, "a subject is one line");
    }
    if (spec_get(spec, "size", &member)) {
        if (spec_read_size(member, &message->size_bytes, r->err) != 0)
            return -1;
        if (message->size_bytes > MESSAGE_BYTES_MAX)
            return spec_expected(member, r->err, "a size of at most 1 GiB");
    }
    return read_headers(r, spec, message);
}

/* ---- notifications (RFC 3461) */

/* "never", or some of success, failure and delay. */
static int read_notify(struct scenario_reader *r, struct spec spec, struct buf *out)
{
    static const char *const WORDS[] = {"never", "success", "failure", "delay", NULL};
    size_t count = spec_is_array(spec) ? spec_count(spec) : 1;
    for (size_t i = 0; i < count; i++) {
        size_t word;
        struct spec one = spec_is_array(spec) ? spec_at(spec, i) : spec;
        if (spec_read_word(one, WORDS, &word, r->err) != 0)
            return -1;
        if (word == 0 && count > 1)
            return spec_error(one, r->err, "\"never\" stands alone (RFC 3461 4.1)");
        buf_format(out, "%s%s", i > 0 ? "," : " NOTIFY=", WORDS[word]);
    }
    return 0;
}

static int read_dsn(struct scenario_reader *r, struct spec spec, struct scenario_message *message)
{
    static const char *const KEYS[] = {"notify", "return", "envelope-id", NULL};
    static const char *const RETURNS[] = {"full", "headers", NULL};
    struct spec dsn;
    struct spec member;
    message->mail_parameters = "";
    message->rcpt_parameters = "";
    if (!spec_get(spec, "dsn", &dsn))
        return 0;
    if (spec_check_keys(dsn, KEYS, r->err) != 0)
        return -1;
    if (spec_get(dsn, "return", &member)) {
        size_t word;
        if (spec_read_word(member, RETURNS, &word, r->err) != 0)
            return -1;
        message->mail_parameters = word == 0 ? " RET=FULL" : " RET=HDRS";
    }
    if (spec_get(dsn, "envelope-id", &member)) {
        const char *id;
        if (spec_read_text(member, &id, r->err) != 0)
            return -1;
        for (const char *c = id; *c != '\0'; c++) {
            if (!text_is_alnum(*c) && strchr("-_.", *c) == NULL)
                return spec_expected(member, r->err, "letters, digits, \"-\", \"_\" and \".\"");
        }
        message->mail_parameters =
            arena_format(r->arena, "%s ENVID=%s", message->mail_parameters, id);
    }
    if (!spec_get(dsn, "notify", &member))
        return 0;
    struct buf notify;
    buf_init(&notify, 100);
    int result = read_notify(r, member, &notify);
    message->rcpt_parameters = arena_text(r->arena, buf_text(&notify));
    buf_deinit(&notify);
    return result;
}

/* ---- when and where */

/* A stranger: the server's own network is 192.0.2.0/24, from which mail comes otherwise. */
static int read_client(struct scenario_reader *r, struct spec spec,
                       struct scenario_message *message)
{
    static const char *const INTERNET[] = {"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"};
    struct spec member;
    if (!spec_get(spec, "client", &member))
        return 0;
    if (address_read(member, &message->client, r->err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof INTERNET / sizeof INTERNET[0]; i++) {
        struct prefix prefix;
        if (prefix_from_text(slice_of(INTERNET[i]), &prefix) == 0 &&
            prefix_holds(&prefix, &message->client))
            message->has_client = true;
    }
    if (!message->has_client)
        return spec_expected(member, r->err,
                             "an IPv4 address of the simulated internet, of 198.18.0.0/15, "
                             "198.51.100.0/24 or 203.0.113.0/24");
    return 0;
}

/* REQUIRETLS (RFC 8689): only for a server of which the scenario says that it knows it. */
static int read_require_tls(struct scenario_reader *r, struct spec spec,
                            struct scenario_message *message)
{
    struct spec member;
    if (!spec_get(spec, "require-tls", &member))
        return 0;
    if (spec_read_bool(member, &message->require_tls, r->err) != 0)
        return -1;
    if (message->require_tls && !r->scenario->mta->require_tls)
        return spec_error(member, r->err,
                          "this is for servers that know REQUIRETLS; say so in \"mta\": "
                          "{\"settings\": {\"require-tls\": true}}");
    if (message->require_tls)
        message->mail_parameters =
            arena_format(r->arena, "%s REQUIRETLS", message->mail_parameters);
    return 0;
}

/* How messages share connections, and how the dialogue in them goes. */
static int read_connection(struct scenario_reader *r, struct spec spec,
                           struct scenario_message *message)
{
    struct spec member;
    int64_t count = 0;
    if (spec_get(spec, "own-connection", &member) &&
        spec_read_bool(member, &message->own_connection, r->err) != 0)
        return -1;
    if (spec_get(spec, "per-connection", &member)) {
        if (spec_read_int(member, 1, PER_CONNECTION_MAX, &count, r->err) != 0)
            return -1;
        if (message->own_connection && count > 1)
            return spec_error(member, r->err,
                              "%lld messages cannot share a connection that is each one's own: "
                              "leave one of \"per-connection\" and \"own-connection\" out",
                              (long long)count);
    }
    message->per_connection = (size_t)count;
    return spec_get(spec, "pipelining", &member)
               ? spec_read_bool(member, &message->pipelining, r->err)
               : 0;
}

static int read_sending(struct scenario_reader *r, struct spec spec,
                        struct scenario_message *message)
{
    struct spec member;
    int64_t port = 25;
    if (spec_get(spec, "at", &member)) {
        if (spec_read_span(member, &message->at_us, r->err) != 0)
            return -1;
        if (message->at_us >= r->scenario->limit_us)
            return spec_error(member, r->err, "the run has ended by then (\"clock\": \"limit\")");
    }
    if (spec_get(spec, "rate", &member) && rate_read(member, &message->rate, r->err) != 0)
        return -1;
    if (message->rate.count == 0 && message->rate.window_us > 0)
        return spec_error(member, r->err,
                          "0 before the \"/\" sends nothing: expected a rate like \"100/1m\"");
    if (spec_get(spec, "port", &member) && spec_read_int(member, 1, 65535, &port, r->err) != 0)
        return -1;
    if (port != 25 && port != 465 && port != 587)
        return spec_expected(member, r->err, "25, 465 or 587");
    message->port = (int)port;
    if (read_connection(r, spec, message) != 0)
        return -1;
    return read_client(r, spec, message);
}

/* A message that is due when the run has ended is never handed in. */
static int check_rate(struct scenario_reader *r, struct spec spec,
                      const struct scenario_message *message)
{
    const struct rate *rate = &message->rate;
    struct spec member;
    int64_t last_us;
    if (rate->count == 0 || !spec_get(spec, "rate", &member))
        return 0;
    bool endless =
        __builtin_mul_overflow((int64_t)message->instances - 1, rate->window_us, &last_us);
    if (!endless && last_us / rate->count < r->scenario->limit_us - message->at_us)
        return 0;
    return spec_error(member, r->err,
                      "too slow for %zu messages: the run has ended before the last of them "
                      "(\"clock\": \"limit\")",
                      message->instances);
}

static int read_id(struct scenario_reader *r, struct spec spec, size_t number,
                   struct scenario_message *message)
{
    struct spec id;
    message->id = arena_format(r->arena, "m%zu", number + 1);
    if (!spec_get(spec, "id", &id))
        return 0;
    if (spec_read_text(id, &message->id, r->err) != 0)
        return -1;
    bool valid = strlen(message->id) <= MESSAGE_ID_BYTES_MAX;
    for (const char *c = message->id; valid && *c != '\0'; c++)
        valid = text_is_alnum(*c) || strchr("-_.", *c) != NULL;
    if (!valid)
        return spec_expected(id, r->err,
                             "an id of letters, digits, \"-\", \"_\" and \".\" (it travels in a "
                             "header line)");
    return 0;
}

static int check_id(struct scenario_reader *r, const struct scenario_message *messages,
                    size_t number)
{
    for (size_t i = 0; i < number; i++) {
        if (strcmp(messages[i].id, messages[number].id) == 0)
            return spec_error(messages[number].spec, r->err,
                              "another message has the id \"%s\": that at %s", messages[number].id,
                              messages[i].spec.path);
    }
    return 0;
}

static int read_message(struct scenario_reader *r, struct spec spec, size_t number,
                        struct scenario_message *message)
{
    static const char *const KEYS[] = {"id",
                                       "about",
                                       "from",
                                       "to",
                                       "file",
                                       "text",
                                       "subject",
                                       "headers",
                                       "size",
                                       "at",
                                       "rate",
                                       "port",
                                       "client",
                                       "dsn",
                                       "require-tls",
                                       "own-connection",
                                       "per-connection",
                                       "pipelining",
                                       NULL};
    struct spec member;
    const char *about = NULL;
    message->spec = spec;
    if (spec_check_keys(spec, KEYS, r->err) != 0 ||
        (spec_get(spec, "about", &member) && spec_read_text(member, &about, r->err) != 0))
        return -1;
    return read_id(r, spec, number, message) != 0 || read_from(r, spec, message) != 0 ||
                   read_to(r, spec, message) != 0 || read_content(r, spec, message) != 0 ||
                   read_dsn(r, spec, message) != 0 || read_require_tls(r, spec, message) != 0 ||
                   read_sending(r, spec, message) != 0 || check_rate(r, spec, message) != 0
               ? -1
               : 0;
}

int scenario_read_messages(struct scenario_reader *r, struct spec spec)
{
    size_t total = 0;
    if (spec_check_array(spec, r->err) != 0)
        return -1;
    size_t count = spec_count(spec);
    struct scenario_message *messages = arena_alloc_array(r->arena, count + 1, sizeof *messages);
    for (size_t i = 0; i < count; i++) {
        if (read_message(r, spec_at(spec, i), i, &messages[i]) != 0 ||
            check_id(r, messages, i) != 0)
            return -1;
        total += messages[i].instances;
        if (total > SCENARIO_MESSAGES_MAX)
            return spec_error(messages[i].spec, r->err, "more than %d messages in one scenario",
                              SCENARIO_MESSAGES_MAX);
    }
    r->scenario->messages = messages;
    r->scenario->message_count = count;
    return 0;
}
