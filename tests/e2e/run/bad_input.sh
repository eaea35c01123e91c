#!/bin/bash
# Bad input gets a message that says where and why, and the right exit code.
. "$(dirname "$0")/../lib.sh"
need python3

# reject NAME PATTERN <<< scenario
reject() {
    cat >"$WORK/bad.json"
    expect_exit 2 "$1" "$MAILRANGE" run "$WORK/bad.json" -o "$WORK/out"
    expect_text "$2" "$1: the message"
    [ -e "$WORK/out/report.html" ] && bad "$1: a report was written"
}

hosts='"hosts": { "mx.a.test": {} }'
reject "broken JSON" 'bad.json:2:[0-9]+' <<<'{ "name": "x",
  "hosts": { ]'
reject "an unknown key" 'did you mean "hosts"' <<<'{ "name": "x", "hots": {} }'
reject "a wrong type" 'name' <<<"{ \"name\": 5, $hosts }"
reject "a bad duration" 'soon' <<<"{ \"name\": \"x\", $hosts, \"clock\": { \"limit\": \"soon\" } }"
reject "a bad address" '300.1.1.1' <<<'{ "name": "x", "hosts": { "mx.a.test": { "addresses": ["300.1.1.1"] } } }'
reject "a host twice" 'mx.a.test.*twice, first on line 1' <<<'{ "name": "x", "hosts": { "mx.a.test": {}, "mx.a.test": {} } }'
reject "a reply code that is none" '799' <<<'{ "name": "x", "hosts": { "mx.a.test": { "rules": [ { "at": "rcpt", "then": { "reply": "799 no" } } ] } } }'
reject "a rule that can never fire" 'never' <<<'{ "name": "x", "hosts": { "mx.a.test": { "rules": [
  { "at": "rcpt", "then": { "reply": "451 later" } }, { "at": "rcpt", "then": { "reply": "550 no" } } ] } } }'
reject "an event that is none" 'did you mean "mx accepted"' <<<"{ \"name\": \"x\", $hosts, \"expect\": [ { \"event\": \"mx acepted\" } ] }"
reject "a rule of a host without any" 'there is none at all' <<<"{ \"name\": \"x\", $hosts, \"expect\": [ { \"host\": \"mx.a.test\", \"rule\": \"busy\" } ] }"
reject "half of a profile's name" 'did you mean "greylisting/postgrey"' <<<'{ "name": "x", "hosts": { "mx.a.test": { "profile": "postgrey" } } }'
reject "half of a model's name" 'did you mean "gmail-like"' <<<'{ "name": "x", "providers": { "p": { "model": "gmail" } }, "hosts": { "mx.a.test": { "provider": "p" } } }'
reject "a list shown by a zone that is not there" 'none of the blocklists of "policy"' <<<'{ "name": "x", "providers": { "p": { "blocklists": [
  { "name": "l", "zone": "bl.test", "traps": "t@*", "then": "junk" } ] } }, "hosts": { "mx.a.test": { "provider": "p" } } }'
reject "a missing fixture" 'nothing.eml' <<<"{ \"name\": \"x\", $hosts, \"messages\": [ { \"from\": \"a@sender.test\", \"to\": \"b@a.test\", \"file\": \"nothing.eml\" } ] }"
printf '%s' '{ "name": "x" }' | iconv -t UTF-16 >"$WORK/utf16"
reject "UTF-16" 'bad.json: is UTF-16, and JSON is UTF-8.*iconv' <"$WORK/utf16"
head -c 1000 "$MAILRANGE" >"$WORK/program"
reject "a program" 'bad.json: is a program, no text' <"$WORK/program"
reject "a comment" 'bad.json:1:15: .*found a comment' <<<'{ "name": "x" // why
}'
reject "a cycle of extend" 'extends itself: bad.json → bad.json' <<<'{ "name": "x", "extend": "bad.json" }'
reject "a matrix of a million" 'matrix: makes 1000000 runs, and at most 200' <<<"{ \"name\": \"x\", \"matrix\": {
  \"a\": [$(seq -s, 1000)], \"b\": [$(seq -s, 1000)] } }"
python3 -c 'print("[" * 10000)' >"$WORK/deep"
reject "nested 10,000 deep" 'deep|nest' <"$WORK/deep"
python3 -c 'print("{\"name\": \"" + "x" * 100_000_000 + "\"}")' >"$WORK/large"
reject "100 MB" 'at most 16 MB' <"$WORK/large"
expect_exit 2 "a file that is not there" "$MAILRANGE" run "$WORK/absent.json" -o "$WORK/out"
expect_text 'absent.json: no such file or folder' "once, in words"
expect_exit 2 "a name nearly right" "$MAILRANGE" run "$ROOT/scenarios/retry/greylist.json" -o "$WORK/out"
expect_text 'did you mean ".*/retry/greylisting.json"' "the nearest file"
expect_exit 2 "an unknown flag" "$MAILRANGE" run --sed 5
expect_text 'did you mean --seed' "the nearest flag"
expect_exit 2 "an unknown command" "$MAILRANGE" runn
expect_text 'did you mean "run"' "the nearest command"
expect_exit 2 "a flag of another command" "$MAILRANGE" validate --jobs 2 "$WORK"
expect_text '--jobs is no flag of validate; it is for run, compare' "whose it is"
expect_exit 2 "init writes no file that is called like a flag" "$MAILRANGE" init --force
expect_exit 0 "help of one command" "$MAILRANGE" merge shard1 --help
expect_text '^Usage: mailrange merge .FLAG.* DIR' "its synopsis"
expect_text '^  mailrange merge shard1 shard2 -o whole' "an example"
grep -qE -- '--(tags|jobs|seed)' <<<"$OUTPUT" && bad "flags of others" || ok "and only its flags"
expect_exit 2 "an unknown server under test" "$MAILRANGE" run "$ROOT/scenarios/retry/greylisting.json" --mta psotfix -o "$WORK/out"
expect_text 'did you mean "postfix"|psotfix' "the nearest adapter"
finish
