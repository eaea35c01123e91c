"""A refmta of a test's own: a folder, a certificate, listeners on free ports of 127.0.0.1, and checks
that say what was expected. Nothing is delivered: its resolver is a port where nobody answers."""
import atexit
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BIN = os.environ.get("MAILRANGE_BIN", os.path.join(ROOT, "build", "bin"))
REFMTA = os.path.join(BIN, "refmta")
WORK = tempfile.mkdtemp(prefix="refmta-e2e-")
failed = []


def check(good, what, found=""):
    print(("ok   " if good else "FAIL ") + what, flush=True)
    if not good:
        failed.append(what)
        print("\n".join("     | " + line for line in str(found).splitlines()[-30:]), flush=True)


def finish():
    if not failed:
        print("all as expected")
    sys.exit(1 if failed else 0)


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            print(f"skipped: {tool} is not installed")
            sys.exit(77)


def path(name):
    return os.path.join(WORK, name)


def run(*words, given=""):
    """Exit code and output of a program, which gets `given` on its standard input."""
    done = subprocess.run(words, input=given, capture_output=True, text=True, errors="replace",
                          timeout=300, env={**os.environ, "LC_ALL": "C"})
    return done.returncode, done.stdout + done.stderr


def certificate():
    need("openssl")
    code, text = run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650",
                     "-subj", "/CN=mail.sender.test", "-addext", "subjectAltName=DNS:mail.sender.test,IP:127.0.0.1",
                     "-keyout", path("key.pem"), "-out", path("cert.pem"))
    if code != 0:
        sys.exit("no certificate:\n" + text)


class Stand:
    """LISTENERS are (mode, tls); `ports` has the port of each."""

    def __init__(self, listeners, **settings):
        self.config = {
            "hostname": "mail.sender.test",
            "listeners": [{"address": "127.0.0.1", "port": 0, "mode": mode, "tls": tls}
                          for mode, tls in listeners],
            "spool": path("spool"),
            "resolvers": ["127.0.0.1:9"],
            "sources": ["127.0.0.1"],
            "control": path("control"),
            "log": path("log"),
            **settings,
        }
        if any(tls != "none" for _, tls in listeners):
            self.config["tls"] = {"certificate": path("cert.pem"), "key": path("key.pem")}
        with open(path("refmta.json"), "w") as out:
            json.dump(self.config, out)
        self.process = None
        atexit.register(self.close)
        self.start()

    def start(self):
        """Returns once the server listens."""
        if os.path.exists(path("log")):
            os.unlink(path("log"))
        os.mkfifo(path("log"))
        self.process = subprocess.Popen([REFMTA, "--config", path("refmta.json")])
        # The log is a pipe, so that nothing has to be waited for with a clock.
        self.stream = open(path("log"), errors="replace")
        self.lines = []
        for line in self.stream:
            self.lines.append(json.loads(line))
            if self.lines[-1]["event"] == "started":
                self.ports = self.lines[-1]["ports"]
                break
        else:
            sys.exit("refmta does not start")

    def check_confined(self):
        """That it is restricted as far as this kernel can; right behind the start."""
        started = self.lines[-1]
        try:
            with open("/sys/kernel/security/lsm") as modules:
                has_landlock = "landlock" in modules.read()
        except OSError:
            has_landlock = False
        check(started["seccomp"] or not os.path.exists("/proc/sys/kernel/seccomp"),
              "system calls are restricted", started)
        check(started["landlock"] or not has_landlock, "files are restricted", started)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.stream.close()

    def stop(self):
        """Ends it in an orderly way; returns all lines of its log."""
        self.process.terminate()
        for line in self.stream:
            self.lines.append(json.loads(line))
        self.process.wait()
        self.stream.close()
        self.process = None
        return self.lines

    def queue(self, *words):
        code, text = run(REFMTA, "queue", "--config", path("refmta.json"), *words)
        if code != 0:
            sys.exit("refmta queue: " + text)
        return text

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None
        shutil.rmtree(WORK, ignore_errors=True)


class Dialogue:
    """A client by hand: bytes out, replies in."""

    def __init__(self, port, greeting=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")
        if greeting:
            self.reply()

    def send(self, data):
        self.socket.sendall(data)

    def reply(self):
        """One whole reply, its lines joined; "" at the end of the connection."""
        lines = []
        for raw in self.file:
            lines.append(raw.decode("utf-8", "replace").rstrip("\r\n"))
            if lines[-1][3:4] != "-":
                break
        return "\n".join(lines)

    def say(self, line):
        self.send(line.encode() + b"\r\n")
        return self.reply()

    def expect(self, line, start, what=None):
        found = self.say(line)
        check(found.startswith(start), f"{what or line[:60]}: {start}", found)

    def close(self):
        self.file.close()
        self.socket.close()
