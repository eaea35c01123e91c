# Sourced by the end-to-end tests: a folder of their own, checks that say what was expected, and a
# way to skip what this machine cannot do. MAILRANGE_BIN is the build's bin folder.
# shellcheck shell=bash
set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=${MAILRANGE_BIN:-$ROOT/build/bin}
MAILRANGE=$BIN/mailrange
WORK=$(mktemp -d)
FAILED=0
trap 'rm -rf "$WORK"' EXIT

# Whatever the caller's environment says must not reach the runs.
unset "${!MAILRANGE_@}" 2>/dev/null || true
export LC_ALL=C TZ=UTC

ok() { printf 'ok   %s\n' "$*"; }
bad() { printf 'FAIL %s\n' "$*"; FAILED=1; }

# skip REASON: ends the test as skipped (ctest counts 77 as that).
skip() { printf 'skipped: %s\n' "$*"; exit 77; }

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || skip "$tool is not installed"
    done
}

# expect_exit CODE WHAT COMMAND...: runs it, keeps its output in $OUTPUT.
OUTPUT=
expect_exit() {
    local want=$1 what=$2 got
    shift 2
    OUTPUT=$("$@" 2>&1)
    got=$?
    if [ "$got" -eq "$want" ]; then
        ok "$what"
    else
        bad "$what: exit $got instead of $want"
        printf '%s\n' "$OUTPUT" | tail -n 30 | sed 's/^/     | /'
    fi
}

# expect_text PATTERN WHAT: the last output has a line that matches (extended regular expression).
expect_text() {
    if grep -qE -- "$1" <<<"$OUTPUT"; then
        ok "$2"
    else
        bad "$2: nothing matches /$1/ in:"
        printf '%s\n' "$OUTPUT" | tail -n 30 | sed 's/^/     | /'
    fi
}

# expect_equal A B WHAT: two files are the same to the byte.
expect_equal() {
    if cmp -s "$1" "$2"; then
        ok "$3"
    else
        bad "$3: $1 and $2 differ:"
        diff "$1" "$2" | head -n 10 | cut -c1-300 | sed 's/^/     | /'
    fi
}

finish() {
    [ "$FAILED" -eq 0 ] && echo "all as expected"
    exit "$FAILED"
}
