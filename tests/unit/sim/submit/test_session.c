/* A connection of the submitter: its commands one by one, or pipelined where the server offers it.
 */
#include "sim/submit/submit_session.h"

#include "tests/unit/sim/submit/submit_fixture.h"

#define MAIL "MAIL FROM:<s@z.test> SIZE="
#define OFFERS .offers = "PIPELINING"

struct outcome {
    bool is_done;
    enum submit_result result;
    char reason[100];
};

static void on_done(void *context, struct submit_session *session, enum submit_result result,
                    const char *reason)
{
    struct outcome *outcome = context;
    (void)session;
    outcome->is_done = true;
    outcome->result = result;
    snprintf(outcome->reason, sizeof outcome->reason, "%s", reason);
}

/* Hands in a message to both of TO; what came of it. `log_path` is the event log's place. */
static struct outcome hand_in(struct fake *fake, bool pipelining, char *log_path)
{
    const struct scenario_message entry = {
        .from = "s@z.test", .pipelining = pipelining, NO_PARAMETERS};
    const struct submit_message message = {.entry = &entry, .id = "m", .to = TO, .to_count = 2};
    struct outcome outcome = {0};
    struct err err = {0};
    fake_open(fake);
    struct event_log *log = event_log_new(mkstemp(log_path), time_now_us());
    struct submit_session_options options = {.base = fake->base,
                                             .log = log,
                                             .port = fake->port,
                                             .helo = "client.test",
                                             .login = fake->login,
                                             .done = on_done,
                                             .context = &outcome};
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &options.server), 0);
    struct submit_session *session = submit_session_new(&options);
    struct buf content;
    buf_init(&content, SUBMIT_CONTENT_BYTES_MAX);
    buf_add_text(&content, "Subject: x\r\n\r\nx\r\n");
    submit_session_send(session, &message, &content);
    buf_deinit(&content);
    while (!outcome.is_done)
        event_base_loop(fake->base, EVLOOP_ONCE);
    submit_session_close(&session);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
    return outcome;
}

/* The stages of the replies, "connect ehlo ", and what became of the message, "accepted(2) ". */
static char *story(const char *log_path)
{
    struct err err = {0};
    struct event_file *file = event_file_open(log_path, &err);
    const cJSON *event = NULL;
    struct buf text;
    buf_init(&text, 10000);
    while (event_file_next(file, &event, &err) == 1) {
        const char *kind = event_text(event, "kind");
        const char *stage = event_text(event, "stage");
        if (strcmp(kind, "reply") == 0)
            buf_format(&text, "%s ", stage);
        else
            buf_format(&text, "%s(%d) ", kind,
                       cJSON_GetArraySize(cJSON_GetObjectItem(event, "to")));
    }
    event_file_close(&file);
    unlink(log_path);
    return buf_take(&text);
}

static void check_story(const char *log_path, const char *wanted)
{
    char *told = story(log_path);
    ck_assert_str_eq(told, wanted);
    free(told);
}

START_TEST(test_each_command_waits_where_pipelining_is_not_wanted_or_not_offered)
{
    for (int i = 0; i < 3; i++) {
        struct fake fake = {.offers = i == 0 ? "PIPELINING" : i == 1 ? "PIPELININGX" : NULL};
        char log_path[] = "/tmp/session-XXXXXX";
        struct outcome outcome = hand_in(&fake, i > 0, log_path);
        ck_assert_int_eq(outcome.result, SUBMIT_DONE);
        ck_assert(!fake.was_pipelined);
        check_story(log_path, "connect ehlo mail rcpt rcpt data data-end accepted(2) ");
        fake_close(&fake);
    }
}
END_TEST

/* The server says nothing before it has heard DATA; its replies come together, or byte by byte. */
START_TEST(test_commands_up_to_data_are_said_at_once)
{
    for (size_t piece_bytes = 0; piece_bytes < 2; piece_bytes++) {
        struct fake fake = {OFFERS, .waits_for_data = true, .piece_bytes = piece_bytes};
        char log_path[] = "/tmp/session-XXXXXX";
        struct outcome outcome = hand_in(&fake, true, log_path);
        ck_assert_int_eq(outcome.result, SUBMIT_DONE);
        ck_assert(fake.was_pipelined);
        ck_assert_ptr_nonnull(
            strstr(fake.received, "\nRCPT TO:<a@x.test>\nRCPT TO:<b@x.test>\nDATA\nSubject: x\n"));
        check_story(log_path, "connect ehlo mail rcpt rcpt data data-end accepted(2) ");
        fake_close(&fake);
    }
}
END_TEST

/* What counts is what the server offers in TLS. */
START_TEST(test_pipelining_within_a_login)
{
    const struct submit_login login = {"ann", "secret"};
    struct fake fake = {OFFERS, .waits_for_data = true, .login = &login, .tls = fake_tls()};
    char log_path[] = "/tmp/session-XXXXXX";
    struct outcome outcome = hand_in(&fake, true, log_path);
    ck_assert_int_eq(outcome.result, SUBMIT_DONE);
    ck_assert_ptr_nonnull(bufferevent_openssl_get_ssl(fake.stream));
    check_story(log_path, "connect ehlo starttls ehlo auth mail rcpt rcpt data data-end "
                          "accepted(2) ");
    fake_close(&fake);
}
END_TEST

START_TEST(test_a_server_that_closes_in_the_middle)
{
    static const struct {
        const char *refuse;
        size_t cut_bytes; /* of the replies: 14 bytes each, or 24 where one refuses */
        enum submit_result result;
        const char *story;
    } CASES[] = {
        {NULL, 14, SUBMIT_UNREACHABLE, "connect ehlo mail broken(2) "},
        {NULL, 14 + 3, SUBMIT_UNREACHABLE, "connect ehlo mail broken(2) "},
        {"a@x", 14 + 24, SUBMIT_UNREACHABLE, "connect ehlo mail rcpt refused(1) broken(2) "},
        {"RCPT", 14 + 2 * 24, SUBMIT_DONE, "connect ehlo mail rcpt refused(1) rcpt refused(1) "},
        {"MAIL", 24, SUBMIT_DONE, "connect ehlo mail refused(2) "},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct fake fake = {OFFERS, .waits_for_data = true, .refuse = CASES[i].refuse,
                            .cut_bytes = CASES[i].cut_bytes};
        char log_path[] = "/tmp/session-XXXXXX";
        struct outcome outcome = hand_in(&fake, true, log_path);
        ck_assert_int_eq(outcome.result, CASES[i].result);
        ck_assert_str_eq(outcome.reason, "the server closed the connection");
        check_story(log_path, CASES[i].story);
        fake_close(&fake);
    }
}
END_TEST

UNIT_MAIN(test_each_command_waits_where_pipelining_is_not_wanted_or_not_offered,
          test_commands_up_to_data_are_said_at_once, test_pipelining_within_a_login,
          test_a_server_that_closes_in_the_middle)
