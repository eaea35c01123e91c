/*
 * The page that the controller shares with every process of the world, and the contract between
 * the two sides. Freestanding: the shim (shim/) includes it too.
 *
 * One memory file holds the shim's code, padded to CLOCK_SHIM_BYTES, the page behind it, and behind
 * that the shortcuts' code; every process maps them side by side, so that each finds the others
 * relative to its own place.
 *
 * Who writes what. The controller alone writes `now_ns`, the log, and frees slots; it does so only
 * while the world rests. A task of the world writes its own slots. A slot is taken by a
 * compare-and-swap of its id from 0. A task that waits stores its deadline in its slot and blocks
 * without a time limit; when the clock reaches the deadline, the controller sets it to 0 and sends
 * CLOCK_SIGNAL to the task, which then sees that its time is over by comparing with `now_ns`.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CLOCK_SHIM_BYTES = 0x8000, /* room for the shim's code in front of the page */
    CLOCK_SIGNAL = 62,         /* SIGRTMAX - 2: wakes a task whose time has come */
    CLOCK_PASS = 0x4d52434b,   /* in an argument that the kernel ignores: this call is the shim's */
    CLOCK_NR_BOOT = 0x4d52,    /* no system call: a fresh program asks for the memory file */
    CLOCK_NR_DISK = 0x4d53,    /* no system call: what is wrong with a disk (clock_disk.h) */
    CLOCK_SLOTS = 8192,
    CLOCK_LOG_ENTRIES = 65536,
    CLOCK_RANDOM_STREAMS = 1024,
    CLOCK_VDSO_FUNCTIONS = 4,
    CLOCK_SHORTCUTS = 1024,       /* room for so many, see struct clock_wish */
    CLOCK_SHORTCUT_BYTES = 32,    /* code of one */
    CLOCK_TRAP_COUNTS = 256,      /* a power of two */
    CLOCK_TRAPS_BEFORE_WISH = 64, /* likewise */
    /* Added to the seconds of a socket's time limit, so that the kernel's own never ends. */
    CLOCK_SOCKET_FAR_S = 1000000000,
};

#define CLOCK_NS_PER_S 1000000000ull
/* No deadline lies behind this (the year 2262), so that sums do not overflow. */
#define CLOCK_DEADLINE_MAX_NS 9200000000000000000ull

enum clock_slot_kind {
    CLOCK_SLOT_WAIT = 1, /* a task waits; key = tid */
    CLOCK_SLOT_ITIMER,   /* alarm(), setitimer(ITIMER_REAL); key = pid */
    CLOCK_SLOT_TIMERFD,  /* key = pid of who set it, number = file descriptor */
    CLOCK_SLOT_PTIMER,   /* timer_create(); key = pid, number = timer id */
};

/* A slot's id: kind, number (24 bits, 0 if there is none), key; 0 = free. */
static inline uint64_t clock_slot_id(enum clock_slot_kind kind, uint32_t key, uint32_t number)
{
    return (uint64_t)kind << 56 | (uint64_t)(number & 0xffffffu) << 32 | key;
}

/* What a slot's owner says beside the deadline. */
struct clock_slot {
    _Atomic uint64_t interval_ns; /* 0 = fires once */
    uint64_t value;               /* CLOCK_SLOT_PTIMER: sigev_value */
    int32_t pid;
    int32_t number;     /* CLOCK_SLOT_WAIT: of the system call */
    int32_t signal;     /* CLOCK_SLOT_PTIMER: sigev_signo; 0 = none is sent */
    int32_t signal_tid; /* CLOCK_SLOT_PTIMER: the thread that gets it; 0 = the process */
};

/*
 * A trapped call costs a signal. A place in a program that makes such calls again and again is
 * changed, so that it goes to the shim directly: instead of
 *     mov $number, %eax; syscall
 * it says
 *     jmp shortcut; syscall
 * where the shortcut loads the number and the address behind the call. The shim, which may not
 * write to a program's code, wishes for it; the controller does it while the world rests, when no
 * task is between two instructions of the program.
 */
enum clock_wish_state { CLOCK_WISH_NONE, CLOCK_WISH_WRITTEN_TO, CLOCK_WISH_MADE };

struct clock_wish {
    _Atomic uint32_t state; /* enum clock_wish_state */
    int32_t pid;
    int64_t nr;      /* of the system call */
    uint64_t behind; /* address behind the `syscall` */
    uint64_t shim;   /* where the shim is mapped */
};

/* At a jump: the kernel's coarse real time and the virtual time from then on. */
struct clock_log_entry {
    uint64_t real_ns;
    uint64_t virtual_ns;
};

struct clock_page {
    _Atomic uint64_t now_ns; /* virtual CLOCK_REALTIME */
    uint64_t monotonic_ns;   /* CLOCK_MONOTONIC = now_ns - monotonic_ns */
    uint64_t start_ns;       /* now_ns at the start */
    uint64_t real_start_ns;  /* real CLOCK_REALTIME at the start */
    uint64_t seed;
    /* Of the vDSO: its length, and where its functions lie (0 = it has none): clock_gettime,
     * gettimeofday, time, getrandom. */
    uint32_t vdso_bytes;
    uint32_t vdso_offset[CLOCK_VDSO_FUNCTIONS];
    /* A disk with trouble (0 = none), by st_dev; written by the shim of whoever says so. */
    _Atomic uint64_t disk_device;
    _Atomic uint64_t disk_delay_ns; /* a flush to it takes so long */
    _Atomic uint32_t disk_errno;    /* and ends in this error, if it is not 0 */
    _Atomic uint32_t socket_limits; /* some socket has SO_RCVTIMEO or SO_SNDTIMEO */
    /* How many times a process (by the low bits of its pid) has drawn random bytes. */
    _Atomic uint32_t random_drawn[CLOCK_RANDOM_STREAMS];
    /* Traps of the calls at places of programs, by a hash of the address. */
    _Atomic uint32_t trap_counts[CLOCK_TRAP_COUNTS];
    struct clock_wish wish;
    _Atomic uint32_t slots_used; /* slots in use lie below this */
    _Atomic uint64_t slot_ids[CLOCK_SLOTS];
    _Atomic uint64_t deadlines_ns[CLOCK_SLOTS]; /* virtual; 0 = none */
    struct clock_slot slots[CLOCK_SLOTS];
    _Atomic uint32_t log_used;
    struct clock_log_entry log[CLOCK_LOG_ENTRIES];
};

/* Of the page in the memory file: whole pages. */
#define CLOCK_PAGE_BYTES ((sizeof(struct clock_page) + 4095) & ~4095ul)
/* The parts of the memory file: where the shortcuts begin, and the length of all. */
#define CLOCK_SHORTCUTS_AT (CLOCK_SHIM_BYTES + CLOCK_PAGE_BYTES)
#define CLOCK_MEMORY_BYTES (CLOCK_SHORTCUTS_AT + (size_t)CLOCK_SHORTCUTS * CLOCK_SHORTCUT_BYTES)
