#!/bin/bash
# What a run leaves behind: files that other people's tools can read.
. "$(dirname "$0")/../lib.sh"
need tshark python3

out=$WORK/out
expect_exit 0 "greylisting passes" \
    "$MAILRANGE" run "$ROOT/scenarios/retry/greylisting.json" -o "$out" --report-tap "$WORK/tap"
expect_text 'Greylisting' "the verdict names the scenario"
case=$out/greylisting
for file in "$case"/{events.jsonl,capture.pcapng,packets.tsv,results.json} \
    "$out"/{report.html,results.json,junit.xml} "$WORK/tap"; do
    [ -s "$file" ] && ok "$(basename "$file") is there" || bad "$file is missing or empty"
done

expect_exit 0 "every line of the event log is JSON with an ascending number and time" \
    python3 - "$case/events.jsonl" <<'PY'
import json, sys
last = (-1, -1)
for line in open(sys.argv[1]):
    event = json.loads(line)
    assert event["seq"] == last[0] + 1 and event["at"] >= last[1], event
    last = (event["seq"], event["at"])
assert last[0] > 20 and event["kind"] == "end", event
PY

OUTPUT=$(tshark -r "$case/capture.pcapng" -Y 'smtp && tls' 2>"$WORK/err")
expect_text 'MAIL FROM:<news@sender.test>' "tshark shows MAIL FROM inside TLS with no further option"
OUTPUT=$(tshark -r "$case/capture.pcapng" -T fields -e frame.time_epoch 2>>"$WORK/err" | sort -n | sed -n '1p;$p')
expect_exit 0 "the capture's times are virtual: the second attempt is minutes after the first" \
    python3 -c 'import sys; a, b = (float(x) for x in sys.argv[1].split()); sys.exit(not 240 < b - a < 86400)' "$OUTPUT"
expect_exit 0 "junit.xml is XML with one passed test" \
    python3 -c 'import sys, xml.etree.ElementTree as e
r = e.parse(sys.argv[1]).getroot(); c = list(r.iter("testcase")); sys.exit(not (len(c) == 1 and not list(r.iter("failure"))))' "$out/junit.xml"
OUTPUT=$(cat "$WORK/tap")
expect_text '^ok 1 ' "TAP says ok"
OUTPUT=$(grep -oE '(src|href)="(https?:)?//[^"]*"' "$out/report.html" | head -n 3)
[ -z "$OUTPUT" ] && ok "the report loads nothing from anywhere" || bad "the report refers to $OUTPUT"
finish
