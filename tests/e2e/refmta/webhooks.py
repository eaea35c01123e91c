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
busy = ["later@"]  # who is told once to come again


class Mail(socketserver.StreamRequestHandler):
    """A mail server that takes all but gone@, and later@ the second time."""

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
            elif busy and line.startswith("RCPT TO:<" + busy[0]):
                busy.clear()
                self.wfile.write(b"451 4.7.1 Come again\r\n")
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
    "suppression": {"file": path("spool/suppressed"), "feedback-to": ["complaints@*"]},
    "webhooks": {"url": f"https://mail.sender.test:{sink.server_address[1]}/hook", "secret-file": path("secret")},
    "unsubscribe": {"senders": ["news@*"], "url": "https://mail.sender.test/u", "secret-file": path("click-secret"),
                    "address": "127.0.0.1", "port": 0}})


def send(sender, recipient, content=None):
    client = Dialogue(stand.ports[0])
    client.say("EHLO client.test")
    content = content or f"From: <{sender}>\r\nSubject: x\r\n\r\nhello\r\n"
    for line, start in ((f"MAIL FROM:<{sender}>", "250"), (f"RCPT TO:<{recipient}>", "250"), ("DATA", "354"),
                        (content + ".", "250")):
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

send("shop@sender.test", "later@a.test")
deferred = next(one for one in events("deferred", "later@a.test") if one["event"] == "deferred")
check(deferred["status"] == "4.7.1" and "Come again" in deferred["reply"] and deferred["attempts"] == 1,
      "what has to wait says why", deferred)
stand.queue("flush")
later = [one for one in events("delivered", "later@a.test") if one["recipient"] == "later@a.test"]
check([one["event"] for one in later] == ["accepted", "deferred", "delivered"], "accepted, deferred, delivered", later)
check(later[-1]["attempts"] == 2, "by the second attempt", later[-1])

COMPLAINT = """From: <fbl@a.test>
Subject: Complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part"

--part
Content-Type: text/plain

Somebody complains.

--part
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Test/1.0
Version: 1
Original-Mail-From: <shop@sender.test>
Original-Rcpt-To: <angry@a.test>

--part
Content-Type: text/rfc822-headers

From: <shop@sender.test>
Subject: x

--part--
""".replace("\n", "\r\n")
send("fbl@a.test", "complaints@sender.test", COMPLAINT)
complained = next(one for one in events("complained", "angry@a.test") if one["event"] == "complained")
check(complained["sender"] == "shop@sender.test", "a complaint says who complains about whose mail", complained)

mail(3)
answers[:] = [500]
send("news@sender.test", "ann@a.test")
newsletter = mail(4)  # the others are an invoice, a bounce, and what had to wait
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
