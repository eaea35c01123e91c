#include "sim/readers/readers.h"

#include "mta-under-test/base/list.h"
#include "mta-under-test/base/time_text.h"
#include "sim/mx/mx_caller.h"
#include "sim/mx/mx_header.h"
#include "sim/policy/policy_blocklist.h"
#include "sim/readers/feedback_report.h"
#include "sim/readers/one_click.h"

#include "mta-under-test/base/poison.h"

enum { READERS_REPORT_BYTES_MAX = 256 * 1024, READERS_V4_BITS = 128, READERS_V6_BITS = 64 };

struct readers {
    struct event_base *base;
    struct event_log *log;
    struct readers_options options;
    SSL_CTX *tls;
    struct event *timer;
    int64_t due_us; /* that the timer is set to; INT64_MAX = it is not */
    struct list errands;
};

/* A report or a request under way. */
struct readers_errand {
    struct list link;
    struct readers *readers;
    struct mx_caller *caller; /* one of the two */
    struct one_click *click;
    char *provider;
    char *message;
    char *recipient;
    char *to; /* mailbox or URL */
};

static void readers_errand_free(struct readers_errand *errand)
{
    list_remove(&errand->link);
    mx_caller_free(&errand->caller);
    one_click_free(&errand->click);
    free(errand->provider);
    free(errand->message);
    free(errand->recipient);
    free(errand->to);
    free(errand);
}

static struct readers_errand *readers_errand_new(struct readers *readers,
                                                 const struct provider *provider,
                                                 const struct provider_reaction *reaction,
                                                 const char *to)
{
    struct readers_errand *errand = mem_alloc(sizeof *errand);
    errand->readers = readers;
    errand->provider = mem_text_copy(provider_name(provider));
    errand->message = mem_text_copy(reaction->message);
    errand->recipient = mem_text_copy(reaction->recipient);
    errand->to = mem_text_copy(to);
    list_push_back(&readers->errands, &errand->link);
    return errand;
}

/* ---- how errands end */

static void readers_tell(struct readers_errand *errand, const char *kind, const char *key, int code,
                         const char *text)
{
    struct json_out *event = event_begin(errand->readers->log, "provider", kind, NULL);
    json_out_text(event, "provider", errand->provider);
    json_out_text(event, "message", errand->message);
    json_out_text(event, "recipient", errand->recipient);
    json_out_text(event, "to", errand->to);
    json_out_int(event, key, code);
    json_out_text(event, "text", text);
    event_end(errand->readers->log);
    readers_errand_free(errand);
}

static void readers_on_delivered(void *context, int code, const char *text)
{
    struct readers_errand *errand = context;
    errand->caller = NULL;
    readers_tell(errand, "feedback", "code", code, text);
}

static void readers_on_clicked(void *context, int status, const char *error)
{
    struct readers_errand *errand = context;
    errand->click = NULL;
    readers_tell(errand, "one-click", "status", status, error);
}

/* ---- complaints */

/* The host's address of the family of `target`, or its first. */
static struct address readers_source(const struct mx_host *host, const struct address *target)
{
    struct address source = {0};
    for (size_t i = 0; i < mx_host_address_count(host); i++) {
        const struct address *own = mx_host_address(host, i);
        if (i == 0 || address_is_ipv4(own) == address_is_ipv4(target))
            source = *own;
    }
    return source;
}

static void readers_report(struct readers *readers, const struct provider *provider,
                           const struct provider_reaction *complaint,
                           const struct provider_feedback *loop)
{
    const struct mx_host *host = mx_model_find_host(readers->options.mx, complaint->host);
    struct readers_errand *errand = readers_errand_new(readers, provider, complaint, loop->to);
    struct mx_caller_options call = {
        .base = readers->base,
        .helo = complaint->host,
        .mailbox = loop->to,
        .done = readers_on_delivered,
        .context = errand,
    };
    int64_t now_us = time_now_us();
    const char *at = strrchr(loop->to, '@');
    if (host == NULL ||
        mx_verifier_find_mail_host(readers->options.verifier, at + 1, now_us, &call.target) != 1) {
        readers_tell(errand, "feedback", "code", 0, "the mail host of the mailbox is not found");
        return;
    }
    struct buf text;
    char *from = mem_text_format("feedback@%s", complaint->host);
    buf_init(&text, READERS_REPORT_BYTES_MAX);
    bool domain = loop->kind == PROVIDER_KEY_DKIM || loop->kind == PROVIDER_KEY_SPF;
    const struct feedback_report report = {
        .provider = provider_name(provider),
        .host = complaint->host,
        .from = from,
        .to = loop->to,
        .reported = domain ? complaint->keys[loop->kind] : "",
        .now_us = now_us,
        .complaint = complaint,
    };
    feedback_report_write(&report, &text);
    call.source = readers_source(host, &call.target);
    call.sender = from;
    call.content = buf_slice(&text);
    errand->caller = mx_caller_start(&call);
    if (errand->caller == NULL)
        readers_tell(errand, "feedback", "code", 0, "no connection could be begun");
    buf_deinit(&text);
    free(from);
}

/* The first loop that is for the message. */
static void readers_complain(struct readers *readers, const struct provider *provider,
                             const struct provider_reaction *complaint)
{
    const struct provider_settings *settings = provider_get_settings(provider);
    for (size_t i = 0; i < settings->feedback_count; i++) {
        const struct provider_feedback *loop = &settings->feedback[i];
        const char *key = complaint->keys[loop->kind];
        if (key[0] == '\0' || !pattern_matches(loop->of, slice_of(key)))
            continue;
        readers_report(readers, provider, complaint, loop);
        return;
    }
}

/* ---- unsubscriptions */

static void readers_unsubscribe(struct readers *readers, const struct provider *provider,
                                const struct provider_reaction *reaction)
{
    struct one_click_url url;
    struct slice field = mx_header_find(slice_of(reaction->header), "List-Unsubscribe");
    const struct mx_host *host = mx_model_find_host(readers->options.mx, reaction->host);
    if (!reaction->one_click || host == NULL || !one_click_find_url(field, &url))
        return;
    char *to = mem_text_format("https://%s%s", url.host, url.target);
    struct readers_errand *errand = readers_errand_new(readers, provider, reaction, to);
    struct one_click_options click = {
        .base = readers->base,
        .tls = readers->tls,
        .url = &url,
        .done = readers_on_clicked,
        .context = errand,
    };
    free(to);
    if (!mx_verifier_find_host(readers->options.verifier, url.host, time_now_us(), &click.target)) {
        readers_tell(errand, "one-click", "status", 0, "the host has no address");
        return;
    }
    click.source = readers_source(host, &click.target);
    errand->click = one_click_start(&click);
    if (errand->click == NULL)
        readers_tell(errand, "one-click", "status", 0, "no connection could be begun");
}

/* ---- what providers tell */

static void readers_on_reacted(void *context, const struct provider *provider,
                               const struct provider_reaction *reaction)
{
    if (reaction->complains)
        readers_complain(context, provider, reaction);
    else
        readers_unsubscribe(context, provider, reaction);
}

static void readers_on_listed(void *context, const struct provider_blocklist *list,
                              const struct address *address, bool listed)
{
    struct readers *readers = context;
    struct err ignored = {0};
    const struct policy_blocklist *zone =
        list->zone != NULL ? policy_model_find_blocklist(readers->options.policy, list->zone)
                           : NULL;
    if (zone == NULL)
        return;
    const struct prefix prefix = {
        .address = *address,
        .bits = address_is_ipv4(address) ? READERS_V4_BITS : READERS_V6_BITS,
    };
    /* A record of this form cannot be wrong; one that is there already stays. */
    if (listed)
        (void)!policy_blocklist_add(zone, &prefix, readers->options.dns, &ignored);
    else
        (void)!policy_blocklist_remove(zone, &prefix, readers->options.dns, &ignored);
    char text[ADDRESS_TEXT_BYTES];
    struct json_out *event =
        event_begin(readers->log, "policy", listed ? "listed" : "delisted", NULL);
    json_out_text(event, "zone", zone->zone);
    json_out_text(event, "address", address_to_text(address, text));
    event_end(readers->log);
}

/* ---- time */

static const struct mx_providers *readers_providers(const struct readers *readers)
{
    return mx_model_providers(readers->options.mx);
}

static void readers_on_planned(void *context)
{
    struct readers *readers = context;
    int64_t due_us = INT64_MAX;
    for (size_t i = 0; i < mx_providers_count(readers_providers(readers)); i++) {
        int64_t one_us = provider_due_us(mx_providers_at(readers_providers(readers), i));
        due_us = one_us < due_us ? one_us : due_us;
    }
    if (due_us == readers->due_us)
        return;
    readers->due_us = due_us;
    event_del(readers->timer);
    if (due_us == INT64_MAX)
        return;
    int64_t now_us = time_now_us();
    int64_t wait_us = due_us > now_us ? due_us - now_us : 0;
    const struct timeval wait = {wait_us / TIME_SECOND, wait_us % TIME_SECOND};
    event_add(readers->timer, &wait);
}

static void readers_on_timer(evutil_socket_t fd, short what, void *context)
{
    struct readers *readers = context;
    int64_t now_us = time_now_us();
    (void)fd;
    (void)what;
    for (size_t i = 0; i < mx_providers_count(readers_providers(readers)); i++)
        provider_pass(mx_providers_at(readers_providers(readers), i), now_us, readers->log);
    readers->due_us = INT64_MAX;
    readers_on_planned(readers);
}

/* ---- all */

static SSL_CTX *readers_make_tls(const struct readers *readers, struct err *err)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (tls != NULL && X509_STORE_add_cert(SSL_CTX_get_cert_store(tls),
                                           tls_authority_root(readers->options.authority)) == 1)
        return tls;
    SSL_CTX_free(tls);
    tls_error(err, "cannot set up TLS for readers");
    return NULL;
}

struct readers *readers_open(struct event_base *base, struct event_log *log,
                             const struct readers_options *options, struct err *err)
{
    struct readers *readers = mem_alloc(sizeof *readers);
    readers->base = base;
    readers->log = log;
    readers->options = *options;
    readers->due_us = INT64_MAX;
    list_init(&readers->errands);
    readers->timer = evtimer_new(base, readers_on_timer, readers);
    readers->tls = readers_make_tls(readers, err);
    if (readers->tls == NULL) {
        readers_close(&readers);
        return NULL;
    }
    const struct provider_listener listener = {
        .planned = readers_on_planned,
        .reacted = readers_on_reacted,
        .listed = readers_on_listed,
        .context = readers,
    };
    for (size_t i = 0; i < mx_providers_count(readers_providers(readers)); i++)
        provider_listen(mx_providers_at(readers_providers(readers), i), &listener);
    return readers;
}

void readers_close(struct readers **readers_at)
{
    struct readers *readers = *readers_at;
    static const struct provider_listener NOBODY = {0};
    if (readers == NULL)
        return;
    *readers_at = NULL;
    for (size_t i = 0; i < mx_providers_count(readers_providers(readers)); i++)
        provider_listen(mx_providers_at(readers_providers(readers), i), &NOBODY);
    struct list *link;
    while ((link = list_pop_front(&readers->errands)) != NULL)
        readers_errand_free(LIST_ENTRY(link, struct readers_errand, link));
    event_free(readers->timer);
    SSL_CTX_free(readers->tls);
    free(readers);
}
