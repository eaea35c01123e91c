#!/bin/bash
# A server that passes on LF.LF and its kin as it got them helps others to smuggle mail past the next
# one. The conformance linter says so, and the run fails, whatever else is expected.
. "$(dirname "$0")/../lib.sh"
need python3 dig

cat >"$WORK/s.json" <<'J'
{ "name": "Passed on as it came", "dns": { "zones": { "a.test": [ "@ MX 10 mx" ] } }, "hosts": { "mx.a.test": { "addresses": ["198.18.5.1"] } },
  "expect": [ { "event": "mx data" } ] }
J
cat >"$WORK/client.py" <<'P'
import smtplib, subprocess, sys
for question in (["a.test", "MX"], ["mx.a.test", "A"]):
    subprocess.run(["dig", "+short", *question], check=True, stdout=subprocess.DEVNULL)
end = sys.argv[1].encode().decode("unicode_escape").encode()
with smtplib.SMTP("198.18.5.1") as client:
    client.ehlo("mail.sender.test")
    client.docmd("MAIL FROM:<ann@sender.test>")
    client.docmd("RCPT TO:<bob@a.test>")
    client.docmd("DATA")
    client.send(b"Date: Mon, 2 Mar 2026 09:00:00 +0000\r\nFrom: ann@sender.test\r\n\r\nHello." + end +
                b"MAIL FROM:<admin@a.test>\r\n.\r\n")
    client.getreply()
P
# passes END CODE WORD: the message has END in its middle.
passes() {
    expect_exit "$2" "a message with $1 in it" "$MAILRANGE" exec "$WORK/s.json" -o "$WORK/out" -- \
        python3 "$WORK/client.py" "$1"
    [ -z "$3" ] || expect_text "$3" "is told as $3"
}
passes '\r\n..\r\n' 0 ''
passes '\n.\n' 1 'RFC 5321 2.3.8'
passes '\n.\r\n' 1 'RFC 5321 2.3.8'
passes '\r\n.\n' 1 'RFC 5321 2.3.8'
passes '\r.\r' 1 'RFC 5321 2.3.8'
passes '\r\n.\r' 1 'RFC 5321 2.3.8'
finish
