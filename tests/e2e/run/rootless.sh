#!/bin/bash
# An ordinary user gets the same world and the same results as root.
. "$(dirname "$0")/../lib.sh"
need setpriv unshare

[ "$(id -u)" -eq 0 ] || skip "only root can become another user"
user() { setpriv --reuid=64123 --regid=64123 --clear-groups env HOME=/ "$@"; }
user unshare -Ur true 2>/dev/null || skip "user namespaces are not allowed to ordinary users here"

# The clone may lie where another user cannot enter: what runs is copied.
place=$(mktemp -d /var/tmp/mailrange-XXXXXX)
trap 'rm -rf "$WORK" "$place"' EXIT
mkdir -p "$place/build" "$place/mta-under-test"
cp -r "$BIN" "$place/build/bin"
cp -r "$ROOT/mta-under-test/adapters" "$place/mta-under-test/adapters"
cp -r "$ROOT/scenarios" "$ROOT/fixtures" "$place/"
mkdir "$place/out"
chmod -R a+rX "$place"
chown -R 64123:64123 "$place/out"

expect_exit 0 "the retry scenarios pass as user 64123" \
    user "$place/build/bin/mailrange" run "$place/scenarios/retry/greylisting.json" \
    "$place/scenarios/bounces/five-days-of-trying.json" -o "$place/out/user"
expect_exit 0 "and as root from the same place" \
    "$place/build/bin/mailrange" run "$place/scenarios/retry/greylisting.json" -q -o "$WORK/root"
expect_equal "$WORK/root/greylisting/results.json" "$place/out/user/greylisting/results.json" \
    "root's results and the user's are the same"

# With a server and one message, two programs take turns: the log too is the same, though the CPU is
# busy with others.
yes >/dev/null &
busy=$!
user "$place/build/bin/mailrange" run "$place/scenarios/retry/greylisting.json" -q -o "$place/out/first" >/dev/null
for n in 1 2 3 4 5; do
    user "$place/build/bin/mailrange" run "$place/scenarios/retry/greylisting.json" -q -o "$place/out/again" >/dev/null
    expect_equal "$place/out/first/greylisting/events.jsonl" "$place/out/again/greylisting/events.jsonl" \
        "the event log of run $n is that of the first"
done
kill "$busy"
finish
