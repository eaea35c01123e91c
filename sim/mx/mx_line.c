#include "sim/mx/mx_line.h"

#include "mta-under-test/base/time_text.h"
#include "sim/net/net_filter.h"

#include "mta-under-test/base/poison.h"

enum { MX_LINE_SALT_BYTES = 512 };

static const struct net_condition *mx_line_condition(const struct mx_line *line, int64_t now_us)
{
    const struct mx_host *host = line->host;
    return net_conditions_now(host->network, host->network_count, &line->address, now_us,
                              now_us - line->start_us);
}

static int64_t mx_line_draw(struct mx_line *line, struct range range)
{
    uint64_t width = (uint64_t)(range.max - range.min);
    return range.min + (width > 0 ? (int64_t)rng_below(&line->rng, width + 1) : 0);
}

/* Where the kernel takes no filter, the line is a good one: said in the log of the world only. */
static void mx_line_filter(int fd, int64_t packet_bytes)
{
    struct err err = {0};
    if (net_filter_large(fd, packet_bytes, &err) != 0)
        fprintf(stderr, "mailrange: %s\n", err.text);
}

void mx_line_open(struct mx_line *line, const struct mx_host *host, const struct address *address,
                  int64_t start_us, int fd)
{
    *line = (struct mx_line){.host = host, .address = *address, .start_us = start_us};
    if (host->network_count == 0 && host->latency_us.max == host->latency_us.min)
        return;
    char salt[MX_LINE_SALT_BYTES];
    snprintf(salt, sizeof salt, "line %s %llu", host->name,
             (unsigned long long)host->session_count);
    rng_init_salted(&line->rng, host->rules.seed, salt);
    const struct net_condition *condition = mx_line_condition(line, time_now_us());
    if (condition != NULL && condition->kind == NET_BLACK_HOLE)
        mx_line_filter(fd, condition->packet_bytes);
}

int64_t mx_line_latency_us(struct mx_line *line)
{
    return mx_line_draw(line, line->host->latency_us);
}

bool mx_line_is_slow(const struct mx_line *line)
{
    const struct mx_host *host = line->host;
    return host->latency_us.max > 0 || host->bandwidth > 0 || host->network_count > 0;
}

static int64_t mx_line_stall_us(struct mx_line *line, const struct net_condition *condition)
{
    int64_t wait_us = 0;
    while (line->received_bytes - line->stalled_at_bytes >= condition->every_bytes) {
        line->stalled_at_bytes += condition->every_bytes;
        wait_us += mx_line_draw(line, condition->stop_us);
    }
    return wait_us;
}

enum mx_line_fate mx_line_carry(struct mx_line *line, size_t len, int64_t now_us, int64_t *wait_us)
{
    const struct mx_host *host = line->host;
    *wait_us = mx_line_latency_us(line);
    if (host->bandwidth > 0)
        *wait_us += (int64_t)len * TIME_SECOND / host->bandwidth;
    line->received_bytes += (int64_t)len;
    const struct net_condition *condition =
        host->network_count > 0 ? mx_line_condition(line, now_us) : NULL;
    if (condition == NULL)
        return MX_LINE_CARRIES;
    if (condition->kind == NET_STALLS)
        *wait_us += mx_line_stall_us(line, condition);
    if (line->received_bytes < condition->after_bytes)
        return MX_LINE_CARRIES;
    if (condition->kind == NET_RESETS)
        return MX_LINE_RESETS;
    return condition->kind == NET_VANISHES ? MX_LINE_VANISHES : MX_LINE_CARRIES;
}

void mx_line_cut(int fd)
{
    mx_line_filter(fd, 0);
}
