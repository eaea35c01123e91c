#include "sim/clock/clock_shortcut.h"

#include <fcntl.h>
#include <unistd.h>

#include "sim/clock/clock_machine.h"

#include "mta-under-test/base/poison.h"

static void wish_grant(struct clock_shortcuts *shortcuts, const struct clock_memory *memory)
{
    const struct clock_wish *wish = &memory->page->wish;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", wish->pid);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    size_t offset = (size_t)shortcuts->count * CLOCK_SHORTCUT_BYTES;
    if (clock_machine_shortcut(fd, wish, wish->shim + CLOCK_SHORTCUTS_AT + offset,
                               memory->shortcuts + offset))
        shortcuts->count++;
    close(fd);
}

void clock_shortcuts_grant(struct clock_shortcuts *shortcuts, const struct clock_memory *memory)
{
    struct clock_wish *wish = &memory->page->wish;
    uint32_t state = atomic_load(&wish->state);
    if (state == CLOCK_WISH_NONE)
        return;
    /* One that is not complete now never will be: its task was ended while it wrote. */
    if (state == CLOCK_WISH_MADE && shortcuts->count < CLOCK_SHORTCUTS)
        wish_grant(shortcuts, memory);
    atomic_store(&wish->state, CLOCK_WISH_NONE);
}
