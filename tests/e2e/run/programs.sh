#!/bin/bash
# Programs of every make live in virtual time: dynamic and static C, Go, Python, the shell. Each sleeps
# for a day and says how long that was by its own clock; no test takes a day.
. "$(dirname "$0")/../lib.sh"

printf '{ "name": "Only hosts", "hosts": { "mx.a.test": {} } }' >"$WORK/only.json"
cat >"$WORK/day.c" <<'C'
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(void)
{
    time_t start = time(NULL);
    sleep(86400);
    printf("slept %ld\n", (long)(time(NULL) - start));
    return 0;
}
C
cat >"$WORK/day.go" <<'G'
package main

import (
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	done := make(chan bool)
	go func() { time.Sleep(24 * time.Hour); done <- true }()
	<-done
	fmt.Printf("slept %d\n", int(time.Since(start).Seconds()))
}
G

# day WHAT COMMAND...
day() {
    local what=$1
    shift
    expect_exit 0 "$what ends" "$MAILRANGE" exec "$WORK/only.json" -o "$WORK/out" -- "$@"
    expect_text '^slept 8640[01]$' "$what slept for a day"
}

cc=$(command -v cc || command -v gcc || true)
if [ -n "$cc" ]; then
    "$cc" -o "$WORK/dynamic" "$WORK/day.c" && day "a dynamic C program" "$WORK/dynamic"
    "$cc" -static -o "$WORK/static" "$WORK/day.c" 2>/dev/null && day "a static C program" "$WORK/static"
fi
if command -v go >/dev/null; then
    (cd "$WORK" && HOME=$WORK GO111MODULE=off CGO_ENABLED=0 go build -o day-go day.go) &&
        day "a static Go program" "$WORK/day-go"
else
    echo "no Go compiler here: not tried"
fi
if command -v python3 >/dev/null; then
    day "Python" python3 -c 'import time; a = time.time(); time.sleep(86400); print("slept %d" % (time.time() - a))'
fi
# shellcheck disable=SC2016 # the inner shell expands it
day "the shell" sh -c 'a=$(date +%s); sleep 86400; echo "slept $(( $(date +%s) - a ))"'
finish
