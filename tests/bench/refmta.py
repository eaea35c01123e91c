#!/usr/bin/python3
"""Measures refmta against its figures: idle connections, the time of the final 250 under full load,
the start with a long queue. Says which of them (idle, accept, queue) on the command line; the last
line is JSON. Never part of a test: the machine's other work shows in every number. The spool is on
the disk."""
import json
import os
import resource
import socket
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "refmta"))
tempfile.tempdir = "/var/tmp"
from stand import BIN, Dialogue, Stand, path, run  # noqa: E402

IDLE, SESSIONS, MESSAGES, QUEUED, DESTINATIONS = 10000, 50, 8000, 1000000, 10000


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def measure_idle(stand):
    """Memory for a client that has said EHLO and then nothing."""
    low, high = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(IDLE, high - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (high, high))
    before = resident_kib(stand.process.pid)
    clients = []
    for _ in range(count):
        client = socket.create_connection(("127.0.0.1", stand.ports[0]))
        client.recv(1000)
        client.sendall(b"EHLO client.test\r\n")
        client.recv(2000)
        clients.append(client)
    each = (resident_kib(stand.process.pid) - before) / count
    for client in clients:
        client.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, high))
    return {"clients": count, "kib_each": each}


def send(port, count, waits):
    client = Dialogue(port)
    client.say("EHLO client.test")
    content = b"Subject: x\r\n\r\n" + (b"y" * 78 + b"\r\n") * 50 + b".\r\n"
    for number in range(count):
        client.send(b"MAIL FROM:<news@sender.test>\r\nRCPT TO:<a%d@a.test>\r\nDATA\r\n" % number)
        for _ in range(3):
            client.reply()
        began = time.monotonic()
        client.send(content)
        reply = client.reply()
        waits.append(time.monotonic() - began)
        if not reply.startswith("250"):
            raise SystemExit("refused: " + reply)
    client.close()


def accept_buckets(stand):
    """{bound in seconds: count} of the server's own histogram."""
    with urllib.request.urlopen(f"http://127.0.0.1:{stand.lines[-1]['operations-port']}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return {float(line.split('"')[1]): int(line.split()[-1]) for line in lines
            if line.startswith("refmta_accept_seconds_bucket")}


def measure_accept(stand):
    waits = []
    threads = [threading.Thread(target=send, args=(stand.ports[0], MESSAGES // SESSIONS, waits))
               for _ in range(SESSIONS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(waits) / (time.monotonic() - began)
    buckets = accept_buckets(stand)
    total = buckets[float("inf")]
    bound = min(bound for bound, count in buckets.items() if count >= 0.99 * total)
    # The client's own waiting for the processor is in its figure, not in the server's.
    return {"p99_ms": bound * 1000, "client_p99_ms": sorted(waits)[int(len(waits) * 0.99)] * 1000, "per_s": rate}


def measure_queue(stand):
    code, text = run(os.path.join(BIN, "refmta-bench"), path("long"), str(QUEUED), str(DESTINATIONS))
    if code != 0:
        raise SystemExit("refmta-bench: " + text)
    return json.loads(text)


def main():
    stand = Stand([("relay", "none")], operations={"address": "127.0.0.1", "port": 0})
    # The log is a pipe: somebody must read it.
    reader = threading.Thread(target=lambda: [None for _ in stand.stream], daemon=True)
    reader.start()
    measure = {"idle": measure_idle, "accept": measure_accept, "queue": measure_queue}[sys.argv[1]]
    print(json.dumps(measure(stand)))
    stand.process.kill()


main()
