# Sourced by the tests of this folder: starts mailrange-dns on a free port of 127.0.0.1.
# shellcheck shell=bash
# shellcheck source=../lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

SERVER_PID=
PORT=
LOG=

# serve ARGUMENT...: starts it and waits until it says its port.
serve() {
    stop
    LOG=$WORK/events.jsonl
    : > "$WORK/port"
    "$BIN/mailrange-dns" --log "$LOG" "$@" > "$WORK/port" 2> "$WORK/errors" &
    SERVER_PID=$!
    until read -r PORT < "$WORK/port" && [ -n "$PORT" ]; do
        if ! kill -0 "$SERVER_PID" 2> /dev/null; then
            bad "the server has ended: $(cat "$WORK/errors")"
            exit 1
        fi
        sleep 0.02
    done
}

stop() {
    if [ -n "$SERVER_PID" ]; then
        kill "$SERVER_PID" 2> /dev/null
        wait "$SERVER_PID" 2> /dev/null
    fi
    SERVER_PID=
}
trap 'stop; rm -rf "$WORK"' EXIT

# same EXPECTED FOUND WHAT
same() {
    if [ "$1" = "$2" ]; then
        ok "$3"
    else
        bad "$3"
        printf 'expected:\n%s\nfound:\n%s\n' "$1" "$2" | sed 's/^/     | /'
    fi
}

# The three clients, each in one form: the RCODE, then the data of the last name's records, sorted.
by_dig() {
    dig "@127.0.0.1" -p "$PORT" +tries=2 +time=20 +noall +comments +answer "$@" | clean
}

by_kdig() {
    kdig "@127.0.0.1" -p "$PORT" +retry=1 +time=20 +noall +header +answer "$@" 2> /dev/null | clean
}

by_ares() {
    "$ARES_CLIENT" 127.0.0.1 "$PORT" "$1" "$2" | { IFS= read -r rcode; echo "$rcode"; sort; }
}

# From the output of dig and kdig; aliases on the way are left out, c-ares does not show them.
clean() {
    awk '/status: / { sub(/.*status: /, ""); sub(/;.*/, ""); sub(/,.*/, ""); print }
         !/^;/ && NF > 4 && $4 != "CNAME" { sub(/^[^ \t]+[ \t]+[0-9]+[ \t]+IN[ \t]+[A-Z]+[ \t]+/, ""); sub(/ +$/, ""); print | "sort" }'
}
