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
# A share of all mutants; the whole takes some minutes (without --sample).
python3 "$here/mutations.py" --sample 3 "$MAILRANGE_BIN/mailrange"
exec python3 "$here/mutations.py" --effects --sample 3 "$MAILRANGE_BIN/mailrange"
