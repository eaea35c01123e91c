/*
 * hosts.schema.json has the words that the simulator reads, all of them and no others.
 */
#include "sim/mx/mx_model.h"

#include "tests/unit/unit.h"

static struct spec_document *document;

static struct spec definition(const char *name)
{
    struct err err = {0};
    struct spec defs;
    struct spec found;
    if (document == NULL)
        document = spec_document_open("sim/mx/hosts.schema.json", &err);
    ck_assert_msg(document != NULL, "%s", err.text);
    ck_assert(spec_get(spec_root(document), "$defs", &defs));
    ck_assert_msg(spec_get(defs, name, &found), "no $defs.%s", name);
    return found;
}

static struct spec member(struct spec object, const char *key)
{
    struct spec found;
    ck_assert_msg(spec_get(object, key, &found), "no %s", key);
    return found;
}

static bool has_word(struct spec words, const char *word)
{
    for (size_t i = 0; i < spec_count(words); i++) {
        if (strcmp(spec_at(words, i).json->valuestring, word) == 0)
            return true;
    }
    return false;
}

static void check_words(struct spec words, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(has_word(words, list[i]), "%s is missing", list[i]);
    ck_assert_uint_eq(spec_count(words), count);
}

START_TEST(test_conditions)
{
    struct spec properties = member(definition("when"), "properties");
    struct spec found;
    size_t count = 0;
    for (const struct mx_condition_kind *kind = MX_CONDITION_KINDS; kind->word != NULL; kind++) {
        ck_assert_msg(spec_get(properties, kind->word, &found), "no condition %s", kind->word);
        count++;
    }
    ck_assert_uint_eq(spec_count(properties), count);
}
END_TEST

START_TEST(test_actions)
{
    struct spec properties = member(definition("then"), "properties");
    struct spec found;
    size_t count = 2; /* for, by */
    for (const struct mx_action_kind *kind = MX_ACTION_KINDS; kind->word != NULL; kind++) {
        ck_assert_msg(spec_get(properties, kind->word, &found), "no effect %s", kind->word);
        count++;
    }
    ck_assert_uint_eq(spec_count(properties), count);
    struct spec reply = member(member(properties, "reply"), "description");
    for (size_t i = 0; MX_TEMPLATE_NAMES[i] != NULL; i++) {
        char name[64];
        snprintf(name, sizeof name, "{%s}", MX_TEMPLATE_NAMES[i]);
        ck_assert_msg(strstr(reply.json->valuestring, name) != NULL, "no %s", name);
    }
    check_words(member(member(properties, "tls"), "enum"), MX_TLS_FAULT_WORDS + 1,
                MX_TLS_FAULT_COUNT - 1);
}
END_TEST

START_TEST(test_words)
{
    static const char *const KEYS[] = {
#define X(name, word) word,
        MX_KEY_PARTS(X)
#undef X
    };
    static const char *const COUNTS[] = {
#define X(name, word) word,
        MX_COUNTS(X)
#undef X
    };
    check_words(member(definition("stage"), "enum"), MX_STAGE_WORDS, MX_STAGE_COUNT);
    struct spec key = spec_at(member(definition("key"), "oneOf"), 0);
    check_words(member(key, "enum"), KEYS, MX_KEY_PART_COUNT);
    struct spec of = member(member(definition("rate"), "properties"), "of");
    check_words(member(of, "enum"), COUNTS, MX_COUNT_COUNT);
    struct spec identity = member(member(definition("tls"), "properties"), "identity");
    check_words(member(identity, "enum"), TLS_IDENTITY_WORDS, TLS_IDENTITY_KIND_COUNT);
    struct spec offers = member(member(definition("host"), "properties"), "offers");
    const char *pattern = member(member(offers, "items"), "pattern").json->valuestring;
    for (size_t i = 0; MX_EXTENSION_WORDS[i] != NULL; i++)
        ck_assert_msg(strstr(pattern, MX_EXTENSION_WORDS[i]) != NULL, "%s", MX_EXTENSION_WORDS[i]);
}
END_TEST

UNIT_MAIN(test_conditions, test_actions, test_words)
