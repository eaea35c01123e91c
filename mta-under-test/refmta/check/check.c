#include "mta-under-test/refmta/check/check.h"

#include <assert.h>

#include "mta-under-test/mailauth/authres/authres.h"
#include "mta-under-test/refmta/check/check_private.h"

#include "mta-under-test/base/poison.h"

enum { FIELD_BYTES_MAX = 16384, KEYS_MAX = 100 };

/* The types that are asked for, with their numbers in DNS. */
static const struct {
    enum dns_type type;
    unsigned number;
} TYPES[] = {{DNS_TYPE_A, 1},    {DNS_TYPE_PTR, 12},  {DNS_TYPE_MX, 15},
             {DNS_TYPE_TXT, 16}, {DNS_TYPE_AAAA, 28}, {DNS_TYPE_TLSA, 52}};

enum { TYPE_COUNT = sizeof TYPES / sizeof TYPES[0] };

struct check *check_new(const struct check_request *request)
{
    struct check *check = mem_alloc(sizeof *check);
    assert(request->zone_count <= CHECK_ZONES_MAX);
    check->request = *request;
    check->helo = "none";
    dns_cache_init(&check->cache);
    dkim_key_cache_init(&check->keys, KEYS_MAX);
    check->auth = (struct auth_request){
        .helo = slice_of(request->helo),
        .mail_from = slice_of(request->sender),
        .receiver = slice_of(request->hostname),
        .now_us = request->now_us,
        .seed = request->seed,
    };
    if (!ip_parse(slice_of(request->client), &check->auth.ip) ||
        (request->content.data != NULL &&
         !check_add_content(check, request->content, request->now_us, request->seed)))
        check_free(&check);
    return check;
}

bool check_add_content(struct check *check, struct slice content, int64_t now_us, uint64_t seed)
{
    if (!message_parse(&check->arena, content, &check->message))
        return false;
    check->auth.message = &check->message;
    check->auth.now_us = now_us;
    check->auth.seed = seed;
    return true;
}

void check_free(struct check **where)
{
    struct check *check = *where;
    *where = NULL;
    if (check == NULL)
        return;
    dns_cache_deinit(&check->cache);
    dkim_key_cache_deinit(&check->keys);
    arena_deinit(&check->arena);
    free(check);
}

/* Whether the name that the client gives itself is one, and has its address. */
static bool run_helo(struct check *check, const struct dns_resolver *resolver)
{
    const struct ip_address *ip = &check->auth.ip;
    if (check->request.helo[0] == '[') {
        check->helo = "literal";
        return true;
    }
    const struct dns_answer *answer =
        dns_lookup(resolver, ip->is_v6 ? DNS_TYPE_AAAA : DNS_TYPE_A, slice_of(check->request.helo));
    if (answer->status == DNS_PENDING)
        return false;
    check->helo = answer->status == DNS_NXDOMAIN          ? "unknown"
                  : answer->status == DNS_OK              ? "differs"
                  : dns_status_is_failure(answer->status) ? "temperror"
                                                          : "no-address";
    for (size_t i = 0; answer->status == DNS_OK && i < answer->count; i++)
        if (memcmp(answer->records[i].address, ip->bytes, ip->is_v6 ? 16 : 4) == 0)
            check->helo = "pass";
    return true;
}

/* All are asked at once, so that their look-ups run side by side. */
bool check_run(struct check *check)
{
    struct dns_resolver resolver = dns_cache_resolver(&check->cache);
    if (check->domain != NULL)
        return check_run_targets(check, &resolver);
    bool done = run_helo(check, &resolver);
    iprev_check(&check->auth.ip, &resolver, NULL, &check->iprev);
    if (check->iprev.result == IPREV_PENDING)
        done = false;
    for (size_t i = 0; i < check->request.zone_count; i++) {
        char name[DNSBL_NAME_BYTES];
        dnsbl_ip_name(&check->auth.ip, slice_of(check->request.zones[i]), name);
        dnsbl_check(name, &resolver, NULL, &check->lists[i]);
        if (check->lists[i].status == DNSBL_PENDING)
            done = false;
    }
    auth_check(&check->auth, &resolver, &check->keys, &check->arena, NULL, &check->outcome);
    return done && !check->outcome.is_pending;
}

bool check_next_question(struct check *check, struct check_question *question)
{
    enum dns_type type;
    struct slice name;
    if (!dns_cache_next_question(&check->cache, &type, &name))
        return false;
    question->name = arena_text_of(&check->arena, name);
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (TYPES[i].type == type)
            question->type = TYPES[i].number;
    return true;
}

static enum dns_type type_of(unsigned number)
{
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (TYPES[i].number == number)
            return TYPES[i].type;
    return DNS_TYPE_A;
}

void check_answer(struct check *check, const struct check_question *question,
                  enum check_status status, const struct check_record *records, size_t count)
{
    static const enum dns_status STATUS[] = {[CHECK_FOUND] = DNS_OK,
                                             [CHECK_NO_DATA] = DNS_NODATA,
                                             [CHECK_NO_NAME] = DNS_NXDOMAIN,
                                             [CHECK_FAILED] = DNS_SERVFAIL};
    struct dns_record copies[CHECK_RECORDS_MAX];
    enum dns_type type = type_of(question->type);
    if (count > CHECK_RECORDS_MAX)
        count = CHECK_RECORDS_MAX;
    memset(copies, 0, count * sizeof copies[0]);
    for (size_t i = 0; i < count; i++) {
        copies[i].preference = records[i].preference;
        copies[i].data = records[i].host != NULL ? slice_of(records[i].host) : records[i].text;
        if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA)
            memcpy(copies[i].address, records[i].address, type == DNS_TYPE_A ? 4 : 16);
    }
    struct dns_answer answer = {.status = STATUS[status], .count = count, .records = copies};
    (void)dns_cache_put(&check->cache, type, slice_of(question->name), &answer);
}

const char *check_iprev(const struct check *check)
{
    return iprev_result_name(check->iprev.result);
}

const char *check_helo(const struct check *check)
{
    return check->helo;
}

const char *check_dnsbl(const struct check *check, size_t zone)
{
    return dnsbl_status_name(check->lists[zone].status);
}

const char *check_spf(const struct check *check)
{
    return spf_result_name(check->outcome.spf.result);
}

/* One signature that holds is enough; else the first one speaks. */
const char *check_dkim(const struct check *check)
{
    const struct dkim_outcomes *dkim = &check->outcome.dkim;
    for (size_t i = 0; i < dkim->count; i++)
        if (dkim->list[i].result == DKIM_RESULT_PASS)
            return "pass";
    return dkim->count > 0 ? dkim_result_name(dkim->list[0].result) : "none";
}

const char *check_arc(const struct check *check)
{
    return arc_status_name(check->outcome.arc.status);
}

const char *check_dmarc(const struct check *check)
{
    const struct dmarc_outcome *dmarc = &check->outcome.dmarc;
    if (dmarc->result != DMARC_RESULT_FAIL)
        return dmarc_result_name(dmarc->result);
    const char *asked = dmarc_policy_name(dmarc->disposition);
    return strcmp(asked, "none") == 0 ? "monitor" : asked;
}

void check_write(const struct check *check, struct buf *out, struct slice fields)
{
    char ip[IP_TEXT_BYTES];
    struct arena arena = {0};
    struct buf field;
    buf_init(&field, FIELD_BYTES_MAX);
    auth_check_write(&check->auth, &check->outcome, &arena, &field);
    /* iprev has no part of its own there, and stands behind the others (RFC 8601 2.7.3). */
    buf_truncate(&field, field.len - 2);
    buf_format(&field, ";\r\n\tiprev=%s policy.iprev=", check_iprev(check));
    ip_to_text(&check->auth.ip, ip);
    buf_format(&field, check->auth.ip.is_v6 ? "\"%s\"\r\n" : "%s\r\n", ip);
    buf_add_slice(out, buf_slice(&field));
    buf_add_slice(out, fields);
    (void)authres_remove_forged(&check->message, check->auth.receiver, CHECK_POLICY_FIELD, out);
    buf_deinit(&field);
    arena_deinit(&arena);
}
