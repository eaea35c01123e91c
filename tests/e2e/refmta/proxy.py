"""A proxy in front of the server says who the client is; rules hold for that client. Who is no known
proxy cannot say so."""
import json

from stand import Dialogue, Stand, check, finish, path

stand = Stand([("relay", "none")], **{"relay-networks": ["192.0.2.7/32"]})
client = Dialogue(stand.ports[0])
client.expect("PROXY TCP4 192.0.2.7 127.0.0.1 1000 25", "500 5.5.2", "not from a stranger")
client.close()
stand.stop()

stand.config["listeners"][0]["proxies"] = ["127.0.0.1"]
with open(path("refmta.json"), "w") as out:
    json.dump(stand.config, out)
stand.start()
port = stand.ports[0]
for header, reply in ((b"PROXY TCP4 192.0.2.7 127.0.0.1 1000 25\r\n", "250"),
                      (b"PROXY TCP4 203.0.113.9 127.0.0.1 1000 25\r\n", "550 5.7.1"),
                      (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\7\x7f\0\0\1\3\xe8\0\x19", "250"),
                      (b"PROXY UNKNOWN\r\n", "550 5.7.1")):
    client = Dialogue(port, greeting=False)
    client.send(header)
    check(client.reply().startswith("220"), "the greeting comes behind the header")
    client.say("EHLO client.test")
    client.expect("MAIL FROM:<a@sender.test>", "250")
    client.expect("RCPT TO:<b@elsewhere.test>", reply, str(header[:40]))
    client.close()
client = Dialogue(port, greeting=False)
client.send(b"EHLO client.test\r\n")
found = client.reply()
check(found.startswith("421"), "a proxy without a header", found)
client.close()
seen = [line["client"] for line in stand.stop() if line["event"] == "connected"]
check(seen[:3] == ["192.0.2.7", "203.0.113.9", "192.0.2.7"], "the log has the clients", seen)
finish()
