#!/usr/bin/python3
"""Do independent tools judge as authcheck does? Usage: agreement.py [CASES [SEED]]

dkimpy, Mail::DKIM, pyspf and Mail::SPF are asked about a generated corpus, and OpenDKIM's library
where libopendkim-dev is installed. A disagreement that
EXPLAINED knows is counted; any other is printed with its case, and the test fails. Exit code 77 when
the tools are not installed."""
import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

sys.dont_write_bytecode = True
BIN = os.environ.get("MAILRANGE_BIN", "build/bin")

try:
    import dkim
    import spf

    import corpus
except ImportError as error:
    print("skipped: %s" % error)
    sys.exit(77)


def lookup(zone, name, kind, depth=0):
    """The records of a name as authcheck's zones give them, or the word of an error."""
    types = zone.get(name.lower().rstrip("."))
    if types is None:
        return "NXDOMAIN"
    if kind not in types and "CNAME" in types and depth < 10:
        return lookup(zone, types["CNAME"][0], kind, depth + 1)
    return types.get(kind, types.get("*", []))


def ask_dkimpy(case):
    def txt(name, timeout=5):
        found = lookup(case["zone"], name.decode(), "TXT")
        return b"".join(s.encode() for s in found[0]) if isinstance(found, list) and found else None
    log = logging.getLogger("quiet")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    data = case["message"].encode()
    try:
        if case["kind"] == "arc":
            status = dkim.arc_verify(data, dnsfunc=txt, logger=log)[0]
            return status.decode() if status else "fail"
        return "pass" if dkim.verify(data, dnsfunc=txt, logger=log) else "fail"
    except Exception as error:  # dkimpy lets other exceptions out, too
        return "fail (%s)" % type(error).__name__


def ask_pyspf(case):
    def dns(name, kind, strict=True, timeout=None):
        found = lookup(case["zone"], name, kind)
        if found in ("SERVFAIL", "TIMEOUT"):
            raise spf.TempError("DNS " + found)
        if not isinstance(found, list):
            return []
        values = [[s.encode() for s in r] for r in found] if kind == "TXT" else found
        if kind == "MX":
            values = [tuple(r) for r in found]
        return [((name, kind), value) for value in values]
    spf.DNSLookup = dns
    query = spf.query(i=case["ip"], s=case["from"], h=case["helo"], strict=True, timeout=0)
    return query.check()[0]


class Perl:
    def __init__(self):
        here = os.path.dirname(os.path.abspath(__file__))
        self.process = subprocess.Popen(["perl", os.path.join(here, "peers.pl")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)

    def ask(self, case):
        shown = {k: v for k, v in case.items() if k != "quirks"}
        self.process.stdin.write(json.dumps(shown) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() or "dead"


class OpenDkim:
    """OpenDKIM's library, in a small program that is compiled on the spot."""

    def __init__(self, folder):
        here = os.path.dirname(os.path.abspath(__file__))
        program = os.path.join(folder, "opendkim_peer")
        subprocess.run(["cc", "-O1", "-o", program, os.path.join(here, "opendkim_peer.c"),
                        "-I/usr/include/opendkim", "-lopendkim"], check=True)
        self.folder = folder
        self.process = subprocess.Popen([program], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, case):
        zone = os.path.join(self.folder, "zone.txt")
        message = os.path.join(self.folder, "opendkim.eml")
        with open(zone, "w") as file:
            for name, types in case["zone"].items():
                file.write("%s %s\n" % (name, "".join(types["TXT"][0])))
        with io.open(message, "w", newline="") as file:
            file.write(case["message"])
        self.process.stdin.write("%s %s\n" % (zone, message))
        self.process.stdin.flush()
        return self.process.stdout.readline().strip() or "dead"


def ask_ours(case, folder):
    zone = os.path.join(folder, "zone.json")
    with open(zone, "w") as file:
        json.dump(case["zone"], file)
    if case["kind"] == "spf":
        args = ["spf", "--ip", case["ip"], "--helo", case["helo"], "--mail-from=" + case["from"]]
    else:
        path = os.path.join(folder, "message.eml")
        with io.open(path, "w", newline="") as file:
            file.write(case["message"])
        args = [case["kind"], "verify", path]
    out = subprocess.run([os.path.join(BIN, "authcheck")] + args + ["--dns", zone], check=True,
                         capture_output=True, text=True).stdout
    answer = json.loads(out.splitlines()[-1])
    if case["kind"] == "dkim":
        return answer["results"][0]["result"], answer
    return answer["cv" if case["kind"] == "arc" else "result"], answer


def includes_itself(zone):
    """Some name has a record with an include of the name itself."""
    for name, types in zone.items():
        for strings in types.get("TXT", []):
            terms = [term.lstrip("+-~?") for term in "".join(strings).split()]
            if "include:" + name in terms:
                return True
    return False


# Why a tool may differ: name of the tool, a test on (case, ours, theirs, answer), and the text.
EXPLAINED = [
    ("dkimpy", lambda c, o, t, a: re.search(r"[; \t\n]b=[A-Za-z0-9+/=\s]+\s;", c["message"]),
     "RFC 6376 3.5 takes all white space around the value of b= away; dkimpy leaves what is behind"),
    ("dkimpy", lambda c, o, t, a: c["message"][-1:] in " \t",
     "RFC 6376 3.4.4 drops white space at the end of a last line without CRLF; dkimpy keeps it"),
    ("pyspf", lambda c, o, t, a: t == "permerror" and includes_itself(c["zone"]),
     "RFC 7208 4.6 knows no syntax error for an include of the own domain; pyspf makes it one"),
    ("pyspf", lambda c, o, t, a: t == "temperror" and "ptr" in json.dumps(c["zone"]),
     "RFC 7208 5.5 skips a name of ptr whose look-up fails; pyspf ends with temperror"),
    ("pyspf", lambda c, o, t, a: t == "temperror" and a.get("reason") == "matched"
     and "mx" in json.dumps(c["zone"]),
     "RFC 7208 4.6.2 ends at the first address of an mx that matches; pyspf asks for all of them first"),
    ("Mail::DKIM", lambda c, o, t, a: re.search(r"[; \t\n]l=0\s*(;|\r\n[^ \t])", c["message"]),
     "RFC 6376 3.5 lets l= be 0; Mail::DKIM takes that for no l="),
    ("Mail::DKIM", lambda c, o, t, a: "l=" in c["message"]
     and not c["message"].partition("\r\n\r\n")[2].strip(),
     "RFC 6376 3.5 counts octets of the canonical body; Mail::DKIM does not cut an empty one"),
    ("Mail::DKIM", lambda c, o, t, a: not c["message"].endswith("\r\n"),
     "RFC 6376 3.4.3 adds a CRLF to a last line without one; Mail::DKIM does not when simple"),
    ("OpenDKIM", lambda c, o, t, a: not c["message"].endswith("\r\n"),
     "RFC 6376 3.4.4 adds a CRLF to a last line without one; OpenDKIM's library waits for it"),
    ("pyspf", lambda c, o, t, a: "%{d0}" in json.dumps(c["zone"]) and o == "permerror",
     "RFC 7208 7.3 wants a number of parts that is not zero; pyspf takes %{d0}"),
    ("Mail::DKIM", lambda c, o, t, a: "ed25519" in c["quirks"] and t == "invalid",
     "RFC 8463: this Mail::DKIM does not know Ed25519"),
    ("dkimpy", lambda c, o, t, a: "MessageFormatError" in t and " :" in c["message"],
     "RFC 5322 4.5.2 lets white space stand before the colon; dkimpy refuses the message"),
    ("Mail::SPF", lambda c, o, t, a: a.get("reason") == "void-limit" or t == "permerror"
     and o != "permerror" and a.get("void_lookups", 0) > 0,
     "RFC 7208 4.6.4 counts void look-ups of all terms; Mail::SPF leaves those of ptr and mx out"),
]


def explain(tool, case, ours, theirs, answer):
    for name, test, text in EXPLAINED:
        if name == tool and test(case, ours, theirs, answer):
            return text
    return None


def same(kind, ours, theirs):
    if kind == "dkim":
        return (ours == "pass") == (theirs == "pass")
    return ours == theirs


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    perl = Perl()
    tally = Counter()
    unknown = 0
    with tempfile.TemporaryDirectory() as folder:
        more = []
        if os.path.exists("/usr/include/opendkim/dkim.h"):
            more.append(("OpenDKIM", OpenDkim(folder).ask))
        for case in corpus.make(seed, count):
            ours, answer = ask_ours(case, folder)
            peers = {"spf": [("pyspf", ask_pyspf), ("Mail::SPF", perl.ask)],
                     "dkim": [("dkimpy", ask_dkimpy), ("Mail::DKIM", perl.ask)] + more,
                     "arc": [("dkimpy", ask_dkimpy)]}[case["kind"]]
            for tool, ask in peers:
                theirs = ask(case)
                if theirs == "dead":
                    print("skipped: the Perl modules are not installed")
                    sys.exit(77)
                tally[(case["kind"], tool, "asked")] += 1
                if same(case["kind"], ours, theirs):
                    tally[(case["kind"], tool, "agree")] += 1
                    continue
                why = explain(tool, case, ours, theirs, answer)
                tally[(case["kind"], tool, why or "unexplained")] += 1
                if why is None:
                    unknown += 1
                    shown = {k: v for k, v in case.items() if k not in ("quirks",)}
                    if case["kind"] != "spf":
                        shown.pop("zone")
                    print("%s: ours %s (%s), %s says %s\n  %s" % (
                        case["kind"], ours, answer.get("reason", answer.get("results")), tool, theirs,
                        json.dumps(shown)))
    for (kind, tool, what), number in sorted(tally.items()):
        print("%-5s %-10s %5d %s" % (kind, tool, number, what))
    sys.exit(1 if unknown else 0)


main()
