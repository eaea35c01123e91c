#!/bin/bash
# An adapter, or a server, that is wrong: each gets a message that says what and where, and the exit
# code that fits. Each is the small server of these tests with one thing changed.
. "$(dirname "$0")/../lib.sh"
need /usr/bin/python3

ADAPTERS=$WORK/root/mta-under-test/adapters
mkdir -p "$ADAPTERS"
cp -r "$ROOT/fixtures" "$WORK/root/fixtures"
export MAILRANGE_ROOT=$WORK/root
cat >"$WORK/hello.json" <<'J2'
{ "name": "Hello", "hosts": { "mx.bigmail.test": {} },
  "messages": [ { "id": "m", "from": "ann@sender.test", "to": "bob@bigmail.test" } ],
  "expect": [ { "message": "m", "is": "delivered" } ] }
J2

# wrong NAME CODE PATTERN WHAT: runs with the adapter NAME, which `change` has made.
wrong() {
    chmod -R a+rX "$WORK"
    expect_exit "$2" "$4" timeout 120 "$MAILRANGE" run "$WORK/hello.json" --mta "$1" -o "$WORK/out"
    expect_text "$3" "$4: the message"
}

# change NAME PYTHON: a copy of the small server's folder, with adapter.json changed as data `a`.
change() {
    rm -rf "${ADAPTERS:?}/$1"
    cp -r "$ROOT/tests/e2e/adapters/mini" "$ADAPTERS/$1"
    python3 - "$ADAPTERS/$1/adapter.json" "$1" "$2" <<'P'
import json, sys
a = json.load(open(sys.argv[1]))
a["name"] = sys.argv[2]
exec(sys.argv[3])
json.dump(a, open(sys.argv[1], "w"), indent=1)
P
}

change missing 'a["files"]["/etc/x"] = {"template": "gone.in"}'
wrong missing 2 'adapter.json:[0-9]+: \$.*template: no such file: .*gone\.in' "a template that is not there"

change form 'a["files"]["/etc/x"] = {"form": "sqlite"}'
wrong form 2 'adapter.json:[0-9]+: \$.*form: a form is for a file that is made from a "template"' "a form without a template"

change sql 'a["files"]["/etc/x.sqlite"] = {"template": "mini.py.in", "form": "sqlite"}'
wrong sql 2 '/etc/x\.sqlite: expected statements of SQL that make a database: unrecognized token' "SQL that is none"

change placeholder ''
printf '# {{hostnam}}\n' >>"$ADAPTERS/placeholder/mini.py.in"
wrong placeholder 2 'mini\.py\.in:[0-9]+: .*hostnam' "a name that templates do not have"

change word 'a["start"].append("{{porgrams}}")'
wrong word 2 'adapter\.json: .*porgrams|adapter\.json:[0-9]+: .*porgrams' "a name that commands do not have"

change command 'a["start"] = ["/usr/local/sbin/nothing-here"]'
wrong command 1 'nothing-here: cannot be started .*No such file' "a command that does not exist"

change before 'a["before-start"] = [["/bin/sh", "-c", "echo no such luck; exit 4"]]'
wrong before 1 'failing before-start with 4' "a command before the start that fails"
expect_text '^no such luck' "a command before the start that fails: its output"

change deaf 'a["port"] = 2525; a["start"] = ["/bin/sh", "-c", "echo on port 25, not there; exec /usr/local/sbin/mini"]'
wrong deaf 1 'never answered on port 2525; the end of its log:' "a server that never greets"
expect_text '^on port 25, not there' "a server that never greets: its log"

change taken 'a["before-start"] = [["/bin/sh", "-c", "(exec /usr/bin/python3 -c \"import socket, time; s = socket.create_server((str(), 25), family=socket.AF_INET6, dualstack_ipv6=True); print(chr(103), flush=True); time.sleep(1e6)\" &) | head -c 1"]]'
wrong taken 1 'port 25 is in use inside the world' "a port that is in use inside the world"

change package 'a["packages"] = ["no-such-package-here"]'
MAILRANGE_CACHE=$WORK/cache wrong package 3 'no-such-package-here' "a package that cannot be had"

need ip
change address 'a["before-start"] = [["/sbin/ip", "address", "add", "192.0.2.77/24", "dev", "eth0"]]'
wrong address 1 'has changed its addresses: 192\.0\.2\.77 is new' "a server that changes its own address"

change later 'a["start"] = ["/bin/sh", "-c", "(sleep 60; ip address add 192.0.2.78/24 dev lo; ip address add 192.0.2.79/24 dev eth0) & exec /usr/local/sbin/mini"]'
wrong later 1 'has changed its addresses: 192\.0\.2\.79 is new' "a server that changes its address while it runs"
# Without root, and with a helper that lends no user ids.
change users 'a["needs-users"] = True'
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && command -v unshare >/dev/null &&
    setpriv --reuid=64123 --regid=64123 --clear-groups unshare -Ur true 2>/dev/null; then
    chmod -R a+rX "$WORK"
    mkdir -m 777 "$WORK/user"
    # The build may stand in a folder that other users cannot enter.
    cp -r "$BIN" "$WORK/bin"
    chmod 755 "$WORK"
    expect_exit 3 "a server of several users without root" \
        setpriv --reuid=64123 --regid=64123 --clear-groups env HOME=/ "MAILRANGE_ROOT=$MAILRANGE_ROOT" \
        "$WORK/bin/mailrange" run "$WORK/hello.json" --mta users -o "$WORK/user/out"
    expect_text 'runs as several users' "a server of several users without root: the message"
fi
finish
