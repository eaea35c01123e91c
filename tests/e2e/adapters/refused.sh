#!/bin/bash
# What virtual time cannot serve is refused with its name and the reason: a 32-bit program, one with a
# strict seccomp filter of its own, one under strace or gdb. In real time each of them runs.
. "$(dirname "$0")/../lib.sh"

PLACE=$(mktemp -d /var/tmp/mailrange-refused-XXXXXX)
trap 'rm -rf "$WORK" "$PLACE"' EXIT
cd "$PLACE" || exit 1
printf '{ "name": "Nothing", "hosts": { "mx.bigmail.test": {} } }' >nothing.json
RAN=0

# refused CODE PATTERN WHAT COMMAND...
refused() {
    local code=$1 pattern=$2 what=$3
    shift 3
    RAN=1
    expect_exit "$code" "$what is refused" timeout 300 "$MAILRANGE" exec nothing.json -o "$WORK/out" -- "$@"
    expect_text "$pattern" "$what: the reason"
}

# shellcheck disable=SC2016 # an assembler's dollars
if command -v as >/dev/null && command -v ld >/dev/null && printf '.globl _start\n_start: mov $1,%%eax\nxor %%ebx,%%ebx\nint $0x80\n' |
    as --32 -o old.o - 2>/dev/null && ld -m elf_i386 -o old-program old.o 2>/dev/null; then
    # Some kernels run no 32-bit programs at all.
    if ./old-program 2>/dev/null; then
        refused 1 'old-program \(process [0-9]+\) is no 64-bit program for x86-64' "a 32-bit program" \
            ./old-program
        expect_exit 0 "a 32-bit program runs in real time" \
            "$MAILRANGE" exec nothing.json --clock real -o "$WORK/out" -- ./old-program
    fi
fi

cat >filter.c <<'C'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Lets pass what it calls itself, and nothing else. */
int main(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_nanosleep, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof rules / sizeof rules[0], rules};
    const struct timespec wait = {1, 0};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    nanosleep(&wait, NULL);
    _exit(0);
}
C
if command -v cc >/dev/null && cc -o strict filter.c 2>/dev/null; then
    refused 1 'strict ended with 159 .*seccomp filter of its own' "a strict seccomp filter" ./strict
    expect_exit 0 "a strict seccomp filter runs in real time" \
        "$MAILRANGE" exec nothing.json --clock real -o "$WORK/out" -- ./strict
fi

# traced COMMAND...
traced() {
    command -v "$1" >/dev/null || return
    RAN=1
    OUTPUT=$(timeout 60 "$MAILRANGE" exec nothing.json -o "$WORK/out" -- "$@" 2>&1)
    expect_text "$1 \(process [0-9]+\) wants to trace a program" "$1 is refused with the reason"
}
traced strace -o /dev/null true
traced gdb -batch -ex run --args /bin/true
[ "$RAN" -eq 1 ] || skip "nothing to make such programs with is installed"
finish
