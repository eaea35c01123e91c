"""Metrics and health over HTTP: the figures move with the mail, and Prometheus' own tool takes the
text."""
import json
import shutil
import subprocess
import urllib.error
import urllib.request

from stand import Dialogue, Stand, check, failed, finish

stand = Stand([("relay", "none")], operations={"address": "127.0.0.1", "port": 0})
URL = f"http://127.0.0.1:{stand.lines[-1]['operations-port']}"


def get(path):
    try:
        with urllib.request.urlopen(URL + path, timeout=60) as answer:
            return answer.status, answer.read().decode(), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers["Content-Type"]


def value(sample):
    for line in get("/metrics")[1].splitlines():
        if line.startswith(sample + " "):
            return float(line.rsplit(" ", 1)[1])
    return None


code, text, kind = get("/health")
check(code == 200 and json.loads(text)["status"] == "good", "/health is good", text)
check(get("/other")[0] == 404, "another path is not found")
check(value("refmta_accept_seconds_count") == 0, "no message yet")
client = Dialogue(stand.ports[0])
for line, start in (("EHLO client.test", "250"), ("MAIL FROM:<news@sender.test>", "250"),
                    ("RCPT TO:<a@a.test>", "250"), ("DATA", "354")):
    client.expect(line, start)
client.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")
client.reply()
client.expect("MAIL FROM:<broken", "501")
check(value("refmta_accept_seconds_count") == 1, "the message is counted")
check(value("refmta_sessions") == 1, "and the session")
check(value('refmta_events_total{event="received"}') == 1, "events are counted: received")
check(value('refmta_events_total{event="refused"}') == 1, "and refused")
check(value("refmta_queue_messages") == 1, "and the queue")
check(stand.queue("hold", "all") != "" and value('refmta_queue_deliveries{state="held"}') == 1, "and what is held")
stand.queue("trace", "client=127.0.0.1")
traced = Dialogue(stand.ports[0])
traced.expect("EHLO traced.test", "250")
traced.expect("AUTH PLAIN c2VjcmV0", "50")
stand.queue("trace", "off")
Dialogue(stand.ports[0]).expect("EHLO other.test", "250")
code, text, kind = get("/metrics")
check(kind.startswith("text/plain; version=0.0.4"), "the content type is Prometheus' own", kind)
promtool = shutil.which("promtool")
if promtool is not None:
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    check(done.returncode == 0 and done.stdout + done.stderr == "", "promtool finds nothing", done.stdout + done.stderr)
elif not failed:
    print("skipped: promtool is not installed (Debian's package prometheus); all else is as expected")
    raise SystemExit(77)
lines = [line for line in stand.stop() if line["event"] == "trace"]
text = json.dumps(lines)
check("EHLO traced.test" in text and "250-mail.sender.test" in text, "a traced session is in the log", text)
check("other.test" not in text and "c2VjcmV0" not in text, "another one, and logins, are not", text)
finish()
