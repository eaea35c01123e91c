"""Mail for local domains: recipients are checked at RCPT, and what is taken lies in a Maildir, in the
right one, once; a message that comes round again is returned."""
import glob
import json
import os

from stand import Dialogue, Stand, check, finish, path

with open(path("recipients"), "w") as out:
    out.write("postmaster: ann\nann: ann\nbob: bob\nsales: ann, bob\nnoreply: null\n"
              "remote: eve@elsewhere.test\n@b.test: ann\n")
os.makedirs(path("mail"))
stand = Stand([("relay", "none")], **{
    "relay-networks": [],
    "local": {"domains": ["a.test", "b.test"], "recipients": path("recipients"),
              "maildirs": path("mail"), "quota": 2000}})
stand.check_confined()


def mails(name):
    return [open(one).read() for one in sorted(glob.glob(path(f"mail/{name}/new/*")))]


def wait_for(*events):
    """Reads the log until each event with that recipient was there."""
    missing = list(events)
    for line in stand.stream:
        stand.lines.append(json.loads(line))
        found = (stand.lines[-1]["event"], stand.lines[-1].get("recipient"))
        if found in missing:
            missing.remove(found)
        if not missing:
            return


def send(content, *recipients):
    client.expect("MAIL FROM:<a@sender.test>", "250")
    for one in recipients:
        client.expect(f"RCPT TO:<{one}>", "250")
    client.expect("DATA", "354")
    client.expect(content + "\r\n.", "250 2.0.0", "taken: " + content.split("\r\n")[0])


client = Dialogue(stand.ports[0])
client.say("EHLO client.test")
client.expect("MAIL FROM:<a@sender.test>", "250")
for bad in ("nobody@a.test", "ann%a.test@a.test", "ann!x@a.test", '"ann@b.test"@a.test',
            "../bob@a.test", '"../bob"@a.test'):
    found = client.say(f"RCPT TO:<{bad}>")
    check(found.startswith("5"), f"refused: {bad}", found)
client.expect("RCPT TO:<ann@elsewhere.test>", "550 5.7.1", "no open relay")
client.expect("RSET", "250")

send("Subject: one\r\n\r\nhello\r\n..dot", "Ann+tag@A.test", "sales@a.test", "postmaster")
wait_for(("delivered", "ann+tag@A.test"), ("delivered", "ann@a.test"), ("delivered", "bob@a.test"))
check(len(mails("bob")) == 1 and len(mails("ann")) == 2, "an alias gives each a copy",
      (mails("ann"), mails("bob")))
found = mails("bob")[0]
check(found.startswith("Return-Path: <a@sender.test>\nDelivered-To: bob@a.test\nReceived: from "),
      "Return-Path and Delivered-To stand on top", found)
check(found.endswith("\n\nhello\n.dot\n"), "the content is whole", found)

send("Subject: two\r\n\r\nx", "whoever@b.test")
wait_for(("delivered", "ann@b.test"))
send("Subject: away\r\n\r\nx", "noreply@a.test")
send("Delivered-To: bob@a.test\r\nSubject: round\r\n\r\nx", "bob@a.test")
wait_for(("failed", "bob@a.test"))
check(stand.lines[-1]["status"] == "5.4.6", "a loop is seen", stand.lines[-1])
check(len(mails("bob")) == 1, "and goes no further", mails("bob"))

send("Subject: large\r\n\r\n" + "x" * 70 + ("\r\n" + "y" * 70) * 15, "ann@a.test")
wait_for(("deferred", "ann@a.test"))
check(stand.lines[-1]["status"] == "4.2.2", "over quota: it waits", stand.lines[-1])
client.expect("MAIL FROM:<a@sender.test> SIZE=2000", "250")
client.expect("RCPT TO:<bob@a.test>", "452 4.2.2", "no room for what the client declares")
client.expect("RCPT TO:<remote@a.test>", "250", "which is said of the mailbox alone")
client.expect("RSET", "250")
client.expect("MAIL FROM:<a@sender.test>", "250")
client.expect("RCPT TO:<bob@a.test>", "250", "and forgotten with the transaction")
client.expect("RSET", "250")
send("Subject: small\r\n\r\n" + "x" * 900, "bob@a.test")
send("Subject: small\r\n\r\n" + "x" * 200, "bob@a.test")
wait_for(("delivered", "bob@a.test"), ("delivered", "bob@a.test"))
with open(path("mail/bob/new/1.M1.h,S=2000"), "w") as out:
    out.write("x" * 2000)
client.expect("MAIL FROM:<a@sender.test>", "250")
client.expect("RCPT TO:<bob@a.test>", "452 4.2.2", "a mailbox that is full is refused at RCPT")
client.expect("RSET", "250")
client.expect("MAIL FROM:<a@sender.test> SIZE=5000", "250")
client.expect("RCPT TO:<remote@a.test>", "250", "an alias to elsewhere")
client.close()
stand.stop()
finish()
