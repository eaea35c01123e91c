/*
 * Conditions on what the host found out about the sender (mx_auth.h).
 */
#include "sim/mx/mx_auth.h"
#include "sim/mx/mx_condition_kinds.h"

#include "mta-under-test/base/poison.h"

/* The row of the table says which method it is about. */
static enum mx_auth_method mx_auth_method_of(const struct mx_condition *condition)
{
    unsigned method = 0;
    while (strcmp(MX_AUTH_METHOD_WORDS[method], condition->kind->word) != 0)
        method++;
    return (enum mx_auth_method)method;
}

/* A word that never comes would make a rule that never fires. */
static int mx_auth_read_words(struct spec spec, struct arena *arena, const char *const *words,
                              struct pattern **pattern, struct err *err)
{
    if (pattern_read(spec, arena, pattern, err) != 0)
        return -1;
    return pattern_check_words(spec, "result", words, err);
}

MX_CONDITION_READER(mx_result_read)
{
    return mx_auth_read_words(spec, reader->arena, mx_auth_words(mx_auth_method_of(condition)),
                              &condition->pattern, err);
}

/* What was not checked has no result that a pattern could match. */
MX_CONDITION_JUDGE(mx_result_holds)
{
    const struct mx_auth *auth = question->facts->auth;
    if (auth == NULL)
        return false;
    const struct mx_auth_result *result = &auth->results[mx_auth_method_of(condition)];
    return result->word != NULL && pattern_matches(condition->pattern, slice_of(result->word));
}

MX_CONDITION_READER(mx_policy_read)
{
    static const char *const WORDS[] = {"none", "quarantine", "reject", NULL};
    return mx_auth_read_words(spec, reader->arena, WORDS, &condition->pattern, err);
}

/* What the author's domain wants done with this very message, after pct= was drawn. */
MX_CONDITION_JUDGE(mx_policy_holds)
{
    const struct mx_auth *auth = question->facts->auth;
    return auth != NULL && auth->disposition != NULL &&
           pattern_matches(condition->pattern, slice_of(auth->disposition));
}

MX_CONDITION_READER(mx_soa_read)
{
    static const char *const WORDS[] = {"pass", "fail", "temperror", NULL};
    return mx_auth_read_words(spec, reader->arena, WORDS, &condition->pattern, err);
}

MX_CONDITION_JUDGE(mx_soa_holds)
{
    const struct mx_auth *auth = question->facts->auth;
    return auth != NULL && auth->sender_soa != NULL &&
           pattern_matches(condition->pattern, slice_of(auth->sender_soa));
}
