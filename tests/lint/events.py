#!/usr/bin/env python3
"""Holds docs/events.md against event logs that were written.

    tests/lint/events.py FOLDER        a folder of runs, such as one of the whole catalogue

Each kind of event and each fact of it must be documented in the row of its kind, or in the text of
its section, which is about all kinds there. Of the facts in LISTED the row names all values. Kinds
that are documented must have happened: what no scenario shows, or nothing writes, is no event.
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMON = {"seq", "at", "source", "kind", "session"}
# Facts with values of a fixed list, which stands in the documentation.
LISTED = {
    ("dns", "query"): ["transport"],
    ("mta", "log"): ["status"],
    ("mta", "order"): ["what"],
    ("mx", "accepted"): ["placement", "transfer"],
    ("mx", "disconnect"): ["by"],
    ("mx", "gauge"): ["counts"],
    ("mx", "refused"): ["how"],
    ("mx", "violation"): ["level"],
    ("policy", "report"): ["type", "via"],
    ("policy", "webhook"): ["what"],
    ("provider", "reputation"): ["of"],
    ("provider", "verdict"): ["placement", "stage"],
    ("run", "end"): ["reason"],
    ("run", "start"): ["clock"],
    ("submitter", "reply"): ["stage"],
    ("timeline", "do"): ["as"],
}


def words_of(text):
    return set(re.findall(r"[A-Za-z0-9-]+", text))


def read_document():
    """{(source, kind): text of the row}, {source: text of the section around the table}."""
    rows, around, source = {}, {}, None
    for line in (ROOT / "docs/events.md").read_text().splitlines():
        if line.startswith("## "):
            source = line[3:].split()[0]
            around[source] = ""
        elif source and line.startswith("| `"):
            kinds, facts = [cell.strip() for cell in line.strip("|").split(" | ", 1)]
            for kind in re.findall(r"`([\w-]+)`", kinds):
                rows[source, kind] = facts
        elif source and not line.startswith("|"):
            around[source] += line + "\n"
    return rows, around


def facts_of(value):
    """Names of the facts of an object, and of the objects in it but those of chains of facts."""
    for name, inner in value.items():
        yield name
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, dict) and name != "facts":
                yield from facts_of(one)


def problems_of_event(event, rows, around):
    key = event["source"], event["kind"]
    if key not in rows:
        yield f"{key[0]} {key[1]}: the kind is not documented"
        return
    known = set(re.findall(r"`([\w-]+)`", rows[key] + around[key[0]]))
    for name in facts_of({name: event[name] for name in event if name not in COMMON}):
        if name not in known:
            yield f"{key[0]} {key[1]}: the fact {name} is not documented"
    for name in LISTED.get(key, []):
        value = event.get(name, "")
        if not words_of(value) <= words_of(rows[key]):
            yield f"{key[0]} {key[1]}: {name} \"{value}\" is not documented"


def main():
    rows, around = read_document()
    seen, problems = set(), set()
    for path in pathlib.Path(sys.argv[1]).rglob("events.jsonl"):
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                event = json.loads(line)
                seen.add((event["source"], event["kind"]))
                problems.update(problems_of_event(event, rows, around))
    problems.update(f"{source} {kind}: documented, but no run has such an event"
                    for source, kind in rows.keys() - seen)
    for problem in sorted(problems):
        print(f"docs/events.md: {problem}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
