#include "sim/inside/timeline.h"

#include "mta-under-test/base/time_text.h"

#include "mta-under-test/base/poison.h"

/* A call that is to be made, again and again where the entry says so. */
struct timeline_step {
    struct timeline *timeline;
    const struct scenario_event *entry;
    int64_t due_us;
    int64_t left; /* how often it is still to be made */
    bool over;
    struct event *timer;
};

struct timeline {
    struct event_base *base;
    struct event_log *log;
    timeline_act *act;
    void *context;
    struct timeline_step *steps;
    size_t step_count;
    size_t open_count;
};

static void timeline_set(const struct timeline_step *step)
{
    int64_t wait_us = step->due_us - event_log_now_us(step->timeline->log);
    if (wait_us < 0)
        wait_us = 0;
    const struct timeval wait = {wait_us / TIME_SECOND, wait_us % TIME_SECOND};
    event_add(step->timer, &wait);
}

static void timeline_on_time(evutil_socket_t fd, short what, void *context)
{
    struct timeline_step *step = context;
    (void)fd;
    (void)what;
    step->due_us += step->entry->every_us;
    if (--step->left > 0)
        timeline_set(step);
    else
        step->timeline->open_count--;
    step->timeline->act(step->timeline->context, step->entry, step->over);
}

static void timeline_add(struct timeline *timeline, const struct scenario_event *entry,
                         int64_t at_us, bool over)
{
    struct timeline_step *step = &timeline->steps[timeline->step_count++];
    *step = (struct timeline_step){
        .timeline = timeline, .entry = entry, .due_us = at_us, .left = entry->times, .over = over};
    step->timer = evtimer_new(timeline->base, timeline_on_time, step);
    timeline_set(step);
    timeline->open_count++;
}

struct timeline *timeline_new(struct event_base *base, struct event_log *log,
                              const struct scenario *scenario, timeline_act *act, void *context)
{
    struct timeline *timeline = mem_alloc(sizeof *timeline);
    *timeline = (struct timeline){.base = base, .log = log, .act = act, .context = context};
    timeline->steps = mem_alloc_array(scenario->event_count * 2, sizeof *timeline->steps);
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *entry = &scenario->timeline[i];
        timeline_add(timeline, entry, entry->at_us, false);
        if (entry->for_us >= 0)
            timeline_add(timeline, entry, entry->at_us + entry->for_us, true);
    }
    return timeline;
}

void timeline_free(struct timeline **timeline_at)
{
    struct timeline *timeline = *timeline_at;
    if (timeline == NULL)
        return;
    *timeline_at = NULL;
    for (size_t i = 0; i < timeline->step_count; i++)
        event_free(timeline->steps[i].timer);
    free(timeline->steps);
    free(timeline);
}

bool timeline_is_done(const struct timeline *timeline)
{
    return timeline->open_count == 0;
}
