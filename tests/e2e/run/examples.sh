#!/bin/bash
# What a reader copies out of the documentation is valid.
. "$(dirname "$0")/../lib.sh"
need python3

expect_exit 0 "each example of the README and of the scenario language is valid" \
    env MAILRANGE_BIN="$BIN" python3 "$ROOT/tests/e2e/run/examples.py"
finish
