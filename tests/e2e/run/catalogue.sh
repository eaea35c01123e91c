#!/bin/bash
# Every shipped scenario passes with the reference server, each rule that it shows has fired, and
# the reports of the whole are written.
. "$(dirname "$0")/../lib.sh"
need python3

expect_exit 0 "the whole catalogue passes with refmta" "$MAILRANGE" run "$ROOT/scenarios" -j2 -q -o "$WORK/out"
expect_exit 0 "no scenario has a rule that never fired, nor mail that nobody asked for" python3 - "$WORK/out" <<'PY'
import json, os, sys
bad = []
for name in sorted(os.listdir(sys.argv[1])):
    path = os.path.join(sys.argv[1], name, "results.json")
    if os.path.isfile(path):
        for finding in json.load(open(path))["findings"]:
            if "never fired" in finding["text"] or "nobody asked for" in finding["text"]:
                bad.append(f'{name}: {finding["text"]}')
print("\n".join(bad))
sys.exit(bool(bad))
PY
expect_exit 0 "docs/events.md has all events and facts that were logged, and no others" \
    python3 "$ROOT/tests/lint/events.py" "$WORK/out"
for file in report.html results.json junit.xml; do
    [ -s "$WORK/out/$file" ] && ok "$file is there" || bad "$file is missing"
done
finish
