#!/bin/bash
# How fast a simulated host takes mail, its event log on, beside Postfix's smtp-sink: 20 sessions of
# smtp-source with 4 kB messages, both servers up, turn by turn. The last line is JSON:
# {"mx": messages a second, "smtp_sink": ..., "ratio": ...}, medians of five turns.
set -eu
BIN=${MAILRANGE_BIN:-$(cd "$(dirname "$0")/../.." && pwd)/build/bin}
MESSAGES=${MESSAGES:-20000}
WORK=$(mktemp -d)
PIDS=()
stop() {
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$WORK"
}
trap stop EXIT
[ -x "$BIN/mx-stand" ] || { echo "$BIN/mx-stand is not built" >&2; exit 1; }

# From the machine, or taken out of Debian's package without installing it.
PATH=$PATH:/usr/sbin
if ! command -v smtp-sink >/dev/null; then
    (cd "$WORK" && apt-get download postfix && dpkg -x postfix_*.deb .) >/dev/null 2>&1 ||
        { echo "smtp-sink is not installed and the package postfix cannot be had" >&2; exit 1; }
    PATH=$WORK/usr/sbin:$PATH
    export LD_LIBRARY_PATH=$WORK/usr/lib/postfix
fi

# A free port for a server that cannot choose one itself.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
user=$(id -un)
[ "$user" != root ] || user=nobody
smtp-sink -u "$user" "127.0.0.1:$port" 1000 >/dev/null 2>&1 &
PIDS+=($!)
mkfifo "$WORK/port"
"$BIN/mx-stand" -e "$WORK/events" >"$WORK/port" &
PIDS+=($!)
read -r stand <"$WORK/port"
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done

# rate PORT: messages a second
rate() {
    local began ended
    began=$(date +%s%N)
    smtp-source -d -s 20 -m "$MESSAGES" -l 4096 "127.0.0.1:$1" >/dev/null
    ended=$(date +%s%N)
    echo $((MESSAGES * 1000000000 / (ended - began)))
}

: >"$WORK/sink"
: >"$WORK/mx"
for _ in 1 2 3 4 5; do
    rate "$port" >>"$WORK/sink"
    rate "$stand" >>"$WORK/mx"
done
median() { sort -n "$1" | sed -n 3p; }
sink=$(median "$WORK/sink")
mx=$(median "$WORK/mx")
awk -v mx="$mx" -v sink="$sink" \
    'BEGIN { printf "{\"mx\": %d, \"smtp_sink\": %d, \"ratio\": %.3f}\n", mx, sink, mx / sink }'
