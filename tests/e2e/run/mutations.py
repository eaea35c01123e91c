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


def member(path, key):
    """The JSON path of a member, as the program writes it."""
    plain = key.replace("_", "a").isalnum() and key.isascii() and not key[0].isdigit()
    return f"{path}.{key}" if plain else f'{path}["{key}"]'


def rules_of(scenario):
    """Yields (part, name of the host or profile, number of the rule, the rule, its JSON path)."""
    for part in ("hosts", "profiles"):
        for name, host in scenario.get(part, {}).items():
            for i, rule in enumerate(host.get("rules", [])):
                yield part, name, i, rule, f"{member(f'$.{part}', name)}.rules[{i}]"


def neutral(scenario):
    """Yields the same with each rule still there and counted, but without its effect."""
    for part, name, i, rule, path in rules_of(scenario):
        if set(rule["then"]) == {"log"}:
            continue
        mutant = copy.deepcopy(scenario)
        mutant[part][name]["rules"][i]["then"] = {"log": "nothing"}
        yield path + ".then", f"the effect of {part}.{name}: rule {rule.get('name', i + 1)!r}", mutant


def mutants(scenario):
    """Yields (JSON path, what was taken out, the scenario without it)."""
    for part, name, i, rule, path in rules_of(scenario):
        mutant = copy.deepcopy(scenario)
        del mutant[part][name]["rules"][i]
        yield path, f"{part}.{name}: rule {rule.get('name', i + 1)!r}", mutant
    for key in TELLING:
        mutant = copy.deepcopy(scenario)
        for host in mutant.get("hosts", {}).values():
            host.pop(key, None)
        if mutant != scenario:
            yield f"$.hosts[*].{key}", f"{key} of all hosts", mutant
    for i, fault in enumerate(scenario.get("dns", {}).get("faults", [])):
        mutant = copy.deepcopy(scenario)
        del mutant["dns"]["faults"][i]
        yield f"$.dns.faults[{i}]", f"DNS fault {i + 1} ({fault.get('answer')})", mutant
    for i, event in enumerate(scenario.get("timeline", [])):
        if event.get("do") in TRACELESS:
            continue
        mutant = copy.deepcopy(scenario)
        del mutant["timeline"][i]
        yield f"$.timeline[{i}]", f"timeline entry {i + 1} ({event.get('do')})", mutant


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


class Mutant:
    """One scenario with one thing taken out; its file's stem is its name in the results."""

    def __init__(self, file, base, stem, path, what):
        self.file, self.base, self.stem, self.path, self.what = file, base, stem, path, what

    def name(self):
        return f"{self.file.parent.name}/{self.file.name} without {self.what}"

    def tell(self, outcome):
        """Scenario, JSON path, mutation and what came out, for people."""
        return f"{self.file}: {self.path}: without {self.what}: {outcome}"


def read(file):
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"{file}: cannot be read as a scenario: {error}")


def ended(done, allowed, where):
    """The exit code of the program; ends this one with what it said where the code is none of those
    that a right program gives."""
    if done.returncode not in allowed:
        said = (done.stderr + done.stdout).strip().splitlines()[-15:]
        sys.exit(f"{where}: exit code {done.returncode}, expected one of {sorted(allowed)}; it said:\n" +
                 "\n".join("  | " + line for line in said))
    return done.returncode


def plan(files, options, folder):
    """Writes the mutants, and the scenarios that they come from, as files; returns those to try, and
    how many are refused."""
    tried, refused = [], 0
    for file in files:
        scenario = read(file)
        if "extend" in scenario:
            continue  # its base stands elsewhere, and is tried by itself
        if scenario.get("mta", {}).get("only", "refmta") != "refmta":
            continue  # it says nothing about the server that runs here
        base = f"{file.parent.name}-{file.stem}"
        shift = zlib.crc32(base.encode())
        kept = False
        for i, (path, what, changed) in enumerate(neutral(scenario) if options.effects else mutants(scenario)):
            if is_guard(scenario, what) or (i + shift) % options.sample != 0:
                continue
            mutant = Mutant(file, base, f"{base}-{i}", path, what)
            target = pathlib.Path(folder, mutant.stem + ".json")
            target.write_text(json.dumps(changed))
            done = subprocess.run([options.program, "validate", target], capture_output=True, text=True)
            if ended(done, {0, 2}, mutant.tell("validate")) != 0:
                target.unlink()
                refused += 1
                continue
            tried.append(mutant)
            kept = True
        if kept:
            pathlib.Path(folder, base + ".json").write_text(json.dumps(scenario))
    return tried, refused


def run(options, folder):
    """Runs all that plan() wrote; returns what each file's runs missed, and with which verdicts."""
    out = pathlib.Path(folder, "out")
    done = subprocess.run([options.program, "run", folder, "-q", "-j2", "--capture", "off", "-o", out],
                          capture_output=True, text=True)
    ended(done, {0, 1, 3, 4}, f"the run of all mutants in {folder}")
    if not (out / "results.json").exists():
        ended(done, set(), f"the run of all mutants in {folder} left no results.json")
    missed, verdicts = {}, {}
    for case in read(out / "results.json")["scenarios"]:
        stem = pathlib.Path(case["file"]).stem
        missed.setdefault(stem, set()).update(misses(case))
        verdicts.setdefault(stem, set()).add(case["verdict"])
    return missed, verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--effects", action="store_true")
    parser.add_argument("--sample", type=int, default=1)
    parser.add_argument("program")
    parser.add_argument("paths", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    paths = options.paths or [pathlib.Path(__file__).resolve().parents[3] / "scenarios"]
    files = sorted(f for p in paths for f in (p.rglob("*.json") if p.is_dir() else [p]) if f.name != "schema.json")
    if not files:
        sys.exit(f"no scenario in {', '.join(map(str, paths))}")
    missed, verdicts = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        tried, refused = plan(files, options, folder)
        if tried:
            missed, verdicts = run(options, folder)
    bad = 0
    for mutant in tried:
        for stem, who in ((mutant.base, "the scenario itself"), (mutant.stem, "the mutant")):
            if stem not in missed:
                print(mutant.tell(f"{who} has no result: it was not run"))
                bad += 1
                break
        else:
            if missed[mutant.stem] <= missed[mutant.base] and mutant.name() not in BORNE:
                verdict = "/".join(sorted(verdicts[mutant.stem]))
                print(mutant.tell(f"{verdict} all the same, and no expectation is missed that the scenario meets; "
                                  "expected: refused, or one that fails"))
                bad += 1
    print(f"{len(files)} scenarios, {len(tried) + refused} mutants: {refused} refused, "
          f"{len(tried) - bad} noticed, {bad} not")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
