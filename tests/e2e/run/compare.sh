#!/usr/bin/env bash
# One scenario over two servers: matrix, page and JSON, with what differs.
source "$(dirname "$0")/../lib.sh"
need python3
[ "$(id -u)" -eq 0 ] || skip "several user ids need root"

OUT=$WORK/out
SCENARIO=$ROOT/scenarios/retry/greylisting.json
"$MAILRANGE" compare -q --mta refmta,opensmtpd -o "$OUT" "$SCENARIO" >"$WORK/said" 2>&1
code=$?
[ "$code" -eq 3 ] && skip "this machine gives no world or no packages: $(tail -1 "$WORK/said")"
[ "$code" -eq 0 ] && ok "both pass" || bad "exit $code: $(cat "$WORK/said")"
grep -Eq '^greylisting +pass +pass' "$WORK/said" && ok "the matrix is on the terminal" ||
    bad "no matrix in: $(cat "$WORK/said")"
grep -q 'delivered by mx.bigmail.test' "$OUT/compare.html" && ok "the page tells how it ended" ||
    bad "compare.html does not tell how it ended"
python3 - "$OUT/compare.json" <<'PY' && ok "compare.json has both retry schedules" || bad "compare.json"
import json, sys
compared = json.load(open(sys.argv[1]))
lines = {line["aspect"]: line for line in compared["scenarios"][0]["lines"] if line["recipient"]}
assert [server["name"] for server in compared["servers"]] == ["refmta", "opensmtpd"]
assert lines["spacing"]["servers"] == {"refmta": "5m", "opensmtpd": "6m 40s"}, lines["spacing"]
assert lines["spacing"]["differs"] and not lines["end"]["differs"]
PY
expect_exit 2 "one server is nothing to compare" "$MAILRANGE" compare --mta refmta "$SCENARIO"
finish
