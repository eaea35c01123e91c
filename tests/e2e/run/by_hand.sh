#!/bin/bash
# Work by hand: a shell and an internet that stays up tell what is there, and where the report is;
# --watch runs again when a scenario changes.
. "$(dirname "$0")/../lib.sh"
need dig openssl

cat >"$WORK/lesson.json" <<'J'
{ "name": "A lesson", "hosts": { "mx.school.test": {} },
  "messages": [ { "to": "bob@school.test" } ],
  "expect": [ { "to": "bob@school.test", "is": "delivered" } ] }
J
# shellcheck disable=SC2016 # for the inner shell
expect_exit 0 "a shell ends with what was typed into it" sh -c '
    printf "%s\n" "dig +short school.test MX" \
        "printf \"QUIT\r\n\" | openssl s_client -starttls smtp -connect mx.school.test:25 -quiet" exit |
        SHELL=/bin/sh "$1" shell "$2" -o "$3"' sh "$MAILRANGE" "$WORK/lesson.json" "$WORK/out"
expect_text 'openssl s_client -starttls smtp -connect mx.school.test:25' "it says what one can try"
expect_text '10 mx.school.test.' "dig finds the simulated MX"
expect_text '^221 ' "openssl holds a dialogue with the host"
expect_text 'report: .*/out/report.html' "it says where the report is"
[ -s "$WORK/out/report.html" ] && ok "which is there" || bad "there is no report"
expect_exit 2 "a flag of suites means nothing there" "$MAILRANGE" shell "$WORK/lesson.json" --shard 1/2
expect_text '--shard is no flag of shell; it is for run, list' "and is refused in words"
OUTPUT=$("$MAILRANGE" help shell)
grep -q -- --shard <<<"$OUTPUT" && bad "help lists it" || ok "help does not list it"

"$MAILRANGE" up "$WORK/lesson.json" -o "$WORK/up" >"$WORK/up.log" 2>&1 &
up=$!
until grep -q '"kind":"delivered"\|"source":"mx","kind":"accepted"' "$WORK/up/lesson/events.jsonl" 2>/dev/null || ! kill -0 $up 2>/dev/null; do sleep 0.1; done
kill -INT $up
wait $up
OUTPUT=$(cat "$WORK/up.log")
expect_text 'Ctrl-C ends it and makes the report' "up says how to end it"
expect_text 'report: .*/up/report.html' "and makes the report then"

expect_exit 0 "init writes a scenario" "$MAILRANGE" init "$WORK/new.json"
expect_exit 0 "which passes as it is" "$MAILRANGE" run "$WORK/new.json" -q -o "$WORK/new"
expect_exit 2 "init overwrites nothing" "$MAILRANGE" init "$WORK/new.json"

# Each line of the log is one run: the second comes by itself.
"$MAILRANGE" run --watch "$WORK/lesson.json" -o "$WORK/watch" >"$WORK/watch.log" 2>&1 &
watch=$!
until grep -q 'watching for changes' "$WORK/watch.log" || ! kill -0 $watch 2>/dev/null; do sleep 0.1; done
sed -i 's/A lesson/Another lesson/' "$WORK/lesson.json"
until grep -q 'Another lesson' "$WORK/watch.log" || ! kill -0 $watch 2>/dev/null; do sleep 0.1; done
kill -INT $watch
wait $watch
got=$?
OUTPUT=$(cat "$WORK/watch.log")
expect_text 'PASSED A lesson' "watch runs the scenario"
expect_text 'PASSED Another lesson' "and again when it has changed"
[ $got -eq 0 ] || [ $got -eq 130 ] && ok "Ctrl-C ends it" || bad "it ended with $got"
finish
