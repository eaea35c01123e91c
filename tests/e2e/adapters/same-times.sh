#!/bin/bash
# The attempts of servers that are not ours come at the same times in each run, also while a core of
# the machine is busy with something else: virtual time is not measured, it is counted.
. "$(dirname "$0")/../lib.sh"
BUSY=
trap '[ -z "$BUSY" ] || kill "$BUSY"; rm -rf "$WORK"' EXIT

cat >"$WORK/later.json" <<'J'
{
  "name": "Later",
  "clock": { "limit": "1d" },
  "hosts": { "mx.bigmail.test": { "addresses": ["198.18.1.1"],
    "rules": [ { "name": "later", "at": "rcpt", "then": { "reply": "451 4.3.2 later" } } ] } },
  "messages": [ { "id": "m", "from": "ann@sender.test", "to": "bob@bigmail.test" } ],
  "expect": [ { "message": "m", "is": "queued" } ]
}
J

# times MTA: those of its connections to the host, in hundredths of a second since the first.
times() {
    OUTPUT=$("$MAILRANGE" run "$WORK/later.json" --mta "$1" --capture off -o "$WORK/out" 2>&1) || return
    sed -n 's/.*"at":\([0-9]*\),"source":"mx","kind":"connect".*/\1/p' "$WORK/out/later/events.jsonl" |
        awk 'NR == 1 { first = $1 } { printf "%s%.2f", NR == 1 ? "" : " ", ($1 - first) / 1000000 }'
}

# same MTA WHAT RUNS: as many runs more, each with the times of the first.
RAN=0
same() {
    local run here
    for run in $(seq "$3"); do
        here=$(times "$1")
        [ "$here" = "$FIRST" ] || { bad "$1, $2, run $run: attempts at $here s, at first at $FIRST s"; return; }
    done
    ok "$1, $2: the same times in $3 runs more"
}

for mta in postfix exim opensmtpd; do
    FIRST=$(times "$mta")
    case $? in
    0) RAN=1 ;;
    3) printf 'skipped: %s cannot be run here\n' "$mta"; continue ;;
    *) bad "$mta: a day of 451"; continue ;;
    esac
    [ "$(wc -w <<<"$FIRST")" -ge 10 ] && ok "$mta tries again and again" || bad "$mta: attempts at $FIRST s alone"
    same "$mta" "quiet" 2
    while :; do :; done &
    BUSY=$!
    same "$mta" "one core busy" 2
    kill "$BUSY"
    BUSY=
done
[ "$RAN" -eq 1 ] || [ "$FAILED" -eq 1 ] || skip "none of these servers' packages can be had here"
finish
