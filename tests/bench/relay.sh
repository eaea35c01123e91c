#!/bin/bash
# relay.sh [SESSIONS] [relay|accept]: how fast refmta relays mail, or only takes it, beside Postfix:
# same run, same disk, same durability, 20 sessions, 4 kB messages. The last line is JSON: {"ratio": ...,
# "processor_ratio": ..., "refmta_per_s": ..., "postfix_per_s": ...}, medians of three turns. Needs root
# (namespaces for Postfix) and Debian's postfix package, which is fetched but not installed.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BIN=${MAILRANGE_BIN:-$ROOT/build/bin}
MESSAGES=${MESSAGES:-5000}
TURNS=${TURNS:-3}
SESSIONS=${1:-20}
MODE=${2:-relay}
POSTFIX=$ROOT/.cache/postfix
fail() { echo "$1" >&2; exit 1; }

[ -x "$BIN/refmta" ] || fail "$BIN/refmta is not built"
[ "$(id -u)" = 0 ] || fail "the relay benchmark needs root: Postfix starts as root only"
if [ ! -x "$POSTFIX/usr/sbin/postfix" ]; then
    mkdir -p "$POSTFIX"
    (cd "$POSTFIX" && apt-get download postfix && dpkg -x postfix_*.deb .) >/dev/null 2>&1 ||
        fail "the package postfix cannot be had"
fi

# On a disk, and where the user of Postfix may enter.
WORK=$(mktemp -d /var/tmp/mailrange-relay-XXXXXX)
chmod 755 "$WORK"
trap 'rm -rf "$WORK"' EXIT
for _ in $(seq "$TURNS"); do
    "$ROOT/mta-under-test/refmta/bench/relay.sh" "$BIN/refmta" "$POSTFIX" "$WORK/spool" \
        "$MESSAGES" "$SESSIONS" 4096 "$MODE" | tee -a "$WORK/lines" || fail "a turn failed"
done

# median SERVER WHAT
median() {
    grep "\"server\":\"$1\"" "$WORK/lines" | sed "s/.*\"$2\":\([0-9]*\).*/\1/" | sort -n |
        sed -n "$(((TURNS + 1) / 2))p"
}
case $MODE in accept) what=accepted-per-second ;; *) what=relayed-per-second ;; esac
refmta=$(median refmta $what)
postfix=$(median postfix $what)
[ -n "$refmta" ] && [ -n "$postfix" ] || fail "a server gave no figure"
awk -v r="$refmta" -v p="$postfix" -v rp="$(median refmta processor-us)" -v pp="$(median postfix processor-us)" 'BEGIN {
    printf "{\"ratio\": %.2f, \"processor_ratio\": %.2f, \"refmta_per_s\": %d, \"postfix_per_s\": %d}\n",
        r / p, pp / rp, r, p }'
