"""What hostile or broken clients say, byte by byte, and what must come of it."""
import ssl

from stand import Dialogue, Stand, certificate, check, finish, path

certificate()
stand = Stand([("relay", "starttls")], **{"relay-networks": [], "relay-for": ["partner.test"]})
port = stand.ports[0]


def begin():
    client = Dialogue(port)
    client.say("EHLO client.test")
    return client


# No open relay, whatever the address form.
client = begin()
client.expect("MAIL FROM:<eve@evil.test>", "250")
for address in ("bob@other.test", "bob%other.test@partner.test", "bob!other.test@partner.test",
                "other.test!bob@partner.test", '"bob@other.test"@partner.test',
                '"bob%other.test"@partner.test', "@partner.test:bob@other.test",
                "@partner.test,@x.test:bob@other.test", "bob@partner.test.other.test",
                "bob@[127.0.0.1]", "bob@p\u0430rtner.test"):
    found = client.say(f"RCPT TO:<{address}>")
    check(found[0:2] in ("55", "50"), f"not relayed: {address}", found)
for address in ("bob@partner.test@other.test", "bob@", "bob", '"bob"'):
    found = client.say(f"RCPT TO:<{address}>")
    check(found.startswith("5"), f"no address: {address}", found)
client.expect("DATA", "554 5.5.1", "and no message without a recipient")
client.expect("MAIL FROM:<eve@evil.test>", "250")
client.expect("RCPT TO:<bob@PARTNER.test>", "250", "the domain that it relays for")
client.close()

# The end of a message is CRLF.CRLF; whatever looks like it is refused, and what stands behind it is
# never taken for commands.
SMUGGLED = b"MAIL FROM:<admin@partner.test>\r\nRCPT TO:<bob@partner.test>\r\nDATA\r\nx"
for name, end in (("LF.LF", b"\n.\n"), ("CRLF.LF", b"\r\n.\n"), ("LF.CRLF", b"\n.\r\n"),
                  ("CR.CR", b"\r.\r"), ("CRLF.CR", b"\r\n.\r"), ("CR.CRLF", b"\r.\r\n"),
                  ("a bare LF", b"a\nb"), ("a bare CR", b"a\rb")):
    client = begin()
    client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@partner.test>\r\nDATA\r\n")
    replies = [client.reply() for _ in range(3)]
    check(replies[2].startswith("354"), f"{name}: the content may come", replies)
    client.send(b"Subject: x\r\n\r\nhello" + end + SMUGGLED + b"\r\n.\r\nNOOP\r\n")
    found = client.reply()
    check(found.startswith("550 5.6.11"), f"{name}: 550 5.6.11", found)
    found = client.reply()
    check(found.startswith("250 2.0.0 OK"), f"{name}: the next command is the next command", found)
    client.close()

client = begin()
client.send(b"NOOP\nNOOP\r\n")
check(client.reply().startswith("500 5.5.2"), "a command that ends in LF is refused")
check(client.reply().startswith("250"), "the one behind it is heard")
client.expect("NOOP \x01", "500 5.5.2", "a control character")
client.expect("NOOP " + "x" * 3000, "500 5.5.2", "a line of 3,000 bytes")
client.expect("NOOP", "250", "the session goes on")
client.close()
client = begin()
client.send(b"x" * 5000)
found = [client.reply(), client.reply(), client.reply()]
check(found[0].startswith("500") and found[1].startswith("421") and found[2] == "",
      "a line without an end: 500, 421, closed", found)
client.close()

# RFC 3207 6: what came in clear text behind STARTTLS is thrown away.
client = begin()
client.send(b"STARTTLS\r\nEHLO evil.test\r\nMAIL FROM:<eve@evil.test>\r\n")
check(client.reply().startswith("220"), "STARTTLS with commands behind it")
context = ssl.create_default_context(cafile=path("cert.pem"))
client.socket = context.wrap_socket(client.socket, server_hostname="mail.sender.test")
client.file = client.socket.makefile("rb")
client.expect("RCPT TO:<bob@partner.test>", "503", "nothing of it was heard")
found = client.say("EHLO client.test")
check("STARTTLS" not in found, "no STARTTLS inside of TLS", found)
client.expect("STARTTLS", "503", "and none is taken")
client.close()

client = begin()
client.expect("STARTTLS now", "501")
client.expect("MAIL FROM:<a@b.test>", "250")
client.expect("STARTTLS", "503", "STARTTLS within a transaction")
client.send(b"X\r\n" * 30)
found = ""
while (line := client.reply()) != "":
    found = line
check(found.startswith("421 4.7.0"), "too many errors: 421", found)
client.close()

# TLS that is no TLS ends the connection, not the server.
client = begin()
client.expect("STARTTLS", "220")
client.send(b"\x00" * 600)
try:
    rest = client.file.read()
except ConnectionResetError:
    rest = b""
check(len(rest) < 100, "a handshake of zeros ends the connection", rest)
client.close()
client = begin()
client.expect("QUIT", "221", "the server lives on")
client.close()
check(not [line for line in stand.stop() if line["event"] == "received"], "nothing was taken")
finish()
