# Sourced: starts mx-stand with the hosts of standard input. $PORT, $WORK/events, $WORK/ca.pem and
# $WORK/store are then there; it ends with the test.
# shellcheck shell=bash
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

STAND=
stand_stop() {
    [ -n "$STAND" ] || return 0
    kill "$STAND" 2>/dev/null
    wait "$STAND" 2>/dev/null
    STAND=
}
trap 'stand_stop; rm -rf "$WORK"' EXIT

stand_start() {
    cat >"$WORK/hosts.json"
    mkfifo "$WORK/port"
    (cd "$ROOT" && exec "$BIN/mx-stand" -p 0 -e "$WORK/events" -s "$WORK/store" -c "$WORK/ca.pem" \
        "$WORK/hosts.json") >"$WORK/port" &
    STAND=$!
    read -r PORT <"$WORK/port" || { bad "mx-stand does not start"; finish; }
    rm "$WORK/port"
}

# expect_event PATTERN WHAT: the events, which are whole once the stand has ended, have it.
expect_event() {
    if grep -qE -- "$1" "$WORK/events"; then
        ok "$2"
    else
        bad "$2: no event matches /$1/"
        tail -n 20 "$WORK/events" | cut -c1-300 | sed 's/^/     | /'
    fi
}
