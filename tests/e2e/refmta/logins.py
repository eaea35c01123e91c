"""Logins without a password said: SCRAM-SHA-256-PLUS with gsasl, tokens with curl and PyJWT,
certificates with gsasl and openssl; and what must not get in."""
import hashlib
import ssl
import sys
import time

from sasl import encoded, scram
from stand import REFMTA, Dialogue, Stand, certificate, check, finish, need, path, run

need("gsasl", "curl")
try:
    import jwt
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
except ImportError:
    print("skipped: python3-jwt and python3-cryptography are not installed")
    sys.exit(77)

certificate()
run(REFMTA, "passwd", path("users"), "ann", given="s3cret\n")

KEYS = {"RS256": rsa.generate_private_key(65537, 2048), "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate()}
for name, key in KEYS.items():
    with open(path(name), "wb") as out:
        out.write(key.public_key().public_bytes(serialization.Encoding.PEM,
                                                serialization.PublicFormat.SubjectPublicKeyInfo))


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def client_certificate(name, authority, subject, extension):
    run("openssl", "req", "-newkey", *EC, "-nodes", "-subj", subject, "-keyout", path(name + ".key"),
        "-out", path(name + ".csr"))
    with open(path("extension"), "w") as out:
        out.write(extension)
    code, text = run("openssl", "x509", "-req", "-in", path(name + ".csr"), "-CA", path(authority + ".pem"),
                     "-CAkey", path(authority + ".key"), "-days", "3650", "-extfile", path("extension"),
                     "-out", path(name + ".pem"))
    check(code == 0, f"certificate {name}", text)


for authority in ("ours", "theirs"):
    run("openssl", "req", "-x509", "-newkey", *EC, "-nodes", "-days", "3650", "-subj",
        f"/CN={authority}", "-keyout", path(authority + ".key"), "-out", path(authority + ".pem"))
client_certificate("mailboxes", "ours", "/CN=Ann", "subjectAltName=email:ann@sender.test,email:sales@sender.test")
client_certificate("machine", "ours", "/CN=printer7", "")
client_certificate("stranger", "theirs", "/CN=ann", "subjectAltName=email:ann@sender.test")

stand = Stand([("submission", "starttls"), ("submission", "implicit"), ("relay", "starttls")],
              **{"relay-networks": [], "limits": {"login-delay": "0s"}},
              auth={"users": path("users"), "client-authorities": path("ours.pem"), "token-leeway": "10s",
                    "tokens": [{"issuer": "https://id.test", "audience": "smtp", "user": "email",
                                "key": path(name)} for name in KEYS]})
starttls, implicit, relay = stand.ports


def gsasl(what, *words, text):
    _, found = run("gsasl", "--smtp", "--connect", f"127.0.0.1:{starttls}", "--starttls", "--hostname",
                   "mail.sender.test", "--x509-ca-file", path("cert.pem"), "--verbose", *words)
    check(text in found, f"gsasl, {what}: {text}", found)


login = ("-a", "ann", "-p", "s3cret")
gsasl("SCRAM with tls-exporter", "-m", "SCRAM-SHA-256-PLUS", *login, text="235 2.7.0")
gsasl("SCRAM, wrong password", "-m", "SCRAM-SHA-256-PLUS", "-a", "ann", "-p", "x", text="535 5.7.8")
gsasl("SCRAM without a channel", "-m", "SCRAM-SHA-256", "--no-cb", *login, text="235 2.7.0")


def token(algorithm, **changes):
    now = int(time.time())
    claims = {"iss": "https://id.test", "aud": ["imap", "smtp"], "email": "ann@sender.test", "exp": now + 600,
              "nbf": now - 1, **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None},
                      KEYS[algorithm], algorithm)


with open(path("mail"), "w") as out:
    out.write("Subject: hello\r\n\r\nhello\r\n")


REASONS = {"the token has expired": {"exp": int(time.time()) - 60},
           "the token is not valid yet": {"nbf": int(time.time()) + 600},
           "the token is for another audience": {"aud": "imap"},
           "nobody we know has issued the token": {"iss": "https://elsewhere.test"},
           "the token has no end": {"exp": None}}


def curl(what, mechanism, bearer, user="ann@sender.test", text="250 2.0.0"):
    _, found = run("curl", "-sv", "--ssl-reqd", "--cacert", path("cert.pem"), "--connect-to",
                   f"mail.sender.test:587:127.0.0.1:{starttls}", "smtp://mail.sender.test:587/client.test",
                   "--mail-from", "ann@sender.test", "--mail-rcpt", "bob@other.test", "--user", user,
                   "--oauth2-bearer", bearer, "--login-options", f"AUTH={mechanism}", "-T", path("mail"))
    check(text in found, f"curl, {what}: {text}", found)


for mechanism in ("OAUTHBEARER", "XOAUTH2"):
    for algorithm in KEYS:
        curl(f"{mechanism} with {algorithm}", mechanism, token(algorithm))
    curl(f"{mechanism}, a token of somebody else", mechanism, token("ES256"), user="bob@sender.test",
         text="535 5.7.8")
for reason, changes in REASONS.items():
    curl(reason, "OAUTHBEARER", token("EdDSA", **changes), text="535 5.7.8")


def begin(certificate=None, version=ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context(cafile=path("cert.pem"))
    context.maximum_version = version
    if certificate is not None:
        context.load_cert_chain(path(certificate + ".pem"), path(certificate + ".key"))
    client = Dialogue(implicit, greeting=False)
    client.socket = context.wrap_socket(client.socket, server_hostname="mail.sender.test")
    client.file = client.socket.makefile("rb")
    client.reply()
    return client, client.say("EHLO client.test")


for user, reply in (("ann@sender.test", "235 2.7.0"), ("bob@sender.test", "334 eyJzdGF0dXMiOiI0MDEi")):
    client, found = begin()
    check("OAUTHBEARER XOAUTH2" in found, "tokens are offered", found)
    client.expect("AUTH XOAUTH2 " + encoded(f"user={user}\1auth=Bearer {token('ES256')}\1\1"), reply,
                  f"XOAUTH2 as {user}")
    if reply[0] == "3":
        client.expect("", "535 5.7.8", "and the refusal behind its reason")
    client.close()
for certificate, words, reply in (("mailboxes", "=", "235 2.7.0"),
                                  ("mailboxes", encoded("sales@sender.test"), "235 2.7.0"),
                                  ("mailboxes", encoded("eve@sender.test"), "535 5.7.8"),
                                  ("machine", encoded("printer7"), "235 2.7.0")):
    client, found = begin(certificate)
    check("EXTERNAL" in found, f"EXTERNAL is offered to {certificate}", found)
    client.expect("AUTH EXTERNAL " + words, reply, f"EXTERNAL, {certificate} {words}")
    client.close()
for certificate in (None, "stranger"):
    client, found = begin(certificate)
    check("EXTERNAL" not in found and "SCRAM-SHA-256-PLUS" in found, f"not offered to {certificate}", found)
    client.expect("AUTH EXTERNAL =", "504 5.5.4", f"EXTERNAL, {certificate}")
    client.close()
# RFC 5929 4: the hash of the server's certificate; it is one for all connections, in TLS 1.2 too.
end_point = hashlib.sha256(ssl.PEM_cert_to_DER_cert(open(path("cert.pem")).read())).digest()
for version, header, channel, reply in (
        (ssl.TLSVersion.TLSv1_2, "p=tls-server-end-point,,", end_point, "235 2.7.0"),
        (ssl.TLSVersion.TLSv1_3, "p=tls-server-end-point,,", end_point, "235 2.7.0"),
        (ssl.TLSVersion.TLSv1_3, "p=tls-server-end-point,,", end_point[::-1], "535 5.7.8"),
        (ssl.TLSVersion.TLSv1_3, "p=tls-unique,,", end_point, "501 5.5.2")):
    client, _ = begin(version=version)
    found, proved = scram(client, "ann", "s3cret", "SCRAM-SHA-256-PLUS", header, channel)
    check(found.startswith(reply) and proved == (reply[0] == "2"), f"{version.name} {header} {reply}", found)
    client.close()
client, _ = begin()
found, _ = scram(client, "ann", "s3cret", header="y,,")
check(found.startswith("535"), "who did not hear of -PLUS was lied to", found)
client.close()
_, found = run("openssl", "s_client", "-connect", f"127.0.0.1:{implicit}", "-ign_eof", given="QUIT\r\n")
check("Acceptable client certificate CA names" in found and "CN = ours" in found,
      "openssl: users are asked for a certificate", found)
_, found = run("openssl", "s_client", "-connect", f"127.0.0.1:{relay}", "-starttls", "smtp", "-ign_eof",
               given="QUIT\r\n")
check("No client certificate CA names sent" in found, "openssl: servers are not", found)

log = stand.stop()
users = {(line["mechanism"], line["user"]) for line in log if line["event"] == "authenticated"}
check(users == {("SCRAM-SHA-256-PLUS", "ann"), ("SCRAM-SHA-256", "ann"), ("OAUTHBEARER", "ann@sender.test"),
                ("XOAUTH2", "ann@sender.test"), ("EXTERNAL", "ann@sender.test"),
                ("EXTERNAL", "sales@sender.test"), ("EXTERNAL", "printer7")}, "the log has the logins", users)
reasons = {line.get("reason") for line in log if line["event"] == "auth-failed"}
check(reasons == {None, "the client did not hear that channel binding is offered",
                  "the client is in another TLS connection than we, or speaks of it wrongly", "the token is somebody else's", "this name does not stand in the certificate",
                  *REASONS}, "and why the others failed", reasons)
finish()
