#!/usr/bin/env python3
"""Each scenario must notice when what it is about is taken out.

For every shipped scenario (or those given) each rule, fault, entry of the timeline and telling
setting of its hosts is removed in turn. The mutant must then fail: be refused by the loader, miss an
expectation, or have a rule that is expected to fire and is gone. Mutants that still pass are told,
and the exit code is 1.

    mutations.py [--effects] PROGRAM [FILE|DIR]...

With --effects the rules stay, and are counted, but do nothing: what then passes is told, and is no
failure, for a right server may bear a fault without a trace.
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

# Settings of a host that say what it is like; what is left out is only where it is.
TELLING = ["profile", "down", "users", "esmtp", "tls", "bandwidth"]
# What a right server survives without a trace.
TRACELESS = ["mta-kill", "mta-restart", "mta-pause"]


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


def survives(results, stem):
    """A mutant passes if every cell of it does, and all of its own rules that should fire did."""
    cells = [case for case in results if pathlib.Path(case["file"]).stem == stem]
    return bool(cells) and all(case["verdict"] == "passed" for case in cells)


def main():
    effects = sys.argv[1] == "--effects"
    program, *arguments = sys.argv[2 if effects else 1:]
    root = pathlib.Path(__file__).resolve().parents[3]
    paths = [pathlib.Path(p) for p in arguments] or [root / "scenarios"]
    files = sorted(f for p in paths for f in (p.rglob("*.json") if p.is_dir() else [p]) if f.name != "schema.json")
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        tried = {}
        refused = 0
        for file in files:
            scenario = json.loads(file.read_text())
            if "extend" in scenario:
                continue  # its base stands elsewhere, and is tried by itself
            for i, (what, mutant) in enumerate(neutral(scenario) if effects else mutants(scenario)):
                if is_guard(scenario, what):
                    continue
                stem = f"{file.parent.name}-{file.stem}-{i}"
                path = pathlib.Path(folder, stem + ".json")
                path.write_text(json.dumps(mutant))
                if subprocess.run([program, "validate", path], capture_output=True).returncode != 0:
                    path.unlink()
                    refused += 1
                    continue
                tried[stem] = f"{file.parent.name}/{file.name} without {what}"
        out = pathlib.Path(folder, "out")
        subprocess.run([program, "run", folder, "-q", "-j2", "--capture", "off", "-o", out], capture_output=True)
        results = json.loads((out / "results.json").read_text())["scenarios"]
        survivors = [text for stem, text in tried.items() if survives(results, stem)]
    for text in survivors:
        print(f"passes all the same: {text}")
    print(f"{len(files)} scenarios, {len(tried) + refused} mutants: {refused} refused, "
          f"{len(tried) - len(survivors)} failed, {len(survivors)} passed")
    return 1 if survivors and not effects else 0


if __name__ == "__main__":
    sys.exit(main())
