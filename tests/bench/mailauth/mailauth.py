#!/usr/bin/python3
"""How fast mailauth is, beside OpenDKIM's library and npm's mailauth: the same messages and keys, turn by
turn, processor time of one core. The last line is JSON: our figures, and "opendkim" and "npm" with how
many times faster we are in the slowest of what both do; a peer that this machine cannot have is null,
and "missing" says why. All are medians of ROUNDS turns (5 where none is given).

OpenDKIM's library comes from the machine, or out of Debian's packages without installing them; npm's
mailauth goes to ~/.cache/mailrange/npm.
"""
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.environ.get("MAILRANGE_BIN", os.path.join(HERE, "..", "..", "..", "build", "bin"))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "mailrange", "npm")
NPM_VERSION = "4.13.3"
DEBIAN = ["libopendkim-dev", "libopendkim11", "libbsd0", "libmd0", "libdb5.3"]
SPAN = "1"


def run(*args, **more):
    return subprocess.run(args, check=True, capture_output=True, text=True, **more).stdout


def figures_of(*args, **more):
    text = run(*args, **more)
    return json.loads(text[text.index("{"):])


def opendkim(work):
    """The command that measures OpenDKIM's library."""
    program = os.path.join(work, "opendkim_peer")
    build = ["cc", "-O2", "-o", program, os.path.join(HERE, "opendkim_peer.c")]
    if os.path.exists("/usr/include/opendkim/dkim.h"):
        run(*build, "-I/usr/include/opendkim", "-lopendkim")
        return [program]
    run("apt-get", "download", *DEBIAN, cwd=work)
    for package in glob.glob(os.path.join(work, "*.deb")):
        run("dpkg", "-x", package, work)
    libraries = os.path.join(work, "usr/lib/x86_64-linux-gnu")
    run(*build, "-I" + os.path.join(work, "usr/include/opendkim"), "-L" + libraries, "-lopendkim",
        "-Wl,--allow-shlib-undefined")
    return ["env", "LD_LIBRARY_PATH=" + libraries, program]


def npm(_work):
    """The command that measures npm's mailauth."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise OSError("node and npm are not here")
    modules = os.path.join(CACHE, "node_modules")
    if not os.path.exists(os.path.join(modules, "mailauth")):
        os.makedirs(CACHE, exist_ok=True)
        run("npm", "install", "--no-audit", "--no-fund", "--prefix", CACHE, "mailauth@" + NPM_VERSION)
    return ["env", "NODE_PATH=" + modules, "node", os.path.join(HERE, "npm_peer.js")]


def medians(rounds):
    """The median of each figure that all rounds have."""
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    commands, turns, missing = {}, {"ours": []}, {}
    with tempfile.TemporaryDirectory() as work:
        for name, find in (("opendkim", opendkim), ("npm", npm)):
            try:
                commands[name] = find(work)
                turns[name] = []
            except (OSError, subprocess.CalledProcessError) as reason:
                missing[name] = (getattr(reason, "stderr", None) or str(reason)).strip()[-200:]
        for _ in range(rounds):
            turns["ours"].append(figures_of(os.path.join(BIN, "mailauth_bench"), SPAN, work))
            for name, command in commands.items():
                turns[name].append(figures_of(*command, SPAN, work))
    result = medians(turns.pop("ours"))
    for name in ("opendkim", "npm"):
        result[name] = None
        if name in turns:
            peer = medians(turns[name])
            result[name + "_figures"] = peer
            result[name] = round(min(result[one] / value for one, value in peer.items() if value > 0), 2)
    if missing:
        result["missing"] = missing
    print(json.dumps(result))


if __name__ == "__main__":
    main()
