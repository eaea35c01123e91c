#!/bin/bash
# Programs that deliver by themselves, each in its own way: a script with smtplib and dnspython, a
# static Go program, a static C program, nodemailer. The host greylists, so each has to come again
# ten minutes later, in virtual time. What this machine has no tools for is left out.
. "$(dirname "$0")/../lib.sh"
need python3
SENDERS=$ROOT/tests/e2e/adapters/senders
CACHE=${MAILRANGE_TEST_CACHE:-$ROOT/.cache/tests}
FROM=ann@sender.test TO=bob@bigmail.test
# What it builds must be seen inside at its own path.
STAND=$(mktemp -d /var/tmp/mailrange-senders-XXXXXX)
trap 'rm -rf "$WORK" "$STAND"' EXIT

# scenario NAME MTA: the file $STAND/NAME.json.
scenario() {
    printf '{ "name": "%s", "clock": { "limit": "1d" }, %s
              "hosts": { "mx.bigmail.test": { "addresses": ["198.18.1.1"], "profile": "greylisting/postgrey" } },
              "expect": [ { "to": "%s", "is": "delivered", "copies": 1, "not-before": "5m", "within": "1h" } ] }' \
        "$1" "$2" "$TO" >"$STAND/$1.json"
}

# sends NAME WORDS...: as "mta": { "command": WORDS }.
RAN=0
sends() {
    local name=$1
    shift
    RAN=1
    scenario "$name" "\"mta\": { \"command\": $(python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$@") },"
    expect_exit 0 "$name comes again after ten minutes" \
        timeout 120 "$MAILRANGE" run "$STAND/$name.json" -o "$WORK/out"
    local times
    times=$(sed -n 's/.*"at":\([0-9]*\),"source":"mx","kind":"connect".*/\1/p' "$WORK/out/$name/events.jsonl" |
        awk 'NR == 1 { first = $1 } { printf "%s%.0f", NR == 1 ? "" : " ", ($1 - first) / 1000000 }')
    [ "$times" = "0 600" ] && ok "$name: at 0 and 600 s" || bad "$name: attempts at $times s, not at 0 and 600 s"
}

PYTHON=
for python in python3 /usr/bin/python3; do
    "$python" -c 'import dns.resolver' 2>/dev/null && PYTHON=$(command -v "$python") && break
done
if [ -n "$PYTHON" ]; then
    sends smtplib "$PYTHON" "$SENDERS/sender.py" "$FROM" "$TO"
else
    echo "skipped: no Python here has dnspython"
fi

if command -v go >/dev/null && CGO_ENABLED=0 GOFLAGS=-mod=mod GOCACHE=$CACHE/go go build -o "$STAND/sender-go" "$SENDERS/sender.go"; then
    sends go-static "$STAND/sender-go" "$FROM" "$TO"
else
    echo "skipped: no Go compiler here"
fi

if command -v cc >/dev/null && cc -O1 -static -o "$STAND/sender-c" "$SENDERS/sender.c" -lresolv 2>/dev/null; then
    sends c-static "$STAND/sender-c" "$FROM" "$TO"
else
    echo "skipped: no C compiler here that links statically"
fi

# nodemailer stands in the cache of the tests alone.
if command -v node >/dev/null && { [ -d "$CACHE/node/node_modules/nodemailer" ] ||
    { command -v npm >/dev/null && mkdir -p "$CACHE/node" &&
        npm install --silent --no-audit --no-fund --prefix "$CACHE/node" nodemailer@6 >/dev/null 2>&1; }; }; then
    ln -s "$CACHE/node/node_modules" "$STAND/node_modules"
    cp "$SENDERS/sender.mjs" "$STAND/"
    sends nodemailer "$(command -v node)" "$STAND/sender.mjs" "$FROM" "$TO"
    # Through the server under test, beside which it is run.
    scenario nodemailer-relay ''
    expect_exit 0 "nodemailer hands in at the server under test, which comes again" \
        timeout 120 "$MAILRANGE" exec "$STAND/nodemailer-relay.json" -o "$WORK/out" -- \
        "$(command -v node)" "$STAND/sender.mjs" "$FROM" "$TO" mail.sender.test
else
    echo "skipped: no node here, or npm cannot be had"
fi
[ "$RAN" -eq 1 ] || skip "none of these senders can be made here"
finish
