#!/usr/bin/env python3
"""A hostile client never brings the simulated hosts down, nor slows a polite one.

    hostile.py MX_STAND

Each attack runs while the server is up; after it a polite client must get its message through, and
the server must not have grown beyond a bound.
"""
import os
import random
import resource
import select
import socket
import subprocess
import sys
import time

HOST = "127.0.0.1"
CROWD = 10_000
MEMORY_MAX_KB = 700 * 1024
POLITE_SECONDS = 20
MESSAGE = b"Date: Mon, 2 Mar 2026 09:00:00 +0000\r\nFrom: a@s.test\r\n\r\nHello.\r\n.\r\n"


def dial(port):
    sock = socket.create_connection((HOST, port), timeout=POLITE_SECONDS)
    return sock


def ask(sock, line, code):
    """Sends a line, waits for the whole reply, checks its code."""
    if line is not None:
        sock.sendall(line + b"\r\n")
    reply = b""
    while not (reply.endswith(b"\n") and reply.splitlines()[-1][3:4] == b" "):
        piece = sock.recv(4096)
        if not piece:
            raise AssertionError(f"closed behind {line!r}: {reply!r}")
        reply += piece
    assert reply.splitlines()[-1].startswith(code), f"{line!r}: {reply!r}"


def polite(port):
    began = time.monotonic()
    with dial(port) as sock:
        ask(sock, None, b"220")
        ask(sock, b"EHLO polite.test", b"250")
        ask(sock, b"MAIL FROM:<a@s.test>", b"250")
        ask(sock, b"RCPT TO:<b@a.test>", b"250")
        ask(sock, b"DATA", b"354")
        ask(sock, MESSAGE[:-2], b"250")
        ask(sock, b"QUIT", b"221")
    return time.monotonic() - began


def pour(sock, bytes_, limit, seconds=5):
    """Sends without reading until the server takes no more, closes, or the limit is there."""
    sock.setblocking(False)
    sent = 0
    end = time.monotonic() + seconds
    while sent < limit and time.monotonic() < end:
        _, ready, _ = select.select([], [sock], [], 0.2)
        if not ready:
            break
        try:
            sent += sock.send(bytes_)
        except (BlockingIOError, InterruptedError):
            continue
        except OSError:
            break
    return sent


def endless_line(port):
    with dial(port) as sock:
        pour(sock, b"x" * 65536, 64 << 20)


def endless_commands(port):
    with dial(port) as sock:
        pour(sock, b"NOOP\r\n" * 10000, 64 << 20)


def endless_bad_commands(port):
    with dial(port) as sock:
        pour(sock, b"XYZZY\r\n" * 10000, 16 << 20)


def endless_recipients(port):
    with dial(port) as sock:
        sock.sendall(b"EHLO c.test\r\nMAIL FROM:<a@s.test>\r\n")
        pour(sock, b"RCPT TO:<%s@a.test>\r\n" % (b"u" * 50) * 1000, 32 << 20)


def endless_message(port):
    with dial(port) as sock:
        sock.sendall(b"EHLO c.test\r\nMAIL FROM:<a@s.test>\r\nRCPT TO:<b@a.test>\r\nDATA\r\n")
        pour(sock, b"y" * 65536, 320 << 20, 20)


def enormous_chunk(port):
    with dial(port) as sock:
        sock.sendall(b"EHLO c.test\r\nMAIL FROM:<a@s.test>\r\nRCPT TO:<b@a.test>\r\nBDAT 9223372036854775806 LAST\r\n")
        pour(sock, b"z" * 65536, 64 << 20)


def garbage(port):
    noise = random.Random(1)
    for _ in range(200):
        with dial(port) as sock:
            pour(sock, noise.randbytes(20000), 20000, 1)


def tls_garbage(port):
    noise = random.Random(2)
    for _ in range(100):
        with dial(port) as sock:
            ask(sock, None, b"220")
            ask(sock, b"EHLO c.test", b"250")
            ask(sock, b"STARTTLS", b"220")
            pour(sock, b"\x16\x03\x01" + noise.randbytes(3000), 3003, 1)


def half_handshakes(port):
    socks = [dial(port) for _ in range(300)]
    for sock in socks:
        sock.sendall(b"EHLO c.test\r\nSTARTTLS\r\n")
    time.sleep(0.2)
    for sock in socks:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    for sock in socks:
        sock.close()


def resets(port):
    for _ in range(1000):
        sock = dial(port)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        sock.sendall(b"EHLO c.test\r\nMAIL FROM:<a@s.test>\r\n")
        sock.close()


def never_reads(port):
    with dial(port) as sock:
        pour(sock, b"HELP\r\nEHLO c.test\r\n" * 5000, 4 << 20)
        time.sleep(1)


ATTACKS = [endless_line, endless_commands, endless_bad_commands, endless_recipients, endless_message,
           enormous_chunk, garbage, tls_garbage, half_handshakes, resets, never_reads]


def crowd(port):
    """So many connections stay open and silent; a polite client gets through between them."""
    socks = []
    try:
        for _ in range(CROWD):
            socks.append(dial(port))
        return len(socks), polite(port)
    finally:
        for sock in socks:
            sock.close()


def memory_kb(pid):
    for line in open(f"/proc/{pid}/status", encoding="ascii"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def check(server, name, seconds):
    grown = memory_kb(server.pid)
    alive = server.poll() is None
    good = alive and grown < MEMORY_MAX_KB and seconds < POLITE_SECONDS
    print(f"{'ok' if good else 'NOT OK'} {name}: polite client in {seconds:.2f} s, {grown // 1024} MB"
          + ("" if alive else f", server ended with {server.returncode}"))
    return good


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < CROWD + 200:
        print(f"at most {hard} open files are allowed here")
        return 77
    resource.setrlimit(resource.RLIMIT_NOFILE, (CROWD + 200, hard))
    server = subprocess.Popen([sys.argv[1], "-e", os.devnull, "-p", "0", sys.argv[2]], stdout=subprocess.PIPE, text=True)
    try:
        port = int("".join(c for c in server.stdout.readline() if c.isdigit()))
        good = check(server, "nobody", polite(port))
        for attack in ATTACKS:
            attack(port)
            good = check(server, attack.__name__.replace("_", " "), polite(port)) and good
        count, seconds = crowd(port)
        return 0 if check(server, f"{count} connections", seconds) and good else 1
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    sys.exit(main())
