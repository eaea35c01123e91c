#!/bin/bash
# A machine that cannot give a world ends with 3 and says what is missing and how to get it; one that
# can give it in another way does so. All in namespaces of the test's own: nothing of the host changes.
. "$(dirname "$0")/../lib.sh"
need unshare setpriv
[ "$(id -u)" -eq 0 ] || skip "only root can take things away from itself"
unshare -Ur true 2>/dev/null || skip "user namespaces are not allowed here"

HELLO=$ROOT/scenarios/basics/hello.json
run() { "$@" "$MAILRANGE" run "$HELLO" -q -o "$WORK/out"; }
without() { setpriv --bounding-set="$1" --inh-caps="$1" --ambient-caps=-all "${@:2}"; }

for missing in -sys_admin -net_admin -net_raw -sys_admin,-net_admin -sys_ptrace; do
    expect_exit 0 "root without $missing gets its world by a user namespace" run without "$missing"
done
expect_exit 3 "root that has nothing left" run without -all
expect_text 'CAP_SETFCAP.*--cap-add SYS_ADMIN' "is told what it lacks and the flags of docker"
if [ -d "$ROOT/mta-under-test/adapters/postfix" ] && "$MAILRANGE" run "$HELLO" --mta postfix -q -o "$WORK/out" >/dev/null 2>&1; then
    expect_exit 3 "a server of several users, as root without all its rights" \
        without -sys_admin "$MAILRANGE" run "$HELLO" --mta postfix -o "$WORK/out"
    expect_text 'several users.*--cap-add SYS_ADMIN' "says so"
fi

# limited NAME COMMAND...: in a user namespace in which this limit of the kernel is 0.
limited() {
    local name=$1
    shift
    # shellcheck disable=SC2016 # for the inner shell
    unshare -Ur sh -c 'echo 0 >"/proc/sys/user/$1"; shift; exec "$@"' sh "$name" "$@"
}
for kind in net pid mnt uts ipc; do
    expect_exit 3 "no $kind namespaces allowed" run limited "max_${kind}_namespaces"
    expect_text "sysctl -w user.max_${kind}_namespaces=10000" "names the setting"
done
expect_exit 3 "no user namespaces allowed, and not all that root may" \
    run limited max_user_namespaces setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin
expect_text 'run as root, or have root run: sysctl -w user.max_user_namespaces=10000' "names the setting"

# Settings of other kernels, shown by a /proc/sys/kernel of the test's own; what really refuses is
# the limit on nesting (a user namespace cannot be made by a process that has changed its root).
kernel_says() {
    local name=$1 value=$2
    shift 2
    mkdir -p "$WORK/kernel" "$WORK/jail"
    rm -f "$WORK/kernel"/*
    echo "$value" >"$WORK/kernel/$name"
    # shellcheck disable=SC2016 # for the inner shell
    unshare -m sh -c 'mount --bind "$1" /proc/sys/kernel; mount --rbind / "$2"; shift 2; exec "$@"' \
        sh "$WORK/kernel" "$WORK/jail" \
        chroot "$WORK/jail" setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"
}
expect_exit 3 "a kernel that gives no user namespaces to ordinary users" run kernel_says unprivileged_userns_clone 0
expect_text 'sysctl -w kernel.unprivileged_userns_clone=1' "names its setting"
expect_exit 3 "AppArmor restricts them" run kernel_says apparmor_restrict_unprivileged_userns 1
expect_text 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' "names its setting"
expect_exit 3 "something else refuses" run kernel_says other 1
expect_text 'lacks CAP_SYS_ADMIN.*docker run --privileged' "says what root lacks and the flags of docker"
finish
