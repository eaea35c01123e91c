#include "sim/policy/policy_model.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

struct policy_model *policy_model_new(struct arena *arena)
{
    struct policy_model *model = mem_alloc(sizeof *model);
    model->arena = arena;
    return model;
}

static void policy_host_release(void *value)
{
    struct policy_host *host = value;
    SSL_CTX_free(host->context);
}

void policy_model_release(struct policy_model **model_at)
{
    struct policy_model *model = *model_at;
    if (model == NULL)
        return;
    *model_at = NULL;
    map_deinit(&model->hosts, policy_host_release);
    map_deinit(&model->addresses, NULL);
    map_deinit(&model->mailboxes, NULL);
    map_deinit(&model->blocklists, NULL);
    free(model);
}

struct policy_host *policy_model_find_host(const struct policy_model *model, const char *name)
{
    return map_get_text(&model->hosts, name);
}

struct policy_host *policy_model_find_address(const struct policy_model *model,
                                              const struct address *address)
{
    return map_get(&model->addresses,
                   slice_from((const char *)address->bytes, sizeof address->bytes));
}

const struct policy_mailbox *policy_model_find_mailbox(const struct policy_model *model,
                                                       const char *address)
{
    if (model->mailboxes.count == 0)
        return NULL;
    char *lower = mem_text_copy(address);
    text_to_lower(lower);
    const struct policy_mailbox *mailbox = map_get_text(&model->mailboxes, lower);
    free(lower);
    return mailbox;
}

struct policy_blocklist *policy_model_find_blocklist(const struct policy_model *model,
                                                     const char *zone)
{
    return map_get_text(&model->blocklists, zone);
}
