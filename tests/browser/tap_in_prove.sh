#!/bin/sh
# Gives the TAP of the runs in tests/fixtures to Perl's prove, which must see each failure, and no
# breach of the format.  tap_in_prove.sh MAKE_REPORT
set -eu

make_report=$1
if ! command -v prove >/dev/null; then
    echo "skipped: no prove on this machine (apt-get install perl)"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$make_report" "$folder" tests/fixtures/runs/greylisting tests/fixtures/runs/hostile
if prove -e cat "$folder/report.tap" >"$folder/said" 2>&1; then
    echo "both runs failed, prove saw none:"
    cat "$folder/said"
    exit 1
fi
if ! grep -q 'Failed 2/2 subtests' "$folder/said" || grep -q 'Parse errors' "$folder/said"; then
    cat "$folder/said"
    exit 1
fi
