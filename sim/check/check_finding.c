#include "sim/check/check_judge.h"

#include "mta-under-test/base/map.h"
#include "sim/scenario/model/scenario_model.h"

#include "mta-under-test/base/poison.h"

enum {
    FINDINGS_MAX = 200,
    /* So often one address is tried in one round (TLS, then clear text) before it is hammering. */
    TRIES_OF_ADDRESS_MAX = 3,
};

void check_report_add_finding(struct check_report *report, const struct check_finding *finding)
{
    if (report->finding_count == 0)
        report->findings =
            arena_alloc_array(&report->arena, FINDINGS_MAX, sizeof report->findings[0]);
    if (report->finding_count < FINDINGS_MAX)
        report->findings[report->finding_count++] = *finding;
}

static struct check_finding finding_of(const char *level, const char *what, const char *text)
{
    return (struct check_finding){level, what, text, "", "", -1, -1, 1};
}

/* A scenario that counts what a host accepts knows of mail that none of its messages explains. */
static bool is_counted(const struct scenario *s, const struct check_incident *incident)
{
    for (size_t i = 0; incident->host != NULL && s->checks != NULL && i < s->checks->count; i++) {
        const struct check_expectation *e = &s->checks->items[i];
        if (e->host != NULL && e->count_given[CHECK_ACCEPTED] &&
            pattern_matches(e->host, slice_of(incident->host)))
            return true;
    }
    return false;
}

/* Those of one kind are told once, with their number. */
static void add_incidents(struct check_report *report, const struct check_incidents *incidents,
                          const char *unless_level)
{
    struct map seen = {0};
    for (size_t i = 0; i < incidents->count; i++) {
        const struct check_incident *incident = &incidents->items[i];
        if (strcmp(incident->level, unless_level) == 0 || is_counted(report->scenario, incident))
            continue;
        const char *key =
            arena_format(&report->arena, "%s\n%s", incident->what,
                         incidents == &report->history->protocol ? "" : incident->text);
        struct check_finding *known = map_get_text(&seen, key);
        if (known != NULL) {
            known->count++;
            continue;
        }
        struct check_finding finding = finding_of(incident->level, incident->what, incident->text);
        finding.rfc = incident->rfc;
        finding.session = incident->moment.session;
        finding.at_us = incident->moment.at_us;
        finding.seq = incident->moment.seq;
        check_report_add_finding(report, &finding);
        if (report->finding_count < FINDINGS_MAX)
            map_set_text(&seen, key, &report->findings[report->finding_count - 1]);
    }
    map_deinit(&seen, NULL);
}

static void add_duplicates(struct check_report *report)
{
    const struct check_history *h = report->history;
    for (size_t i = 0; i < h->delivery_count; i++) {
        const struct check_delivery *d = h->deliveries[i];
        for (size_t k = 1; k < d->copy_count; k++) {
            const char *why = check_copy_explanation(h, d, k);
            if (why == NULL)
                continue;
            struct check_finding finding =
                finding_of("info", "explained-duplicate",
                           arena_format(&report->arena, "%s got %s a second time: %s", d->to,
                                        d->message, why));
            finding.rfc = "RFC 5321 4.5.4.1, RFC 1047";
            finding.session = d->copies[k].session;
            finding.at_us = d->copies[k].at_us;
            finding.seq = d->copies[k].seq;
            check_report_add_finding(report, &finding);
        }
    }
}

static bool rule_fired(const struct check_history *h, const struct scenario_rule *rule)
{
    for (size_t i = 0; i < h->rule_count; i++) {
        if ((rule->host == NULL || strcmp(h->rules[i]->host, rule->host) == 0) &&
            strcmp(h->rules[i]->name, rule->rule) == 0)
            return true;
    }
    return false;
}

/* A rule that guards: the scenario says itself that it may never fire. */
static bool rule_may_be_silent(const struct scenario *s, const struct scenario_rule *rule)
{
    for (size_t i = 0; s->checks != NULL && i < s->checks->count; i++) {
        const struct check_expectation *e = &s->checks->items[i];
        if (e->rule != NULL &&
            (rule->host == NULL || pattern_matches(e->host, slice_of(rule->host))) &&
            pattern_matches(e->rule, slice_of(rule->rule)) && range_holds(e->fired, 0))
            return true;
    }
    return false;
}

static void add_silent_rules(struct check_report *report)
{
    const struct scenario *s = report->scenario;
    for (size_t i = 0; i < s->rule_count; i++) {
        if (rule_fired(report->history, &s->rules[i]) || rule_may_be_silent(s, &s->rules[i]))
            continue;
        struct check_finding finding = finding_of(
            "should", "silent-rule",
            arena_format(&report->arena, "rule \"%s\" of %s%s never fired (%s)", s->rules[i].rule,
                         s->rules[i].host != NULL ? "" : "profile ",
                         s->rules[i].host != NULL ? s->rules[i].host : s->rules[i].profile,
                         s->rules[i].place));
        check_report_add_finding(report, &finding);
    }
}

static void add_silent_hosts(struct check_report *report)
{
    const struct scenario *s = report->scenario;
    const struct check_history *h = report->history;
    for (size_t i = 0; i < s->host_count; i++) {
        size_t k = 0;
        while (k < h->host_count && strcmp(h->hosts[k]->name, s->host_names[i]) != 0)
            k++;
        if (k < h->host_count)
            continue;
        struct check_finding finding =
            finding_of("info", "silent-host",
                       arena_format(&report->arena, "nobody connected to %s", s->host_names[i]));
        check_report_add_finding(report, &finding);
    }
}

/* How often the address of attempt `i` was tried in its round so far. Sessions that nobody can
 * tell whom they were for are left out: many messages may share a destination's limits. */
static size_t tries_in_round(const struct check_delivery *d, size_t i)
{
    size_t tries = d->attempts[i].shared ? 0 : 1;
    for (size_t k = i; k > 0 && !d->attempts[k].first_of_round; k--) {
        if (!d->attempts[k - 1].shared &&
            strcmp(d->attempts[k - 1].server, d->attempts[i].server) == 0)
            tries++;
    }
    return tries;
}

static const struct check_attempt *find_hammering(const struct check_delivery *d)
{
    for (size_t k = 0; k < d->attempt_count; k++) {
        if (tries_in_round(d, k) > TRIES_OF_ADDRESS_MAX)
            return &d->attempts[k];
    }
    return NULL;
}

/* RFC 5321 4.5.4.1: a client MUST delay retrying a destination after an attempt has failed. */
static void add_hammering(struct check_report *report)
{
    const struct check_history *h = report->history;
    struct check_finding finding = finding_of("should", "hammering", "");
    finding.rfc = "RFC 5321 4.5.4.1";
    finding.count = 0;
    for (size_t i = 0; i < h->delivery_count; i++) {
        const struct check_attempt *attempt = find_hammering(h->deliveries[i]);
        if (attempt == NULL || finding.count++ > 0)
            continue;
        finding.text = arena_format(
            &report->arena, "%s was tried at %s (%s) more than %d times without a pause",
            h->deliveries[i]->to, attempt->host, attempt->server, TRIES_OF_ADDRESS_MAX);
        finding.session = attempt->session;
        finding.at_us = attempt->at_us;
        finding.seq = attempt->seq;
    }
    if (finding.count > 0)
        check_report_add_finding(report, &finding);
}

static void add_from_scenario(struct check_report *report)
{
    const struct scenario *s = report->scenario;
    for (size_t i = 0; i < s->finding_count; i++) {
        struct check_finding finding = finding_of(
            "info", "scenario",
            arena_format(&report->arena, "%s: %s", s->findings[i].place, s->findings[i].text));
        check_report_add_finding(report, &finding);
    }
}

void check_judge_findings(struct check_report *report)
{
    if (strcmp(report->history->reason, "command-failed") == 0) {
        const struct check_finding ended =
            finding_of("note", "command-failed", report->history->detail);
        check_report_add_finding(report, &ended);
    }
    add_incidents(report, &report->history->protocol, "must");
    add_incidents(report, &report->history->wrong_bounces, "must");
    add_incidents(report, &report->history->orders, "");
    add_incidents(report, &report->history->unasked, "");
    add_duplicates(report);
    add_hammering(report);
    add_silent_rules(report);
    add_silent_hosts(report);
    add_from_scenario(report);
}
