#include "sim/clock/shim/shim.h"

#include <errno.h>

/* One step of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

/*
 * Each process has a stream of its own, told by the seed and its pid, so that what one draws does
 * not depend on when another draws. Processes whose pids agree in the low bits share a counter,
 * not a stream.
 */
void shim_random(uint8_t *out, size_t len)
{
    uint32_t pid = (uint32_t)SHIM_CALL(SYS_getpid, 0);
    uint32_t draw = atomic_fetch_add(&shim_page.random_drawn[pid % CLOCK_RANDOM_STREAMS], 1);
    uint64_t state = mix(mix(shim_page.seed) ^ pid) ^ mix((uint64_t)draw << 32);
    uint64_t word = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % sizeof word == 0)
            word = mix(state + i);
        out[i] = (uint8_t)(word >> i % sizeof word * 8);
    }
}

/* The kernel fills first: it knows good memory and good flags. */
long shim_sys_getrandom(const long *args)
{
    long result = SHIM_CALL(SYS_getrandom, args[0], args[1], args[2], 0, 0, CLOCK_PASS);
    if (result > 0)
        shim_random(shim_pointer(args[0]), (size_t)result);
    return result;
}

long shim_vdso_getrandom(void *out, size_t len, unsigned flags, void *state, size_t state_bytes)
{
    (void)flags;
    (void)state;
    if (state_bytes == ~(size_t)0) /* asks what state it needs: none, use the system call */
        return -ENOSYS;
    shim_random(out, len);
    return (long)len;
}
