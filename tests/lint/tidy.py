#!/usr/bin/python3
"""Holds the tree against the project's own rules: sizes, layers, words, tests, the table of features.

Prints one line for each breach, "FILE:LINE: what", and ends with 1 if there is any.
"""
import fnmatch
import json
import os
import re
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LANGUAGE = "docs/scenario-language.md"
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 6
BASE, AUTH, MODEL = "mta-under-test/base", "mta-under-test/mailauth", "sim/scenario/model"

# What a folder may include, besides itself and its own sub-folders: the arrows between the layers,
# from the bottom up: each points to one above it in this table. An arrow that nothing needs is a
# breach, too.
LAYERS = {
    BASE: [],
    AUTH: [BASE],
    "mta-under-test/sqlite": [BASE],
    "mta-under-test/refmta": [BASE, AUTH, "mta-under-test/sqlite"],
    "sim/event": [BASE],
    "sim/value": [BASE],
    "sim/clock": [BASE],
    "sim/capture": [BASE, "sim/event"],
    "sim/tls": [BASE, "sim/value"],
    "sim/net": [BASE, "sim/value"],
    "sim/world": [BASE, "sim/clock", "sim/value"],
    "sim/dns": [BASE, AUTH, "sim/event", "sim/value"],
    "sim/provider": [BASE, "sim/event", "sim/value"],
    "sim/mx": [BASE, AUTH, "sim/event", "sim/value", "sim/net", "sim/tls", "sim/provider"],
    "sim/policy": [BASE, AUTH, "sim/event", "sim/value", "sim/tls", "sim/dns", "sim/mx"],
    "sim/readers": [BASE, "sim/event", "sim/value", "sim/tls", "sim/provider", "sim/mx", "sim/policy"],
    "sim/mta": [BASE, "mta-under-test/sqlite", "sim/event", "sim/value"],
    MODEL: [BASE, "sim/value"],
    "sim/check": [BASE, "sim/event", "sim/value", MODEL],
    "sim/submit": [BASE, "sim/event", "sim/value", "sim/mta", MODEL],
    "sim/client": [BASE, "sim/event", "sim/value", "sim/tls", "sim/submit"],
    "sim/scenario": [BASE, "sim/value", "sim/tls", "sim/dns", "sim/mx", "sim/policy", "sim/mta", "sim/check", "sim/submit",
                     "sim/client", MODEL],
    "sim/inside": [BASE, "sim/event", "sim/capture", "sim/tls", "sim/world", "sim/dns", "sim/mx", "sim/net",
                   "sim/policy", "sim/readers", "sim/mta", "sim/check", "sim/submit", "sim/client", "sim/scenario"],
    "reports": [BASE, "sim/event", "sim/capture"],
    "sim/run": [BASE, "sim/event", "sim/capture", "sim/world", "sim/dns", "sim/mx", "sim/mta", "sim/check", "sim/scenario",
                "sim/inside", "reports"],
    "sim/cli": [BASE, "sim/world", "sim/mta", "sim/scenario", "sim/inside", "sim/run"],
}
# Folders whose code is no part of the program: their helpers need no test and no header.
ASIDE = re.compile(r"(^|/)(tests|bench|tool)/")
WORDS = re.compile(r"/wor[k]/|/tmp/w[t]/|\.\./share[d]|\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b")
# "# TODO" is a directive of TAP 14 that the writer and its tests must be able to name.
WORDS_ALLOWED = re.compile(r"tap|tidy\.py", re.IGNORECASE)
# What .gitignore names, and git's own.
MADE = re.compile(r"(\.git|build|build-[^/]*|build[^/]*\.log|reports/latest|\.cache)$|(.*/)?(__pycache__|[^/]*\.swp)$")

breaches = []
arrows_used = set()


def breach(path, line, text):
    breaches.append(f"{path}:{line}: {text}")


def tree():
    """The project's files: what is built, logged and reported is none. Needs no git, so that it also
    holds for an unpacked archive, and for a clone of another user."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        inside = os.path.relpath(folder, ROOT)
        folders[:] = sorted(one for one in folders if not MADE.match(os.path.normpath(os.path.join(inside, one))))
        found += [os.path.normpath(os.path.join(inside, name)) for name in sorted(names)]
    return [path for path in found if not MADE.match(path)]


def files(*patterns):
    return [path for path in TREE if not patterns or any(fnmatch.fnmatch(path, one) for one in patterns)]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as stream:
        return stream.read().split("\n")


def layer_of(path):
    folder = os.path.dirname(path)
    while folder:
        if folder in LAYERS:
            return folder
        folder = os.path.dirname(folder)
    return None


def check_layers(path, lines):
    layer = layer_of(path)
    if layer is None:
        breach(path, 1, "belongs to no layer: add its folder to LAYERS in tests/lint/tidy.py")
        return
    for number, line in enumerate(lines, 1):
        found = re.match(r'#include "([^"]+)"', line)
        if not found:
            continue
        target = layer_of(found.group(1))
        arrows_used.add((layer, target))
        if target != layer and target not in LAYERS[layer]:
            breach(path, number, f"{layer} must not include {found.group(1)}")


def check_arrows():
    """The table itself: no circles, no arrow that is not needed, no folder that is gone."""
    below = []
    for layer, arrows in LAYERS.items():
        for target in arrows:
            if target not in below:
                breach("tests/lint/tidy.py", 1, f"LAYERS: {layer} -> {target} points upward")
            if (layer, target) not in arrows_used:
                breach("tests/lint/tidy.py", 1, f"LAYERS: {layer} -> {target} is not needed")
        below.append(layer)


def check_includes(path, lines):
    if not path.endswith(".c") or ASIDE.search(path):
        return
    includes = [line for line in lines if line.startswith("#include")]
    own = path[:-2] + ".h"
    if os.path.exists(os.path.join(ROOT, own)) and (not includes or own not in includes[0]):
        breach(path, 1, f'its own header "{own}" must be included first')


def check_functions(path, lines):
    start, name = None, ""
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z_].*\(", line) and not re.match(r"[A-Z_]+\(", line) and not line.rstrip().endswith(";"):
            name = line
            head = line
            end = number
            while ")" not in head.split("{")[0][-2:] and end < len(lines) and end - number < 8:
                head += " " + lines[end].strip()
                end += 1
                if head.rstrip().endswith((")", ";", "{")):
                    break
            count = parameters(head)
            if count > PARAMETERS_MAX and not head.rstrip().endswith(";"):
                breach(path, number, f"{count} parameters; at most {PARAMETERS_MAX}")
        if line == "{":
            start = number
        if line == "}" and start:
            if number - start - 1 > FUNCTION_LINES_MAX:
                breach(path, start, f"{number - start - 1} lines in one function; "
                                    f"at most {FUNCTION_LINES_MAX}: {name.strip()[:60]}")
            start = None


def parameters(head):
    found = re.search(r"\((.*)\)", head)
    if not found:
        return 0
    depth, count = 0, 1
    for char in found.group(1):
        depth += (char == "(") - (char == ")")
        count += char == "," and depth == 0
    return count


def check_words(path, lines):
    if WORDS_ALLOWED.search(path):
        return
    for number, line in enumerate(lines, 1):
        if WORDS.search(line):
            breach(path, number, f"a word that does not belong here: {line.strip()[:60]}")


def check_module_has_test(modules, tests):
    """Each folder of code has unit tests; a module is named by one of them or by an e2e test."""
    folders = sorted({os.path.dirname(path) for path in modules if not ASIDE.search(path)})
    for folder in folders:
        if not any(test.startswith(f"tests/unit/{folder}/") for test in tests):
            breach(folder, 1, f"no unit test below tests/unit/{folder}/")


def keys_of(schema):
    """All names of properties in a JSON Schema."""
    if isinstance(schema, list):
        return {key for part in schema for key in keys_of(part)}
    if not isinstance(schema, dict):
        return set()
    named = schema.get("properties")
    found = set(named) if isinstance(named, dict) else set()
    return found.union(*map(keys_of, schema.values()))


def check_keys_are_told():
    """Whoever writes a scenario finds each key of the language in the document on it, as code."""
    with open(os.path.join(ROOT, "scenarios/schema.json"), encoding="utf-8") as file:
        keys = keys_of(json.load(file))
    told = "\n".join(re.findall(r"```.*?```|`[^`]+`", "\n".join(read(LANGUAGE)), re.DOTALL))
    for key in sorted(keys):
        if not re.search(r"(?<![\w-])" + re.escape(key) + r"(?![\w-])", told):
            breach(LANGUAGE, 1, f"the key {key} of the schema is told nowhere")


def check_features():
    """The page of refmta's features names what is there, at each feature, and all that is its own."""
    page = "docs/refmta-features.md"
    named = set()
    for number, line in enumerate(read(page), 1):
        links = [os.path.normpath(os.path.join("docs", link)) for link in re.findall(r"\]\(([^)]*)\)", line)]
        shown = [link for link in links if link.startswith(("scenarios/", "tests/"))]
        for link in links:
            if link not in TREE:
                breach(page, number, f"{link} is not there")
        if line.startswith("| ") and not line.startswith("| feature ") and not shown:
            breach(page, number, "neither a scenario nor a test shows this feature")
        named.update(shown)
    for path in files("scenarios/*/*.json"):
        if path not in named and re.search(r'"only": *"refmta"', "\n".join(read(path))):
            breach(page, 1, f"{path} is for refmta only and not named here")


def check_rfcs():
    """The page of the RFCs names code, scenarios and tests that are there, and one of each in a row."""
    page = "docs/refmta-rfc.md"
    for number, line in enumerate(read(page), 1):
        links = [os.path.normpath(os.path.join("docs", link)) for link in re.findall(r"\]\(([^)]*)\)", line)]
        code = re.findall(r"`([a-z]+/[a-z_]+)`", line)
        for path in links + [f"mta-under-test/refmta/{name}.c" for name in code]:
            if path not in TREE:
                breach(page, number, f"{path} is not there")
        cells = line.strip("| ").split(" | ")
        if len(cells) == 4 and cells[0] != "section" and not (code and links):
            breach(page, number, "no code, or no scenario or test that shows it")


TREE = tree()


def main():
    code = [p for p in files("*.c", "*.h") if not p.startswith("tests/")]
    for path in code:
        lines = read(path)
        if len(lines) - 1 > FILE_LINES_MAX:
            breach(path, 1, f"{len(lines) - 1} lines; at most {FILE_LINES_MAX}")
        check_layers(path, lines)
        check_includes(path, lines)
        check_functions(path, lines)
    for path in files("tests/*.c", "tests/*.h"):
        check_functions(path, read(path))
    for path in files():
        if not path.endswith((".eml", ".pem", ".pcapng", ".png")) and "/corpus/" not in path:
            check_words(path, read(path))
    check_arrows()
    check_keys_are_told()
    check_features()
    check_rfcs()
    check_module_has_test([p for p in code if p.endswith(".c")], files("tests/unit/*.c"))
    for line in breaches:
        print(line)
    print(f"tidy: {len(code)} files, {len(breaches)} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
