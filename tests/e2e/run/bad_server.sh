#!/bin/bash
# A server under test that fails, and a disk that fills up: told with the reason, never a hang, a
# crash, or a report that looks whole.
. "$(dirname "$0")/../lib.sh"
need python3

# A project's folder of our own, with adapters of servers that misbehave.
root=$WORK/root
mkdir -p "$root/mta-under-test/adapters"
cp -r "$ROOT/mta-under-test/adapters/refmta" "$root/mta-under-test/adapters/"
cp -r "$ROOT/fixtures" "$root/"
mkdir "$WORK/s"
cat >"$WORK/s/one.json" <<'J'
{ "name": "One message", "hosts": { "mx.a.test": { "rules": [ { "at": "rcpt", "when": { "attempt": "..2" }, "then": { "reply": "451 4.3.0 later" } } ] } },
  "messages": [ { "from": "ann@sender.test", "to": "bob@a.test" } ],
  "expect": [ { "to": "bob@a.test", "is": "delivered" } ] }
J

# adapter NAME START: JSON words of the start command
adapter() {
    local folder=$root/mta-under-test/adapters/$1
    mkdir -p "$folder"
    cp "$root"/mta-under-test/adapters/refmta/*.in "$folder/"
    python3 - "$root/mta-under-test/adapters/refmta/adapter.json" "$1" "$2" >"$folder/adapter.json" <<'PY'
import json, sys
files = json.load(open(sys.argv[1]))["files"]
print(json.dumps({"name": sys.argv[2], "about": "A server for a test.", "start": json.loads(sys.argv[3]), "port": 25,
                  "files": files}))
PY
}
run() { MAILRANGE_ROOT=$root "$MAILRANGE" run "$WORK/s/one.json" -o "$WORK/out" "$@"; }

adapter exits '["/bin/sh", "-c", "echo this is why >&2; exit 7"]'
expect_exit 1 "a server that exits at its start fails the run" run --mta exits
expect_text 'exits ended at its start with 7' "with its exit code"
expect_text 'this is why' "and the end of its log"

adapter silent '["/bin/sleep", "1000000"]'
expect_exit 1 "a server that never listens" run --mta silent
expect_text 'silent never answered on port 25' "and which port"

adapter dies '["/bin/sh", "-c", "{{programs}}/refmta --config /etc/refmta/refmta.json & sleep 400; kill -9 $!; exit 9"]'
expect_exit 1 "a server that dies in the middle" run --mta dies
expect_text 'ended by itself with status 9' "with its status"

adapter absent '["/no/such/program"]'
expect_exit 1 "a program that is not there" run --mta absent
expect_text '/no/such/program' "by its name"

printf '{ "name": "broken", "about": "x", "start": ["x"], "pakages": [] }' >"$root/mta-under-test/adapters/absent/adapter.json"
expect_exit 2 "an adapter with an unknown key" run --mta absent
expect_text 'did you mean "packages"' "and the nearest one"

if [ "$(id -u)" -eq 0 ]; then
    mkdir "$WORK/small"
    # shellcheck disable=SC2016 # the inner shell expands it
    full() {
        unshare -m sh -c 'mount -t tmpfs -o size=64k none "$1" && shift && exec "$@"' sh "$WORK/small" \
            "$MAILRANGE" run "$ROOT/scenarios/throttling/rate-limit.json" -o "$WORK/small/out"
    }
    expect_exit 4 "no space for the evidence" full
    expect_text 'No space left' "says so"
fi
finish
