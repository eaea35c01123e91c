"""AUTH with swaks, with SCRAM by Python's own hashlib, and what must not get in."""
import ssl

from sasl import encoded, scram
from stand import REFMTA, Dialogue, Stand, certificate, check, finish, need, path, run

need("swaks")
certificate()
for user, password in (("ann", "s3cret"), ("bob@sender.test", "käse")):
    code, text = run(REFMTA, "passwd", path("users"), user, given=password + "\n")
    check(code == 0, f"refmta passwd {user}", text)
code, text = run(REFMTA, "passwd", path("users"), "a b", given="x\n")
check(code == 1 and "name" in text, "a name with a space is refused", text)
with open(path("users")) as users:
    check("s3cret" not in users.read(), "the file does not have the password")

stand = Stand([("submission", "starttls"), ("submission", "implicit"), ("relay", "starttls")],
              auth={"users": path("users")}, **{"relay-networks": []})
starttls, implicit, relay = stand.ports


def swaks(what, port, *words, code=0, text="235 2.7.0"):
    found, output = run("swaks", "--server", f"127.0.0.1:{port}", "--helo", "client.test", "--from",
                        "ann@sender.test", "--to", "bob@other.test", "--timeout", "60", *words)
    check(found == code, f"swaks, {what}: exit {code}", output)
    check(text in output, f"swaks, {what}: {text}", output)


login = ("--auth-user", "ann", "--auth-password", "s3cret")
swaks("PLAIN", starttls, "--tls", "--auth", "PLAIN", *login)
swaks("LOGIN", starttls, "--tls", "--auth", "LOGIN", *login)
swaks("PLAIN, TLS from the first byte", implicit, "--tls-on-connect", "--auth", "PLAIN", *login)
swaks("another name, with UTF-8", starttls, "--tls", "--auth", "PLAIN", "--auth-user",
      "bob@sender.test", "--auth-password", "käse")
swaks("wrong password", starttls, "--tls", "--auth", "PLAIN", "--auth-user", "ann",
      "--auth-password", "x", code=28, text="535 5.7.8 authentication failed")
swaks("wrong user", starttls, "--tls", "--auth", "LOGIN", "--auth-user", "eve",
      "--auth-password", "x", code=28, text="535 5.7.8 authentication failed")
swaks("not in clear text", starttls, "--auth", "PLAIN", *login, code=28, text="Host did not adv")
swaks("without a login", starttls, "--tls", code=23, text="530 5.7.0")
swaks("not on a relay port", relay, "--tls", "--auth", "PLAIN", *login, code=28, text="Host did")


def begin():
    client = Dialogue(starttls)
    client.say("EHLO client.test")
    client.say("STARTTLS")
    context = ssl.create_default_context(cafile=path("cert.pem"))
    client.socket = context.wrap_socket(client.socket, server_hostname="mail.sender.test")
    client.file = client.socket.makefile("rb")
    return client, client.say("EHLO client.test")


client, found = begin()
check("AUTH PLAIN LOGIN SCRAM-SHA-256" in found, "three mechanisms are offered", found)
found, proved = scram(client, "ann", "s3cret")
check(found.startswith("235 2.7.0"), "SCRAM-SHA-256 lets in", found)
check(proved, "and the server has proved itself")
client.expect("AUTH PLAIN", "503", "once is enough")
client.expect("MAIL FROM:<ann@sender.test> AUTH=<>", "250")
client.expect("RCPT TO:<bob@other.test>", "250", "relaying is allowed now")
client.close()

client, _ = begin()
client.expect("RCPT TO:<bob@other.test>", "503")
client.expect("AUTH FOO", "504 5.5.4")
client.expect("AUTH PLAIN !!", "501 5.5.2")
client.expect("AUTH PLAIN", "334 ")
client.expect("*", "501 5.7.0", "the client may cancel")
client.expect("AUTH LOGIN", "334 VXNlcm5hbWU6")
client.expect("x" * 20000, "500 5.5.2", "an answer of 20,000 bytes")
client.close()

client, _ = begin()
found = [scram(client, user, "wrong")[0] for user in ("ann", "nobody")]
check(found == ["535 5.7.8 authentication failed"] * 2, "SCRAM: wrong user, wrong password", found)
client.say("AUTH PLAIN " + encoded("\0nobody\0x"))
found = client.reply()
check(found.startswith("421 4.7.0"), "the third failure ends the session", found)
client.close()

log = stand.stop()
events = [line["event"] for line in log]
users = [line["user"] for line in log if line["event"] == "received"]
check(users == ["ann"] * 3 + ["bob@sender.test"], "the log says who sent each message", users)
check(events.count("authenticated") == 5 and events.count("auth-failed") == 5,
      "and has the logins and the failures", events)
finish()
