#include "mta-under-test/mailauth/spf/spf_macro.h"

#include "mta-under-test/base/poison.h"

/* Whatever goes wrong, the default explanation stands in (6.2): an explanation is no reason for an
 * error. An empty one tells nothing, and is as good as none. */
bool spf_explanation_find(struct spf_state *state, struct slice exp, struct slice *explanation)
{
    struct slice domain;
    struct slice expanded;
    *explanation = state->request->default_explanation;
    if (exp.data == NULL)
        return true;
    enum spf_expansion expansion = spf_macro_expand_domain(state, exp, &domain);
    if (expansion == SPF_EXPANSION_PENDING)
        return false;
    if (expansion == SPF_EXPANSION_UNUSABLE)
        return true;
    const struct dns_answer *answer = spf_state_lookup(state, DNS_TYPE_TXT, domain);
    if (answer->status == DNS_PENDING)
        return false;
    if (answer->status != DNS_OK || answer->count != 1)
        return true;
    struct slice text = answer->records[0].data;
    if (!spf_syntax_is_macro_string(text, SPF_PLACE_EXPLANATION))
        return true;
    expansion = spf_macro_expand_text(state, text, &expanded);
    if (expansion == SPF_EXPANSION_PENDING)
        return false;
    if (expansion == SPF_EXPANSION_DONE && expanded.len > 0)
        *explanation = expanded;
    return true;
}
