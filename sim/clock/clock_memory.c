#include "sim/clock/clock_memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "sim/clock/clock_blob.h"
#include "sim/clock/clock_vdso.h"

#include "mta-under-test/base/poison.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3: some systems make memory files non-executable unasked */
#endif

enum { NS_PER_US = 1000, UPTIME_AT_START_S = 1000 };

static int file_make(struct err *err)
{
    int fd = memfd_create("clock", MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) /* older kernels do not know the flag, and need none */
        fd = memfd_create("clock", MFD_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "cannot make the memory file of the virtual clock");
    size_t bytes = clock_blob_bytes();
    if (ftruncate(fd, (off_t)CLOCK_MEMORY_BYTES) != 0 ||
        pwrite(fd, clock_blob, bytes, 0) != (ssize_t)bytes) {
        err_set_errno(err, "cannot fill the memory file of the virtual clock");
        close(fd);
        return -1;
    }
    return fd;
}

int clock_memory_open(struct clock_memory *memory, const struct clock_options *options,
                      struct err *err)
{
    memory->fd = file_make(err);
    if (memory->fd < 0)
        return -1;
    uint8_t *shared = mmap(NULL, CLOCK_MEMORY_BYTES - CLOCK_SHIM_BYTES, PROT_READ | PROT_WRITE,
                           MAP_SHARED, memory->fd, CLOCK_SHIM_BYTES);
    if (shared == MAP_FAILED)
        return err_set_errno(err, "cannot map the page of the virtual clock");
    struct clock_page *page = (void *)shared;
    memory->page = page;
    memory->shortcuts = shared + CLOCK_PAGE_BYTES;
    if (clock_vdso_find(page, err) != 0)
        return -1;
    page->start_ns = (uint64_t)options->start_us * NS_PER_US;
    page->real_start_ns = clock_memory_real_ns();
    page->monotonic_ns = page->start_ns - UPTIME_AT_START_S * CLOCK_NS_PER_S;
    page->seed = options->seed;
    atomic_store(&page->now_ns, page->start_ns);
    return 0;
}

uint64_t clock_memory_real_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Old jumps are told less finely: every second entry of the older three quarters goes. */
static uint32_t log_thin(struct clock_page *page, uint32_t used)
{
    uint32_t old = used / 4 * 3, kept = 0;
    for (uint32_t i = 0; i < used; i++)
        if (i >= old || i % 2 == 0)
            page->log[kept++] = page->log[i];
    return kept;
}

void clock_memory_log(struct clock_page *page)
{
    uint64_t real = clock_memory_real_ns();
    uint64_t now = atomic_load(&page->now_ns);
    uint32_t used = atomic_load(&page->log_used);
    if (used > 0 && page->log[used - 1].real_ns == real) {
        page->log[used - 1].virtual_ns = now; /* files cannot tell these two apart */
        return;
    }
    if (used == CLOCK_LOG_ENTRIES)
        used = log_thin(page, used);
    page->log[used] = (struct clock_log_entry){real, now};
    atomic_store(&page->log_used, used + 1);
}
