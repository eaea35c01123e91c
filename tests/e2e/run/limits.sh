#!/bin/bash
# A machine that cannot give the world: exit 3, with what is missing and how to get it. The limits
# are those of a user namespace of the test's own, so that the machine keeps its.
. "$(dirname "$0")/../lib.sh"
need unshare setpriv
unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces' 2>/dev/null ||
    skip "user namespaces are not allowed here, so none can be limited"

# limited LIMIT COMMAND...: under that limit, which is 0
limited() {
    # shellcheck disable=SC2016
    unshare -Ur sh -c 'echo 0 >"/proc/sys/user/$1" && shift && exec "$@"' sh "$@"
}
run=("$MAILRANGE" run "$ROOT/scenarios/retry/greylisting.json" -o "$WORK/out")

expect_exit 3 "no user namespaces for one without capabilities" \
    limited max_user_namespaces setpriv --bounding-set=-all --inh-caps=-all "${run[@]}"
expect_text 'sysctl -w user.max_user_namespaces' "what to set"
for kind in mnt net; do
    expect_exit 3 "no $kind namespaces" limited "max_${kind}_namespaces" "${run[@]}"
    expect_text 'cannot make a private world' "said in plain words"
done
[ -e "$WORK/out/report.html" ] && bad "a report was written" || ok "no report is written"
finish
