"""The policy over mail from strangers: blocklists (and one that refuses to answer, which lists
nobody), SPF, DMARC; what the rules do, when, and the one Authentication-Results field."""
import glob
import json
import os

from names import Names
from stand import Dialogue, Stand, check, finish, path

names = Names({
    ("1.0.0.127.in-addr.arpa", "PTR"): ["client.test"],
    ("client.test", "A"): ["127.0.0.1"],
    ("other.test", "A"): ["192.0.2.77"],
    ("1.0.0.127.quota.bl.test", "A"): ["127.255.255.254"],
    ("good.test", "TXT"): ["v=spf1 ip4:127.0.0.1 -all"],
    ("bad.test", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
    ("soft.test", "TXT"): ["v=spf1 ~all"],
    ("_dmarc.strict.test", "TXT"): ["v=DMARC1; p=reject"],
    ("_dmarc.mild.test", "TXT"): ["v=DMARC1; p=quarantine"],
    ("strict.test", "TXT"): ["v=spf1 -all"],
    ("mild.test", "TXT"): ["v=spf1 ?all"],
})
with open(path("recipients"), "w") as out:
    out.write("postmaster: ann\nann: ann\n")
os.makedirs(path("mail"))
stand = Stand([("relay", "none")], **{
    "relay-networks": [], "resolvers": [names.server],
    "local": {"domains": ["a.test"], "recipients": path("recipients"), "maildirs": path("mail")},
    "checks": [
        {"check": "dnsbl", "zone": "quota.bl.test", "action": "reject"},
        {"check": "dnsbl", "zone": "open.bl.test", "action": "reject"},
        {"check": "helo", "when": ["differs"], "action": "tag"},
        {"check": "spf", "when": ["fail"], "action": "reject"},
        {"check": "spf", "when": ["temperror"], "action": "defer"},
        {"check": "dmarc", "when": ["quarantine"], "action": "quarantine"},
        {"check": "dmarc", "action": "reject"},
    ]})


def send(sender, author, start, helo="client.test", refused_at=None):
    """Returns the message as it was delivered, "" if it was refused."""
    client = Dialogue(stand.ports[0])
    client.say(f"EHLO {helo}")
    client.say(f"MAIL FROM:<{sender}>")
    if refused_at == "RCPT":
        client.expect("RCPT TO:<ann@a.test>", start, f"{sender} as {helo}")
        client.expect("DATA", "554 5.5.1", "and no content is heard")
        client.close()
        return ""
    client.expect("RCPT TO:<ann@a.test>", "250")
    client.expect("DATA", "354")
    client.expect("Authentication-Results: mail.sender.test; spf=pass\r\n"
                  "Authentication-Results: elsewhere.test; spf=pass\r\n"
                  "x-policy: tag; forged\r\n"
                  f"From: <{author}>\r\nSubject: x\r\n\r\nhello\r\n.", start,
                  f"{sender} for {author} as {helo}")
    client.close()
    if not start.startswith("250"):
        return ""
    for line in stand.stream:
        stand.lines.append(json.loads(line))
        if stand.lines[-1]["event"] == "delivered":
            break
    newest = max(glob.glob(path("mail/ann/new/*")), key=os.path.getmtime)
    with open(newest) as mail:
        text = mail.read()
    os.unlink(newest)
    return text


found = send("a@good.test", "a@good.test", "250 2.0.0")
check("Authentication-Results: mail.sender.test;\n" in found and "spf=pass" in found and
      "iprev=pass" in found and "dmarc=none" in found, "the results are told", found)
check(found.count("Authentication-Results: mail.sender.test") == 1, "a forged field is taken out",
      found)
check("Authentication-Results: elsewhere.test" in found, "that of another server stays", found)
check("-policy" not in found.lower(), "a forged X-Policy is taken out, and nothing is held against it", found)
found = send("a@good.test", "a@good.test", "250 2.0.0", helo="other.test")
check("X-Policy: tag; helo=differs\n" in found, "a tag", found)
send("a@bad.test", "a@bad.test", "550 5.7.23", refused_at="RCPT")
send("a@soft.test", "a@soft.test", "250 2.0.0")
send("a@good.test", "a@strict.test", "550 5.7.26")
found = send("a@good.test", "a@mild.test", "250 2.0.0")
check("X-Policy: quarantine; dmarc=quarantine\n" in found, "quarantine", found)
names.table[("1.0.0.127.open.bl.test", "A")] = ["127.0.0.4"]
send("a@good.test", "a@good.test", "550 5.7.1", refused_at="RCPT")
log = stand.stop()
done = [(line["action"], line.get("rule"), line.get("recipient")) for line in log if line["event"] == "checked"]
check(done == [("accept", None, None), ("accept", None, None), ("reject", "spf", "ann@a.test"),
               ("accept", None, None), ("reject", "dmarc", None), ("quarantine", "dmarc", None),
               ("reject", "dnsbl", "ann@a.test")],
      "the log says which rule decided, and on whom", done)
finish()
