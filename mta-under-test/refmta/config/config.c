#include "mta-under-test/refmta/config/config.h"

#include "mta-under-test/base/file.h"
#include "mta-under-test/refmta/config/config_reader.h"
#include "mta-under-test/refmta/config/config_table.h"

#include "mta-under-test/base/poison.h"

enum { FILE_BYTES_MAX = 16 << 20 };

int config_parse(struct config *config, const char *name, struct slice json, struct err *err)
{
    *config = (struct config){0};
    config->hold_count = arena_alloc(&config->arena, sizeof *config->hold_count);
    config->source = arena_text_of(&config->arena, json);
    struct config_document document = {name, json};
    return config_read_document(&document, &CONFIG_ROOT, config, &config->arena, err);
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

const struct config *config_hold(const struct config *config)
{
    if (config->hold_count != NULL)
        ++*config->hold_count;
    return config;
}

void config_let_go(const struct config *config)
{
    if (config->hold_count != NULL)
        --*config->hold_count;
}

bool config_is_held(const struct config *config)
{
    return config->hold_count != NULL && *config->hold_count > 0;
}

bool config_domains_have(const struct config_domains *domains, struct slice domain)
{
    for (size_t i = 0; i < domains->count; i++)
        if (slice_is_nocase(domain, domains->names[i]))
            return true;
    return false;
}

bool config_is_local(const struct config *config, struct slice domain)
{
    for (size_t i = 0; i < config->local.domain_count; i++)
        if (slice_is_nocase(domain, config->local.domains[i]))
            return true;
    return false;
}
