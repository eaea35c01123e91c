#!/bin/bash
# The launcher builds when a source has changed, and only then: in a tree of its own, whose program
# is a script.
. "$(dirname "$0")/../lib.sh"
need cmake ninja dpkg-query

clone=$WORK/a\ clone
mkdir -p "$clone"/{cmake,sim,mta-under-test,reports,tests,packages}
cp "$ROOT/mailrange" "$clone/"
echo dpkg >"$clone/packages/build"
echo dpkg >"$clone/packages/test"
echo 'first' >"$clone/sim/program"
cat >"$clone/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(stand_in LANGUAGES NONE)
enable_testing()
add_test(NAME unit.it COMMAND cmake -E cat "${CMAKE_SOURCE_DIR}/sim/program")
add_test(NAME unit.other COMMAND cmake -E false)
add_custom_target(programs ALL COMMAND sh "${CMAKE_SOURCE_DIR}/tests/make.sh" VERBATIM)
END
cat >"$clone/tests/make.sh" <<'END'
source=$(dirname "$0")/../sim/program
if grep broken "$source"; then exit 1; fi
mkdir -p bin
printf '#!/bin/sh\necho %s "$@"\n' "$(cat "$source")" >bin/mailrange
chmod +x bin/mailrange
END

# call CODE WHAT ARGUMENT...
call() {
    local code=$1 what=$2
    shift 2
    expect_exit "$code" "$what" "$clone/mailrange" "$@"
}
no_build() {
    grep -q building <<<"$OUTPUT" && bad "$1 builds" || ok "$1 builds nothing"
}

call 0 "the first call" run 'a b'
expect_text '^mailrange: building' "it builds"
expect_text '^first run a b$' "and hands over"
call 0 "the second call" run x
no_build "the second call"
mkdir "$clone/reports/latest"
echo 1 >"$clone/reports/latest/report.html"
call 0 "after a run that left a report" run x
no_build "a report"
echo second >"$clone/sim/program"
call 0 "after a change" run x
expect_text '^mailrange: building' "it builds"
expect_text '^second run x$' "what is new"
echo third >"$clone/sim/program"
for i in 1 2 3 4; do "$clone/mailrange" run "$i" >"$WORK/call-$i" 2>&1 & done
wait
if [ "$(cat "$WORK"/call-? | grep -c building)" -eq 1 ] && [ "$(cat "$WORK"/call-? | grep -c '^third run')" -eq 4 ]; then
    ok "four calls at once build once"
else
    bad "four calls at once: $(cat "$WORK"/call-?)"
fi
call 0 "the tests by name" test '^unit.it$'
expect_text '100% tests passed' "the one passes"
call 8 "all tests" test
expect_text 'unit.other' "and the other fails"
echo broken >"$clone/sim/program"
call 4 "a build that fails" run x
expect_text 'build.log' "tells where its output is"
expect_exit 3 "a folder that cannot be made" env MAILRANGE_BUILD=/proc/none "$clone/mailrange" run x
expect_text 'MAILRANGE_BUILD' "tells what to set"
finish
