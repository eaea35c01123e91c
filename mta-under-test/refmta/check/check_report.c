#include "mta-under-test/mailauth/dmarc/dmarc_report.h"
#include "mta-under-test/refmta/check/check_private.h"

#include "mta-under-test/base/poison.h"

/* RFC 7489 7.2.1.1: so begins the subject of a report. */
static bool is_report(const struct message *message)
{
    const struct message_field *subject = message_find(message, "Subject");
    return subject != NULL &&
           slice_starts_with_nocase(slice_trim(subject->value), SLICE("Report Domain:"));
}

/* The part behind the last "@", or all of it. */
static struct slice domain_of(struct slice address)
{
    size_t at = slice_find_last(address, '@');
    return at == SIZE_MAX ? address : slice_skip(address, at + 1);
}

static void add_dkim(const struct check *check, struct arena *arena, struct dmarc_report_row *row)
{
    const struct dkim_outcomes *dkim = &check->outcome.dkim;
    size_t count = dkim->count < DMARC_REPORT_RESULTS_MAX ? dkim->count : DMARC_REPORT_RESULTS_MAX;
    row->dkim_results = arena_alloc_array(arena, count + 1, sizeof *row->dkim_results);
    for (size_t i = 0; i < count; i++) {
        const struct dkim_outcome *one = &dkim->list[i];
        if (one->signature.domain.len > 0)
            row->dkim_results[row->dkim_count++] = (struct dmarc_report_result){
                .domain = one->signature.domain,
                .selector = one->signature.selector,
                .result = slice_of(dkim_result_name(one->result)),
            };
    }
}

static void add_spf(const struct check *check, struct arena *arena, struct dmarc_report_row *row)
{
    const struct spf_outcome *spf = &check->outcome.spf;
    row->spf_results = arena_alloc(arena, sizeof *row->spf_results);
    row->spf_count = 1;
    row->spf_results[0] = (struct dmarc_report_result){
        .domain = spf->domain.len > 0 ? spf->domain : domain_of(spf->sender),
        .scope = spf->identity == SPF_IDENTITY_HELO ? SLICE("helo") : SLICE("mfrom"),
        .result = slice_of(spf_result_name(spf->result)),
    };
}

static struct slice alignment(bool is_strict)
{
    return is_strict ? SLICE("s") : SLICE("r");
}

static void add_policy(const struct dmarc_discovery *found, struct arena *arena,
                       struct dmarc_report *report)
{
    const struct dmarc_record *record = &found->record;
    report->domain = found->record_domain;
    report->adkim = alignment(record->is_strict_dkim);
    report->aspf = alignment(record->is_strict_spf);
    report->p = slice_of(dmarc_policy_name(record->policy));
    report->sp = slice_of(dmarc_policy_name(record->subdomain_policy));
    report->pct = slice_of(arena_format(arena, "%u", record->percent));
}

/* Why something else was done than the policy asks for. */
static void add_reason(const struct dmarc_outcome *dmarc, const char *done, struct arena *arena,
                       struct dmarc_report_row *row)
{
    bool as_asked = strcmp(done, dmarc_policy_name(dmarc->disposition)) == 0;
    if (dmarc->result == DMARC_RESULT_PASS || (as_asked && !dmarc->is_sampled_out))
        return;
    row->reasons = arena_alloc_array(arena, 1, sizeof *row->reasons);
    row->reasons[0].type = as_asked ? SLICE("sampled_out") : SLICE("local_policy");
    row->reason_count = 1;
}

bool check_dmarc_report(const struct check *check, const char *done, struct arena *arena,
                        struct dmarc_report *report)
{
    const struct dmarc_outcome *dmarc = &check->outcome.dmarc;
    bool judged = dmarc->result == DMARC_RESULT_PASS || dmarc->result == DMARC_RESULT_FAIL;
    if (!judged || dmarc->discovery.status != DMARC_FOUND ||
        dmarc->discovery.record.aggregate_count == 0 || is_report(&check->message))
        return false;
    bool passed = dmarc->result == DMARC_RESULT_PASS;
    struct dmarc_report_row *row = arena_alloc(arena, sizeof *row);
    *row = (struct dmarc_report_row){
        .source_ip = slice_of(check->request.client),
        .count = 1,
        .disposition = slice_of(passed ? "none" : done),
        .dkim = dmarc->is_dkim_aligned ? SLICE("pass") : SLICE("fail"),
        .spf = dmarc->is_spf_aligned ? SLICE("pass") : SLICE("fail"),
        .header_from = dmarc->domain,
        .envelope_from = domain_of(slice_of(check->request.sender)),
    };
    add_reason(dmarc, done, arena, row);
    add_dkim(check, arena, row);
    add_spf(check, arena, row);
    *report = (struct dmarc_report){.count = 1, .rows = row};
    add_policy(&dmarc->discovery, arena, report);
    return true;
}
