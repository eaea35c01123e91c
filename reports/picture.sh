#!/bin/sh
# Makes docs/report.png, the picture of a report in the README, from a real run.
set -eu
cd "$(dirname "$0")/.."
scenario=${1:-scenarios/retry/greylisting.json}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
./mailrange run "$scenario" --output "$folder/run" || [ $? -eq 1 ]
chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$folder/profile" \
    --window-size=1280,1500 --screenshot="$folder/report.png" \
    "file://$folder/run/report.html" 2>"$folder/chromium.log"
mkdir -p docs
cp "$folder/report.png" docs/report.png
echo "docs/report.png is made of $scenario"
