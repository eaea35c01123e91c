#include "mta-under-test/refmta/tlspolicy/sts_store.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/mailauth/sts/sts_record.h"

#include "mta-under-test/base/poison.h"

#define FAILURE_US (5 * TIME_MINUTE)
/* RFC 8461 3.3: a policy is renewed before it runs out; daily is what the RFC names. */
#define RENEWAL_US TIME_DAY

enum { DOMAINS_MAX = 10000, FILE_BYTES_MAX = STS_POLICY_BYTES_MAX + 256, RECORDS_MAX = 20 };

struct sts_store {
    char *folder;
    struct map entries; /* by domain */
};

/* What is known of a domain; at least one of the two: a policy, a failure. */
struct entry {
    struct arena arena; /* of the policy and its id */
    bool has_policy;
    struct sts_policy policy;
    struct sts_kept kept;
    int64_t failed_us; /* 0: no fetch failed */
    char failed_id[STS_ID_BYTES_MAX + 1];
    int64_t renewal_us; /* when it was last tried to renew it */
};

static void entry_free(void *value)
{
    struct entry *entry = value;
    if (entry != NULL)
        arena_deinit(&entry->arena);
    free(entry);
}

struct sts_store *sts_store_open(const char *folder)
{
    struct sts_store *store = mem_alloc(sizeof *store);
    store->folder = mem_text_copy(folder);
    map_init(&store->entries);
    return store;
}

void sts_store_close(struct sts_store **where)
{
    struct sts_store *store = *where;
    *where = NULL;
    if (store == NULL)
        return;
    map_deinit(&store->entries, entry_free);
    free(store->folder);
    free(store);
}

static char *path_of(const struct sts_store *store, const char *domain)
{
    return mem_text_format("%s/%s", store->folder, domain);
}

static const char *take_policy(struct entry *entry, struct slice id, int64_t fetched_us,
                               struct slice text)
{
    struct arena arena = {0};
    struct sts_policy policy;
    struct slice copy = arena_slice(&arena, text);
    const char *problem = sts_policy_parse(&arena, copy, &policy);
    if (problem != NULL) {
        arena_deinit(&arena);
        return problem;
    }
    struct sts_kept kept = {arena_slice(&arena, id), fetched_us, policy.max_age_s};
    arena_deinit(&entry->arena);
    entry->arena = arena;
    entry->policy = policy;
    entry->kept = kept;
    entry->has_policy = true;
    entry->failed_us = 0;
    return NULL;
}

/* A file has "ID MICROSECONDS", a line end, and the policy as it was fetched. One that is damaged
 * counts as none. */
static void read_file(const struct sts_store *store, const char *domain, struct entry *entry)
{
    struct buf bytes;
    struct err unused;
    char *path = path_of(store, domain);
    buf_init(&bytes, FILE_BYTES_MAX);
    if (file_read(path, &bytes, &unused) == 0) {
        struct slice rest = buf_slice(&bytes);
        struct slice line;
        struct slice id;
        int64_t fetched_us = 0;
        if (slice_split(&rest, '\n', &line) && slice_split(&line, ' ', &id) &&
            text_to_i64(line, &fetched_us) == 0 && id.len <= STS_ID_BYTES_MAX)
            (void)take_policy(entry, id, fetched_us, rest);
    }
    buf_deinit(&bytes);
    free(path);
}

static struct entry *entry_of(struct sts_store *store, const char *domain)
{
    struct entry *entry = map_get_text(&store->entries, domain);
    if (entry != NULL)
        return entry;
    if (store->entries.count >= DOMAINS_MAX)
        entry_free(map_remove(&store->entries, map_key_slice(map_first(&store->entries))));
    entry = mem_alloc(sizeof *entry);
    read_file(store, domain, entry);
    map_set_text(&store->entries, domain, entry);
    return entry;
}

/* The id of the one record; empty if there is none. */
static struct slice id_of(const struct slice *records, size_t count)
{
    struct dns_record list[RECORDS_MAX] = {0};
    struct sts_record record = {.id = {NULL, 0}};
    struct dns_answer answer = {.status = DNS_OK, .records = list};
    for (; answer.count < count && answer.count < RECORDS_MAX; answer.count++)
        list[answer.count].data = records[answer.count];
    if (sts_record_choose(&answer, &record) != NULL)
        return slice_from(NULL, 0);
    return record.id;
}

static bool failed_lately(const struct entry *entry, struct slice id, int64_t now_us)
{
    return entry->failed_us != 0 && now_us - entry->failed_us < FAILURE_US &&
           slice_is(id, entry->failed_id);
}

static bool wants_renewal(struct entry *entry, int64_t now_us)
{
    int64_t half_us = entry->kept.max_age_s * (TIME_SECOND / 2);
    int64_t after_us = half_us < RENEWAL_US ? half_us : RENEWAL_US;
    int64_t last_us =
        entry->renewal_us > entry->kept.fetched_us ? entry->renewal_us : entry->kept.fetched_us;
    if (now_us - entry->kept.fetched_us < after_us || now_us - last_us < FAILURE_US)
        return false;
    entry->renewal_us = now_us;
    return true;
}

struct sts_advice sts_store_decide(struct sts_store *store, const char *domain,
                                   const struct slice *records, size_t record_count, int64_t now_us)
{
    struct entry *entry = entry_of(store, domain);
    struct sts_advice advice = {.id = id_of(records, record_count)};
    bool is_fresh = sts_store_get(store, domain, now_us) != NULL;
    advice.action = sts_policy_decide(entry->has_policy ? &entry->kept : NULL, advice.id, now_us);
    if (advice.action == STS_FETCH && failed_lately(entry, advice.id, now_us))
        advice.action = is_fresh ? STS_USE_KEPT : STS_DO_NOTHING;
    else if (advice.action == STS_USE_KEPT && advice.id.len > 0 && wants_renewal(entry, now_us))
        advice.in_background = true;
    if (advice.in_background)
        advice.action = STS_FETCH;
    return advice;
}

const struct sts_policy *sts_store_get(struct sts_store *store, const char *domain, int64_t now_us)
{
    struct entry *entry = entry_of(store, domain);
    if (!entry->has_policy || !sts_policy_is_fresh(&entry->kept, now_us))
        return NULL;
    return &entry->policy;
}

static void write_file(const struct sts_store *store, const char *domain, const struct entry *entry,
                       struct slice text, struct err *err)
{
    struct buf bytes;
    char *path = path_of(store, domain);
    buf_init(&bytes, FILE_BYTES_MAX);
    buf_format(&bytes, "%.*s %lld\n", SLICE_ARG(entry->kept.id), (long long)entry->kept.fetched_us);
    buf_add_slice(&bytes, text);
    if (file_make_parents(path, err) == 0)
        (void)!file_write(path, buf_slice(&bytes), err);
    buf_deinit(&bytes);
    free(path);
}

const char *sts_store_put(struct sts_store *store, const char *domain, struct slice id,
                          struct slice text, int64_t now_us, struct err *err)
{
    struct entry *entry = entry_of(store, domain);
    const char *problem = take_policy(entry, id, now_us, text);
    if (problem != NULL)
        sts_store_note_failure(store, domain, id, now_us);
    else
        write_file(store, domain, entry, text, err);
    return problem;
}

void sts_store_note_failure(struct sts_store *store, const char *domain, struct slice id,
                            int64_t now_us)
{
    struct entry *entry = entry_of(store, domain);
    entry->failed_us = now_us;
    snprintf(entry->failed_id, sizeof entry->failed_id, "%.*s", SLICE_ARG(id));
}
