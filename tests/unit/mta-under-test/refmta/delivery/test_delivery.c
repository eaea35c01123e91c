/* The sending side as a whole, against a server on the loopback that follows a script. */
#include "mta-under-test/refmta/delivery/delivery.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mta-under-test/base/time_text.h"
#include "tests/unit/unit.h"

enum { CONNECTIONS_MAX = 8, LOOPS_MAX = 100000, STUCK_SECONDS = 240 };

/*
 * What the server does on each connection, one line a step: ">text" says text, "<text" waits for a
 * line that begins so, "<." waits for the end of the content, "!" closes. Behind the last step it
 * hears and says nothing.
 */
static const char *scripts[CONNECTIONS_MAX];
static unsigned connection_count;
static unsigned closed_count;
static char content[65536];
static char folder[] = "/tmp/refmta-delivery-XXXXXX";
static struct event_base *base;
static struct evconnlistener *listener;
static struct config config;
static struct queue *queue;
static struct delivery *delivery;
static struct resolver *resolver;
static struct tls_sessions *tls;
static struct arena rules;
static struct shaping_rules shaping;
static const char *shaping_text = "{}";
static bool stopped;
static struct delivery_limits limits;

static void play(struct bufferevent *peer, const char **at);

static void on_line(struct bufferevent *peer, void *arg)
{
    play(peer, arg);
}

static void on_peer_event(struct bufferevent *peer, short what, void *arg)
{
    if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) == 0)
        return;
    closed_count++;
    free(arg);
    bufferevent_free(peer);
}

/* Takes the line that the script waits for; false if it has not come. */
static bool hear(struct bufferevent *peer, const char *want, size_t want_len)
{
    bool is_content = want_len == 1 && want[0] == '.';
    for (;;) {
        char *line = evbuffer_readln(bufferevent_get_input(peer), NULL, EVBUFFER_EOL_CRLF_STRICT);
        if (line == NULL)
            return false;
        bool is_end = strcmp(line, ".") == 0;
        if (is_content && !is_end) {
            size_t len = strlen(content);
            snprintf(content + len, sizeof content - len, "%s\n", line);
        } else {
            ck_assert_msg(strncmp(line, want, want_len) == 0, "expected %.*s, heard %s",
                          (int)want_len, want, line);
        }
        free(line);
        if (!is_content || is_end)
            return true;
    }
}

static void play(struct bufferevent *peer, const char **at)
{
    while (**at != '\0') {
        const char *step = *at;
        size_t len = strcspn(step, "\n");
        if (*step == '>') {
            /* Not through the buffer, which would come too late for a "!" behind it. */
            ck_assert_int_eq(send(bufferevent_getfd(peer), step + 1, len - 1, 0), (ssize_t)len - 1);
            ck_assert_int_eq(send(bufferevent_getfd(peer), "\r\n", 2, 0), 2);
        } else if (*step == '<' && !hear(peer, step + 1, len - 1)) {
            return;
        } else if (*step == '!') {
            shutdown(bufferevent_getfd(peer), SHUT_RDWR);
        }
        *at = step + len + (step[len] == '\n' ? 1 : 0);
    }
}

static void on_client(struct evconnlistener *from, evutil_socket_t fd, struct sockaddr *address,
                      int len, void *arg)
{
    (void)from;
    (void)address;
    (void)len;
    (void)arg;
    ck_assert_msg(connection_count < CONNECTIONS_MAX && scripts[connection_count] != NULL,
                  "connection %u was not expected", connection_count + 1);
    const char **at = mem_alloc(sizeof *at);
    *at = scripts[connection_count++];
    struct bufferevent *peer = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(peer, on_line, NULL, on_peer_event, at);
    bufferevent_enable(peer, EV_READ | EV_WRITE);
    play(peer, at);
}

static void on_stopped(void *arg)
{
    (void)arg;
    stopped = true;
}

static uint16_t listen_on_loopback(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    listener = evconnlistener_new_bind(base, on_client, NULL, LEV_OPT_CLOSE_ON_FREE, 16,
                                       (struct sockaddr *)&address, sizeof address);
    ck_assert_ptr_nonnull(listener);
    ck_assert_int_eq(
        getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static void start(const char *more)
{
    struct err err = {.text = ""};
    struct buf json;
    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    alarm(STUCK_SECONDS);
    connection_count = 0;
    closed_count = 0;
    content[0] = '\0';
    stopped = false;
    memcpy(folder, "/tmp/refmta-delivery-XXXXXX", sizeof folder);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    buf_init(&json, 4096);
    buf_format(&json,
               "{\"hostname\": \"mail.s.test\", \"spool\": \"%s\", \"durability\": \"off\","
               "\"listeners\": [{\"address\": \"::\", \"port\": 25}],"
               "\"smart-host\": {\"host\": \"127.0.0.1\", \"port\": %u}%s}",
               folder, listen_on_loopback(), more);
    ck_assert_msg(config_parse(&config, "c", buf_slice(&json), &err) == 0, "%s", err.text);
    buf_deinit(&json);
    struct resolver_options resolver_options = {.base = base};
    resolver = resolver_open(&resolver_options, &err);
    ck_assert_ptr_nonnull(resolver);
    tls = tls_sessions_open(NULL, &err);
    ck_assert_ptr_nonnull(tls);
    ck_assert_int_eq(shaping_rules_parse(&shaping, &rules, "rules", slice_of(shaping_text), &err),
                     0);
    config.shaping_rules = &shaping;
    limits = delivery_limits_of(2000);
    limits.quit_us = TIME_SECOND / 20; /* for the servers here that hear QUIT and say nothing */
    struct delivery_options options = {.config = &config,
                                       .limits = &limits,
                                       .base = base,
                                       .resolver = resolver,
                                       .tls = tls,
                                       .on_stopped = on_stopped};
    delivery = delivery_open(&options);
    struct queue_options queue_options = {
        .config = &config, .base = base, .on_ready = delivery_ready, .arg = delivery};
    queue = queue_open(&queue_options, &err);
    ck_assert_msg(queue != NULL, "%s", err.text);
    delivery_set_queue(delivery, queue);
}

static void stop(void)
{
    char command[64];
    delivery_stop(delivery);
    for (unsigned i = 0; i < LOOPS_MAX && (!stopped || closed_count < connection_count); i++)
        event_base_loop(base, EVLOOP_ONCE);
    ck_assert(stopped);
    delivery_abandon(delivery);
    queue_close(&queue);
    delivery_close(&delivery);
    resolver_close(&resolver);
    tls_sessions_close(&tls);
    arena_deinit(&rules);
    if (listener != NULL)
        evconnlistener_free(listener);
    event_base_free(base);
    config_deinit(&config);
    snprintf(command, sizeof command, "rm -r %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void on_accepted(void *arg, int error)
{
    (void)arg;
    ck_assert_int_eq(error, 0);
}

/* What is needed besides sender and recipients. */
struct asked {
    enum envelope_body body;
    bool smtputf8;
};

static void accept_with(const struct asked *asked, const char *recipients, const char *text)
{
    struct envelope envelope;
    struct buf bytes;
    struct slice rest = slice_of(recipients);
    struct slice recipient;
    envelope_init(&envelope);
    envelope.body = asked->body;
    envelope.smtputf8 = asked->smtputf8;
    envelope_set_sender(&envelope, SLICE("a@s.test"));
    while (slice_split(&rest, ' ', &recipient))
        envelope_add_recipient(&envelope, recipient);
    buf_init(&bytes, 1 << 24);
    buf_add_text(&bytes, text);
    queue_accept(queue, queue_new_id(queue), &envelope, &bytes, on_accepted, NULL);
    envelope_deinit(&envelope);
    buf_deinit(&bytes);
}

static void accept_for(const char *recipients, const char *text)
{
    static const struct asked NOTHING;
    accept_with(&NOTHING, recipients, text);
}

/* Runs until so many messages are in the queue and none of them is being tried. */
static void run_until(size_t messages, bool waiting)
{
    for (unsigned i = 0; i < LOOPS_MAX; i++) {
        event_base_loop(base, EVLOOP_ONCE);
        if (queue_message_count(queue) == messages &&
            (!waiting || queue_next_due_us(queue) != INT64_MAX))
            return;
    }
    ck_abort_msg("%zu messages are in the queue", queue_message_count(queue));
}

#define HELLO ">220 hi\n<EHLO mail.s.test\n>250-mx\n>250 PIPELINING\n"
#define ENVELOPE "<MAIL FROM:<a@s.test>\n<RCPT TO:<b@x.test>\n<DATA\n"
#define GO ">250 ok\n>250 ok\n>354 go\n<.\n>250 2.0.0 taken\n"

START_TEST(messages_share_a_connection)
{
    scripts[0] = HELLO ENVELOPE GO ENVELOPE GO "<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_for("b@x.test", "Subject: one\r\n\r\n.dot\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_str_eq(content, "Subject: one\n\n..dot\n");
    content[0] = '\0';
    accept_for("b@x.test", "two\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_str_eq(content, "two\n");
    ck_assert_uint_eq(connection_count, 1);
    stop();
}
END_TEST

START_TEST(recipients_have_their_own_results)
{
    scripts[0] = HELLO "<MAIL FROM:<a@s.test>\n<RCPT TO:<b@x.test>\n<RCPT TO:<c@x.test>\n"
                       "<RCPT TO:<d@x.test>\n<DATA\n>250 ok\n>250 ok\n>451 4.2.1 later\n"
                       ">550 5.1.1 no\n>354 go\n<.\n>250 ok\n"
                       /* The bounce. */
                       "<MAIL FROM:<>\n<RCPT TO:<a@s.test>\n<DATA\n" GO "<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_for("b@x.test c@x.test d@x.test", "x\r\n");
    run_until(2, true);
    run_until(1, true);
    ck_assert_ptr_nonnull(strstr(content, "Final-Recipient: rfc822; d@x.test\n"));
    ck_assert_ptr_null(strstr(content, "c@x.test"));
    stop();
}
END_TEST

START_TEST(a_refused_connection_is_deferred)
{
    scripts[0] = NULL;
    start("");
    evconnlistener_free(listener);
    listener = NULL;
    int64_t before_us = time_now_us();
    accept_for("b@x.test", "x\r\n");
    run_until(1, true);
    ck_assert_int_ge(queue_next_due_us(queue), before_us + 5 * TIME_MINUTE);
    stop();
}
END_TEST

START_TEST(a_server_that_takes_no_mail_ends_it)
{
    scripts[0] = ">554 5.3.2 no mail here\n";
    scripts[1] = HELLO "<MAIL FROM:<>\n<RCPT TO:<a@s.test>\n<DATA\n" GO "<QUIT\n>221 bye\n!";
    scripts[2] = NULL;
    start("");
    accept_for("b@x.test", "x\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_ptr_nonnull(strstr(content, "Status: 5.3.2\n"));
    stop();
}
END_TEST

START_TEST(broken_tls_leads_to_clear_text_and_is_remembered)
{
    scripts[0] = ">220 hi\n<EHLO\n>250-mx\n>250 STARTTLS\n<STARTTLS\n>220 go\n!";
    scripts[1] = ">220 hi\n<EHLO\n>250-mx\n>250-STARTTLS\n>250 PIPELINING\n" ENVELOPE GO "!";
    scripts[2] = scripts[1];
    scripts[3] = NULL;
    start("");
    accept_for("b@x.test", "x\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_uint_eq(connection_count, 2);
    accept_for("b@x.test", "x\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_uint_eq(connection_count, 3);
    stop();
}
END_TEST

START_TEST(without_tls_nothing_goes_where_it_is_required)
{
    scripts[0] = HELLO;
    scripts[1] = NULL;
    start(", \"tls\": {\"mode\": \"required\"}");
    accept_for("b@x.test", "x\r\n");
    run_until(1, true);
    ck_assert_str_eq(content, "");
    stop();
}
END_TEST

START_TEST(a_lost_final_reply_is_tried_again_later)
{
    scripts[0] = HELLO ENVELOPE ">250 ok\n>250 ok\n>354 go\n<.\n!";
    scripts[1] = NULL;
    start("");
    accept_for("b@x.test", "x\r\n");
    run_until(1, true);
    ck_assert_str_eq(content, "x\n");
    ck_assert_uint_eq(connection_count, 1);
    stop();
}
END_TEST

START_TEST(an_old_connection_that_dies_costs_no_attempt)
{
    scripts[0] = HELLO ENVELOPE GO "<MAIL\n!";
    scripts[1] = HELLO ENVELOPE GO "<QUIT\n>221 bye\n!";
    scripts[2] = NULL;
    start("");
    accept_for("b@x.test", "x\r\n");
    run_until(1, false);
    run_until(0, false);
    accept_for("b@x.test", "y\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_uint_eq(connection_count, 2);
    stop();
}
END_TEST

START_TEST(large_content_is_streamed)
{
    enum { LINES = 40000 };
    static char text[LINES * 70 + 1];
    char *at = text;
    for (unsigned i = 0; i < LINES; i++) {
        memset(at, 'x', 68);
        memcpy(at + 68, "\r\n", 2);
        at += 70;
    }
    scripts[0] = HELLO ENVELOPE GO "<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_for("b@x.test", text);
    run_until(1, false);
    run_until(0, false);
    ck_assert_uint_ge(strlen(content), sizeof content - 80);
    stop();
}
END_TEST

START_TEST(too_many_recipients_for_one_transaction_get_another)
{
    scripts[0] = HELLO "<MAIL\n<RCPT TO:<b@x.test>\n<RCPT TO:<c@x.test>\n<DATA\n"
                       ">250 ok\n>250 ok\n>452 4.5.3 too many\n>354 go\n<.\n>250 ok\n"
                       "<MAIL\n<RCPT TO:<c@x.test>\n<DATA\n" GO "<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_for("b@x.test c@x.test", "x\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_str_eq(content, "x\nx\n");
    stop();
}
END_TEST

START_TEST(eight_bit_content_is_converted_where_it_must_be)
{
    static const struct asked EIGHT_BIT = {.body = ENVELOPE_BODY_8BITMIME};
    scripts[0] = HELLO ENVELOPE GO "<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_with(&EIGHT_BIT, "b@x.test",
                "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n.one caf\xc3\xa9\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_str_eq(content, "MIME-Version: 1.0\nContent-Type: text/plain\n"
                              "Content-Transfer-Encoding: quoted-printable\n\n..one caf=C3=A9\n");
    stop();
}
END_TEST

START_TEST(what_cannot_be_converted_comes_back_with_the_reason)
{
    static const struct asked EIGHT_BIT = {.body = ENVELOPE_BODY_8BITMIME};
    scripts[0] = HELLO "<MAIL FROM:<>\n<RCPT TO:<a@s.test>\n<DATA\n" GO "<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_with(&EIGHT_BIT, "b@x.test",
                "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xc3\xa9\r\n--b--");
    run_until(1, false);
    run_until(0, false);
    ck_assert_ptr_nonnull(strstr(content, "Status: 5.6.3\n"));
    ck_assert_ptr_nonnull(strstr(content, "RFC 1847 2.1"));
    stop();
}
END_TEST

START_TEST(only_what_needs_smtputf8_comes_back_without_it)
{
    static const struct asked UTF8 = {.smtputf8 = true};
    /* Its other recipient has an address in UTF-8, which is a bounce. */
    scripts[0] = HELLO "<MAIL FROM:<a@s.test>\n<RCPT TO:<b@x.test>\n<DATA\n" GO
                       "<MAIL FROM:<>\n<RCPT TO:<a@s.test>\n<DATA\n" GO "<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_with(&UTF8, "b@x.test \xc3\xa9@x.test", "Subject: plain\r\n\r\nx\r\n");
    run_until(1, false);
    run_until(0, false);
    run_until(0, false);
    ck_assert_ptr_nonnull(strstr(content, "Subject: plain\n\nx\n"));
    /* The bounce has that address too, in a part that may be encoded (RFC 6532 3.7). */
    for (unsigned i = 0; i < LOOPS_MAX && strstr(content, ": base64\n") == NULL; i++)
        event_base_loop(base, EVLOOP_ONCE);
    ck_assert_ptr_nonnull(strstr(content, "message/global-delivery-status\n"));
    ck_assert_ptr_nonnull(strstr(content, ": base64\n"));
    stop();
}
END_TEST

#define RULES(then)                                                                            \
    "{\"receivers\": [{\"name\": \"r\", \"domains\": [\"127.0.0.1\"], \"rules\": [{\"name\": " \
    "\"one\","                                                                                 \
    "\"text\": \"*too fast*\"," then "}]}]}"

START_TEST(a_rule_suspends_a_receiver)
{
    shaping_text = RULES("\"then\": \"suspend\", \"for\": \"1h\"");
    scripts[0] = HELLO ENVELOPE ">421 4.7.0 too fast\n!";
    scripts[1] = NULL;
    start("");
    accept_for("b@x.test", "x\r\n");
    run_until(1, true);
    /* The second one is not tried, though nobody has refused it. */
    accept_for("c@x.test", "y\r\n");
    run_until(2, false);
    for (unsigned i = 0; i < 20; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(connection_count, 1);
    stop();
}
END_TEST

START_TEST(a_rule_makes_a_refusal_pass_or_final)
{
    shaping_text = RULES("\"as\": \"temporary\"");
    scripts[0] = HELLO ENVELOPE ">250 ok\n>550 too fast\n>503 none\n<QUIT\n>221 bye\n!";
    scripts[1] = NULL;
    start("");
    accept_for("b@x.test", "x\r\n");
    run_until(1, true);
    ck_assert_ptr_null(strstr(content, "Status"));
    stop();
    shaping_text = RULES("\"as\": \"permanent\"");
    scripts[0] = HELLO ENVELOPE ">250 ok\n>450 too fast\n>503 none\n"
                                "<RSET\n<MAIL FROM:<>\n<RCPT TO:<a@s.test>\n<DATA\n>250 ok\n" GO
                                "<QUIT\n>221 bye\n!";
    start("");
    accept_for("b@x.test", "x\r\n");
    run_until(1, false);
    run_until(0, false);
    ck_assert_ptr_nonnull(strstr(content, "Diagnostic-Code: smtp; 450 too fast"));
    stop();
}
END_TEST

UNIT_MAIN(messages_share_a_connection, recipients_have_their_own_results,
          a_refused_connection_is_deferred, a_server_that_takes_no_mail_ends_it,
          broken_tls_leads_to_clear_text_and_is_remembered,
          without_tls_nothing_goes_where_it_is_required, a_lost_final_reply_is_tried_again_later,
          an_old_connection_that_dies_costs_no_attempt, large_content_is_streamed,
          too_many_recipients_for_one_transaction_get_another, a_rule_suspends_a_receiver,
          a_rule_makes_a_refusal_pass_or_final, eight_bit_content_is_converted_where_it_must_be,
          what_cannot_be_converted_comes_back_with_the_reason,
          only_what_needs_smtputf8_comes_back_without_it)
