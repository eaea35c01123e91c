#include "sim/clock/shim/shim.h"

#include <errno.h>

uint32_t shim_slot_find(uint64_t id)
{
    uint32_t used = atomic_load(&shim_page.slots_used);
    for (uint32_t i = 0; i < used; i++)
        if (atomic_load_explicit(&shim_page.slot_ids[i], memory_order_relaxed) == id)
            return i;
    return SHIM_NO_SLOT;
}

uint32_t shim_slot_take(uint64_t id)
{
    uint32_t found = shim_slot_find(id);
    if (found != SHIM_NO_SLOT)
        return found;
    for (uint32_t i = 0; i < CLOCK_SLOTS; i++) {
        uint64_t unused = 0;
        if (atomic_load_explicit(&shim_page.slot_ids[i], memory_order_relaxed) != 0 ||
            !atomic_compare_exchange_strong(&shim_page.slot_ids[i], &unused, id))
            continue;
        shim_page.slots[i].pid = (int32_t)SHIM_CALL(SYS_getpid, 0);
        uint32_t used = atomic_load(&shim_page.slots_used);
        while (used <= i && !atomic_compare_exchange_weak(&shim_page.slots_used, &used, i + 1))
            continue;
        return i;
    }
    SHIM_DIE("mailrange: more tasks and timers wait than the virtual clock can hold\n");
}

void shim_slot_release(uint32_t slot)
{
    atomic_store(&shim_page.deadlines_ns[slot], 0);
    atomic_store(&shim_page.slot_ids[slot], 0);
}

void shim_slot_forget_timers(uint32_t pid)
{
    uint32_t used = atomic_load(&shim_page.slots_used);
    for (uint32_t i = 0; i < used; i++) {
        uint64_t id = atomic_load_explicit(&shim_page.slot_ids[i], memory_order_relaxed);
        if (id >> 56 == CLOCK_SLOT_PTIMER && (uint32_t)id == pid)
            shim_slot_release(i);
    }
}

bool shim_wait(uint64_t deadline_ns, const struct shim_call *call, long *result)
{
    uint32_t tid = (uint32_t)SHIM_CALL(SYS_gettid, 0);
    uint32_t slot = shim_slot_take(clock_slot_id(CLOCK_SLOT_WAIT, tid, 0));
    /* A handler of the program may have come between an outer wait's deadline and its call. */
    uint64_t outer_ns = atomic_load(&shim_page.deadlines_ns[slot]);
    int32_t outer_number = shim_page.slots[slot].number;
    shim_page.slots[slot].number = (int32_t)call->nr;
    atomic_store(&shim_page.deadlines_ns[slot], deadline_ns);
    *result = shim_wait_call(call, &shim_page.now_ns, deadline_ns);
    shim_page.slots[slot].number = outer_number;
    atomic_store(&shim_page.deadlines_ns[slot], outer_ns);
    return *result == -EINTR && shim_now() >= deadline_ns;
}
