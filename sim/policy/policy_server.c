#include "sim/policy/policy_server.h"

#include "mta-under-test/base/time_text.h"
#include "sim/policy/policy_answer.h"
#include "sim/policy/policy_report.h"
#include "sim/policy/policy_webhook.h"

#include "mta-under-test/base/poison.h"

enum { POLICY_PATH_BYTES_MAX = 1000 };

struct policy_server {
    struct policy_model *model;
    struct event_log *log;
    struct policy_server_options options;
    struct http_server *http;
};

/* ---- which host, and how it is */

static struct policy_host *policy_server_host(const struct policy_server *server,
                                              const struct http_peer *peer)
{
    if (server->options.only_host != NULL)
        return policy_model_find_host(server->model, server->options.only_host);
    return policy_model_find_address(server->model, &peer->server);
}

static struct policy_fault policy_server_fault(const struct policy_server *server,
                                               const struct policy_host *host)
{
    int64_t now_us = time_now_us();
    return policy_faults_now(host->faults, host->fault_count, now_us,
                             now_us - server->options.start_us);
}

/* The host's TLS context, made at its first connection. */
static SSL_CTX *policy_server_tls(const struct policy_server *server, struct policy_host *host)
{
    struct err err;
    const struct tls_identity_wish wish = {
        .kind = host->identity, .host_name = host->name, .now_us = time_now_us()};
    if (host->context != NULL || server->options.authority == NULL)
        return host->context;
    struct tls_identity *identity = tls_identity_make(server->options.authority, &wish, &err);
    if (identity != NULL)
        host->context = tls_context_make(server->options.authority, identity, &host->tls, &err);
    tls_identity_free(&identity);
    return host->context;
}

/* ---- events */

/* What is told of a request, or of a connection without one. */
struct policy_request_facts {
    const struct policy_host *host; /* NULL if no host has the address */
    const struct http_peer *peer;
    const struct http_request *request; /* NULL if there was none */
    struct policy_outcome outcome;
    const char *error;
};

static void policy_log_request(const struct policy_server *server,
                               const struct policy_request_facts *facts)
{
    char client[ADDRESS_TEXT_BYTES];
    struct arena arena = {0};
    if (server->log == NULL)
        return;
    struct policy_fault fault = {.kind = POLICY_FAULT_NONE};
    if (facts->host != NULL)
        fault = policy_server_fault(server, facts->host);
    struct slice method = facts->request != NULL ? facts->request->method : SLICE("");
    struct slice path = facts->request != NULL ? facts->request->path : SLICE("");
    struct json_out *event = event_begin(server->log, "policy", "request", NULL);
    json_out_text(event, "host", facts->host != NULL ? facts->host->name : "");
    json_out_text(event, "client", address_to_text(&facts->peer->client, client));
    json_out_slice(event, "method", method);
    json_out_slice(event, "path", slice_first(path, POLICY_PATH_BYTES_MAX));
    json_out_int(event, "status", facts->outcome.status);
    json_out_int(event, "bytes", (int64_t)facts->outcome.bytes);
    json_out_text(event, "fault",
                  fault.kind != POLICY_FAULT_NONE ? policy_fault_text(&fault, &arena) : "");
    json_out_text(event, "error", facts->error);
    if (facts->outcome.sts_mode != NULL) {
        json_out_text(event, "mode", facts->outcome.sts_mode);
        json_out_int(event, "max-age", facts->outcome.sts_max_age_s);
    }
    event_end(server->log);
    arena_deinit(&arena);
}

static void policy_log_unsubscribe(const struct policy_server *server,
                                   const struct policy_host *host,
                                   const struct http_request *request)
{
    if (server->log == NULL)
        return;
    struct json_out *event = event_begin(server->log, "policy", "unsubscribe", NULL);
    json_out_text(event, "host", host->name);
    json_out_slice(event, "target", slice_first(request->target, POLICY_PATH_BYTES_MAX));
    event_end(server->log);
}

/* ---- what the HTTP server asks */

static enum http_opening policy_server_on_open(void *context, const struct http_peer *peer,
                                               SSL_CTX **tls)
{
    const struct policy_server *server = context;
    struct policy_host *host = policy_server_host(server, peer);
    enum http_opening opening = HTTP_OPENING_REFUSE;
    if (host != NULL) {
        struct policy_fault fault = policy_server_fault(server, host);
        opening = policy_opening(&fault);
        *tls = policy_server_tls(server, host);
    }
    if (opening == HTTP_OPENING_REFUSE)
        policy_log_request(
            server, &(struct policy_request_facts){.host = host, .peer = peer, .error = "refused"});
    return opening;
}

static void policy_server_serve(const struct policy_server *server, const struct policy_host *host,
                                const struct http_request *request)
{
    if (host->service == POLICY_UNSUBSCRIBE) {
        policy_log_unsubscribe(server, host, request);
    } else if (host->service == POLICY_WEBHOOKS) {
        if (server->log != NULL)
            policy_webhook_log(server->log, host->name, request);
    } else if (host->service == POLICY_TLS_REPORTS) {
        const struct policy_delivery delivery = {
            .kind = POLICY_REPORT_TLS,
            .domain = host->domain,
            .via = "https",
            .to = host->name,
            .type = request->content_type,
            .bytes = request->body,
        };
        (void)policy_report_take(server->log, &delivery);
    }
}

static void policy_server_on_request(void *context, const struct http_peer *peer,
                                     const struct http_request *request, int bad_status,
                                     struct http_answer *answer)
{
    const struct policy_server *server = context;
    const struct policy_host *host = policy_server_host(server, peer);
    struct policy_outcome outcome = {.status = bad_status};
    const char *error = "";
    if (bad_status != 0) {
        http_answer_write(answer->out, bad_status, NULL, SLICE(""));
        error = "no proper request";
    } else {
        struct policy_fault fault = policy_server_fault(server, host);
        policy_answer(host, request, &fault, answer, &outcome);
        error = outcome.problem != NULL ? outcome.problem : "";
    }
    policy_log_request(
        server,
        &(struct policy_request_facts){
            .host = host, .peer = peer, .request = request, .outcome = outcome, .error = error});
    if (outcome.is_served)
        policy_server_serve(server, host, request);
}

static void policy_server_on_failure(void *context, const struct http_peer *peer, const char *why)
{
    const struct policy_server *server = context;
    policy_log_request(server,
                       &(struct policy_request_facts){
                           .host = policy_server_host(server, peer), .peer = peer, .error = why});
}

/* ---- the server */

struct policy_server *policy_server_open(struct event_base *base, struct policy_model *model,
                                         struct event_log *log,
                                         const struct policy_server_options *options,
                                         struct err *err)
{
    struct policy_server *server = mem_alloc(sizeof *server);
    *server = (struct policy_server){.model = model, .log = log, .options = *options};
    const struct http_handler handler = {
        .context = server,
        .open = policy_server_on_open,
        .answer = policy_server_on_request,
        .failed = policy_server_on_failure,
    };
    server->http = http_server_open(base, &handler, &options->http, err);
    if (server->http == NULL)
        policy_server_close(&server);
    return server;
}

void policy_server_close(struct policy_server **server_at)
{
    struct policy_server *server = *server_at;
    if (server == NULL)
        return;
    *server_at = NULL;
    http_server_close(&server->http);
    free(server);
}

uint16_t policy_server_port(const struct policy_server *server)
{
    return http_server_port(server->http);
}
