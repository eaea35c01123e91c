#!/bin/bash
# Any program inside: its mail goes through the simulated internet in virtual time.
. "$(dirname "$0")/../lib.sh"
need swaks dig python3

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
# Several messages of one command with one sender and recipient are messages, not copies.
cat >"$WORK/many.json" <<'J'
{
  "name": "Many messages of one command",
  "hosts": { "mx.bigmail.test": { "profile": "greylisting/postgrey" } },
  "expect": [ { "to": "bob@bigmail.test", "is": "delivered", "within": "2h", "attempts": "1.." },
              { "host": "mx.bigmail.test", "accepted": 20 } ]
}
J
cat >"$WORK/source.py" <<'P'
# As Postfix's smtp-source: many messages over few connections, alike but for their Message-ID.
import smtplib, sys
count, same, id_given = int(sys.argv[1]), sys.argv[2] == "same", sys.argv[2] != "none"
host = sys.argv[3]
for session in range(4):
    with smtplib.SMTP(host, 25) as smtp:
        for n in range(count // 4):
            number = 0 if same else session * 1000 + n
            smtp.sendmail("ann@sender.test", ["bob@bigmail.test"],
                          "From: ann@sender.test\nTo: bob@bigmail.test\nSubject: n\n"
                          + (f"Message-ID: <{number}@source.test>\n" if id_given else "") + "\nhello\n")
P
for ids in each none; do
    expect_exit 0 "20 messages of one sender to one recipient, Message-ID: $ids" \
        "$MAILRANGE" exec "$WORK/many.json" -o "$WORK/out" -- python3 "$WORK/source.py" 20 $ids mail.sender.test
done
# shellcheck disable=SC2016 # $i is for the inner shell
expect_exit 0 "swaks in a loop" "$MAILRANGE" exec "$WORK/many.json" -o "$WORK/out" -- sh -c '
    for i in $(seq 20); do
        swaks -S 3 --to bob@bigmail.test --from ann@sender.test --server mail.sender.test || exit 1
    done'
sed 's/"profile": "greylisting\/postgrey"//; s/"accepted": 20/"accepted": 4/' "$WORK/many.json" >"$WORK/plain.json"
expect_exit 1 "the same message handed to a host again and again" \
    "$MAILRANGE" exec "$WORK/plain.json" -o "$WORK/out" -- python3 "$WORK/source.py" 4 same mx.bigmail.test
expect_text 'took it again' "is a duplicate"
expect_text '0@source.test' "and the message is named"
expect_exit 1 "a command that fails fails the run" \
    "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/out" -- sh -c 'exit 3'
expect_exit 1 "a program that is not there is told" \
    "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/out" -- no-such-program
expect_text 'no-such-program' "by its name"
finish
