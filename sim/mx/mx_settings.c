#include "sim/mx/mx_settings.h"

#include "mta-under-test/base/text.h"
#include "sim/mx/mx_tls.h"

#include "mta-under-test/base/poison.h"

enum { MX_SIZE_DEFAULT = 26214400, MX_KEYS_MAX = 32 };

void mx_settings_set_defaults(struct mx_host *host)
{
    host->offers = MX_EXTENSION_BIT(MX_EXTENSION_PIPELINING) | MX_EXTENSION_BIT(MX_EXTENSION_SIZE) |
                   MX_EXTENSION_BIT(MX_EXTENSION_EIGHT_BIT) |
                   MX_EXTENSION_BIT(MX_EXTENSION_ENHANCED) |
                   MX_EXTENSION_BIT(MX_EXTENSION_STARTTLS);
    host->size_max = MX_SIZE_DEFAULT;
    host->auth = "";
}

/* ---- offers */

static int mx_offer_read(struct spec spec, struct arena *arena, struct mx_host *host,
                         const char **lines, struct err *err)
{
    const char *text;
    if (spec_read_text(spec, &text, err) != 0)
        return -1;
    struct slice value = slice_of(text);
    struct slice word = {0};
    if (!slice_split(&value, ' ', &word))
        return spec_error(spec, err, "expected an extension");
    if (slice_find(slice_of(text), '\n') != SIZE_MAX ||
        slice_find(slice_of(text), '\r') != SIZE_MAX)
        return spec_error(spec, err, "an extension is one line");
    for (unsigned i = 0; i < MX_EXTENSION_COUNT; i++) {
        if (!slice_is_nocase(word, MX_EXTENSION_WORDS[i]))
            continue;
        host->offers |= MX_EXTENSION_BIT(i);
        uint64_t size = 0;
        if (i == MX_EXTENSION_SIZE && value.len > 0 && text_to_u64(value, &size) != 0)
            return spec_error(spec, err, "expected \"SIZE\" or \"SIZE BYTES\"");
        if (i == MX_EXTENSION_SIZE)
            host->size_max = (int64_t)(size < INT64_MAX ? size : INT64_MAX);
        if (i == MX_EXTENSION_AUTH)
            host->auth = arena_text_of(arena, slice_trim(value));
        return 0;
    }
    if (text_lower(text[0]) != 'x') {
        const char *nearest = text_nearest(arena_text_of(arena, word), MX_EXTENSION_WORDS);
        return spec_error(spec, err,
                          "\"%.*s\" is no extension known here%s%s%s; words that begin "
                          "with X are told as they are",
                          SLICE_ARG(word), nearest != NULL ? "; did you mean \"" : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    }
    lines[host->line_count++] = text;
    return 0;
}

static int mx_offers_read(struct spec spec, struct arena *arena, struct mx_host *host,
                          struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    const char **lines = arena_alloc_array(arena, spec_count(spec) + 1, sizeof lines[0]);
    host->offers = 0;
    host->line_count = 0;
    for (size_t i = 0; i < spec_count(spec); i++) {
        if (mx_offer_read(spec_at(spec, i), arena, host, lines, err) != 0)
            return -1;
    }
    host->lines = lines;
    return 0;
}

/* ---- reachability and recipients */

static int mx_listens_read(struct spec spec, struct mx_host *host, struct err *err)
{
    if (spec_check_array(spec, err) != 0)
        return -1;
    size_t count = spec_count(spec);
    if (count > MX_PORTS_MAX)
        return spec_error(spec, err, "at most %d ports", MX_PORTS_MAX);
    host->ports_given = true;
    host->port_count = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t port;
        if (spec_read_int(spec_at(spec, i), 1, 65535, &port, err) != 0)
            return -1;
        if (port != MX_PORT_LMTP && port != 25 && port != 465 && port != 587)
            return spec_error(spec_at(spec, i), err, "a host listens on 24 (LMTP), 25, 465 or 587");
        if (host->is_lmtp != (port == MX_PORT_LMTP))
            return spec_error(spec_at(spec, i), err,
                              "LMTP is spoken on port 24, SMTP on the others (RFC 2033 5)");
        host->ports[host->port_count++] = (uint16_t)port;
    }
    return 0;
}

static int mx_down_read(struct spec spec, struct mx_host *host, struct err *err)
{
    if (spec_is_bool(spec))
        return spec_read_bool(spec, &host->down, err);
    host->down_window_given = true;
    return window_read(spec, &host->down_window, err);
}

static int mx_credentials_read(struct spec spec, struct arena *arena, struct mx_host *host,
                               struct err *err)
{
    if (!spec_is_object(spec))
        return spec_error(spec, err, "expected {\"user\": \"password\"}");
    host->credential_count = spec_count(spec);
    host->credentials =
        arena_alloc_array(arena, host->credential_count + 1, sizeof host->credentials[0]);
    for (size_t i = 0; i < host->credential_count; i++) {
        host->credentials[i].user = spec_key_at(spec, i);
        if (spec_read_text(spec_at(spec, i), &host->credentials[i].password, err) != 0)
            return -1;
    }
    return 0;
}

static int mx_recipients_read(struct spec spec, struct arena *arena, struct mx_host *host,
                              struct err *err)
{
    struct spec member;
    if (spec_get(spec, "accepts", &member)) {
        pattern_release(host->accepts);
        host->accepts = NULL;
        if (pattern_read(member, arena, &host->accepts, err) != 0)
            return -1;
    }
    if (spec_get(spec, "users", &member)) {
        pattern_release(host->users);
        host->users = NULL;
        return pattern_read(member, arena, &host->users, err);
    }
    return 0;
}

/* ---- all together */

static const char *const MX_SETTING_KEYS[] = {
    "protocol",    "offers",   "esmtp",   "banner", "latency", "bandwidth", "tls",
    "dane",        "network",  "listens", "down",   "users",   "accepts",   "about",
    "credentials", "provider", "rules",   "verify", NULL,
};

int mx_settings_check_keys(struct spec spec, const char *const *more, struct err *err)
{
    const char *keys[MX_KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; MX_SETTING_KEYS[i] != NULL; i++)
        keys[count++] = MX_SETTING_KEYS[i];
    for (; *more != NULL; more++)
        keys[count++] = *more;
    keys[count] = NULL;
    return spec_check_keys(spec, keys, err);
}

static int mx_protocol_read(struct spec spec, struct mx_host *host, struct err *err)
{
    static const char *const PROTOCOLS[] = {"smtp", "lmtp", NULL};
    size_t protocol = 0;
    if (spec_read_word(spec, PROTOCOLS, &protocol, err) != 0)
        return -1;
    host->is_lmtp = protocol == 1;
    return 0;
}

static int mx_manners_read(struct spec spec, struct mx_host *host, struct err *err)
{
    struct spec member;
    bool esmtp = true;
    const char *about;
    if (spec_get(spec, "about", &member) && spec_read_text(member, &about, err) != 0)
        return -1;
    if (spec_get(spec, "esmtp", &member) && spec_read_bool(member, &esmtp, err) != 0)
        return -1;
    if (!esmtp)
        host->no_esmtp = true;
    if (spec_get(spec, "banner", &member) && spec_read_text(member, &host->banner, err) != 0)
        return -1;
    if (spec_get(spec, "latency", &member)) {
        if (range_read_span(member, &host->latency_us, err) != 0)
            return -1;
        if (host->latency_us.min < 0 || host->latency_us.max == INT64_MAX)
            return spec_error(
                member, err, "expected how long the line takes, as in \"80ms\" or \"20ms..200ms\"");
    }
    if (spec_get(spec, "bandwidth", &member)) {
        if (spec_read_size(member, &host->bandwidth, err) != 0)
            return -1;
        if (host->bandwidth < 1)
            return spec_error(member, err, "expected bytes a second, as in \"100kB\"");
    }
    if (spec_get(spec, "verify", &member)) {
        bool verify;
        if (spec_read_bool(member, &verify, err) != 0)
            return -1;
        host->verify = verify ? MX_VERIFY_ALWAYS : MX_VERIFY_NEVER;
    }
    if (spec_get(spec, "provider", &member))
        return spec_read_text(member, &host->provider, err);
    return 0;
}

int mx_settings_read(struct spec spec, struct arena *arena, struct mx_host *host, struct err *err)
{
    struct spec member;
    if (spec_get(spec, "protocol", &member) && mx_protocol_read(member, host, err) != 0)
        return -1;
    if (mx_manners_read(spec, host, err) != 0 || mx_recipients_read(spec, arena, host, err) != 0)
        return -1;
    if (spec_get(spec, "offers", &member) && mx_offers_read(member, arena, host, err) != 0)
        return -1;
    if (spec_get(spec, "tls", &member) && mx_tls_settings_read(member, host, err) != 0)
        return -1;
    if (spec_get(spec, "dane", &member) && mx_dane_settings_read(member, arena, host, err) != 0)
        return -1;
    if (spec_get(spec, "listens", &member) && mx_listens_read(member, host, err) != 0)
        return -1;
    if (spec_get(spec, "down", &member) && mx_down_read(member, host, err) != 0)
        return -1;
    if (spec_get(spec, "network", &member) &&
        net_conditions_read(member, arena, &host->network, &host->network_count, err) != 0)
        return -1;
    if (spec_get(spec, "credentials", &member))
        return mx_credentials_read(member, arena, host, err);
    return 0;
}
