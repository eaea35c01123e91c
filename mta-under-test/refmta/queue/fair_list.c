#include "mta-under-test/refmta/queue/fair_list.h"

#include "mta-under-test/base/mem.h"
#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

struct fair_class {
    struct list lanes[FAIR_LANES];
    size_t count;
    unsigned turn; /* the lane that is next */
};

/* FNV-1a over the lower-case domain; the null reverse-path has a lane too. */
static unsigned lane_of(struct slice sender)
{
    size_t at = slice_find_last(sender, '@');
    struct slice domain = at != SIZE_MAX ? slice_skip(sender, at + 1) : sender;
    uint32_t hash = 0x811c9dc5U;
    for (size_t i = 0; i < domain.len; i++)
        hash = (hash ^ (unsigned char)text_lower(domain.data[i])) * 0x01000193U;
    return (hash ^ hash >> 16) % FAIR_LANES;
}

/* The highest priority is the first class. */
static struct fair_class **class_of(struct fair_list *list, int priority)
{
    return &list->classes[FAIR_PRIORITY_MAX - priority];
}

static struct fair_class *class_new(void)
{
    struct fair_class *class = mem_alloc(sizeof *class);
    for (unsigned i = 0; i < FAIR_LANES; i++)
        list_init(&class->lanes[i]);
    return class;
}

void fair_list_add(struct fair_list *list, struct list *link, struct slice sender, int priority)
{
    if (list->classes == NULL)
        list->classes = mem_alloc_array(FAIR_CLASSES, sizeof(struct fair_class *));
    struct fair_class **class = class_of(list, priority);
    if (*class == NULL)
        *class = class_new();
    list_push_back(&(*class)->lanes[lane_of(sender)], link);
    (*class)->count++;
    list->count++;
}

/* `count` elements have left the class. */
static void shrink(struct fair_list *list, struct fair_class **class, size_t count)
{
    list->count -= count;
    (*class)->count -= count;
    if ((*class)->count > 0)
        return;
    free(*class);
    *class = NULL;
    if (list->count > 0)
        return;
    free(list->classes);
    list->classes = NULL;
}

/* From the lane whose turn it is, or the next one that has something; the class is not empty. */
static struct list *take_by_turns(struct fair_class *class)
{
    while (list_is_empty(&class->lanes[class->turn]))
        class->turn = (class->turn + 1) % FAIR_LANES;
    struct list *link = list_pop_front(&class->lanes[class->turn]);
    class->turn = (class->turn + 1) % FAIR_LANES;
    return link;
}

struct list *fair_list_take(struct fair_list *list)
{
    if (list->count == 0)
        return NULL;
    struct fair_class **class = list->classes;
    while (*class == NULL)
        class ++;
    struct list *link = take_by_turns(*class);
    shrink(list, class, 1);
    return link;
}

static size_t choose_from_lane(struct list *lane, bool (*wants)(void *arg, struct list *link),
                               void *arg, struct list *out)
{
    size_t count = 0;
    LIST_EACH(link, lane)
    {
        if (!wants(arg, link))
            continue;
        list_remove(link);
        list_push_back(out, link);
        count++;
    }
    return count;
}

void fair_list_choose(struct fair_list *list, bool (*wants)(void *arg, struct list *link),
                      void *arg, struct list *out)
{
    for (unsigned i = 0; i < FAIR_CLASSES && list->classes != NULL; i++) {
        struct fair_class *class = list->classes[i];
        size_t count = 0;
        for (unsigned j = 0; j < FAIR_LANES && class != NULL; j++)
            count += choose_from_lane(&class->lanes[j], wants, arg, out);
        if (class != NULL)
            shrink(list, &list->classes[i], count);
    }
}
