#!/usr/bin/python3
"""dead.py [RECIPIENTS [DESTINATIONS]]: how much dead destinations slow the others down.

refmta starts with a long queue on the disk, in a network of its own. Once all its destinations take
mail; once as many again are in the queue whose hosts answer nothing, not even with a refusal. The
last line is JSON: {"slower_percent": ..., "alone_per_s": ..., "beside_dead_per_s": ...}, of the mail
to living destinations alone. RECIPIENTS and DESTINATIONS count both kinds. Needs root, and Postfix's
smtp-sink, which is fetched but not installed."""
import json
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
BIN = os.environ.get("MAILRANGE_BIN", os.path.join(ROOT, "build", "bin"))
POSTFIX = os.environ.get("POSTFIX_ROOT", os.path.join(ROOT, ".cache", "postfix"))
INSIDE = "DEAD_BENCH_INSIDE"
TYPE_A, TYPE_MX = 1, 15
RECEIVE_BUFFER_FORCE = 33  # of Linux; Python has no name for it
TIME_MAX = 900


def fetch_sink():
    if os.path.exists(os.path.join(POSTFIX, "usr/sbin/smtp-sink")):
        return
    os.makedirs(POSTFIX, exist_ok=True)
    done = subprocess.run("apt-get download postfix && dpkg -x postfix_*.deb .", shell=True, cwd=POSTFIX,
                          capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit("the package postfix cannot be had")


def answer(query, some_are_dead):
    """MX of domain-N.test is mx.domain-N.test; with the odd ones dead its address leads nowhere."""
    end = query.index(b"\0", 12)
    kind = struct.unpack(">H", query[end + 1:end + 3])[0]
    question = query[12:end + 5]
    labels = query[12:end].lower()
    at = labels.find(b"domain-")
    record = b""
    if at >= 0 and kind == TYPE_MX and at == 1:
        name = b"\x02mx\xc0\x0c"
        record = b"\xc0\x0c" + struct.pack(">HHIHH", TYPE_MX, 1, 3600, 2 + len(name), 10) + name
    elif at >= 0 and kind == TYPE_A and labels[:3] == b"\x02mx":
        number = int(labels[at + 7:at + 12])
        is_dead = some_are_dead and number % 2 == 1
        address = bytes((10, 9) if is_dead else (127, 1)) + struct.pack(">H", number + 1)
        record = b"\xc0\x0c" + struct.pack(">HHIH", TYPE_A, 1, 3600, 4) + address
    return query[:2] + b"\x85\x80" + struct.pack(">HHHH", 1, 1 if record else 0, 0, 0) + question + record


def serve_names(some_are_dead):
    """In a process of its own; returns its id."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, RECEIVE_BUFFER_FORCE, 64 << 20)
    server.bind(("127.0.0.1", 53))
    pid = os.fork()
    if pid == 0:
        while True:
            query, client = server.recvfrom(4096)
            server.sendto(answer(query, some_are_dead), client)
    server.close()
    return pid


def start_refmta(work):
    config = {"hostname": "mail.sender.test", "spool": os.path.join(work, "spool"),
              "listeners": [{"address": "127.0.0.1", "port": 2526}], "resolvers": ["127.0.0.1:53"],
              "sources": [], "log": os.path.join(work, "log"), "tls": {"mode": "none", "mta-sts": False},
              "operations": {"address": "127.0.0.1", "port": 2580}}
    with open(os.path.join(work, "refmta.json"), "w", encoding="ascii") as out:
        json.dump(config, out)
    return subprocess.Popen([os.path.join(BIN, "refmta"), "--config", os.path.join(work, "refmta.json")])


def delivered():
    try:
        with urllib.request.urlopen("http://127.0.0.1:2580/metrics", timeout=60) as metrics:
            for line in metrics.read().decode().splitlines():
                if line.startswith('refmta_events_total{event="delivered"}'):
                    return int(line.split()[-1])
    except OSError:
        pass
    return 0


def rate(work, living, destinations, some_are_dead):
    """Messages a second to the living, from the first to the last of them."""
    total = living * (2 if some_are_dead else 1)
    count = destinations * (2 if some_are_dead else 1)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    subprocess.run([os.path.join(BIN, "refmta-bench"), os.path.join(work, "spool"), str(total), str(count),
                    "fill"], check=True)
    os.sync()  # the twice as long queue must not be written out beside what is measured
    names = serve_names(some_are_dead)
    server = start_refmta(work)
    began, first = time.monotonic(), 0
    try:
        while (now := delivered()) < living:
            if now == 0:
                began = time.monotonic()
            first = first or now
            if time.monotonic() - began > TIME_MAX or server.poll() is not None:
                sys.exit(f"only {now} of {living} were delivered")
            time.sleep(0.1)
        return (living - first) / (time.monotonic() - began)
    finally:
        server.kill()
        server.wait()
        os.kill(names, signal.SIGKILL)
        os.waitpid(names, 0)


def main():
    recipients = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
    destinations = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    if INSIDE not in os.environ:
        fetch_sink()
        os.environ[INSIDE] = "yes"
        os.execvp("unshare", ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                              sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    # What goes to 10.9.0.0/16 is never heard of again.
    for words in ("link set lo up", "link add nowhere type veth peer name nobody", "link set nowhere arp off",
                  "link set nowhere up", "link set nobody up", "address add 10.9.0.1/16 dev nowhere"):
        subprocess.run(["ip", *words.split()], check=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
    # More sessions than refmta has connections: by default the sink would take 256, and be what is measured.
    sink = subprocess.Popen([os.path.join(POSTFIX, "usr/sbin/smtp-sink"), "-u", "nobody", "-m", "10000",
                             "0.0.0.0:25", "4000"],
                            env={**os.environ, "LD_LIBRARY_PATH": os.path.join(POSTFIX, "usr/lib/postfix")})
    work = tempfile.mkdtemp(prefix="mailrange-dead-", dir="/var/tmp")
    try:
        alone = rate(os.path.join(work, "alone"), recipients // 2, destinations // 2, False)
        beside = rate(os.path.join(work, "beside"), recipients // 2, destinations // 2, True)
    finally:
        sink.kill()
        shutil.rmtree(work, ignore_errors=True)
    print(json.dumps({"slower_percent": round(100 * (1 - beside / alone), 1), "alone_per_s": round(alone),
                      "beside_dead_per_s": round(beside)}))


main()
