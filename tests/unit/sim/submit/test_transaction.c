/* What is said in a transaction, and what comes of the replies. */
#include "sim/submit/submit_transaction.h"

#include <unistd.h>

#include "sim/event/event_file.h"
#include "tests/unit/unit.h"

#define MAIL "MAIL FROM:<s@z.test>\n"
#define RCPT_A "RCPT TO:<a@x.test>\n"
#define RCPT_B "RCPT TO:<b@x.test>\n"
#define FLIGHT MAIL RCPT_A RCPT_B "DATA\n"

/* A dialogue: what is said, and for each reply "(stage recipient code)". It ends with the message's
 * fate, or with `broken` where the server says nothing more. */
static const struct {
    const char *about;
    bool is_pipelined;
    int codes[8];
    const char *dialogue;
    const char *events;
} CASES[] = {
    {"one by one",
     false,
     {250, 250, 251, 354, 250},
     MAIL "(mail 250)" RCPT_A "(rcpt a@x.test 250)" RCPT_B "(rcpt b@x.test 251)DATA\n(data 354)"
          "x\n..x\n.\n(data-end 250)taken",
     "accepted a@x.test b@x.test\n"},
    {"at once",
     true,
     {250, 250, 251, 354, 250},
     FLIGHT "(mail 250)(rcpt a@x.test 250)(rcpt b@x.test 251)(data 354)"
            "x\n..x\n.\n(data-end 250)taken",
     "accepted a@x.test b@x.test\n"},
    {"one recipient is refused",
     true,
     {250, 550, 250, 354, 250},
     FLIGHT "(mail 250)(rcpt a@x.test 550)(rcpt b@x.test 250)(data 354)"
            "x\n..x\n.\n(data-end 250)taken",
     "refused a@x.test at rcpt: 550\naccepted b@x.test\n"},
    {"one by one, all recipients are refused",
     false,
     {250, 550, 551},
     MAIL "(mail 250)" RCPT_A "(rcpt a@x.test 550)" RCPT_B "(rcpt b@x.test 551)refused",
     "refused a@x.test at rcpt: 550\nrefused b@x.test at rcpt: 551\n"},
    {"all recipients are refused, and DATA with them",
     true,
     {250, 550, 551, 554},
     FLIGHT "(mail 250)(rcpt a@x.test 550)(rcpt b@x.test 551)(data 554)refused",
     "refused a@x.test at rcpt: 550\nrefused b@x.test at rcpt: 551\n"},
    {"all recipients are refused, and the content is wanted",
     true,
     {250, 550, 551, 354, 554},
     FLIGHT "(mail 250)(rcpt a@x.test 550)(rcpt b@x.test 551)(data 354).\n(data-end 554)refused",
     "refused a@x.test at rcpt: 550\nrefused b@x.test at rcpt: 551\n"},
    {"the empty message is taken",
     true,
     {250, 550, 551, 354, 250},
     FLIGHT "(mail 250)(rcpt a@x.test 550)(rcpt b@x.test 551)(data 354).\n(data-end 250)refused",
     "refused a@x.test at rcpt: 550\nrefused b@x.test at rcpt: 551\n"},
    {"one by one, MAIL is refused",
     false,
     {552},
     MAIL "(mail 552)refused",
     "refused a@x.test b@x.test at mail: 552\n"},
    {"MAIL is refused, and all behind it",
     true,
     {552, 503, 503, 503},
     FLIGHT "(mail 552)(rcpt a@x.test 503)(rcpt b@x.test 503)(data 503)refused",
     "refused a@x.test b@x.test at mail: 552\n"},
    {"MAIL is refused, and a recipient is good all the same",
     true,
     {552, 250, 503, 354, 250},
     FLIGHT "(mail 552)(rcpt a@x.test 250)(rcpt b@x.test 503)(data 354).\n(data-end 250)refused",
     "refused a@x.test b@x.test at mail: 552\n"},
    {"DATA is refused",
     true,
     {250, 250, 550, 451},
     FLIGHT "(mail 250)(rcpt a@x.test 250)(rcpt b@x.test 550)(data 451)refused",
     "refused b@x.test at rcpt: 550\nrefused a@x.test at data: 451\n"},
    {"the content is refused",
     true,
     {250, 250, 550, 354, 552},
     FLIGHT "(mail 250)(rcpt a@x.test 250)(rcpt b@x.test 550)(data 354)"
            "x\n..x\n.\n(data-end 552)refused",
     "refused b@x.test at rcpt: 550\nrefused a@x.test at data-end: 552\n"},
    {"421 to MAIL is the last reply",
     true,
     {421},
     FLIGHT "(mail 421)refused",
     "refused a@x.test b@x.test at mail: 421\n"},
    {"421 to the last recipient is the last reply",
     true,
     {250, 550, 421},
     FLIGHT "(mail 250)(rcpt a@x.test 550)(rcpt b@x.test 421)refused",
     "refused a@x.test at rcpt: 550\nrefused b@x.test at rcpt: 421\n"},
    {"421 to a recipient says nothing of the next one",
     true,
     {250, 421},
     FLIGHT "(mail 250)(rcpt a@x.test 421)broken",
     "refused a@x.test at rcpt: 421\nbroken a@x.test b@x.test at rcpt: 0\n"},
    {"it breaks before the reply to DATA",
     true,
     {250, 250, 550},
     FLIGHT "(mail 250)(rcpt a@x.test 250)(rcpt b@x.test 550)broken",
     "refused b@x.test at rcpt: 550\nbroken a@x.test b@x.test at data: 0\n"},
    {"it breaks behind the content",
     true,
     {250, 250, 250, 354},
     FLIGHT "(mail 250)(rcpt a@x.test 250)(rcpt b@x.test 250)(data 354)x\n..x\n.\nbroken",
     "broken a@x.test b@x.test at data-end: 0\n"},
    {"it breaks when all are refused",
     true,
     {250, 550, 550},
     FLIGHT "(mail 250)(rcpt a@x.test 550)(rcpt b@x.test 550)broken when decided",
     "refused a@x.test at rcpt: 550\nrefused b@x.test at rcpt: 550\n"},
};

static void tell_reply(const struct submit_transaction *transaction, int code, struct buf *out)
{
    const char *recipient = submit_transaction_recipient(transaction);
    buf_format(out, "(%s%s%s %d)", submit_transaction_stage(transaction),
               recipient != NULL ? " " : "", recipient != NULL ? recipient : "", code);
}

static void tell_end(struct submit_transaction *transaction, enum submit_step step, struct buf *out)
{
    if (step == SUBMIT_STEP_TAKEN)
        buf_add_text(out, "taken");
    else if (step == SUBMIT_STEP_REFUSED)
        buf_add_text(out, "refused");
    else if (submit_transaction_break(transaction, submit_transaction_stage(transaction), "cut"))
        buf_add_text(out, "broken when decided");
    else
        buf_add_text(out, "broken");
}

static void say(struct submit_transaction *transaction, struct buf *out)
{
    const struct submit_offers offers = {.pipelining = true};
    struct evbuffer *said = evbuffer_new();
    char *line;
    submit_transaction_say(transaction, &offers, said);
    while ((line = evbuffer_readln(said, NULL, EVBUFFER_EOL_CRLF_STRICT)) != NULL) {
        buf_format(out, "%s\n", line);
        free(line);
    }
    ck_assert_uint_eq(evbuffer_get_length(said), 0);
    evbuffer_free(said);
}

/* Plays the server's side of a case, until the transaction is over or the codes are. */
static void play(size_t i, struct submit_transaction *transaction, struct buf *out)
{
    static const char *const TO[] = {"a@x.test", "b@x.test"};
    const struct scenario_message entry = {.from = "s@z.test",
                                           .mail_parameters = "",
                                           .rcpt_parameters = "",
                                           .pipelining = CASES[i].is_pipelined};
    const struct submit_message message = {.entry = &entry, .id = "m", .to = TO, .to_count = 2};
    struct submit_reply reply;
    struct buf content;
    submit_reply_init(&reply);
    buf_init(&content, SUBMIT_CONTENT_BYTES_MAX);
    buf_add_text(&content, "x\r\n.x\r\n");
    submit_transaction_begin(transaction, &message, &content);
    ck_assert_uint_eq(content.len, 0);

    enum submit_step step = SUBMIT_STEP_SAY;
    const int *code = CASES[i].codes;
    while (step == SUBMIT_STEP_SAY || (step == SUBMIT_STEP_HEAR && *code != 0)) {
        if (step == SUBMIT_STEP_SAY)
            say(transaction, out);
        if (*code == 0)
            break;
        tell_reply(transaction, *code, out);
        reply.code = *code++;
        step = submit_transaction_hear(transaction, &reply);
    }
    ck_assert_msg(*code == 0, "%s: %d is not heard", CASES[i].about, *code);
    tell_end(transaction, step, out);
    submit_transaction_end(transaction);
    buf_deinit(&content);
    submit_reply_deinit(&reply);
}

static void tell_events(const char *log_path, struct buf *out)
{
    struct err err = {0};
    struct event_file *file = event_file_open(log_path, &err);
    const cJSON *event = NULL;
    while (event_file_next(file, &event, &err) == 1) {
        const cJSON *to = NULL;
        buf_add_text(out, event_text(event, "kind"));
        cJSON_ArrayForEach(to, cJSON_GetObjectItem(event, "to"))
            buf_format(out, " %s", to->valuestring);
        if (strcmp(event_text(event, "kind"), "accepted") != 0)
            buf_format(out, " at %s: %d", event_text(event, "stage"),
                       (int)event_int(event, "code", 0));
        buf_add_char(out, '\n');
    }
    event_file_close(&file);
}

/* One message after the other, as on a connection. */
START_TEST(test_a_dialogue_and_the_fates_that_come_of_it)
{
    struct submit_transaction transaction;
    submit_transaction_init(&transaction, NULL);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char log_path[] = "/tmp/transaction-XXXXXX";
        struct event_log *log = event_log_new(mkstemp(log_path), time_now_us());
        struct err err = {0};
        struct buf dialogue;
        struct buf events;
        buf_init(&dialogue, 10000);
        buf_init(&events, 10000);
        transaction.log = log;
        play(i, &transaction, &dialogue);
        ck_assert_int_eq(event_log_free(&log, &err), 0);
        tell_events(log_path, &events);
        ck_assert_msg(strcmp(buf_text(&dialogue), CASES[i].dialogue) == 0, "%s: %s", CASES[i].about,
                      buf_text(&dialogue));
        ck_assert_msg(strcmp(buf_text(&events), CASES[i].events) == 0, "%s: %s", CASES[i].about,
                      buf_text(&events));
        buf_deinit(&dialogue);
        buf_deinit(&events);
        unlink(log_path);
    }
    submit_transaction_deinit(&transaction);
}
END_TEST

UNIT_MAIN(test_a_dialogue_and_the_fates_that_come_of_it)
