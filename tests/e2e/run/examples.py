#!/usr/bin/python3
"""Every JSON example of the documentation is valid: whole scenarios as they stand, keys alone as part of
the smallest scenario that has them."""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.environ.get("MAILRANGE_ROOT", os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "..")))
PROGRAM = os.path.join(os.environ.get("MAILRANGE_BIN", os.path.join(ROOT, "build", "bin")), "mailrange")
PAGES = ("README.md", "docs/scenario-language.md")
REST = {
    "name": "an example",
    "hosts": {"mx.bigmail.test": {}},
    "messages": [{"to": "bob@bigmail.test"}],
}


def examples(page):
    """Yields the line and the text of each block."""
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        text = file.read()
    for block in re.finditer(r"^```json\n(.*?)^```", text, re.M | re.S):
        yield text.count("\n", 0, block.start()) + 1, block.group(1)


def whole(text):
    """A scenario out of an example."""
    if text.lstrip().startswith("{"):
        return json.loads(text)
    return {**REST, **json.loads("{" + text + "}")}


def wrong(text):
    """What is wrong with an example, or nothing."""
    try:
        scenario = whole(text)
    except ValueError as error:
        return f"no JSON: {error}"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "example.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(scenario, file, indent=2)
        done = subprocess.run([PROGRAM, "validate", path], cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()


def main():
    count = failures = 0
    for page in PAGES:
        for line, text in examples(page):
            count += 1
            found = wrong(text)
            if found:
                failures += 1
                print(f"{page}:{line}: this example is not valid:\n{found}")
    if count < 2:
        sys.exit("no examples were found")
    sys.exit(1 if failures else 0)


main()
