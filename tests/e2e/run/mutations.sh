#!/bin/sh
# Each shipped scenario notices when what it is about is taken out (see mutations.py).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
cd "$root/scenarios"
if ! "$MAILRANGE_BIN/mailrange" run basics/hello.json -q --capture off -o "$(mktemp -d)" > /dev/null 2>&1; then
    echo "this machine cannot run scenarios"
    exit 77
fi
exec python3 "$here/mutations.py" "$MAILRANGE_BIN/mailrange" basics bounces deliverability greylisting lessons mailbox \
    protocol retry robustness routing spf throttling
