#!/bin/bash
# Endless lines, endless commands, garbage, ten thousand connections: see hostile.py.
. "$(dirname "$0")/../lib.sh"
need python3
cat >"$WORK/hosts.json" <<'EOF'
{"mx.a.test": {"offers": ["PIPELINING", "SIZE 26214400", "8BITMIME", "STARTTLS", "CHUNKING", "SMTPUTF8", "DSN"]}}
EOF
python3 "$ROOT/tests/e2e/mx/hostile.py" "$BIN/mx-stand" "$WORK/hosts.json"
code=$?
[ "$code" = 77 ] && skip "too few open files are allowed"
[ "$code" = 0 ] && ok "no attack brings the hosts down" || bad "an attack did harm"
finish
