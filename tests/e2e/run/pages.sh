#!/bin/bash
# The pages that are made from the catalogue are current, and each word of the language has a
# scenario that shows it.
. "$(dirname "$0")/../lib.sh"

page() { "$MAILRANGE" list "$1" > "$WORK/$2" 2> "$WORK/errors" || bad "list $1: $(cat "$WORK/errors")"; }

page --markdown INDEX.md
expect_equal "$WORK/INDEX.md" "$ROOT/scenarios/INDEX.md" "scenarios/INDEX.md is what list --markdown prints"
page --words WORDS.md
expect_equal "$WORK/WORDS.md" "$ROOT/scenarios/WORDS.md" "scenarios/WORDS.md is what list --words prints"
words=$(grep -c '^| .[a-z0-9/-]*. | ' "$WORK/WORDS.md")
[ "$words" -gt 150 ] && ok "it has $words words" || bad "it has $words words"
expect_exit 1 "each word of the language has a scenario" grep -F '**none**' "$WORK/WORDS.md"
cat > "$WORK/alone.json" <<'JSON'
{ "name": "alone", "hosts": { "mx.a.test": { "profile": "greylisting/postgrey", "rules": [
  { "name": "door", "at": "connect", "when": { "during": "..1m" }, "then": { "reply": "421 later" } } ] } },
  "messages": [ { "id": "m", "to": "bob@a.test" } ], "expect": [ { "message": "m", "is": "delivered" } ] }
JSON
expect_exit 0 "the words of one scenario are listed" "$MAILRANGE" list --words "$WORK/alone.json"
expect_text '^\| .connect. \| .*\[alone\]\(alone.json\)' "a stage that it uses names it"
expect_text '^\| .greylist. \| .*\[alone\]\(alone.json\)' "so does a condition of its ready profile"
expect_text '^\| .quit. \| .*\*\*none\*\*' "a stage that it does not use says so"
finish
