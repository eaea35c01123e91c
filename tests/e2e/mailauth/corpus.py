"""A corpus of DKIM, ARC and SPF cases from a seed. Each case is a dictionary: kind, zone, and what
authcheck needs; "quirks" names what the independent tools are known to judge otherwise."""
import base64
import os
import random
import subprocess

import signer

HERE = os.path.dirname(os.path.abspath(__file__))
KEY_PATH = os.path.join(HERE, "../../unit/mta-under-test/mailauth/vectors/keys/rsa2048.pem")
WORDS = ["alpha", "beta", "gamma", "  two", "tab\tbed", "dot.", ".dot", "-", "x" * 60, "end "]


class Keys:
    def __init__(self):
        with open(KEY_PATH, "rb") as file:
            self.rsa = signer.Key(pem=file.read())
        der = subprocess.run(["openssl", "rsa", "-in", KEY_PATH, "-pubout", "-outform", "DER"],
                             capture_output=True, check=True).stdout
        self.rsa_text = "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()
        self.ed25519 = signer.Key(seed=b"Mailrange agreement test seed...")
        bare = bytes(self.ed25519.ed25519.verify_key)
        self.ed25519_text = "v=DKIM1; k=ed25519; p=" + base64.b64encode(bare).decode()
        self.zone = {"r._domainkey.x.test": {"TXT": [[self.rsa_text]]},
                     "e._domainkey.x.test": {"TXT": [[self.ed25519_text]]}}


def body(rng):
    lines = []
    for _ in range(rng.randrange(12)):
        lines.append(" ".join(rng.choice(WORDS) for _ in range(rng.randrange(6)))
                     + rng.choice(["", "", " ", "\t "]))
    text = "\r\n".join(lines)
    return (text + rng.choice(["\r\n", "\r\n\r\n\r\n", "\r\n \r\n"] * 6 + [""])).encode()


def message(rng):
    fields = ["From: Alice <alice@x.test>", "To: bob@y.test",
              "Subject: " + rng.choice(["hello", "two  spaces ", "folded\r\n line", "tab\tbed"]),
              "Date: Mon, 02 Mar 2026 09:00:00 +0000", "X-Two: one", "X-Two:two",
              "x-two : three" if rng.random() < 0.05 else "x-two: three",
              "Message-ID: <%d@x.test>" % rng.randrange(10 ** 9)]
    rng.shuffle(fields)
    return "\r\n".join(fields).encode() + b"\r\n\r\n" + body(rng)


def names(rng):
    chosen = ["from"]
    for name in ["to", "subject", "date", "x-two", "x-two", "x-two", "message-id", "absent", "from"]:
        if rng.random() < 0.6:
            chosen.append(rng.choice([name, name.upper(), name.capitalize()]))
    return chosen


def change(rng, text):
    """What may happen on the way."""
    kind = rng.randrange(10)
    if kind == 0:
        return text.replace(b"hello", b"hullo").replace(b"alpha", b"alpho")
    if kind == 1:
        return text.replace(b"bob@", b"rob@")
    if kind == 2:
        return text + b"appended\r\n"
    if kind == 3:
        return text.replace(b"Subject: ", b"Subject:\r\n ")
    if kind == 4:
        return b"Received: from a by b\r\n" + text
    if kind == 5:
        return text.replace(b"X-Two: one\r\n", b"")
    if kind == 6:
        return b"X-Two: zero\r\n" + text
    return text


def dkim_case(rng, keys):
    use_rsa = rng.random() < 0.7
    key, selector = (keys.rsa, b"r") if use_rsa else (keys.ed25519, b"e")
    canon = (rng.choice(["simple", "relaxed"]), rng.choice(["simple", "relaxed"]))
    text = message(rng)
    h = names(rng)
    gap = rng.choice([b";", b"; ", b";\r\n\t"] * 8 + [b" ; "])
    tags = [b"v=1", b"a=" + (b"rsa-sha256" if use_rsa else b"ed25519-sha256"), b"d=x.test",
            b"s=" + selector, b"h=" + rng.choice([b":", b" : ", b":\r\n "]).join(
                n.encode() for n in h), b"bh=@BH@", b"b=@B@"]
    tags.append(b"c=" + canon[0].encode() + b"/" + canon[1].encode())
    limit = None
    quirks = set()
    if rng.random() < 0.2:
        limit = rng.randrange(len(signer.canonical_body(signer.split(text)[1], canon[1])) + 1)
        tags.append(b"l=%d" % limit)
    if rng.random() < 0.2:
        tags.append(b"t=1700000000")
    if rng.random() < 0.1:
        tags.append(b"i=" + rng.choice([b"a@x.test", b"@sub.x.test", b"a@X.TEST"]))
    if rng.random() < 0.2:
        tags.append(b"z=From:a=20b|To:c")
    first = tags.pop(0)
    rng.shuffle(tags)
    field = b"DKIM-Signature: " + gap.join([first] + tags) + rng.choice([b"", b";"])
    signed = signer.sign(text, field, [n.encode() for n in h], key, canon, limit,
                         fold=rng.random() < 0.5)
    if not use_rsa:
        quirks.add("ed25519")
    sent = change(rng, signed + b"\r\n" + text)
    return {"kind": "dkim", "zone": keys.zone, "message": sent.decode(), "quirks": quirks}


def arc_case(rng, keys):
    text = message(rng)
    sets = []
    for i in range(1, rng.randrange(1, 5) + 1):
        results = b"ARC-Authentication-Results: i=%d; mx.x.test; spf=pass smtp.mailfrom=a" % i
        h = names(rng)
        ams = signer.sign(text, b"ARC-Message-Signature: i=%d; a=rsa-sha256; c=relaxed/relaxed; "
                          b"d=x.test; s=r; t=1700000000; h=%s; bh=@BH@; b=@B@"
                          % (i, ":".join(h).encode()), [n.encode() for n in h], keys.rsa)
        cv = b"none" if i == 1 else b"pass"
        if rng.random() < 0.05:
            cv = rng.choice([b"none", b"pass", b"fail"])
        seal = signer.seal(b"ARC-Seal: i=%d; a=rsa-sha256; t=1700000000; cv=%s; d=x.test; s=r; b=@B@"
                           % (i, cv), sets + [[results, ams, None]], keys.rsa)
        sets.append([results, ams, seal])
        text = seal + b"\r\n" + ams + b"\r\n" + results + b"\r\n" + text
    return {"kind": "arc", "zone": keys.zone, "message": change(rng, text).decode(),
            "quirks": set()}


HOSTS = ["a.test", "b.test", "c.test", "deep.b.test", "none.test"]
ADDRESSES = ["192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::1", "2001:db8:1::2"]


def spf_term(rng):
    host = rng.choice(HOSTS)
    return rng.choice(["", "", "+", "-", "~", "?"]) + rng.choice([
        "ip4:192.0.2.0/24", "ip4:198.51.100.7", "ip4:192.0.2.2/31", "ip6:2001:db8::/48",
        "ip6:2001:db8::1", "a", "a:" + host, "a:" + host + "/24", "a:%s/28//64" % host, "mx",
        "mx:" + host, "mx:" + host + "/24", "include:" + host, "include:" + host,
        "exists:" + host, "exists:%{i}.x.test", "exists:%{l1r-}.%{d2}", "exists:%{ir}.%{v}.x.test",
        "ptr", "ptr:" + host, "all", "a:%{o}", "exists:%{h}"])


def spf_record(rng):
    kind = rng.random()
    if kind < 0.06:
        return "v=spf1 " + rng.choice(["foo", "ip4:1.2.3", "a:", "include", "all:x", "a/33", "a:%{x}",
                                       "redirect=", "ip4:192.0.2.1/33", "mx:x.1", "exists:%{d0}"])
    text = "v=spf1 " + " ".join(spf_term(rng) for _ in range(rng.randrange(5)))
    if rng.random() < 0.5:
        text += rng.choice([" -all", " ~all", " ?all", " +all"])
    elif rng.random() < 0.5:
        text += " redirect=" + rng.choice(HOSTS)
    if rng.random() < 0.2:
        text += " exp=exp.test"
    return text


def spf_case(rng):
    zone = {"x.test": {"TXT": [[spf_record(rng)]], "A": [rng.choice(ADDRESSES[:3])]},
            "exp.test": {"TXT": [["no"]]}}
    for host in HOSTS[:-1]:
        types = {}
        if rng.random() < 0.8:
            types["A"] = rng.sample(ADDRESSES[:3], rng.randrange(1, 3))
        if rng.random() < 0.5:
            types["AAAA"] = rng.sample(ADDRESSES[3:], 1)
        if rng.random() < 0.5:
            types["MX"] = [[10, rng.choice(HOSTS)] for _ in range(rng.randrange(1, 3))]
        if rng.random() < 0.7:
            types["TXT"] = [[spf_record(rng)]]
        if rng.random() < 0.05:
            types["*"] = rng.choice(["SERVFAIL", "TIMEOUT"])
            types.pop("A", None)
        zone[host] = types
    for address in ADDRESSES[:3]:
        if rng.random() < 0.6:
            name = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
            zone[name] = {"PTR": rng.sample(HOSTS, rng.randrange(1, 3))}
    return {"kind": "spf", "zone": zone, "ip": rng.choice(ADDRESSES), "helo": "h.a.test",
            "from": rng.choice(["user@x.test", "foo-bar@x.test", "a@b.test"]), "quirks": set()}


def make(seed, count):
    rng = random.Random(seed)
    keys = Keys()
    for i in range(count):
        kind = i % 20
        if kind < 9:
            yield dkim_case(rng, keys)
        elif kind < 12:
            yield arc_case(rng, keys)
        else:
            yield spf_case(rng)
