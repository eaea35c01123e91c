#!/bin/bash
# A program in the place of the server under test attacks one host: endless lines and commands, output
# that is never read, rubbish in place of TLS, ten thousand connections. What another host hears, and
# at which moment, is to the event the same as without it.
. "$(dirname "$0")/../lib.sh"
need python3

cat >"$WORK/s.json" <<'J'
{
  "name": "Two hosts, of which one is attacked",
  "dns": { "zones": { "victim.test": [] } },
  "hosts": {
    "mx.victim.test": { "addresses": ["198.18.5.1"], "offers": ["PIPELINING", "SIZE 26214400", "STARTTLS", "CHUNKING"] },
    "mx.polite.test": { "latency": "20ms..300ms", "profile": "greylisting/postgrey" }
  },
  "messages": [ { "from": "ann@sender.test", "to": "bob{1..30}@polite.test", "rate": "1/5s" } ],
  "expect": [ { "to": "*@polite.test", "is": "delivered" } ]
}
J

# heard FOLDER: what the polite host heard and said, and when.
heard() {
    python3 - "$1/s/events.jsonl" <<'PY'
import json, sys
for line in open(sys.argv[1]):
    event = json.loads(line)
    if event["source"] == "mx" and "mx.polite.test" in event.get("session", "") + event.get("host", ""):
        print(event["at"], event["session"], event["kind"], event.get("verb", ""), event.get("code", ""))
PY
}

quiet() { "$MAILRANGE" run "$WORK/s.json" -o "$WORK/quiet" --capture off; }
attacked() {
    "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/attacked" --capture off -- \
        python3 "$ROOT/tests/e2e/run/hostile_inside.py" 198.18.5.1
}
expect_exit 0 "thirty messages to the polite host" quiet
attacked >"$WORK/attack.out" 2>&1
grep -q 'open files are allowed' "$WORK/attack.out" && skip "too few open files are allowed"
grep -q 'held 10000 connections' "$WORK/attack.out" && ok "ten thousand connections were open" ||
    { bad "the attack did not go on to its end"; tail -n 20 "$WORK/attack.out"; }
heard "$WORK/quiet" >"$WORK/quiet.heard"
heard "$WORK/attacked" >"$WORK/attacked.heard"
[ "$(grep -c accepted "$WORK/quiet.heard")" = 30 ] && ok "it took thirty messages" || bad "not thirty messages"
if diff -u "$WORK/quiet.heard" "$WORK/attacked.heard" >"$WORK/diff"; then
    ok "the other host hears the same at the same moments: $(wc -l <"$WORK/quiet.heard") events"
else
    bad "the attack is felt at the other host"
    head -n 30 "$WORK/diff"
fi
finish
