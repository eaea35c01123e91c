"""Mail from programs over HTTP: with a token, in TLS, durable before 202; mistakes by their place."""
import hashlib
import json
import ssl
import urllib.error
import urllib.request

from stand import Stand, certificate, check, finish, path

certificate()
with open(path("tokens"), "w") as out:
    out.write("# programs\nshop " + hashlib.sha256(b"s3cret").hexdigest() + "\n")
stand = Stand([("relay", "starttls")],
              **{"http-submission": {"address": "127.0.0.1", "port": 0, "tokens": path("tokens")}})
URL = f"https://localhost:{stand.lines[-1]['http-submission-port']}"
context = ssl.create_default_context(cafile=path("cert.pem"))
context.check_hostname = False


def post(message, token="s3cret", where="/v1/messages"):
    request = urllib.request.Request(URL + where, json.dumps(message).encode(), {"Content-Type": "application/json"})
    if token is not None:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


GOOD = {"from": "shop@sender.test", "to": ["anna@a.test", "bert@b.test"], "subject": "Your order", "text": "Thanks."}
code, answer = post(GOOD)
check(code == 202 and answer["id"] in stand.queue("list"), "a message is in the queue", answer)
check("bert@b.test" in stand.queue("show", answer["id"]), "with its recipients", "")
stand.kill()
stand.start()
check(answer["id"] in stand.queue("list"), "and there after kill -9", stand.queue("list"))
URL = f"https://localhost:{stand.lines[-1]['http-submission-port']}"
for token in (None, "wrong", ""):
    code, answer = post(GOOD, token)
    check(code == 401 and "token" in answer["error"], f"401 with the token {token}", answer)
code, answer = post({**GOOD, "to": ["anna"]})
check(code == 400 and "to[0]: expected an address" in answer["error"], "400 says what is wrong", answer)
check(post(GOOD, where="/other")[0] == 404, "404 elsewhere")
check(len(stand.queue("list").splitlines()) == 1, "nothing of these is in the queue")
received = [line for line in stand.stop() if line["event"] == "auth-failed"]
check(len(received) == 3, "wrong tokens are in the log", received)
finish()
