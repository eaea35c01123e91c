"""The limits on clients: each is set low, hit, answered, and named in the log."""
from stand import REFMTA, Dialogue, Stand, check, finish, path, run

run(REFMTA, "passwd", path("users"), "ann", given="s3cret\n")

COMMON = {"relay-networks": [], "relay-for": ["partner.test"], "bare-newlines": "normalise"}
stand = Stand([("relay", "none")], **COMMON, limits={
    "connections": 6, "connections-per-client": 3, "recipients": 100, "errors": 3,
    "idle-commands": 5, "transactions": 2, "text-line": 1000})
port = stand.ports[0]


def begin():
    client = Dialogue(port)
    client.say("EHLO client.test")
    return client


def last_reply(client):
    found = ""
    while (line := client.reply()) != "":
        found = line
    client.close()
    return found


clients = [begin() for _ in range(3)]
found = Dialogue(port, greeting=False)
check(found.reply().startswith("421 4.7.0"), "a fourth connection of one client")
found.close()
clients[1].send(b"NOOP\r\n" * 5)
check("421 4.7.0" in last_reply(clients[1]), "a flood of NOOP")
clients[0].send(b"MAIL FROM:<a@b.test>\r\n" + b"RCPT TO:<x@other.test>\r\n" * 4)
check("421 4.7.0" in last_reply(clients[0]), "too many errors")
clients[2].close()

client = begin()
client.expect("MAIL FROM:<a@b.test>", "250")
client.send(b"".join(b"RCPT TO:<%d@partner.test>\r\n" % i for i in range(101)))
replies = [client.reply() for _ in range(101)]
check(replies[99].startswith("250") and replies[100].startswith("452 4.5.3"), "101 recipients",
      replies[-2:])
client.expect("DATA", "354")
client.expect("x" * 1001 + "\r\n.", "554 5.6.0", "a long line")
client.expect("MAIL FROM:<a@b.test>", "250")
client.expect("RCPT TO:<x@partner.test>", "250")
client.expect("DATA", "354")
client.send(b"Subject: x\n\na\n.\nMAIL FROM:<evil@b.test>\r.\r\n")
client.expect("\r\n.", "250 2.0.0", "bare newlines are made whole, and end nothing")
client.expect("MAIL FROM:<a@b.test>", "421 4.7.0", "a third transaction")
client.close()

log = stand.stop()
stand = Stand([("relay", "none"), ("submission", "none")], **{**COMMON, "relay-networks": ["127.0.0.0/8"]},
              limits={"connections": 2, "received-fields": 2, "login-failures": 1, "login-failures-per-client": 1,
                      "login-delay": "0s"},
              auth={"users": path("users"), "clear-text-on-loopback": True}, **{"size-limit": 1000})
port = stand.ports[0]
clients = [begin(), begin()]
found = Dialogue(port, greeting=False)
check(found.reply().startswith("421 4.3.2"), "a third connection of all, even of a neighbour")
found.close()
for content, reply in (("Received: x\r\n" * 3, "554 5.4.6"), ("x" * 70 + ("\r\n" + "x" * 70) * 20, "552 5.3.4")):
    clients[0].expect("MAIL FROM:<a@b.test>", "250")
    clients[0].expect("RCPT TO:<x@partner.test>", "250")
    clients[0].expect("DATA", "354")
    clients[0].expect(content + "\r\n.", reply, reply)
for client in clients:
    client.close()
port = stand.ports[1]
for reply in ("535 5.7.8", "454 4.7.0"):
    client = begin()
    client.expect("AUTH PLAIN AGFubgB4", reply, "guessing: " + reply)
    client.close()
log += stand.stop()
stand = Stand([("relay", "none")], **COMMON, limits={
    "command-time": "1s", "content-silence": "1s", "greeting-pause": "1s"})
port = stand.ports[0]
client = Dialogue(port, greeting=False)
client.send(b"EHLO early.test\r\n")
found = client.reply()
check(found.startswith("554 5.5.1"), "who speaks before the greeting is turned away", found)
client.close()

client = begin()
check("421 4.4.2" in last_reply(client), "silence")
client = begin()
client.expect("MAIL FROM:<a@b.test>", "250")
client.expect("RCPT TO:<x@partner.test>", "250")
client.expect("DATA", "354")
client.send(b"Subject: x\r\n")
check("421 4.4.2" in last_reply(client), "silence within a message")

hit = [line["limit"] for line in log + stand.stop() if "limit" in line]
for name in ("connections", "received-fields", "size-limit", "login-failures", "login-failures-per-client",
             "greeting-pause", "connections-per-client", "idle-commands", "errors", "command-time",
             "recipients", "text-line", "transactions", "content-silence"):
    check(name in hit, f"the log names {name}", hit)
finish()
