#include "mta-under-test/refmta/config/config.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/base/time_text.h"
#include "mta-under-test/refmta/config/config_reader.h"
#include "mta-under-test/refmta/config/config_table.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 16 << 20 };

static int syntax_error(struct slice json, const char *at, struct config_reader *reader)
{
    size_t line = 1;
    size_t column = 1;
    for (const char *p = json.data; p < json.data + json.len && p < at; p++) {
        column = *p == '\n' ? 1 : column + 1;
        line += *p == '\n' ? 1 : 0;
    }
    buf_format(reader->mistakes, "%s:%zu:%zu: this is not JSON from here on", reader->name, line,
               column);
    return -1;
}

static int read_json(struct config *config, struct slice json, struct config_reader *reader)
{
    const char *end = NULL;
    config_read_defaults(reader, &CONFIG_ROOT, config);
    if (json.len == 0)
        return config_mistake(reader, "", "is empty");
    cJSON *root = cJSON_ParseWithLengthOpts(json.data, json.len, &end, 0);
    if (root == NULL)
        return syntax_error(json, end, reader);
    bool is_whole = slice_trim(slice_from(end, (size_t)(json.data + json.len - end))).len == 0;
    int result = is_whole ? config_read_object(reader, root, "", &CONFIG_ROOT, config)
                          : syntax_error(json, end, reader);
    cJSON_Delete(root);
    return result;
}

int config_parse(struct config *config, const char *name, struct slice json, struct err *err)
{
    struct buf mistakes;
    *config = (struct config){0};
    buf_init(&mistakes, ERR_TEXT_BYTES - 1);
    struct config_reader reader = {.arena = &config->arena, .name = name, .mistakes = &mistakes};
    int result = read_json(config, json, &reader);
    if (result != 0)
        err_set(err, "%s", buf_text(&mistakes));
    buf_deinit(&mistakes);
    return result;
}

int config_load(struct config *config, const char *path, struct err *err)
{
    struct buf json;
    *config = (struct config){0};
    buf_init(&json, FILE_BYTES_MAX);
    int result = file_read(path, &json, err);
    if (result == 0)
        result = config_parse(config, path, buf_slice(&json), err);
    buf_deinit(&json);
    return result;
}

void config_deinit(struct config *config)
{
    arena_deinit(&config->arena);
}

bool config_domains_have(const struct config_domains *domains, struct slice domain)
{
    for (size_t i = 0; i < domains->count; i++)
        if (slice_is_nocase(domain, domains->names[i]))
            return true;
    return false;
}
