/* The file "memory" of the spool: a line each, "site KEY LINE" (shaping_memory.h) or "tls ADDRESS
 * WHEN", with tabs between them. It is advice: one that is lost or damaged costs a refusal more. */
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"
#include "mta-under-test/refmta/shaping/shaping_memory.h"

#include "mta-under-test/base/poison.h"

/* How long a failed handshake is remembered, and for how many hosts. */
#define TLS_MEMORY_US TIME_HOUR

enum {
    TLS_MEMORY_MAX = 10000,
    FILE_BYTES_MAX = 16 << 20,
    LINE_BYTES_MAX = 4096,
    WRITE_SECONDS = 2
};

struct broken_tls {
    int64_t since_us; /* by the wall clock */
};

static struct shaping_now now(void)
{
    return (struct shaping_now){time_monotonic_us(), time_now_us()};
}

static char *path_of(const struct delivery *delivery)
{
    return mem_text_format("%s/memory", delivery->options.config->spool);
}

bool delivery_tls_is_broken(struct delivery *delivery, const struct ip_address *address)
{
    char ip[IP_TEXT_BYTES];
    const char *key = ip_address_to_text(address, ip);
    const struct broken_tls *broken = map_get_text(&delivery->broken_tls, key);
    int64_t age_us = broken != NULL ? time_now_us() - broken->since_us : INT64_MAX;
    if (broken != NULL && (age_us >= TLS_MEMORY_US || age_us < 0))
        free(map_remove(&delivery->broken_tls, slice_of(key)));
    return age_us >= 0 && age_us < TLS_MEMORY_US;
}

static void keep_broken(struct delivery *delivery, const char *address, int64_t since_us)
{
    if (delivery->broken_tls.count >= TLS_MEMORY_MAX) {
        struct map_entry *oldest = map_first(&delivery->broken_tls);
        free(map_remove(&delivery->broken_tls, map_key_slice(oldest)));
    }
    struct broken_tls *broken = mem_alloc(sizeof *broken);
    broken->since_us = since_us;
    free(map_set_text(&delivery->broken_tls, address, broken));
}

void delivery_tls_note_broken(struct delivery *delivery, const struct ip_address *address)
{
    char ip[IP_TEXT_BYTES];
    keep_broken(delivery, ip_address_to_text(address, ip), time_now_us());
    delivery_memory_changed(delivery);
}

static void write_all(const struct delivery *delivery, struct buf *out)
{
    for (struct map_entry *at = map_first(&delivery->sites); at != NULL; at = map_next(at)) {
        const struct delivery_site *site = map_value(at);
        struct buf line;
        buf_init(&line, LINE_BYTES_MAX);
        if (shaping_memory_write(&site->state, now(), &line))
            buf_format(out, "site\t%s\t%s\n", site->key, buf_text(&line));
        buf_deinit(&line);
    }
    for (struct map_entry *at = map_first(&delivery->remembered); at != NULL; at = map_next(at))
        if (shaping_memory_holds(slice_of(map_value(at)), time_now_us()))
            buf_format(out, "site\t%s\t%s\n", map_key(at), (const char *)map_value(at));
    for (struct map_entry *at = map_first(&delivery->broken_tls); at != NULL; at = map_next(at)) {
        const struct broken_tls *broken = map_value(at);
        buf_format(out, "tls\t%s\t%lld\n", map_key(at), (long long)broken->since_us);
    }
}

static void save(struct delivery *delivery)
{
    struct err err;
    struct buf text;
    char *path = path_of(delivery);
    buf_init(&text, FILE_BYTES_MAX);
    write_all(delivery, &text);
    if (file_write(path, buf_slice(&text), &err) != 0)
        log_text(delivery->options.log, "memory-not-kept", "%s", err.text);
    buf_deinit(&text);
    free(path);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    save(arg);
}

void delivery_memory_changed(struct delivery *delivery)
{
    static const struct timeval SOON = {.tv_sec = WRITE_SECONDS};
    if (!event_pending(delivery->memory_timer, EV_TIMEOUT, NULL))
        event_add(delivery->memory_timer, &SOON);
}

static void take_line(struct delivery *delivery, struct slice line)
{
    struct slice kind;
    struct slice key;
    int64_t since_us = 0;
    if (!slice_split(&line, '\t', &kind) || !slice_split(&line, '\t', &key))
        return;
    char *name = mem_text_copy_n(key.data, key.len);
    if (slice_is(kind, "site") && shaping_memory_holds(line, time_now_us()))
        free(map_set_text(&delivery->remembered, name, mem_text_copy_n(line.data, line.len)));
    else if (slice_is(kind, "tls") && text_to_i64(line, &since_us) == 0)
        keep_broken(delivery, name, since_us);
    free(name);
}

void delivery_memory_open(struct delivery *delivery)
{
    struct err err;
    struct buf text;
    struct slice line;
    char *path = path_of(delivery);
    map_init(&delivery->remembered);
    delivery->memory_timer = event_new(delivery->options.base, -1, 0, on_timer, delivery);
    buf_init(&text, FILE_BYTES_MAX);
    if (file_exists(path) && file_read(path, &text, &err) != 0)
        log_text(delivery->options.log, "memory-not-read", "%s", err.text);
    struct slice rest = buf_slice(&text);
    while (rest.len > 0 && slice_split(&rest, '\n', &line))
        take_line(delivery, line);
    buf_deinit(&text);
    free(path);
}

void delivery_memory_close(struct delivery *delivery)
{
    if (event_pending(delivery->memory_timer, EV_TIMEOUT, NULL))
        save(delivery);
    event_free(delivery->memory_timer);
    map_deinit(&delivery->remembered, free);
}

void delivery_memory_restore(struct delivery_site *site)
{
    char *line = map_remove(&site->delivery->remembered, slice_of(site->key));
    if (line == NULL)
        return;
    shaping_memory_read(&site->state, site->delivery->options.config->shaping_rules, slice_of(line),
                        now());
    free(line);
}

void delivery_memory_renew(struct delivery *delivery)
{
    for (struct map_entry *at; (at = map_first(&delivery->sites)) != NULL;) {
        struct delivery_site *site = map_value(at);
        struct buf line;
        buf_init(&line, LINE_BYTES_MAX);
        if (shaping_memory_write(&site->state, now(), &line) && !buf_overflowed(&line))
            free(map_set_text(&delivery->remembered, site->key, buf_take(&line)));
        buf_deinit(&line);
        map_remove(&delivery->sites, slice_of(site->key));
        site->is_outdated = true;
        if (site->lane_count == 0)
            delivery_site_free(site);
    }
}
