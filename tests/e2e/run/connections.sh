#!/bin/bash
# How many connections the messages of one entry take: one waits five seconds at most for the next
# message, for up to ten messages; a message with "own-connection" shares with none.
. "$(dirname "$0")/../lib.sh"

# expect_connections COUNT WHAT RATE OTHER-KEYS: of eleven messages
expect_connections() {
    cat >"$WORK/rate.json" <<JSON
{
  "name": "Eleven messages, $2",
  "hosts": { "mx.bigmail.test": {} },
  "messages": [ { "to": "user{1..11}@bigmail.test", "rate": "$3"$4 } ],
  "expect": [
    { "is": "delivered", "copies": 1 },
    { "event": "submitter reply", "with": { "stage": "connect" }, "count": $1 }
  ]
}
JSON
    expect_exit 0 "$2: $1 connections" \
        "$MAILRANGE" run "$WORK/rate.json" -q --capture off -o "$WORK/out"
}

expect_connections 2 "five seconds apart" 1/5s ""
expect_connections 11 "six seconds apart" 1/6s ""
expect_connections 11 "each with its own connection" 1/5s ', "own-connection": true'
expect_connections 11 "at once, each with its own" 1000/1s ', "own-connection": true'

finish
