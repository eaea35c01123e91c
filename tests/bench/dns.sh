#!/bin/bash
# dns.sh [nsd|knot]: how fast the simulated DNS answers, its event log on, beside NSD or Knot with the
# same zone: dnsperf with the same queries over UDP, both servers up, turn by turn. The last line is
# JSON: {"dns": answers a second, "nsd" or "knot": ..., "ratio": ...}, medians of the turns.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=../e2e/dns/peers.sh
. "$ROOT/tests/e2e/dns/peers.sh"
PEER=${1:-nsd}
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
PATH=$WORK/usr/sbin:$WORK/usr/bin:$PATH
for package in "$PEER" dnsperf; do
    tool=${package/%knot/knotd}
    command -v "$tool" >/dev/null && continue
    (cd "$WORK" && apt-get download "$package" && dpkg -x "${package}"_*.deb .) >/dev/null 2>&1 ||
        { echo "$tool is not installed and its package cannot be had" >&2; exit 1; }
done

ZONE=$ROOT/fixtures/zones/bigmail.test.zone
for name in "" mx1. mx2. www. nope. x.users.; do
    for type in A MX TXT AAAA; do echo "${name}bigmail.test $type"; done
done > "$WORK/queries"

port=$(python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start_name_server "$PEER" "$port" "$WORK" "bigmail.test=$ZONE"
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
    measure "$port" >> "$WORK/peer"
    measure "$ours" >> "$WORK/dns"
    : > "$WORK/events.jsonl"
done
median() { sort -n "$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
dns=$(median "$WORK/dns")
peer=$(median "$WORK/peer")
awk -v dns="$dns" -v peer="$peer" -v name="$PEER" \
    'BEGIN { printf "{\"dns\": %d, \"%s\": %d, \"ratio\": %.2f}\n", dns, name, peer, dns / peer }'
