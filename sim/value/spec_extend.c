#include "mta-under-test/base/text.h"
#include "sim/value/spec_document.h"

#include "mta-under-test/base/poison.h"

/* Takes over the base's texts and marks, so that places stay right, and what it had put aside. */
static void extend_take_sources(struct spec_document *d, struct spec_document *base)
{
    size_t shift = d->source_count;
    size_t sources = shift + base->source_count;
    d->sources = mem_grow(d->sources, sources, sizeof *d->sources);
    memcpy(d->sources + shift, base->sources, base->source_count * sizeof *d->sources);
    size_t marks = d->mark_count + base->mark_count;
    d->marks = mem_grow(d->marks, marks, sizeof *d->marks);
    for (size_t i = 0; i < base->mark_count; i++) {
        d->marks[d->mark_count + i] = base->marks[i];
        d->marks[d->mark_count + i].source += (uint32_t)shift;
    }
    d->source_count = sources;
    d->mark_count = marks;
    base->source_count = 0;
    base->mark_count = 0;
    cJSON_AddItemToArray(d->replaced, base->replaced);
    base->replaced = NULL;
}

/* Puts the elements of `more`, a member "+key" of the object, behind those of the base's "key". */
static int extend_append(struct spec object, cJSON *base, cJSON *more, struct err *err)
{
    const char *key = more->string + 1;
    struct spec spec = spec_of_child(object, more, 0);
    cJSON *list = cJSON_GetObjectItemCaseSensitive(base, key);
    if (!cJSON_IsArray(more))
        return spec_expected(spec, err, "an array, since \"+\" appends");
    if (list == NULL)
        return spec_error(
            spec, err, "nothing to append to: the file that is extended has no \"%s\" here", key);
    if (!cJSON_IsArray(list))
        return spec_error(spec, err,
                          "cannot append: in the file that is extended \"%s\" is no array", key);
    while (more->child != NULL)
        cJSON_AddItemToArray(list, cJSON_DetachItemViaPointer(more, more->child));
    return 0;
}

/* Puts `item` into the place of `old`, which is kept since specs may point to it. By hand: cJSON
 * would free the old one, or put the new one elsewhere. A first child's `prev` is the last child.
 */
static void extend_replace(struct spec_document *d, cJSON *base, cJSON *old, cJSON *item)
{
    bool first = base->child == old;
    bool last = old->next == NULL;
    item->next = old->next;
    item->prev = first && last ? item : old->prev;
    if (first)
        base->child = item;
    else
        old->prev->next = item;
    if (last)
        base->child->prev = item;
    else
        old->next->prev = item;
    old->next = NULL;
    old->prev = NULL;
    cJSON_AddItemToArray(d->replaced, old);
}

/* Merges `over`, which `object` stands for, into the base: what it says wins. */
static int extend_merge(struct spec object, cJSON *over, cJSON *base, struct err *err)
{
    for (cJSON *member = over->child, *next = NULL; member != NULL; member = next) {
        next = member->next;
        if (member->string[0] == '+') {
            if (extend_append(object, base, member, err) != 0)
                return -1;
            continue;
        }
        cJSON *old = cJSON_GetObjectItemCaseSensitive(base, member->string);
        if (cJSON_IsObject(old) && cJSON_IsObject(member)) {
            if (extend_merge(spec_of_child(object, member, 0), member, old, err) != 0)
                return -1;
            continue;
        }
        cJSON *item = cJSON_DetachItemViaPointer(over, member);
        if (old != NULL)
            extend_replace(object.document, base, old, item);
        else
            cJSON_AddItemToArray(base, item);
    }
    return 0;
}

int spec_document_extend(struct spec_document *document, struct spec_document **base,
                         struct err *err)
{
    int result = 0;
    extend_take_sources(document, *base);
    if (!cJSON_IsObject(document->root))
        result = spec_expected(spec_root(document), err, "an object");
    else if (!cJSON_IsObject((*base)->root))
        result = err_set(err, "%s: expected an object", document->sources[1].name);
    else
        result = extend_merge(spec_root(document), document->root, (*base)->root, err);
    if (result == 0) {
        cJSON_AddItemToArray(document->replaced, document->root);
        document->root = (*base)->root;
        (*base)->root = NULL;
    }
    memset(document->cursors, 0, sizeof document->cursors);
    spec_document_free(base);
    return result;
}
