#include "mta-under-test/refmta/app/operations.h"

#include "mta-under-test/base/json_out.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/http/http_server.h"
#include "mta-under-test/refmta/metrics/exposition.h"

#include "mta-under-test/base/poison.h"

enum { PAGE_BYTES_MAX = 1 << 20, BODY_BYTES_MAX = 1024 };

struct operations {
    struct operations_options options;
    struct http_server *http;
    int64_t since_us;
};

static void add_event(void *arg, const char *event, uint64_t count)
{
    exposition_sample(arg, "refmta_events_total", "event", event, (double)count);
}

static void write_queue(struct buf *out, struct queue *queue)
{
    struct queue_figures figures;
    queue_figures(queue, &figures);
    exposition_one(out, "refmta_queue_messages", "gauge", "Messages in the queue.",
                   (double)figures.messages);
    exposition_family(out, "refmta_queue_deliveries", "gauge",
                      "Deliveries in the queue: a message for one destination.");
    exposition_sample(out, "refmta_queue_deliveries", "state", "waiting", (double)figures.waiting);
    exposition_sample(out, "refmta_queue_deliveries", "state", "ready", (double)figures.ready);
    exposition_sample(out, "refmta_queue_deliveries", "state", "held", (double)figures.held);
    exposition_one(out, "refmta_queue_destinations", "gauge", "Destinations that mail waits for.",
                   (double)figures.destinations);
    exposition_one(out, "refmta_queue_destinations_failing", "gauge",
                   "Destinations that could not be reached at the last attempt.",
                   (double)figures.failing);
    exposition_one(out, "refmta_spool_bytes", "gauge", "Size of the files of the queue.",
                   (double)figures.stored_bytes);
    exposition_one(out, "refmta_spool_live_bytes", "gauge",
                   "What of it belongs to messages that are not done.", (double)figures.live_bytes);
    exposition_one(out, "refmta_spool_failing", "gauge",
                   "1 while the disk takes nothing, so that mail is refused with 452.",
                   figures.trouble != NULL ? 1 : 0);
    exposition_one(out, "refmta_received_bytes_total", "counter", "Content that was accepted.",
                   (double)figures.received_bytes);
    exposition_histogram(out, "refmta_accept_seconds",
                         "From the end of the content until it is durable.", figures.accept_time);
    exposition_histogram(out, "refmta_delivery_seconds",
                         "From receipt to delivery, for each recipient.", figures.delivery_time);
}

static void write_metrics(const struct operations *operations, struct buf *out)
{
    const struct operations_options *options = &operations->options;
    exposition_family(out, "refmta_info", "gauge", "1, with the version as a label.");
    exposition_sample(out, "refmta_info", "version", MAILRANGE_VERSION, 1);
    exposition_one(out, "process_start_time_seconds", "gauge", "When it was started.",
                   (double)operations->since_us / 1e6);
    exposition_process(out);
    exposition_family(out, "refmta_confinement", "gauge",
                      "1 where the kernel keeps the server to what it needs: its calls (seccomp), "
                      "its files (landlock).");
    exposition_sample(out, "refmta_confinement", "of", "calls",
                      options->confinement->seccomp ? 1 : 0);
    exposition_sample(out, "refmta_confinement", "of", "files",
                      options->confinement->landlock > 0 ? 1 : 0);
    exposition_one(out, "refmta_sessions", "gauge", "Clients that are connected.",
                   (double)server_session_count(options->server));
    exposition_one(out, "refmta_sessions_total", "counter", "Clients that came.",
                   (double)server_session_total(options->server));
    exposition_one(out, "refmta_delivery_connections", "gauge", "Connections to other servers.",
                   (double)delivery_connection_count(options->delivery));
    write_queue(out, options->queue);
    exposition_family(out, "refmta_events_total", "counter",
                      "Lines of the log, by their event: delivered, deferred, failed, refused ...");
    log_each_event(options->log, add_event, out);
}

static void answer_metrics(const struct operations *operations, struct http_call *call)
{
    struct buf page;
    buf_init(&page, PAGE_BYTES_MAX);
    write_metrics(operations, &page);
    http_answer(call, 200, EXPOSITION_CONTENT_TYPE, buf_slice(&page));
    buf_deinit(&page);
}

static void answer_health(const struct operations *operations, struct http_call *call)
{
    struct queue_figures figures;
    struct json_out json;
    struct buf page;
    queue_figures(operations->options.queue, &figures);
    const char *reason = figures.trouble != NULL            ? figures.trouble
                         : *operations->options.is_stopping ? "the server is stopping"
                                                            : NULL;
    buf_init(&page, PAGE_BYTES_MAX);
    json_out_init(&json, &page);
    json_out_object(&json, NULL);
    json_out_text(&json, "status", reason == NULL ? "good" : "bad");
    if (figures.trouble != NULL)
        json_out_format(&json, "reason", "the spool takes nothing: %s", reason);
    else if (reason != NULL)
        json_out_text(&json, "reason", reason);
    json_out_int(&json, "messages", (int64_t)figures.messages);
    json_out_end(&json);
    buf_add_char(&page, '\n');
    http_answer(call, reason == NULL ? 200 : 503, "application/json", buf_slice(&page));
    buf_deinit(&page);
}

static void on_call(void *arg, struct http_call *call, const struct http_request *request)
{
    const struct operations *operations = arg;
    if (strcmp(request->path, "/metrics") == 0)
        answer_metrics(operations, call);
    else if (strcmp(request->path, "/health") == 0)
        answer_health(operations, call);
    else
        http_answer_error(call, 404, "there are /metrics and /health");
}

struct operations *operations_open(const struct operations_options *options, struct err *err)
{
    struct operations *operations = mem_alloc(sizeof *operations);
    struct http_server_options http = {
        .base = options->base,
        .endpoint = options->endpoint,
        .body_bytes_max = BODY_BYTES_MAX,
        .handle = on_call,
        .arg = operations,
    };
    operations->options = *options;
    operations->since_us = time_now_us();
    operations->http = http_server_open(&http, err);
    if (operations->http == NULL)
        operations_close(&operations);
    return operations;
}

void operations_close(struct operations **where)
{
    struct operations *operations = *where;
    *where = NULL;
    if (operations == NULL)
        return;
    http_server_close(&operations->http);
    free(operations);
}

uint16_t operations_port(const struct operations *operations)
{
    return http_server_port(operations->http);
}
