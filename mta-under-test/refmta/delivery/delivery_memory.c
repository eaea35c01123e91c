/* The file "memory" of the spool: a line each, "site KEY LINE" (shaping_memory.h), or what an
 * address did wrong as "FAULT ADDRESS WHEN" (FAULTS), with tabs between them. It is
 * advice: one that is lost or damaged costs a refusal more. */
#include "mta-under-test/base/file.h"
#include "mta-under-test/base/text.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/delivery/lane.h"
#include "mta-under-test/refmta/shaping/shaping_memory.h"

#include "mta-under-test/base/poison.h"

enum {
    ADDRESS_FAULTS_MAX = 10000,
    ADDRESS_KEY_BYTES = 16 + IP_TEXT_BYTES,
    FILE_BYTES_MAX = 16 << 20,
    LINE_BYTES_MAX = 4096,
    WRITE_SECONDS = 2
};

/* How a line of the file begins, and how long a fault counts. Who swallowed a message is asked last
 * for a day, since the next attempts are hours apart. */
static const struct {
    const char *name;
    int64_t life_us;
} FAULTS[] = {
    [ADDRESS_BREAKS_TLS] = {"tls", TIME_HOUR},
    [ADDRESS_SWALLOWS_MESSAGES] = {"swallows", TIME_DAY},
    [ADDRESS_KNOWS_NO_BDAT] = {"no-bdat", TIME_DAY},
};

struct fault_memory {
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

static const char *fault_key(enum address_fault fault, const char *address,
                             char key[static ADDRESS_KEY_BYTES])
{
    snprintf(key, ADDRESS_KEY_BYTES, "%s\t%s", FAULTS[fault].name, address);
    return key;
}

static void keep_fault(struct delivery *delivery, enum address_fault fault, const char *address,
                       int64_t since_us)
{
    char key[ADDRESS_KEY_BYTES];
    if (delivery->address_faults.count >= ADDRESS_FAULTS_MAX) {
        struct map_entry *oldest = map_first(&delivery->address_faults);
        free(map_remove(&delivery->address_faults, map_key_slice(oldest)));
    }
    struct fault_memory *memory = mem_alloc(sizeof *memory);
    memory->since_us = since_us;
    free(map_set_text(&delivery->address_faults, fault_key(fault, address, key), memory));
}

bool delivery_address_has(struct delivery *delivery, const struct ip_address *address,
                          enum address_fault fault)
{
    char ip[IP_TEXT_BYTES];
    char key[ADDRESS_KEY_BYTES];
    const struct fault_memory *memory = map_get_text(
        &delivery->address_faults, fault_key(fault, ip_address_to_text(address, ip), key));
    if (memory == NULL)
        return false;
    int64_t age_us = time_now_us() - memory->since_us;
    if (age_us >= 0 && age_us < FAULTS[fault].life_us)
        return true;
    free(map_remove(&delivery->address_faults, slice_of(key)));
    return false;
}

void delivery_address_note(struct delivery *delivery, const struct ip_address *address,
                           enum address_fault fault)
{
    char ip[IP_TEXT_BYTES];
    keep_fault(delivery, fault, ip_address_to_text(address, ip), time_now_us());
    delivery_memory_changed(delivery);
}

void delivery_address_clear(struct delivery *delivery, const struct ip_address *address,
                            enum address_fault fault)
{
    char ip[IP_TEXT_BYTES];
    char key[ADDRESS_KEY_BYTES];
    struct fault_memory *memory =
        map_remove(&delivery->address_faults,
                   slice_of(fault_key(fault, ip_address_to_text(address, ip), key)));
    if (memory != NULL)
        delivery_memory_changed(delivery);
    free(memory);
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
    for (struct map_entry *at = map_first(&delivery->address_faults); at != NULL;
         at = map_next(at)) {
        const struct fault_memory *memory = map_value(at);
        buf_format(out, "%s\t%lld\n", map_key(at), (long long)memory->since_us);
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
    for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++)
        if (slice_is(kind, FAULTS[i].name) && text_to_i64(line, &since_us) == 0)
            keep_fault(delivery, (enum address_fault)i, name, since_us);
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
