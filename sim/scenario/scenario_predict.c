#include "sim/scenario/scenario_predict.h"

#include "mta-under-test/base/text.h"
#include "sim/dns/dns_receiver.h"
#include "sim/mta/mta_settings.h"
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_model.h"
#include "sim/mx/mx_predict.h"
#include "sim/submit/submit_message.h"
#include "sim/value/range.h"

#include "mta-under-test/base/poison.h"

const char *const SCENARIO_VISIT_KEYS[] = {
#define X(name, word) word,
    SCENARIO_VISIT_WORDS(X)
#undef X
        NULL,
};

int scenario_visit_take(struct scenario_visit *visit, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        return err_set(err, "\"%s\": expected KEY=VALUE, as in to=bob@bigmail.test", text);
    struct slice key = slice_from(text, (size_t)(equals - text));
    for (size_t i = 0; SCENARIO_VISIT_KEYS[i] != NULL; i++) {
        if (!slice_is(key, SCENARIO_VISIT_KEYS[i]))
            continue;
        visit->words[i] = equals + 1;
        return 0;
    }
    char *wrong = mem_text_copy_n(key.data, key.len);
    const char *nearest = text_nearest(wrong, SCENARIO_VISIT_KEYS);
    free(wrong);
    return err_set(err,
                   "\"%.*s\" is no word of a visit%s%s%s; there are host, client, name, helo, "
                   "from, to, file, at, attempts, every and tls",
                   SLICE_ARG(key), nearest != NULL ? "; did you mean \"" : "",
                   nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

static const char *visit_word(const struct scenario_visit *visit, enum scenario_visit_word word,
                              const char *usual)
{
    return visit->words[word] != NULL ? visit->words[word] : usual;
}

/* ---- who comes, with what, and when */

static int read_client(const struct scenario *s, const struct scenario_visit *visit,
                       struct mx_visit *wanted, struct err *err)
{
    const char *text = visit->words[SCENARIO_VISIT_CLIENT];
    if (text == NULL)
        wanted->client = s->mta->sources[0];
    else if (address_from_text(slice_of(text), &wanted->client) != 0)
        return err_set(err, "client: \"%s\" is no address", text);
    wanted->helo = visit_word(visit, SCENARIO_VISIT_HELO, mta_settings_hostname(s->mta));
    return 0;
}

static int read_envelope(const struct scenario *s, const struct scenario_visit *visit,
                         struct mx_visit *wanted, struct err *err)
{
    const struct scenario_message *first = s->message_count > 0 ? &s->messages[0] : NULL;
    wanted->sender = visit_word(visit, SCENARIO_VISIT_FROM, first != NULL ? first->from : "");
    wanted->recipient = visit_word(visit, SCENARIO_VISIT_TO, first != NULL ? first->to[0] : "");
    if (strchr(wanted->recipient, '@') == NULL || strchr(wanted->recipient, '{') != NULL)
        return err_set(err, "to whom? Say it, as in to=bob@bigmail.test");
    return 0;
}

static int read_when(const struct scenario_visit *visit, struct mx_visit *wanted, struct err *err)
{
    uint64_t attempts;
    const char *at = visit_word(visit, SCENARIO_VISIT_AT, "0s");
    const char *every = visit_word(visit, SCENARIO_VISIT_EVERY, "15m");
    const char *count = visit_word(visit, SCENARIO_VISIT_ATTEMPTS, "5");
    const char *tls = visit_word(visit, SCENARIO_VISIT_TLS, "yes");
    if (time_span_from_text(slice_of(at), &wanted->at_us) != 0)
        return err_set(err, "at: expected a span, as in \"2h\", found \"%s\"", at);
    if (time_span_from_text(slice_of(every), &wanted->spacing_us) != 0)
        return err_set(err, "every: expected a span, as in \"15m\", found \"%s\"", every);
    if (text_to_u64(slice_of(count), &attempts) != 0 || attempts < 1 ||
        attempts > MX_VISIT_ATTEMPTS_MAX)
        return err_set(err, "attempts: expected a number from 1 to %d, found \"%s\"",
                       (int)MX_VISIT_ATTEMPTS_MAX, count);
    wanted->attempts = (unsigned)attempts;
    wanted->tls = strcmp(tls, "yes") == 0;
    if (!wanted->tls && strcmp(tls, "no") != 0)
        return err_set(err, "tls: expected yes or no, found \"%s\"", tls);
    return 0;
}

static bool goes_to(const struct submit_message *message, const char *recipient)
{
    for (size_t i = 0; i < message->to_count; i++) {
        if (slice_is_nocase(slice_of(message->to[i]), recipient))
            return true;
    }
    return false;
}

/* The scenario's message to that recipient, else its first one. */
static struct submit_message choose_message(const struct scenario *s, const char *recipient,
                                            struct arena *arena)
{
    struct submit_message first = submit_message_at(&s->messages[0], 0, arena);
    for (size_t i = 0; i < s->message_count; i++) {
        struct submit_message message = submit_message_at(&s->messages[i], 0, arena);
        if (goes_to(&message, recipient))
            return message;
    }
    return first;
}

/* What the client sends, as it would be handed in to the server under test. */
static int read_message(const struct scenario *s, const struct scenario_visit *visit,
                        struct mx_visit *wanted, struct buf *out, struct err *err)
{
    const char *const to[] = {wanted->recipient};
    const struct scenario_message from_file = {.id = "explained",
                                               .from = wanted->sender,
                                               .to = to,
                                               .to_count = 1,
                                               .instances = 1,
                                               .file = visit->words[SCENARIO_VISIT_FILE]};
    if (from_file.file == NULL && s->message_count == 0)
        return 0;
    struct arena arena;
    arena_init(&arena);
    struct submit_message message = from_file.file != NULL
                                        ? submit_message_at(&from_file, 0, &arena)
                                        : choose_message(s, wanted->recipient, &arena);
    int result = submit_message_build(&message, wanted->start_us + wanted->at_us, out, err);
    arena_deinit(&arena);
    if (result == 0)
        wanted->message = buf_text(out);
    return result;
}

/* ---- where */

static bool is_meant(const struct mx_host *host, const struct scenario_visit *visit,
                     const char *recipient)
{
    const char *name = visit->words[SCENARIO_VISIT_HOST];
    if (name != NULL)
        return slice_is_nocase(slice_of(mx_host_name(host)), name);
    return mx_host_judge_recipient(host, slice_of(recipient)) != MX_RECIPIENT_FOREIGN;
}

static struct dns_resolver resolver_at(void *context, int64_t now_us)
{
    return dns_receiver_at(context, now_us);
}

static bool host_has_family(const struct mx_host *host, bool ipv4)
{
    for (size_t i = 0; i < mx_host_address_count(host); i++) {
        if (address_is_ipv4(mx_host_address(host, i)) == ipv4)
            return true;
    }
    return false;
}

static const char *name_client(struct dns_receiver *namer, const struct scenario *s,
                               const struct scenario_visit *visit, const struct address *client)
{
    const char *name = dns_receiver_client_name(namer, client, s->start_us);
    return visit_word(visit, SCENARIO_VISIT_NAME, name != NULL ? name : "");
}

/* The server under test comes from an address that gets to the host: of its family. */
static void choose_source(const struct scenario *s, const struct scenario_visit *visit,
                          const struct mx_host *host, struct dns_receiver *namer,
                          struct mx_visit *wanted)
{
    bool ipv4 = address_is_ipv4(&wanted->client);
    if (visit->words[SCENARIO_VISIT_CLIENT] != NULL || host_has_family(host, ipv4) ||
        !host_has_family(host, !ipv4))
        return;
    for (size_t i = 0; i < s->mta->source_count; i++) {
        if (address_is_ipv4(&s->mta->sources[i]) == ipv4)
            continue;
        wanted->client = s->mta->sources[i];
        wanted->client_name = name_client(namer, s, visit, &wanted->client);
        return;
    }
}

static void write_client(const struct mx_visit *wanted, struct buf *out)
{
    char client[ADDRESS_TEXT_BYTES];
    buf_format(out, "%s (%s)", address_to_text(&wanted->client, client),
               wanted->client_name[0] != '\0' ? wanted->client_name : "without a name");
}

static bool predict_host(const struct mx_host *host, const struct mx_visit *wanted,
                         const struct mx_visit *first, struct buf *out)
{
    buf_format(out, "\n%s\n", mx_host_name(host));
    if (!address_equal(&wanted->client, &first->client)) {
        buf_add_text(out, "from ");
        write_client(wanted, out);
        buf_add_char(out, '\n');
    }
    return mx_host_predict(host, wanted, out);
}

static int predict_hosts(const struct scenario *s, const struct scenario_visit *visit,
                         const struct mx_visit *wanted, struct dns_receiver *namer, struct buf *out,
                         struct err *err)
{
    size_t count = 0;
    write_client(wanted, out);
    buf_format(out, " says %s and sends from <%s> to <%s>\n", wanted->helo, wanted->sender,
               wanted->recipient);
    for (size_t i = 0; i < mx_model_host_count(s->mx); i++) {
        const struct mx_host *host = mx_model_host(s->mx, i);
        if (!is_meant(host, visit, wanted->recipient))
            continue;
        struct mx_visit own = *wanted;
        choose_source(s, visit, host, namer, &own);
        bool taken = predict_host(host, &own, wanted, out);
        buf_add_text(out, taken ? "taken\n" : "not taken\n");
        count++;
    }
    if (count > 0)
        return 0;
    if (visit->words[SCENARIO_VISIT_HOST] != NULL)
        return err_set(err, "there is no host \"%s\"", visit->words[SCENARIO_VISIT_HOST]);
    return err_set(err, "no host takes mail for %s", wanted->recipient);
}

int scenario_predict(const struct scenario *s, const struct scenario_visit *visit, struct buf *out,
                     struct err *err)
{
    struct mx_visit wanted = {.start_us = s->start_us};
    if (read_client(s, visit, &wanted, err) != 0 || read_envelope(s, visit, &wanted, err) != 0 ||
        read_when(visit, &wanted, err) != 0)
        return -1;
    struct buf message;
    buf_init(&message, SUBMIT_CONTENT_BYTES_MAX);
    int result = read_message(s, visit, &wanted, &message, err);
    const struct dns_answer_options answer = {.start_us = s->start_us, .seed = s->seed};
    struct dns_receiver *receiver = dns_receiver_new(s->dns, &answer);
    struct dns_receiver *namer = dns_receiver_new(s->dns, &answer);
    struct arena arena;
    arena_init(&arena);
    /* Kept: the next address that is looked up ends the answer. */
    wanted.client_name = arena_text(&arena, name_client(namer, s, visit, &wanted.client));
    wanted.verifier = mx_verifier_new(resolver_at, receiver);
    if (result == 0)
        result = predict_hosts(s, visit, &wanted, namer, out, err);
    mx_verifier_free(&wanted.verifier);
    dns_receiver_free(&receiver);
    dns_receiver_free(&namer);
    buf_deinit(&message);
    arena_deinit(&arena);
    return result;
}
