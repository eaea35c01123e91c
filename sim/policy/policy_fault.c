#include "sim/policy/policy_fault.h"

#include "mta-under-test/base/text.h"

#include "mta-under-test/base/poison.h"

enum { POLICY_STATUS_MIN = 200, POLICY_STATUS_MAX = 599 };

static const char *const POLICY_FAULT_WORDS[] = {
#define X(name, word) word,
    POLICY_FAULTS(X)
#undef X
        NULL,
};

/* "503", or one of the words. */
static int policy_fault_read_kind(struct spec spec, struct policy_fault *fault, struct err *err)
{
    const char *text = NULL;
    uint64_t status = 0;
    int64_t number = 0;
    size_t kind = 0;
    if (spec_is_text(spec) && spec_read_text(spec, &text, err) == 0 &&
        text_to_u64(slice_of(text), &status) == 0)
        number = status <= POLICY_STATUS_MAX ? (int64_t)status : POLICY_STATUS_MAX + 1;
    else if (spec_is_number(spec) && spec_read_int(spec, 0, INT32_MAX, &number, err) != 0)
        return -1;
    if (number != 0 || spec_is_number(spec)) {
        if (number < POLICY_STATUS_MIN || number > POLICY_STATUS_MAX)
            return spec_expected(spec, err, "a status of HTTP, from \"200\" to \"599\"");
        fault->kind = POLICY_FAULT_STATUS;
        fault->status = (int)number;
        return 0;
    }
    if (spec_read_word(spec, POLICY_FAULT_WORDS, &kind, err) != 0)
        return -1;
    if (kind == POLICY_FAULT_STATUS)
        return spec_expected(spec, err, "the status itself, as \"503\"");
    fault->kind = (enum policy_fault_kind)kind;
    return 0;
}

static int policy_fault_read(struct spec spec, struct policy_fault *fault, struct err *err)
{
    static const char *const KEYS[] = {"is", "during", NULL};
    struct spec kind = spec;
    struct spec during;
    if (!spec_is_object(spec))
        return policy_fault_read_kind(spec, fault, err);
    if (spec_check_keys(spec, KEYS, err) != 0 || spec_need(spec, "is", &kind, err) != 0 ||
        policy_fault_read_kind(kind, fault, err) != 0)
        return -1;
    fault->windowed = spec_get(spec, "during", &during);
    return fault->windowed ? window_read(during, &fault->during, err) : 0;
}

int policy_faults_read(struct spec spec, struct arena *arena, struct policy_fault **faults,
                       size_t *count, struct err *err)
{
    size_t given = spec_is_array(spec) ? spec_count(spec) : 1;
    if (given > POLICY_FAULTS_MAX)
        return spec_error(spec, err, "at most %d faults", POLICY_FAULTS_MAX);
    struct policy_fault *list = arena_alloc_array(arena, given + 1, sizeof *list);
    for (size_t i = 0; i < given; i++) {
        struct spec one = spec_is_array(spec) ? spec_at(spec, i) : spec;
        if (policy_fault_read(one, &list[i], err) != 0)
            return -1;
        if (i + 1 < given && !list[i].windowed)
            return spec_error(one, err,
                              "is on at any time, so those behind it can never happen; give it "
                              "\"during\" or put it last");
    }
    *faults = list;
    *count = given;
    return 0;
}

struct policy_fault policy_faults_now(const struct policy_fault *faults, size_t count,
                                      int64_t now_us, int64_t since_start_us)
{
    for (size_t i = 0; i < count; i++) {
        if (!faults[i].windowed || window_holds(&faults[i].during, now_us, since_start_us))
            return faults[i];
    }
    return (struct policy_fault){.kind = POLICY_FAULT_NONE};
}

const char *policy_fault_text(const struct policy_fault *fault, struct arena *arena)
{
    if (fault->kind == POLICY_FAULT_STATUS)
        return arena_format(arena, "%d", fault->status);
    return POLICY_FAULT_WORDS[fault->kind];
}
