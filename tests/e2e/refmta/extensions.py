"""BDAT, BINARYMIME and the parameters of MAIL, said by hand; what is kept is seen in the queue, and
again after the server was killed."""
import json
import ssl

from stand import Dialogue, Stand, certificate, check, finish, path

certificate()
stand = Stand([("relay", "starttls")])


def begin():
    client = Dialogue(stand.ports[0])
    return client, client.say("EHLO client.test")


client, offers = begin()
for word in ("CHUNKING", "BINARYMIME", "SMTPUTF8", "DELIVERBY", "MT-PRIORITY", "FUTURERELEASE",
             "LIMITS MAILMAX=10000 RCPTMAX=1000", "DSN"):
    check(word in offers, f"EHLO offers {word}", offers)
check("REQUIRETLS" not in offers, "REQUIRETLS is not offered in clear text", offers)

# All at once, as RFC 3030 4.2 shows it: the bytes of a chunk are never commands.
client.send(b"MAIL FROM:<a@sender.test> BODY=BINARYMIME\r\nRCPT TO:<b@x.test>\r\n"
            b"BDAT 20\r\nSubject: x\r\n\r\nQUIT\r\nBDAT 6 LAST\r\n\x00\n\r\xff\r\nNOOP\r\n")
replies = [client.reply() for _ in range(5)]
check([reply[:3] for reply in replies] == ["250"] * 5 and "queued" in replies[3],
      "a binary message in two chunks, pipelined", replies)
client.send(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
check(client.reply().startswith("503") and client.reply().startswith("250"),
      "a chunk at the wrong time is read and refused")
client.expect("MAIL FROM:<a@sender.test> BODY=BINARYMIME", "250")
client.expect("RCPT TO:<b@x.test>", "250")
client.expect("DATA", "503", "binary content does not come by DATA")
client.expect("RSET", "250")
client.expect("MAIL FROM:<a@sender.test> REQUIRETLS", "530", "REQUIRETLS in clear text")
client.expect("MAIL FROM:<a@sender.test> HOLDFOR=86400 MT-PRIORITY=5 BY=172800;R", "250")
client.expect("RCPT TO:<later@x.test>", "250")
client.expect("DATA", "354")
held = client.say("Subject: later\r\n\r\nx\r\n.")
check("queued as" in held, "a message that is to go tomorrow", held)
client.close()

client, _ = begin()
client.expect("STARTTLS", "220")
context = ssl.create_default_context(cafile=path("cert.pem"))
client.socket = context.wrap_socket(client.socket, server_hostname="mail.sender.test")
client.file = client.socket.makefile("rb")
check("250-REQUIRETLS" in client.say("EHLO client.test"), "EHLO offers REQUIRETLS in TLS")
client.expect("MAIL FROM:<a@sender.test> REQUIRETLS", "250")
client.close()

stand.kill()
stand.start()
shown = stand.queue("show", held.split()[-1])
check("later@x.test" in shown, "the held message is there after a crash", shown)
log = stand.stop()
attempts = [line for line in log if line.get("recipient") == "later@x.test"]
check(not attempts, "and is not tried before its time", json.dumps(attempts))
finish()
