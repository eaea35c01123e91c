/* The submitter against a scripted SMTP server on the loopback, in one event loop. */
#include "sim/submit/submitter.h"

#include "tests/unit/sim/submit/submit_fixture.h"

/* Submits one message and returns the event log; `log_path` is the file's place. */
static void submit(struct fake *fake, const struct scenario_message *entry, char *log_path)
{
    int fd = mkstemp(log_path);
    struct scenario scenario = {.messages = entry, .message_count = 1};
    struct event_log *log = event_log_new(fd, time_now_us());
    struct submitter_options options = {.base = fake->base,
                                        .log = log,
                                        .scenario = &scenario,
                                        .port_override = fake->port,
                                        .login = fake->login,
                                        .helo = "client.test"};
    struct err err = {0};
    ck_assert_int_eq(address_from_text(SLICE("127.0.0.1"), &options.server), 0);
    struct submitter *submitter = submitter_new(&options);
    submitter_start(submitter);
    while (!submitter_is_done(submitter))
        event_base_loop(fake->base, EVLOOP_ONCE);
    submitter_free(&submitter);
    ck_assert_int_eq(event_log_free(&log, &err), 0);
}

START_TEST(test_a_message_goes_in_with_dots_doubled)
{
    struct fake fake = {0};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = TO,
                                           .to_count = 2,
                                           .instances = 1,
                                           .text = ".dot\nend",
                                           NO_PARAMETERS};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    ck_assert_ptr_nonnull(strstr(fake.received, "EHLO client.test\nMAIL FROM:<s@z.test> SIZE="));
    ck_assert_ptr_nonnull(strstr(fake.received, "RCPT TO:<a@x.test>\nRCPT TO:<b@x.test>\nDATA\n"));
    ck_assert_ptr_nonnull(strstr(fake.received, "\n..dot\nend\n.\n"));
    cJSON *accepted = find(log_path, "accepted");
    ck_assert_ptr_nonnull(accepted);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(accepted, "to")), 2);
    ck_assert_ptr_null(find(log_path, "refused"));
    cJSON_Delete(accepted);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

START_TEST(test_a_login_is_in_tls_and_before_the_mail)
{
    const struct submit_login login = {"ann", "secret"};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 1, .instances = 1, NO_PARAMETERS};
    struct fake fake = {.login = &login, .tls = fake_tls()};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    /* NUL ann NUL secret in base64 (RFC 4616) */
    ck_assert_ptr_nonnull(strstr(fake.received, "EHLO client.test\nSTARTTLS\nEHLO client.test\n"
                                                "AUTH PLAIN AGFubgBzZWNyZXQ=\nMAIL FROM:<s@z"));
    ck_assert_ptr_nonnull(bufferevent_openssl_get_ssl(fake.stream));
    cJSON *accepted = find(log_path, "accepted");
    ck_assert_ptr_nonnull(accepted);
    cJSON_Delete(accepted);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

/* No mail goes to a server that does not know the user, nor a password to one without TLS. */
START_TEST(test_a_login_that_fails_refuses_the_message)
{
    static const char *const REFUSE[] = {"AUTH", "STARTTLS"};
    const struct submit_login login = {"ann", "secret"};
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 1, .instances = 1, NO_PARAMETERS};
    for (size_t i = 0; i < 2; i++) {
        char log_path[] = "/tmp/submitter-XXXXXX";
        struct fake fake = {.login = &login, .tls = fake_tls(), .refuse = REFUSE[i]};
        fake_open(&fake);
        submit(&fake, &entry, log_path);
        ck_assert_ptr_null(strstr(fake.received, "MAIL"));
        ck_assert(i == 0 || strstr(fake.received, "AUTH") == NULL);
        cJSON *refused = find(log_path, "refused");
        ck_assert_int_eq(event_int(refused, "code", 0), 550);
        cJSON_Delete(refused);
        fake_close(&fake);
        unlink(log_path);
    }
}
END_TEST

/* RFC 8689 4.3 */
START_TEST(test_a_message_that_requires_tls_goes_in_within_tls)
{
    static const char *const REFUSE[] = {NULL, "STARTTLS"};
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = TO,
                                           .to_count = 1,
                                           .instances = 1,
                                           .require_tls = true,
                                           .mail_parameters = " REQUIRETLS",
                                           .rcpt_parameters = ""};
    for (size_t i = 0; i < 2; i++) {
        char log_path[] = "/tmp/submitter-XXXXXX";
        struct fake fake = {.tls = fake_tls(), .refuse = REFUSE[i]};
        fake_open(&fake);
        submit(&fake, &entry, log_path);
        ck_assert_ptr_nonnull(strstr(fake.received, "EHLO client.test\nSTARTTLS\n"));
        ck_assert_int_eq(strstr(fake.received, " REQUIRETLS\nRCPT TO:<a@x.test>\n") != NULL,
                         i == 0);
        cJSON *fate = find(log_path, i == 0 ? "accepted" : "refused");
        ck_assert_ptr_nonnull(fate);
        cJSON_Delete(fate);
        fake_close(&fake);
        unlink(log_path);
    }
}
END_TEST

START_TEST(test_one_refused_recipient_does_not_stop_the_other)
{
    struct fake fake = {.refuse = "TO:<a@"};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 2, .instances = 1, NO_PARAMETERS};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    cJSON *accepted = find(log_path, "accepted");
    cJSON *refused = find(log_path, "refused");
    ck_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(accepted, "to"), 0)->valuestring,
                     "b@x.test");
    ck_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(refused, "to"), 0)->valuestring,
                     "a@x.test");
    ck_assert_int_eq(event_int(refused, "code", 0), 550);
    cJSON_Delete(accepted);
    cJSON_Delete(refused);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

START_TEST(test_addresses_with_utf8_and_wishes_for_notifications_are_told)
{
    struct fake fake = {0};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const char *const to[] = {"b\xc3\xb6"
                              "b@x.test"};
    const struct scenario_message entry = {.id = "m",
                                           .from = "s@z.test",
                                           .to = to,
                                           .to_count = 1,
                                           .instances = 1,
                                           .mail_parameters = " RET=HDRS",
                                           .rcpt_parameters = " NOTIFY=delay"};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    ck_assert_ptr_nonnull(strstr(fake.received, " SMTPUTF8 RET=HDRS\nRCPT TO:<b\xc3\xb6"
                                                "b@x.test> NOTIFY=delay\n"));
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

START_TEST(test_a_refused_sender_refuses_all)
{
    struct fake fake = {.refuse = "MAIL"};
    char log_path[] = "/tmp/submitter-XXXXXX";
    const struct scenario_message entry = {
        .id = "m", .from = "s@z.test", .to = TO, .to_count = 2, .instances = 1, NO_PARAMETERS};
    fake_open(&fake);
    submit(&fake, &entry, log_path);
    cJSON *refused = find(log_path, "refused");
    ck_assert_str_eq(event_text(refused, "stage"), "mail");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(refused, "to")), 2);
    ck_assert_ptr_null(find(log_path, "accepted"));
    cJSON_Delete(refused);
    fake_close(&fake);
    unlink(log_path);
}
END_TEST

UNIT_MAIN(test_a_message_goes_in_with_dots_doubled, test_a_login_is_in_tls_and_before_the_mail,
          test_a_login_that_fails_refuses_the_message,
          test_a_message_that_requires_tls_goes_in_within_tls,
          test_one_refused_recipient_does_not_stop_the_other,
          test_addresses_with_utf8_and_wishes_for_notifications_are_told,
          test_a_refused_sender_refuses_all)
