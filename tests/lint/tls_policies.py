#!/usr/bin/env python3
"""The tables of docs/tls-policies.md, made from the scenarios that run each of their cells.

    tests/lint/tls_policies.py            prints the page
    tests/lint/tls_policies.py --write    writes it
    tests/lint/tls_policies.py --check    says whether it is current; the test lint.tls-policies

A cell is what the expectations of the scenario say of one message in one run of the matrix. It is an
error if they say nothing of it, or things that do not go together.
"""
import itertools
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tls-policies.md"
SCENARIOS = ["scenarios/dane/matrix.json", "scenarios/tls/policies-together.json",
             "scenarios/tls/require-tls.json"]
COLUMNS = "wire"  # the axis that becomes the columns

WORDS = {"delivered": "delivered", "queued": "waits", "bounced": "returned"}
DOMAINS = {
    "unsigned": "not signed",
    "signed": "signed, no TLSA records",
    "matches": "a TLSA record matches",
    "differs": "no TLSA record matches",
    "unusable": "TLSA records that none can use",
}
TITLES = {
    "header": {"X-Note: nothing asked": "a plain letter", "TLS-Required: No": "TLS-Required: No"},
    "sts": {"enforce": "MTA-STS enforce", "testing": "MTA-STS testing", "none": "MTA-STS none"},
    "next": {"requiretls": "the host offers REQUIRETLS", "no-requiretls": "the host does not offer REQUIRETLS"},
}
INTRO = """# TLS policies: what becomes of a letter

Made by `tests/lint/tls_policies.py --write` from the scenarios that run each cell, and checked by the test `lint.tls-policies`.
Rows are the domain's DNS, columns are what the host's TLS is like: a certificate that is right, has expired, has another name, or is
self-signed; a STARTTLS that somebody has taken out of the EHLO reply; a handshake that fails. "Waits" is until it is put right or the
server gives up; in bold what only TLS will do for. The numbers lead to the reasons. Where two words stand the RFCs leave it open, and
the first is what refmta does.

`./mailrange run scenarios/tls/policies-together.json` runs a table, `./mailrange compare scenarios/dane/matrix.json --mta
refmta,postfix,exim` sets servers side by side.
"""


def listed(value):
    return value if isinstance(value, list) else [value]


def fits(expectation, message, cell):
    named = listed(expectation.get("message", []))
    limits = expectation.get("for", {})
    return (message in named or "*" in named) and all(
        cell[axis] in listed(values) for axis, values in limits.items())


class Cells:
    """The outcomes of one scenario."""

    def __init__(self, path):
        self.path = path
        self.scenario = json.loads((ROOT / path).read_text())
        self.axes = self.scenario["matrix"]
        self.messages = [message["id"] for message in self.scenario["messages"]]
        self.reasons = []

    def fail(self, message, cell, what):
        sys.exit(f"{self.path}: {message} where {cell}: {what}")

    def number(self, reason):
        if reason not in self.reasons:
            self.reasons.append(reason)
        return self.reasons.index(reason) + 1

    def outcome(self, message, cell):
        found = [e for e in self.scenario["expect"] if fits(e, message, cell)]
        musts = [e for e in found if e.get("level", "must") == "must" and "is" in e]
        if not musts:
            self.fail(message, cell, "nothing is expected of it")
        words = {frozenset(listed(e["is"])) for e in musts}
        if len(words) > 1:
            self.fail(message, cell, "expectations contradict each other")
        for expectation in musts:
            if "RFC " not in expectation.get("about", ""):
                self.fail(message, cell, "its \"about\" names no section of an RFC")
        text = " or ".join(WORDS[word] for word in listed(musts[0]["is"]))
        if any(e.get("tls") is True and e.get("level", "must") == "must" for e in found):
            text = f"**{text}**"
        return text, sorted({self.number(e["about"]) for e in musts})

    def table(self, fixed):
        columns = self.axes[COLUMNS]
        rows = []
        for message in self.messages:
            cells = []
            for column in columns:
                text, numbers = self.outcome(message, {**fixed, COLUMNS: column})
                cells.append(f"{text} {','.join(map(str, numbers))}")
            rows.append([DOMAINS[message]] + cells)
        seen = {cell for row in rows for cell in row[1:]}
        if len(seen) == 1:
            return [f"In each row and column: {seen.pop()}."]
        head = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
        return head + ["| " + " | ".join(row) + " |" for row in rows]

    def section(self):
        out = [f"## {pathlib.Path(self.path).parent.name}: "
               f"[{self.path}](../{self.path})", ""]
        others = [axis for axis in self.axes if axis != COLUMNS]
        tables = {}  # equal ones stand once, under all of their titles
        for values in itertools.product(*(self.axes[axis] for axis in reversed(others))):
            fixed = dict(zip(reversed(others), values))
            title = ", ".join(TITLES[axis][value] for axis, value in fixed.items())
            tables.setdefault("\n".join(self.table(fixed)), []).append(title)
        for table, titles in tables.items():
            out += ["### " + "; ".join(titles), ""] if titles != [""] else []
            out += [table, ""]
        out += [f"{number}. {reason}" for number, reason in enumerate(self.reasons, 1)]
        return out + [""]


def page():
    lines = INTRO.split("\n")
    for path in SCENARIOS:
        lines += Cells(path).section()
    return "\n".join(lines).rstrip("\n") + "\n"


def main():
    text = page()
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(text)
    elif sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text() != text:
            sys.exit(f"{PAGE.relative_to(ROOT)} is not current: run tests/lint/tls_policies.py --write")
    else:
        sys.stdout.write(text)


main()
