#include "sim/scenario/scenario_words.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/map.h"
#include "mta-under-test/base/text.h"
#include "sim/scenario/scenario_fixtures.h"
#include "sim/scenario/scenario_schema.h"

#include "mta-under-test/base/poison.h"

enum { SCENARIO_WORDS_SHOWN = 4 }; /* scenarios that stand beside a word */

/* A table of the schema: a list of words, or the keys of an object. */
static const struct {
    const char *title;
    const char *path;
} TABLES[] = {
    {"Stages of the dialogue (`at` of a rule)", "$defs stage anyOf"},
    {"Conditions of a rule (`when`)", "$defs when properties"},
    {"What rules count by (`by`)", "$defs key anyOf"},
    {"Effects of a rule (`then`)", "$defs then properties"},
    {"Replies that go wrong (`corrupt`)", "$defs then properties corrupt anyOf"},
    {"Actions of the timeline (`do`)", "$defs event properties do anyOf"},
    {"Faults of the DNS (`answer`)", "$defs fault properties answer anyOf"},
    {"Faults of the network (`network`)", "$defs networkKind anyOf"},
    {"Faults of TLS (`fault`)", "$defs tls properties fault anyOf"},
    {"Certificates (`identity`)", "$defs tlsIdentity anyOf"},
    {"Whose key a TLSA record has (`of`)", "$defs tlsa anyOf 1 properties of anyOf"},
    {"Faults of a policy host (`fault`)", "$defs policyFaultKind anyOf"},
    {"What a provider asks for (`needs`)",
     "$defs provider properties rules items properties needs anyOf"},
};

/* Files of fixtures/ by the name that scenarios call them, and the nodes of the schema that take
 * such a name. */
static const struct {
    const char *title;
    const char *folder;
    const char *prefix; /* of the names */
    const char *is;     /* the node of the schema that such a file is */
    const char *nodes[3];
} FIXTURES[] = {
    {"Ready profiles (`profile`)",
     "fixtures/profiles",
     "",
     "$defs host",
     {"$defs host properties profile", "$defs then properties profile"}},
    {"Ready providers (`profile`)",
     "fixtures/providers",
     "providers/",
     "$defs host",
     {"$defs host properties profile", "$defs then properties profile"}},
    {"Models of providers (`model`)",
     "fixtures/deliverability",
     "",
     "$defs provider",
     {"$defs provider properties model"}},
};

enum {
    TABLE_COUNT = sizeof TABLES / sizeof TABLES[0],
    FIXTURE_COUNT = sizeof FIXTURES / sizeof FIXTURES[0],
    SCENARIO_NAME_BYTES_MAX = 1000,
};

/* A scenario that uses words. */
struct scenario_user {
    const char *label; /* from scenarios/ on: "retry/greylisting.json" */
    size_t word_count;
};

struct scenario_word {
    const char *name;
    struct slice about;
    const struct scenario_user **users;
    size_t user_count;
    struct scenario_word **brings; /* of a fixture: words that it uses itself */
    size_t bring_count;
};

struct scenario_table {
    const char *title;
    struct scenario_word **words;
    size_t count;
};

struct scenario_words {
    struct spec_document *schema;
    struct scenario_table tables[TABLE_COUNT + FIXTURE_COUNT];
    struct map places;             /* scenario_place() of a word: the word */
    struct scenario_user *user;    /* the one at hand ... */
    struct scenario_word *fixture; /* ... or NULL while the words of this one are noted */
    struct arena arena;
};

/* What a word is found by: the node of the schema that is met, and the value where the node takes
 * more than one word ("" else). In `key`. */
static struct slice scenario_place(struct buf *key, const cJSON *node, const char *value)
{
    buf_reset(key);
    buf_add(key, &node, sizeof node);
    buf_add_text(key, value);
    return buf_slice(key);
}

static struct scenario_word *scenario_table_add(struct scenario_words *words,
                                                struct scenario_table *table, const char *name,
                                                const char *about)
{
    struct scenario_word *word = arena_alloc(&words->arena, sizeof *word);
    word->name = arena_text(&words->arena, name);
    word->about = slice_first_sentence(slice_of(arena_text(&words->arena, about)));
    table->words = mem_grow(table->words, table->count + 1, sizeof *table->words);
    table->words[table->count++] = word;
    return word;
}

static void scenario_words_place(struct scenario_words *words, const cJSON *node, const char *value,
                                 struct scenario_word *word)
{
    struct buf key;
    buf_init(&key, SCENARIO_NAME_BYTES_MAX);
    map_set(&words->places, scenario_place(&key, node, value), word);
    buf_deinit(&key);
}

static const char *scenario_text_at(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* The words of a list, those that it borrows from another one included; or the keys of an object.
 * Alternatives that are no words (a pattern) are left out. */
static void scenario_table_read(struct scenario_words *words, struct scenario_table *table,
                                const cJSON *list)
{
    const cJSON *node = NULL;
    cJSON_ArrayForEach(node, list)
    {
        const char *name = cJSON_IsObject(list) ? node->string : scenario_text_at(node, "const");
        const cJSON *target = scenario_schema_follow(spec_root(words->schema).json, node);
        const char *about = scenario_text_at(node, "description");
        if (about == NULL)
            about = scenario_text_at(target, "description");
        if (name != NULL)
            scenario_words_place(words, node, "",
                                 scenario_table_add(words, table, name, about ? about : ""));
        else if (target != node)
            scenario_table_read(words, table, cJSON_GetObjectItemCaseSensitive(target, "anyOf"));
    }
}

static int scenario_words_read_schema(struct scenario_words *words, struct err *err)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct scenario_table *table = &words->tables[i];
        table->title = TABLES[i].title;
        scenario_table_read(words, table,
                            scenario_schema_node(spec_root(words->schema).json, TABLES[i].path));
        if (table->count == 0)
            return err_set(err, "%s: there are no words at %s", spec_document_name(words->schema),
                           TABLES[i].path);
    }
    return 0;
}

/* ---- what uses them */

static void scenario_word_add_user(struct scenario_words *words, struct scenario_word *word)
{
    if (word->user_count > 0 && word->users[word->user_count - 1] == words->user)
        return;
    word->users = mem_grow(word->users, word->user_count + 1, sizeof *word->users);
    word->users[word->user_count++] = words->user;
    words->user->word_count++;
    for (size_t i = 0; i < word->bring_count; i++)
        scenario_word_add_user(words, word->brings[i]);
}

static void scenario_word_bring(struct scenario_word *fixture, struct scenario_word *word)
{
    for (size_t i = 0; i < fixture->bring_count; i++) {
        if (fixture->brings[i] == word)
            return;
    }
    fixture->brings = mem_grow(fixture->brings, fixture->bring_count + 1, sizeof word);
    fixture->brings[fixture->bring_count++] = word;
}

static void scenario_words_use(struct scenario_words *words, const cJSON *node, const char *value)
{
    struct buf key;
    buf_init(&key, SCENARIO_NAME_BYTES_MAX);
    struct scenario_word *word = map_get(&words->places, scenario_place(&key, node, value));
    buf_deinit(&key);
    if (word != NULL && words->fixture != NULL)
        scenario_word_bring(words->fixture, word);
    else if (word != NULL)
        scenario_word_add_user(words, word);
}

static void scenario_words_meet(void *context, const cJSON *node, const cJSON *value)
{
    struct scenario_words *words = context;
    const cJSON *one = NULL;
    scenario_words_use(words, node, "");
    if (cJSON_IsString(value))
        scenario_words_use(words, node, value->valuestring);
    if (cJSON_IsArray(value)) {
        cJSON_ArrayForEach(one, value)
        {
            if (cJSON_IsString(one))
                scenario_words_use(words, node, one->valuestring);
        }
    }
}

/* ---- fixtures */

/* A file of fixtures/ becomes a word, found where its name stands at one of the nodes. */
static int scenario_words_read_fixture(struct scenario_words *words, size_t kind,
                                       const struct scenario_fixture *fixture, struct err *err)
{
    struct spec about;
    struct spec_document *document = spec_document_open(fixture->path, err);
    if (document == NULL)
        return -1;
    bool told = spec_get(spec_root(document), "about", &about) && spec_is_text(about);
    const char *name = arena_format(&words->arena, "%s%s", FIXTURES[kind].prefix, fixture->name);
    struct scenario_word *word = scenario_table_add(words, &words->tables[TABLE_COUNT + kind], name,
                                                    told ? about.json->valuestring : "");
    const cJSON *schema = spec_root(words->schema).json;
    words->fixture = word;
    scenario_schema_walk(schema, scenario_schema_node(schema, FIXTURES[kind].is),
                         spec_root(document).json, scenario_words_meet, words);
    words->fixture = NULL;
    spec_document_free(&document);
    for (size_t i = 0; FIXTURES[kind].nodes[i] != NULL; i++)
        scenario_words_place(words, scenario_schema_node(schema, FIXTURES[kind].nodes[i]), name,
                             word);
    return 0;
}

static int scenario_words_read_fixtures(struct scenario_words *words, const char *root,
                                        struct err *err)
{
    int result = 0;
    for (size_t kind = 0; kind < FIXTURE_COUNT && result == 0; kind++) {
        struct scenario_fixture *list = NULL;
        size_t count = 0;
        const char *folder = arena_format(&words->arena, "%s/%s", root, FIXTURES[kind].folder);
        words->tables[TABLE_COUNT + kind].title = FIXTURES[kind].title;
        result = scenario_fixtures_find(folder, &words->arena, &list, &count, err);
        for (size_t i = 0; i < count && result == 0; i++)
            result = scenario_words_read_fixture(words, kind, &list[i], err);
        free(list);
    }
    return result;
}

struct scenario_words *scenario_words_open(const char *root, struct err *err)
{
    struct scenario_words *words = mem_alloc(sizeof *words);
    char *path = mem_text_format("%s/scenarios/schema.json", root);
    words->schema = spec_document_open(path, err);
    free(path);
    if (words->schema == NULL || scenario_words_read_schema(words, err) != 0 ||
        scenario_words_read_fixtures(words, root, err) != 0)
        scenario_words_close(&words);
    return words;
}

void scenario_words_close(struct scenario_words **words_at)
{
    struct scenario_words *words = *words_at;
    if (words == NULL)
        return;
    *words_at = NULL;
    for (size_t i = 0; i < TABLE_COUNT + FIXTURE_COUNT; i++) {
        for (size_t k = 0; k < words->tables[i].count; k++) {
            free(words->tables[i].words[k]->users);
            free(words->tables[i].words[k]->brings);
        }
        free(words->tables[i].words);
    }
    map_deinit(&words->places, NULL);
    spec_document_free(&words->schema);
    arena_deinit(&words->arena);
    free(words);
}

void scenario_words_note(struct scenario_words *words, const struct scenario *scenario)
{
    struct slice label = slice_of(scenario->label);
    if (slice_starts_with(label, SLICE("scenarios/")))
        label = slice_skip(label, sizeof "scenarios/" - 1);
    if (words->user == NULL || !slice_is(label, words->user->label)) {
        words->user = arena_alloc(&words->arena, sizeof *words->user);
        words->user->label = arena_text_of(&words->arena, label);
    }
    const cJSON *schema = spec_root(words->schema).json;
    scenario_schema_walk(schema, schema, spec_root(scenario->document).json, scenario_words_meet,
                         words);
}

/* ---- the page */

static int scenario_compare_users(const void *a, const void *b)
{
    const struct scenario_user *first = *(const struct scenario_user *const *)a;
    const struct scenario_user *second = *(const struct scenario_user *const *)b;
    if (first->word_count != second->word_count)
        return first->word_count < second->word_count ? -1 : 1;
    return strcmp(first->label, second->label);
}

/* A bar would end the cell. */
static void scenario_print_cell(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '|')
            buf_add_char(out, '\\');
        buf_add_char(out, text.data[i]);
    }
}

static void scenario_print_word(const struct scenario_word *word, struct buf *out)
{
    buf_format(out, "| `%s` | ", word->name);
    scenario_print_cell(out, word->about);
    buf_add_text(out, " | ");
    if (word->user_count == 0)
        buf_add_text(out, "**none**");
    else
        qsort(word->users, word->user_count, sizeof(struct scenario_user *),
              scenario_compare_users);
    for (size_t i = 0; i < word->user_count && i < SCENARIO_WORDS_SHOWN; i++) {
        const char *label = word->users[i]->label;
        buf_format(out, "%s[%.*s](%s)", i > 0 ? ", " : "", (int)strlen(label) - 5, label, label);
    }
    if (word->user_count > SCENARIO_WORDS_SHOWN)
        buf_format(out, " and %zu more", word->user_count - SCENARIO_WORDS_SHOWN);
    buf_add_text(out, " |\n");
}

void scenario_words_print(const struct scenario_words *words, struct buf *out)
{
    buf_add_text(out, "# The words of the scenario language\n\n"
                      "Made by `mailrange list --words`; do not edit. Each word with the scenarios "
                      "that show it, simple ones first,\n"
                      "by themselves or through a ready profile; "
                      "[docs/scenario-language.md](../docs/scenario-language.md) says how words go "
                      "together.\n");
    for (size_t i = 0; i < TABLE_COUNT + FIXTURE_COUNT; i++) {
        const struct scenario_table *table = &words->tables[i];
        buf_format(out, "\n## %s\n\n| word | what it is | scenarios |\n|---|---|---|\n",
                   table->title);
        for (size_t k = 0; k < table->count; k++)
            scenario_print_word(table->words[k], out);
    }
}
