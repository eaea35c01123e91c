#!/usr/bin/env python3
"""Each scenario must notice when what it is about is taken out.

For every shipped scenario (or those given) each rule, fault, entry of the timeline and telling
setting of its hosts is removed in turn. The mutant must then be noticed: refused by the loader, or
miss an expectation (of any level) that the scenario itself meets. Mutants that pass are told, and the
exit code is 1.

    mutations.py [--effects] [--sample N] PROGRAM [FILE|DIR]...

With --effects the rules stay, and are counted, but do nothing. With --sample only each N-th mutant
is tried, a different share of each scenario's.
"""
import argparse
import copy
import json
import pathlib
import subprocess
import sys
import tempfile
import zlib

# Settings of a host that say what it is like; what is left out is only where it is.
TELLING = ["profile", "down", "users", "esmtp", "tls", "latency", "bandwidth", "network"]
# What a right server survives without a trace.
TRACELESS = ["mta-kill", "mta-restart", "mta-pause"]


# Mutants that no right server can notice, and why.
BORNE = {
    "dane/rotation-prepared.json without timeline entry 1 (rotate-key)":
        "a change of keys that was prepared is to be seen by nobody",
    "dane/lookup-fails-unsigned.json without DNS fault 1 (servfail)":
        "a right server does not ask the question that is answered wrong",
    "tls/forced.json without hosts.mx.bigmail.test: rule 'encrypt first'":
        "a right server encrypts before it is told to",
}


def neutral(scenario):
    """Yields the same with each rule still there and counted, but without its effect."""
    for part in ("hosts", "profiles"):
        for name, host in scenario.get(part, {}).items():
            for i, rule in enumerate(host.get("rules", [])):
                if set(rule["then"]) == {"log"}:
                    continue
                mutant = copy.deepcopy(scenario)
                mutant[part][name]["rules"][i]["then"] = {"log": "nothing"}
                yield f"the effect of {part}.{name}: rule {rule.get('name', i + 1)!r}", mutant


def mutants(scenario):
    """Yields (what was taken out, the scenario without it)."""
    for part in ("hosts", "profiles"):
        for name, host in scenario.get(part, {}).items():
            for i, rule in enumerate(host.get("rules", [])):
                mutant = copy.deepcopy(scenario)
                del mutant[part][name]["rules"][i]
                yield f"{part}.{name}: rule {rule.get('name', i + 1)!r}", mutant
    for key in TELLING:
        mutant = copy.deepcopy(scenario)
        for host in mutant.get("hosts", {}).values():
            host.pop(key, None)
        if mutant != scenario:
            yield f"{key} of all hosts", mutant
    for i, fault in enumerate(scenario.get("dns", {}).get("faults", [])):
        mutant = copy.deepcopy(scenario)
        del mutant["dns"]["faults"][i]
        yield f"DNS fault {i + 1} ({fault.get('answer')})", mutant
    for i, event in enumerate(scenario.get("timeline", [])):
        if event.get("do") in TRACELESS:
            continue
        mutant = copy.deepcopy(scenario)
        del mutant["timeline"][i]
        yield f"timeline entry {i + 1} ({event.get('do')})", mutant


def is_guard(scenario, what):
    """A rule that is expected never to fire guards; its absence shows in no right run."""
    for expectation in scenario.get("expect", []):
        if "rule" in expectation and f"{expectation['rule']!r}" in what:
            return expectation.get("fired") in (0, "0", "..0")
    return False


def misses(case):
    """What of the expectations and invariants of a run does not hold, as (cell, place)."""
    results = case["results"]
    if results is None:
        return {(case.get("cell", ""), case["verdict"])}
    checks = results["expectations"] + results["invariants"]
    return {(case.get("cell", ""), check["place"] or check["name"]) for check in checks if check["verdict"] != "passed"}


def plan(files, options, folder):
    """Writes the mutants, and the scenarios that they come from, as files; returns for each mutant its
    stem, the stem of its scenario and what it is, and how many are refused."""
    tried, refused = [], 0
    for file in files:
        scenario = json.loads(file.read_text())
        if "extend" in scenario:
            continue  # its base stands elsewhere, and is tried by itself
        if scenario.get("mta", {}).get("only", "refmta") != "refmta":
            continue  # it says nothing about the server that runs here
        base = f"{file.parent.name}-{file.stem}"
        shift = zlib.crc32(base.encode())
        kept = False
        for i, (what, mutant) in enumerate(neutral(scenario) if options.effects else mutants(scenario)):
            if is_guard(scenario, what) or (i + shift) % options.sample != 0:
                continue
            path = pathlib.Path(folder, f"{base}-{i}.json")
            path.write_text(json.dumps(mutant))
            if subprocess.run([options.program, "validate", path], capture_output=True).returncode != 0:
                path.unlink()
                refused += 1
                continue
            tried.append((path.stem, base, f"{file.parent.name}/{file.name} without {what}"))
            kept = True
        if kept:
            pathlib.Path(folder, base + ".json").write_text(json.dumps(scenario))
    return tried, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effects", action="store_true")
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("program")
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    paths = options.paths or [pathlib.Path(__file__).resolve().parents[3] / "scenarios"]
    files = sorted(f for p in paths for f in (p.rglob("*.json") if p.is_dir() else [p]) if f.name != "schema.json")
    missed = {}
    with tempfile.TemporaryDirectory() as folder:
        tried, refused = plan(files, options, folder)
        out = pathlib.Path(folder, "out")
        subprocess.run([options.program, "run", folder, "-q", "-j2", "--capture", "off", "-o", out],
                       capture_output=True)
        for case in json.loads((out / "results.json").read_text())["scenarios"]:
            missed.setdefault(pathlib.Path(case["file"]).stem, set()).update(misses(case))
    survivors = [text for stem, base, text in tried if missed[stem] <= missed[base] and text not in BORNE]
    for text in survivors:
        print(f"passes all the same: {text}")
    print(f"{len(files)} scenarios, {len(tried) + refused} mutants: {refused} refused, "
          f"{len(tried) - len(survivors)} noticed, {len(survivors)} passed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
