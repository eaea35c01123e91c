#!/bin/bash
# Faults as real clients meet them: they fall back to TCP, wait, give up, or go on.
# shellcheck source=server.sh
. "$(dirname "$0")/server.sh"
need dig kdig

cat > "$WORK/dns.json" << 'END'
{ "dns": { "zones": { "a.test": [ "@ MX 10 mx", "*.ok A 192.0.2.1" ] },
           "faults": [ { "name": "servfail.ok.*", "answer": "servfail" },
                       { "name": "refused.ok.*", "answer": "refused" },
                       { "name": "nxdomain.ok.*", "answer": "nxdomain" },
                       { "name": "nodata.ok.*", "answer": "nodata" },
                       { "name": "truncate.ok.*", "answer": "truncate" },
                       { "name": "delay.ok.*", "delay": "300ms" },
                       { "name": "once.ok.*", "answer": "none", "times": 1 },
                       { "name": "none.ok.*", "answer": "none" },
                       { "name": "wrong.ok.*", "answer": "wrong-id" },
                       { "name": "notcp.ok.*", "answer": "truncate" },
                       { "name": "notcp.ok.*", "answer": "tcp-refused" } ] } }
END
serve "$WORK/dns.json"
right="NOERROR
192.0.2.1"

for client in by_dig by_kdig by_ares; do
    who=${client#by_}
    same "$right" "$($client x.ok.a.test A)" "$who: no fault"
    same SERVFAIL "$($client servfail.ok.a.test A)" "$who: servfail"
    same REFUSED "$($client refused.ok.a.test A)" "$who: refused"
    same NXDOMAIN "$($client nxdomain.ok.a.test A)" "$who: nxdomain"
    same NOERROR "$($client nodata.ok.a.test A)" "$who: nodata"
    same "$right" "$($client truncate.ok.a.test A)" "$who: truncate makes it ask by TCP"
    same "$right" "$($client delay.ok.a.test A)" "$who: delay"
done
same 3 "$(grep -c '"name":"truncate.ok.a.test","type":"A","transport":"tcp"' "$LOG")" \
    "three came by TCP"
same 3 "$(grep -c '"name":"delay.ok.a.test".*"fault":"$.dns.faults\[5\]","delay":300000' "$LOG")" \
    "three were delayed"
same "$right" "$(by_dig +time=3 once.ok.a.test A)" "dig: asks again when nothing comes"
same 2 "$(grep -c '"name":"once.ok.a.test"' "$LOG")" "it asked twice"
same "" "$(dig "@127.0.0.1" -p "$PORT" +tries=1 +time=1 +noall +answer none.ok.a.test A | grep -v '^;')" \
    "dig: none"
same "" "$(dig "@127.0.0.1" -p "$PORT" +tries=1 +time=1 +noall +answer wrong.ok.a.test A | grep -v '^;')" \
    "dig: takes no answer with a wrong id"
same "" "$(dig "@127.0.0.1" -p "$PORT" +tries=1 +time=1 +noall +answer notcp.ok.a.test A | grep -v '^;')" \
    "dig: truncated, and TCP refused"
exit "$FAILED"
