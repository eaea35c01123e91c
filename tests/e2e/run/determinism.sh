#!/bin/bash
# The same scenario with the same seed gives the same results and event log, byte for byte: run
# after run, in another time zone, locale and folder, and while the processors are busy.
. "$(dirname "$0")/../lib.sh"

# Without real-time scheduling, which the kernel gives to root, the order of what happens at one
# moment is settled only on a quiet machine (see README): then the results are compared, not the log.
compared=(results.json events.jsonl)
if ! chrt --rr 1 true 2>/dev/null; then
    echo "no real-time scheduling here: only the results are compared"
    compared=(results.json)
fi

busy_pids=()
end_busy() { [ ${#busy_pids[@]} -eq 0 ] || kill "${busy_pids[@]}" 2>/dev/null; busy_pids=(); }
trap 'end_busy; rm -rf "$WORK"' EXIT

# run_one NAME SCENARIO: the evidence is in $WORK/NAME
run_one() {
    "$MAILRANGE" run "$2" -q --capture off -o "$WORK/$1" >"$WORK/log" 2>&1 ||
        { bad "$1: exit $?"; tail -n 20 "$WORK/log" | sed 's/^/     | /'; }
}

# compare_with_first NAME CASE
compare_with_first() {
    local file
    for file in "${compared[@]}"; do
        if ! cmp -s "$WORK/first/$2/$file" "$WORK/$1/$2/$file"; then
            bad "$1: $2/$file differs from the first run:"
            diff "$WORK/first/$2/$file" "$WORK/$1/$2/$file" | head -n 6 | cut -c1-240 | sed 's/^/     | /'
        fi
    done
}

# repeat SCENARIO CASE TIMES
repeat() {
    local i zone
    rm -rf "$WORK/first"
    run_one first "$1"
    for i in $(seq 2 "$3"); do
        zone=$([ $((i % 3)) -eq 0 ] && echo Asia/Kathmandu || echo America/St_Johns)
        (cd / && TZ=$zone LC_ALL=C.UTF-8 run_one "folder-$i" "$1")
        compare_with_first "folder-$i" "$2"
        rm -rf "$WORK/folder-$i"
    done
    [ "$FAILED" -eq 0 ] && ok "$2: $3 runs equal"
}

repeat "$ROOT/scenarios/retry/greylisting.json" greylisting 20
repeat "$ROOT/scenarios/bounces/five-days-of-trying.json" five-days-of-trying 4
# Signed with a key of RSA, whose making draws many numbers.
repeat "$ROOT/scenarios/protocol/eight-bit-converted.json" eight-bit-converted 3
for _ in 1 2 3; do
    (while :; do :; done) &
    busy_pids+=($!)
done
repeat "$ROOT/scenarios/retry/greylisting.json" greylisting 6
repeat "$ROOT/scenarios/bounces/five-days-of-trying.json" five-days-of-trying 3
end_busy
finish
