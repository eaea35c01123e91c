#include "sim/policy/policy_spec.h"

#include "mta-under-test/base/text.h"
#include "sim/policy/policy_blocklist.h"
#include "sim/policy/policy_sts.h"
#include "sim/policy/policy_webhook.h"
#include "sim/tls/tls_spec.h"

#include "mta-under-test/base/poison.h"

#define POLICY_REPORT_PATH "/v1/tls-rpt"

/* ---- what every HTTPS host has */

static int policy_read_tls(struct spec spec, struct policy_host *host, struct err *err)
{
    static const char *const KEYS[] = {TLS_SPEC_KEYS, NULL};
    return spec_check_keys(spec, KEYS, err) != 0 ||
                   tls_spec_read(spec, &host->identity, &host->tls, err) != 0
               ? -1
               : 0;
}

static int policy_read_host(struct policy_model *model, struct spec spec, struct policy_host *host,
                            struct err *err)
{
    struct spec member;
    host->spec = spec;
    if ((spec_get(spec, "tls", &member) && policy_read_tls(member, host, err) != 0) ||
        (spec_get(spec, "fault", &member) &&
         policy_faults_read(member, model->arena, &host->faults, &host->fault_count, err) != 0))
        return -1;
    if (map_set_text(&model->hosts, host->name, host) != NULL)
        return spec_error(spec, err, "there is another policy host with the name %s", host->name);
    return 0;
}

static struct policy_host *policy_make_host(struct policy_model *model, const char *name,
                                            const char *domain, enum policy_service service)
{
    struct policy_host *host = arena_alloc(model->arena, sizeof *host);
    *host = (struct policy_host){.name = name, .domain = domain, .service = service};
    return host;
}

static void policy_add_record(struct policy_model *model, struct spec spec, const char *name,
                              const char *text)
{
    struct policy_record *records =
        arena_alloc_array(model->arena, model->record_count + 1, sizeof *records);
    if (model->record_count > 0)
        memcpy(records, model->records, model->record_count * sizeof *records);
    records[model->record_count++] =
        (struct policy_record){.name = name, .text = text, .spec = spec};
    model->records = records;
}

/* "record": another text, or false for none; NULL is none. */
static int policy_read_record(struct spec spec, const char **text, struct err *err)
{
    struct spec member;
    bool wanted = true;
    if (!spec_get(spec, "record", &member))
        return 0;
    if (!spec_is_bool(member))
        return spec_read_text(member, text, err);
    if (spec_read_bool(member, &wanted, err) != 0)
        return -1;
    if (!wanted)
        *text = NULL;
    return 0;
}

/* ---- the kinds */

static int policy_read_sts(struct policy_model *model, struct spec spec, const char *domain,
                           struct err *err)
{
    static const char *const KEYS[] = {POLICY_STS_KEYS, "record", "fault", "tls", "about", NULL};
    const char *name = arena_format(model->arena, "mta-sts.%s", domain);
    struct policy_host *host = policy_make_host(model, name, domain, POLICY_STS);
    struct buf record;
    policy_sts_set_defaults(&host->sts);
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        policy_sts_read(spec, model->arena, &host->sts, err) != 0 ||
        policy_read_host(model, spec, host, err) != 0)
        return -1;
    buf_init(&record, DNS_RECORD_TEXT_BYTES_MAX);
    policy_sts_write_record(&host->sts, &record);
    const char *text = arena_text(model->arena, buf_text(&record));
    buf_deinit(&record);
    if (policy_read_record(spec, &text, err) != 0)
        return -1;
    if (text != NULL)
        policy_add_record(model, spec, arena_format(model->arena, "_mta-sts.%s", domain), text);
    return 0;
}

static const char *policy_add_mailbox(struct policy_model *model, enum policy_report_kind kind,
                                      const char *domain)
{
    static const char *const LOCAL_PARTS[] = {
        [POLICY_REPORT_TLS] = "tls-reports", [POLICY_REPORT_DMARC] = "dmarc-reports"};
    struct policy_mailbox *mailbox = arena_alloc(model->arena, sizeof *mailbox);
    *mailbox = (struct policy_mailbox){
        .kind = kind,
        .domain = domain,
        .address = arena_format(model->arena, "%s@%s", LOCAL_PARTS[kind], domain),
    };
    map_set_text(&model->mailboxes, mailbox->address, mailbox);
    return mailbox->address;
}

static int policy_read_tls_reports(struct policy_model *model, struct spec spec, const char *domain,
                                   struct err *err)
{
    static const char *const KEYS[] = {"https", "mail", "record", "fault", "tls", "about", NULL};
    struct spec member;
    bool https = true;
    bool mail = false;
    if (spec_check_keys(spec, KEYS, err) != 0 ||
        (spec_get(spec, "https", &member) && spec_read_bool(member, &https, err) != 0) ||
        (spec_get(spec, "mail", &member) && spec_read_bool(member, &mail, err) != 0))
        return -1;
    if (!https && !mail)
        return spec_error(spec, err, "reports must go somewhere: by \"https\" or \"mail\"");
    const char *text = "v=TLSRPTv1; rua=";
    if (https) {
        const char *name = arena_format(model->arena, "tls-reports.%s", domain);
        struct policy_host *host = policy_make_host(model, name, domain, POLICY_TLS_REPORTS);
        if (policy_read_host(model, spec, host, err) != 0)
            return -1;
        text = arena_format(model->arena, "%shttps://%s" POLICY_REPORT_PATH, text, name);
    }
    if (mail)
        text = arena_format(model->arena, "%s%smailto:%s", text, https ? "," : "",
                            policy_add_mailbox(model, POLICY_REPORT_TLS, domain));
    if (policy_read_record(spec, &text, err) != 0)
        return -1;
    if (text != NULL)
        policy_add_record(model, spec, arena_format(model->arena, "_smtp._tls.%s", domain), text);
    return 0;
}

static int policy_read_dmarc_reports(struct policy_model *model, struct spec spec,
                                     const char *domain, struct err *err)
{
    static const char *const KEYS[] = {"record", "about", NULL};
    const char *address = policy_add_mailbox(model, POLICY_REPORT_DMARC, domain);
    const char *text = arena_format(model->arena, "v=DMARC1; p=none; rua=mailto:%s", address);
    if (spec_check_keys(spec, KEYS, err) != 0 || policy_read_record(spec, &text, err) != 0)
        return -1;
    if (text != NULL)
        policy_add_record(model, spec, arena_format(model->arena, "_dmarc.%s", domain), text);
    return 0;
}

static int policy_read_unsubscribe(struct policy_model *model, struct spec spec, const char *name,
                                   struct err *err)
{
    static const char *const KEYS[] = {"fault", "tls", "about", NULL};
    struct policy_host *host = policy_make_host(model, name, name, POLICY_UNSUBSCRIBE);
    return spec_check_keys(spec, KEYS, err) != 0 ? -1 : policy_read_host(model, spec, host, err);
}

static int policy_read_webhooks(struct policy_model *model, struct spec spec, const char *name,
                                struct err *err)
{
    static const char *const KEYS[] = {POLICY_WEBHOOK_KEYS, "fault", "tls", "about", NULL};
    struct policy_host *host = policy_make_host(model, name, name, POLICY_WEBHOOKS);
    return spec_check_keys(spec, KEYS, err) != 0 ||
                   policy_webhook_read(spec, &host->webhook, err) != 0
               ? -1
               : policy_read_host(model, spec, host, err);
}

static int policy_read_blocklist(struct policy_model *model, struct spec spec, const char *zone,
                                 struct err *err)
{
    struct policy_blocklist *list = NULL;
    if (policy_blocklist_read(spec, zone, model->arena, &list, err) != 0)
        return -1;
    map_set_text(&model->blocklists, zone, list);
    return 0;
}

/* ---- the whole */

typedef int policy_reader(struct policy_model *model, struct spec spec, const char *name,
                          struct err *err);

static const struct {
    const char *key;
    policy_reader *read;
} POLICY_PARTS[] = {
    {"mta-sts", policy_read_sts},
    {"tls-reports", policy_read_tls_reports},
    {"dmarc-reports", policy_read_dmarc_reports},
    {"unsubscribe", policy_read_unsubscribe},
    {"webhooks", policy_read_webhooks},
    {"blocklists", policy_read_blocklist},
};

enum { POLICY_PART_COUNT = sizeof POLICY_PARTS / sizeof POLICY_PARTS[0] };

static int policy_read_part(struct policy_model *model, struct spec part, policy_reader *read,
                            struct err *err)
{
    if (!spec_is_object(part))
        return spec_expected(part, err, "an object of domains: { \"bigmail.test\": {} }");
    for (size_t i = 0; i < spec_count(part); i++) {
        struct spec one = spec_at(part, i);
        const char *name = spec_domain_from_text(spec_key_at(part, i), model->arena);
        if (name == NULL)
            return spec_error(one, err, "\"%s\" is no domain name", spec_key_at(part, i));
        if (read(model, one, name, err) != 0)
            return -1;
    }
    return 0;
}

int policy_spec_parse(struct spec spec, struct arena *arena, struct policy_model **model_at,
                      struct err *err)
{
    const char *keys[POLICY_PART_COUNT + 1] = {NULL};
    struct policy_model *model = policy_model_new(arena);
    for (size_t i = 0; i < POLICY_PART_COUNT; i++)
        keys[i] = POLICY_PARTS[i].key;
    int result = spec_check_keys(spec, keys, err);
    for (size_t i = 0; result == 0 && i < POLICY_PART_COUNT; i++) {
        struct spec part;
        if (spec_get(spec, POLICY_PARTS[i].key, &part))
            result = policy_read_part(model, part, POLICY_PARTS[i].read, err);
    }
    if (result != 0)
        policy_model_release(&model);
    *model_at = model;
    return result;
}
