#!/bin/sh
# Opens the report of the runs in tests/fixtures in headless Chromium, from disk, and looks at what a
# person would see.  report_in_browser.sh MAKE_REPORT
set -eu

make_report=$1
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$chromium" ]; then
    echo "skipped: no chromium on this machine (apt-get install chromium)"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# $1: what stands behind the page's address. The page as it is after its script has run.
dom() {
    timeout 150 "$chromium" --headless --no-sandbox --disable-gpu --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --disable-dev-shm-usage --user-data-dir="$folder/profile" --virtual-time-budget=5000 \
        --dump-dom "file://$folder/report.html$1" 2>"$folder/errors" >"$folder/dom" || true
    if ! grep -q '</html>' "$folder/dom"; then
        echo "skipped: this chromium shows no page: $(tail -n 1 "$folder/errors")"
        exit 77
    fi
}

failures=0
must() {
    if ! grep -qF -- "$1" "$folder/dom"; then
        echo "the page should have: $1"
        failures=$((failures + 1))
    fi
}
must_not() {
    if grep -qF -- "$1" "$folder/dom"; then
        echo "the page should not have: $1"
        failures=$((failures + 1))
    fi
}

"$make_report" "$folder" tests/fixtures/runs/greylisting tests/fixtures/runs/hostile
dom ''
must '0 of 2 scenarios passed, 2 failed</h1>'
must 'Greylisting accepts the second attempt</h2>'
must 'delivered after 12m 0s'
# The script ran: what only it can use is shown.
must '<div class="toolbar" role="search">'
# For keys and for those who hear the page: a way past the head, buttons that submit nothing, a
# caption for each table.
must '<a class="skip" href="#scenarios">'
must_not '<button data-do'
tables=$(grep -oE '<table[^>]*>(<caption)?' "$folder/dom" | grep -vc '<caption' || true)
if [ "$tables" -ne 0 ]; then
    echo "$tables tables have no caption"
    failures=$((failures + 1))
fi
# A hostile server's texts did nothing.
must '<title>0 of 2 scenarios passed'
must_not '<title>owned'

# A deep link unfolds what it points to.
dom '#retry-greylisting/session-2'
must '<details class="ladder-of" id="retry-greylisting/session-2" open="">'
must_not '<details class="ladder-of" id="retry-greylisting/session-1" open="">'
must 'Greylisted, please come back in 60 seconds'

# The replay stands where the link says: the step is marked, its session open, the cursor in the chart.
dom '#retry-greylisting/step-50'
must 'data-seq="50"'
must ' now" data-at='
must 'step '
must '<path class="cursor" d="M'
must_not '<div class="replay" role="group" aria-label="Replay of the run" hidden'

# One run alone: nothing to filter, its ladder unfolded.
"$make_report" "$folder" tests/fixtures/runs/greylisting
dom ''
must 'Failed: 1 of 7 checks</h1>'
must_not 'class="toolbar"'
must 'id="retry-greylisting/session-3" open="">'

exit $((failures > 0))
