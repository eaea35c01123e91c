#!/bin/bash
# A server whose own clock is wrong (libfaketime, in its processes alone) stamps wrong times, and the
# world around it goes on in its own time.
. "$(dirname "$0")/../lib.sh"
[ -e /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 ] || skip "libfaketime is not installed"

cat >"$WORK/fast.json" <<'J'
{ "name": "A server eleven minutes ahead",
  "clock": { "start": "2026-03-02T09:00:00Z" },
  "mta": { "clock": { "skew": "+11m" } },
  "hosts": { "mx.a.test": { "profile": "greylisting/postgrey" } },
  "messages": [ { "from": "ann@sender.test", "to": "bob@a.test" } ],
  "expect": [ { "to": "bob@a.test", "is": "delivered", "within": "2h", "attempts": "2.." } ] }
J
expect_exit 0 "it retries after a greylisting as any other" "$MAILRANGE" run "$WORK/fast.json" -o "$WORK/out"
OUTPUT=$(cat "$WORK"/out/fast/store/mx.a.test/*.eml)
expect_text 'Mon, 02 Mar 2026 09:11:[0-9]{2} \+0000' "its Received line is eleven minutes ahead"
OUTPUT=$(grep '"kind":"start"' "$WORK/out/fast/events.jsonl")
expect_text '2026-03-02T09:00:00Z' "the world began at nine"
sed -i 's/+11m/-2h/' "$WORK/fast.json"
expect_exit 0 "a clock two hours late" "$MAILRANGE" run "$WORK/fast.json" -o "$WORK/out"
OUTPUT=$(cat "$WORK"/out/fast/store/mx.a.test/*.eml)
expect_text 'Mon, 02 Mar 2026 07:00:[0-9]{2} \+0000' "stamps two hours less"
finish
