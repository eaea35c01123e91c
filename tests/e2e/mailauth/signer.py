"""Signatures made piece by piece: an implementation of its own of RFC 6376's canonical forms and of
RFC 8617's seals, which takes any text as the signature field, the wrong ones too. Vectors and the
agreement test are made with it. In the text, @B@ and @BH@ stand for the two base64 values."""
import base64
import hashlib
import re

import nacl.signing
from dkim.crypto import RSASSA_PKCS1_v1_5_sign, parse_pem_private_key


def canonical_field(field, mode):
    if mode == "simple":
        return field
    name, value = field.split(b":", 1)
    value = re.sub(rb"\r\n", b"", value)
    value = re.sub(rb"[ \t]+", b" ", value).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value


def canonical_body(body, mode):
    if mode == "relaxed":
        body = re.sub(rb"[ \t]+(?=\r\n|$)", b"", body)
        body = re.sub(rb"[ \t]+", b" ", body)
    while body.endswith(b"\r\n"):
        body = body[:-2]
    if body or mode == "simple":
        body += b"\r\n"
    return body


def split(message):
    """The fields (without the final CRLF) and the body."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", head) if head else []
    return fields, body


def choose(fields, names):
    """From the bottom up, each field once (RFC 6376 5.4.2)."""
    left = list(fields)
    chosen = []
    for name in names:
        for i in range(len(left) - 1, -1, -1):
            if left[i].split(b":", 1)[0].strip().lower() == name.strip().lower():
                chosen.append(left.pop(i))
                break
    return chosen


class Key:
    def __init__(self, pem=None, seed=None):
        self.ed25519 = nacl.signing.SigningKey(seed) if seed else None
        self.rsa = parse_pem_private_key(pem) if pem else None

    def sign(self, data, algorithm="sha256"):
        digest = hashlib.new(algorithm, data)
        if self.ed25519:
            return self.ed25519.sign(digest.digest()).signature
        digest_name = algorithm

        class Hash:
            name = digest_name

            def digest(self):
                return digest.digest()

        return RSASSA_PKCS1_v1_5_sign(Hash(), self.rsa)


def fill(text, covered, mode, key, algorithm="sha256", fold=False):
    """Puts the signature over `covered` (canonical bytes) and the field itself in place of @B@."""
    bare = re.sub(rb"[ \t\r\n]*@B@[ \t\r\n]*", b"", text)
    value = base64.b64encode(key.sign(covered + canonical_field(bare, mode), algorithm))
    if fold:
        value = b"\r\n\t".join(value[i:i + 60] for i in range(0, len(value), 60))
    return text.replace(b"@B@", value)


def sign(message, text, names, key, canon=("relaxed", "relaxed"), limit=None, algorithm="sha256",
         fold=False, hash_name=None):
    """The signature field `text` filled in. `names` are the fields that are really covered."""
    fields, body = split(message)
    data = canonical_body(body, canon[1])
    if limit is not None:
        data = data[:limit]
    body_hash = base64.b64encode(hashlib.new(hash_name or algorithm, data).digest())
    text = text.replace(b"@BH@", body_hash)
    covered = b"".join(canonical_field(f, canon[0]) + b"\r\n" for f in choose(fields, names))
    return fill(text, covered, canon[0], key, algorithm, fold)


def seal(text, sets, key, algorithm="sha256"):
    """An ARC-Seal over `sets`: a list of [results, message signature, seal or None]."""
    covered = b""
    for one in sets:
        for field in one:
            if field is not None:
                covered += canonical_field(field, "relaxed") + b"\r\n"
    return fill(text, covered, "relaxed", key, algorithm)
