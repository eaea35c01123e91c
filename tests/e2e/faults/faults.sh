#!/bin/bash
# What goes wrong around the server under test: every scenario of the topic holds with the reference
# server, and with Postfix where it can be had; each fault really strikes; the report tells when.
. "$(dirname "$0")/../lib.sh"
need python3

expect_exit 0 "all faults with refmta" "$MAILRANGE" run "$ROOT/scenarios/faults" -q -o "$WORK/out"

# events FILE: what the timeline did, one "action over" a line.
events() {
    python3 - "$1" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    event = json.loads(line)
    if event["source"] == "timeline":
        print(event["action"], event["over"])
PY
}
for name in disk-full disk-slow disk-failing dns-away network-away.way-silent network-away.way-unreachable stopped-for-an-hour; do
    if [ "$(events "$WORK/out/$name/events.jsonl" | wc -l)" -eq 2 ]; then
        ok "$name: the log has its begin and its end"
    else
        bad "$name: begin and end of the fault are not both in the log"
    fi
done
grep -q 'network-down silent' "$WORK/out/report.html" && ok "the report's timeline has the outage" ||
    bad "the report does not tell of the outage"
grep -q '"rcode":"","answers":0.*"fault":"$.timeline\[0\]"' "$WORK/out/dns-away/events.jsonl" &&
    ok "unanswered queries name the entry" || bad "no unanswered query names the entry"

expect_exit 0 "a slow disk in real time is not applicable" \
    "$MAILRANGE" run "$ROOT/scenarios/faults/disk-slow.json" --clock real -o "$WORK/real"
expect_text 'a slow or failing disk needs the virtual clock' "and says why"

# A program that writes to the disk of the queue and sends one message when it could not.
cat >"$WORK/full.json" <<'J'
{
  "name": "A full disk, seen by a program",
  "hosts": { "mx.bigmail.test": {} },
  "timeline": [ { "at": "10s", "do": "disk-full", "leaves": "64kB", "for": "1m" } ],
  "expect": [ { "to": "*", "is": "delivered", "level": "info" } ]
}
J
cat >"$WORK/full.py" <<'P'
import errno, time
def room():
    try:
        with open("/var/spool/probe", "wb", buffering=0) as file:
            return sum(file.write(b"x" * 4096) for _ in range(64))
    except OSError as error:
        assert error.errno == errno.ENOSPC, error
        return -1
assert room() == 262144
time.sleep(30)
import os; os.unlink("/var/spool/probe")
assert room() == 262144, "what was deleted is free again"
with open("/var/spool/more", "wb", buffering=0) as file:
    try:
        for n in range(1000): file.write(b"x" * 4096)
        assert False, "4 MB fit on a full disk"
    except OSError as error:
        assert error.errno == errno.ENOSPC, error
        assert n == 16, n
time.sleep(60)
with open("/var/spool/more", "ab", buffering=0) as file:
    assert sum(file.write(b"x" * 4096) for _ in range(64)) == 262144
P
expect_exit 0 "a disk is full to the byte, has what is deleted back, and grows again" \
    "$MAILRANGE" exec "$WORK/full.json" -o "$WORK/exec" -- python3 "$WORK/full.py"

if [ "$(id -u)" -eq 0 ] && "$MAILRANGE" run "$ROOT/scenarios/basics/hello.json" --mta postfix -q -o "$WORK/hello" >/dev/null 2>&1; then
    expect_exit 0 "all faults with Postfix" "$MAILRANGE" run "$ROOT/scenarios/faults" --mta postfix -q -o "$WORK/postfix"
else
    printf 'skipped: Postfix cannot be had here\n'
fi
finish
