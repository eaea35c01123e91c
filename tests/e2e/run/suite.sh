#!/bin/bash
# Several scenarios in one call: filters, side by side, shards and their merge, what failed last.
. "$(dirname "$0")/../lib.sh"
need python3

mkdir "$WORK/s"
# scenario FILE NAME TAG ATTEMPTS: one message to a host that takes it at once
scenario() {
    cat >"$WORK/s/$1.json" <<J
{ "name": "$2", "tags": ["$3"], "hosts": { "mx.a.test": {} },
  "messages": [ { "from": "ann@sender.test", "to": "bob@a.test" } ],
  "expect": [ { "to": "bob@a.test", "is": "delivered", "attempts": "$4" } ] }
J
}
scenario one "The first" quick 1
scenario two "The second" quick 1
scenario three "The third, which fails" slow 2

# passed FOLDER: the names of the passed scenarios, sorted
results() {
    python3 - "$1" <<'PY'
import json, os, sys
for name in sorted(os.listdir(sys.argv[1])):
    path = os.path.join(sys.argv[1], name, "results.json")
    if os.path.isfile(path):
        print(name, json.load(open(path))["verdict"])
PY
}

expect_exit 1 "one of three fails" "$MAILRANGE" run "$WORK/s" -j2 -o "$WORK/all"
expect_text '^2 passed, 1 failed$' "the counts"
OUTPUT=$(results "$WORK/all")
expect_text '^three failed$' "and which"
expect_exit 0 "two by their tag" "$MAILRANGE" run "$WORK/s" --tags quick -o "$WORK/tag"
expect_text '^2 passed$' "only these ran"
expect_exit 0 "all but one tag" "$MAILRANGE" run "$WORK/s" --exclude-tags slow -o "$WORK/tag"
expect_exit 0 "one by its name" "$MAILRANGE" run "$WORK/s" -g second -o "$WORK/tag"
expect_text '^1 passed$' "only that one"
expect_exit 1 "what failed last" "$MAILRANGE" run "$WORK/s" --last-failed -o "$WORK/all"
expect_text '^1 failed$' "only that one again"
expect_exit 1 "with two tries more it still fails" "$MAILRANGE" run "$WORK/s" --retries 2 -o "$WORK/all" -q
expect_exit 1 "no more after the first failure" "$MAILRANGE" run "$WORK/s/three.json" "$WORK/s/one.json" -x 1 -o "$WORK/x"
expect_text '^1 failed$' "one ran"
expect_exit 0 "each three times" "$MAILRANGE" run "$WORK/s/one.json" --repeat-each 3 -j2 -o "$WORK/repeat"
expect_text '^3 passed$' "three runs"
# A run of nothing is no success.
mkdir "$WORK/none"
expect_exit 2 "a folder without scenarios is not valid" "$MAILRANGE" validate "$WORK/none"
expect_text 'none: no scenario is in this folder' "which is said"
expect_exit 2 "no scenario has the tag" "$MAILRANGE" run "$WORK/s" --tags nosuchtag -o "$WORK/tag"
expect_text 'nothing is left of 3 scenarios by --tags nosuchtag; tags that are there: quick, slow' "with the tags that are there"
expect_exit 0 "one of two tags is mistyped" "$MAILRANGE" list "$WORK/s" --tags quik,slow
expect_text 'no scenario has the tag "quik"; did you mean "quick"' "which is told"
expect_exit 2 "no name has the word" "$MAILRANGE" run "$WORK/s" -g fourth -o "$WORK/tag"
expect_exit 2 "merge of a folder without a run" "$MAILRANGE" merge "$WORK/all" "$WORK/none" -o "$WORK/merged"
expect_text 'none: no run is here' "which one"

"$MAILRANGE" run "$WORK/s" --shard 1/2 -q -o "$WORK/shard1" >/dev/null
"$MAILRANGE" run "$WORK/s" --shard 2/2 -q -o "$WORK/shard2" >/dev/null
OUTPUT=$( (results "$WORK/shard1"; results "$WORK/shard2") | sort | tr '\n' ' ')
expect_text '^one passed three failed two passed $' "two shards are the whole, each once"
expect_exit 0 "merge" "$MAILRANGE" merge "$WORK/shard1" "$WORK/shard2" -o "$WORK/merged"
expect_exit 0 "the merged junit.xml has three scenarios and one of them fails" \
    python3 -c 'import sys, xml.etree.ElementTree as e
r = e.parse(sys.argv[1]).getroot()
cases = list(r.iter("testcase"))
failed = [c for c in cases if list(c.iter("failure"))]
sys.exit(not (len(cases) == 3 and len(failed) == 1))' "$WORK/merged/junit.xml"
expect_exit 0 "the report can be made again" "$MAILRANGE" report "$WORK/all"
expect_exit 0 "the version" "$MAILRANGE" --version
expect_text '^mailrange [0-9.]+$' "is a number"
version=${OUTPUT#mailrange }
expect_exit 0 "the report says which version made it" grep -q "<footer>Mailrange $version" "$WORK/all/report.html"
expect_exit 1 "GitHub annotations name the file" "$MAILRANGE" run "$WORK/s/three.json" --github -q -o "$WORK/x"
expect_text '^::error .*three.json' "as a workflow command"
finish
