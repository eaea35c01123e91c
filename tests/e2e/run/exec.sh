#!/bin/bash
# Any program inside: its mail goes through the simulated internet in virtual time.
. "$(dirname "$0")/../lib.sh"
need swaks dig

cat >"$WORK/s.json" <<'J'
{
  "name": "Mail of another program",
  "hosts": { "mx.bigmail.test": { "profile": "greylisting/postgrey" } },
  "expect": [ { "to": "bob@bigmail.test", "is": "delivered", "within": "2h" } ]
}
J
expect_exit 0 "swaks hands in a message on port 25" \
    "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/out" -- swaks --to bob@bigmail.test \
    --from ann@sender.test --server mail.sender.test
grep -q '"kind":"accepted".*bob@bigmail.test' "$WORK/out/s/events.jsonl" &&
    ok "it was delivered to the simulated host" || bad "no delivery in the event log"
expect_exit 0 "swaks on port 587" \
    "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/out" -- swaks --to bob@bigmail.test \
    --from ann@sender.test --server mail.sender.test:587
printf '{ "name": "Only hosts", "hosts": { "mx.bigmail.test": {} } }' >"$WORK/only.json"
expect_exit 0 "dig finds the MX" \
    "$MAILRANGE" exec "$WORK/only.json" -o "$WORK/out2" -v -- sh -c 'dig +short bigmail.test MX; sleep 86400; date -u +%Y'
expect_text 'mx.bigmail.test' "the command's output is shown, with the simulated MX"
expect_exit 1 "a command that fails fails the run" \
    "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/out" -- sh -c 'exit 3'
expect_exit 1 "a program that is not there is told" \
    "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/out" -- no-such-program
expect_text 'no-such-program' "by its name"
finish
