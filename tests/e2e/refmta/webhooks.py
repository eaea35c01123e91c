"""Signed webhooks, and unsubscription by one click: events reach an HTTPS sink in their order, with a
signature that fits, also when it was away for a while and the server was killed; a reader who
unsubscribes gets no more newsletters, but the next invoice."""
import email
import hashlib
import hmac
import http.server
import json
import re
import ssl
import socketserver
import threading
import urllib.error
import urllib.request

from names import Names
from stand import Dialogue, Stand, certificate, check, finish, path

certificate()
for name in ("secret", "click-secret"):
    with open(path(name), "w") as out:
        out.write(name + "-key\n")

posts, arrived = [], threading.Condition()
answers = [500, 503]  # to the first posts


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with arrived:
            code = answers.pop(0) if answers else 204
            posts.append((code, self.headers, body))
            arrived.notify_all()
        self.send_response(code)
        self.end_headers()

    def log_message(self, *_):
        pass


sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(path("cert.pem"), path("key.pem"))
sink.socket = context.wrap_socket(sink.socket, server_side=True)
threading.Thread(target=sink.serve_forever, daemon=True).start()

letters = []


class Mail(socketserver.StreamRequestHandler):
    """A mail server that takes all but gone@."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        try:
            self.converse()
        except ConnectionError:
            pass  # the server was killed

    def converse(self):
        content = None
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if content is not None:
                content.append(line)
                if line != ".":
                    continue
                with arrived:
                    letters.append("\r\n".join(content[:-1]))
                    arrived.notify_all()
                content = None
            elif line == "DATA":
                content = []
                self.wfile.write(b"354 go\r\n")
                continue
            elif line.startswith("RCPT TO:<gone@"):
                self.wfile.write(b"550 5.1.1 No such user\r\n")
                continue
            self.wfile.write(b"250 ok\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


mx = Server(("127.0.0.1", 0), Mail)
threading.Thread(target=mx.serve_forever, daemon=True).start()

names = Names({("mail.sender.test", "A"): ["127.0.0.1"]})
stand = Stand([("relay", "none")], **{
    "resolvers": [names.server],
    "tls": {"certificate": path("cert.pem"), "key": path("key.pem"), "trust": path("cert.pem")},
    "smart-host": {"host": "127.0.0.1", "port": mx.server_address[1]},
    "suppression": {"file": path("spool/suppressed")},
    "webhooks": {"url": f"https://mail.sender.test:{sink.server_address[1]}/hook", "secret-file": path("secret")},
    "unsubscribe": {"senders": ["news@*"], "url": "https://mail.sender.test/u", "secret-file": path("click-secret"),
                    "address": "127.0.0.1", "port": 0}})


def send(sender, recipient):
    client = Dialogue(stand.ports[0])
    client.say("EHLO client.test")
    for line, start in ((f"MAIL FROM:<{sender}>", "250"), (f"RCPT TO:<{recipient}>", "250"), ("DATA", "354"),
                        (f"From: <{sender}>\r\nSubject: x\r\n\r\nhello\r\n.", "250")):
        client.expect(line, start, f"{sender} to {recipient}: {line.split()[0]}")
    client.close()


def taken():
    return [event for code, _, body in posts if code < 300 for event in json.loads(body)]


def events(kind, recipient, sender="shop@sender.test"):
    """The events, once this one is among them."""
    with arrived:
        good = arrived.wait_for(lambda: any((one["event"], one["recipient"], one.get("sender", sender)) ==
                                            (kind, recipient, sender) for one in taken()), 60)
        check(good, f"{kind} {recipient}", taken())
        return taken()


def mail(count):
    with arrived:
        check(arrived.wait_for(lambda: len(letters) >= count, 60), f"{count} letters arrive", letters)
        return email.message_from_string(letters[-1])


def click(token, body=b"List-Unsubscribe=One-Click", port=None):
    context = ssl.create_default_context(cafile=path("cert.pem"))
    context.check_hostname = False
    port = next(line for line in stand.lines if line["event"] == "started")["unsubscribe-port"]
    try:
        with urllib.request.urlopen(f"https://127.0.0.1:{port}/u/{token}", body, timeout=60, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


send("shop@sender.test", "ann@a.test")
found = [(one["event"], one["recipient"]) for one in events("delivered", "ann@a.test")]
check(found == [("accepted", "ann@a.test"), ("delivered", "ann@a.test")], "accepted, then delivered", found)
code, headers, body = posts[0]
stamp, signature = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["Refmta-Signature"]).groups()
right = hmac.new(b"secret-key", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
check(hmac.compare_digest(signature, right), "the signature is HMAC-SHA256 over time and body", signature)
check([one[0] for one in posts[:2]] == [500, 503], "what was not taken was sent again", posts)
check("List-Unsubscribe" not in mail(1), "a letter of no newsletter has no link")

send("shop@sender.test", "gone@a.test")
bounced = next(one for one in events("bounced", "gone@a.test") if one["event"] == "bounced")
check(bounced["event"] == "bounced" and bounced["status"] == "5.1.1" and "No such user" in bounced["reply"],
      "a bounce says why", bounced)

answers[:] = [500]
send("news@sender.test", "ann@a.test")
newsletter = mail(3)  # the second is the bounce
stand.kill()
stand.start()
found = events("delivered", "ann@a.test", "news@sender.test")
ids = [one["id"] for one in found]
kinds = [one["event"] for one in found if one["sender"] == "news@sender.test"]
check(ids == sorted(ids) and kinds[0] == "accepted", "nothing is lost by kill -9", found)

check(newsletter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click", "a newsletter has the fields", newsletter)
token = re.search(r"<https://mail.sender.test/u/([0-9a-f]+)>", newsletter["List-Unsubscribe"])[1]
check(click(token, None)[0] == 200, "a GET shows a page")
check(click(token, b"x=y")[0] == 400, "a POST of something else is refused")
check(click("0" * len(token))[0] == 404, "a token that is not ours is refused")
code, text = click(token)
check(code == 200 and "unsubscribed" in text, "one click", text)
events("unsubscribed", "ann@a.test")
letters.clear()
send("news@sender.test", "ann@a.test")
check("gets no mail" in mail(1).as_string(), "the next newsletter comes back at once", letters)
letters.clear()
send("shop@sender.test", "ann@a.test")
check("hello" in mail(1).get_payload() and mail(1)["From"] == "<shop@sender.test>", "the next invoice arrives", letters)
log = stand.stop()
check(any(line["event"] == "suppressed" and line["kind"] == "unsubscribe" for line in log), "the log has it")
finish()
