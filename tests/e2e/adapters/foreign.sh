#!/bin/bash
# Servers that are not ours cross greylisting at exactly the times that their documentation promises,
# and do so again in a second run. Times are seconds from the first connection to the host.
. "$(dirname "$0")/../lib.sh"

cat >"$WORK/grey.json" <<'J'
{
  "name": "Grey",
  "hosts": { "mx.bigmail.test": { "addresses": ["198.18.1.1"], "profile": "greylisting/postgrey" } },
  "messages": [ { "id": "m", "from": "ann@sender.test", "to": "bob@bigmail.test" } ],
  "expect": [ { "message": "m", "is": "delivered", "copies": 1 } ]
}
J

attempts() { sed -n 's/.*"at":\([0-9]*\),"source":"mx","kind":"connect".*/\1/p' "$1" |
    awk 'NR == 1 { first = $1 } { printf "%s%.0f", NR == 1 ? "" : " ", ($1 - first) / 1000000 }'; }

# promised MTA TIMES: two runs, each with attempts at those times.
RAN=0
promised() {
    local mta=$1 want=$2 run times
    for run in 1 2; do
        OUTPUT=$("$MAILRANGE" run "$WORK/grey.json" --mta "$mta" -o "$WORK/$mta$run" 2>&1)
        case $? in
        0) RAN=1 ;;
        3) printf 'skipped: %s: %s\n' "$mta" "$(tail -n 5 <<<"$OUTPUT" | tr '\n' ' ')"; return ;;
        *) bad "$mta, run $run: the mail did not cross greylisting"
            tail -n 20 <<<"$OUTPUT" | sed 's/^/     | /'; return ;;
        esac
        times=$(attempts "$WORK/$mta$run/grey/events.jsonl")
        [ "$times" = "$want" ] && ok "$mta, run $run: attempts at $want s" ||
            bad "$mta, run $run: attempts at $times s; its documentation promises $want s"
    done
}

# postconf(5): minimal_backoff_time 300 s, looked for each queue_run_delay of 300 s.
promised postfix '0 300'
# The retry rule F,2h,15m.
promised exim '0 900'
# smtpd.conf(5): the wait grows as 400 s times the square of the number of tries.
promised opensmtpd '0 400'
# Debian starts its queue runner each ten minutes (-q10m, QUEUE_INTERVAL of /etc/mail/sendmail.conf).
promised sendmail '0 600'
# Handed in by its command. Its process waits five minutes; /etc/cron.d/dma also starts dma -q then.
promised dma '0 300'
# It waits 1, 5, 10, then 20 minutes, with up to a minute of chance on top, which the seed decides.
promised chasquid '0 90 396'
[ "$RAN" -eq 1 ] || [ "$FAILED" -eq 1 ] || skip "none of these servers' packages can be had here"
finish
