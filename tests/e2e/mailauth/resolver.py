#!/usr/bin/python3
"""authcheck --resolver against a DNS server of this test's own: the answers must be those of the same
zone given with --dns. Exit code 77 when dnspython is not installed."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

try:
    import dns.message
    import dns.rcode
    import dns.rdatatype
    import dns.rrset
except ImportError as error:
    print("skipped: %s" % error)
    sys.exit(77)

BIN = os.environ.get("MAILRANGE_BIN", "build/bin")
ZONE = {
    "x.test": {"TXT": [["v=spf1 a:host.x.test mx include:y.test ", "exists:%{ir}.z.test ptr -all"]],
               "MX": [[10, "mail.x.test"]]},
    "host.x.test": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]},
    "mail.x.test": {"CNAME": ["real.x.test"]},
    "real.x.test": {"A": ["192.0.2.2"]},
    "y.test": {"TXT": [["v=spf1 ip4:192.0.2.3 ?all"]]},
    "4.2.0.192.z.test": {"A": ["127.0.0.2"]},
    "5.2.0.192.in-addr.arpa": {"PTR": ["ptr.x.test"]},
    "ptr.x.test": {"A": ["192.0.2.5"]},
    "fail.test": {"TXT": "SERVFAIL"},
}
CASES = [("192.0.2.%d" % i, "a@x.test") for i in range(1, 8)] + [
    ("2001:db8::1", "a@x.test"), ("192.0.2.1", "a@fail.test"), ("192.0.2.1", "a@absent.test"),
    ("192.0.2.1", "a@host.x.test")]


def text_of(kind, record):
    if kind == "TXT":
        return " ".join('"%s"' % part for part in record)
    if kind == "MX":
        return "%d %s." % tuple(record)
    return record + "." if kind in ("PTR", "CNAME") else record


def reply_to(query):
    reply = dns.message.make_response(query)
    question = query.question[0]
    kind = dns.rdatatype.to_text(question.rdtype)
    name = question.name.to_text().rstrip(".").lower()
    while True:
        types = ZONE.get(name)
        if types is None:
            if not reply.answer:
                reply.set_rcode(dns.rcode.NXDOMAIN)
            return reply
        found = types.get(kind, [])
        if isinstance(found, str):
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply
        use = "CNAME" if not found and "CNAME" in types else kind
        for record in types.get(use, []):
            reply.answer.append(dns.rrset.from_text(name + ".", 60, "IN", use,
                                                    text_of(use, record)))
        if use != "CNAME" or kind == "CNAME":
            return reply
        name = types["CNAME"][0]


def serve(server):
    while True:
        data, peer = server.recvfrom(4096)
        server.sendto(reply_to(dns.message.from_wire(data)).to_wire(), peer)


def ask(source, case):
    out = subprocess.run([os.path.join(BIN, "authcheck"), "spf", "--ip", case[0], "--helo", "h.test",
                          "--mail-from=" + case[1]] + source, check=True, capture_output=True,
                         text=True).stdout
    answer = json.loads(out.splitlines()[-1])
    return answer["result"], answer["reason"], answer["term"], answer["lookups"]


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as zone:
        json.dump(ZONE, zone)
        zone.flush()
        bad = 0
        for case in CASES:
            want = ask(["--dns", zone.name], case)
            have = ask(["--resolver", "127.0.0.1:%d" % server.getsockname()[1]], case)
            if want != have:
                print("%s: zone says %s, resolver says %s" % (case, want, have))
                bad += 1
        print("%d of %d cases agree" % (len(CASES) - bad, len(CASES)))
        sys.exit(1 if bad else 0)


main()
