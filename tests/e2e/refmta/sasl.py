"""The client's side of AUTH, for a Dialogue: SCRAM-SHA-256 by Python's own hashlib."""
import base64
import hashlib
import hmac


def encoded(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def mac(key, text):
    return hmac.new(key, text.encode(), "sha256").digest()


def scram(client, user, password, mechanism="SCRAM-SHA-256", header="n,,", channel=b""):
    """Returns the last reply, and whether the server has proved that it knows the secret too."""
    first = f"n={user},r=clientnonce"
    found = client.say(f"AUTH {mechanism} " + encoded(header + first))
    if not found.startswith("334"):
        return found, False
    challenge = base64.b64decode(found[4:]).decode()
    parts = dict(part.split("=", 1) for part in challenge.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(parts["s"]),
                                 int(parts["i"]))
    final = f"c={encoded(header.encode() + channel)},r={parts['r']}"
    message = ",".join((first, challenge, final))
    key = mac(salted, "Client Key")
    signature = mac(hashlib.sha256(key).digest(), message)
    proof = bytes(a ^ b for a, b in zip(key, signature))
    found = client.say(encoded(f"{final},p={encoded(proof)}"))
    if not found.startswith("334"):
        return found, False
    mine = "v=" + encoded(mac(mac(salted, "Server Key"), message))
    return client.say(""), base64.b64decode(found[4:]).decode() == mine
