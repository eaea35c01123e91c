#include "sim/mta/mta_settings.h"

#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

static const char MTA_HOSTNAME[] = "mail.sender.test";
static const char MTA_DKIM_SELECTOR[] = "range";
static const char *const MTA_SOURCES[] = {"192.0.2.10", "2001:db8::10"};

enum { MTA_CONCURRENCY_MAX = 10000, MTA_RAW_MAX = 64, MTA_COMMAND_WORDS_MAX = 256 };

const char *mta_settings_hostname(const struct mta_settings *settings)
{
    return settings->hostname;
}

const char *mta_settings_domain(const struct mta_settings *settings)
{
    const char *dot = strchr(settings->hostname, '.');
    return dot != NULL && strchr(dot + 1, '.') != NULL ? dot + 1 : settings->hostname;
}

static int mta_default_sources(struct mta_settings *settings, struct arena *arena)
{
    size_t count = sizeof MTA_SOURCES / sizeof MTA_SOURCES[0];
    struct address *sources = arena_alloc_array(arena, count, sizeof *sources);
    for (size_t i = 0; i < count; i++) {
        if (address_from_text(slice_of(MTA_SOURCES[i]), &sources[i]) != 0)
            return -1;
    }
    settings->sources = sources;
    settings->source_count = count;
    return 0;
}

static int mta_read_sources(struct spec spec, struct arena *arena, struct mta_settings *settings,
                            struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    size_t count = spec_count(spec);
    if (count == 0)
        return spec_error(spec, err, "at least one address is expected");
    struct address *sources = arena_alloc_array(arena, count, sizeof *sources);
    for (size_t i = 0; i < count; i++) {
        if (address_read(spec_at(spec, i), &sources[i], err) != 0)
            return -1;
    }
    settings->sources = sources;
    settings->source_count = count;
    return 0;
}

/* "5m, 15m, 30m, then every 1h": waits, the last of which may go on. */
static int mta_read_retry(struct spec spec, struct arena *arena, struct mta_settings *settings,
                          struct err *err)
{
    static const char THEN[] = "then every ";
    if (!spec_is_text(spec))
        return spec_expected(spec, err, "one text of waits, like \"5m, 15m, then every 1h\"");
    if (spec_read_text(spec, &settings->retry, err) != 0)
        return -1;
    struct slice rest = slice_of(settings->retry);
    struct slice part;
    int64_t *steps_us = arena_alloc_array(arena, MTA_RETRY_STEPS_MAX, sizeof *steps_us);
    settings->retry_steps_us = steps_us;
    while (slice_split(&rest, ',', &part)) {
        part = slice_trim(part);
        if (slice_starts_with(part, slice_of(THEN)))
            part = slice_trim(slice_skip(part, strlen(THEN)));
        if (time_span_from_text(part, &settings->last_retry_us) != 0 ||
            settings->last_retry_us == 0)
            return spec_error(spec, err,
                              "waits like \"5m, 15m, then every 1h\" are expected, not \"%.*s\"",
                              SLICE_ARG(part));
        if (settings->first_retry_us == 0)
            settings->first_retry_us = settings->last_retry_us;
        if (settings->retry_step_count == MTA_RETRY_STEPS_MAX)
            return spec_error(spec, err, "at most %d waits are allowed", MTA_RETRY_STEPS_MAX);
        steps_us[settings->retry_step_count++] = settings->last_retry_us;
    }
    return 0;
}

enum mta_retry_form mta_settings_retry_form(const struct mta_settings *settings)
{
    const int64_t *steps_us = settings->retry_steps_us;
    size_t count = settings->retry_step_count;
    bool uniform = true;
    bool doubling = true;
    for (size_t i = 1; i < count; i++) {
        uniform = uniform && steps_us[i] == steps_us[i - 1];
        /* Only the last one may be cut short, at the most that it may become. */
        doubling = doubling && (steps_us[i] == 2 * steps_us[i - 1] ||
                                (i == count - 1 && steps_us[i] <= 2 * steps_us[i - 1]));
    }
    return uniform ? MTA_RETRY_UNIFORM : doubling ? MTA_RETRY_DOUBLING : MTA_RETRY_STEPS;
}

static int mta_read_warn_after(struct spec spec, struct mta_settings *settings, struct err *err)
{
    const char *text = NULL;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    if (slice_is(slice_of(text), "never")) {
        settings->warn_after_us = -1;
        return 0;
    }
    return spec_read_span(spec, &settings->warn_after_us, err);
}

static int mta_read_tls(struct spec spec, struct mta_settings *settings, struct err *err)
{
    static const char *const WORDS[] = {"opportunistic", "required", "none", NULL};
    size_t index = 0;
    if (spec_read_word(spec, WORDS, &index, err) != 0)
        return -1;
    settings->tls = (enum mta_tls)index;
    return 0;
}

static int mta_read_dkim(struct spec spec, struct arena *arena, struct mta_settings *settings,
                         struct err *err)
{
    static const char *const KEYS[] = {"domain", "selector", "key", "publish", NULL};
    static const char *const TYPES[] = {"rsa", "ed25519", NULL};
    struct mta_dkim *dkim = arena_alloc(arena, sizeof *dkim);
    struct spec member;
    size_t type = 0;
    *dkim = (struct mta_dkim){.domain = mta_settings_domain(settings),
                              .selector = MTA_DKIM_SELECTOR,
                              .is_published = true};
    settings->dkim = dkim;
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        (spec_get(spec, "domain", &member) &&
         spec_read_domain(member, arena, &dkim->domain, err) != 0) ||
        (spec_get(spec, "selector", &member) &&
         spec_read_domain(member, arena, &dkim->selector, err) != 0) ||
        (spec_get(spec, "key", &member) && spec_read_word(member, TYPES, &type, err) != 0) ||
        (spec_get(spec, "publish", &member) &&
         spec_read_bool(member, &dkim->is_published, err) != 0))
        return -1;
    dkim->is_ed25519 = type == 1;
    return 0;
}

/* What stands in a server's own files as it is: no quotes and nothing that a quote could need. */
static int mta_read_credential(struct spec spec, const char *key, const char **text,
                               struct err *err)
{
    struct spec member;
    if (!spec_get(spec, key, &member))
        return spec_error(spec, err, "\"%s\" is expected", key);
    if (spec_read_text(member, text, err) != 0)
        return -1;
    for (const char *p = *text; *p != '\0'; p++)
        if ((unsigned char)*p <= ' ' || *p == '"' || *p == '\\')
            return spec_error(member, err, "no spaces, quotes and backslashes are allowed here");
    return **text != '\0' ? 0 : spec_error(member, err, "a text is expected");
}

/* "relay.test:587", or { "host": "relay.test:587", "user": "ann", "password": "secret" }. */
static int mta_read_smart_host(struct spec spec, struct mta_settings *settings, struct err *err)
{
    static const char *const KEYS[] = {"host", "user", "password", NULL};
    if (!spec_is_object(spec))
        return spec_read_text(spec, &settings->smart_host, err);
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        mta_read_credential(spec, "host", &settings->smart_host, err) != 0 ||
        mta_read_credential(spec, "user", &settings->smart_host_user, err) != 0 ||
        mta_read_credential(spec, "password", &settings->smart_host_password, err) != 0)
        return -1;
    return 0;
}

static int mta_read_settings(struct spec spec, struct arena *arena, struct mta_settings *settings,
                             struct err *err)
{
    static const char *const KEYS[] = {"retry",         "give-up",     "warn-after", "tls",
                                       "smart-host",    "concurrency", "size-limit", "relay-for",
                                       "local-domains", "dkim",        "dane",       "mta-sts",
                                       "require-tls",   NULL};
    struct spec member;
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        (spec_get(spec, "retry", &member) && mta_read_retry(member, arena, settings, err) != 0) ||
        (spec_get(spec, "give-up", &member) &&
         spec_read_span(member, &settings->give_up_us, err) != 0) ||
        (spec_get(spec, "warn-after", &member) &&
         mta_read_warn_after(member, settings, err) != 0) ||
        (spec_get(spec, "tls", &member) && mta_read_tls(member, settings, err) != 0) ||
        (spec_get(spec, "dane", &member) && spec_read_bool(member, &settings->dane, err) != 0) ||
        (spec_get(spec, "mta-sts", &member) &&
         spec_read_bool(member, &settings->mta_sts, err) != 0) ||
        (spec_get(spec, "require-tls", &member) &&
         spec_read_bool(member, &settings->require_tls, err) != 0) ||
        (spec_get(spec, "smart-host", &member) &&
         mta_read_smart_host(member, settings, err) != 0) ||
        (spec_get(spec, "concurrency", &member) &&
         spec_read_int(member, 1, MTA_CONCURRENCY_MAX, &settings->concurrency, err) != 0) ||
        (spec_get(spec, "size-limit", &member) &&
         spec_read_size(member, &settings->size_limit, err) != 0) ||
        (spec_get(spec, "relay-for", &member) &&
         spec_read_texts(member, arena, &settings->relay_for, &settings->relay_for_count, err) !=
             0) ||
        (spec_get(spec, "dkim", &member) && mta_read_dkim(member, arena, settings, err) != 0) ||
        (spec_get(spec, "local-domains", &member) &&
         spec_read_texts(member, arena, &settings->local_domains, &settings->local_domain_count,
                         err) != 0))
        return -1;
    return 0;
}

/* Lines; or for a file that is JSON, an object. */
static int mta_read_raw_text(struct spec spec, struct arena *arena, const char **text,
                             struct err *err)
{
    if (!spec_is_object(spec))
        return spec_read_text(spec, text, err);
    char *json = cJSON_PrintUnformatted(spec.json);
    *text = arena_text(arena, json);
    cJSON_free(json);
    return 0;
}

/* { "postfix": { "main.cf": "lines" } } */
static int mta_read_raw(struct spec spec, struct arena *arena, struct mta_settings *settings,
                        struct err *err)
{
    struct mta_raw *raw = arena_alloc_array(arena, MTA_RAW_MAX, sizeof *raw);
    if (!spec_is_object(spec))
        return spec_error(spec, err,
                          "an object is expected: {\"postfix\": {\"main.cf\": \"...\"}}");
    for (size_t i = 0; i < spec_count(spec); i++) {
        struct spec files = spec_at(spec, i);
        if (!spec_is_object(files))
            return spec_error(files, err, "an object of file names and lines is expected");
        for (size_t k = 0; k < spec_count(files); k++) {
            if (settings->raw_count == MTA_RAW_MAX)
                return spec_error(files, err, "at most %d files are allowed", MTA_RAW_MAX);
            struct mta_raw *one = &raw[settings->raw_count++];
            one->mta = spec_key_at(spec, i);
            one->file = spec_key_at(files, k);
            if (mta_read_raw_text(spec_at(files, k), arena, &one->text, err) != 0)
                return -1;
        }
    }
    settings->raw = raw;
    return 0;
}

static int mta_read_command(struct spec spec, struct arena *arena, struct mta_settings *settings,
                            struct err *err)
{
    const char *const *words = NULL;
    size_t count = 0;
    if (spec_read_texts(spec, arena, &words, &count, err) != 0)
        return -1;
    if (count > MTA_COMMAND_WORDS_MAX)
        return spec_error(spec, err, "at most %d words are allowed", MTA_COMMAND_WORDS_MAX);
    char **argv = arena_alloc_array(arena, count + 1, sizeof *argv);
    for (size_t i = 0; i < count; i++)
        argv[i] = arena_text(arena, words[i]);
    settings->command = argv;
    return 0;
}

int mta_settings_read_skew(struct spec spec, int64_t *skew_us, struct err *err)
{
    const char *text = NULL;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    bool back = text[0] == '-';
    struct slice span = slice_of(text + (back || text[0] == '+' ? 1 : 0));
    if (time_span_from_text(span, skew_us) != 0)
        return spec_error(spec, err, "a span like \"+11m\" or \"-2h\" is expected");
    if (back)
        *skew_us = -*skew_us;
    return 0;
}

/* {"skew": "+11m"} or {"drift": 1.01} */
static int mta_read_clock(struct spec spec, struct mta_settings *settings, struct err *err)
{
    static const char *const KEYS[] = {"skew", "drift", NULL};
    struct spec member;
    if (spec_check_keys(spec, KEYS, err) != 0)
        return -1;
    if (spec_get(spec, "skew", &member)) {
        if (mta_settings_read_skew(member, &settings->skew_us, err) != 0)
            return -1;
        settings->has_skew = true;
    }
    if (spec_get(spec, "drift", &member)) {
        settings->drift = cJSON_GetNumberValue(member.json);
        if (!spec_is_number(member) || settings->drift < 0.1 || settings->drift > 10)
            return spec_error(member, err, "a number from 0.1 to 10 is expected (1.01: 1%% fast)");
        settings->has_skew = true;
    }
    return 0;
}

int mta_settings_parse(struct spec spec, struct arena *arena, struct mta_settings **settings_out,
                       struct err *err)
{
    static const char *const KEYS[] = {"hostname", "sources", "settings", "raw",
                                       "only",     "command", "clock",    NULL};
    struct mta_settings *settings = arena_alloc(arena, sizeof *settings);
    struct spec member;
    settings->hostname = MTA_HOSTNAME;
    settings->drift = 1.0;
    settings->spec = spec;
    if (mta_default_sources(settings, arena) != 0)
        return err_set(err, "the default addresses of the server cannot be read");
    *settings_out = settings;
    if (spec.json == NULL)
        return 0;
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        (spec_get(spec, "hostname", &member) &&
         spec_read_domain(member, arena, &settings->hostname, err) != 0) ||
        (spec_get(spec, "sources", &member) &&
         mta_read_sources(member, arena, settings, err) != 0) ||
        (spec_get(spec, "settings", &settings->given) &&
         mta_read_settings(settings->given, arena, settings, err) != 0) ||
        (spec_get(spec, "raw", &member) && mta_read_raw(member, arena, settings, err) != 0) ||
        (spec_get(spec, "only", &member) && spec_read_text(member, &settings->only, err) != 0) ||
        (spec_get(spec, "command", &member) &&
         mta_read_command(member, arena, settings, err) != 0) ||
        (spec_get(spec, "clock", &member) && mta_read_clock(member, settings, err) != 0))
        return -1;
    return 0;
}

int mta_settings_change(const struct mta_settings *base, struct spec spec, struct arena *arena,
                        const struct mta_settings **settings_out, struct err *err)
{
    static const char *const FIXED[] = {"dkim", "smart-host"};
    struct mta_settings *settings = arena_alloc(arena, sizeof *settings);
    struct spec member;
    *settings = *base;
    for (size_t i = 0; i < sizeof FIXED / sizeof FIXED[0]; i++) {
        if (spec_get(spec, FIXED[i], &member))
            return spec_error(member, err, "\"%s\" cannot change while the server runs", FIXED[i]);
    }
    settings->given = spec;
    *settings_out = settings;
    return mta_read_settings(spec, arena, settings, err);
}

static void mta_explain_span(struct buf *out, const char *what, int64_t span_us)
{
    char text[TIME_TEXT_BYTES];
    if (span_us > 0)
        buf_format(out, "  %s %s\n", what, time_span_to_text(span_us, text));
}

void mta_settings_explain(const struct mta_settings *settings, struct buf *out)
{
    static const char *const TLS[] = {"TLS where it is offered", "TLS always", "no TLS"};
    buf_format(out, "Server under test: %s, from", settings->hostname);
    for (size_t i = 0; i < settings->source_count; i++) {
        char text[ADDRESS_TEXT_BYTES];
        buf_format(out, " %s", address_to_text(&settings->sources[i], text));
    }
    buf_format(out, "; %s\n", TLS[settings->tls]);
    if (settings->dane)
        buf_add_text(out, "  looks for TLSA records (DANE)\n");
    if (settings->mta_sts)
        buf_add_text(out, "  looks for MTA-STS policies\n");
    if (settings->require_tls)
        buf_add_text(out, "  heeds REQUIRETLS and TLS-Required\n");
    if (settings->retry != NULL)
        buf_format(out, "  tries again after %s\n", settings->retry);
    mta_explain_span(out, "gives up after", settings->give_up_us);
    mta_explain_span(out, "warns the sender after", settings->warn_after_us);
    if (settings->smart_host != NULL)
        buf_format(out, "  sends everything through %s%s%s\n", settings->smart_host,
                   settings->smart_host_user != NULL ? ", logged in as " : "",
                   settings->smart_host_user != NULL ? settings->smart_host_user : "");
    if (settings->dkim != NULL)
        buf_format(out, "  signs for %s with the key %s (%s)%s\n", settings->dkim->domain,
                   settings->dkim->selector, settings->dkim->is_ed25519 ? "Ed25519" : "RSA",
                   settings->dkim->is_published ? "" : ", which is not published");
    if (settings->only != NULL)
        buf_format(out, "  only with %s\n", settings->only);
}
