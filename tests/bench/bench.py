#!/usr/bin/python3
"""Measures Mailrange against the figures that it has set itself, beside peers in the same run.

Prints one line a figure: "ok" or "MISS", what, the median of several runs, the limit. With --json
the same as JSON. Ends with 1 if a figure is missed. Never part of a test: the machine's other work
shows in every number.
"""
import argparse
import functools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
BIN = os.environ.get("MAILRANGE_BIN", os.path.join(ROOT, "build", "bin"))
PROGRAM = os.path.join(BIN, "mailrange")


class Missing(Exception):
    """What a figure needs and this machine does not have."""


def median_of(runs, measure):
    return statistics.median(measure() for _ in range(runs))


def descendants(pid):
    """Process ids below pid, from /proc, the process itself included."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    parents[int(entry)] = int(stat.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    found, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def memory_kib(pid):
    """Proportional memory of a process and all below it."""
    total = 0
    for one in descendants(pid):
        try:
            with open(f"/proc/{one}/smaps_rollup", encoding="ascii") as rollup:
                total += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except OSError:
            continue
    return total


def run_scenario(path, *flags, watch_memory=False):
    """Wall time in seconds of a whole `mailrange run`, and the peak memory of all its processes."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with subprocess.Popen([PROGRAM, "run", path, "-q", "-o", folder, *flags],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
            peak = 0
            done = threading.Event()

            def watch():
                nonlocal peak
                while not done.wait(0.1):
                    peak = max(peak, memory_kib(run.pid))

            watcher = threading.Thread(target=watch)
            if watch_memory:
                watcher.start()
            output = run.communicate()[0]
            wall = time.monotonic() - began
            done.set()
            if watch_memory:
                watcher.join()
        if run.returncode != 0:
            raise Missing(f"{path} ended with {run.returncode}: {output.strip()[-200:]}")
        return wall, peak, folder_timing(folder)


def folder_timing(folder):
    for name in os.listdir(folder):
        path = os.path.join(folder, name, "timing.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                return json.load(stream)
    return {}


def tool(name, *args):
    path = os.path.join(BIN, name)
    if not os.path.exists(path):
        raise Missing(f"{path} is not built")
    out = subprocess.run([path, *args], check=True, capture_output=True, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


def script(name, *args):
    """A script of this folder that prints one JSON object on its last line."""
    done = subprocess.run([os.path.join(HERE, name), *args], capture_output=True, text=True, check=False,
                          env={**os.environ, "MAILRANGE_BIN": BIN})
    if done.returncode != 0:
        raise Missing(done.stderr.strip()[-300:] or f"{name} ended with {done.returncode}")
    return json.loads(done.stdout.strip().splitlines()[-1])


@functools.lru_cache
def mailauth(runs):
    return script("mailauth/mailauth.py", str(runs))


@functools.lru_cache
def relay(sessions):
    return script("relay.sh", str(sessions))


@functools.lru_cache
def accept(sessions):
    return script("relay.sh", str(sessions), "accept")


@functools.lru_cache
def queue():
    return script("refmta.py", "queue")


def mailauth_peer(runs, name):
    """How many times faster than the peer, in the slowest of what both do."""
    found = mailauth(runs)
    if found[name] is None:
        raise Missing(found["missing"][name])
    return found[name]


def scenario(name):
    return os.path.join(HERE, "scenarios", name)


def catalogue_seconds():
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        done = subprocess.run([PROGRAM, "run", os.path.join(ROOT, "scenarios"), "-j2", "-q", "-o", folder],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"the catalogue ended with {done.returncode}: {done.stdout.strip()[-200:]}")
        return time.monotonic() - began


def hundred_thousand_hosts():
    """Peak memory in MB of a world with so many MX hosts, of which three get mail."""
    count = 100000
    some = (1, count // 2, count)
    text = {
        "name": "A hundred thousand MX hosts",
        "hosts": {f"mx{i}.bigmail.test": {} for i in range(1, count + 1)},
        "dns": {"zones": {"bigmail.test": ["@ MX 10 mx1"] + [f"d{i} MX 10 mx{i}" for i in some]}},
        "messages": [{"to": f"bob@d{i}.bigmail.test"} for i in some],
        "expect": [{"message": "m*", "is": "delivered"}],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "hosts.json")
        with open(path, "w", encoding="utf-8") as stream:
            json.dump(text, stream)
        return run_scenario(path, watch_memory=True)[1] / 1024


def figures(runs, slow):
    """Yields (name, unit, measure, limit, at_most); with `slow` those that take many minutes too."""
    hello = os.path.join(ROOT, "scenarios", "basics", "hello.json")
    grey = os.path.join(ROOT, "scenarios", "retry", "greylisting.json")
    five = os.path.join(ROOT, "scenarios", "bounces", "five-days-of-trying.json")
    many = scenario("thousand-greylisted.json")
    yield ("world set-up and tear-down", "ms",
           lambda: median_of(runs, lambda: run_scenario(hello)[2]["world_ms"]), 150, True)
    yield ("one clock read in virtual time", "ns",
           lambda: median_of(runs, lambda: tool("clock_bench")["read_ns"]), 5, True)
    yield ("one jump of the clock", "us",
           lambda: median_of(runs, lambda: tool("clock_bench")["jump_us"]), 40, True)
    yield ("greylisting, whole process", "s",
           lambda: median_of(runs, lambda: run_scenario(grey)[0]), 0.5, True)
    yield ("five days of retries to the bounce, whole process", "s",
           lambda: median_of(runs, lambda: run_scenario(five)[0]), 0.7, True)
    yield ("1,000 messages, 100 domains, all greylisted", "s",
           lambda: median_of(runs, lambda: run_scenario(many)[0]), 5, True)
    yield ("  all processes of it together", "MB",
           lambda: median_of(1, lambda: run_scenario(many, watch_memory=True)[1] / 1024), 150, True)
    yield ("100,000 MX hosts in one world, all processes together", "MB", hundred_thousand_hosts, 300, True)
    yield ("the whole catalogue, two runs side by side", "s",
           catalogue_seconds, 90, True)
    if slow:
        million = scenario("million-warm-up.json")
        kept = functools.lru_cache(lambda: run_scenario(million, "--capture", "off", watch_memory=True))
        yield ("a million messages over 30 virtual days, whole process", "min", lambda: kept()[0] / 60, 10, True)
        yield ("  all processes of it together", "MB", lambda: kept()[1] / 1024, 1024, True)
    yield ("refmta relays 4 kB with 20 sessions, times Postfix", "x",
           lambda: relay(20)["ratio"], 5, False)
    yield ("refmta relays 4 kB with 100 sessions, times Postfix", "x",
           lambda: median_of(runs, lambda: script("relay.sh", "100")["ratio"]), 5, False)
    for sessions in (20, 100):
        yield (f"refmta takes 4 kB with {sessions} sessions, times Postfix", "x",
               lambda sessions=sessions: accept(sessions)["ratio"], 10, False)
        yield ("  the same by processor time", "x",
               lambda sessions=sessions: accept(sessions)["processor_ratio"], 10, False)
    yield ("refmta, 10,000 idle connections, each", "KiB",
           lambda: script("refmta.py", "idle")["kib_each"], 20, True)
    yield ("refmta, p99 of the final 250 with 50 sessions", "ms",
           lambda: median_of(runs, lambda: script("refmta.py", "accept")["p99_ms"]), 50, True)
    yield ("refmta starts with a million recipients queued", "s",
           lambda: queue()["start-seconds"], 5, True)
    yield ("  memory for each of them", "B",
           lambda: queue()["bytes-per-recipient"], 1024, True)
    yield ("refmta is slowed down by as many dead destinations", "%",
           lambda: script("dead.py")["slower_percent"], 10, True)
    if slow:
        yield ("  with a million recipients at 10,000 destinations", "%",
               lambda: script("dead.py", "1000000", "10000")["slower_percent"], 10, True)
    yield ("simulated host as a sink with its event log, times smtp-sink", "x",
           lambda: median_of(runs, lambda: script("sink.sh")["ratio"]), 1, False)
    yield ("DNS answers with the event log, times NSD", "x",
           lambda: script("dns.sh", "nsd")["ratio"], 0.5, False)
    yield ("  times Knot", "x", lambda: script("dns.sh", "knot")["ratio"], 0.5, False)
    yield ("DKIM verification, 4 kB, RSA-2048, key cached", "/s",
           lambda: mailauth(runs)["dkim_verify_rsa2048_4kB_per_s"], 10000, False)
    yield ("DKIM signing, 4 kB, Ed25519", "/s",
           lambda: mailauth(runs)["dkim_sign_ed25519_4kB_per_s"], 12000, False)
    yield ("DKIM body, relaxed and hashed, of SHA-256 alone", "x",
           lambda: mailauth(runs)["body_relaxed_of_sha256"], 0.6, False)
    yield ("SPF, six includes, resolver cached", "/s",
           lambda: mailauth(runs)["spf_six_includes_per_s"], 50000, False)
    yield ("DKIM, times OpenDKIM's library where that is nearest", "x",
           lambda: mailauth_peer(runs, "opendkim"), 1, False)
    yield ("DKIM and SPF, times npm's mailauth where that is nearest", "x",
           lambda: mailauth_peer(runs, "npm"), 1, False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="how many runs the median is of")
    parser.add_argument("--slow", action="store_true", help="also what takes many minutes")
    parser.add_argument("--only", default="", help="figures with this in their name")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    missed, rows = 0, []
    if not options.json:
        print(f"{platform.machine()}, {os.cpu_count()} processors, Linux {platform.release()}; "
              f"medians of {options.runs}")
    for name, unit, measure, limit, at_most in figures(options.runs, options.slow):
        if options.only not in name:
            continue
        row = {"figure": name.strip(), "unit": unit, "limit": limit, "at_most": at_most}
        try:
            row["value"] = measure()
            row["ok"] = row["value"] <= limit if at_most else row["value"] >= limit
            shown = f"{row['value']:.4g} {unit}"
        except (Missing, OSError, ValueError, KeyError, subprocess.CalledProcessError) as reason:
            row["missing"] = str(reason)
            shown = f"not measured: {reason}"
        missed += row.get("ok") is False
        rows.append(row)
        if not options.json:
            word = {True: "ok", False: "MISS", None: "-"}[row.get("ok")]
            print(f"{word:5} {name:62} {shown:>14}   "
                  f"{'at most' if at_most else 'at least'} {limit} {unit}", flush=True)
    if options.json:
        print(json.dumps(rows, indent=2))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
