#!/bin/bash
# How fast the simulated DNS answers, its event log on, beside NSD with the same zone: dnsperf with
# the same queries over UDP, both servers up, turn by turn. The last line is JSON:
# {"dns": answers a second, "nsd": ..., "ratio": ...}, medians of the turns.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${MAILRANGE_BIN:-$ROOT/build/bin}
SECONDS_EACH=${SECONDS_EACH:-2}
TURNS=${TURNS:-3}
WORK=$(mktemp -d)
PIDS=()
stop() {
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$WORK"
}
trap stop EXIT
[ -x "$BIN/mailrange-dns" ] || { echo "$BIN/mailrange-dns is not built" >&2; exit 1; }

# From the machine, or taken out of Debian's packages without installing them.
PATH=$PATH:/usr/sbin
for tool in nsd dnsperf; do
    command -v "$tool" >/dev/null && continue
    (cd "$WORK" && apt-get download "$tool" && dpkg -x "${tool}"_*.deb .) >/dev/null 2>&1 ||
        { echo "$tool is not installed and its package cannot be had" >&2; exit 1; }
    PATH=$WORK/usr/sbin:$WORK/usr/bin:$PATH
done

ZONE=$ROOT/fixtures/zones/bigmail.test.zone
for name in "" mx1. mx2. www. nope. x.users.; do
    for type in A MX TXT AAAA; do echo "${name}bigmail.test $type"; done
done > "$WORK/queries"

port=$(python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > "$WORK/nsd.conf" << END
server:
    ip-address: 127.0.0.1@$port
    zonesdir: "$WORK"
    database: ""
    zonelistfile: "$WORK/zone.list"
    xfrdfile: "$WORK/xfrd.state"
    xfrdir: "$WORK"
    pidfile: "$WORK/nsd.pid"
    username: ""
    server-count: 1
    rrl-ratelimit: 0
remote-control:
    control-enable: no
zone:
    name: bigmail.test
    zonefile: "$ZONE"
END
nsd -d -c "$WORK/nsd.conf" > "$WORK/nsd.log" 2>&1 &
PIDS+=($!)
"$BIN/mailrange-dns" --log "$WORK/events.jsonl" "bigmail.test=$ZONE" > "$WORK/port" 2> "$WORK/errors" &
PIDS+=($!)
for ((i = 0; i < 400; i++)); do
    [ -s "$WORK/port" ] && break
    sleep 0.05
done
read -r ours < "$WORK/port"

measure() {
    dnsperf -s 127.0.0.1 -p "$1" -d "$WORK/queries" -l "$SECONDS_EACH" -c 4 -q 100 2>/dev/null |
        awk '/Queries per second/ { print int($4) }'
}
measure "$port" > /dev/null
for ((turn = 0; turn < TURNS; turn++)); do
    measure "$port" >> "$WORK/nsd"
    measure "$ours" >> "$WORK/dns"
    : > "$WORK/events.jsonl"
done
median() { sort -n "$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
dns=$(median "$WORK/dns")
nsd=$(median "$WORK/nsd")
awk -v dns="$dns" -v nsd="$nsd" \
    'BEGIN { printf "{\"dns\": %d, \"nsd\": %d, \"ratio\": %.2f}\n", dns, nsd, dns / nsd }'
