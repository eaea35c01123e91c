#include "sim/mta/mta_values.h"

#include <inttypes.h>

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/time_text.h"
#include "sim/mta/mta_dkim.h"
#include "sim/mta/mta_place.h"

#include "mta-under-test/base/poison.h"

static const int64_t MTA_QUEUE_RUN_US = 5 * TIME_MINUTE;

typedef void mta_value(const struct mta_values *values, struct buf *out);

static void mta_value_hostname(const struct mta_values *values, struct buf *out)
{
    buf_add_text(out, values->settings->hostname);
}

static void mta_value_domain(const struct mta_values *values, struct buf *out)
{
    buf_add_text(out, mta_settings_domain(values->settings));
}

static void mta_value_programs(const struct mta_values *values, struct buf *out)
{
    buf_add_text(out, values->programs);
}

/* The first source address of a family. */
static void mta_add_source(const struct mta_values *values, bool ipv4, struct buf *out)
{
    for (size_t i = 0; i < values->settings->source_count; i++) {
        const struct address *source = &values->settings->sources[i];
        char text[ADDRESS_TEXT_BYTES];
        if (address_is_ipv4(source) == ipv4) {
            buf_add_text(out, address_to_text(source, text));
            return;
        }
    }
}

static void mta_value_source_v4(const struct mta_values *values, struct buf *out)
{
    mta_add_source(values, true, out);
}

/* Empty as well on a machine whose kernel has IPv6 switched off: no server could use it. */
static void mta_value_source_v6(const struct mta_values *values, struct buf *out)
{
    if (!file_exists("/proc/sys/net/ipv6"))
        return;
    mta_add_source(values, false, out);
}

static void mta_value_sources_json(const struct mta_values *values, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_out_array(&json, NULL);
    for (size_t i = 0; i < values->settings->source_count; i++) {
        char text[ADDRESS_TEXT_BYTES];
        json_out_text(&json, NULL, address_to_text(&values->settings->sources[i], text));
    }
    json_out_end(&json);
}

/* An item of the list "sources". */
static void mta_value_source(const struct mta_values *values, struct buf *out)
{
    char text[ADDRESS_TEXT_BYTES];
    if (values->item < values->settings->source_count)
        buf_add_text(out, address_to_text(&values->settings->sources[values->item], text));
}

static void mta_value_retry(const struct mta_values *values, struct buf *out)
{
    if (values->settings->retry != NULL)
        buf_add_text(out, values->settings->retry);
}

static void mta_add_seconds(int64_t span_us, struct buf *out)
{
    if (span_us > 0)
        buf_format(out, "%" PRId64, span_us / TIME_SECOND);
}

static void mta_value_retry_first(const struct mta_values *values, struct buf *out)
{
    mta_add_seconds(values->settings->first_retry_us, out);
}

static void mta_value_retry_last(const struct mta_values *values, struct buf *out)
{
    mta_add_seconds(values->settings->last_retry_us, out);
}

/* How often a server must look at its deferred mail so that the waits are not rounded up. */
static void mta_value_queue_run(const struct mta_values *values, struct buf *out)
{
    int64_t first_us = values->settings->first_retry_us;
    mta_add_seconds(first_us > 0 && first_us < MTA_QUEUE_RUN_US ? first_us : MTA_QUEUE_RUN_US, out);
}

/* ---- items of the list "retry-steps": wait so long, until the message is so old */

static void mta_value_step_wait(const struct mta_values *values, struct buf *out)
{
    if (values->item < values->settings->retry_step_count)
        mta_add_seconds(values->settings->retry_steps_us[values->item], out);
}

/* Empty for the last one, which goes on until the server gives up. */
static void mta_value_step_until(const struct mta_values *values, struct buf *out)
{
    int64_t until_us = 0;
    for (size_t i = 0; i <= values->item && i < values->settings->retry_step_count; i++)
        until_us += values->settings->retry_steps_us[i];
    if (values->item + 1 < values->settings->retry_step_count)
        mta_add_seconds(until_us, out);
}

static void mta_value_give_up(const struct mta_values *values, struct buf *out)
{
    mta_add_seconds(values->settings->give_up_us, out);
}

static void mta_value_warn_after(const struct mta_values *values, struct buf *out)
{
    mta_add_seconds(values->settings->warn_after_us, out);
}

static void mta_value_warn_never(const struct mta_values *values, struct buf *out)
{
    if (values->settings->warn_after_us < 0)
        buf_add_text(out, "never");
}

static void mta_value_tls(const struct mta_values *values, struct buf *out)
{
    static const char *const WORDS[] = {"opportunistic", "required", "none"};
    buf_add_text(out, WORDS[values->settings->tls]);
}

static void mta_value_tls_required(const struct mta_values *values, struct buf *out)
{
    if (values->settings->tls == MTA_TLS_REQUIRED)
        buf_add_text(out, "yes");
}

static void mta_value_tls_none(const struct mta_values *values, struct buf *out)
{
    if (values->settings->tls == MTA_TLS_NONE)
        buf_add_text(out, "yes");
}

static void mta_value_tls_opportunistic(const struct mta_values *values, struct buf *out)
{
    if (values->settings->tls == MTA_TLS_OPPORTUNISTIC)
        buf_add_text(out, "yes");
}

static void mta_value_dane(const struct mta_values *values, struct buf *out)
{
    if (values->settings->dane)
        buf_add_text(out, "yes");
}

static void mta_value_mta_sts(const struct mta_values *values, struct buf *out)
{
    if (values->settings->mta_sts)
        buf_add_text(out, "yes");
}

static void mta_value_smart_host(const struct mta_values *values, struct buf *out)
{
    if (values->settings->smart_host != NULL) {
        const char *text = values->settings->smart_host;
        buf_add(out, text, strcspn(text, ":"));
    }
}

static void mta_value_smart_port(const struct mta_values *values, struct buf *out)
{
    if (values->settings->smart_host != NULL) {
        const char *colon = strrchr(values->settings->smart_host, ':');
        buf_add_text(out, colon != NULL ? colon + 1 : "25");
    }
}

static void mta_value_smart_user(const struct mta_values *values, struct buf *out)
{
    if (values->settings->smart_host_user != NULL)
        buf_add_text(out, values->settings->smart_host_user);
}

static void mta_value_smart_password(const struct mta_values *values, struct buf *out)
{
    if (values->settings->smart_host_password != NULL)
        buf_add_text(out, values->settings->smart_host_password);
}

static void mta_value_concurrency(const struct mta_values *values, struct buf *out)
{
    if (values->settings->concurrency > 0)
        buf_format(out, "%" PRId64, values->settings->concurrency);
}

static void mta_value_size_limit(const struct mta_values *values, struct buf *out)
{
    if (values->settings->size_limit > 0)
        buf_format(out, "%" PRId64, values->settings->size_limit);
}

static void mta_add_list(const char *const *items, size_t count, const char *separator,
                         struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_format(out, "%s%s", i > 0 ? separator : "", items[i]);
}

static void mta_value_relay_for(const struct mta_values *values, struct buf *out)
{
    mta_add_list(values->settings->relay_for, values->settings->relay_for_count, " ", out);
}

static void mta_value_relay_for_json(const struct mta_values *values, struct buf *out)
{
    if (values->settings->relay_for_count == 0)
        return;
    buf_add_text(out, "[\"");
    mta_add_list(values->settings->relay_for, values->settings->relay_for_count, "\", \"", out);
    buf_add_text(out, "\"]");
}

static void mta_value_local_domains(const struct mta_values *values, struct buf *out)
{
    mta_add_list(values->settings->local_domains, values->settings->local_domain_count, " ", out);
}

static void mta_value_dkim_domain(const struct mta_values *values, struct buf *out)
{
    if (values->settings->dkim != NULL)
        buf_add_text(out, values->settings->dkim->domain);
}

static void mta_value_dkim_selector(const struct mta_values *values, struct buf *out)
{
    if (values->settings->dkim != NULL)
        buf_add_text(out, values->settings->dkim->selector);
}

static void mta_value_dkim_key(const struct mta_values *values, struct buf *out)
{
    if (values->settings->dkim != NULL)
        buf_add_text(out, MTA_DKIM_KEY_FILE);
}

static void mta_value_certificate(const struct mta_values *values, struct buf *out)
{
    (void)values;
    buf_add_text(out, MTA_CERTIFICATE_FILE);
}

static void mta_value_certificate_key(const struct mta_values *values, struct buf *out)
{
    (void)values;
    buf_add_text(out, MTA_CERTIFICATE_KEY_FILE);
}

/* An item of the list "relay-for" or "local-domains". */
static void mta_value_item(const struct mta_values *values, struct buf *out)
{
    if (values->items != NULL)
        buf_add_text(out, values->items[values->item]);
}

static void mta_value_sender(const struct mta_values *values, struct buf *out)
{
    if (values->sender != NULL)
        buf_add_text(out, values->sender);
}

static void mta_value_queue_id(const struct mta_values *values, struct buf *out)
{
    if (values->queue_id != NULL)
        buf_add_text(out, values->queue_id);
}

/* The scenario's own lines for the file that is made, by the file's name. */
static void mta_value_raw(const struct mta_values *values, struct buf *out)
{
    for (size_t i = 0; i < values->settings->raw_count; i++) {
        const struct mta_raw *raw = &values->settings->raw[i];
        if (slice_is(slice_of(raw->mta), values->mta) &&
            slice_is(slice_of(raw->file), file_name(values->file)))
            buf_add_text(out, raw->text);
    }
}

static const struct {
    const char *name;
    mta_value *fill;
} MTA_VALUES[] = {
    {"hostname", mta_value_hostname},
    {"domain", mta_value_domain},
    {"programs", mta_value_programs},
    {"source-v4", mta_value_source_v4},
    {"source-v6", mta_value_source_v6},
    {"source", mta_value_source},
    {"sources-json", mta_value_sources_json},
    {"retry", mta_value_retry},
    {"retry-first-seconds", mta_value_retry_first},
    {"retry-last-seconds", mta_value_retry_last},
    {"queue-run-seconds", mta_value_queue_run},
    {"step-wait-seconds", mta_value_step_wait},
    {"step-until-seconds", mta_value_step_until},
    {"give-up-seconds", mta_value_give_up},
    {"warn-after-seconds", mta_value_warn_after},
    {"warn-never", mta_value_warn_never},
    {"tls", mta_value_tls},
    {"tls-opportunistic", mta_value_tls_opportunistic},
    {"tls-required", mta_value_tls_required},
    {"tls-none", mta_value_tls_none},
    {"dane", mta_value_dane},
    {"mta-sts", mta_value_mta_sts},
    {"smart-host", mta_value_smart_host},
    {"smart-port", mta_value_smart_port},
    {"smart-user", mta_value_smart_user},
    {"smart-password", mta_value_smart_password},
    {"concurrency", mta_value_concurrency},
    {"size-limit", mta_value_size_limit},
    {"relay-for", mta_value_relay_for},
    {"relay-for-json", mta_value_relay_for_json},
    {"local-domains", mta_value_local_domains},
    {"dkim-domain", mta_value_dkim_domain},
    {"dkim-selector", mta_value_dkim_selector},
    {"dkim-key", mta_value_dkim_key},
    {"certificate", mta_value_certificate},
    {"certificate-key", mta_value_certificate_key},
    {"sender", mta_value_sender},
    {"queue-id", mta_value_queue_id},
    {"item", mta_value_item},
    {"raw", mta_value_raw},
};

enum { MTA_VALUE_COUNT = sizeof MTA_VALUES / sizeof MTA_VALUES[0] };

static bool mta_values_fill(void *context, struct slice name, struct buf *value)
{
    for (size_t i = 0; i < MTA_VALUE_COUNT; i++) {
        if (slice_is(name, MTA_VALUES[i].name)) {
            MTA_VALUES[i].fill(context, value);
            return true;
        }
    }
    return false;
}

static size_t mta_values_count(void *context, struct slice list)
{
    struct mta_values *values = context;
    const struct mta_settings *settings = values->settings;
    values->items = NULL;
    if (slice_is(list, "retry-steps"))
        return settings->retry_step_count;
    if (slice_is(list, "sources"))
        return settings->source_count;
    bool relay_for = slice_is(list, "relay-for");
    if (!relay_for && !slice_is(list, "local-domains"))
        return SIZE_MAX;
    values->items = relay_for ? settings->relay_for : settings->local_domains;
    return relay_for ? settings->relay_for_count : settings->local_domain_count;
}

static void mta_values_select(void *context, size_t item)
{
    struct mta_values *values = context;
    values->item = item;
}

struct mta_template_source mta_values_source(struct mta_values *values)
{
    return (struct mta_template_source){.value = mta_values_fill,
                                        .count = mta_values_count,
                                        .select = mta_values_select,
                                        .context = values};
}
