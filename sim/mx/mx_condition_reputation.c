/*
 * The reputation that the client has at the host's provider: of its address or network at any
 * stage, of its domains and of all together at the end of the message.
 */
#include "sim/mx/mx_condition_kinds.h"
#include "sim/mx/mx_judge.h"

#include "mta-under-test/base/poison.h"

/* "..30", or {"of": "ip", "is": "..30"}. */
MX_CONDITION_READER(mx_reputation_read)
{
    static const char *const KEYS[] = {"of", "is", NULL};
    struct spec member;
    condition->reputation.of = PROVIDER_KEY_COUNT;
    if (!spec_is_object(spec)) {
        if (range_read(spec, &condition->reputation.is, err) != 0)
            return -1;
    } else {
        size_t of;
        if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "of", &member, err) != 0 ||
            spec_read_word(member, PROVIDER_KEY_WORDS, &of, err) != 0 ||
            spec_need(spec, "is", &member, err) != 0 ||
            range_read(member, &condition->reputation.is, err) != 0)
            return -1;
        condition->reputation.of = (enum provider_key_kind)of;
    }
    bool early = (reader->rule->stages & ~MX_STAGE_BIT(MX_STAGE_DATA_END)) != 0;
    if (early && condition->reputation.of != PROVIDER_KEY_IP &&
        condition->reputation.of != PROVIDER_KEY_PREFIX)
        return spec_error(
            spec, err,
            "before the end of the message only the reputation of the address and the "
            "network are known: {\"of\": \"ip\", \"is\": \"..30\"}");
    return 0;
}

MX_CONDITION_JUDGE(mx_reputation_holds)
{
    const struct mx_facts *facts = question->facts;
    struct arena arena = {0};
    if (facts->judge == NULL)
        return false;
    struct provider_mail mail = mx_judge_mail(facts, question->stage, &arena);
    int64_t score = provider_score(facts->judge, &mail, condition->reputation.of);
    arena_deinit(&arena);
    return range_holds(condition->reputation.is, score / PROVIDER_SCORE_UNIT);
}
