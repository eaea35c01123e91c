#!/bin/bash
# What the adapters' README promises: a folder with an adapter.json and a template makes a server of
# one's own run, here a small one in Python that knows nothing of the range.
. "$(dirname "$0")/../lib.sh"
need /usr/bin/python3

mkdir -p "$WORK/root/mta-under-test/adapters"
cp -r "$ROOT/tests/e2e/adapters/mini" "$WORK/root/mta-under-test/adapters/mini"
cp -r "$ROOT/fixtures" "$WORK/root/fixtures"
chmod -R a+rX "$WORK"
export MAILRANGE_ROOT=$WORK/root

# Seconds of the connections to the host, from the first on.
attempts() { sed -n 's/.*"at":\([0-9]*\),"source":"mx","kind":"connect".*/\1/p' "$1" |
    awk 'NR == 1 { first = $1 } { printf "%s%.0f", NR == 1 ? "" : " ", ($1 - first) / 1000000 }'; }

# greylisting NAME MTA-SETTINGS TIMES: the mail comes through at the times that the server was told.
greylisting() {
    printf '{ "name": "Grey", "mta": { "settings": {%s} },
              "hosts": { "mx.bigmail.test": { "profile": "greylisting/postgrey" } },
              "messages": [ { "id": "m", "from": "ann@sender.test", "to": "bob@bigmail.test" } ],
              "expect": [ { "message": "m", "is": "delivered", "copies": 1 } ] }' "$2" >"$WORK/$1.json"
    expect_exit 0 "$1: mail crosses greylisting" \
        "$MAILRANGE" run "$WORK/$1.json" --mta mini -o "$WORK/out"
    local times
    times=$(attempts "$WORK/out/$1/events.jsonl")
    [ "$times" = "$3" ] && ok "$1: attempts at $3 s" || bad "$1: attempts at $times s, not at $3"
    grep -q '"source":"mta","kind":"log","status":"sent"' "$WORK/out/$1/events.jsonl" &&
        ok "$1: its log's lines are events" || bad "$1: its log gave no event"
}

greylisting own-schedule '' '0 600'
greylisting told-schedule '"retry": "2m"' '0 120 240 360'
grep -q '"source":"mta","kind":"queue","name":"mini","status":0,"lines":2' "$WORK/out/told-schedule/events.jsonl" &&
    [ "$(cat "$WORK/out/told-schedule/queue.txt")" = $'first\nsecond' ] &&
    ok "its queue is listed before the end" || bad "its queue was not listed"
expect_exit 2 "an unknown adapter is told with the nearest name" \
    "$MAILRANGE" run "$WORK/own-schedule.json" --mta mimi -o "$WORK/out2"
expect_text 'mini' "the nearest name"
finish
