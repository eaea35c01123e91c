#!/bin/bash
# Killing the program at any point leaves no process, no mount and no half-written report.
. "$(dirname "$0")/../lib.sh"

mounts() { wc -l </proc/self/mountinfo; }
# Processes whose command line names this test's folder: everything of the run does. The pattern
# comes from a file, so that grep's own command line does not have it.
printf '%s' "$WORK" >"$WORK/pattern"
left() { grep -lazF -f pattern /proc/[0-9]*/cmdline 2>/dev/null; }
cd "$WORK" || exit 1

before=$(mounts)
for signal in KILL TERM INT; do
    for wait in 0.01 0.05 0.1 0.2 0.4; do
        # A shell starts its background jobs with SIGINT ignored.
        env --default-signal=INT "$MAILRANGE" up "$ROOT/scenarios/retry/greylisting.json" -o "$WORK/out" >"$WORK/log" 2>&1 &
        pid=$!
        sleep "$wait" # where it is hit does not matter: it must hold everywhere
        kill "-$signal" "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        # The kernel ends a world after the runner; it is given time, as long as it makes progress.
        for _ in $(seq 600); do
            [ -z "$(left)" ] && break
            sleep 0.05
        done
        [ -z "$(left)" ] || bad "SIG$signal after $wait s: left are $(left | xargs -n1 cat | tr '\0' ' ')"
        [ "$signal" = KILL ] && [ -e "$WORK/out/report.html" ] && bad "a report stands although the run was killed"
        rm -rf "$WORK/out"
    done
done
after=$(mounts)
[ "$before" -eq "$after" ] && ok "no mount is left" || bad "$before mounts before, $after after"
[ "$FAILED" -eq 0 ] && ok "15 killed runs left no process"

# The suite judges a case before its world is gone, but does not end before that.
for _ in 1 2 3 4 5; do
    "$MAILRANGE" run "$ROOT/scenarios/retry/greylisting.json" -q -o "$WORK/out" >"$WORK/log" 2>&1 || bad "a run fails: $(cat log)"
    [ -z "$(left)" ] || { bad "a run that has ended left a process"; break; }
done
[ "$FAILED" -eq 0 ] && ok "5 runs that ended left no process"
rm -rf "$WORK/out"

# Told to end, a run ends in order: the evidence is whole.
"$MAILRANGE" up "$ROOT/scenarios/retry/greylisting.json" -o out >log 2>&1 &
pid=$!
for _ in $(seq 600); do
    grep -qs '"kind":"ready"' out/greylisting/events.jsonl && break
    sleep 0.05
done
kill -TERM "$pid"
if wait "$pid"; then
    ok "up ends with 0 when it is told to end"
else
    bad "up ended otherwise: $(cat log)"
fi
OUTPUT=$(tail -n 1 out/greylisting/events.jsonl)
expect_text '"kind":"end","reason":"stopped"' "its event log has its end"
finish
