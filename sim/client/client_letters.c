#include "sim/client/client_letters.h"

#include "mta-under-test/base/poison.h"

struct letter_visit {
    client_letter_visitor *visitor;
    void *context;
};

static void on_submitted(void *context, const struct client_letter *letter)
{
    const struct letter_visit *visit = context;
    visit->visitor(visit->context, letter);
}

static void on_decided(void *context, const struct client_letter *letter, int code)
{
    (void)context;
    (void)letter;
    (void)code;
}

static void visit_requests(const struct client_script *script, const struct letter_visit *visit)
{
    for (size_t i = 0; i < script->step_count; i++)
        if (script->steps[i].letter != NULL)
            visit->visitor(visit->context, script->steps[i].letter);
}

/* What is said again and again is said once here. */
static void play(const struct client_script *script, struct client_mail *mail)
{
    for (size_t i = 0; i < script->step_count; i++) {
        const struct client_step *step = &script->steps[i];
        if (step->text != NULL)
            client_mail_say(mail, slice_of(step->text));
        if (step->text != NULL && step->is_line)
            client_mail_say(mail, SLICE("\r\n"));
        while (client_mail_waits(mail))
            client_mail_hear(mail, client_mail_good_code(mail));
    }
}

static void visit_dialogue(const struct client_script *script, struct letter_visit *visit)
{
    const struct client_mail_options options = {on_submitted, on_decided, visit};
    struct client_mail *mail = client_mail_new(&options);
    play(script, mail);
    client_mail_free(&mail);
}

void client_letters_visit(const struct client_list *list, client_letter_visitor *visitor,
                          void *context)
{
    struct letter_visit visit = {visitor, context};
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].is_http)
            visit_requests(&list->items[i], &visit);
        else
            visit_dialogue(&list->items[i], &visit);
    }
}
