#!/bin/bash
# A program instead of a server ("mta": { "command": [...] }): each that is installed here sends one
# message straight to a simulated host, which accepts it. The domain is the host itself, without an
# MX: these programs look up its address, and RFC 5321 5.1 lets them.
. "$(dirname "$0")/../lib.sh"

printf "From: ann@sender.test\nTo: bob@mx.bigmail.test\nSubject: Hello\n\nHello\n" >"$WORK/mail"
MAIL=$(cat "$WORK/mail")

# sends NAME WORDS-AS-JSON...
RAN=0
sends() {
    local name=$1 words
    shift
    [ "$name" = smtplib ] || command -v "$name" >/dev/null || { printf 'skipped: %s is not installed\n' "$name"; return; }
    RAN=1
    words=$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@")
    printf '{ "name": "%s", "mta": { "command": %s }, "hosts": { "mx.bigmail.test": {} },
              "expect": [ { "to": "bob@mx.bigmail.test", "is": "delivered", "copies": 1 } ] }' \
        "$name" "$words" >"$WORK/$name.json"
    expect_exit 0 "$name delivers by itself" "$MAILRANGE" run "$WORK/$name.json" -o "$WORK/out"
    grep -q '"kind":"accepted"' "$WORK/out/$name/events.jsonl" &&
        ok "$name: the host accepted it" || bad "$name: the host accepted nothing"
}

need python3
sends swaks swaks --server mx.bigmail.test --from ann@sender.test --to bob@mx.bigmail.test
sends msmtp sh -c "printf '%s\n' '$MAIL' | msmtp --host=mx.bigmail.test --from=ann@sender.test bob@mx.bigmail.test"
sends curl sh -c "printf '%s\n' '$MAIL' | curl -sS --crlf smtp://mx.bigmail.test --mail-from ann@sender.test --mail-rcpt bob@mx.bigmail.test --upload-file -"
sends smtplib /usr/bin/python3 -c "import smtplib
with smtplib.SMTP('mx.bigmail.test') as mx:
    mx.sendmail('ann@sender.test', ['bob@mx.bigmail.test'], 'Subject: Hello\r\n\r\nHello\r\n')"
[ "$RAN" -eq 1 ] || skip "none of these programs is installed"
finish
