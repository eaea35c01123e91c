#include "sim/mx/mx_condition_kinds.h"

#include "sim/tls/tls_context.h"

#include "mta-under-test/base/poison.h"

MX_CONDITION_READER(mx_pattern_read)
{
    return pattern_read(spec, reader->arena, &condition->pattern, err);
}

static int mx_address_check(struct spec spec, struct err *err)
{
    const char *text = spec.json->valuestring;
    if (strpbrk(text, "@*?/!") != NULL || strcmp(text, "<>") == 0 ||
        strcasecmp(text, "postmaster") == 0) /* RFC 5321 4.1.1.3 knows it without a domain */
        return 0;
    return spec_error(
        spec, err,
        "\"%s\" never matches: an address has an \"@\"; \"%s@*\" is %s at any domain, "
        "\"*@%s\" anyone at that domain",
        text, text, text, text);
}

/* A pattern of whole addresses. */
MX_CONDITION_READER(mx_address_pattern_read)
{
    if (mx_pattern_read(reader, spec, condition, err) != 0)
        return -1;
    for (size_t i = 0; i < (spec_is_array(spec) ? spec_count(spec) : 1); i++) {
        if (mx_address_check(spec_is_array(spec) ? spec_at(spec, i) : spec, err) != 0)
            return -1;
    }
    return 0;
}

/* The null reverse-path is written "<>" in a scenario. */
MX_CONDITION_JUDGE(mx_sender_holds)
{
    struct slice sender = slice_of(question->facts->sender);
    return pattern_matches(condition->pattern, sender) ||
           (sender.len == 0 && pattern_matches(condition->pattern, SLICE("<>")));
}

/* At rcpt the recipient at hand; later, any recipient of the transaction. */
MX_CONDITION_JUDGE(mx_recipient_holds)
{
    const struct mx_facts *facts = question->facts;
    if (question->stage == MX_STAGE_RCPT)
        return pattern_matches(condition->pattern, slice_of(facts->recipient));
    for (size_t i = 0; i < facts->recipient_count; i++) {
        if (pattern_matches(condition->pattern, slice_of(facts->recipients[i])))
            return true;
    }
    return false;
}

MX_CONDITION_JUDGE(mx_helo_holds)
{
    return pattern_matches(condition->pattern, slice_of(question->facts->helo));
}

MX_CONDITION_JUDGE(mx_client_name_holds)
{
    return pattern_matches(condition->pattern, slice_of(question->facts->client_name));
}

MX_CONDITION_READER(mx_source_read)
{
    size_t count = spec_is_array(spec) ? spec_count(spec) : 1;
    if (count == 0)
        return spec_error(spec, err, "an empty list of addresses never holds");
    condition->sources.list =
        arena_alloc_array(reader->arena, count, sizeof condition->sources.list[0]);
    condition->sources.count = count;
    for (size_t i = 0; i < count; i++) {
        struct spec one = spec_is_array(spec) ? spec_at(spec, i) : spec;
        struct prefix *prefix = &condition->sources.list[i];
        const char *text;
        if (spec_read_text(one, &text, err) != 0)
            return -1;
        if (strchr(text, '/') == NULL) {
            if (address_read(one, &prefix->address, err) != 0)
                return -1;
            prefix->bits = 128;
        } else if (prefix_read(one, prefix, err) != 0) {
            return -1;
        }
    }
    return 0;
}

MX_CONDITION_JUDGE(mx_source_holds)
{
    for (size_t i = 0; i < condition->sources.count; i++) {
        if (prefix_holds(&condition->sources.list[i], &question->facts->client))
            return true;
    }
    return false;
}

/* true, false, or the versions it must be ("1.2", ["1.2", "1.3"]). */
MX_CONDITION_READER(mx_tls_read)
{
    condition->tls.wanted = true;
    if (spec_is_bool(spec))
        return spec_read_bool(spec, &condition->tls.wanted, err);
    const char *const *texts;
    size_t count;
    if (spec_read_texts(spec, reader->arena, &texts, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (tls_version_from_text(slice_of(texts[i])) == 0)
            return spec_error(spec, err,
                              "expected true, false or TLS versions 1.0 to 1.3, found \"%s\"",
                              texts[i]);
    }
    return pattern_read(spec, reader->arena, &condition->tls.version, err);
}

MX_CONDITION_JUDGE(mx_tls_holds)
{
    struct slice version = slice_of(question->facts->tls_version);
    if ((version.len > 0) != condition->tls.wanted)
        return false;
    if (condition->tls.version == NULL)
        return true;
    return pattern_matches(condition->tls.version, version) ||
           pattern_matches(condition->tls.version, slice_skip(version, strlen("TLSv")));
}

MX_CONDITION_READER(mx_flag_read)
{
    (void)reader;
    return spec_read_bool(spec, &condition->flag, err);
}

MX_CONDITION_JUDGE(mx_authenticated_holds)
{
    return (question->facts->user[0] != '\0') == condition->flag;
}

MX_CONDITION_READER(mx_parameters_read)
{
    return parameters_read(spec, reader->arena, &condition->parameters, err);
}

/* At rcpt those of the recipient at hand; later, those of any recipient. */
MX_CONDITION_JUDGE(mx_parameters_hold)
{
    const struct mx_facts *facts = question->facts;
    const struct parameters *wanted = &condition->parameters;
    if (facts->recipient_count == 0)
        return parameters_match(wanted, facts->mail_parameters, "");
    size_t first = question->stage == MX_STAGE_RCPT ? facts->recipient_count - 1 : 0;
    for (size_t i = first; i < facts->recipient_count; i++) {
        if (parameters_match(wanted, facts->mail_parameters, facts->rcpt_parameters[i]))
            return true;
    }
    return false;
}
