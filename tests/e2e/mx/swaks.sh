#!/bin/bash
# swaks delivers to simulated hosts: in clear, over STARTTLS and TLS, through AUTH, into a rule.
. "$(dirname "$0")/stand.sh"
need swaks

stand_start <<'JSON'
{ "mx.a.test": {
    "offers": ["PIPELINING", "SIZE 100000", "8BITMIME", "ENHANCEDSTATUSCODES", "STARTTLS", "AUTH PLAIN LOGIN"],
    "credentials": { "ann": "secret" },
    "users": ["bob", "full"],
    "rules": [
      { "name": "full", "at": "rcpt", "when": { "recipient": "full@*" }, "then": { "reply": "452 4.2.2 Over quota" } },
      { "name": "spam", "at": "data-end", "when": { "subject": "*spam*" }, "then": { "reply": ["554 5.7.1 This is", "spam"] } },
      { "name": "lost", "at": "data-end", "when": { "subject": "lost" }, "then": { "lose-reply": true } }
    ] } }
JSON
try() {
    local want=$1 what=$2
    shift 2
    expect_exit "$want" "$what" swaks --server "127.0.0.1:$PORT" --helo client.test \
        --from news@sender.test --to bob@a.test --timeout 300 "$@"
}

try 0 "plain" --header "X-Mailrange-Id: m1" --body "hello"
expect_text '<-  250 2.0.0 Ok' "accepted with an enhanced code"
try 0 "pipelined" --pipeline
try 0 "over TLS, verified" --tls --tls-verify --tls-ca-path "$WORK/ca.pem" --tls-sni mx.a.test
expect_text 'TLSv1.3' "TLS 1.3"
try 0 "logged in with LOGIN" --auth LOGIN --auth-user ann --auth-password secret
try 28 "wrong password" --auth PLAIN --auth-user ann --auth-password wrong
try 24 "unknown user" --to eve@a.test
expect_text '550 5.1.1' "550 5.1.1"
try 24 "a rule at rcpt" --to full@a.test
try 26 "a rule at the end, in two lines" --header "Subject: spam"
expect_text '554-5.7.1 This is' "first line"
try 6 "the last reply is lost" --header "Subject: lost" --header "X-Mailrange-Id: m2"

stand_stop
expect_event '"kind":"accepted".*"message":"m1".*"reply-sent":true' "m1 was accepted"
expect_event '"kind":"accepted".*"message":"m2".*"reply-sent":false' "m2 too, without a reply"
expect_event '"kind":"accepted".*"tls":"TLSv1.3"' "one came over TLS"
grep -q '^hello' "$WORK/store/mx.a.test/1.eml" && ok "stored" || bad "nothing stored"
finish
