#include "mta-under-test/refmta/app/submission.h"

#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/http/http_server.h"
#include "mta-under-test/refmta/http/submission_message.h"

#include "mta-under-test/base/poison.h"

enum { SIGNATURE_BYTES_MAX = 16 << 10, ANSWER_BYTES_MAX = 256 };

struct submission_server {
    struct submission_options options;
    struct http_server *http;
};

/* A message that is being stored. */
struct handing_in {
    struct http_call *call;
    uint64_t id;
};

static void on_stored(void *arg, int error)
{
    struct handing_in *one = arg;
    struct json_out json;
    struct buf body;
    char id[MESSAGE_ID_TEXT_BYTES];
    if (error != 0) {
        http_answer_error(one->call, 503, "the queue takes nothing at the moment: %s",
                          strerror(error));
        free(one);
        return;
    }
    buf_init(&body, ANSWER_BYTES_MAX);
    json_out_init(&json, &body);
    json_out_object(&json, NULL);
    json_out_text(&json, "id", message_id_text(one->id, id));
    json_out_end(&json);
    buf_add_char(&body, '\n');
    http_answer(one->call, 202, "application/json", buf_slice(&body));
    buf_deinit(&body);
    free(one);
}

static void log_received(const struct submission_server *server, const struct envelope *envelope,
                         const struct submission_facts *facts, size_t bytes)
{
    struct log_line line;
    log_begin(&line, server->options.log, "received");
    json_out_text(&line.json, "queue-id", facts->id);
    json_out_text(&line.json, "client", facts->client);
    json_out_text(&line.json, "user", facts->user);
    json_out_text(&line.json, "protocol", "HTTP");
    json_out_text(&line.json, "sender", envelope->sender);
    json_out_array(&line.json, "recipients");
    for (size_t i = 0; i < envelope->recipient_count; i++)
        json_out_text(&line.json, NULL, envelope->recipients[i].address);
    json_out_end(&line.json);
    json_out_int(&line.json, "bytes", (int64_t)bytes);
    log_end(&line);
}

/* Puts the signatures between the trace and the message. */
static void sign(const struct submission_server *server, struct buf *content, size_t trace_bytes)
{
    const struct signer *signer = server->options.settings->signer;
    struct buf whole;
    struct err err;
    if (signer == NULL)
        return;
    buf_init(&whole, content->max + SIGNATURE_BYTES_MAX);
    buf_add(&whole, content->data, trace_bytes);
    struct slice message = slice_skip(buf_slice(content), trace_bytes);
    if (signer_sign(signer, message, time_now_us(), &whole, &err) != 0) {
        log_text(server->options.log, "not-signed", "%s", err.text);
        buf_deinit(&whole);
        return;
    }
    buf_add_slice(&whole, message);
    buf_deinit(content);
    *content = whole;
}

static void hand_in(struct submission_server *server, struct http_call *call,
                    const struct http_request *request, const char *user)
{
    const struct config *config = &server->options.settings->config;
    struct envelope envelope;
    struct buf content;
    struct err err;
    char id_text[MESSAGE_ID_TEXT_BYTES];
    size_t trace_bytes = 0;
    uint64_t id = queue_new_id(server->options.queue);
    const struct submission_facts facts = {
        .hostname = config->hostname,
        .user = user,
        .id = message_id_text(id, id_text),
        .client = request->client,
        .now_us = time_now_us(),
    };
    envelope_init(&envelope);
    buf_init(&content, config->size_limit_bytes);
    if (submission_message_read(request->body, &facts, &envelope, &content, &trace_bytes, &err) !=
        0) {
        http_answer_error(call, 400, "%s", err.text);
    } else {
        struct handing_in *one = mem_alloc(sizeof *one);
        *one = (struct handing_in){call, id};
        if (server->options.settings->one_click.url != NULL)
            one_click_offer(&server->options.settings->one_click, &envelope, &content, trace_bytes);
        sign(server, &content, trace_bytes);
        log_received(server, &envelope, &facts, content.len);
        queue_accept(server->options.queue, id, &envelope, &content, on_stored, one);
    }
    buf_deinit(&content);
    envelope_deinit(&envelope);
}

static void on_call(void *arg, struct http_call *call, const struct http_request *request)
{
    struct submission_server *server = arg;
    const char *user = submission_tokens_find(&server->options.settings->tokens, request->token);
    if (user == NULL) {
        log_text(server->options.log, "auth-failed", "a token of %s is none that is known",
                 request->client);
        http_answer_error(call, 401, "a good token is needed: Authorization: Bearer TOKEN");
    } else if (strcmp(request->path, "/v1/messages") != 0 || strcmp(request->method, "POST") != 0) {
        http_answer_error(call, 404, "there is POST /v1/messages");
    } else {
        hand_in(server, call, request, user);
    }
}

struct submission_server *submission_open(const struct submission_options *options, struct err *err)
{
    const struct config *config = &options->settings->config;
    struct submission_server *server = mem_alloc(sizeof *server);
    server->options = *options;
    struct http_server_options http = {
        .base = options->base,
        .endpoint = config->submission,
        .tls = config->submission_tls ? options->settings->tls_server : NULL,
        /* A byte of content may be six of JSON, but rarely is. */
        .body_bytes_max = (size_t)config->size_limit_bytes * 2,
        .handle = on_call,
        .arg = server,
    };
    server->http = http_server_open(&http, err);
    if (server->http == NULL)
        submission_close(&server);
    return server;
}

void submission_close(struct submission_server **where)
{
    struct submission_server *server = *where;
    *where = NULL;
    if (server == NULL)
        return;
    http_server_close(&server->http);
    free(server);
}

void submission_set_settings(struct submission_server *server, const struct settings *settings)
{
    server->options.settings = settings;
}

uint16_t submission_port(const struct submission_server *server)
{
    return http_server_port(server->http);
}
