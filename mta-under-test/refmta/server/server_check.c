#include "mta-under-test/refmta/server/server_check.h"

#include "mta-under-test/base/poison.h"

/* A bound on what one message may make us ask; what is not asked has failed. */
enum { QUESTIONS_MAX = 200 };

struct server_check {
    struct check *check;
    struct resolver *resolver;
    void (*done)(void *arg); /* NULL: cancelled, and the check may be gone */
    void *arg;
    struct server_check **where; /* the owner's pointer to this */
    unsigned open;               /* questions without an answer, and one while asking */
    unsigned asked;
};

struct asked {
    struct server_check *work;
    struct check_question question;
};

static void go_on(struct server_check *work);

/* One less is open; at the last one it goes on. */
static void closed(struct server_check *work)
{
    if (--work->open > 0)
        return;
    if (work->done == NULL)
        free(work);
    else
        go_on(work);
}

static void on_answer(void *arg, const struct resolver_result *result)
{
    static const enum check_status STATUS[] = {[RESOLVER_FOUND] = CHECK_FOUND,
                                               [RESOLVER_NO_DATA] = CHECK_NO_DATA,
                                               [RESOLVER_NO_NAME] = CHECK_NO_NAME,
                                               [RESOLVER_FAILED] = CHECK_FAILED};
    struct asked *asked = arg;
    struct server_check *work = asked->work;
    struct check_record records[CHECK_RECORDS_MAX];
    size_t count = result->status == RESOLVER_FOUND ? result->answer.count : 0;
    if (count > CHECK_RECORDS_MAX)
        count = CHECK_RECORDS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct dns_record *record = &result->answer.records[i];
        records[i] = (struct check_record){.host = record->host,
                                           .preference = record->preference,
                                           .address = record->address.bytes,
                                           .text = record->text};
    }
    if (work->done != NULL)
        check_answer(work->check, &asked->question, STATUS[result->status], records, count);
    free(asked);
    closed(work);
}

static void ask(struct server_check *work, const struct check_question *question)
{
    if (work->asked++ >= QUESTIONS_MAX) {
        check_answer(work->check, question, CHECK_FAILED, NULL, 0);
        return;
    }
    struct asked *asked = mem_alloc(sizeof *asked);
    *asked = (struct asked){work, *question};
    work->open++;
    resolver_ask(work->resolver, question->name, question->type, on_answer, asked);
}

static void go_on(struct server_check *work)
{
    if (check_run(work->check)) {
        *work->where = NULL;
        work->done(work->arg);
        free(work);
        return;
    }
    struct check_question question;
    work->open++;
    while (check_next_question(work->check, &question))
        ask(work, &question);
    closed(work);
}

void server_check_start(struct server_check **where, struct check *check, struct resolver *resolver,
                        void (*done)(void *arg), void *arg)
{
    struct server_check *work = mem_alloc(sizeof *work);
    *work = (struct server_check){
        .check = check, .resolver = resolver, .done = done, .arg = arg, .where = where};
    *where = work;
    go_on(work);
}

void server_check_cancel(struct server_check **where)
{
    if (*where != NULL)
        (*where)->done = NULL;
    *where = NULL;
}
